"""Asks about what a full export leaves out; absence alone cancels no visit and ends no one's employment."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from suture.model.cases import CaseKind, CaseToOpen, last_useful_minute
from suture.model.events import NewEvent
from suture.model.ids import BranchId
from suture.model.import_lines import first_ids
from suture.model.imports import ImportBatch, PatientRecord, StaffRecord, VisitRecord
from suture.model.people import PartyKind
from suture.service.file_findings import LONGEST_LIST, named_in
from suture.store import cases
from suture.store.missing import Missing, missing_people, missing_visits
from suture.store.transaction import Tx
from suture.words.reason import Reason, reason


@dataclass(frozen=True, slots=True)
class Questions:
    """The lines for whoever imports, by file, and the events of the cases that are new."""

    notes: dict[str, list[Reason]] = field(default_factory=dict)
    events: list[NewEvent] = field(default_factory=list)


def ask_about_missing(tx: Tx, branch_id: BranchId, batches: Sequence[ImportBatch]) -> Questions:
    """Open a case for each thing of the branch that a full export should name and does not, where plans rest on it."""
    asked = Questions()
    found: list[Missing] = []
    for batch in batches:
        of_file = _missing_in(tx, branch_id, batch)
        if of_file:
            asked.notes[batch.file] = [_note(of_file)]
            found += (m for m in of_file if m.is_needed)
    dates = {m.subject: m.day for m in found if m.day is not None}
    asked.events.extend(cases.open_cases(tx, branch_id, None, [_case(m) for m in found], dates=dates))
    return asked


def _missing_in(tx: Tx, branch_id: BranchId, batch: ImportBatch) -> Sequence[Missing]:
    """What one file should name and does not; a visit counts between the file's first day and its last."""
    if batch.refused or not batch.records:
        return ()
    match batch.records[0]:
        case VisitRecord():
            days = [r.service_date for r in batch.records if isinstance(r, VisitRecord)]
            return missing_visits(tx, branch_id, named_in([batch], "visit"), min(days), max(days))
        case PatientRecord():
            return missing_people(tx, branch_id, PartyKind.PATIENT, named_in([batch], "patient"))
        case StaffRecord():
            return missing_people(tx, branch_id, PartyKind.CLINICIAN, named_in([batch], "clinician"))
        case _:
            return ()


def _note(missing: Sequence[Missing]) -> Reason:
    ids = first_ids([m.external_id for m in missing], LONGEST_LIST)
    said = reason(f"import.missing.{missing[0].subject.kind}", n=len(missing), ids=ids)
    needed = sum(m.is_needed for m in missing)
    return reason("import.missing_on_board", missing=said, n=needed) if needed else said


def _case(m: Missing) -> CaseToOpen:
    return CaseToOpen(
        CaseKind.UPSTREAM_MISSING,
        m.subject,
        risk=3,
        reasons=_why_asked(m),
        deadline_at=last_useful_minute(m.starts_at) if m.starts_at is not None else None,
    )


def _why_asked(m: Missing) -> tuple[Reason, ...]:
    if m.subject.kind == "visit":
        return (
            reason("import.visit_not_named", id=m.external_id),
            reason("import.visit_not_named_what_to_do", id=m.external_id),
        )
    return reason("import.person_not_named", id=m.external_id), reason("import.person_not_named_what_to_do")
