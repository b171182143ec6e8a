"""Exception cases: one open case per (kind, subject); opening it again refreshes it."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType

from suture.model.cases import CaseKind, CaseSubject, CaseToClose, CaseToOpen, OpenCase
from suture.model.events import EventKind, NewEvent
from suture.model.ids import BranchId, CaseId
from suture.store.transaction import Tx
from suture.words.reason import Reason, to_json


def open_cases(
    tx: Tx,
    branch_id: BranchId,
    service_date: date | None,
    cases: Sequence[CaseToOpen],
    version: int | None = None,
    dates: Mapping[CaseSubject, date] = MappingProxyType({}),
) -> list[NewEvent]:
    """Open or refresh cases; the events of those that are new. `dates`: of subjects with a day of their own.

    Once its deadline has passed a case keeps its reasons: "too late" would say no more why it came to that. Nothing
    is due before it was known: a deadline that has passed already is the moment of opening.
    """
    wanted = {(case.kind, case.subject): case for case in cases}
    if not wanted:
        return []
    rows = tx.rows(
        """INSERT INTO exception_case (branch_id, service_date, kind, subject_kind, subject_id, subject_position,
                  severity, band, reasons, deadline_at, opened_version, opened_at)
           SELECT :branch, coalesce(r.date, :date), r.kind, r.subject_kind, r.subject, r.position, r.severity, r.band,
                  r.reasons, CASE WHEN r.deadline IS NOT NULL THEN greatest(r.deadline, coalesce((
                    SELECT o.opened_at FROM exception_case o
                    WHERE o.tenant = app_tenant() AND o.kind = r.kind AND o.subject_kind = r.subject_kind
                      AND o.subject_id = r.subject AND o.subject_position = r.position AND o.state <> 'closed'), :now))
                  END, :version, :now
           FROM jsonb_to_recordset(cast(:cases AS jsonb)) AS r(kind text, subject_kind text, subject bigint,
                  position smallint, date date, severity float8, band text, reasons jsonb, deadline timestamptz)
           ON CONFLICT (tenant, kind, subject_kind, subject_id, subject_position) WHERE state <> 'closed'
           DO UPDATE SET severity = excluded.severity, band = excluded.band,
                  deadline_at = excluded.deadline_at,
                  reasons = CASE WHEN exception_case.deadline_at < :now THEN exception_case.reasons
                                 ELSE excluded.reasons END
           RETURNING id, kind, band, reasons, (xmax = 0) AS is_new""",
        branch=branch_id,
        date=service_date,
        version=version,
        cases=json.dumps(
            [{**_as_row(case, tx.now), "date": dates.get(case.subject)} for case in wanted.values()], default=str
        ),
    )
    return [
        NewEvent(EventKind.CASE_OPENED, r["id"], {"case": r["kind"], "band": r["band"], "reasons": r["reasons"]})
        for r in rows
        if r["is_new"]
    ]


def _as_row(case: CaseToOpen, now: datetime) -> dict[str, object]:
    return {
        **_names(case),
        "severity": case.severity(now),
        "band": case.band(now),
        "reasons": to_json(case.reasons),
        "deadline": case.deadline_at,
    }


def _names(case: CaseToOpen | CaseToClose) -> dict[str, object]:
    about = case.subject
    return {"kind": case.kind, "subject_kind": about.kind, "subject": about.id, "position": about.position}


def close_cases(tx: Tx, cases: Sequence[CaseToClose]) -> list[NewEvent]:
    """Close the named cases that are open; the events of those that did."""
    wanted: dict[tuple[CaseKind, CaseSubject], CaseToClose] = {}
    for case in cases:
        wanted.setdefault((case.kind, case.subject), case)
    if not wanted:
        return []
    rows = tx.rows(
        """UPDATE exception_case c SET state = 'closed', closed_at = :now, closed_why = r.because
           FROM jsonb_to_recordset(cast(:cases AS jsonb)) AS r(n int, kind text, subject_kind text, subject bigint,
                position smallint, because jsonb)
           WHERE c.tenant = app_tenant() AND c.kind = r.kind AND c.subject_kind = r.subject_kind
             AND c.subject_id = r.subject AND c.subject_position = r.position AND c.state <> 'closed'
           RETURNING r.n, c.id, c.kind, r.because""",
        cases=json.dumps([{**_names(c), "because": to_json(c.because), "n": n} for n, c in enumerate(wanted.values())]),
    )
    return [
        NewEvent(EventKind.CASE_CLOSED, r["id"], {"case": r["kind"], "because": r["because"]})
        for r in sorted(rows, key=lambda r: r["n"])
    ]


@dataclass(frozen=True, slots=True)
class FoundCase:
    """An open case: what it is about, and where it is; on every day of the branch where it has none."""

    branch_id: BranchId
    service_date: date | None
    subject: CaseSubject


def find_open(tx: Tx, case_id: int, kind: CaseKind) -> FoundCase | None:
    """An open case of this kind, locked."""
    row = tx.row(
        """SELECT branch_id, service_date, subject_kind, subject_id, subject_position FROM exception_case
           WHERE tenant = app_tenant() AND id = :id AND kind = :kind AND state <> 'closed' FOR UPDATE""",
        id=case_id,
        kind=kind,
    )
    if row is None:
        return None
    subject = CaseSubject(row["subject_kind"], row["subject_id"], row["subject_position"])
    return FoundCase(BranchId(row["branch_id"]), row["service_date"], subject)


def still_open(tx: Tx, branch_id: BranchId, service_date: date) -> tuple[OpenCase, ...]:
    """The open cases of one branch-day."""
    rows = tx.rows(
        """SELECT id, kind, subject_kind, subject_id, subject_position FROM exception_case
           WHERE tenant = app_tenant() AND branch_id = :branch AND service_date = :date AND state <> 'closed'
           ORDER BY id""",
        branch=branch_id,
        date=service_date,
    )
    return tuple(
        OpenCase(
            CaseId(r["id"]),
            CaseKind(r["kind"]),
            CaseSubject(r["subject_kind"], r["subject_id"], r["subject_position"]),
        )
        for r in rows
    )


def keep_to(
    tx: Tx,
    branch_id: BranchId,
    kind: CaseKind,
    wanted: Sequence[tuple[date | None, CaseToOpen]],
    because: Reason,
    among: Collection[CaseSubject] | None = None,
) -> list[NewEvent]:
    """Let exactly the wanted cases of one kind be open in a branch, or at least so `among` these subjects."""
    rows = tx.rows(
        """SELECT subject_kind, subject_id, subject_position FROM exception_case
           WHERE tenant = app_tenant() AND branch_id = :branch AND kind = :kind AND state <> 'closed' ORDER BY id""",
        branch=branch_id,
        kind=kind,
    )
    there = [CaseSubject(r["subject_kind"], r["subject_id"], r["subject_position"]) for r in rows]
    subjects = {case.subject for _, case in wanted}
    gone = [s for s in there if s not in subjects and (among is None or s in among)]
    dates = {case.subject: day for day, case in wanted if day is not None}
    happened = open_cases(tx, branch_id, None, [case for _, case in wanted], dates=dates)
    return [*happened, *close_cases(tx, [CaseToClose(kind, s, because) for s in gone])]
