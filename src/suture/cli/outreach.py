"""`suture outreach …`: whether the agency's messages leave. A new agency, and one that was restored, starts on hold."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import click

from suture.cli.errors import WrongRequest, why_unread
from suture.cli.home import caller_of, data_folder, open_home, read_settings
from suture.cli.options import DATA, DEMO
from suture.cli.values import WORD
from suture.cli.whose import open_to_write
from suture.cli.words import checked_words
from suture.model.instants import wall_clock
from suture.model.outreach_state import HoldCause, OutreachState
from suture.service.caller import Caller
from suture.service.errors import ServiceError
from suture.service.outreach import (
    OutreachNow,
    Released,
    change_recipients,
    hold,
    outreach_now,
    release,
    stops_of,
)
from suture.store.branches import all_branches
from suture.store.undecided import PATIENCE
from suture.words.dates import full_moment

_CAUSES = {
    HoldCause.NEW: "a new agency starts that way",
    HoldCause.RESTORED: "it was restored from a backup",
    HoldCause.ASKED: "someone asked for it",
}
_UNTIL = "Nothing is sent, except to test recipients, until you run suture outreach release."
_PATIENCE = int(PATIENCE.total_seconds() // 60)
_CHANNELS = {"email": "e-mail", "sms": "text message"}
AWAITS_IMPORT = "Patients get no messages until a full import: suture import csv DIR --full."
_STEPS = {
    "p.notice": "first notices to patients",
    "p.confirm": "questions to patients, to be confirmed",
    "p.changed": "new times to patients",
    "p.cancelled": "cancellations to patients",
    "p.human": "answers to patients' texts",
    "p.help": "answers to patients' texts",
    "p.emergency": "answers to patients' texts",
    "s.published": "schedules to clinicians",
    "s.changed": "changed schedules to clinicians",
    "s.emptied": "changed schedules to clinicians",
}


@click.group()
def outreach() -> None:
    """Hold all messages back, or let them go out."""


@outreach.command()
@DATA
@DEMO
def status(data: Path | None, demo: bool) -> None:
    """Say whether messages go out, what is due, and who gets messages while on hold."""
    with _agency(data, demo=demo, writes=False) as (_, say_time, now):
        click.echo(_stands(now.state, say_time))
        if now.last_word and now.state.cause is HoldCause.ASKED:
            click.echo("{}: {}".format(*now.last_word))
        _say_due(now, say_time)
        _say_recipients([f"{r.kind} {r.external_id}" for r in now.recipients])


@outreach.command("hold")
@click.option("--name", default="", help="Who asks for it.")
@click.option("--reason", default="", help="Why, for the audit trail.")
@DATA
@DEMO
def hold_(name: str, reason: str, data: Path | None, demo: bool) -> None:
    """Put all messages on hold, at once."""
    with _agency(data, demo=demo) as (caller, say_time, _):
        held = hold(caller, checked_words(name) or "someone", checked_words(reason) or "no reason was given")
        click.echo(_stands(held, say_time))


@outreach.command("release")
@click.option("--name", help="Who decides it.")
@click.option("--reason", help="Why, for the audit trail.")
@click.option(
    "--stops",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="After a restore: a file of the numbers and e-mail addresses that said STOP since the backup, one a line.",
)
@click.option("--no-stops-known", is_flag=True, help="After a restore: no one is known to have said STOP since.")
@click.option(
    "--send-again",
    is_flag=True,
    help="After a restore: also send what was due since the backup, though it may have left already.",
)
@DATA
@DEMO
def release_(
    name: str | None,
    reason: str | None,
    stops: Path | None,
    no_stops_known: bool,
    send_again: bool,
    data: Path | None,
    demo: bool,
) -> None:
    """Let messages go out. Lists what is due first, and asks who decided it and why."""
    with _agency(data, demo=demo) as (caller, say_time, now):
        _say_due(now, say_time)
        if stops and no_stops_known:
            raise WrongRequest("Give either --stops FILE or --no-stops-known.")
        known = stops_of(caller, _read(stops)) if stops else [] if no_stops_known else None
        if now.state.on_hold and not (now.state.cause is HoldCause.RESTORED and known is None):
            name = name or click.prompt("Who decides it (name)")
            reason = reason or click.prompt("Why")
        released = release(caller, checked_words(name or ""), checked_words(reason or ""), known, send_again=send_again)
        _say_released(released)


@outreach.command("test-recipients")
@click.option(
    "--add",
    type=WORD,
    multiple=True,
    metavar="ID",
    help="A patient or clinician who gets messages while on hold; may be repeated.",
)
@click.option("--remove", type=WORD, multiple=True, metavar="ID", help="One who no longer does; may be repeated.")
@DATA
@DEMO
def test_recipients(add: tuple[str, ...], remove: tuple[str, ...], data: Path | None, demo: bool) -> None:
    """Name who gets messages while on hold: each gets what is addressed to that person, nothing else."""
    with _agency(data, demo=demo) as (caller, say_time, now):
        after = change_recipients(caller, add, remove)
        click.echo(_stands(now.state, say_time))
        _say_recipients([f"{r.kind} {r.external_id}" for r in after])


def hold_note(caller: Caller) -> str:
    """A line where messages are on hold, or patients get none before an import; empty where they leave."""
    now = outreach_now(caller).state
    if now.on_hold:
        return f"Messages are on hold: {_CAUSES[now.cause]}. {_UNTIL}"
    return AWAITS_IMPORT if now.awaits_import else ""


@contextmanager
def _agency(
    data: Path | None, *, demo: bool, writes: bool = True
) -> Iterator[tuple[Caller, Callable[[datetime], str], OutreachNow]]:
    """The agency, how its first branch says a time, and the state of its messages."""
    settings = read_settings()
    folder = data_folder(settings, data, demo=demo)
    opened = (
        open_to_write(settings, folder, demo=demo, create=False)
        if writes
        else open_home(settings, folder, create=False)
    )
    with opened as home:
        caller = caller_of(home, settings)
        with caller.transaction() as tx:
            tz = next((b.tz for b in all_branches(tx)), "UTC")
        try:
            yield caller, lambda instant: full_moment(wall_clock(instant, tz)), outreach_now(caller)
        except ServiceError as error:
            raise WrongRequest(str(error)) from None


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise WrongRequest(f"{file} cannot be read: {why_unread(error)}.") from None


def _stands(state: OutreachState, say_time: Callable[[datetime], str]) -> str:
    if not state.on_hold:
        waiting = " Patients get messages again after a full import." if state.awaits_import else ""
        return f"Messages are going out.{waiting}"
    since = f" since {say_time(state.since)}" if state.since else ""
    return f"Messages are on hold{since}: {_CAUSES[state.cause]}. {_UNTIL}"


def _say_due(now: OutreachNow, say_time: Callable[[datetime], str]) -> None:
    if not now.due:
        click.echo("No message is due.")
        return
    click.echo(f"Due now: {_count(sum(d.due for d in now.due))}.")
    kinds: Counter[tuple[str, str]] = Counter()
    for line in now.due:
        kinds[_STEPS.get(line.step, line.step), line.channel] += line.due
    for (what, channel), count in kinds.items():
        click.echo(f"  {count} × {what} by {_CHANNELS.get(channel, channel)}")
    if now.undecided:
        click.echo(
            f"{now.undecided} of them {'waits' if now.undecided == 1 else 'wait'} until what was reported for their "
            f"day is worked into the plan; while Suture runs, {_PATIENCE} minutes at most."
        )
    late = sum(d.since_backup for d in now.due)
    if late and now.state.data_until is not None:
        click.echo(
            f"{late} of them became due after the backup of {say_time(now.state.data_until)} and may have left "
            "already. They are not sent again unless you say --send-again."
        )


def _say_released(released: Released) -> None:
    click.echo("Messages go out from now on.")
    if released.stops:
        what = "number or address" if released.stops == 1 else "numbers and addresses"
        click.echo(f"No more messages go to {released.stops} {what} of --stops.")
    if released.may_have_left:
        click.echo(
            f"Not sent again: {_count(released.may_have_left)} that may have left since the backup. Those that matter "
            "are on the board."
        )
    if released.awaits_import:
        click.echo(AWAITS_IMPORT)


def _say_recipients(names: Sequence[str]) -> None:
    click.echo(f"Test recipients: {', '.join(names)}." if names else "There are no test recipients.")


def _count(number: int) -> str:
    return f"{number} message{_s(number)}"


def _s(number: int) -> str:
    return "" if number == 1 else "s"
