"""Prepares one claimed message in a short transaction: is it still to be sent, and if so, in which words.

Locks: the plan of its day (shared), the touch, then its address. So what is written is what is planned, and once a STOP
has been committed no new message to that address can begin.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from email.utils import formataddr

from suture.model.addresses import spoken_phone
from suture.model.cases import CaseKind, CaseSubject, CaseToOpen
from suture.model.connections import Audience, Sender
from suture.model.day import ConfirmationState
from suture.model.events import EventKind, NewEvent
from suture.model.ids import VisitId
from suture.model.instants import instant_of, local_date, midnight
from suture.model.messages import (
    GATE_STEPS,
    OFFER_STEPS,
    Channel,
    Send,
    Step,
    SubjectKind,
    Touch,
    TouchState,
    digest_of,
)
from suture.model.people import PartyKind
from suture.model.plan import ToldWindow
from suture.model.visit import WAITING_STATUSES, GateState, VisitStatus
from suture.outreach import calls
from suture.outreach.compose import PRIORITIES, RISKS, next_channel
from suture.outreach.gates import CAP_GATE, READ_AGAIN, READ_GATE, REMINDER_STEPS, Gate, SendFacts, Verdict, may_send
from suture.outreach.segments import measure
from suture.outreach.templates import Slot, Text, Values, needs_link, render
from suture.outreach.words import day_words, long_day_words, window_words, without_weekday
from suture.service.caller import Caller
from suture.service.context import Context
from suture.service.in_force import policy_in_force
from suture.service.mail_parts import calendar, mailbox, unsubscribe_link
from suture.service.offer_words import is_offer_so, offer_values
from suture.store import (
    asked_back,
    attempts,
    cases,
    connections,
    contacts,
    events,
    letters,
    offers,
    on_call,
    outreach,
    promises,
    replies,
    tokens,
    touches,
    undecided,
)
from suture.store.attempts import Left
from suture.store.contacts import Reach
from suture.store.letters import Agency, DayNow, SeatNow, VisitNow
from suture.store.offers import OfferNow
from suture.store.on_call import CaseNow
from suture.store.promises import Told
from suture.store.touches import Claim, StoredTouch
from suture.store.transaction import Tx
from suture.words.reason import Reason, reason

NOON = time(12)
CALL_WITHIN, CALL_AGAIN = timedelta(hours=3), timedelta(minutes=15)
"""How near a visit must be for a call, and how soon the same person may be called again."""
ANSWER_AFTER_VISIT = timedelta(hours=2)
CAP_WEEK = timedelta(days=6)
_NOT_THERE_YET = WAITING_STATUSES | {VisitStatus.EN_ROUTE}
_STATES = {
    Verdict.SUPERSEDED: TouchState.SUPERSEDED,
    Verdict.EXPIRED: TouchState.EXPIRED,
    Verdict.SKIPPED: TouchState.SKIPPED,
    Verdict.SUPPRESSED: TouchState.SUPPRESSED,
}


@dataclass(frozen=True, slots=True)
class Prepared:
    """A message recorded as leaving: what to hand over to whom, and what it tells if it arrives.

    `sender`: whose provider carries it; None: the environment's own.
    """

    claim: Claim
    send: Send
    left: Left
    sender: Sender | None


@dataclass(frozen=True, slots=True)
class _Subject:
    """What the touch is about: one of a visit, a patient's visits of a day, a clinician's day, a case, or nothing but
    an answer to a text."""

    agency: Agency
    visit: VisitNow | None = None
    day: DayNow | None = None
    visits: tuple[VisitNow, ...] | None = None
    cases: tuple[CaseNow, ...] | None = None
    seat: SeatNow | None = None
    choices: tuple[datetime, ...] | None = None
    offer: OfferNow | None = None

    @property
    def all_visits(self) -> tuple[VisitNow, ...]:
        """The visits of a message to a patient, in order."""
        return self.visits or ((self.visit,) if self.visit else ())


def prepare(caller: Caller, claim: Claim, *, starting: bool = False) -> Prepared | None:
    """Ask the gates; None when the touch is not to leave now, which is then written down. `starting` as for a claim."""
    with caller.transaction() as tx:
        letters.lock_plan(tx, claim.branch_id, claim.service_date)
        touch = touches.hold(tx, claim, TouchState.CLAIMED)
        if touch is None:
            return None
        held_back = not outreach.may_write_to(tx, touch.party_id)
        if held_back or undecided.waits(tx, touch.id, outreach.state(tx), starting=starting):  # since it was claimed
            touches.free(tx, touch)
            return None
        for channel in (touch.channel, *((Channel.SMS,) if touch.channel is Channel.VOICE else ())):
            contacts.lock_address_of(tx, touch.party_id, channel)
        reach = contacts.reach(tx, touch.party_id, touch.channel)
        subject = _subject(tx, touch)
        gate = may_send(_facts(tx, touch, reach, subject), policy_in_force(tx, caller.tools), tx.now)
        if gate.verdict is Verdict.WAIT and gate.due_at is not None:
            touches.plan_again(tx, touch, gate.due_at, gate.trace)
            return None
        if gate.verdict is not Verdict.SEND:
            _refuse(tx, touch, gate)
            return None
        sender = connections.sender_for(tx, touch.channel, _audience(reach.kind))
        if sender is None and touch.channel not in caller.tools.channels:
            not_sent(tx, touch, TouchState.FAILED, reason("unsent.no_adapter"), try_next=True)
            return None
        if sender is not None and (wait := _must_wait(tx, sender)):
            touches.plan_again(tx, touch, wait[1], (*gate.trace, (wait[0], "wait")))
            return None
        send = _letter(tx, caller.tools, touch, reach, subject, sender)
        if sender is not None and touch.channel is Channel.SMS:
            connections.charge(tx, sender, measure(send.body).segments - 1)
        told = _told(touch, subject)
        left = Left(told, reach.value_hash, gate.early, sender.id if sender else None)
        attempts.begin(tx, touch, digest_of(send.to, send.subject, send.body), left, caller.tools.lease_seconds)
        touches.note_gates(tx, touch, gate.trace)
        if subject.visits is not None:
            touches.note_visits(tx, touch, {t.visit_id: t.visit_rev for t in told})
        return Prepared(claim, send, left, sender)


def _audience(kind: PartyKind) -> Audience:
    return Audience.PATIENTS if kind is PartyKind.PATIENT else Audience.STAFF


def _must_wait(tx: Tx, sender: Sender) -> tuple[str, datetime] | None:
    """The last two gates: whether the connection is down, and whether it is this sender's turn; and until when."""
    if at := connections.closed_until(tx, sender.connection.id):
        return "circuit", at
    at = connections.take(tx, sender, 1)
    return ("pace", at) if at else None


