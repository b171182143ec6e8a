"""Event logs written by hand: a line a thing that happened, as `service/save.py` writes them.

Positions are named by their visit's number (and seat), clinicians by theirs, instants by the wall in Columbus.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from tests.builders import at

from suture.metrics.positions import Story, tell
from suture.model.events import EVENT_SPECS, Event, EventKind

PUBLISHED = at("15:00", days=-1)


class Line(NamedTuple):
    """An event before it has a number."""

    kind: EventKind
    subject_id: int
    data: Mapping[str, object]
    at: datetime = PUBLISHED


def when(clock: str | datetime) -> datetime:
    """`07:40`, `07:40:30`, or an instant."""
    return at(clock) if isinstance(clock, str) else clock


def added(visit: int, positions: int = 1, *, known: str | datetime = PUBLISHED) -> Line:
    """A visit became known."""
    return Line(EventKind.VISIT_ADDED, visit, {"positions": positions, "t_signal": when(known)})


def made(decided: str | datetime = PUBLISHED, asked: Mapping[int, int] | None = None) -> Line:
    """A first pass looked at everything known; `asked`: how many positions of each visit it was to fill."""
    wanted = {} if asked is None else {"asked": [list(pair) for pair in asked.items()]}
    return Line(EventKind.PLAN_MADE, 1, {"version": 1, "t_decided": when(decided), **wanted})


def changed(visit: int, positions: int, *, known: str | datetime) -> Line:
    """A visit needs so many people on this day from now on."""
    return Line(EventKind.VISIT_CHANGED, visit, {"positions": positions, "t_signal": when(known)})


def handled(
    decided: str | datetime, *hit: tuple[int, int], signal: str = "call_out", came: str | datetime | None = None
) -> Line:
    """A signal was decided; `hit` are the positions of a call-out."""
    return Line(
        EventKind.SIGNAL_HANDLED,
        9,
        {
            "signal": signal,
            "t_true": when(came or decided),
            "t_signal": when(came or decided),
            "t_decided": when(decided),
            "hit": [list(key) for key in hit],
        },
    )


def _row(kind: EventKind, visit: int, who: int | None, start: str, decided: str | datetime, seat: int) -> Line:
    return Line(
        kind,
        visit,
        {
            "position": seat,
            "clinician_id": who,
            "from_clinician_id": None,
            "t_start": when(start),
            "t_decided": when(decided),
            "told_changed": False,
            "because": "",
        },
    )


def assigned(visit: int, who: int, start: str = "09:00", *, decided: str | datetime = PUBLISHED, seat: int = 1) -> Line:
    """An open position went to someone."""
    return _row(EventKind.VISIT_ASSIGNED, visit, who, start, decided, seat)


def reassigned(visit: int, who: int, start: str = "09:00", *, decided: str | datetime, seat: int = 1) -> Line:
    """A position went to someone else."""
    return _row(EventKind.VISIT_REASSIGNED, visit, who, start, decided, seat)


def retimed(visit: int, who: int, start: str, *, decided: str | datetime, seat: int = 1) -> Line:
    """A position kept its clinician at another time."""
    return _row(EventKind.VISIT_RETIMED, visit, who, start, decided, seat)


def uncovered(visit: int, start: str = "09:00", *, decided: str | datetime, seat: int = 1) -> Line:
    """A position lost its clinician; `start` is when it would have begun."""
    return _row(EventKind.VISIT_UNCOVERED, visit, None, start, decided, seat)


def missing(visit: int, at_time: str | datetime, *, seat: int = 1, case: str = "uncovered_visit") -> Line:
    """A case says that no clinician can be found for a position."""
    data = {"case": case, "band": "high", "reasons": [], "visit_id": visit, "position": seat}
    return Line(EventKind.CASE_OPENED, 70 + visit, data, when(at_time))


def offered(
    offer: int, visit: int, *people: int, at_time: str | datetime, seat: int = 1, by_person: bool = False
) -> Line:
    """People were asked to take a position."""
    about = {"offer_id": offer, "position": seat, "round": 1, "mode": "broadcast"}
    data = {**about, "asked": list(people), "by_person": by_person, "t_decided": when(at_time)}
    return Line(EventKind.OFFER_OPENED, visit, data)


def became(offer: int, visit: int, who: int, state: str, at_time: str | datetime, *, seat: int = 1) -> Line:
    """What became of asking one person."""
    data = {"offer_id": offer, "position": seat, "clinician_id": who, "state": state, "t_decided": when(at_time)}
    return Line(EventKind.OFFER_ANSWERED, visit, data)


def said(visit: int, who: int, state: str, at_time: str | datetime, *, participant: str = "clinician") -> Line:
    """A clinician or patient answered."""
    data = {"party_id": who, "participant": participant, "state": state, "via": "link", "t_accepted": when(at_time)}
    return Line(EventKind.CONFIRMATION, visit, data)


def yes(visit: int, who: int, at_time: str | datetime) -> Line:
    """A clinician accepted."""
    return said(visit, who, "accepted", at_time)


def off(visit: int, at_time: str | datetime, by: str = "patient") -> Line:
    """A visit was cancelled."""
    return Line(EventKind.VISIT_CANCELLED, visit, {"by": by, "t_signal": when(at_time), "t_decided": when(at_time)})


def done(visit: int, ends: str = "09:30") -> Line:
    """A visit was done."""
    return Line(EventKind.VISIT_COMPLETED, visit, {"clinician_id": 1, "t_start": when("09:00"), "t_end": when(ends)})


def not_home(visit: int, ends: str = "09:10") -> Line:
    """Nobody was home."""
    return Line(EventKind.VISIT_NOT_HOME, visit, {"t_end": when(ends)})


def log(*lines: Line | Iterable[Line]) -> tuple[Event, ...]:
    """The lines as recorded events, times as in JSON; each may hold only what the vocabulary declares."""
    flat = [line for given in lines for line in ([given] if isinstance(given, Line) else given)]
    for line in flat:
        assert set(line.data) <= set(EVENT_SPECS[line.kind].data), line
    plain = [{k: v.isoformat() if isinstance(v, datetime) else v for k, v in line.data.items()} for line in flat]
    return tuple(
        Event(n, f.kind, f.subject_id, d, f.at) for n, (f, d) in enumerate(zip(flat, plain, strict=True), start=1)
    )


def story(*lines: Line | Iterable[Line]) -> Story:
    """The lines as the metrics read them."""
    return tell(log(*lines))
