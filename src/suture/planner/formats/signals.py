"""Signals of a file applied to a problem's document: what has changed since the plan was made."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from suture.planner.formats.errors import Unreadable, at
from suture.planner.formats.suture_checks import Known, known, shift_faults, visit_faults
from suture.planner.formats.suture_models import AbsenceJson, Pin, PlanJson, ProblemJson, SignalJson, VisitJson
from suture.planner.formats.suture_rows import STARTED, has_begun, held_for
from suture.words.catalog import _

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Changed:
    """A document after its signals. `causes`: which one hit a visit itself, such as `call_out:bo`; `labels`: each."""

    json: ProblemJson
    causes: dict[str, str] = field(default_factory=dict)
    labels: tuple[str, ...] = ()

    @property
    def freed(self) -> frozenset[str]:
        """The visits that need a new place: their clinician is away, and they have not begun."""
        begun = {v.id for v in self.json.visits if has_begun(v)}
        return frozenset(v for v, cause in self.causes.items() if cause.startswith("call_out:") and v not in begun)


def apply(doc: ProblemJson, plan: PlanJson, signals: Sequence[SignalJson]) -> Changed:
    """The document after all signals, in order, with `plan` as its published plan. Raises Unreadable.

    Its `now` is that of the last signal, if not later. Published stops that should have begun by then have, unless
    their clinician is away, or known to be elsewhere.
    """
    clocks = [x.occurred_at for x in signals] + ([doc.now] if doc.now else [])
    changed = Changed(doc.model_copy(update={"published_plan": plan, "now": max(clocks, default=None)}))
    ids = known(doc)
    for i, signal in enumerate(signals):
        changed = _after(changed, signal, f"signals.{i}", ids)
        if signal.visit is not None:
            ids = replace(ids, visits={*ids.visits, signal.visit.id})
    return replace(changed, json=_presumed(changed.json))


def _after(changed: Changed, signal: SignalJson, path: str, ids: Known) -> Changed:
    doc = changed.json
    faults = ids.fault(f"{path}.clinician_id", signal.clinician_id, "clinicians")
    faults += ids.fault(f"{path}.visit_id", signal.visit_id, "visits")
    if faults:
        raise Unreadable(*faults)
    hit: list[str] = []
    about: str | None = signal.visit_id
    update: dict[str, Any]
    match signal.kind:
        case "call_out":
            about = _needed(signal.clinician_id, path, "clinician_id")
            update, hit = _call_out(doc, signal, about, path)
        case "cancellation":
            gone = _needed(signal.visit_id, path, "visit_id")
            update, hit = _cancelled(doc, gone), [gone]
        case "new_visit":
            new = _new_visit(signal, path, ids)
            about, hit, update = new.id, [new.id], {"visits": [*doc.visits, new]}
        case "roster_change":
            if signal.shift is None:
                raise Unreadable(at(f"{path}.shift", _("missing; expected the new or changed shift")))
            shift = signal.shift
            if faults := shift_faults(f"{path}.shift", shift, ids):
                raise Unreadable(*faults)
            about, update = shift.id, {"shifts": [*(s for s in doc.shifts if s.id != shift.id), shift]}
        case "run_over" | "check_in" | "check_out":
            hit = [_needed(signal.visit_id, path, "visit_id")]
            update = {"visits": [_reported(doc, v, signal, path) if v.id in hit else v for v in doc.visits]}
    cause = f"{signal.kind}:{about}"
    return Changed(
        doc.model_copy(update=update), {**changed.causes, **dict.fromkeys(hit, cause)}, (*changed.labels, cause)
    )


def _needed(value: str | None, path: str, name: str) -> str:
    if value is None:
        raise Unreadable(at(f"{path}.{name}", _("missing; expected an id")))
    return value


def _call_out(doc: ProblemJson, signal: SignalJson, who: str, path: str) -> tuple[dict[str, Any], list[str]]:
    """The clinician's shifts with the absence; what overlaps it and has not begun is hit, and no pin holds it."""
    since, until = signal.since or signal.occurred_at, signal.until
    if until is not None and until <= since:
        said = _("{value}; expected an instant after {start}", value=until.isoformat(), start=since.isoformat())
        raise Unreadable(at(f"{path}.until", said))
    away = AbsenceJson.model_validate({"from": since, "until": until})
    shifts = [
        s.model_copy(update={"absences": [*s.absences, away]}) if s.clinician_id == who else s for s in doc.shifts
    ]
    hit = [
        v.id
        for v in doc.visits
        if not has_begun(v)
        and any(c == who and x + held_for(v) > since and (until is None or x < until) for c, x in _planned(doc, v.id))
    ]
    visits = [
        v.model_copy(update={"pin": None}) if v.id in hit and v.pin is not None and v.pin.clinician_id == who else v
        for v in doc.visits
    ]
    return {"shifts": shifts, "visits": visits}, hit