def _subject(tx: Tx, touch: StoredTouch) -> _Subject:
    agency = letters.agency_of(tx, touch.branch_id)
    match touch.subject:
        case SubjectKind.VISIT:
            seat = letters.seat_now(tx, touch) if touch.step in GATE_STEPS else None
            return _Subject(agency, visit=letters.visit_now(tx, VisitId(touch.subject_id)), seat=seat)
        case SubjectKind.PATIENT_DAY:
            return _Subject(agency, visits=tuple(letters.patient_day_now(tx, touch).values()))
        case SubjectKind.CLINICIAN_DAY:
            return _Subject(agency, day=letters.day_now(tx, touch))
        case SubjectKind.CASE:
            return _Subject(agency, cases=on_call.cases_now(tx, touch.id))
        case SubjectKind.OFFER:
            return _Subject(agency, offer=offers.now_of(tx, touch.subject_id, touch.party_id))
        case SubjectKind.INBOUND:
            return _Subject(agency, choices=_choices(tx, touch) if touch.step is Step.P_WHICH else None)


def _choices(tx: Tx, touch: StoredTouch) -> tuple[datetime, ...]:
    """When the visits begin that a text may have answered; none where one of the questions is no longer open."""
    asked = asked_back.find(tx, touch.subject_id)
    reach = contacts.reach(tx, touch.party_id, touch.channel)
    opens = {prompt.id: prompt.opens_at for prompt in promises.answerable(tx, reach.value_hash)}
    if asked is None or not opens.keys() >= set(asked.prompt_ids):
        return ()
    return tuple(opens[prompt] for prompt in asked.prompt_ids)


