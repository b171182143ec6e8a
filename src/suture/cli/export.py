"""`suture day export`: the day as a problem for `suture plan`, `check` and `explain`, and for other planners."""

import json
from datetime import date
from pathlib import Path

import click

from suture.cli.errors import WrongRequest, warn
from suture.cli.home import caller_of, data_folder, open_home, read_settings
from suture.cli.options import AGENCY, BRANCH, DATA, DATE, DEMO
from suture.cli.planner import check_writable, write_bytes
from suture.service.errors import ServiceError
from suture.service.export_day import export_day
from suture.words.catalog import _, plural


@click.command("export")
@BRANCH
@DATE
@click.option("--output", type=click.Path(path_type=Path), help="Where the problem goes; standard output if not given.")
@DATA
@AGENCY
@DEMO
def export(branch: str, service_date: date, output: Path | None, data: Path | None, demo: bool) -> None:
    """Write the day of BRANCH as a planner file, suture-problem/1, as it stands under the rulebook in force.

    It changes nothing. The file has the agency's ids, times and driving times, and no names, addresses or phones.
    """
    check_writable(output)
    settings = read_settings()
    with open_home(settings, data_folder(settings, data, demo=demo), create=False) as home:
        try:
            problem = export_day(caller_of(home, settings), branch, service_date)
        except ServiceError as error:
            raise WrongRequest(str(error)) from None
    write_bytes(output, (json.dumps(problem, indent=1) + "\n").encode())
    warn(
        _(
            "{visits}, {shifts}: suture plan {file}",
            visits=plural("{n} visit", "{n} visits", len(problem["visits"])),
            shifts=plural("{n} shift", "{n} shifts", len(problem["shifts"])),
            file=output or "PROBLEM",
        )
    )
