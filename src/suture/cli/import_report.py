"""What an import did, in words, and the exit code that goes with it."""

from collections.abc import Iterator, Sequence

import click

from suture.model.import_reports import ImportReport
from suture.model.import_runs import ChangedDay
from suture.words.catalog import _, plural
from suture.words.dates import short_date

MOST_DAYS = 7
"""How many changed days are named."""


def changed_days(days: Sequence[ChangedDay]) -> str:
    """Which published days an import changed, and who repairs them."""
    shown = ", ".join(map(_changed_day, days[:MOST_DAYS]))
    if len(days) > MOST_DAYS:
        shown = _("{days} and {n} more", days=shown, n=len(days) - MOST_DAYS)
    return plural(
        "{n} published day changed: {days}. suture serve repairs it: at once if it is running, otherwise once you "
        "start it.",
        "{n} published days changed: {days}. suture serve repairs them: at once if it is running, otherwise once you "
        "start it.",
        len(days),
        days=shown,
    )


def _changed_day(day: ChangedDay) -> str:
    """ "Mon Nov 30 in LAKE (3 visits, 1 clinician)"."""
    counts = [
        plural("{n} visit", "{n} visits", day.visits) if day.visits else "",
        plural("{n} clinician", "{n} clinicians", day.staff) if day.staff else "",
    ]
    date = short_date(day.service_date).replace(",", "")
    return _("{date} in {branch} ({counts})", date=date, branch=day.branch, counts=", ".join(filter(None, counts)))


def _what_became(report: ImportReport) -> Iterator[str]:
    """Of the rows, a sentence for each fate."""
    yield plural(
        "{n} row loaded, {changed} of them new or changed.",
        "{n} rows loaded, {changed} of them new or changed.",
        report.loaded,
        changed=report.changed,
    )
    if report.left_out:
        yield plural(
            "{n} row was loaded without what could not be read.",
            "{n} rows were loaded without what could not be read.",
            report.left_out,
        )
    if report.set_aside:
        yield plural("{n} row set aside.", "{n} rows set aside.", report.set_aside)
    if report.refused:
        yield _("Not read at all: {files}.", files=", ".join(report.refused))


def say_report(report: ImportReport) -> None:
    """Print what became of an import. Raises SystemExit where something was set aside or held."""
    for problem in report.lines():
        click.echo(problem)
    for note in report.notes:
        click.echo(note, err=True)
    if report.held is not None:
        number = report.held.id
        why = report.held.why
        click.echo(_("The import is held, number {number}: it would take away {why}.", number=number, why=why))
        for change in report.held.diff:
            click.echo(f"  {change}")
        click.echo(_("None of it was loaded, and no one is told."))
        click.echo(
            _("If it is right: suture import release {number}. If not: suture import discard {number}.", number=number)
        )
        raise SystemExit(1)
    click.echo(" ".join(_what_became(report)), err=True)
    if report.days:
        click.echo(changed_days(report.days), err=True)
    if report.problems:
        raise SystemExit(1)