def _facts(tx: Tx, touch: StoredTouch, reach: Reach, subject: _Subject) -> SendFacts:
    answered, already_told = _heard(tx, touch, subject.visit)
    day_began = midnight(local_date(tx.now, reach.tz), reach.tz)
    today, this_week = attempts.messages_since(tx, touch.party_id, day_began, day_began - CAP_WEEK)
    return SendFacts(
        step=touch.step,
        channel=touch.channel,
        urgent=touch.urgent,
        not_after=touch.not_after,
        staff=reach.kind is PartyKind.CLINICIAN,
        tz=reach.tz,
        is_current=_is_current(touch, subject),
        answered=answered,
        already_told=already_told,
        has_address=bool(reach.value),
        active=reach.active,
        suppressed=reach.suppressed,
        consented=reach.consented,
        unread=replies.is_unread(tx, reach.value_hash),
        reminders_today=today,
        reminders_this_week=this_week,
    )


def _is_current(touch: StoredTouch, subject: _Subject) -> bool:
    if subject.day is not None:
        return subject.day.is_newest
    for several in (subject.visits, subject.cases, subject.choices):
        if several is not None:
            return bool(several)
    if touch.step in OFFER_STEPS:
        return subject.offer is not None and is_offer_so(touch.step, subject.offer)
    visit = subject.visit
    if visit is None:
        return True
    if touch.step in GATE_STEPS:
        return _is_gate_so(touch.step, visit, subject.seat)
    if visit.visit_rev != touch.subject_rev or not visit.is_cared_for:
        return False
    if visit.status is VisitStatus.CANCELLED:
        return touch.step in (Step.P_CANCELLED, Step.P_CALENDAR)
    if touch.step is Step.P_CANCELLED:
        return False
    return visit.status in _NOT_THERE_YET and not visit.held and visit.told is not None


def _is_gate_so(step: Step, visit: VisitNow, seat: SeatNow | None) -> bool:
    """Whether the gate still is as this says, and the clinician has the visit, or had it where it has no place."""
    if seat is None or visit.status not in WAITING_STATUSES or visit.held:
        return False
    if step is Step.S_SET_OUT:
        return seat.is_theirs and visit.gate.is_dispatched
    return (visit.gate is GateState.HELD and seat.is_theirs) or visit.gate is GateState.WAITLIST


def _heard(tx: Tx, touch: StoredTouch, visit: VisitNow | None) -> tuple[bool, bool]:
    """Whether the patient has answered exactly what this would ask, and whether they were last told exactly this."""
    if visit is None or visit.told is None:
        return False, False
    last = promises.current(tx, visit.told.visit_id, touch.party_id)
    if last is None or last.window != visit.told.window:
        return False, False
    answered = last.answer is not ConfirmationState.NEEDS_ACTION
    return answered, last.asks and not promises.maybe_outdated(tx, [last.id])


def _told(touch: StoredTouch, subject: _Subject) -> tuple[Told, ...]:
    if subject.day is not None:
        return subject.day.stops
    if subject.offer is not None:
        return (subject.offer.theirs,) if touch.step is Step.S_OFFER_WON and subject.offer.theirs else ()
    if touch.step in (Step.P_CANCELLED, Step.P_CALENDAR) or touch.step in GATE_STEPS:
        return ()
    return tuple(visit.told for visit in subject.all_visits if visit.told)


def _letter(tx: Tx, tools: Context, touch: StoredTouch, reach: Reach, subject: _Subject, sender: Sender | None) -> Send:
    agency, visits, off = subject.agency, subject.all_visits, touch.step is Step.P_CANCELLED
    case = subject.cases[0] if subject.cases else None
    window = letters.window_among_others(tx, visits[0].id) if off else None
    about = visits[0].expected_at if visits else instant_of(touch.service_date, NOON, agency.tz)
    about = subject.seat.window.open if subject.seat else about
    about = subject.offer.starts_at if subject.offer else about
    values = Values(
        agency=agency.name,
        phone=spoken_phone(agency.phone),
        day=day_words(about, reach.tz, reach.lang),
        long_day=long_day_words(about, reach.tz, reach.lang),
        slots=_slots(subject, reach),
        link=_link(tx, tools, touch, subject) if _has_link(touch) else "",
        only=window_words(window, reach.tz) if window else "",
        as_asked=off and visits[0].cancelled_by == "patient",
        branch=case.branch if case else "",
        since=window_words(ToldWindow(case.since, case.since), reach.tz) if case else "",
        case=case.id if case else 0,
        choices=_offered(subject.choices or (), reach),
        cases=len(subject.cases or ()),
        **(offer_values(subject.offer, reach.tz) if subject.offer else {}),
    )
    text = (
        _spoken(reach.lang, agency)
        if touch.channel is Channel.VOICE
        else render(touch.step, reach.lang, touch.channel, values)
    )
    origin = _origin(tools, touch.channel, agency, sender)
    return Send(
        touch_id=touch.id,
        idem_key=touch.idem_key,
        channel=touch.channel,
        to=reach.value,
        sender=formataddr((agency.name, origin)) if touch.channel is Channel.EMAIL else origin,
        subject=text.subject,
        body=text.body,
        at=tx.now,
        not_after=touch.not_after,
        attempt_no=touch.fence,
        lang=reach.lang,
        calendar=calendar(tx, tools, touch, reach, agency, origin, _for_calendar(tx, touch, subject)),
        unsubscribe=unsubscribe_link(tx, tools, touch, reach),
    )


