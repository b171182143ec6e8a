"""Takes an upstream export in: what can be read is saved, what cannot is set aside with a line that says why.

The whole export is looked at first: one that would take away too much is held, and nothing of it is applied.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from suture.model.import_reports import ImportReport
from suture.model.import_runs import ImportMode
from suture.model.imports import FileReport, ImportBatch, ImportProblem
from suture.ports import DemandAndRosterSource
from suture.service.apply_import import Export, apply_export, branch_id_of, rows_of
from suture.service.caller import Caller
from suture.service.held_imports import hold_if_too_large
from suture.store import import_runs
from suture.store.transaction import Tx
from suture.words.reason import reason

FEWEST_OF_LAST = 0.8
"""A full file with a fifth fewer rows than the last one was more likely cut short than thinned out by hand."""


def import_folder(
    caller: Caller,
    source: DemandAndRosterSource,
    folder: Path,
    *,
    word: str = "csv",
    mode: ImportMode = ImportMode.DELTA,
    accept_fewer: bool = False,
) -> ImportReport:
    """Import one export, one transaction a file; the same folder again changes nothing. `word`: the source's name.

    A full export is asked about what it leaves out; a file of it that is much shorter than the last one is refused,
    unless `accept_fewer`. Raises PermanentAdapterError when the folder is no export.
    """
    export = Export(word, mode, source.read(folder))
    with caller.transaction() as tx:
        import_runs.lock(tx)
        if mode is ImportMode.FULL and not accept_fewer:
            export = replace(export, batches=_without_short_files(tx, export))
        held = hold_if_too_large(tx, export, folder)
    if held is not None:
        return ImportReport(tuple(_unread(b) for b in export.batches if b.refused or b.notes), held)
    return apply_export(caller, export)


def _without_short_files(tx: Tx, export: Export) -> Sequence[ImportBatch]:
    branch_id = branch_id_of(tx, export.branch)
    last = import_runs.rows_of_last_full(tx, branch_id) if branch_id is not None else {}
    return [_refused_if_short(b, last.get(b.file, 0)) if b.sha256 and not b.refused else b for b in export.batches]


def _refused_if_short(batch: ImportBatch, last: int) -> ImportBatch:
    rows = rows_of(batch)
    if rows > FEWEST_OF_LAST * last:
        return batch
    if rows == 0:
        code, what = "empty", reason("file.no_rows")
    else:
        code, what = "fewer_rows", reason("file.fewer_rows", n=rows, last=last)
    problem = ImportProblem(batch.file, 1, "", code, what, reason("file.hint.fewer"))
    return replace(batch, records=(), problems=(problem,), notes=(), refused=True)


def _unread(batch: ImportBatch) -> FileReport:
    problems = batch.problems if batch.refused else ()
    return FileReport(batch.file, batch.sha256, batch.refused, 0, 0, problems, () if batch.refused else batch.notes)
