"""What an import did, in words, and the exit code that goes with it."""

from collections.abc import Sequence

import click

from suture.model.import_reports import ImportReport
from suture.model.import_runs import ChangedDay

MOST_DAYS = 7
"""How many changed days are named."""


def changed_days(days: Sequence[ChangedDay]) -> str:
    """Which published days an import changed, and who repairs them."""
    shown = ", ".join(map(_changed_day, days[:MOST_DAYS]))
    more = f" and {len(days) - MOST_DAYS} more" if len(days) > MOST_DAYS else ""
    one = len(days) == 1
    what = f"{len(days)} published day{'' if one else 's'} changed: {shown}{more}."
    return (
        f"{what} suture serve repairs {'it' if one else 'them'}: at once if it is running, otherwise once you start it."
    )


def _changed_day(day: ChangedDay) -> str:
    """ "Mon Nov 30 in LAKE (3 visits, 1 clinician)"."""
    counts = [(day.visits, "visit"), (day.staff, "clinician")]
    what = ", ".join(f"{n} {word}{'' if n == 1 else 's'}" for n, word in counts if n)
    return f"{day.service_date:%a %b} {day.service_date.day} in {day.branch} ({what})"


def say_report(report: ImportReport) -> None:
    """Print what became of an import. Raises SystemExit where something was set aside or held."""
    for line in report.lines():
        click.echo(line)
    for note in report.notes:
        click.echo(note, err=True)
    if report.held is not None:
        number = report.held.id
        click.echo(f"The import is held, number {number}: it would take away {report.held.why}.")
        for line in report.held.diff:
            click.echo(f"  {line}")
        click.echo("None of it was loaded, and no one is told.")
        click.echo(f"If it is right: suture import release {number}. If not: suture import discard {number}.")
        raise SystemExit(1)
    aside = f" {report.set_aside} row{'' if report.set_aside == 1 else 's'} set aside." if report.set_aside else ""
    refused = f" Not read at all: {', '.join(report.refused)}." if report.refused else ""
    cells = (
        f" {report.left_out} row{' was' if report.left_out == 1 else 's were'} loaded without what could not be read."
        if report.left_out
        else ""
    )
    rows = "1 row" if report.loaded == 1 else f"{report.loaded} rows"
    click.echo(f"{rows} loaded, {report.changed} of them new or changed.{cells}{aside}{refused}", err=True)
    if report.days:
        click.echo(changed_days(report.days), err=True)
    if report.problems:
        raise SystemExit(1)
