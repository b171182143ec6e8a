"""An answer comes back: it counts only for what the party was last told."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from suture.dispatch.effect import Effect, nothing, status_words, unpinned, with_answers, with_visit
from suture.dispatch.gate import stop_of, without_place
from suture.model.cases import CaseKind, CaseSubject, CaseToClose, CaseToOpen, last_useful_minute
from suture.model.day import ConfirmationState, Day, Promise
from suture.model.decision import ConfirmationUpdate, VisitUpdate
from suture.model.ids import PositionKey
from suture.model.signals import Answer, Reply
from suture.model.visit import GateState, Visit, VisitStatus
from suture.words.reason import Reason, as_written, reason

_STATES = {
    Answer.ACCEPT: ConfirmationState.ACCEPTED,
    Answer.DECLINE: ConfirmationState.DECLINED,
    Answer.RESCHEDULE: ConfirmationState.DECLINED,
    Answer.CANCEL: ConfirmationState.DECLINED,
}


def reply(signal: Reply, day: Day, now: datetime) -> Effect:
    """A patient's answer binds to a promise, a clinician's to the message that told the day."""
    if signal.party_id in day.clinicians:
        return _clinician(signal, day)
    promise = next((p for p in day.promises if p.id == signal.promise_id), None)
    if promise is None:
        return nothing(day, reason("signal.stale_answer"))
    return _patient(signal, promise, day, now)


def _patient(signal: Reply, promise: Promise, day: Day, now: datetime) -> Effect:
    visit = day.visits[promise.visit_id]
    if visit.is_closed or visit.is_started:
        return nothing(day, reason("signal.late_answer", visit=visit.external_id, status=status_words(visit)))
    if signal.answer is Answer.ACCEPT and not (_is_planned(promise, visit, day) or _has_no_place(visit, day)):
        return nothing(day, reason("signal.stale_yes", visit=visit.external_id))
    answers = (_answer(signal, promise),)
    subject = CaseSubject("visit", visit.id)
    after = with_answers(day, answers)
    because = reason(f"signal.answered_{signal.answer}", visit=visit.external_id)
    effect = Effect(after, because, confirmations=answers, answered_touches=(promise.touch_id,))
    if signal.answer is Answer.ACCEPT:
        return _confirmed(visit, replace(effect, closed=_resolved(subject, signal.answer)), now)
    if signal.answer is Answer.CANCEL:
        update = VisitUpdate(
            visit.id, VisitStatus.CANCELLED, cancelled_by="patient", cancel_reason=f"reply by {signal.via}", tell=True
        )
        return replace(
            effect,
            day=with_visit(after, replace(visit, status=VisitStatus.CANCELLED)),
            replans=True,
            frees=True,
            updates=(update,),
            closed=_resolved(subject, signal.answer),
        )
    why = reason("report.other_time" if signal.answer is Answer.RESCHEDULE else "report.declined")
    case = CaseToOpen(CaseKind.PATIENT_DECLINED, subject, 3, (why,), _last_useful(day, visit))
    silent = CaseToClose(CaseKind.PATIENT_SILENT, subject, reason("closed.answered"))
    return _refused(visit, replace(effect, opened=(case,), closed=(silent,)))


def _resolved(subject: CaseSubject, answer: Answer) -> tuple[CaseToClose, ...]:
    """What a yes, or a cancellation, leaves nothing of to ask."""
    because = reason(f"closed.answered_{answer}")
    return tuple(CaseToClose(kind, subject, because) for kind in (CaseKind.PATIENT_DECLINED, CaseKind.PATIENT_SILENT))


def _confirmed(visit: Visit, effect: Effect, now: datetime) -> Effect:
    """A yes opens the gate, also a late one: whoever holds the visit may set out, or someone is looked for."""
    if visit.gate is GateState.OPEN:
        return effect
    opened = replace(
        effect,
        day=with_visit(effect.day, replace(visit, gate=GateState.OPEN)),
        updates=(VisitUpdate(visit.id, gate=GateState.OPEN),),
        replans=visit.gate in (GateState.HELD, GateState.WAITLIST),  # maybe no one gets there as planned
    )
    stop = stop_of(visit, effect.day.plan.assignments)
    if not opened.replans or (stop is not None and stop.starts_at > now):
        return opened
    return replace(opened, day=without_place(opened.day, visit), freed=visit.position_keys())


def _refused(visit: Visit, effect: Effect) -> Effect:
    """No one sets out behind a gate to a patient who said no; without a gate a person decides."""
    if not visit.gate_else or visit.gate in (GateState.HELD, GateState.WAITLIST):
        return effect
    held = with_visit(effect.day, replace(visit, gate=GateState.HELD))
    return replace(effect, day=held, updates=(VisitUpdate(visit.id, gate=GateState.HELD),))


def _has_no_place(visit: Visit, day: Day) -> bool:
    """Whether the visit gave up its place while its patient was silent: they still have the time in mind."""
    return visit.is_waitlisted and stop_of(visit, day.plan.assignments) is None


def _is_planned(promise: Promise, visit: Visit, day: Day) -> bool:
    """Whether the plan still has for the patient what they were told: the window of the lowest seat that is filled."""
    first = stop_of(visit, day.plan.assignments)
    return visit.is_plannable and first is not None and first.told == promise.window


def _last_useful(day: Day, visit: Visit) -> datetime:
    """Until when the freed time could still be used, by the plan as it stands."""
    stop = day.plan.assignments.get(PositionKey(visit.id, 1))
    clinician = day.clinicians.get(stop.clinician_id) if stop else None
    if stop is None or clinician is None:
        return last_useful_minute(stop.starts_at if stop else visit.window.latest_start)
    before = [a for a in day.plan.route(stop.clinician_id) if a.starts_at < stop.starts_at]
    origin = day.visits[before[-1].key.visit_id].place_id if before else clinician.home_place_id
    travel = timedelta(seconds=day.travel.seconds(origin, visit.place_id))
    return last_useful_minute(stop.starts_at, travel)


def _clinician(signal: Reply, day: Day) -> Effect:
    """Accept covers all this clinician was told up to that message; cannot-do gives back what that message brought.

    Either is about one visit only, where one is named.
    """
    told = [
        p
        for p in day.promises
        if p.party_id == signal.party_id and p.touch_id <= (signal.touch_id or 0) and _is_held(p, day)
        if signal.visit_id in (None, p.visit_id)
    ]
    name = day.clinicians[signal.party_id].name
    if signal.answer is Answer.ACCEPT:
        answers = tuple(_answer(signal, p) for p in told if p.answer is ConfirmationState.NEEDS_ACTION)
        return Effect(
            with_answers(day, answers),
            because=reason("signal.accepted", who=name),
            confirmations=answers,
            closed=_accepted(signal, with_answers(day, answers)),
        )
    refused = [p for p in told if p.touch_id == signal.touch_id and _is_theirs(p, day)]
    if not refused:
        return nothing(day, reason("signal.declined_not_theirs", who=name))
    answers = tuple(_answer(signal, p) for p in refused)
    theirs = [a for a in day.plan.route(signal.party_id) if any(p.visit_id == a.key.visit_id for p in refused)]
    case = CaseToOpen(
        CaseKind.CLINICIAN_DECLINED,
        CaseSubject.of_clinician(signal.party_id, day.service_date),
        risk=3,
        reasons=(_cannot_do(signal, name, refused, day),),
        deadline_at=min(last_useful_minute(a.starts_at) for a in theirs),
    )
    return Effect(
        with_answers(unpinned(day, (a.key for a in theirs)), answers),
        because=reason("signal.declined", who=name),
        replans=True,
        freed=tuple(a.key for a in theirs),
        confirmations=answers,
        opened=(case,),
    )


def _accepted(signal: Reply, day: Day) -> tuple[CaseToClose, ...]:
    """What a yes closes; one to a single visit only once nothing else that was told waits for an answer."""
    waits = ConfirmationState.NEEDS_ACTION
    if signal.visit_id is not None and any(
        p.party_id == signal.party_id and p.answer is waits and _is_theirs(p, day) for p in day.promises
    ):
        return ()
    subject = CaseSubject.of_clinician(signal.party_id, day.service_date)
    kinds: tuple[CaseKind, ...] = (CaseKind.CLINICIAN_DECLINED, CaseKind.CLINICIAN_SILENT)
    if signal.visit_id is not None:  # what she gave back of the day is as open as before
        kinds = (CaseKind.CLINICIAN_SILENT,)
    return tuple(CaseToClose(kind, subject, reason("closed.accepted")) for kind in kinds)


def _cannot_do(signal: Reply, name: str, refused: Sequence[Promise], day: Day) -> Reason:
    if signal.visit_id is None:
        return reason("report.cannot_do", who=name, count=len(refused))
    visit = day.visits[refused[0].visit_id].external_id
    if signal.note:
        return reason("report.cannot_do_why", who=name, visit=visit, why=as_written(signal.note))
    return reason("report.cannot_do_visit", who=name, visit=visit)


def _is_theirs(promise: Promise, day: Day) -> bool:
    visit = day.visits[promise.visit_id]
    return _is_held(promise, day) and visit.is_plannable and not visit.is_started


def _is_held(promise: Promise, day: Day) -> bool:
    """Whether the clinician who was told of the visit has it in the plan."""
    held = (day.plan.assignments.get(key) for key in day.visits[promise.visit_id].position_keys())
    return any(a is not None and a.clinician_id == promise.party_id for a in held)


def _answer(signal: Reply, promise: Promise) -> ConfirmationUpdate:
    return ConfirmationUpdate(
        promise.id,
        promise.visit_id,
        signal.party_id,
        _STATES[signal.answer],
        signal.via,
        signal.occurred_at,
        other_time=signal.answer is Answer.RESCHEDULE,
    )
