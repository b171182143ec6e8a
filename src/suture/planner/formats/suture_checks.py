"""What the models of `suture-problem/1` cannot say alone: ids that exist, once each, and values that fit together."""

from collections import Counter as Bag
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel

from suture.planner.formats.errors import Unreadable
from suture.planner.formats.suture_models import LimitJson, LinkJson, Pin, ProblemJson, ShiftJson, VisitJson

_FARTHEST = timedelta(days=400)
"""From the first service date: far enough for any horizon, near enough for 32 bits of seconds."""


@dataclass(frozen=True, slots=True)
class Known:
    """The ids of a document."""

    places: Collection[str]
    clinicians: Collection[str]
    shifts: Collection[str]
    visits: Collection[str]

    def fault(self, path: str, value: str | None, kind: str) -> list[str]:
        """A line where an id that is given names nothing."""
        if value is None or value in getattr(self, kind):
            return []
        return [f"{path}: {value!r}; expected the id of one of {kind}"]


def known(doc: ProblemJson) -> Known:
    """Every id of the document."""
    return Known(
        {x.id for x in doc.places},
        {x.id for x in doc.clinicians},
        {x.id for x in doc.shifts},
        {x.id for x in doc.visits},
    )


def check(doc: ProblemJson) -> None:
    """Raises Unreadable naming every fault."""
    faults: list[str] = []
    things: dict[str, Sequence[Any]] = {
        "places": doc.places,
        "clinicians": doc.clinicians,
        "shifts": doc.shifts,
        "visits": doc.visits,
    }
    for name, found in things.items():
        often = Bag(x.id for x in found)
        faults += [f"{name}: {x!r} twice; expected each id once" for x in sorted(often) if often[x] > 1]
    ids = known(doc)
    for i, shift in enumerate(doc.shifts):
        faults += shift_faults(f"shifts.{i}", shift, ids)
    faults += _two_places(doc.shifts)
    for i, visit in enumerate(doc.visits):
        faults += visit_faults(f"visits.{i}", visit, ids)
    for i, link in enumerate(doc.links):
        faults += _link_faults(f"links.{i}", link, ids)
    faults += _circle(doc.links)
    for i, limit in enumerate(doc.limits):
        faults += _limit_faults(f"limits.{i}", limit, ids)
    faults += _far_off(doc)
    if faults:
        raise Unreadable(*faults)


def shift_faults(path: str, shift: ShiftJson, ids: Known) -> list[str]:
    """What does not fit in a shift."""
    faults = ids.fault(f"{path}.clinician_id", shift.clinician_id, "clinicians")
    faults += ids.fault(f"{path}.start_place_id", shift.start_place_id, "places")
    faults += ids.fault(f"{path}.end_place_id", shift.end_place_id, "places")
    if shift.live is not None:
        faults += ids.fault(f"{path}.live.place_id", shift.live.place_id, "places")
    if shift.end <= shift.start:
        faults.append(f"{path}.end: {shift.end.isoformat()}; expected an instant after start")
    if shift.hard_end is not None and shift.hard_end < shift.end:
        faults.append(f"{path}.hard_end: {shift.hard_end.isoformat()}; expected no earlier than end")
    for k, pause in enumerate(shift.breaks):
        if pause.latest_start < pause.earliest_start:
            late = pause.latest_start.isoformat()
            faults.append(f"{path}.breaks.{k}.latest_start: {late}; expected no earlier than earliest_start")
    for k, absence in enumerate(shift.absences):
        if absence.until is not None and absence.until <= absence.since:
            faults.append(f"{path}.absences.{k}.until: {absence.until.isoformat()}; expected an instant after from")
    return faults


def _two_places(shifts: Sequence[ShiftJson]) -> list[str]:
    """Shifts in which one clinician would be in two places at once."""
    faults: list[str] = []
    until: dict[str, ShiftJson] = {}
    for i, shift in sorted(enumerate(shifts), key=lambda x: (x[1].start, x[0])):
        before = until.get(shift.clinician_id)
        if before is not None and shift.start < before.end:
            faults.append(
                f"shifts.{i}.start: {shift.start.isoformat()}; expected no earlier than {before.end.isoformat()}, "
                f"the end of shift {before.id!r} of the same clinician {shift.clinician_id!r}"
            )
        if before is None or shift.end > before.end:
            until[shift.clinician_id] = shift
    return faults


