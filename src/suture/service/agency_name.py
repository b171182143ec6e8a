"""The agency's name begins every text to a phone: one that does not fit is refused where a file would save it."""

from collections.abc import Sequence
from dataclasses import replace

from suture.model.imports import BranchRecord, ImportBatch, ImportProblem
from suture.outreach.template_lint import unfit_agency
from suture.outreach.templates import LONGEST_AGENCY
from suture.words.reason import reason

FIELD = "agency"


def without_unfit_names(batch: ImportBatch, *, is_known: bool) -> tuple[ImportBatch, Sequence[ImportProblem]]:
    """The file as if such a name could not be read, and what to say of it. `is_known`: the branch is stored, and keeps
    the name that it has."""
    problems = []
    records = list(batch.records) if any(isinstance(r, BranchRecord) for r in batch.records[:1]) else []
    for n, record in enumerate(records):
        if not isinstance(record, BranchRecord) or FIELD in record.unreadable:
            continue
        if why := unfit_agency(record.agency):
            column, hint = batch.columns.get(FIELD, FIELD), reason("file.hint.shorter_agency", longest=LONGEST_AGENCY)
            problems.append(
                ImportProblem(
                    batch.file,
                    record.line,
                    column,
                    why.code.partition(".")[2],
                    why,
                    hint,
                    subject=record.external_id,
                    left_out=is_known,
                )
            )
            records[n] = replace(record, unreadable=record.unreadable | {FIELD})
    return (replace(batch, records=records), problems) if problems else (batch, ())