def _for_calendar(tx: Tx, touch: StoredTouch, subject: _Subject) -> Sequence[VisitNow] | DayNow:
    """The visits of a message, or the day of its clinician: of whoever took a visit, too."""
    if touch.step is Step.S_OFFER_WON:
        return letters.day_now(tx, touch)
    return subject.day or subject.all_visits


def _offered(opens: Sequence[datetime], reach: Reach) -> tuple[tuple[str, str], ...]:
    """Each time to choose from, with its day where they are on several; the weekday is left out, as texts are short."""
    days = [without_weekday(day_words(instant, reach.tz, reach.lang)) for instant in opens]
    times = [window_words(ToldWindow(instant, instant), reach.tz) for instant in opens]
    return tuple(zip(days if len(set(days)) > 1 else [""] * len(days), times, strict=True))


def _spoken(lang: str, agency: Agency) -> Text:
    """What a call says to whoever answers it; what it is about is said to who presses a key (`service.take_call`)."""
    return Text("", "\n".join((calls.opening(lang, agency.name), calls.closing(lang, spoken_phone(agency.phone)))))


def _has_link(touch: StoredTouch) -> bool:
    return touch.channel is not Channel.VOICE and needs_link(touch.step, touch.channel)


def _slots(subject: _Subject, reach: Reach) -> tuple[Slot, ...]:
    if subject.seat is not None:
        return (Slot(window_words(subject.seat.window, reach.tz)),)
    if subject.offer is not None:
        return (Slot(window_words(subject.offer.window, reach.tz)),)
    return tuple(Slot(window_words(v.told.window, reach.tz), v.clinic) for v in subject.all_visits if v.told)


def _origin(tools: Context, channel: Channel, agency: Agency, sender: Sender | None) -> str:
    """The address it comes from: the sender's; without one the agency's number, or a mailbox at its links' host."""
    if sender:
        return sender.address
    return mailbox(tools) if channel is Channel.EMAIL else agency.phone


def _link(tx: Tx, tools: Context, touch: StoredTouch, subject: _Subject) -> str:
    visits = subject.all_visits
    if visits:
        expires = max(visit.ends_at for visit in visits) + ANSWER_AFTER_VISIT
        only = visits[0].id if len(visits) == 1 else None
        purpose = tokens.Purpose.VISIT_ANSWER if only else tokens.Purpose.PATIENT_DAY
        token = tokens.make(tx, touch, purpose, only, expires)
    elif subject.offer is not None and touch.step is Step.S_OFFER:
        token = tokens.make(tx, touch, tokens.Purpose.OFFER, None, subject.offer.ends_at + ANSWER_AFTER_VISIT)
    else:
        day_ends = midnight(touch.service_date + timedelta(days=1), subject.agency.tz)
        token = tokens.make(tx, touch, tokens.Purpose.CLINICIAN_DAY, None, day_ends)
    return f"{tools.public_base_url.rstrip('/')}/p/{token}"


def _refuse(tx: Tx, touch: StoredTouch, gate: Gate) -> None:
    """End a touch that may not leave, or put it off. A reminder too many needs no person, whether or not it hops."""
    stopped_at = gate.trace[-1][0]
    if stopped_at == READ_GATE and _may_wait(tx, touch):
        touches.plan_again(tx, touch, tx.now + READ_AGAIN, gate.trace)
        return
    try_next = stopped_at == CAP_GATE or gate.verdict is Verdict.SUPPRESSED
    matters = gate.verdict in (Verdict.SUPPRESSED, Verdict.EXPIRED)
    state, because = _STATES[gate.verdict], gate.because or reason("unsent.stale")
    not_sent(tx, touch, state, because, try_next=try_next, matters=matters, trace=gate.trace)


