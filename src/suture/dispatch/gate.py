"""The confirmation gate: which visits are planned but not dispatched yet, and until when an answer helps. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from suture.dispatch.day_cases import risk_of
from suture.model.cases import CaseKind, CaseSubject, CaseToOpen, last_useful_minute
from suture.model.day import ConfirmationState, Day
from suture.model.decision import VisitUpdate
from suture.model.ids import PositionKey, VisitId
from suture.model.instants import wall_clock
from suture.model.plan import Assignment, Stage
from suture.model.visit import CLOSED_STATUSES, GateState, Visit
from suture.rules.verdicts import Gate
from suture.words.reason import Reason, reason

NEVER_HELD_RISK = 8
TIME_TO_ANSWER = timedelta(hours=1)
"""How long before it must answer a patient must have been asked for a gate to bind."""
NOTICE = TIME_TO_ANSWER + timedelta(hours=1)
"""How far ahead a visit of the waitlist must begin: its patient has to be asked, and someone has to get there."""
PATIENT = "patient_confirmed"

Assignments = Mapping[PositionKey, Assignment]


def gates_of(gates: Sequence[Gate]) -> Mapping[VisitId, Gate]:
    """The gate that binds each visit first: of several the one whose answer must be there earliest."""
    found: dict[VisitId, Gate] = {}
    for gate in gates:
        if gate.needs == PATIENT and (gate.visit_id not in found or gate.by_minutes > found[gate.visit_id].by_minutes):
            found[gate.visit_id] = gate
    return found


def updates(day: Day, after: Assignments, gates: Sequence[Gate], now: datetime) -> Iterator[VisitUpdate]:
    """The state of each visit before its gate under a plan, and until when their patients' answers help."""
    binding, stops_before = gates_of(gates), _stops_before(after)
    for visit in day.visits.values():
        stop = stop_of(visit, after)
        if stop is None or visit.patient_id is None or not visit.is_plannable or visit.is_started:
            continue
        gate = binding.get(visit.id)
        way = _way_to(day, stop, stops_before.get(stop.key))
        answer_by = _answer_by(stop, way, None if visit.is_waitlisted else gate)
        in_time = day.plan.stage is not Stage.PUBLISHED or now + TIME_TO_ANSWER <= answer_by
        state = _state(visit, stop, gate, day, in_time=in_time)
        word = gate.otherwise if gate and not _never_held(visit) else ""
        if (state, word, answer_by) != (visit.gate, visit.gate_else, visit.answer_by):
            yield VisitUpdate(visit.id, gate=state, gate_else=word, answer_by=answer_by)


def _state(visit: Visit, stop: Assignment, gate: Gate | None, day: Day, *, in_time: bool) -> GateState:
    """`in_time`: the patient can still be asked about the time that is planned."""
    if gate is None or _never_held(visit) or is_confirmed(visit, stop, day):
        return GateState.OPEN
    if visit.gate is not GateState.OPEN:  # what came of it is so until a yes
        return visit.gate
    return GateState.WAITS if in_time else GateState.RELEASED


def flags(before: Day, updates: Iterable[VisitUpdate], after: Assignments) -> Iterator[CaseToOpen]:
    """A case for each visit that stays dispatched though its patient can no longer be asked about its time."""
    for update in updates:
        visit = before.visits[update.visit_id]
        if visit.gate is GateState.OPEN and update.gate is GateState.RELEASED:
            yield silent(visit, stop_of(visit, after), before, reason("watch.not_asked"))


def silent(visit: Visit, stop: Assignment | None, day: Day, default: Reason) -> CaseToOpen:
    """The case of a patient who has not answered, and what happens if no one acts."""
    starts_at = stop.starts_at if stop else visit.window.latest_start
    why = reason("watch.patient_silent", at=wall_clock(starts_at, day.branch.tz))
    deadline = last_useful_minute(starts_at)
    return CaseToOpen(CaseKind.PATIENT_SILENT, CaseSubject("visit", visit.id), risk_of(visit), (why, default), deadline)


def cleared(before: Day, updates: Iterable[VisitUpdate]) -> Iterator[tuple[VisitId, bool]]:
    """Visits that a decision dispatches (True) or does not dispatch after all (False): their clinicians hear of it."""
    for update in updates:
        was, state = before.visits[update.visit_id].gate, update.gate
        if state is None or state is was or update.status in CLOSED_STATUSES:
            continue
        if state.is_dispatched and not was.is_dispatched:
            yield update.visit_id, True
        if state in (GateState.HELD, GateState.WAITLIST):
            yield update.visit_id, False


def to_try(day: Day, now: datetime) -> Mapping[VisitId, datetime]:
    """The visits of the waitlist without a place, and when each may begin at the earliest."""
    waiting = (v for v in day.visits.values() if not day.has_place(v))
    return {v.id: now + NOTICE for v in waiting if now + NOTICE <= v.window.latest_start}


def without_place(day: Day, visit: Visit) -> Day:
    """The day with the clinicians of a visit free for others, or for it again."""
    others = {key: stop for key, stop in day.plan.assignments.items() if key.visit_id != visit.id}
    return replace(day, plan=replace(day.plan, assignments=others))


def stop_of(visit: Visit, assignments: Assignments) -> Assignment | None:
    """The lowest seat of a visit that is filled: its window is what the patient is told."""
    return next((assignments[key] for key in visit.position_keys() if key in assignments), None)


def _never_held(visit: Visit) -> bool:
    """Time-critical care is dispatched whatever the patient says, or does not."""
    return risk_of(visit) >= NEVER_HELD_RISK


def is_confirmed(visit: Visit, stop: Assignment, day: Day) -> bool:
    """Whether the patient said yes to the time that is planned."""
    promise = day.promise_of(visit.id, visit.patient_id) if visit.patient_id is not None else None
    return promise is not None and promise.answer is ConfirmationState.ACCEPTED and promise.window == stop.told


def _answer_by(stop: Assignment, way: timedelta, gate: Gate | None) -> datetime:
    """The gate's word, or the last useful minute where that is earlier."""
    useful = last_useful_minute(stop.starts_at, way)
    return min(useful, stop.starts_at - timedelta(minutes=gate.by_minutes)) if gate else useful


def _stops_before(after: Assignments) -> Mapping[PositionKey, Assignment]:
    """The stop before each in its clinician's route; the first of a route has none."""
    in_order = sorted(after.values(), key=lambda a: (a.clinician_id, a.starts_at, a.key))
    return {stop.key: before for before, stop in pairwise(in_order) if before.clinician_id == stop.clinician_id}


def _way_to(day: Day, stop: Assignment, before: Assignment | None) -> timedelta:
    """The drive from the stop before, or from home."""
    clinician = day.clinicians.get(stop.clinician_id)
    if not day.travel.index or clinician is None:
        return timedelta()
    origin = day.visits[before.key.visit_id].place_id if before else clinician.home_place_id
    return timedelta(seconds=day.travel.seconds(origin, day.visits[stop.key.visit_id].place_id))
