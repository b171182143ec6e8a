"""What imports could not use: kept with its row, and on the board, until a later file of that name mends it."""

import json
import zlib
from collections.abc import Sequence

from suture.model.cases import CaseKind, CaseSubject, CaseToOpen
from suture.model.events import NewEvent
from suture.model.ids import BranchId
from suture.model.imports import ImportProblem
from suture.store.cases import keep_to
from suture.store.transaction import Tx

SET_ASIDE_RISK = 3
MOST_REASONS = 12
"""How many lines of a file its case shows; the command that imported it has printed them all."""


def keep(tx: Tx, branch_id: BranchId | None, file: str, problems: Sequence[ImportProblem], *, is_whole: bool) -> None:
    """Keep every problem of a file with its row, the same one once, and mark as mended what it no longer has.

    Of a file that was refused (not `is_whole`) nobody knows what it would have mended.
    """
    rows = json.dumps(
        [
            {
                "line": p.line,
                "field": p.field,
                "code": p.code,
                "reason": f"{p.reason}; {p.hint}" if p.hint else p.reason,
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
        """INSERT INTO quarantine (file, line, field, code, reason, raw, subject, branch_id, at)
           SELECT :file, p.line, p.field, p.code, p.reason, p.raw, p.subject, :branch, :now
           FROM jsonb_to_recordset(cast(:rows AS jsonb))
             AS p(line int, field text, code text, reason text, raw text, subject text)
           WHERE NOT EXISTS (SELECT FROM quarantine q
                             WHERE q.tenant = app_tenant() AND q.file = :file AND q.mended_at IS NULL
                               AND q.branch_id IS NOT DISTINCT FROM :branch AND q.line = p.line
                               AND q.field = p.field AND q.code = p.code AND q.raw = p.raw)""",
        file=file,
        branch=branch_id,
        rows=rows,
    )


def refresh_case(tx: Tx, branch_id: BranchId, file: str) -> list[NewEvent]:
    """One case for a file of which anything waits to be mended, and none once nothing does."""
    waiting = tx.rows(
        """SELECT line, field, reason FROM quarantine
           WHERE tenant = app_tenant() AND branch_id = :branch AND file = :file AND mended_at IS NULL
           ORDER BY line, id LIMIT :most + 1""",
        branch=branch_id,
        file=file,
        most=MOST_REASONS,
    )
    subject = CaseSubject("file", _number(branch_id, file))
    reasons = [f"{file}, line {r['line']}: {r['field'] + ': ' if r['field'] else ''}{r['reason']}." for r in waiting]
    if len(reasons) > MOST_REASONS:
        reasons[-1] = "And more: import the file again to see every line."
    cases = [(None, CaseToOpen(CaseKind.IMPORT_SET_ASIDE, subject, SET_ASIDE_RISK, tuple(reasons)))] if waiting else []
    return keep_to(tx, branch_id, CaseKind.IMPORT_SET_ASIDE, cases, "a later file mended it", {subject})


def _number(branch_id: BranchId, file: str) -> int:
    """A number for the files of one name of a branch: cases are about something with a number."""
    return (branch_id << 32) | zlib.crc32(file.encode())
