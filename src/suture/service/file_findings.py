"""What a file says that is not simply stored: people it would move to another branch, services it changes."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from suture.model.cases import CaseKind, CaseToClose
from suture.model.events import NewEvent
from suture.model.ids import BranchId
from suture.model.import_lines import STAYS_IN_BRANCH, first_ids
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
from suture.store import branch_conflicts, cases
from suture.store.branch_conflicts import ID_COLUMN
from suture.store.branch_moves import BranchMove, find_moves
from suture.store.missing import asked_about
from suture.store.references import Staying
from suture.store.services import service_changes
from suture.store.transaction import Tx
from suture.words.reason import Reason, reason

LONGEST_LIST = 10
"""How many ids a line names."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What to say of a file, and who stays in the branch that is stored."""

    staying: Mapping[str, Staying] = field(default_factory=dict)
    problems: Sequence[ImportProblem] = ()
    notes: Sequence[Reason] = ()


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
    return Findings(
        {m.external_id: Staying(m.branch_id, m.place_id) for m in stays},
        [_problem(file, lines[m.external_id], m, kind, branch) for m in stays],
        _moved_notes([m for m in found if not m.stays], branch),
    )


def _problem(file: str, line: int, move: BranchMove, kind: PartyKind, branch: str) -> ImportProblem:
    what = reason("file.stays_in_branch", old=move.branch, new=branch)
    hint = reason("file.hint.branch_may_be_wrong", new=branch)
    column = ID_COLUMN[kind]
    return ImportProblem(file, line, column, STAYS_IN_BRANCH, what, hint, subject=move.external_id, left_out=True)


def _moved_notes(moved: Sequence[BranchMove], branch: str) -> list[Reason]:
    by_branch: dict[str, list[str]] = defaultdict(list)
    for move in moved:
        by_branch[move.branch].append(move.external_id)
    return [
        reason("import.moved", old=old, new=branch, ids=first_ids(ids, LONGEST_LIST))
        for old, ids in sorted(by_branch.items())
    ]


def close_answered(tx: Tx, batches: Sequence[ImportBatch]) -> list[NewEvent]:
    """Close the questions that the files have answered: what was missing is named again, or over."""
    missing = asked_about(tx, CaseKind.UPSTREAM_MISSING)
    if not missing:
        return []
    named = {kind: named_in(batches, kind) for kind in _RECORDS}
    return cases.close_cases(
        tx,
        [
            CaseToClose(
                CaseKind.UPSTREAM_MISSING, a.subject, reason("import.is_over" if a.is_over else "import.named_again")
            )
            for a in missing
            if a.is_over or a.external_id in named[a.subject.kind]
        ],
    )


def ask_branches(tx: Tx, branch_id: BranchId, batches: Sequence[ImportBatch]) -> Mapping[BranchId, Sequence[NewEvent]]:
    """Ask each branch once about the people whom the files of another claim; the events, by branch."""
    named = {kind: sorted(named_in(batches, kind)) for kind in ID_COLUMN}
    return branch_conflicts.keep_cases(tx, branch_id, named)


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
