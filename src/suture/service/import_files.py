"""Takes an upstream export in: what can be read is saved, what cannot is set aside with a line that says why."""

from collections.abc import Sequence
from pathlib import Path

from suture.model.actors import Actor
from suture.model.audit import AuditCode
from suture.model.imports import BranchRecord, ImportBatch, ImportReport
from suture.ports import DemandAndRosterSource
from suture.service.context import Context
from suture.store import audit, outreach
from suture.store.branches import all_branches
from suture.store.imports import save_batch


def import_folder(ctx: Context, source: DemandAndRosterSource, folder: Path, actor: Actor) -> ImportReport:
    """Import one export, one transaction a file; the same folder again changes nothing.

    Raises PermanentAdapterError when the folder is no export.
    """
    batches = source.read(folder)
    branch = _branch_of(batches)
    reports = []
    for batch in batches:
        with ctx.transaction() as tx:
            reports.append(save_batch(tx, batch, branch, actor))
    report = ImportReport(tuple(reports))
    with ctx.transaction() as tx:
        if report.loaded:
            outreach.note_import(tx)
        for known in all_branches(tx):
            if branch in (known.external_id, None):
                audit.record(
                    tx,
                    AuditCode.FILES_IMPORTED,
                    "branch",
                    known.id,
                    actor,
                    files=sum(not f.refused and f.sha256 != "" for f in report.files),
                    loaded=report.loaded,
                    quarantined=len(report.problems),
                )
                break
    return report


def _branch_of(batches: Sequence[ImportBatch]) -> str | None:
    """The branch the export names, if it does."""
    return next((r.external_id for b in batches for r in b.records if isinstance(r, BranchRecord)), None)