def _cancelled(doc: ProblemJson, gone: str) -> dict[str, Any]:
    return {
        "visits": [v for v in doc.visits if v.id != gone],
        "links": [x for x in doc.links if gone not in x.visit_ids],
        "limits": [
            x if x.visit_ids is None else x.model_copy(update={"visit_ids": [v for v in x.visit_ids if v != gone]})
            for x in doc.limits
        ],
    }


def _new_visit(signal: SignalJson, path: str, ids: Known) -> VisitJson:
    if signal.visit is None:
        raise Unreadable(at(f"{path}.visit", _("missing; expected the new visit")))
    faults = visit_faults(f"{path}.visit", signal.visit, ids)
    if signal.visit.id in ids.visits:
        said = _("{value}; expected an id that no other visit has", value=repr(signal.visit.id))
        faults.append(at(f"{path}.visit.id", said))
    if faults:
        raise Unreadable(*faults)
    return signal.visit


def _reported(doc: ProblemJson, visit: VisitJson, signal: SignalJson, path: str) -> VisitJson:
    """A visit that has begun keeps clinician and start; it lasts until its expected or true end."""
    places = _planned(doc, visit.id)
    begun = visit.pin.start if visit.pin is not None and has_begun(visit) else None
    who = signal.clinician_id or (visit.pin.clinician_id if visit.pin is not None and begun else None)
    if not places and who is None:
        said = _("{value}; expected a visit that the plan gives to someone", value=repr(visit.id))
        raise Unreadable(at(f"{path}.visit_id", said))
    clinician = who or places[0][0]
    planned = places[0][1] if places else signal.occurred_at
    start, minutes, usual = begun or planned, visit.service_minutes, visit.service_minutes * _MINUTE
    match signal.kind:
        case "check_in":
            start = begun or signal.at or signal.occurred_at
        case "run_over":
            if signal.expected_end is None:
                raise Unreadable(at(f"{path}.expected_end", _("missing; expected an instant")))
            minutes = max(minutes, _minutes(start, signal.expected_end, f"{path}.expected_end"))
            if begun is None and planned > signal.occurred_at:
                return visit.model_copy(update={"service_minutes": minutes})  # not there yet, but it will take longer
        case _:
            left = signal.at or signal.occurred_at
            if begun is None and left <= start:
                start = left - usual
            minutes = _minutes(start, left, f"{path}.{'at' if signal.at else 'occurred_at'}")
    alone = visit.positions == 1
    pin = Pin(scope="both" if alone else "time", reason=STARTED, clinician_id=clinician if alone else None, start=start)
    return visit.model_copy(update={"pin": pin, "service_minutes": minutes})


def _minutes(start: datetime, end: datetime, path: str) -> int:
    if end <= start:
        values = {"value": end.isoformat(), "start": start.isoformat()}
        raise Unreadable(at(path, _("{value}; expected an instant after the start, {start}", **values)))
    return -(-(end - start) // _MINUTE)


def _planned(doc: ProblemJson, visit_id: str) -> list[tuple[str, datetime]]:
    """(clinician, start) of each position of a visit in the published plan."""
    routes = doc.published_plan.routes if doc.published_plan else []
    return [(route.clinician_id, x.start) for route in routes for x in route.stops if x.visit_id == visit_id]


def _presumed(doc: ProblemJson) -> ProblemJson:
    """Past its published start a visit is taken to have begun: check-ins come late or never, and to move it would send
    two people. Not so where its clinician is away or off, or known to be at another visit."""
    if doc.now is None or doc.published_plan is None:
        return doc
    visits = {v.id: v for v in doc.visits}
    facts = [
        (who, v.pin.start, v.pin.start + held_for(v))
        for v in doc.visits
        if v.pin is not None and has_begun(v) and v.pin.start is not None
        for who in ([v.pin.clinician_id] if v.pin.clinician_id else [c for c, _ in _planned(doc, v.id)])
    ]
    presumed: dict[str, Pin] = {}
    for route in doc.published_plan.routes:
        for stop in route.stops:
            visit = visits.get(stop.visit_id or "")
            if visit is None or stop.start > doc.now or has_begun(visit):
                continue
            who, end = route.clinician_id, stop.start + held_for(visit)
            elsewhere = any(c == who and since <= stop.start < left for c, since, left in facts)
            if not elsewhere and _is_on_duty(doc, who, stop.start, end):
                alone = visit.positions == 1
                presumed[visit.id] = Pin(
                    scope="both" if alone else "time",
                    reason=STARTED,
                    clinician_id=who if alone else None,
                    start=stop.start,
                )
    return doc.model_copy(
        update={"visits": [v.model_copy(update={"pin": presumed.get(v.id, v.pin)}) for v in doc.visits]}
    )


def _is_on_duty(doc: ProblemJson, who: str, start: datetime, end: datetime) -> bool:
    return any(
        s.clinician_id == who
        and s.start <= start < (s.hard_end or s.end)
        and not any(x.since < end and (x.until is None or start < x.until) for x in s.absences)
        for s in doc.shifts
    )
