"""Asks about what a full export leaves out; absence alone cancels no visit and ends no one's employment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from suture.model.cases import CaseKind, CaseToOpen, last_useful_minute
from suture.model.events import NewEvent
from suture.model.ids import BranchId
from suture.model.imports import ImportBatch, PatientRecord, StaffRecord, VisitRecord
from suture.model.people import PartyKind
from suture.service.file_findings import id_list, named_in
from suture.store import cases
from suture.store.missing import Missing, missing_people, missing_visits
from suture.store.transaction import Tx

_VISIT_REASONS = (
    "The newest full export does not name {id}. It stays as it is until you decide.",
    "If it is off, cancel it: suture signal cancellation {id}. If not, put it back into the export.",
)
_PERSON_REASONS = (
    "The newest full export does not name {id}, and there are visits to come. Nothing was changed.",
    "If that is right, write the new status into the file. If not, put the row back into the export.",
)


@dataclass(frozen=True, slots=True)
class Questions:
    """The lines for whoever imports, by file, and the events of the cases that are new."""

    notes: dict[str, list[str]] = field(default_factory=dict)
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


_NOUNS: Mapping[str, tuple[str, str]] = {
    "visit": ("open visit", "open visits"),
    "patient": ("active patient", "active patients"),
    "clinician": ("active member of staff", "active members of staff"),
}


def _note(missing: Sequence[Missing]) -> str:
    one, many = _NOUNS[missing[0].subject.kind]
    what = f"1 {one} of this branch is" if len(missing) == 1 else f"{len(missing)} {many} of this branch are"
    needed = sum(m.is_needed for m in missing)
    on_board = f"; the board asks about {needed}" if needed else ""
    return f"{what} not in the file, nothing was changed: {id_list([m.external_id for m in missing])}{on_board}"


def _case(m: Missing) -> CaseToOpen:
    texts = _VISIT_REASONS if m.subject.kind == "visit" else _PERSON_REASONS
    return CaseToOpen(
        CaseKind.UPSTREAM_MISSING,
        m.subject,
        risk=3,
        reasons=tuple(text.format(id=m.external_id) for text in texts),
        deadline_at=last_useful_minute(m.starts_at) if m.starts_at is not None else None,
    )
