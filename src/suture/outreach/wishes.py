"""Who must hear what because of a decision, before asking how and when they can be reached. Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from suture.model.contacts import Contacts
from suture.model.decision import Cause, Change, ChangeKind, Decision
from suture.model.ids import PartyId, VisitId
from suture.model.instants import wall_clock
from suture.model.messages import Step, SubjectKind
from suture.model.plan import Assignment, Stage, ToldWindow
from suture.model.visit import VisitStatus
from suture.words.reason import Reason, reason

CHANGE_STEPS = frozenset({Step.P_CHANGED, Step.P_CANCELLED, Step.S_CHANGED, Step.S_EMPTIED})
_KNOWN_TO_THEM = frozenset({VisitStatus.IN_PROGRESS, VisitStatus.COMPLETED, VisitStatus.NO_SHOW, VisitStatus.MISSED})
_STEP_BECAUSE = {
    Step.P_NOTICE: reason("told.published"),
    Step.P_CONFIRM: reason("told.not_asked"),
    Step.P_CHANGED: reason("told.time_changed"),
    Step.P_CANCELLED: reason("told.cancelled"),
    Step.S_PUBLISHED: reason("told.published"),
    Step.S_CHANGED: reason("told.list_changed"),
    Step.S_EMPTIED: reason("told.list_empty"),
}

Stop = tuple[VisitId, ToldWindow]


@dataclass(frozen=True, slots=True)
class Wish:
    """One person should hear one thing. `starts_at` is what makes it pressing, `not_after` when it is of no use.

    `visit_ids`: of a patient, the visits that it is about as things stand. `why`: why it exists, where its step alone
    does not say.
    """

    step: Step
    party_id: PartyId
    subject: SubjectKind
    subject_id: int
    subject_rev: int
    starts_at: datetime
    not_after: datetime
    visit_ids: tuple[VisitId, ...] = ()
    why: Reason | None = None

    @property
    def because(self) -> Reason:
        """Why this message exists, free of names."""
        return self.why or _STEP_BECAUSE[self.step]


def wishes(decision: Decision, contacts: Contacts) -> Iterator[Wish]:
    """Everything to tell: at publication the whole day, later only what is new or different for each person."""
    if decision.cause is Cause.PUBLISH:
        yield from _published_to_patients(decision, contacts)
        yield from _published_to_staff(decision)
    elif decision.cause is Cause.SIGNALS and decision.stage is Stage.PUBLISHED:
        yield from _cancelled(decision, contacts)
        yield from _changed_for_patients(decision, contacts)
        yield from _changed_for_staff(decision, contacts)
        yield from _cleared(decision, contacts)


def _published_to_patients(decision: Decision, contacts: Contacts) -> Iterator[Wish]:
    for seats in _by_patient(_first_seats(decision.assignments.values()), contacts).values():
        yield _about_seats(Step.P_CONFIRM, seats, decision, contacts)
        yield _about_seats(Step.P_NOTICE, seats, decision, contacts)


def _published_to_staff(decision: Decision) -> Iterator[Wish]:
    for clinician_id, route in _routes(decision.assignments.values()).items():
        first, last = route[0].starts_at, max(a.ends_at for a in route)
        yield _about_day(Step.S_PUBLISHED, clinician_id, decision, first, last)


def _cancelled(decision: Decision, contacts: Contacts) -> Iterator[Wish]:
    before = _first_seats(c.before for c in decision.changes if c.before)
    for visit_id in sorted(set(decision.tell_cancelled)):
        if visit_id not in contacts.patient_of:
            continue
        seat, window = before.get(visit_id), contacts.windows.get(visit_id)
        if seat:
            yield _about_visit(Step.P_CANCELLED, visit_id, decision, contacts, seat.starts_at, seat.ends_at)
        elif window:
            yield _about_visit(Step.P_CANCELLED, visit_id, decision, contacts, window.open, window.close)


def _changed_for_patients(decision: Decision, contacts: Contacts) -> Iterator[Wish]:
    after = _first_seats(decision.assignments.values())
    moved = {c.key.visit_id: c for c in reversed(decision.changes) if _matters_to_patient(c, contacts)}
    to_ask: set[PartyId] = set()
    for visit_id in sorted(moved.keys() - set(decision.tell_cancelled)):
        if visit_id not in contacts.patient_of or visit_id not in after:
            continue
        if visit_id not in contacts.told:
            to_ask.add(contacts.patient_of[visit_id])
            continue
        seat, before = after[visit_id], moved[visit_id].before
        expected = min(seat.starts_at, before.starts_at) if before else seat.starts_at
        yield _about_visit(Step.P_CHANGED, visit_id, decision, contacts, expected, seat.ends_at)
    untold = {v: seat for v, seat in after.items() if v not in contacts.told and v not in decision.tell_cancelled}
    for patient_id, seats in _by_patient(untold, contacts).items():
        if patient_id in to_ask:  # about all that they have not heard of yet, in one message
            yield _about_seats(Step.P_CONFIRM, seats, decision, contacts)


def _by_patient(
    seats: Mapping[VisitId, Assignment], contacts: Contacts
) -> Mapping[PartyId, Mapping[VisitId, Assignment]]:
    """Each patient's visits, patients in the order of their first; a shift has none."""
    found: dict[PartyId, dict[VisitId, Assignment]] = {}
    for visit_id, seat in seats.items():
        if visit_id in contacts.patient_of:
            found.setdefault(contacts.patient_of[visit_id], {})[visit_id] = seat
    return found


def _matters_to_patient(change: Change, contacts: Contacts) -> bool:
    """Another time is told, or a first one. Another clinician, or another minute inside the told hour, is no news."""
    first_time = change.kind is ChangeKind.ASSIGNED and change.key.visit_id not in contacts.told
    return change.told_changed or first_time


