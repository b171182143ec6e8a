"""`suture outreach …`: whether the agency's messages leave. A new agency, and one that was restored, starts on hold."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import click

from suture.cli.errors import WrongRequest, why_unread
from suture.cli.message_log import log
from suture.cli.open_address import open_
from suture.cli.options import AGENCY, DATA, DEMO
from suture.cli.templates import templates
from suture.cli.values import WORD
from suture.cli.whose import agency
from suture.cli.words import checked_words
from suture.model.instants import wall_clock
from suture.model.outreach_state import HoldCause, OutreachState
from suture.model.people import PartyKind
from suture.service.caller import Caller
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
from suture.store.outreach import Recipient
from suture.store.undecided import PATIENCE
from suture.words.catalog import _, marked, plural
from suture.words.dates import full_moment

_CAUSES = {
    HoldCause.NEW: marked("a new agency starts that way"),
    HoldCause.RESTORED: marked("it was restored from a backup"),
    HoldCause.ASKED: marked("someone asked for it"),
}
_UNTIL = marked("Nothing is sent, except to test recipients, until you run suture outreach release.")
SOMEONE, NO_REASON = marked("someone"), marked("no reason was given")
"""What is kept of a hold for which no one gave a name or a reason."""
_PATIENCE = int(PATIENCE.total_seconds() // 60)
_CHANNELS = {"email": marked("e-mail"), "sms": marked("text message")}
_KINDS = {PartyKind.PATIENT: marked("patient {id}"), PartyKind.CLINICIAN: marked("clinician {id}")}
AWAITS_IMPORT = marked("Patients get no messages until a full import: suture import csv DIR --full.")
_STEPS = {
    "p.notice": marked("first notices to patients"),
    "p.confirm": marked("questions to patients, to be confirmed"),
    "p.changed": marked("new times to patients"),
    "p.cancelled": marked("cancellations to patients"),
    "p.calendar": marked("calendar entries to patients, brought up to date"),
    "p.human": marked("answers to patients' texts"),
    "p.help": marked("answers to patients' texts"),
    "p.emergency": marked("answers to patients' texts"),
    "s.published": marked("schedules to clinicians"),
    "s.changed": marked("changed schedules to clinicians"),
    "s.emptied": marked("changed schedules to clinicians"),
    "s.on_call": marked("critical cases to those on call"),
    "s.set_out": marked("notices to clinicians whether to set out"),
    "s.stand_down": marked("notices to clinicians whether to set out"),
}


@click.group()
def outreach() -> None:
    """Hold all messages back, let them go out, see what they say, or open an address again."""


outreach.add_command(templates)


@outreach.command()
@DATA
@AGENCY
@DEMO
def status(data: Path | None, demo: bool) -> None:
    """Say whether messages go out, what is due, and who gets messages while on hold."""
    with _agency(data, demo=demo, writes=False) as (_caller, say_time, now):
        click.echo(_state_line(now.state, say_time))
        if now.last_word and now.state.cause is HoldCause.ASKED:
            who, why = now.last_word
            click.echo(f"{_(who)}: {_(why)}")
        _say_due(now, say_time)
        _say_recipients(now.recipients)


@outreach.command("hold")
@click.option("--name", default="", help="Who asks for it.")
@click.option("--reason", default="", help="Why, for the audit trail.")
@DATA
@AGENCY
@DEMO
def hold_(name: str, reason: str, data: Path | None, demo: bool) -> None:
    """Put all messages on hold, at once."""
    with _agency(data, demo=demo) as (caller, say_time, _now):
        held = hold(caller, checked_words(name) or SOMEONE, checked_words(reason) or NO_REASON)
        click.echo(_state_line(held, say_time))


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
    help="After a restore: also send what was due since the backup, though it may have been sent already.",
)
@DATA
@AGENCY
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
            raise WrongRequest(_("Give either --stops FILE or --no-stops-known."))
        known = stops_of(caller, _read(stops)) if stops else [] if no_stops_known else None
        if now.state.on_hold and not (now.state.cause is HoldCause.RESTORED and known is None):
            name = name or click.prompt(_("Who decides it (name)"))
            reason = reason or click.prompt(_("Why"))
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
@click.option("--remove", type=WORD, multiple=True, metavar="ID", help="Someone who no longer does; may be repeated.")
@DATA
@AGENCY
@DEMO
def test_recipients(add: tuple[str, ...], remove: tuple[str, ...], data: Path | None, demo: bool) -> None:
    """Name who gets messages while on hold: each gets what is addressed to that person, nothing else."""
    with _agency(data, demo=demo) as (caller, say_time, now):
        after = change_recipients(caller, add, remove)
        click.echo(_state_line(now.state, say_time))
        _say_recipients(after)


outreach.add_command(log)
outreach.add_command(open_)


def hold_note(caller: Caller) -> str:
    """A line where messages are on hold, or patients get none before an import; empty where they go out."""
    now = outreach_now(caller).state
    if now.on_hold:
        held = _("Messages are on hold: {why}.", why=_(_CAUSES[now.cause]))
        return f"{held} {_(_UNTIL)}"
    return _(AWAITS_IMPORT) if now.awaits_import else ""


@contextmanager
def _agency(
    data: Path | None, *, demo: bool, writes: bool = True
) -> Iterator[tuple[Caller, Callable[[datetime], str], OutreachNow]]:
    """The agency, how its first branch says a time, and the state of its messages."""
    with agency(data, demo=demo, writes=writes) as caller:
        with caller.transaction() as tx:
            tz = next((b.tz for b in all_branches(tx)), "UTC")
        yield caller, lambda instant: full_moment(wall_clock(instant, tz)), outreach_now(caller)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise WrongRequest(_("{file} cannot be read: {why}.", file=file, why=why_unread(error))) from None


def _state_line(state: OutreachState, say_time: Callable[[datetime], str]) -> str:
    if not state.on_hold:
        leaving = _("Messages are going out.")
        waiting = _("Patients get messages again after a full import.")
        return f"{leaving} {waiting}" if state.awaits_import else leaving
    why = _(_CAUSES[state.cause])
    if state.since:
        held = _("Messages are on hold since {at}: {why}.", at=say_time(state.since), why=why)
    else:
        held = _("Messages are on hold: {why}.", why=why)
    return f"{held} {_(_UNTIL)}"


def _say_due(now: OutreachNow, say_time: Callable[[datetime], str]) -> None:
    if not now.due:
        click.echo(_("No message is due."))
        return
    click.echo(plural("Due now: {n} message.", "Due now: {n} messages.", sum(d.due for d in now.due)))
    kinds: Counter[tuple[str, str]] = Counter()
    for line in now.due:
        kinds[_STEPS.get(line.step, line.step), line.channel] += line.due
    for (what, channel), count in kinds.items():
        said = _("{n} × {what} by {channel}", n=count, what=_(what), channel=_(_CHANNELS.get(channel, channel)))
        click.echo(f"  {said}")
    if now.undecided:
        waiting = plural(
            "{n} of them waits until what was reported for their day is worked into the plan; while Suture runs, "
            "{minutes} minutes at most.",
            "{n} of them wait until what was reported for their day is worked into the plan; while Suture runs, "
            "{minutes} minutes at most.",
            now.undecided,
            minutes=_PATIENCE,
        )
        click.echo(waiting)
    late = sum(d.since_backup for d in now.due)
    if late and now.state.data_until is not None:
        may_have_left = _(
            "{n} of them became due after the backup of {at} and may have been sent already. They are not sent again "
            "unless you say --send-again.",
            n=late,
            at=say_time(now.state.data_until),
        )
        click.echo(may_have_left)


def _say_released(released: Released) -> None:
    click.echo(_("Messages go out from now on."))
    if released.stops:
        stops = plural(
            "No more messages go to {n} number or address of --stops.",
            "No more messages go to {n} numbers and addresses of --stops.",
            released.stops,
        )
        click.echo(stops)
    if released.may_have_left:
        not_again = plural(
            "Not sent again: {n} message that may have been sent since the backup. Those that matter are on the board.",
            "Not sent again: {n} messages that may have been sent since the backup. Those that matter are on the "
            "board.",
            released.may_have_left,
        )
        click.echo(not_again)
    if released.awaits_import:
        click.echo(_(AWAITS_IMPORT))


def _say_recipients(recipients: Sequence[Recipient]) -> None:
    names = ", ".join(_(_KINDS[r.kind], id=r.external_id) for r in recipients)
    click.echo(_("Test recipients: {names}.", names=names) if names else _("There are no test recipients."))
