"""What the models of `suture-problem/1` cannot say alone: ids that exist, once each, and values that fit together."""

from collections import Counter as Bag
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel

from suture.planner.formats.errors import Unreadable, at
from suture.planner.formats.suture_models import LimitJson, LinkJson, Pin, ProblemJson, ShiftJson, VisitJson
from suture.words.catalog import _, marked

_FARTHEST = timedelta(days=400)
"""From the first service date: far enough for any horizon, near enough for 32 bits of seconds."""

_AFTER = marked("{value}; expected an instant after {key}")
_NOT_BEFORE = marked("{value}; expected no earlier than {key}")


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
        return [at(path, _("{value}; expected the id of one of {kind}", value=repr(value), kind=kind))]


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
        twice = [x for x in sorted(often) if often[x] > 1]
        faults += [at(name, _("{value} twice; expected each id once", value=repr(x))) for x in twice]
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
        faults.append(_too_early(f"{path}.end", shift.end, _AFTER, "start"))
    if shift.hard_end is not None and shift.hard_end < shift.end:
        faults.append(_too_early(f"{path}.hard_end", shift.hard_end, _NOT_BEFORE, "end"))
    for k, pause in enumerate(shift.breaks):
        if pause.latest_start < pause.earliest_start:
            where = f"{path}.breaks.{k}.latest_start"
            faults.append(_too_early(where, pause.latest_start, _NOT_BEFORE, "earliest_start"))
    for k, absence in enumerate(shift.absences):
        if absence.until is not None and absence.until <= absence.since:
            faults.append(_too_early(f"{path}.absences.{k}.until", absence.until, _AFTER, "from"))
    return faults


def _too_early(path: str, instant: datetime, expected: str, other: str) -> str:
    """A line for an instant that is before another key's."""
    return at(path, _(expected, value=instant.isoformat(), key=other))


def _two_places(shifts: Sequence[ShiftJson]) -> list[str]:
    """Shifts in which one clinician would be in two places at once."""
    faults: list[str] = []
    until: dict[str, ShiftJson] = {}
    for i, shift in sorted(enumerate(shifts), key=lambda x: (x[1].start, x[0])):
        before = until.get(shift.clinician_id)
        if before is not None and shift.start < before.end:
            said = _(
                "{value}; expected no earlier than {end}, the end of shift {shift} of the same clinician {clinician}",
                value=shift.start.isoformat(),
                end=before.end.isoformat(),
                shift=repr(before.id),
                clinician=repr(shift.clinician_id),
            )
            faults.append(at(f"shifts.{i}.start", said))
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
        faults.append(at(f"{path}.soft_window", _("given; expected only where there is one time window")))
    for k, w in enumerate(visit.time_windows):
        if w.latest_start < w.earliest_start:
            where = f"{path}.time_windows.{k}.latest_start"
            faults.append(_too_early(where, w.latest_start, _NOT_BEFORE, "earliest_start"))
    return faults + (_pin_faults(f"{path}.pin", visit.pin, ids) if visit.pin else [])


def _pin_faults(path: str, pin: Pin, ids: Known) -> list[str]:
    faults = ids.fault(f"{path}.clinician_id", pin.clinician_id, "clinicians")
    if pin.clinician_id is None and pin.scope != "time":
        said = _("missing; expected an id in a pin of scope {scope}", scope=pin.scope)
        faults.append(at(f"{path}.clinician_id", said))
    if pin.start is None and pin.scope != "person":
        said = _("missing; expected an instant in a pin of scope {scope}", scope=pin.scope)
        faults.append(at(f"{path}.start", said))
    return faults


def _link_faults(path: str, link: LinkJson, ids: Known) -> list[str]:
    faults: list[str] = []
    for k, visit_id in enumerate(link.visit_ids):
        faults += ids.fault(f"{path}.visit_ids.{k}", visit_id, "visits")
    if link.visit_ids[0] == link.visit_ids[1]:
        said = _("{value}; expected another visit than the first", value=repr(link.visit_ids[1]))
        faults.append(at(f"{path}.visit_ids.1", said))
    if link.min_gap_minutes > link.max_gap_minutes:
        said = _("{value}; expected no more than max_gap_minutes", value=link.min_gap_minutes)
        faults.append(at(f"{path}.min_gap_minutes", said))
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
                return [at("links", _("{value}; expected no circle", value=circle))]
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
    values = {"one": names[0], "other": names[1], "kind": limit.kind}
    if all(getattr(limit, name) is None for name in names):
        said = _("missing; expected {one} or {other} in a limit of kind {kind}", **values)
        faults.append(at(f"{path}.{names[0]}", said))
    for name in others:
        if (given := getattr(limit, name)) is not None:
            said = _("{value}; expected {one} or {other} in a limit of kind {kind}", value=given, **values)
            faults.append(at(f"{path}.{name}", said))
    return faults


def _far_off(doc: ProblemJson) -> list[str]:
    """Instants that belong to another year."""
    first = doc.horizon.first_service_date
    return [
        at(
            path,
            _(
                "{value}; expected within {n} days of horizon.first_service_date",
                value=instant.isoformat(),
                n=_FARTHEST.days,
            ),
        )
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
