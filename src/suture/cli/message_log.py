"""`suture outreach log`: what was said to a person, whether it arrived, and what came back."""

import json
from collections.abc import Iterator
from pathlib import Path

import click

from suture.cli.errors import WrongRequest
from suture.cli.options import AGENCY, DATA, DEMO
from suture.cli.values import WORD
from suture.cli.whose import agency
from suture.model.day import ConfirmationState
from suture.model.instants import wall_clock
from suture.model.messages import Channel, TouchState
from suture.model.people import PartyKind
from suture.model.plan import ToldWindow
from suture.store import access
from suture.store.message_log import AddressTurned, CameBack, MessageLog, Said, Turned, Written
from suture.web.api.messages import now_of
from suture.words.catalog import _, marked
from suture.words.dates import full_moment, short_date

KINDS = (PartyKind.PATIENT, PartyKind.CLINICIAN)
_CHANNELS = {
    "email": marked("e-mail"),
    "sms": marked("text message"),
    "voice": marked("phone call"),
    "push": marked("app"),
}
_WHAT = {
    "p.notice": marked("notice of visits"),
    "p.confirm": marked("question whether the time suits"),
    "p.changed": marked("new time"),
    "p.cancelled": marked("cancellation"),
    "p.calendar": marked("calendar entry, brought up to date"),
    "p.human": marked("answer that a person will call"),
    "p.help": marked("answer to HELP"),
    "p.emergency": marked("answer to a possible emergency"),
    "p.which": marked("question back about a text"),
    "p.again": marked("question back about a text"),
    "s.call_out_sure": marked("question back about a text"),
    "s.offer_which": marked("question back about a text"),
    "s.offer": marked("offer of a visit"),
    "s.offer_won": marked("word that the visit is theirs"),
    "s.offer_gone": marked("word that the offer is no longer open"),
    "s.published": marked("schedule"),
    "s.changed": marked("changed schedule"),
    "s.emptied": marked("word that no visits are left"),
    "s.on_call": marked("word of a critical case"),
    "s.set_out": marked("word to set out"),
    "s.stand_down": marked("word not to set out"),
}
_NOT_LET_OUT = frozenset({TouchState.FAILED, TouchState.SUPPRESSED, TouchState.EXPIRED})
_WAITS = frozenset({TouchState.PLANNED, TouchState.CLAIMED})
_UP_TO_ITS_END = "completed"
"""What a provider says of a call that was picked up; whoever has pressed a key has heard it."""
_TURNED = {
    Turned.STOPPED: marked("Closed: the recipient wants no more."),
    Turned.UNSUBSCRIBED: marked("Closed by the unsubscribe button of an e-mail."),
    Turned.UNREACHABLE: marked("Closed: the provider says that nothing arrives there."),
    Turned.NOT_THEIRS: marked("Closed: someone else has this address."),
    Turned.OPENED: marked("Open again."),
}
_VIA = {
    "link": marked("by link"),
    "sms": marked("by text"),
    "voice": marked("by pressing a key"),
    "phone": marked("on the phone"),
    "offer": marked("by taking an offer"),
}


@click.command("log")
@click.argument("person", type=WORD)
@click.option(
    "--kind", type=click.Choice([str(k) for k in KINDS]), help="Where a patient and a clinician share the id."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
@DATA
@AGENCY
@DEMO
def log(person: str, kind: str | None, as_json: bool, data: Path | None, demo: bool) -> None:
    """Say what was sent to PERSON, whether it arrived, and what came back; the newest is last.

    PERSON is the agency's own id of a patient or clinician. The words of a message are not kept.
    """
    with agency(data, demo=demo, writes=False) as caller, caller.transaction() as tx:
        asked = [PartyKind(kind)] if kind else KINDS
        found = [known for k in asked if (known := access.message_log(tx, k, person))]
    if not found:
        raise WrongRequest(_("There is no patient or clinician {id}.", id=person))
    if len(found) > 1:
        raise WrongRequest(_("{id} is a patient and a clinician: say --kind patient or --kind clinician.", id=person))
    [one] = found
    if as_json:
        entries = [now_of(entry).model_dump(mode="json") for entry in one.entries]
        click.echo(json.dumps({"kind": one.kind, "id": one.person, "messages": entries}))
        return
    for line in _lines(one):
        click.echo(line)


def _lines(found: MessageLog) -> Iterator[str]:
    if not found.entries:
        yield _("No messages yet.")
    for entry in found.entries:
        at = full_moment(wall_clock(entry.at, found.tz))
        channel = _(_CHANNELS.get(entry.channel, entry.channel))
        if isinstance(entry, Written):
            body = " ".join("".join(c if c.isprintable() else " " for c in entry.body).split())
            yield _("{at}, {channel} from them: {body}", at=at, channel=channel, body=body)
            continue
        if isinstance(entry, AddressTurned):
            yield _("{at}, {channel}: {what}", at=at, channel=channel, what=_(_TURNED[entry.what]))
            continue
        what = _(_WHAT.get(entry.step, entry.step))
        yield _("{at}, {channel}: {what}. {fate}", at=at, channel=channel, what=what, fate=_fate(entry))
        answers = {answer.visit: answer for answer in entry.answers}
        for visit in entry.visits:
            said = _("{visit}, {window}", visit=visit.visit, window=_window(visit.window, found.tz))
            yield f"  {said if visit.window else visit.visit}"
            if visit.visit in answers:
                yield f"    {_answer(answers[visit.visit], found.tz)}"


def _fate(said: Said) -> str:
    if said.delivery == "delivered":
        return _("Delivered.")
    if said.channel is Channel.VOICE and said.code == _UP_TO_ITS_END:
        return _("No key was pressed.")
    if said.delivery == "failed":
        return _("Not delivered ({code}).", code=said.code) if said.code else _("Not delivered.")
    if said.is_refused and said.channel is not Channel.EMAIL:
        return _("Not delivered: refused by the phone company ({code}).", code=said.code)
    if said.state in _WAITS:
        return _("Not sent yet ({code}).", code=said.code) if said.code else _("Not sent yet.")
    if said.state in _NOT_LET_OUT:
        return _("Not sent ({code}).", code=said.code) if said.code else _("Not sent.")
    if said.state is not TouchState.SENT:
        return _("It may have arrived or not.")
    return _("Sent; whether it arrived is not known yet.") if said.has_receipts else _("Sent.")


def _window(window: ToldWindow | None, tz: str) -> str:
    if window is None:
        return ""
    opens, closes = wall_clock(window.open, tz), wall_clock(window.close, tz)
    return f"{short_date(opens.date())}, {opens:%H:%M}" + (f"–{closes:%H:%M}" if closes != opens else "")


def _answer(answer: CameBack, tz: str) -> str:
    values = {"via": _(_VIA.get(answer.via, answer.via)), "at": full_moment(wall_clock(answer.at, tz))}
    if answer.answer is ConfirmationState.ACCEPTED:
        return _("Yes, {via}, {at}", **values)
    if answer.other_time:
        return _("Asks for another time, {via}, {at}", **values)
    return _("No, {via}, {at}", **values)
