"""What a text that came in sets off: stored first, then a closed address, an answer as a signal, or a person's work.

STOP acts in the transaction that stores the text, under the lock that sending takes, so no new message begins after it.
What can be read is answered at once, at night as well. What cannot is a person's work, and until they mark it as read
nothing automatic goes to that number (`outreach/gates.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from suture.model.actors import Actor, ActorKind
from suture.model.addresses import address_hash
from suture.model.audit import AuditCode
from suture.model.cases import CaseKind, CaseSubject, CaseToOpen, last_useful_minute
from suture.model.ids import BranchId, PartyId, PromiseId
from suture.model.instants import local_date
from suture.model.messages import Channel, InboundText, Step, SubjectKind, Touch
from suture.model.people import PartyKind
from suture.model.signals import Answer
from suture.model.visit import WAITING_STATUSES
from suture.outreach.compose import CHANNELS, PRIORITIES
from suture.outreach.interpret import Meaning, interpret
from suture.service.caller import Caller
from suture.service.close_address import opt_out
from suture.store import audit, cases, contacts, events, inbox, letters, promises, replies, touches
from suture.store.branches import branch_by_id, filed_under, number_of
from suture.store.contacts import Owner
from suture.store.inbox import Arrival
from suture.store.letters import VisitNow
from suture.store.promises import Prompt
from suture.store.transaction import Tx
from suture.words.reason import Reason, reason

HUMAN_AT_MOST_EVERY = timedelta(hours=1)
EMERGENCY_AT_MOST_EVERY = timedelta(minutes=10)
"""So that two machines that answer each other come to an end."""
ANSWER_WITHIN = timedelta(hours=2)
"""An answer that could not leave for this long is no longer an answer, and might come at night."""
_CHANNEL = Channel.SMS
_ANSWERS = {
    Meaning.ACCEPT: Answer.ACCEPT,
    Meaning.DECLINE: Answer.DECLINE,
    Meaning.RESCHEDULE: Answer.RESCHEDULE,
}
_SUPPRESSION = {Meaning.STOP: "stop", Meaning.WRONG_PERSON: "wrong_person"}


class ReplyAction(StrEnum):
    """What was done about a text."""

    SUPPRESSED = "suppressed"
    RESUMED = "resumed"
    HELPED = "helped"
    ANSWERED = "answered"
    EMERGENCY = "emergency"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class ReplyResult:
    """The outcome, the same for every repeat of the same text."""

    inbound_id: int
    action: ReplyAction


@dataclass(frozen=True, slots=True)
class _NewText:
    """One new text and who it may be from. `branch_id` is where its work is filed."""

    tx: Tx
    id: int
    provider_msg_id: str
    from_hash: str
    owners: tuple[Owner, ...]
    branch_id: BranchId
    today: date


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
    owners = contacts.owners(tx, _CHANNEL, from_hash)
    branch = branch_by_id(tx, owners[0].branch_id if owners else filed_under(tx))
    today = local_date(tx.now, branch.tz)
    new = _NewText(tx.by(_writer(owners)), stored.id, text.provider_msg_id, from_hash, owners, branch.id, today)
    meaning = interpret(text.body, opted_out=contacts.has_stopped(tx, _CHANNEL, from_hash))
    action, prompt = _act(new, meaning)
    replies.save_outcome(tx, stored.id, meaning=meaning, action=action, prompt_id=prompt.id if prompt else None)
    return ReplyResult(stored.id, action)


def _act(new: _NewText, meaning: Meaning) -> tuple[ReplyAction, Prompt | None]:
    match meaning:
        case Meaning.STOP | Meaning.WRONG_PERSON:
            _close(new, _SUPPRESSION[meaning])
            return ReplyAction.SUPPRESSED, None
        case Meaning.START:
            _reopen(new)
            return ReplyAction.RESUMED, None
        case Meaning.HELP:
            _reply_with(new, Step.P_HELP)
            return ReplyAction.HELPED, None
        case Meaning.ACCEPT | Meaning.DECLINE | Meaning.RESCHEDULE:
            prompts = promises.answerable(new.tx, new.from_hash)
            if len(prompts) == 1:
                return _answer_question(new, prompts[0], _ANSWERS[meaning])
            _reply_with(new, Step.P_HUMAN, at_most_every=HUMAN_AT_MOST_EVERY)
            _for_a_person(new, reason("text.shared_number" if prompts else "text.no_question"))
            return ReplyAction.UNCLEAR, None
        case Meaning.EMERGENCY:
            _emergency(new)
            return ReplyAction.EMERGENCY, None
        case Meaning.UNCLEAR:
            _for_a_person(new, reason("text.unclear"), everywhere=True)
            return ReplyAction.UNCLEAR, None


def _close(new: _NewText, cause: str) -> None:
    """Close the address at once."""
    about = ("inbound", new.id)
    opt_out(new.tx, _CHANNEL, new.from_hash, cause, source=f"inbound:{new.id}", about=about)


def _reopen(new: _NewText) -> None:
    if contacts.lift_stop(new.tx, _CHANNEL, new.from_hash):
        audit.record(new.tx, AuditCode.CONTACT_RESUMED, "inbound", new.id, channel=_CHANNEL)


def _answer_question(new: _NewText, prompt: Prompt, answer: Answer) -> tuple[ReplyAction, Prompt | None]:
    """Answer what the live loop can decide; the rest is a person's work, and whoever wrote is told so."""
    if not any(o.party_id == prompt.party_id and o.kind is PartyKind.PATIENT for o in new.owners):
        _answer(new, prompt, answer, (None,))
        return ReplyAction.ANSWERED, prompt
    left = _left_open(new.tx, prompt, answer)
    decidable = tuple(p for p in prompt.promise_ids if p not in left)
    if decidable:
        _answer(new, prompt, answer, decidable)
    if left:
        _reply_with(new, Step.P_HUMAN, at_most_every=HUMAN_AT_MOST_EVERY)
        _for_a_person(new, reason("text.visit_moved"))
    return (ReplyAction.ANSWERED, prompt) if decidable else (ReplyAction.UNCLEAR, None)


