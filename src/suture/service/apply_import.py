"""Applies an export that was read: one transaction a file, then what only the whole of it says."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from suture.model.audit import AuditCode
from suture.model.ids import BranchId
from suture.model.import_reports import ImportReport
from suture.model.import_runs import FileSeen, ImportMode
from suture.model.imports import BranchRecord, FileReport, ImportBatch, PatientRecord
from suture.service.agency_name import without_unfit_names
from suture.service.caller import Caller
from suture.service.file_findings import Findings, ask_branches, close_answered, look_at
from suture.service.missing_upstream import ask_about_missing
from suture.store import audit, events, import_runs, outreach, waking
from suture.store.branches import all_branches
from suture.store.import_runs import NewRun
from suture.store.imports import save_batch
from suture.store.transaction import Tx
from suture.words.reason import Reason


@dataclass(frozen=True, slots=True)
class Export:
    """What was read of one folder. `source`: the adapter's word, such as csv."""

    source: str
    mode: ImportMode
    batches: Sequence[ImportBatch]

    @property
    def branch(self) -> str | None:
        """The branch it names, if it does."""
        return next(
            (r.external_id for b in self.batches for r in b.records[:1] if isinstance(r, BranchRecord)),
            None,
        )

    @property
    def files(self) -> tuple[FileSeen, ...]:
        """The files of which anything can be used."""
        return tuple(FileSeen(b.file, b.sha256, rows_of(b)) for b in self.batches if b.sha256 and not b.refused)


def rows_of(batch: ImportBatch) -> int:
    """How many rows a file has, the faulty ones included."""
    return len(batch.records) + len({p.line for p in batch.problems} - {r.line for r in batch.records})


def branch_id_of(tx: Tx, external_id: str | None) -> BranchId | None:
    """The branch of that id; without an id the only one there is."""
    found = [b.id for b in all_branches(tx) if external_id in (None, b.external_id)]
    return found[0] if len(found) == 1 else None


def apply_export(caller: Caller, export: Export) -> ImportReport:
    """Save every file; the same export again changes nothing."""
    reports = []
    with caller.transaction() as tx:
        before = waking.last_signal(tx)
    for batch in export.batches:
        with caller.transaction() as tx:
            reports.append(_save(tx, export, batch))
    with caller.transaction() as tx:
        import_runs.lock(tx)
        report = ImportReport(tuple(reports), days=waking.published_days_changed(tx, before))
        return _finish(tx, export, report)


def _save(tx: Tx, export: Export, batch: ImportBatch) -> FileReport:
    import_runs.lock(tx)
    branch_id = branch_id_of(tx, export.branch)
    found = look_at(tx, branch_id, export.branch, batch) if branch_id is not None else Findings()
    batch, unfit = without_unfit_names(batch, is_known=branch_id is not None)
    report = save_batch(tx, batch, export.branch, found.staying, (*found.problems, *unfit))
    return replace(report, notes=(*report.notes, *found.notes))


def _finish(tx: Tx, export: Export, report: ImportReport) -> ImportReport:
    branch_id = branch_id_of(tx, export.branch)
    if branch_id is None:
        return report
    log = close_answered(tx, export.batches)
    if export.mode is ImportMode.FULL:
        missing = ask_about_missing(tx, branch_id, export.batches)
        log += missing.events
        report = _with_notes(report, missing.notes)
        if any(f.loaded for f, b in zip(report.files, export.batches, strict=True) if _has_patients(b)):
            outreach.note_full_import(tx)
    import_runs.record_applied(tx, NewRun(export.source, export.mode, branch_id, export.files))
    facts = {"files": len(export.files), "loaded": report.loaded, "quarantined": len(report.problems)}
    audit.record(tx, AuditCode.FILES_IMPORTED, "branch", branch_id, **facts)
    events.append(tx, branch_id=branch_id, service_date=None, events=log)
    for where, happened in ask_branches(tx, branch_id, export.batches).items():
        events.append(tx, branch_id=where, service_date=None, events=happened)
    return report


def _has_patients(batch: ImportBatch) -> bool:
    return bool(batch.records) and isinstance(batch.records[0], PatientRecord)


def _with_notes(report: ImportReport, notes: dict[str, list[Reason]]) -> ImportReport:
    files = (replace(f, notes=(*f.notes, *notes.get(f.file, ()))) for f in report.files)
    return replace(report, files=tuple(files))
