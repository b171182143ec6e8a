"""`suture import …`: reads an export; what cannot be accepted gets one line each, the rest is loaded.

An export that would take away too much is held: `suture import held|release|discard`.
"""

from pathlib import Path

import click

from suture.bootstrap import SOURCES
from suture.cli.errors import WrongRequest
from suture.cli.held_imports import discard, list_held, release
from suture.cli.home import caller_of, data_folder, read_settings
from suture.cli.import_report import say_report
from suture.cli.options import AGENCY, DATA, DEMO
from suture.cli.whose import open_to_write
from suture.model.import_reports import ImportReport
from suture.model.import_runs import ImportMode
from suture.ports import PermanentAdapterError
from suture.service.caller import Caller
from suture.service.import_files import import_folder
from suture.words.catalog import _


@click.group("import")
def import_files() -> None:
    """Import demand and staff from files, and decide on imports that are held."""


def _import_command(source: str) -> click.Command:
    @click.command(source)
    @click.argument("folder", type=click.Path(path_type=Path))
    @click.option("--full", is_flag=True, help="The files name everything: what they leave out is asked about.")
    @click.option("--delta", is_flag=True, help="What the files leave out stays as it is (the default).")
    @click.option("--accept-fewer", is_flag=True, help="With --full: take files that are much shorter than last time.")
    @DATA
    @AGENCY
    @DEMO
    def command(folder: Path, full: bool, delta: bool, accept_fewer: bool, data: Path | None, demo: bool) -> None:
        """Import a FOLDER of files; what cannot be used is set aside, one line each.

        A file that cannot be read at all comes first. An import that would take away too much is held.

        Exit 1 when something was set aside or the import is held, 2 when the folder is no export at all.
        """
        if full and delta:
            raise WrongRequest(_("Say either --full or --delta."))
        if accept_fewer and not full:
            raise WrongRequest(_("--accept-fewer goes with --full: only a full import counts the rows."))
        mode = ImportMode.FULL if full else ImportMode.DELTA
        settings = read_settings()
        with open_to_write(settings, data_folder(settings, data, demo=demo), demo=demo) as home:
            report = import_into(caller_of(home, settings), source, folder, mode, accept_fewer=accept_fewer)
        say_report(report)

    return command


def import_into(
    caller: Caller, source: str, folder: Path, mode: ImportMode = ImportMode.DELTA, *, accept_fewer: bool = False
) -> ImportReport:
    """Import, or say why the folder is none that can be."""
    try:
        return import_folder(caller, SOURCES[source], folder, word=source, mode=mode, accept_fewer=accept_fewer)
    except PermanentAdapterError as error:
        raise WrongRequest(str(error)) from None


for _command in (*map(_import_command, SOURCES), list_held, release, discard):
    import_files.add_command(_command)