def visit_faults(path: str, visit: VisitJson, ids: Known) -> list[str]:
    """What does not fit in a visit."""
    faults = ids.fault(f"{path}.place_id", visit.place_id, "places")
    for name in ("forbidden_clinician_ids", "only_clinician_ids"):
        for k, who in enumerate(getattr(visit, name)):
            faults += ids.fault(f"{path}.{name}.{k}", who, "clinicians")
    for k, preferred in enumerate(visit.preferred):
        faults += ids.fault(f"{path}.preferred.{k}.clinician_id", preferred.clinician_id, "clinicians")
    if visit.soft_window and len(visit.time_windows) > 1:
        faults.append(f"{path}.soft_window: given; expected only where there is one time window")
    for k, w in enumerate(visit.time_windows):
        if w.latest_start < w.earliest_start:
            late = w.latest_start.isoformat()
            faults.append(f"{path}.time_windows.{k}.latest_start: {late}; expected no earlier than earliest_start")
    return faults + (_pin_faults(f"{path}.pin", visit.pin, ids) if visit.pin else [])


def _pin_faults(path: str, pin: Pin, ids: Known) -> list[str]:
    faults = ids.fault(f"{path}.clinician_id", pin.clinician_id, "clinicians")
    if pin.clinician_id is None and pin.scope != "time":
        faults.append(f"{path}.clinician_id: missing; expected an id in a pin of scope {pin.scope}")
    if pin.start is None and pin.scope != "person":
        faults.append(f"{path}.start: missing; expected an instant in a pin of scope {pin.scope}")
    return faults


def _link_faults(path: str, link: LinkJson, ids: Known) -> list[str]:
    faults: list[str] = []
    for k, visit_id in enumerate(link.visit_ids):
        faults += ids.fault(f"{path}.visit_ids.{k}", visit_id, "visits")
    if link.visit_ids[0] == link.visit_ids[1]:
        faults.append(f"{path}.visit_ids.1: {link.visit_ids[1]!r}; expected another visit than the first")
    if link.min_gap_minutes > link.max_gap_minutes:
        faults.append(f"{path}.min_gap_minutes: {link.min_gap_minutes}; expected no more than max_gap_minutes")
    return faults


def _circle(links: Sequence[LinkJson]) -> list[str]:
    """The first circle of links, visit by visit; it could never begin."""
    after: dict[str, list[str]] = {}
    for link in links:
        if link.visit_ids[0] != link.visit_ids[1]:
            after.setdefault(link.visit_ids[0], []).append(link.visit_ids[1])
    done: set[str] = set()
    for first in after:
        trail: list[str] = []
        ahead: list[Iterator[str]] = [iter([first])]
        while ahead:
            v = next(ahead[-1], None)
            if v is None:
                ahead.pop()
                if trail:
                    done.add(trail.pop())
            elif v in trail:
                circle = " -> ".join([*trail[trail.index(v) :], v])
                return [f"links: {circle}; expected no circle"]
            elif v not in done:
                trail.append(v)
                ahead.append(iter(after.get(v, [])))
    return []


def _limit_faults(path: str, limit: LimitJson, ids: Known) -> list[str]:
    faults: list[str] = []
    for k, who in enumerate(limit.clinician_ids):
        faults += ids.fault(f"{path}.clinician_ids.{k}", who, "clinicians")
    for k, visit_id in enumerate(limit.visit_ids or []):
        faults += ids.fault(f"{path}.visit_ids.{k}", visit_id, "visits")
    names = ("max_minutes", "hard_max_minutes") if limit.kind == "minutes" else ("max", "hard_max")
    others = ("max", "hard_max") if limit.kind == "minutes" else ("max_minutes", "hard_max_minutes")
    if all(getattr(limit, name) is None for name in names):
        faults.append(f"{path}.{names[0]}: missing; expected {' or '.join(names)} in a limit of kind {limit.kind}")
    faults += [
        f"{path}.{name}: {getattr(limit, name)}; expected {' or '.join(names)} in a limit of kind {limit.kind}"
        for name in others
        if getattr(limit, name) is not None
    ]
    return faults


def _far_off(doc: ProblemJson) -> list[str]:
    """Instants that belong to another year."""
    first = doc.horizon.first_service_date
    return [
        f"{path}: {instant.isoformat()}; expected within {_FARTHEST.days} days of horizon.first_service_date"
        for path, instant in [
            *([("now", doc.now)] if doc.now else []),
            *_instants("shifts", doc.shifts),
            *_instants("visits", doc.visits),
        ]
        if abs(instant.date() - first) > _FARTHEST
    ]


def _instants(path: str, value: object) -> Iterator[tuple[str, datetime]]:
    if isinstance(value, datetime):
        yield path, value
    elif isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            yield from _instants(f"{path}.{field.alias or name}", getattr(value, name))
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from _instants(f"{path}.{i}", item)
