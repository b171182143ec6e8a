"""Someone did not answer in time: a clinician is called, a patient's visit does what its gate says."""

from dataclasses import replace
from datetime import datetime

from suture.dispatch import gate
from suture.dispatch.effect import Effect, nothing, status_words, with_visit
from suture.model.cases import CaseKind, CaseSubject, CaseToOpen, last_useful_minute
from suture.model.day import ConfirmationState, Day
from suture.model.decision import VisitUpdate
from suture.model.instants import wall_clock
from suture.model.signals import NoReply
from suture.model.visit import GateState, Visit
from suture.words.reason import Reason, reason

_DEFAULTS = {
    GateState.OPEN: reason("default.visit_kept"),
    GateState.HELD: reason("default.held"),
    GateState.RELEASED: reason("default.released"),
}


def no_reply(signal: NoReply, day: Day, now: datetime) -> Effect:
    """A patient's silence is about a visit, a clinician's about what a message told them."""
    if signal.party_id in day.clinicians:
        return _clinician(signal, day)
    visit = day.visits.get(signal.visit_id) if signal.visit_id is not None else None
    if visit is None:
        return nothing(day, reason("signal.stale_silence"))
    return _patient(visit, day, now)


def _patient(visit: Visit, day: Day, now: datetime) -> Effect:
    if not visit.is_plannable or visit.is_started:
        return nothing(day, reason("signal.late_answer", visit=visit.external_id, status=status_words(visit)))
    if _is_answered(visit, day):
        return nothing(day, reason("signal.answered", visit=visit.external_id))
    if visit.answer_by is None or visit.answer_by > now or not day.has_place(visit):  # the plan has moved it since
        return nothing(day, reason("signal.stale_silence"))
    if gate.stop_of(visit, day.plan.assignments) is None and visit.gate is not GateState.WAITLIST:  # no one would come
        return nothing(day, reason("signal.no_one_planned", visit=visit.external_id))
    because = reason("signal.patient_silent", visit=visit.external_id)
    was_asked = _was_asked(visit, day, visit.answer_by)
    if visit.gate is GateState.WAITS and not was_asked:
        effect = _gated(visit, GateState.RELEASED, day, because)
        return replace(effect, opened=(_silent(visit, day, reason("watch.not_asked")),))
    if visit.gate in (GateState.WAITS, GateState.WAITLIST):
        return _by_gate(visit, day, because)
    opened = (_silent(visit, day, _DEFAULTS[visit.gate]),) if was_asked and visit.gate_else != "hold" else ()
    return Effect(day, because, opened=opened)


def _is_answered(visit: Visit, day: Day) -> bool:
    """Whether the patient said no, or yes to the time that is planned. A yes to another time leaves this one open."""
    promise = day.promise_of(visit.id, visit.patient_id) if visit.patient_id else None
    if promise is None or promise.answer is ConfirmationState.NEEDS_ACTION:
        return False
    stop = gate.stop_of(visit, day.plan.assignments)
    return stop is None or promise.answer is ConfirmationState.DECLINED or gate.is_confirmed(visit, stop, day)


def _was_asked(visit: Visit, day: Day, answer_by: datetime) -> bool:
    """Whether the question about the time that is planned reached the patient with time to answer."""
    promise = day.promise_of(visit.id, visit.patient_id) if visit.patient_id else None
    if promise is None or not promise.asks or promise.told_at + gate.TIME_TO_ANSWER > answer_by:
        return False
    stop = gate.stop_of(visit, day.plan.assignments)
    return stop is None or stop.told == promise.window


def _by_gate(visit: Visit, day: Day, because: Reason) -> Effect:
    """What the gate says happens without an answer."""
    match visit.gate_else:
        case "release_and_flag":
            effect = _gated(visit, GateState.RELEASED, day, because)
            return replace(effect, opened=(_silent(visit, day, _DEFAULTS[GateState.RELEASED]),))
        case "drop_to_waitlist":
            return _dropped(visit, day, because)
        case "hold":
            return _gated(visit, GateState.HELD, day, because)
        case _:
            effect = _gated(visit, GateState.HELD, day, because)
            return replace(effect, opened=(_silent(visit, day, _DEFAULTS[GateState.HELD]),))


def _dropped(visit: Visit, day: Day, because: Reason) -> Effect:
    """The visit gives its place up, for others that wait; it is not tried itself before something else is free."""
    own = tuple(key for key in visit.position_keys() if key in day.plan.assignments)
    effect = _gated(visit, GateState.WAITLIST, gate.without_place(day, visit), because)
    return replace(effect, replans=True, freed=own, frees=True)


def _gated(visit: Visit, state: GateState, day: Day, because: Reason) -> Effect:
    return Effect(with_visit(day, replace(visit, gate=state)), because, updates=(VisitUpdate(visit.id, gate=state),))


def _silent(visit: Visit, day: Day, default: Reason) -> CaseToOpen:
    return gate.silent(visit, gate.stop_of(visit, day.plan.assignments), day, default)


def _clinician(signal: NoReply, day: Day) -> Effect:
    """Not accepted is not gone: nothing is taken back, and a person calls."""
    told = [
        p
        for p in day.promises
        if p.party_id == signal.party_id
        and p.touch_id == signal.touch_id
        and p.answer is ConfirmationState.NEEDS_ACTION
    ]
    held = {a.key.visit_id: a for a in day.plan.route(signal.party_id)}
    waiting = [
        held[p.visit_id]
        for p in told
        if p.visit_id in held and day.visits[p.visit_id].is_plannable and not day.visits[p.visit_id].is_started
    ]
    name = day.clinicians[signal.party_id].name
    if not waiting:
        return nothing(day, reason("signal.nothing_to_answer", who=name))
    first = min(waiting, key=lambda a: a.starts_at)
    case = CaseToOpen(
        CaseKind.CLINICIAN_SILENT,
        CaseSubject.of_clinician(signal.party_id, day.service_date),
        3,
        (
            reason("watch.clinician_silent", who=name, at=wall_clock(first.starts_at, day.branch.tz)),
            reason("watch.ncns_fix", id=day.clinicians[signal.party_id].external_id),
        ),
        deadline_at=last_useful_minute(first.starts_at),
    )
    return Effect(day, reason("signal.clinician_silent", who=name), opened=(case,))