def _changed_for_staff(decision: Decision, contacts: Contacts) -> Iterator[Wish]:
    reported = {u.visit_id for u in decision.visit_updates if u.status in _KNOWN_TO_THEM}
    before, after = {**_routes(_before(decision)), **contacts.lists}, _routes(decision.assignments.values())
    won = {(n.asked.clinician_id, n.offer.key.visit_id) for n in decision.offer_news if n.step is Step.S_OFFER_WON}
    for clinician_id in sorted(before.keys() | after.keys()):
        old, new = before.get(clinician_id, ()), after.get(clinician_id, ())
        taken = {a.key.visit_id for a in old} - {a.key.visit_id for a in new}  # someone else began it: that is news
        theirs = {visit_id for who, visit_id in won if who == clinician_id}  # they hear of it as an answer to their yes
        known = (reported - taken) | theirs
        if _stops(old, known) == _stops(new, known):
            continue
        same = set(_stops(old, known)) & set(_stops(new, known))
        differing = [a for a in (*old, *new) if (a.key.visit_id, a.told) not in same and a.key.visit_id not in known]
        first, last = min(a.starts_at for a in differing or new), max(a.ends_at for a in (*old, *new))
        step = Step.S_CHANGED if new else Step.S_EMPTIED  # no one is asked to confirm nothing
        yield _about_day(step, clinician_id, decision, first, last)


def _cleared(decision: Decision, contacts: Contacts) -> Iterator[Wish]:
    """A gate opened or stays closed: whoever holds the visit hears, or held it where it gave its place up.

    Not whoever it is new to: they hear of their list, and are told there whether to set out.
    """
    before = sorted(_before(decision), key=lambda a: a.key)
    for visit_id, set_out in decision.cleared:
        for old in (a for a in before if a.key.visit_id == visit_id):
            now = decision.assignments.get(old.key)
            if now is None and not set_out:
                yield _about_gate(Step.S_STAND_DOWN, old, decision, contacts)
            elif now is not None and now.clinician_id == old.clinician_id:
                yield _about_gate(Step.S_SET_OUT if set_out else Step.S_STAND_DOWN, now, decision, contacts)


def _about_gate(step: Step, stop: Assignment, decision: Decision, contacts: Contacts) -> Wish:
    """Of use until the visit is to begin: a clinician who hears late still sets out, or turns back."""
    visit_id, starts_at = stop.key.visit_id, stop.starts_at
    who = (contacts.parties.get(p) for p in (stop.clinician_id, contacts.patient_of.get(visit_id)) if p is not None)
    at = wall_clock(starts_at, next((c.tz for c in who if c), "UTC"))
    why = reason("told.set_out" if step is Step.S_SET_OUT else "told.stand_down", at=at)
    rev = decision.revs[visit_id]
    return Wish(step, stop.clinician_id, SubjectKind.VISIT, visit_id, rev, starts_at, starts_at, why=why)


def _before(decision: Decision) -> Iterable[Assignment]:
    """The plan as it was before the decision."""
    changed = {c.key for c in decision.changes}
    kept = (a for key, a in decision.assignments.items() if key not in changed)
    return [*kept, *(c.before for c in decision.changes if c.before)]


def _routes(assignments: Iterable[Assignment]) -> dict[PartyId, tuple[Assignment, ...]]:
    """Each clinician's stops in order, clinicians by id."""
    routes: dict[PartyId, list[Assignment]] = {}
    for a in sorted(assignments, key=lambda a: (a.clinician_id, a.starts_at, a.key)):
        routes.setdefault(a.clinician_id, []).append(a)
    return {clinician_id: tuple(route) for clinician_id, route in routes.items()}


def _stops(route: tuple[Assignment, ...], known: Collection[VisitId]) -> tuple[Stop, ...]:
    """A route as the clinician was told it, without visits they have just begun or ended and so know of."""
    return tuple((a.key.visit_id, a.told) for a in route if a.key.visit_id not in known)


def _first_seats(assignments: Iterable[Assignment]) -> dict[VisitId, Assignment]:
    """The lowest seat of each visit, whose window the patient is told; visits by id."""
    seats: dict[VisitId, Assignment] = {}
    for a in sorted(assignments, key=lambda a: a.key):
        seats.setdefault(a.key.visit_id, a)
    return seats


def _about_visit(
    step: Step, visit_id: VisitId, decision: Decision, contacts: Contacts, starts_at: datetime, not_after: datetime
) -> Wish:
    party_id, rev = contacts.patient_of[visit_id], decision.revs[visit_id]
    return Wish(step, party_id, SubjectKind.VISIT, visit_id, rev, starts_at, not_after, (visit_id,))


def _about_seats(step: Step, seats: Mapping[VisitId, Assignment], decision: Decision, contacts: Contacts) -> Wish:
    """About one patient's visit; about their day where there are several, as long as the last is ahead."""
    visits = sorted(seats, key=lambda v: (seats[v].starts_at, v))
    first, last = seats[visits[0]].starts_at, seats[visits[-1]].starts_at
    if len(visits) == 1:
        return _about_visit(step, visits[0], decision, contacts, first, last)
    patient_id, day = contacts.patient_of[visits[0]], _day_number(decision)
    return Wish(step, patient_id, SubjectKind.PATIENT_DAY, day, decision.version, first, last, tuple(visits))


def _about_day(step: Step, clinician_id: PartyId, decision: Decision, starts_at: datetime, not_after: datetime) -> Wish:
    day = _day_number(decision)
    return Wish(step, clinician_id, SubjectKind.CLINICIAN_DAY, day, decision.version, starts_at, not_after)


def _day_number(decision: Decision) -> int:
    return int(decision.service_date.strftime("%Y%m%d"))
