"""What a file says that is not simply stored: people it would move to another branch, services it changes."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from suture.model.cases import CaseKind, CaseSubject, CaseToClose, CaseToOpen
from suture.model.events import NewEvent
from suture.model.ids import BranchId
from suture.model.imports import (
    ImportBatch,
    ImportProblem,
    PatientRecord,
    ServiceRecord,
    StaffRecord,
    VisitRecord,
    ids_of_faulty_rows,
)
from suture.model.people import PartyKind
from suture.store import cases
from suture.store.branch_moves import BranchMove, find_moves
from suture.store.missing import asked_about
from suture.store.references import Staying
from suture.store.services import service_changes
from suture.store.transaction import Tx

LONGEST_LIST = 10
"""How many ids a line names."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What to say of a file, and who stays in the branch that is stored."""

    staying: Mapping[str, Staying] = field(default_factory=dict)
    problems: Sequence[ImportProblem] = ()
    notes: Sequence[str] = ()
    cases: Mapping[BranchId, Sequence[CaseToOpen]] = field(default_factory=dict)


def look_at(tx: Tx, branch_id: BranchId, branch: str | None, batch: ImportBatch) -> Findings:
    """Look at one file before it is saved."""
    if services := [r for r in batch.records if isinstance(r, ServiceRecord)]:
        return Findings(notes=service_changes(tx, services))
    if patients := [r for r in batch.records if isinstance(r, PatientRecord)]:
        return _moves(tx, branch_id, branch or "", batch.file, PartyKind.PATIENT, patients)
    if staff := [r for r in batch.records if isinstance(r, StaffRecord)]:
        return _moves(tx, branch_id, branch or "", batch.file, PartyKind.CLINICIAN, staff)
    return Findings()


def _moves(
    tx: Tx,
    branch_id: BranchId,
    branch: str,
    file: str,
    kind: PartyKind,
    records: Sequence[PatientRecord] | Sequence[StaffRecord],
) -> Findings:
    lines = {r.external_id: r.line for r in records}
    found = find_moves(tx, branch_id, kind, list(lines))
    stays = [m for m in found if m.stays]
    to_open: dict[BranchId, list[CaseToOpen]] = defaultdict(list)
    for move in stays:
        to_open[move.branch_id].append(_case(move, kind, branch))
    return Findings(
        {m.external_id: Staying(m.branch_id, m.place_id) for m in stays},
        [_problem(file, lines[m.external_id], m, kind, branch) for m in stays],
        _moved_notes([m for m in found if not m.stays], branch),
        to_open,
    )


_ID_COLUMN = {PartyKind.PATIENT: "external_id", PartyKind.CLINICIAN: "employee_id"}


def _problem(file: str, line: int, move: BranchMove, kind: PartyKind, branch: str) -> ImportProblem:
    reason = f"{move.external_id} has published visits in {move.branch} and stays there; the file says {branch}"
    hint = "correct the file, or import it again once those visits are over"
    column = _ID_COLUMN[kind]
    return ImportProblem(file, line, column, "stays_in_branch", reason, hint, subject=move.external_id, left_out=True)


def _case(move: BranchMove, kind: PartyKind, branch: str) -> CaseToOpen:
    reasons = (
        f"The newest file has {move.external_id} in {branch}. There are published visits in {move.branch}, so nothing "
        "was moved.",
        f"If the move is right, import the file again once those visits are over or given to others. If not, correct "
        f"the file and import it for {move.branch}.",
    )
    return CaseToOpen(CaseKind.FIELD_CONFLICT, CaseSubject(kind, move.party_id), risk=3, reasons=reasons)


def _moved_notes(moved: Sequence[BranchMove], branch: str) -> list[str]:
    by_branch: dict[str, list[str]] = defaultdict(list)
    for move in moved:
        by_branch[move.branch].append(move.external_id)
    return [f"moved from {old} to {branch}: {id_list(ids)}" for old, ids in sorted(by_branch.items())]


def id_list(ids: Sequence[str]) -> str:
    """The first ids of many."""
    more = f" and {len(ids) - LONGEST_LIST} more" if len(ids) > LONGEST_LIST else ""
    return ", ".join(ids[:LONGEST_LIST]) + more


def close_answered(tx: Tx, branch_id: BranchId, batches: Sequence[ImportBatch]) -> list[NewEvent]:
    """Close the questions that the files have answered: what was missing is named again, or over, or where it was."""
    missing = asked_about(tx, CaseKind.UPSTREAM_MISSING)
    elsewhere = asked_about(tx, CaseKind.FIELD_CONFLICT)
    if not missing and not elsewhere:
        return []
    named = {kind: named_in(batches, kind) for kind in _RECORDS}
    closed = [
        CaseToClose(CaseKind.UPSTREAM_MISSING, a.subject, "it is over" if a.is_over else "a file names it again")
        for a in missing
        if a.is_over or a.external_id in named[a.subject.kind]
    ]
    closed += [
        CaseToClose(CaseKind.FIELD_CONFLICT, a.subject, "the files and the branch agree")
        for a in elsewhere
        if a.branch_id == branch_id and a.external_id in named[a.subject.kind]
    ]
    return cases.close_cases(tx, closed)


_RECORDS: Mapping[str, type[VisitRecord] | type[PatientRecord] | type[StaffRecord]] = {
    "visit": VisitRecord,
    "patient": PatientRecord,
    "clinician": StaffRecord,
}


def named_in(batches: Sequence[ImportBatch], kind: str) -> frozenset[str]:
    """The visits, patients or clinicians that the files name, in faulty rows too."""
    record = _RECORDS[kind]
    own = [b for b in batches if b.records and isinstance(b.records[0], record)]
    good = {r.external_id for b in own for r in b.records if isinstance(r, record)}
    return frozenset(good.union(*(ids_of_faulty_rows(b) for b in own)))
