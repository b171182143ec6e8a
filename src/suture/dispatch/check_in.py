"""A clinician has begun a visit: from here on it is pinned by fact, and a late start moves what follows."""

from dataclasses import replace
from datetime import datetime, timedelta

from suture.dispatch.effect import Effect, doubtful, mismatch, nothing, status_words, with_visit
from suture.dispatch.late_start import closed_by_check_in
from suture.dispatch.who_came import begun_by, names_of, planned_for, reporter, with_who_came
from suture.model.cases import CaseToOpen
from suture.model.day import Day
from suture.model.decision import VisitUpdate
from suture.model.ids import PartyId
from suture.model.instants import wall_clock
from suture.model.signals import CheckIn
from suture.model.visit import Visit, VisitStatus
from suture.words.reason import Reason, reason

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
        because = reason("signal.check_in_closed", visit=visit.external_id, status=status_words(visit))
        return doubtful(day, visit, because, reason("report.check_in_closed", status=status_words(visit)))
    if visit.status is VisitStatus.IN_PROGRESS:
        return _again(signal, visit, day)
    if visit.is_closed and visit.status not in _NOT_TO_BE:
        return nothing(day, reason("signal.already", visit=visit.external_id, status=status_words(visit)))
    too_early = signal.occurred_at < visit.window.earliest_start - EARLIEST_BEFORE_WINDOW
    if too_early and visit.status not in _NOT_TO_BE:
        because = reason("signal.check_in_early", visit=visit.external_id)
        return doubtful(day, visit, because, _long_before(signal, visit, day))
    began = replace(visit, status=VisitStatus.IN_PROGRESS, started_at=signal.occurred_at)
    return Effect(
        with_who_came(with_visit(day, began), began, signal.clinician_id, signal.occurred_at),
        because=reason("signal.begun", visit=visit.external_id),
        replans=True,
        updates=(VisitUpdate(visit.id, VisitStatus.IN_PROGRESS, started_at=signal.occurred_at),),
        late=True,
        opened=_doubts(signal, visit, day),
        closed=closed_by_check_in(visit),
    )


def _again(signal: CheckIn, visit: Visit, day: Day) -> Effect:
    """A second check-in: of another carer of the visit, the same one twice, or of someone who was not expected."""
    because = reason("signal.already", visit=visit.external_id, status=status_words(visit))
    if signal.clinician_id is None or signal.clinician_id in planned_for(day, visit):
        return nothing(day, because)
    planned, who = planned_for(day, visit), reporter(day, signal.clinician_id)
    if not planned:
        return doubtful(day, visit, because, reason("report.check_in_again", who=who))
    return doubtful(day, visit, because, reason("report.check_in_again_with", who=who, planned=names_of(day, planned)))


def _long_before(signal: CheckIn, visit: Visit, day: Day) -> Reason:
    at, opens = _clock(signal, day), wall_clock(visit.window.earliest_start, day.branch.tz)
    if signal.clinician_id is None:
        return reason("report.check_in_early_unnamed", at=at, opens=opens)
    return reason("report.check_in_early", who=reporter(day, signal.clinician_id), at=at, opens=opens)


def _clock(signal: CheckIn, day: Day) -> datetime:
    return wall_clock(signal.occurred_at, day.branch.tz)


def _doubts(signal: CheckIn, visit: Visit, day: Day) -> tuple[CaseToOpen, ...]:
    """What does not fit, said once: a case holds one thing about a visit."""
    planned = planned_for(day, visit)
    if visit.status in _NOT_TO_BE and signal.clinician_id is not None:
        came = {"who": names_of(day, (signal.clinician_id,)), "at": _clock(signal, day)}
        return (mismatch(visit, reason("report.check_in_though", status=status_words(visit), **came)),)
    who: PartyId | None = signal.clinician_id or (planned[0] if len(planned) == 1 else None)
    if elsewhere := begun_by(day, who, besides=visit):
        others = tuple(v.external_id for v in elsewhere)
        return (mismatch(visit, reason("report.two_at_once", who=reporter(day, who), others=others)),)
    if signal.clinician_id is not None and signal.clinician_id not in planned:
        return (
            mismatch(
                visit,
                reason(
                    "report.checked_in_instead",
                    who=reporter(day, signal.clinician_id),
                    planned=names_of(day, planned) or reason("who.no_clinician"),
                    n=max(1, len(planned)),
                ),
            ),
        )
    return ()
