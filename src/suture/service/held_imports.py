"""Imports that would take away too much: held whole, listed, and released or discarded by a named person."""

import hashlib
import tempfile
from collections.abc import Mapping
from pathlib import Path

from suture.model.audit import AuditCode
from suture.model.cases import CaseKind, CaseSubject, CaseToClose, CaseToOpen
from suture.model.ids import BranchId
from suture.model.import_reports import ImportReport
from suture.model.import_runs import HeldImport, ImportState
from suture.ports import DemandAndRosterSource, PermanentAdapterError
from suture.service.apply_import import Export, apply_export, branch_id_of
from suture.service.caller import Caller
from suture.service.errors import ServiceError
from suture.service.mass_change import MassChange, find_mass_change
from suture.store import audit, cases, events, import_runs
from suture.store.branches import filed_under
from suture.store.import_runs import NewRun
from suture.store.stakes import load_stakes
from suture.store.transaction import Tx
from suture.words.catalog import DEFAULT_LANGUAGE, _, marked
from suture.words.reason import reason as reason_of


class NotHeld(ServiceError):
    """No import of that number waits for a decision; the message says what became of it."""


class NotDecided(ServiceError):
    """A decision lacks a name or a reason."""


def hold_if_too_large(tx: Tx, export: Export, folder: Path) -> HeldImport | None:
    """Hold an export that would take away too much; the same files are held once. Raises PermanentAdapterError."""
    change = find_mass_change(export.batches, load_stakes(tx))
    if change is None:
        return None
    twin = import_runs.held_twin(tx, export.source, export.mode, export.files)
    return twin or _hold(tx, export, change, folder)


def _hold(tx: Tx, export: Export, change: MassChange, folder: Path) -> HeldImport:
    branch_id = branch_id_of(tx, export.branch or change.branch)
    run = NewRun(export.source, export.mode, branch_id, export.files, change.why, change.diff)
    run_id = import_runs.record_held(tx, run, _bytes_of(export, folder))
    where = branch_id or filed_under(tx)
    audit.record(
        tx, AuditCode.FILES_HELD, "branch", where, import_id=run_id, why=change.why.in_language(DEFAULT_LANGUAGE)
    )
    _open_case(tx, run_id, where, change)
    return _find(tx, run_id)


def _bytes_of(export: Export, folder: Path) -> Mapping[str, bytes]:
    """The files again, since their bytes are not kept in memory; they must be those that were looked at."""
    contents = {}
    for file in export.files:
        contents[file.name] = (folder / file.name).read_bytes()
        if hashlib.sha256(contents[file.name]).hexdigest() != file.sha256:
            raise PermanentAdapterError(_("{file} changed while it was read. Import the folder again.", file=file.name))
    return contents


def _open_case(tx: Tx, run_id: int, where: BranchId, change: MassChange) -> None:
    reasons = (
        reason_of("import.would_remove", id=run_id, what=change.why),
        *change.diff,
        reason_of("import.decide", id=run_id),
    )
    case = CaseToOpen(CaseKind.MASS_CHANGE_HELD, CaseSubject("import", run_id), 8, reasons, change.first_start)
    events.append(tx, branch_id=where, service_date=None, events=cases.open_cases(tx, where, None, [case]))


def held_imports(caller: Caller) -> tuple[HeldImport, ...]:
    """The imports that wait for a decision, oldest first."""
    with caller.transaction() as tx:
        return import_runs.held(tx)


def release(
    caller: Caller, sources: Mapping[str, DemandAndRosterSource], run_id: int, name: str, reason: str
) -> ImportReport:
    """Apply a held import as it is, against the state of now. Interrupted, it waits on and may be released again.

    Raises NotHeld, NotDecided.
    """
    with caller.transaction() as tx:
        held = _waiting(tx, run_id, name, reason)
        contents = import_runs.contents(tx, run_id)
    with tempfile.TemporaryDirectory(prefix="suture-import-") as there:
        for file, content in contents.items():
            (Path(there) / file).write_bytes(content)
        batches = sources[held.source].read(Path(there))
        report = apply_export(caller, Export(held.source, held.mode, batches))
    _decide(caller, run_id, ImportState.RELEASED, name, reason)
    return report


def discard(caller: Caller, run_id: int, name: str, reason: str) -> None:
    """Throw a held import away; what it was stays recorded, its bytes do not. Raises NotHeld, NotDecided."""
    with caller.transaction() as tx:
        _waiting(tx, run_id, name, reason)
    _decide(caller, run_id, ImportState.DISCARDED, name, reason)


def check_waits(caller: Caller, run_id: int) -> HeldImport:
    """The import of that number, where it waits for a decision. Raises NotHeld."""
    with caller.transaction() as tx:
        return _find(tx, run_id)


def _waiting(tx: Tx, run_id: int, name: str, reason: str) -> HeldImport:
    found = _find(tx, run_id)
    if not name.strip() or not reason.strip():
        raise NotDecided(_("A decision needs the name of the person who makes it, and the reason."))
    return found


def _find(tx: Tx, run_id: int) -> HeldImport:
    found = import_runs.state_of(tx, run_id)
    if found is None:
        raise NotHeld(_("There is no import {number}. To see which are held: suture import held", number=run_id))
    held, state = found
    if state is not ImportState.HELD:
        raise NotHeld(_(_GONE[state], number=run_id))
    return held


_CODES = {ImportState.RELEASED: AuditCode.FILES_RELEASED, ImportState.DISCARDED: AuditCode.FILES_DISCARDED}
_GONE = {
    ImportState.APPLIED: marked(
        "Import {number} is no longer held: it was applied. To see which are: suture import held"
    ),
    ImportState.RELEASED: marked(
        "Import {number} is no longer held: it was released. To see which are: suture import held"
    ),
    ImportState.DISCARDED: marked(
        "Import {number} is no longer held: it was discarded. To see which are: suture import held"
    ),
}


def _decide(caller: Caller, run_id: int, state: ImportState, name: str, reason: str) -> None:
    with caller.transaction() as tx:
        held = _find(tx, run_id)
        import_runs.decide(tx, run_id, state, name, reason)
        subject = CaseSubject("import", run_id)
        log = cases.close_cases(
            tx, [CaseToClose(CaseKind.MASS_CHANGE_HELD, subject, reason_of(f"closed.import_{state}"))]
        )
        where = branch_id_of(tx, held.branch or None) or filed_under(tx)
        audit.record(tx, _CODES[state], "branch", where, import_id=run_id, name=name, reason=reason)
        events.append(tx, branch_id=where, service_date=None, events=log)
