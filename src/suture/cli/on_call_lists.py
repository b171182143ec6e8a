"""`suture on-call import|list|show|preview|activate|history|rollback`: the stored versions of the on-call list."""

from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path

import click

from suture.cli.options import AGENCY, DATA, DEMO
from suture.cli.values import SERVICE_DATE
from suture.cli.versions import commands_of, hash_of, is_file, to_read, to_write
from suture.model.people import PartyKind
from suture.service.configuration import ON_CALL
from suture.service.on_call import OnDuty
from suture.service.on_call_preview import BranchOnCall, preview_on_call
from suture.words.catalog import _, marked
from suture.words.dates import short_date

_WAYS = {"sms": marked("text message"), "email": marked("e-mail")}


@click.command("preview")
@click.argument("draft", metavar="[DRAFT]", required=False)
@click.option("--from", "first", type=SERVICE_DATE, help="The first of the seven days (default: today).")
@DATA
@AGENCY
@DEMO
def preview(draft: str | None, first: date | None, data: Path | None, demo: bool) -> None:
    """Show who is on call for a week by DRAFT (a file, or the start of its hash), or by the list in force; who cannot
    be reached; and when no one is on call."""
    opened = to_write if draft and is_file(Path(draft)) else to_read  # a file becomes a stored draft
    with opened(data, demo) as caller:
        shown = preview_on_call(caller, hash_of(caller, ON_CALL, draft) if draft else None, first)
    for line in shown.unknown:
        click.echo(_("There is no branch {branch}.", branch=line))
    for branch in shown.branches:
        for line in _lines(branch, shown.after_minutes):
            click.echo(line)


def _lines(branch: BranchOnCall, after_minutes: int) -> Iterator[str]:
    yield _("{branch}: a critical case that no one takes for {n} min goes to", branch=branch.id, n=after_minutes)
    for day, turns in branch.days:
        for turn in turns:
            hours = _hours(turn.begins, turn.ends)
            yield f"  {short_date(day)}  {hours}  {_name(turn.duty)}  {_channels(turn.duty)}".rstrip()
    for begins, ends in branch.gaps:
        yield "  " + _("no one from {begins} to {ends}", begins=_moment(begins), ends=_moment(ends))


def _hours(begins: datetime, ends: datetime) -> str:
    if begins.time() == ends.time() == time():
        return _("all day")
    return f"{begins:%H:%M}–{ends:%H:%M}"


def _name(duty: OnDuty) -> str:
    return duty.name if duty.kind is PartyKind.CONTACT or not duty.known else f"{duty.name} ({duty.person.who})"


def _channels(duty: OnDuty) -> str:
    if not duty.known:
        return _("is neither a contact on the list nor a clinician at work")
    if not duty.person.channels:
        return _("cannot be reached: there is no address that may be used")
    return ", ".join(_(_WAYS[channel]) for channel in duty.person.channels)


def _moment(local: datetime) -> str:
    return f"{short_date(local.date())}, {local:%H:%M}"


COMMANDS = {**commands_of(ON_CALL), "preview": preview}
