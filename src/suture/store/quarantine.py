"""What imports could not use: kept with its row, and on the board, until a later file of that name fixes it."""

import json
import zlib
from collections.abc import Collection, Sequence

from suture.model.cases import CaseKind, CaseSubject, CaseToOpen
from suture.model.events import NewEvent
from suture.model.ids import BranchId
from suture.model.import_lines import STAYS_IN_BRANCH, in_lines
from suture.model.imports import ImportProblem
from suture.store.cases import keep_to
from suture.store.transaction import Row, Tx
from suture.words.reason import Reason, from_json, reason, to_json

SET_ASIDE_RISK = 3
MOST_REASONS = 12
"""How many lines of a file its case shows; the command that imported it has printed them all."""


def keep(tx: Tx, branch_id: BranchId | None, file: str, problems: Sequence[ImportProblem], *, is_whole: bool) -> None:
    """Keep every problem of a file with its row, the same one once, and mark as fixed what it no longer has.

    Of a file that was refused (not `is_whole`) it is unknown what it would have fixed.
    """
    rows = json.dumps(
        [
            {
                "line": p.line,
                "field": p.field,
                "code": p.code,
                "why": to_json(p.why),
                "raw": p.raw,
                "subject": p.subject,
            }
            for p in problems
        ]
    )
    if is_whole:
        tx.run(
            """UPDATE quarantine q SET mended_at = :now
               WHERE q.tenant = app_tenant() AND q.file = :file AND q.mended_at IS NULL
                 AND (q.branch_id IS NULL OR q.branch_id = :branch)
                 AND NOT EXISTS (SELECT FROM jsonb_to_recordset(cast(:rows AS jsonb))
                                   AS p(line int, field text, code text, raw text)
                                 WHERE p.line = q.line AND p.field = q.field AND p.code = q.code AND p.raw = q.raw)""",
            file=file,
            branch=branch_id,
            rows=rows,
        )
    tx.run(
        """INSERT INTO quarantine (file, line, field, code, why, raw, subject, branch_id, at)
           SELECT :file, p.line, p.field, p.code, p.why, p.raw, p.subject, :branch, :now
           FROM jsonb_to_recordset(cast(:rows AS jsonb))
             AS p(line int, field text, code text, why jsonb, raw text, subject text)
           WHERE NOT EXISTS (SELECT FROM quarantine q
                             WHERE q.tenant = app_tenant() AND q.file = :file AND q.mended_at IS NULL
                               AND q.branch_id IS NOT DISTINCT FROM :branch AND q.line = p.line
                               AND q.field = p.field AND q.code = p.code AND q.raw = p.raw)""",
        file=file,
        branch=branch_id,
        rows=rows,
    )


def refresh_case(tx: Tx, branch_id: BranchId, file: str, told: Collection[ImportProblem] = ()) -> list[NewEvent]:
    """One case for a file of which anything waits to be fixed, and none once nothing does.

    `told`: what a case of its own tells already. What several lines have in common is said once.
    """
    waiting = tx.rows(
        """SELECT field, coalesce(why, to_jsonb(reason)) AS why, array_agg(DISTINCT line) AS lines FROM quarantine q
           WHERE tenant = app_tenant() AND branch_id = :branch AND file = :file AND mended_at IS NULL
             AND code <> :stays
             AND NOT EXISTS (SELECT FROM unnest(cast(:lines AS int[]), cast(:fields AS text[])) AS t(line, field)
                             WHERE t.line = q.line AND t.field = q.field)
           GROUP BY 1, 2 ORDER BY min(line), min(id) LIMIT :most + 1""",
        branch=branch_id,
        file=file,
        stays=STAYS_IN_BRANCH,
        lines=[p.line for p in told],
        fields=[p.field for p in told],
        most=MOST_REASONS,
    )
    subject = CaseSubject("file", _number(branch_id, file))
    reasons = [_said_once(file, r) for r in waiting]
    if len(reasons) > MOST_REASONS:
        reasons[-1] = reason("import.set_aside_more")
    cases = [(None, CaseToOpen(CaseKind.IMPORT_SET_ASIDE, subject, SET_ASIDE_RISK, tuple(reasons)))] if waiting else []
    return keep_to(tx, branch_id, CaseKind.IMPORT_SET_ASIDE, cases, reason("import.fixed"), {subject})


def _said_once(file: str, waiting: Row) -> Reason:
    """What is wrong with some lines of a file, which the reason names."""
    common = {"file": file, "lines": in_lines(sorted(waiting["lines"])), "problem": from_json(waiting["why"])}
    if not waiting["field"]:
        return reason("import.set_aside", **common)
    return reason("import.set_aside_cell", field=waiting["field"], **common)


_WITH_A_CASE = {
    "visit": """
        SELECT v.external_id FROM visit v JOIN exception_case c ON c.tenant = v.tenant AND c.subject_kind = 'visit'
          AND c.subject_id = v.id AND c.state <> 'closed'
          AND (c.kind = 'visit_unclear' OR c.kind IN ('uncovered_visit', 'uncovered_shift') AND v.unclear <> '{}')
        WHERE v.tenant = app_tenant() AND v.external_id = ANY(:ids)""",
    **{
        kind: f"""
        SELECT p.external_id FROM party p JOIN exception_case c ON c.tenant = p.tenant AND c.subject_kind = '{kind}'
          AND c.subject_id = p.id AND c.state <> 'closed' AND c.kind = 'person_unclear'
        WHERE p.tenant = app_tenant() AND p.kind = '{kind}' AND p.external_id = ANY(:ids)"""  # noqa: S608 - our own words
        for kind in ("patient", "clinician")
    },
}


def told_elsewhere(tx: Tx, kind: str, problems: Sequence[ImportProblem]) -> list[ImportProblem]:
    """Cells left out of visits, patients or clinicians (`kind`) that have a case for what is not known of them."""
    own = [p for p in problems if p.left_out and p.subject]
    if not own or kind not in _WITH_A_CASE:
        return []
    found = {r["external_id"] for r in tx.rows(_WITH_A_CASE[kind], ids=sorted({p.subject for p in own}))}
    return [p for p in own if p.subject in found]


def _number(branch_id: BranchId, file: str) -> int:
    """A number for the files of one name of a branch: cases are about something with a number."""
    return (branch_id << 32) | zlib.crc32(file.encode())
