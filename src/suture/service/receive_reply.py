"""What a text that came in sets off: stored first, then a closed address, an answer as a signal, or a person's work.

STOP acts in the transaction that stores the text, under the lock that sending takes, so no new message begins after it.
What can be read is answered at once, at night as well. What cannot is a person's work, and until they mark it as read
nothing automatic goes to that number (`outreach/gates.py`). docs/replies.md has what each text means.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from suture.model.actors import Actor, ActorKind
from suture.model.addresses import address_hash
from suture.model.cases import CaseKind, CaseSubject, CaseToOpen
from suture.model.ids import PartyId
from suture.model.instants import local_date
from suture.model.messages import InboundText, Step
from suture.model.people import PartyKind
from suture.outreach.interpret import Meaning, Reading, interpret
from suture.service.caller import Caller
from suture.service.close_address import opt_in, opt_out
from suture.service.new_text import Done, NewText, ReplyAction, for_a_person, maybe, open_case, say_back
from suture.service.reply_answers import answer, ask_again, tapped
from suture.service.reply_of_staff import call_out, late
from suture.store import contacts, replies
from suture.store.branches import branch_by_id, filed_under, number_of
from suture.store.contacts import Owner
from suture.store.transaction import Tx
from suture.words.reason import reason

__all__ = ["ReplyAction", "ReplyResult", "receive_text", "take_text"]

EMERGENCY_AT_MOST_EVERY = timedelta(minutes=10)
"""So that two machines that answer each other come to an end."""
_SUPPRESSION = {Meaning.STOP: "stop", Meaning.WRONG_PERSON: "wrong_person"}
_NEWS: Mapping[Meaning, Callable[[NewText, Reading], Done]] = {
    Meaning.ACCEPT: answer,
    Meaning.DECLINE: answer,
    Meaning.RESCHEDULE: answer,
    Meaning.TAPBACK: tapped,
    Meaning.LATE: late,
    Meaning.CALL_OUT: call_out,
}
"""Answers, and what people tell by themselves."""
_SEEN_ANYWAY = frozenset({ReplyAction.UNCLEAR, ReplyAction.EMERGENCY, ReplyAction.SUPPRESSED})
"""A picture that came with these needs no case of its own."""


@dataclass(frozen=True, slots=True)
class ReplyResult:
    """The outcome, the same for every repeat of the same text."""

    inbound_id: int
    action: ReplyAction


def receive_text(caller: Caller, text: InboundText) -> ReplyResult:
    """Store a text and act on it, in one transaction."""
    with caller.transaction() as tx:
        return take_text(tx, text)


def take_text(tx: Tx, text: InboundText) -> ReplyResult:
    """The same within a transaction that has begun. Takes the lock of the text's address."""
    from_hash = address_hash(number_of(tx, replies.storable(text.from_address)))
    contacts.lock_address(tx, from_hash)
    stored = replies.store(tx, text, from_hash)
    if not stored.is_new:
        return ReplyResult(stored.id, ReplyAction(stored.action))
    owners = contacts.owners(tx, text.channel, from_hash)
    branch = branch_by_id(tx, owners[0].branch_id if owners else filed_under(tx))
    new = NewText(
        tx.by(_writer(owners)),
        stored.id,
        text.provider_msg_id,
        text.channel,
        from_hash,
        owners,
        branch.id,
        branch.tz,
        local_date(tx.now, branch.tz),
        text.came_at or tx.now,
    )
    reading = interpret(
        text.body,
        opted_out=contacts.has_stopped(tx, text.channel, from_hash),
        staff=any(o.kind is PartyKind.CLINICIAN for o in owners),
    )
    done = _act(new, reading, text.attachments)
    prompt_id = done.prompt.id if done.prompt else None
    replies.save_outcome(tx, stored.id, meaning=reading.meaning, action=done.action, prompt_id=prompt_id)
    return ReplyResult(stored.id, done.action)


def _act(new: NewText, reading: Reading, attachments: int) -> Done:
    """What a text says first; then what came with it, which only a person can look at."""
    if attachments and reading == Reading(Meaning.UNCLEAR):
        return for_a_person(new, reason("text.attachments", n=attachments), everywhere=True)
    done = _act_on(new, reading)
    if attachments and done.action not in _SEEN_ANYWAY:
        for_a_person(new, reason("text.attachments", n=attachments), maybe(reading))
    return done


def _act_on(new: NewText, reading: Reading) -> Done:
    if news := _NEWS.get(reading.meaning):
        return news(new, reading)
    match reading.meaning:
        case Meaning.STOP | Meaning.WRONG_PERSON:
            _close(new, _SUPPRESSION[reading.meaning])
            return Done(ReplyAction.SUPPRESSED)
        case Meaning.START:
            _reopen(new)
            if reading.maybe is Meaning.ACCEPT:
                ask_again(new)
            return Done(ReplyAction.RESUMED)
        case Meaning.HELP:
            say_back(new, Step.P_HELP)
            return Done(ReplyAction.HELPED)
        case Meaning.EMERGENCY:
            _emergency(new)
            return Done(ReplyAction.EMERGENCY)
        case _:
            return for_a_person(new, reason("text.unclear"), maybe(reading), everywhere=True)


def _close(new: NewText, cause: str) -> None:
    """Close the address at once."""
    about = ("inbound", new.id)
    opt_out(new.tx, new.channel, new.from_hash, cause, source=f"inbound:{new.id}", about=about)


def _reopen(new: NewText) -> None:
    opt_in(new.tx, new.channel, new.from_hash, source=("inbound", new.id))


def _emergency(new: NewText) -> None:
    """On top of every day's list, and an answer that sends the writer to those who can help at once."""
    case = CaseToOpen(
        CaseKind.REPLY_UNCLEAR,
        CaseSubject("inbound", new.id),
        risk=8,
        reasons=(reason("text.emergency"),),
        deadline_at=new.tx.now,
    )
    say_back(new, Step.P_EMERGENCY, at_most_every=EMERGENCY_AT_MOST_EVERY)
    open_case(new, case, on=None)


def _writer(owners: Sequence[Owner]) -> Actor:
    party: PartyId | None = owners[0].party_id if len(owners) == 1 else None
    clinician = bool(owners) and owners[0].kind is PartyKind.CLINICIAN
    return Actor(ActorKind.CLINICIAN_LINK if clinician else ActorKind.PATIENT_LINK, party)
