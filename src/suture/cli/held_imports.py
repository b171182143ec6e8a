"""`suture import held|release|discard`: imports that would take away too much wait for a person's decision."""

from pathlib import Path

import click

from suture.bootstrap import SOURCES
from suture.cli.home import caller_of, data_folder, open_home, read_settings
from suture.cli.import_report import say_report
from suture.cli.options import AGENCY, DATA, DEMO
from suture.cli.whose import agency
from suture.cli.words import checked_words
from suture.model.instants import wall_clock
from suture.service import held_imports
from suture.service.caller import Caller
from suture.store.branches import all_branches
from suture.words.catalog import _
from suture.words.dates import full_moment

NUMBER = click.argument("number", type=int, metavar="ID")
NAME = click.option("--name", help="Who decides it.")
REASON = click.option("--reason", help="Why, for the audit trail.")


@click.command("held")
@DATA
@AGENCY
@DEMO
def list_held(data: Path | None, demo: bool) -> None:
    """List the imports that wait for a decision."""
    settings = read_settings()
    with open_home(settings, data_folder(settings, data, demo=demo), create=False) as home:
        caller = caller_of(home, settings)
        waiting = held_imports.held_imports(caller)
        with caller.transaction() as tx:
            zones = {b.external_id: b.tz for b in all_branches(tx)}
    if not waiting:
        click.echo(_("No import is held."))
    for held in waiting:
        at = full_moment(wall_clock(held.at, zones.get(held.branch, "UTC")))
        if held.branch:
            said = _(
                "{mode} import for {branch} of {at} would take away {why}.",
                mode=held.mode,
                branch=held.branch,
                at=at,
                why=held.why,
            )
        else:
            said = _("{mode} import of {at} would take away {why}.", mode=held.mode, at=at, why=held.why)
        click.echo(f"{held.id}  {said}")
        for line in held.diff:
            click.echo(f"   {line}")


@click.command("release")
@NUMBER
@NAME
@REASON
@DATA
@AGENCY
@DEMO
def release(number: int, name: str | None, reason: str | None, data: Path | None, demo: bool) -> None:
    """Apply the held import ID as it is."""
    with agency(data, demo=demo) as caller:
        who, why = _who_and_why(caller, number, name, reason)
        report = held_imports.release(caller, SOURCES, number, who, why)
    say_report(report)


@click.command("discard")
@NUMBER
@NAME
@REASON
@DATA
@AGENCY
@DEMO
def discard(number: int, name: str | None, reason: str | None, data: Path | None, demo: bool) -> None:
    """Throw the held import ID away: nothing of it is applied."""
    with agency(data, demo=demo) as caller:
        who, why = _who_and_why(caller, number, name, reason)
        held_imports.discard(caller, number, who, why)
    click.echo(_("Import {number} was discarded: nothing of it was applied.", number=number))


def _who_and_why(caller: Caller, number: int, name: str | None, reason: str | None) -> tuple[str, str]:
    """Whose decision it is and the reason, asked for where they are missing."""
    held_imports.check_waits(caller, number)
    name = name or click.prompt(_("Who decides it (name)"))
    reason = reason or click.prompt(_("Why"))
    return checked_words(name), checked_words(reason)
