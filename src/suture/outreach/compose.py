"""From a decision to messages: who hears what, on which channel, when; and the cases for those who cannot be reached.

`compose` and `cases_of` look at the same wishes, so that each wish ends as exactly one of a touch or a case (an e-mail
notice that cannot be received is neither: the prompt that follows it carries the news).
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from suture.model.cases import CaseKind, CaseSubject, CaseToOpen, last_useful_minute
from suture.model.contacts import Contacts, PartyContact
from suture.model.decision import Decision
from suture.model.ids import PartyId
from suture.model.instants import local_date
from suture.model.messages import GATE_STEPS, Channel, Step, Touch
from suture.model.people import PartyKind
from suture.outreach.policy import OutreachPolicy
from suture.outreach.timing import Due, change_due, confirm_due, hold_back, next_opening
from suture.outreach.wishes import CHANGE_STEPS, Wish, wishes
from suture.words.reason import Reason, reason

CHANNELS: dict[Step, tuple[Channel, ...]] = {
    Step.P_NOTICE: (Channel.EMAIL,),
    Step.P_CONFIRM: (Channel.SMS, Channel.EMAIL),
    Step.P_CHANGED: (Channel.SMS, Channel.EMAIL),
    Step.P_CANCELLED: (Channel.SMS, Channel.EMAIL),
    Step.P_CALENDAR: (Channel.EMAIL,),
    Step.P_HUMAN: (Channel.SMS,),
    Step.P_HELP: (Channel.SMS,),
    Step.P_EMERGENCY: (Channel.SMS,),
    Step.P_WHICH: (Channel.SMS,),
    Step.P_AGAIN: (Channel.SMS,),
    Step.S_PUBLISHED: (Channel.EMAIL, Channel.SMS),
    Step.S_CHANGED: (Channel.EMAIL, Channel.SMS),
    Step.S_EMPTIED: (Channel.EMAIL, Channel.SMS),
    Step.S_ON_CALL: (),
    Step.S_SET_OUT: (Channel.SMS, Channel.EMAIL),
    Step.S_STAND_DOWN: (Channel.SMS, Channel.EMAIL),
    Step.S_CALL_OUT_SURE: (Channel.SMS,),
    Step.S_OFFER: (Channel.SMS, Channel.EMAIL),
    Step.S_OFFER_WON: (Channel.SMS, Channel.EMAIL),
    Step.S_OFFER_GONE: (Channel.SMS, Channel.EMAIL),
    Step.S_OFFER_WHICH: (Channel.SMS,),
}
"""Which channels a step may take, best first. Those of a person on call are in their line of the on-call list."""

PRIORITIES: dict[Step, int] = {
    Step.P_EMERGENCY: 0,
    Step.S_CHANGED: 0,
    Step.S_EMPTIED: 0,
    Step.S_ON_CALL: 0,
    Step.S_SET_OUT: 0,
    Step.S_STAND_DOWN: 0,
    Step.S_CALL_OUT_SURE: 0,
    Step.S_OFFER: 0,
    Step.S_OFFER_WON: 0,
    Step.S_OFFER_GONE: 1,
    Step.S_OFFER_WHICH: 1,
    Step.P_CHANGED: 1,
    Step.P_CANCELLED: 1,
    Step.P_CALENDAR: 1,
    Step.P_HUMAN: 1,
    Step.P_HELP: 1,
    Step.P_WHICH: 1,
    Step.P_AGAIN: 1,
    Step.P_CONFIRM: 2,
    Step.S_PUBLISHED: 2,
    Step.P_NOTICE: 3,
}

RISKS: dict[Step, int] = {
    Step.P_CHANGED: 3,
    Step.P_CANCELLED: 3,
    Step.S_CHANGED: 3,
    Step.S_EMPTIED: 3,
    Step.S_SET_OUT: 3,
    Step.S_STAND_DOWN: 3,
    Step.S_OFFER_WON: 3,
    Step.P_CONFIRM: 2,
    Step.S_PUBLISHED: 2,
}
"""Clinical risk of a message that does not arrive; a step that is not here needs no case."""


class Hindrance(StrEnum):
    """Why a message cannot reach a person."""

    NO_CHANNEL = "no_channel"
    UNCLEAR = "unclear"
    TOO_LATE = "too_late"


OVER_BUDGET = reason("told.over_budget")


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of a wish: a touch or a hindrance. `over_budget`: it leaves, and a person should call as well."""

    wish: Wish
    touch: Touch | None
    hindrance: Hindrance | None = None
    over_budget: bool = False


