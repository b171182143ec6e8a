"""An answer comes back: it counts only for what the party was last told."""

from dataclasses import replace
from datetime import datetime, timedelta

from suture.dispatch.effect import Effect, nothing, status_words, with_answers, with_visit
from suture.model.cases import CaseKind, CaseSubject, CaseToClose, CaseToOpen, last_useful_minute
from suture.model.day import ConfirmationState, Day, Promise
from suture.model.decision import ConfirmationUpdate, VisitUpdate
from suture.model.ids import PositionKey
from suture.model.signals import Answer, Reply
from suture.model.visit import Visit, VisitStatus
from suture.words.reason import reason

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
    return _patient(signal, promise, day)


def _patient(signal: Reply, promise: Promise, day: Day) -> Effect:
    visit = day.visits[promise.visit_id]
    if visit.is_closed or visit.is_started:
        return nothing(day, reason("signal.late_answer", visit=visit.external_id, status=status_words(visit)))
    if signal.answer is Answer.ACCEPT and not _is_planned(promise, visit, day):
        return nothing(day, reason("signal.stale_yes", visit=visit.external_id))
    answers = (_answer(signal, promise),)
    subject = CaseSubject("visit", visit.id)
    after = with_answers(day, answers)
    because = reason(f"signal.answered_{signal.answer}", visit=visit.external_id)
    effect = Effect(after, because, confirmations=answers, answered_touches=(promise.touch_id,))
    if signal.answer is Answer.ACCEPT:
        resolved = CaseToClose(CaseKind.PATIENT_DECLINED, subject, reason("closed.answered_accept"))
        return replace(effect, closed=(resolved,))
    if signal.answer is Answer.CANCEL:
        update = VisitUpdate(
            visit.id, VisitStatus.CANCELLED, cancelled_by="patient", cancel_reason=f"reply by {signal.via}", tell=True
        )
        return replace(
            effect,
            day=with_visit(after, replace(visit, status=VisitStatus.CANCELLED)),
            replans=True,
            updates=(update,),
            closed=(CaseToClose(CaseKind.PATIENT_DECLINED, subject, reason("closed.answered_cancel")),),
        )
    why = reason("report.other_time" if signal.answer is Answer.RESCHEDULE else "report.declined")
    case = CaseToOpen(CaseKind.PATIENT_DECLINED, subject, 3, (why,), _last_useful(day, visit))
    return replace(effect, opened=(case,))


def _is_planned(promise: Promise, visit: Visit, day: Day) -> bool:
    """Whether the plan still has for the patient what they were told: the window of the lowest seat that is filled."""
    seats = (day.plan.assignments.get(key) for key in visit.position_keys())
    first = next((seat for seat in seats if seat), None)
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
    """Accept covers all this clinician was told up to that message; cannot-do gives back what that message brought."""
    told = [
        p
        for p in day.promises
        if p.party_id == signal.party_id and p.touch_id <= (signal.touch_id or 0) and _is_held(p, day)
    ]
    name = day.clinicians[signal.party_id].name
    if signal.answer is Answer.ACCEPT:
        answers = tuple(_answer(signal, p) for p in told if p.answer is ConfirmationState.NEEDS_ACTION)
        return Effect(
            with_answers(day, answers),
            because=reason("signal.accepted", who=name),
            confirmations=answers,
            closed=(
                CaseToClose(
                    CaseKind.CLINICIAN_DECLINED,
                    CaseSubject.of_clinician(signal.party_id, day.service_date),
                    reason("closed.accepted"),
                ),
            ),
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
        reasons=(reason("report.cannot_do", who=name, count=len(refused)),),
        deadline_at=min(last_useful_minute(a.starts_at) for a in theirs),
    )
    return Effect(
        with_answers(day, answers),
        because=reason("signal.declined", who=name),
        replans=True,
        freed=tuple(a.key for a in theirs),
        confirmations=answers,
        opened=(case,),
    )


def _is_theirs(promise: Promise, day: Day) -> bool:
    visit = day.visits[promise.visit_id]
    return _is_held(promise, day) and visit.is_plannable and not visit.is_started


def _is_held(promise: Promise, day: Day) -> bool:
    """Whether the clinician who was told of the visit has it in the plan."""
    held = (day.plan.assignments.get(key) for key in day.visits[promise.visit_id].position_keys())
    return any(a is not None and a.clinician_id == promise.party_id for a in held)


def _answer(signal: Reply, promise: Promise) -> ConfirmationUpdate:
    return ConfirmationUpdate(
        promise.id, promise.visit_id, signal.party_id, _STATES[signal.answer], signal.via, signal.occurred_at
    )
