"""`suture day sheet`: the day on paper, for the evening before and for when the server is down."""

from datetime import date
from pathlib import Path

import click

from suture.cli.errors import WrongRequest
from suture.cli.home import data_folder, open_home, read_settings, tenant_of
from suture.cli.options import AGENCY, BRANCH, DATA, DATE, DEMO
from suture.cli.sheet_file import check_free, write_sheets
from suture.model.plan import Stage
from suture.service.day_sheet import day_sheet
from suture.service.errors import ServiceError
from suture.store.sheet_view import DaySheet
from suture.web.desk.sheet import sheet_page
from suture.words.catalog import _, marked, plural

STAGES = {Stage.DRAFT: marked("draft"), Stage.PUBLISHED: marked("published")}


@click.command("sheet")
@BRANCH
@DATE
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The HTML file to write, for its owner's eyes only (mode 0600).",
)
@click.option("--force", is_flag=True, help="Replace the file if it already exists.")
@DATA
@AGENCY
@DEMO
def sheet(branch: str, service_date: date, output: Path, force: bool, data: Path | None, demo: bool) -> None:
    """Write the day of BRANCH as pages to print: one for the office, then one for each clinician with visits.

    It changes nothing, and works whether Suture is running or not. Open the file in a browser and print it.
    """
    check_free(output, force=force)  # before a database is started
    settings = read_settings()
    with (
        open_home(settings, data_folder(settings, data, demo=demo), create=False) as home,
        home.transaction(tenant_of(home)) as tx,
    ):
        try:
            found = day_sheet(tx, branch, service_date)
        except ServiceError as error:
            raise WrongRequest(str(error)) from None
    write_sheets(output, sheet_page(found), force=force)
    click.echo(f"{output}: {_summary(found)}")


def _summary(found: DaySheet) -> str:
    """What was printed, in numbers."""
    routes = found.routes()
    stops = sum(map(len, routes.values()))
    return _(
        "version {version} ({stage}), {clinicians} with {stops}, {uncovered}.",
        version=found.head.version,
        stage=_(STAGES[Stage(found.head.stage)]),
        clinicians=plural("{n} clinician", "{n} clinicians", len(routes)),
        stops=plural("{n} stop", "{n} stops", stops),
        uncovered=plural("{n} position not covered", "{n} positions not covered", len(found.uncovered)),
    )
