"""The messages of one branch-day in memory: planned as `compose` says, let out as `may_send` says, never lost."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tests.builders import TZ

from suture.model.cases import CaseToOpen
from suture.model.contacts import Contacts, PartyContact
from suture.model.day import ConfirmationState, Day, Promise
from suture.model.decision import Decision, OfferNews
from suture.model.ids import PartyId, PromiseId, TouchId, VisitId
from suture.model.messages import GATE_STEPS, Channel, Step, SubjectKind, Touch, TouchState
from suture.model.offers import AskedState
from suture.model.people import PartyKind
from suture.model.plan import Assignment, ToldWindow
from suture.model.visit import STARTED_STATUSES, WAITING_STATUSES, GateState, Visit, VisitStatus
from suture.outreach.compose import cases_of, compose
from suture.outreach.gates import SendFacts, Verdict, may_send
from suture.outreach.offer_messages import offer_messages
from suture.outreach.policy import OutreachPolicy
from suture.outreach.wishes import CHANGE_STEPS
from suture.store.promises import ASKING_STEPS

DAYS = (SubjectKind.CLINICIAN_DAY, SubjectKind.PATIENT_DAY)
UNREACHABLE = 4
"""Every fourth patient has no phone and no mail: whoever plans must find a person to call them."""


@dataclass
class Note:
    """One message: what it is, where it stands, and when it left."""

    id: TouchId
    touch: Touch
    state: TouchState = TouchState.PLANNED
    sent_at: datetime | None = None


class Outbox:
    """What `store.touches`, `store.promises` and `service.prepare_message` do with one branch-day's messages."""

    def __init__(self, policy: OutreachPolicy) -> None:
        self._policy = policy
        self.notes: dict[tuple[object, ...], Note] = {}
        self.lists: dict[PartyId, tuple[Assignment, ...]] = {}
        self._promises = 0

    @property
    def sent(self) -> list[Note]:
        """What has left."""
        return [n for n in self.notes.values() if n.state is TouchState.SENT]

    def planned(self) -> list[Note]:
        """What waits."""
        return [n for n in self.notes.values() if n.state is TouchState.PLANNED]

    def alive(self) -> list[Note]:
        """What waits, and what has a case because it came too late to leave."""
        return [n for n in self.notes.values() if n.state in (TouchState.PLANNED, TouchState.EXPIRED)]

    def next_due(self) -> datetime | None:
        """When the next message is due."""
        return min((n.touch.due_at for n in self.planned()), default=None)

    def about(self, touch_id: TouchId) -> tuple[PartyId, Step]:
        """To whom a message went, and which one it was."""
        note = next(n for n in self.notes.values() if n.id == touch_id)
        return note.touch.party_id, note.touch.step

    def of_offers(self) -> list[tuple[int, PartyId, Step]]:
        """What was said of offers, or is to be: about which, to whom, and what."""
        touches = (n.touch for n in self.notes.values() if n.touch.subject is SubjectKind.OFFER)
        return [(t.subject_id, t.party_id, t.step) for t in touches]

    # --- planning -------------------------------------------------------------------------------------------------

    def plan(self, day: Day, decision: Decision, now: datetime) -> tuple[CaseToOpen, ...]:
        """Plan what a decision has to tell; the cases of those whom nothing can reach."""
        contacts = self._contacts(day, decision)
        for note in self.planned():
            t = note.touch
            if t.subject is SubjectKind.VISIT and t.subject_rev < decision.revs.get(VisitId(t.subject_id), 0):
                note.state = TouchState.SUPERSEDED
        for touch in compose(decision, contacts, self._policy, now):
            self._take_over(touch)
            self._put(self._said_again(touch))
        return cases_of(decision, contacts, self._policy, now)

    def plan_offers(self, news: Sequence[OfferNews], day: Day, now: datetime) -> None:
        """Plan what people hear of offers."""
        for touch in offer_messages(news, Contacts(self._staff(day, {}), {}, frozenset()), now):
            self._put(touch)

    def _take_over(self, newer: Touch) -> None:
        if newer.subject not in DAYS:
            return
        of_staff = newer.subject is SubjectKind.CLINICIAN_DAY
        for note in self.planned():
            t = note.touch
            older = t.subject is newer.subject and t.subject_rev < newer.subject_rev
            single = not of_staff and t.subject is SubjectKind.VISIT
            if t.party_id == newer.party_id and (older or single) and (of_staff or t.step is newer.step):
                note.state = TouchState.SUPERSEDED

    def _said_again(self, touch: Touch) -> Touch:
        """What opens or stays closed at a gate may be said again, once it has left."""
        known = [n for n in self.notes.values() if _key(n.touch)[:5] == _key(touch)[:5]]
        over = [n.touch.ordinal for n in known if n.state not in (TouchState.PLANNED, TouchState.SUPERSEDED)]
        return replace(touch, ordinal=max(over) + 1) if over and touch.step in GATE_STEPS else touch

    def _put(self, touch: Touch) -> None:
        key = _key(touch)
        known = self.notes.get(key)
        if known is None:
            self.notes[key] = Note(TouchId(len(self.notes) + 1), touch)
        elif known.state in (TouchState.PLANNED, TouchState.SUPERSEDED):
            waits = known.state is TouchState.PLANNED
            due = min(known.touch.due_at, touch.due_at) if waits else touch.due_at
            known.touch, known.state = replace(touch, due_at=due), TouchState.PLANNED

    def _contacts(self, day: Day, decision: Decision) -> Contacts:
        changes = Counter(n.touch.party_id for n in self.sent if n.touch.step in CHANGE_STEPS)
        parties = {p: PartyContact(p, PartyKind.PATIENT, "en", TZ, channels_of(p), changes[p]) for p in day.patients}
        parties |= self._staff(day, changes)
        cared_for = {v.id: v.patient_id for v in day.visits.values() if v.patient_id in day.patients}
        patient_of = {v: p for v, p in cared_for.items() if p is not None}
        promises = {v: day.promise_of(v, p) for v, p in patient_of.items()}
        return Contacts(
            parties,
            patient_of,
            told=frozenset(v for v, p in promises.items() if p),
            windows={v: p.window if p else _own_window(day.visits[v]) for v, p in promises.items()},
            lists={c: self.lists.get(c, ()) for c in decision.heard_again},
        )

    def _staff(self, day: Day, changes: Mapping[PartyId, int]) -> dict[PartyId, PartyContact]:
        staff, mail = (*day.clinicians, *day.away), (Channel.EMAIL,)
        return {c: PartyContact(c, PartyKind.CLINICIAN, "en", TZ, mail, changes.get(c, 0)) for c in staff}

    # --- sending --------------------------------------------------------------------------------------------------

    def send(self, see: Callable[[], Day], now: datetime) -> Iterator[tuple[tuple[Promise, ...], tuple[VisitId, ...]]]:
        """Let out what is due, one by one; of each that leaves what it promises, and the visits it is about."""
        due = [n for n in self.planned() if n.touch.due_at <= now]
        for note in sorted(due, key=lambda n: (n.touch.priority, n.touch.due_at, n.id)):
            day = see()
            told = _told(note.touch, day)
            gate = may_send(self._facts(note.touch, day, told), self._policy, now)
            if gate.verdict is Verdict.WAIT and gate.due_at is not None:
                note.touch = replace(note.touch, due_at=gate.due_at)
            elif gate.verdict is not Verdict.SEND:
                note.state = TouchState(gate.verdict)
            else:
                note.state, note.sent_at = TouchState.SENT, now
                yield self._left(note, day, told, now)

    def _facts(self, touch: Touch, day: Day, told: Mapping[VisitId, ToldWindow]) -> SendFacts:
        last = day.promise_of(VisitId(touch.subject_id), touch.party_id)
        same = touch.subject is SubjectKind.VISIT and last is not None and told.get(last.visit_id) == last.window
        staff = touch.party_id not in day.patients
        return SendFacts(
            step=touch.step,
            channel=touch.channel,
            urgent=touch.urgent,
            not_after=touch.not_after,
            staff=staff,
            tz=TZ,
            is_current=self._is_current(touch, day, told),
            answered=same and last is not None and last.answer is not ConfirmationState.NEEDS_ACTION,
            already_told=same and last is not None and last.asks,
            has_address=True,
            suppressed=False,
            consented=True,
        )

    def _is_current(self, touch: Touch, day: Day, told: Mapping[VisitId, ToldWindow]) -> bool:
        if touch.subject is SubjectKind.CLINICIAN_DAY:
            later = (n.touch for n in self.notes.values() if n.state in (TouchState.PLANNED, TouchState.SENT))
            return not any(
                t.party_id == touch.party_id and t.subject is touch.subject and t.subject_rev > touch.subject_rev
                for t in later
            )
        if touch.subject is SubjectKind.PATIENT_DAY:
            return bool(told)
        if touch.subject is SubjectKind.OFFER:
            return _is_offer_so(touch, day)
        visit = day.visits[VisitId(touch.subject_id)]
        if touch.step in GATE_STEPS:
            return _is_gate_so(touch, day, visit)
        if visit.visit_rev != touch.subject_rev:
            return False
        if touch.step is Step.P_CANCELLED:
            return visit.status is VisitStatus.CANCELLED
        return bool(told)

    def _left(
        self, note: Note, day: Day, told: Mapping[VisitId, ToldWindow], now: datetime
    ) -> tuple[tuple[Promise, ...], tuple[VisitId, ...]]:
        touch, party = note.touch, note.touch.party_id
        if touch.subject is SubjectKind.CLINICIAN_DAY:
            before = {a.key.visit_id for a in self.lists.get(party, ())}
            self.lists[party] = day.plan.route(party)
        elif touch.step is Step.S_OFFER_WON:
            before, known = set(), [a for a in self.lists.get(party, ()) if a.key.visit_id not in told]
            self.lists[party] = (*known, *(a for a in day.plan.route(party) if a.key.visit_id in told))
        else:
            before = set()
        made = []
        for visit_id, window in told.items():
            last = day.promise_of(visit_id, party)
            held = last is not None and last.window == window and (visit_id in before or touch.step is Step.P_NOTICE)
            if not held and touch.step is not Step.P_CANCELLED:
                made.append(self._promise(note, visit_id, window, last, now))
        return tuple(made), tuple(told) if touch.subject in (SubjectKind.VISIT, SubjectKind.PATIENT_DAY) else ()

    def _promise(
        self, note: Note, visit_id: VisitId, window: ToldWindow, last: Promise | None, now: datetime
    ) -> Promise:
        self._promises += 1
        asks, seq = note.touch.step in ASKING_STEPS, last.seq + 1 if last else 1
        won = note.touch.step is Step.S_OFFER_WON  # they said yes to it before it was told
        return Promise(
            PromiseId(self._promises),
            visit_id,
            note.touch.party_id,
            note.id,
            seq,
            window,
            asks,
            now,
            ConfirmationState.ACCEPTED if won else ConfirmationState.NEEDS_ACTION,
        )