def compose(decision: Decision, contacts: Contacts, policy: OutreachPolicy, now: datetime) -> tuple[Touch, ...]:
    """The messages a decision causes, each with its channel and due time."""
    touches = tuple(o.touch for o in _outcomes(decision, contacts, policy, now) if o.touch)
    asked = {_on(t, contacts) for t in touches if t.step is Step.P_CONFIRM}
    return tuple(t for t in touches if t.step is not Step.P_NOTICE or _on(t, contacts) not in asked)


def _on(touch: Touch, contacts: Contacts) -> tuple[int, PartyId, date]:
    """A notice is for a question that comes on a later day: the question itself says all that it would say.

    On whichever channel: the question may still turn from a text to a mail.
    """
    tz = contacts.parties[touch.party_id].tz
    return touch.subject_id, touch.party_id, local_date(touch.due_at, tz)


def cases_of(decision: Decision, contacts: Contacts, policy: OutreachPolicy, now: datetime) -> tuple[CaseToOpen, ...]:
    """Whom a person must call: who has heard of many changes today (they are told all the same), and whom no channel
    can reach in time."""
    outcomes = list(_outcomes(decision, contacts, policy, now))
    day = decision.service_date
    many = [_case(CaseKind.CHANGE_OVER_BUDGET, o, OVER_BUDGET, day) for o in outcomes if o.over_budget]
    lost = [o for o in outcomes if o.hindrance and o.wish.step in RISKS]
    return (*many, *(_case(CaseKind.MESSAGE_UNDELIVERABLE, o, reason(f"untold.{o.hindrance}"), day) for o in lost))


def next_channel(step: Step, after: Channel) -> Channel | None:
    """Where to turn when a channel is closed for this step."""
    order = CHANNELS[step]
    rest = order[order.index(after) + 1 :] if after in order else ()
    return rest[0] if rest else None


def _outcomes(decision: Decision, contacts: Contacts, policy: OutreachPolicy, now: datetime) -> Iterator[_Outcome]:
    changes = Counter({party_id: p.changes_today for party_id, p in contacts.parties.items()})
    for wish in wishes(decision, contacts):
        contact = contacts.parties.get(wish.party_id)
        channel = _channel(wish.step, contact) if contact else None
        if contact is None or channel is None:
            is_unclear = contact is not None and contact.is_unclear
            yield _Outcome(wish, None, Hindrance.UNCLEAR if is_unclear else Hindrance.NO_CHANNEL)
            continue
        changes[wish.party_id] += wish.step in CHANGE_STEPS
        many = wish.step in CHANGE_STEPS and changes[wish.party_id] > policy.max_changes_per_day
        due = _due(wish, contact, decision, policy, now)
        if due.at >= wish.not_after:
            yield _Outcome(wish, None, Hindrance.TOO_LATE)
        else:
            yield _Outcome(wish, _touch(wish, channel, due), over_budget=many)


def _channel(step: Step, contact: PartyContact) -> Channel | None:
    return next((c for c in CHANNELS[step] if c in contact.channels), None)


def _due(wish: Wish, contact: PartyContact, decision: Decision, policy: OutreachPolicy, now: datetime) -> Due:
    earliest = now + hold_back(decision.cause, wish.starts_at, now, policy)
    if wish.step in GATE_STEPS:
        earliest = now + timedelta(seconds=policy.hold_back.urgent)
    if wish.party_id in decision.called_in:
        return Due(earliest, urgent=True)
    if contact.kind is PartyKind.CLINICIAN:
        return Due(next_opening(earliest, contact.tz, policy.staff_hours))
    if wish.step is Step.P_CONFIRM:
        return confirm_due(wish.starts_at, contact.tz, policy, earliest)
    if wish.step in CHANGE_STEPS:
        return change_due(wish.starts_at, contact.tz, policy, earliest)
    return Due(next_opening(earliest, contact.tz, policy.patient_hours))


def _touch(wish: Wish, channel: Channel, due: Due) -> Touch:
    return Touch(
        subject=wish.subject,
        subject_id=wish.subject_id,
        subject_rev=wish.subject_rev,
        party_id=wish.party_id,
        step=wish.step,
        channel=channel,
        priority=PRIORITIES[wish.step],
        due_at=due.at,
        not_after=wish.not_after,
        urgent=due.urgent,
        because=wish.because,
    )


def _case(kind: CaseKind, outcome: _Outcome, why: Reason, service_date: date) -> CaseToOpen:
    wish = outcome.wish
    if wish.visit_ids:
        subject = CaseSubject("visit", wish.visit_ids[0])
    else:
        subject = CaseSubject.of_clinician(wish.party_id, service_date)
    reasons = (why, wish.because)
    return CaseToOpen(kind, subject, RISKS[wish.step], reasons, deadline_at=last_useful_minute(wish.starts_at))
