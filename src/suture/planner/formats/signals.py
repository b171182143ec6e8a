"""Signals of a file applied to a problem's document: what has changed since the plan was made."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from suture.planner.formats.errors import Unreadable
from suture.planner.formats.suture_models import Pin, PlanJson, ProblemJson, ShiftJson, SignalJson, VisitJson


def apply(doc: ProblemJson, plan: PlanJson, signals: Sequence[SignalJson]) -> ProblemJson:
    """The document after all signals, in order, with `plan` as its published plan. Raises Unreadable."""
    doc = doc.model_copy(update={"published_plan": plan})
    for i, signal in enumerate(signals):
        doc = doc.model_copy(update=_changes(doc, signal, str(i)))
    return doc


def _changes(doc: ProblemJson, signal: SignalJson, path: str) -> dict[str, object]:
    match signal.kind:
        case "call_out":
            who = _needed(signal.clinician_id, path, "clinician_id")
            return {"shifts": [s for s in doc.shifts if s.clinician_id != who or not _hits(s, signal)]}
        case "cancellation":
            gone = _needed(signal.visit_id, path, "visit_id")
            return {
                "visits": [v for v in doc.visits if v.id != gone],
                "links": [x for x in doc.links if gone not in x.visit_ids],
            }
        case "new_visit":
            if signal.visit is None:
                raise Unreadable(f"{path}.visit: missing; expected the new visit")
            return {"visits": [*doc.visits, signal.visit]}
        case "roster_change":
            if signal.shift is None:
                raise Unreadable(f"{path}.shift: missing; expected the new or changed shift")
            return {"shifts": [*(s for s in doc.shifts if s.id != signal.shift.id), signal.shift]}
        case "run_over" | "check_in" | "check_out":
            return {"visits": [_held(doc, v, signal, path) for v in doc.visits]}


def _needed(value: str | None, path: str, name: str) -> str:
    if value is None:
        raise Unreadable(f"{path}.{name}: missing; expected an id")
    return value


def _hits(shift: ShiftJson, signal: SignalJson) -> bool:
    since, until = signal.since or signal.occurred_at, signal.until
    return shift.end > since and (until is None or shift.start < until)


def _held(doc: ProblemJson, visit: VisitJson, signal: SignalJson, path: str) -> VisitJson:
    """A visit that has begun keeps clinician and start; it lasts until its expected or true end."""
    if visit.id != _needed(signal.visit_id, path, "visit_id"):
        return visit
    stands = _planned(doc, visit.id)
    if stands is None:
        return visit
    clinician, planned = stands
    start = planned
    if signal.kind == "check_in":
        start = signal.at or signal.occurred_at
    ends = signal.expected_end if signal.kind == "run_over" else (signal.at or signal.occurred_at)
    minutes = visit.service_minutes
    if signal.kind != "check_in" and ends is not None:
        minutes = max(1, -(-(ends - start) // timedelta(minutes=1)))
    pin = Pin(scope="both", reason="started", clinician_id=clinician, start=start)
    return visit.model_copy(update={"pin": pin, "service_minutes": minutes})


def _planned(doc: ProblemJson, visit_id: str) -> tuple[str, datetime] | None:
    """(clinician, start) of a visit in the published plan."""
    if doc.published_plan is None:
        return None
    return next(
        (
            (route.clinician_id, stop.start)
            for route in doc.published_plan.routes
            for stop in route.stops
            if stop.visit_id == visit_id
        ),
        None,
    )