def _key(t: Touch) -> tuple[object, ...]:
    return t.subject, t.subject_id, t.subject_rev, t.party_id, t.step, t.ordinal


def _is_gate_so(touch: Touch, day: Day, visit: Visit) -> bool:
    if visit.status not in WAITING_STATUSES or visit.held:
        return False
    seats = (day.plan.assignments.get(key) for key in visit.position_keys())
    is_theirs = any(seat and seat.clinician_id == touch.party_id for seat in seats)
    if touch.step is Step.S_SET_OUT:
        return is_theirs and visit.gate.is_dispatched
    return visit.gate is GateState.WAITLIST or (visit.gate is GateState.HELD and is_theirs)


def _is_offer_so(touch: Touch, day: Day) -> bool:
    offer = next(o for o in day.offers if o.id == touch.subject_id)
    asked = offer.of(touch.party_id)
    assert asked is not None, f"{touch.step} to someone who was not asked"
    if touch.step is Step.S_OFFER:
        return offer.is_pending and asked.state is AskedState.PENDING and not asked.is_willing
    has_it = asked.state is AskedState.ACCEPTED
    return has_it if touch.step is Step.S_OFFER_WON else not has_it and not asked.is_willing


def channels_of(patient: PartyId) -> tuple[Channel, ...]:
    """How a patient can be reached: some by both, some by mail alone, some not at all."""
    reached: Sequence[tuple[Channel, ...]] = ((), (Channel.SMS, Channel.EMAIL), (Channel.SMS,), (Channel.EMAIL,))
    return reached[patient % UNREACHABLE]


