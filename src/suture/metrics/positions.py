"""The event log of one branch-day, folded into the story of each position. All metrics read these stories."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from suture.model.cases import CaseKind
from suture.model.events import Event, EventKind


@dataclass(frozen=True, slots=True)
class Holder:
    """Who held a position from `since` on (None: no one), and the planned start then."""

    clinician_id: int | None
    since: datetime
    starts_at: datetime


@dataclass(slots=True)
class Position:
    """Everything that happened to one seat."""

    visit_id: int
    position: int
    looked_at: datetime | None = None
    first_filled: bool = False
    holders: list[Holder] = field(default_factory=list)
    call_outs: list[datetime] = field(default_factory=list)
    cancelled_by: str | None = None
    cancelled_at: datetime | None = None
    completed: bool = False
    not_home: bool = False
    open_since: datetime | None = None
    """When it was first known that no clinician could be found for it; None where one always was."""
    wanted: bool = True
    """False once the visit needs fewer people, is on hold, or is on another day.

    So it is of one that a file cancelled before anyone knew of it: then no one has cancelled it."""

    @property
    def planned_start(self) -> datetime | None:
        """The last start that was decided before it came (a check-in records another); None where none ever was."""
        foreseen = [h.starts_at for h in self.holders if h.since < h.starts_at]
        return foreseen[-1] if foreseen else (self.holders[-1].starts_at if self.holders else None)

    @property
    def left_in_time(self) -> bool:
        """Cancelled before it was due: no clinician had to be found for it."""
        if self.cancelled_at is None:
            return False
        return self.planned_start is None or self.cancelled_at <= self.planned_start

    def holder_at(self, instant: datetime) -> Holder | None:
        """Who held it at an instant, with `since` the moment that person got it (retimings do not count)."""
        current: Holder | None = None
        for h in self.holders:
            if h.since > instant:
                break
            same = current is not None and current.clinician_id == h.clinician_id
            current = Holder(h.clinician_id, current.since if same and current else h.since, h.starts_at)
        return current


@dataclass(slots=True)
class Story:
    """All positions of a day and the clinicians' acceptances by (visit, clinician).

    Whoever takes a visit that they were offered has accepted it with that.
    """

    by_key: dict[tuple[int, int], Position] = field(default_factory=dict)
    acceptances: dict[tuple[int, int], list[datetime]] = field(default_factory=dict)
    is_planned: bool = False
    """Whether the day had a plan by then: a signal before that, such as an absence, looks at no position."""

    @property
    def positions(self) -> list[Position]:
        """In visit and seat order."""
        return [self.by_key[key] for key in sorted(self.by_key)]

    def accepted_between(self, visit_id: int, clinician_id: int, first: datetime, last: datetime) -> datetime | None:
        """The first acceptance within the interval."""
        times = self.acceptances.get((visit_id, clinician_id), [])
        return next((t for t in sorted(times) if first <= t <= last), None)


def tell(events: Iterable[Event]) -> Story:
    """Fold the log, in the order it was written."""
    story = Story()
    for event in events:
        _take(story, event)
    return story


_HELD = {EventKind.VISIT_ASSIGNED, EventKind.VISIT_REASSIGNED, EventKind.VISIT_RETIMED}
_LOST = {EventKind.VISIT_UNCOVERED, EventKind.VISIT_RELEASED}
_UNCOVERED = {CaseKind.UNCOVERED_VISIT, CaseKind.UNCOVERED_SHIFT}


def _take(story: Story, event: Event) -> None:
    data = event.data
    match event.kind:
        case EventKind.VISIT_ADDED:
            for n in range(1, int(data["positions"]) + 1):  # type: ignore[call-overload]
                story.by_key.setdefault((event.subject_id, n), Position(event.subject_id, n))
        case EventKind.VISIT_CHANGED:
            _change(story, event)
        case EventKind.PLAN_MADE | EventKind.PLAN_REPAIRED:
            story.is_planned = True
            _recount(story, data)
            _look(story, data)
        case EventKind.SIGNAL_HANDLED:
            _look(story, data)
            _displace(story, data)
        case kind if kind in _HELD or kind in _LOST:
            _hold(story, event)
        case EventKind.CASE_OPENED:
            _miss(story, event)
        case EventKind.CONFIRMATION | EventKind.OFFER_ANSWERED:
            _accept(story, event)
        case EventKind.VISIT_CANCELLED | EventKind.VISIT_COMPLETED | EventKind.VISIT_NOT_HOME:
            _close(story, event)
        case _:
            pass


def _miss(story: Story, event: Event) -> None:
    """A case says of which position it is; before it did, only that one lost its clinician was known of it."""
    data = event.data
    if data["case"] in _UNCOVERED and "visit_id" in data:
        key = _int(data, "visit_id"), _int(data, "position")
        _leave_open(story.by_key.setdefault(key, Position(*key)), event.at)


def _leave_open(p: Position, at: datetime) -> None:
    p.open_since = p.open_since or at


def _accept(story: Story, event: Event) -> None:
    data = event.data
    if data["state"] != "accepted" or data.get("participant", "clinician") != "clinician":
        return
    who, when = ("party_id", "t_accepted") if event.kind is EventKind.CONFIRMATION else ("clinician_id", "t_decided")
    story.acceptances.setdefault((event.subject_id, _int(data, who)), []).append(_time(data, when))


def _change(story: Story, event: Event) -> None:
    """What is asked for again after it was cancelled was cancelled by mistake."""
    positions = _int(event.data, "positions")
    for p in story.positions if positions else ():
        if p.visit_id == event.subject_id:
            p.cancelled_by = p.cancelled_at = None
    _ask(story, {event.subject_id: positions}, of=(event.subject_id,))


def _recount(story: Story, data: Mapping[str, Any]) -> None:
    """A first pass says what the day needs; a log from before it did leaves everything as it was."""
    if "asked" in data:
        _ask(story, dict(data["asked"]), of={p.visit_id for p in story.positions})


def _ask(story: Story, positions: Mapping[int, int], of: Collection[int]) -> None:
    """Let this many positions of these visits be needed from now on, none of those `of` which nothing is said."""
    for visit_id, wanted in positions.items():
        for n in range(1, wanted + 1):
            story.by_key.setdefault((visit_id, n), Position(visit_id, n))
    for p in story.by_key.values():
        if p.visit_id in of or p.visit_id in positions:
            p.wanted = p.position <= positions.get(p.visit_id, 0)


def _look(story: Story, data: Mapping[str, Any]) -> None:
    decided = _time(data, "t_decided")
    for p in story.by_key.values() if story.is_planned else ():
        p.looked_at = p.looked_at or decided


def _displace(story: Story, data: Mapping[str, Any]) -> None:
    for visit_id, n in data["hit"]:
        story.by_key.setdefault((visit_id, n), Position(visit_id, n)).call_outs.append(_time(data, "t_signal"))


def _hold(story: Story, event: Event) -> None:
    data: Mapping[str, Any] = event.data
    key = event.subject_id, _int(data, "position")
    p = story.by_key.setdefault(key, Position(*key))
    decided = _time(data, "t_decided")
    clinician = None if event.kind in _LOST else _int(data, "clinician_id")
    p.holders.append(Holder(clinician, decided, _time(data, "t_start")))
    if event.kind is EventKind.VISIT_UNCOVERED:
        _leave_open(p, decided)
    if event.kind is EventKind.VISIT_ASSIGNED and p.looked_at == decided:
        p.first_filled = True


def _close(story: Story, event: Event) -> None:
    for p in story.by_key.values():
        if p.visit_id != event.subject_id:
            continue
        match event.kind:
            case EventKind.VISIT_COMPLETED:
                p.completed = True
                p.cancelled_by = p.cancelled_at = None  # it took place all the same
            case EventKind.VISIT_NOT_HOME:
                p.not_home = True
                p.cancelled_by = p.cancelled_at = None  # someone came all the same
            case _:
                p.cancelled_by = str(event.data["by"])
                p.cancelled_at = _time(event.data, "t_signal")


def _time(data: Mapping[str, Any], name: str) -> datetime:
    return datetime.fromisoformat(data[name])


def _int(data: Mapping[str, Any], name: str) -> int:
    return int(data[name])