def _left_open(tx: Tx, prompt: Prompt, answer: Answer) -> frozenset[PromiseId]:
    """The promises of a question that this answer would say nothing to: of a visit that is on another day now, and a
    yes to one that has no clinician. Of one that has another time by now, the next message asks again."""
    visit_of = promises.visits_of(tx, prompt.promise_ids)
    now = letters.visits_now(tx, list(visit_of.values()))

    def is_left(visit: VisitNow) -> bool:
        moved = (visit.branch_id, visit.service_date) != (prompt.branch_id, prompt.service_date)
        return visit.status in WAITING_STATUSES and (
            moved or (answer is Answer.ACCEPT and (visit.held or visit.told is None))
        )

    return frozenset(promise for promise, visit in visit_of.items() if is_left(now[visit]))


def _answer(new: _NewText, prompt: Prompt, answer: Answer, promise_ids: Sequence[PromiseId | None]) -> None:
    """Hand the answer to the live loop, bound to what was asked: of a patient, to each visit of the question."""
    said = {"party_id": prompt.party_id, "answer": answer, "via": "sms", "touch_id": prompt.touch_id}
    arrivals = [
        Arrival(
            kind="reply",
            branch_id=prompt.branch_id,
            service_date=prompt.service_date,
            source_id=f"{new.provider_msg_id}:{n}" if n else new.provider_msg_id,
            body={**said, "promise_id": promise_id},
        )
        for n, promise_id in enumerate(promise_ids)
    ]
    inbox.receive_all(new.tx, "sms", arrivals)


def _for_a_person(new: _NewText, why: Reason, *, everywhere: bool = False) -> None:
    """Open a case until the writer's next visit: on its day, or `everywhere` on each day's board."""
    visit = replies.next_visit(new.tx, [o.party_id for o in new.owners])
    case = CaseToOpen(
        CaseKind.REPLY_UNCLEAR,
        CaseSubject("inbound", new.id),
        risk=2,
        reasons=(why,),
        deadline_at=last_useful_minute(visit.starts_at) if visit else None,
    )
    _open_cases(new, [case], on=None if everywhere else visit.service_date if visit else None)


def _emergency(new: _NewText) -> None:
    """On top of every day's list, and an answer that sends the writer to those who can help at once."""
    case = CaseToOpen(
        CaseKind.REPLY_UNCLEAR,
        CaseSubject("inbound", new.id),
        risk=8,
        reasons=(reason("text.emergency"),),
        deadline_at=new.tx.now,
    )
    _reply_with(new, Step.P_EMERGENCY, at_most_every=EMERGENCY_AT_MOST_EVERY)
    _open_cases(new, [case], on=None)


def _reply_with(new: _NewText, step: Step, at_most_every: timedelta | None = None) -> None:
    """Plan a text back to the first owner of the number; a number with no owner gets none."""
    if not new.owners:
        return
    party, tx = new.owners[0].party_id, new.tx
    if at_most_every and replies.was_answered_with(tx, party, step, tx.now - at_most_every):
        return
    touch = Touch(
        subject=SubjectKind.INBOUND,
        subject_id=new.id,
        subject_rev=1,
        party_id=party,
        step=step,
        channel=CHANNELS[step][0],
        priority=PRIORITIES[step],
        due_at=new.tx.now,
        not_after=new.tx.now + ANSWER_WITHIN,
        because=reason("told.text_came"),
    )
    touches.plan(new.tx, new.branch_id, new.today, [touch])


def _open_cases(new: _NewText, to_open: list[CaseToOpen], on: date | None) -> None:
    """Open cases of one day, or without a day, which are on every board of the branch."""
    happened = cases.open_cases(new.tx, new.branch_id, on, to_open)
    events.append(new.tx, branch_id=new.branch_id, service_date=on, events=happened)


def _writer(owners: Sequence[Owner]) -> Actor:
    party: PartyId | None = owners[0].party_id if len(owners) == 1 else None
    clinician = bool(owners) and owners[0].kind is PartyKind.CLINICIAN
    return Actor(ActorKind.CLINICIAN_LINK if clinician else ActorKind.PATIENT_LINK, party)