def _told(touch: Touch, day: Day) -> dict[VisitId, ToldWindow]:
    """What a message says if it leaves now, as the plan stands."""
    if touch.subject is SubjectKind.CLINICIAN_DAY:
        return {a.key.visit_id: a.told for a in day.plan.route(touch.party_id)}
    if touch.subject is SubjectKind.OFFER:
        visit_id = next(o.key.visit_id for o in day.offers if o.id == touch.subject_id)
        theirs = (a for a in day.plan.route(touch.party_id) if a.key.visit_id == visit_id)
        return {a.key.visit_id: a.told for a in theirs} if touch.step is Step.S_OFFER_WON else {}
    if touch.subject is SubjectKind.VISIT:
        visits = [day.visits[VisitId(touch.subject_id)]]
        if touch.step is Step.P_CANCELLED or touch.step in GATE_STEPS:
            return {}
    else:
        visits = [v for v in day.visits.values() if v.patient_id == touch.party_id and _is_to_ask(v, touch, day)]
    firsts = {v.id: first_window(day, v) for v in visits if _is_ahead(v)}
    return {v: window for v, window in firsts.items() if window is not None}


def _is_to_ask(visit: Visit, touch: Touch, day: Day) -> bool:
    promise = day.promise_of(visit.id, touch.party_id)
    return promise is None or (not promise.asks and touch.step is not Step.P_NOTICE)


def _is_ahead(visit: Visit) -> bool:
    return not visit.held and (visit.status in WAITING_STATUSES or visit.status in STARTED_STATUSES - {"in_progress"})


def first_window(day: Day, visit: Visit) -> ToldWindow | None:
    """What the patient of a visit is promised by the plan: the window of its lowest seat that is filled."""
    seats = (day.plan.assignments.get(key) for key in visit.position_keys())
    return next((seat.told for seat in seats if seat), None)


def _own_window(visit: Visit) -> ToldWindow:
    return ToldWindow(visit.window.earliest_start, visit.window.latest_end)
