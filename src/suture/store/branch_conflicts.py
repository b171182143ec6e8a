"""Whom the files of one branch would take from another: one case for the two branches, from what was set aside."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from suture.model.cases import CaseKind, CaseSubject, CaseToOpen
from suture.model.events import NewEvent
from suture.model.ids import BranchId
from suture.model.import_lines import STAYS_IN_BRANCH, counted, first_ids
from suture.model.people import PartyKind
from suture.store.cases import keep_to
from suture.store.transaction import Tx
from suture.words.reason import Reason, reason

ID_COLUMN = {PartyKind.PATIENT: "external_id", PartyKind.CLINICIAN: "employee_id"}
"""By which column the line of a person who stays is told from that of a namesake of the other kind."""
_FILES = {PartyKind.PATIENT: "patients", PartyKind.CLINICIAN: "staff"}


def keep_cases(
    tx: Tx, branch_id: BranchId, named: Mapping[PartyKind, Sequence[str]]
) -> Mapping[BranchId, Sequence[NewEvent]]:
    """One case for each two branches of which one's files claim people of the other; the events, by branch.

    `named`: whom the files of a branch have just named. Whoever is named where they are is claimed no more.
    """
    for kind, ids in named.items():
        tx.run(
            """UPDATE quarantine q SET mended_at = :now FROM party p
               LEFT JOIN patient t ON t.tenant = p.tenant AND t.party_id = p.id
               LEFT JOIN clinician c ON c.tenant = p.tenant AND c.party_id = p.id
               WHERE q.tenant = app_tenant() AND q.code = :code AND q.field = :field AND q.mended_at IS NULL
                 AND p.tenant = q.tenant AND p.kind = :kind AND p.external_id = q.subject
                 AND coalesce(t.branch_id, c.branch_id) = :branch AND q.subject = ANY(:ids)
                 AND q.branch_id <> :branch""",
            code=STAYS_IN_BRANCH,
            field=ID_COLUMN[kind],
            kind=kind,
            branch=branch_id,
            ids=list(ids),
        )
    wanted = _wanted(tx)
    open_cases = tx.rows(
        """SELECT DISTINCT branch_id FROM exception_case
           WHERE tenant = app_tenant() AND kind = :kind AND state <> 'closed'""",
        kind=CaseKind.FIELD_CONFLICT,
    )
    because = reason("import.branches_agree")
    return {
        where: keep_to(tx, where, CaseKind.FIELD_CONFLICT, [(None, case) for case in wanted.get(where, ())], because)
        for where in sorted({*wanted, *(BranchId(r["branch_id"]) for r in open_cases)})
    }


def _wanted(tx: Tx) -> Mapping[BranchId, Sequence[CaseToOpen]]:
    """The cases, by the branch where people stay."""
    rows = tx.rows(
        """SELECT q.branch_id AS claims, n.external_id AS name, o.id AS stays, o.external_id AS stays_name, p.kind,
                  array_agg(DISTINCT p.external_id) AS ids
           FROM quarantine q
           JOIN party p ON p.tenant = q.tenant AND p.external_id = q.subject
             AND p.kind = CASE q.field WHEN :staff THEN 'clinician' ELSE 'patient' END
           LEFT JOIN patient t ON t.tenant = p.tenant AND t.party_id = p.id
           LEFT JOIN clinician c ON c.tenant = p.tenant AND c.party_id = p.id
           JOIN branch n ON n.tenant = q.tenant AND n.id = q.branch_id
           JOIN branch o ON o.tenant = q.tenant AND o.id = coalesce(t.branch_id, c.branch_id) AND o.id <> n.id
           WHERE q.tenant = app_tenant() AND q.code = :code AND q.mended_at IS NULL
           GROUP BY 1, 2, 3, 4, 5 ORDER BY 3, 1, p.kind DESC""",
        staff=ID_COLUMN[PartyKind.CLINICIAN],
        code=STAYS_IN_BRANCH,
    )
    whom: dict[tuple[int, int], list[Reason]] = defaultdict(list)
    names: dict[tuple[int, int], tuple[str, str]] = {}
    for r in rows:
        ids = sorted(r["ids"])
        people = counted(_FILES[PartyKind(r["kind"])], len(ids))
        whom[r["stays"], r["claims"]].append(reason("import.claimed_people", people=people, ids=first_ids(ids)))
        names[r["stays"], r["claims"]] = (r["stays_name"], r["name"])
    found: dict[BranchId, list[CaseToOpen]] = defaultdict(list)
    for (stays, claims), parts in whom.items():
        found[BranchId(stays)].append(_case(stays, claims, tuple(parts), *names[stays, claims]))
    return found


def _case(stays: int, claims: int, whom: Sequence[Reason], here: str, there: str) -> CaseToOpen:
    reasons = (
        reason("import.claimed", there=there, whom=tuple(whom), here=here),
        reason("import.claimed_what_to_do", here=here),
    )
    subject = CaseSubject("branch", (stays << 32) | claims)
    return CaseToOpen(CaseKind.FIELD_CONFLICT, subject, risk=3, reasons=reasons)