def _may_wait(tx: Tx, touch: StoredTouch) -> bool:
    """A question can wait until a person has read the text from its number, where there is no other way to ask."""
    in_time = touch.step in REMINDER_STEPS and tx.now + READ_AGAIN < touch.not_after
    return in_time and other_way(tx, touch) is None


def not_sent(
    tx: Tx,
    touch: StoredTouch,
    state: TouchState,
    because: Reason,
    *,
    try_next: bool = False,
    matters: bool = True,
    trace: tuple[tuple[str, str], ...] = (),
) -> None:
    """End a touch that did not leave: by its next channel where it may, else with a case where it mattered."""
    touches.end(tx, touch, state, trace=trace)
    happened = [
        NewEvent(EventKind.MESSAGE_NOT_SENT, touch.id, {"step": touch.step, "state": state, "because": because})
    ]
    if not (try_next and _try_next_channel(tx, touch)) and matters:
        happened += _open_case(tx, touch, because)
    if touch.step is Step.S_OFFER:
        offers.end_if_no_one_can_answer(tx, touch.subject_id)
    events.append(tx, branch_id=touch.branch_id, service_date=touch.service_date, events=happened)


def warn(tx: Tx, touch: StoredTouch, because: Reason) -> None:
    """Open the case of a message that is still being tried; it closes when the message leaves."""
    happened = _open_case(tx, touch, because)
    events.append(tx, branch_id=touch.branch_id, service_date=touch.service_date, events=happened)


def _open_case(tx: Tx, touch: StoredTouch, because: Reason) -> list[NewEvent]:
    """A case where the message matters."""
    if touch.step not in RISKS:
        return []
    reasons = (reason("not_sent", why=because), *((touch.because,) if touch.because else ()))
    subject, risk = CaseSubject("touch", touch.id), RISKS[touch.step]
    case = CaseToOpen(CaseKind.MESSAGE_UNDELIVERABLE, subject, risk, reasons, touch.not_after)
    return cases.open_cases(tx, touch.branch_id, touch.service_date, [case])


def other_way(tx: Tx, touch: StoredTouch) -> Channel | None:
    """The best of the channels that follow in a step by which this party can be reached; if it is urgent, a call."""
    if _may_call(tx, touch):
        return Channel.VOICE
    channel = next_channel(touch.step, Channel.SMS if touch.channel is Channel.VOICE else touch.channel)
    while channel and not contacts.reach(tx, touch.party_id, channel).usable:
        channel = next_channel(touch.step, channel)
    return channel


def _may_call(tx: Tx, touch: StoredTouch) -> bool:
    """Whether to call someone whom no text reached: the visit is near, and they were not called a moment ago."""
    is_change = touch.step in calls.CALLED_STEPS and touch.subject is SubjectKind.VISIT
    if not is_change or touch.channel is not Channel.SMS or touch.not_after - tx.now > CALL_WITHIN:
        return False
    if attempts.was_called(tx, touch.party_id, tx.now - CALL_AGAIN):
        return False
    reach = contacts.reach(tx, touch.party_id, Channel.VOICE)
    return reach.usable and connections.sender_for(tx, Channel.VOICE, _audience(reach.kind)) is not None


def _try_next_channel(tx: Tx, touch: StoredTouch) -> bool:
    channel = other_way(tx, touch) if tx.now < touch.not_after else None
    if channel is None:
        return False
    if touch.step is Step.P_CONFIRM and channel is Channel.EMAIL:
        touches.supersede_notices(tx, touch)
    hop = Touch(
        subject=touch.subject,
        subject_id=touch.subject_id,
        subject_rev=touch.subject_rev,
        party_id=touch.party_id,
        step=touch.step,
        channel=channel,
        priority=PRIORITIES[touch.step],
        due_at=tx.now,
        not_after=touch.not_after,
        ordinal=touch.ordinal + 1,
        urgent=touch.urgent,
        because=touch.because,
    )
    return bool(touches.plan(tx, touch.branch_id, touch.service_date, [hop]))
