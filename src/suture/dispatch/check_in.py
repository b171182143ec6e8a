"""A clinician has begun a visit: from here on it is pinned by fact, and a late start moves what follows."""

from dataclasses import replace
from datetime import datetime, timedelta

from suture.dispatch.effect import Effect, doubtful, mismatch, nothing, with_visit
from suture.dispatch.who_came import begun_by, instead, names_of, planned_for, reporter, with_who_came
from suture.model.cases import CaseToOpen
from suture.model.day import Day
from suture.model.decision import VisitUpdate
from suture.model.ids import PartyId
from suture.model.instants import wall_clock
from suture.model.signals import CheckIn
from suture.model.visit import Visit, VisitStatus

EARLIEST_BEFORE_WINDOW = timedelta(minutes=60)
"""Earlier than this before its window opens, a check-in at a visit that is to be is taken for a slip.

Most likely the wrong visit was pressed: begun by it, the patient would lose the visit they were told of. A cancelled
visit has nothing to lose, and whoever is named was somewhere: that is recorded at any hour.
"""

_NOT_TO_BE = frozenset({VisitStatus.CANCELLED, VisitStatus.MISSED})


def check_in(signal: CheckIn, day: Day, now: datetime) -> Effect:
    """Mark the visit as under way since it truly began, with whoever it was that came."""
    visit = day.visits[signal.visit_id]
    if visit.status in _NOT_TO_BE and signal.clinician_id is None:
        because = f"a check-in came for visit {visit.external_id}, which was {visit.status}"
        return doubtful(day, visit, because, f"Someone checked in, but the visit was {visit.status}. Ask who is there.")
    if visit.status is VisitStatus.IN_PROGRESS:
        return _again(signal, visit, day)
    if visit.is_closed and visit.status not in _NOT_TO_BE:
        return nothing(day, f"visit {visit.external_id} was already {visit.status}")
    too_early = signal.occurred_at < visit.window.earliest_start - EARLIEST_BEFORE_WINDOW
    if too_early and visit.status not in _NOT_TO_BE:
        because = f"a check-in at visit {visit.external_id} came too early to count"
        return doubtful(day, visit, because, _long_before(signal, visit, day))
    began = replace(visit, status=VisitStatus.IN_PROGRESS, started_at=signal.occurred_at)
    return Effect(
        with_who_came(with_visit(day, began), began, signal.clinician_id, signal.occurred_at),
        because=f"visit {visit.external_id} has begun",
        replans=True,
        updates=(VisitUpdate(visit.id, VisitStatus.IN_PROGRESS, started_at=signal.occurred_at),),
        opened=_doubts(signal, visit, day),
    )


def _again(signal: CheckIn, visit: Visit, day: Day) -> Effect:
    """A second check-in: of another carer of the visit, the same one twice, or of somebody who was not expected."""
    because = f"visit {visit.external_id} was already {visit.status.replace('_', ' ')}"
    if signal.clinician_id is None or signal.clinician_id in planned_for(day, visit):
        return nothing(day, because)
    planned = planned_for(day, visit)
    with_whom = f" with {names_of(day, planned)}" if planned else ""
    reason = f"{reporter(day, signal.clinician_id)} checked in after the visit had begun{with_whom}."
    return doubtful(day, visit, because, f"{reason} Ask whose visit it was.")


def _long_before(signal: CheckIn, visit: Visit, day: Day) -> str:
    opens = f"{wall_clock(visit.window.earliest_start, day.branch.tz):%H:%M}"
    ask = "where they were" if signal.clinician_id else "who, and where"
    who = reporter(day, signal.clinician_id)
    return f"{who} checked in at {_clock(signal, day)}, but the visit may not begin before {opens}. Ask {ask}."


def _clock(signal: CheckIn, day: Day) -> str:
    return f"{wall_clock(signal.occurred_at, day.branch.tz):%H:%M}"


def _doubts(signal: CheckIn, visit: Visit, day: Day) -> tuple[CaseToOpen, ...]:
    """What does not fit, said once: a case holds one thing about a visit."""
    planned = planned_for(day, visit)
    if visit.status in _NOT_TO_BE and signal.clinician_id is not None:
        came = f"{names_of(day, (signal.clinician_id,))} checked in at {_clock(signal, day)}"
        return (mismatch(visit, f"The visit was {visit.status}, but {came}. Call them, then the patient."),)
    who: PartyId | None = signal.clinician_id or (planned[0] if len(planned) == 1 else None)
    if elsewhere := begun_by(day, who, besides=visit):
        others = " and ".join(v.external_id for v in elsewhere)
        return (
            mismatch(
                visit, f"{reporter(day, who)} also began visit {others} and has not ended it. Ask where they are."
            ),
        )
    if signal.clinician_id is not None and signal.clinician_id not in planned:
        return (mismatch(visit, f"{reporter(day, signal.clinician_id)} checked in{instead(day, visit)}"),)
    return ()
