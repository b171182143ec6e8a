"""`suture import csv DIR`: reads an export; what cannot be accepted gets one line each, the rest is loaded."""

from pathlib import Path

import click

from suture.bootstrap import SOURCES
from suture.cli.errors import WrongRequest
from suture.cli.home import context_of, data_folder, read_settings
from suture.cli.options import DATA, DEMO
from suture.cli.whose import open_to_write
from suture.model.actors import COMMAND_LINE
from suture.model.imports import ImportReport
from suture.ports import PermanentAdapterError
from suture.service.context import Context
from suture.service.import_files import import_folder


@click.command("import")
@click.argument("source", type=click.Choice(list(SOURCES)))
@click.argument("folder", type=click.Path(path_type=Path))
@DATA
@DEMO
def import_files(source: str, folder: Path, data: Path | None, demo: bool) -> None:
    """Import demand and staff from a FOLDER of files; what cannot be used is set aside, one line each.

    A file that cannot be read at all comes first.

    Exit 1 when something was set aside, 2 when the folder is no export at all.
    """
    settings = read_settings()
    with open_to_write(settings, data_folder(settings, data, demo=demo), demo=demo) as home:
        report = import_into(context_of(home, settings), source, folder)
    for line in report.lines():
        click.echo(line)
    for note in report.notes:
        click.echo(note, err=True)
    aside = f" {report.set_aside} row{'' if report.set_aside == 1 else 's'} set aside." if report.set_aside else ""
    cells = (
        f" {report.left_out} row{' was' if report.left_out == 1 else 's were'} loaded without what could not be read."
        if report.left_out
        else ""
    )
    refused = f" Not read at all: {', '.join(report.refused)}." if report.refused else ""
    click.echo(
        f"{report.loaded} rows loaded, {report.changed} of them new or changed.{cells}{aside}{refused}", err=True
    )
    if report.problems:
        raise SystemExit(1)


def import_into(ctx: Context, source: str, folder: Path) -> ImportReport:
    """Import, or say why the folder is none that can be."""
    try:
        return import_folder(ctx, SOURCES[source], folder, COMMAND_LINE)
    except PermanentAdapterError as error:
        raise WrongRequest(str(error)) from None
