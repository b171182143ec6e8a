"""A visit that should be over has no check-out. It counts as going on; a person asks whether all is well."""

from datetime import datetime, timedelta

from suture.dispatch.day_cases import risk_of
from suture.dispatch.effect import Effect, nothing, status_words
from suture.dispatch.late import begun_since, next_stop
from suture.dispatch.who_came import names_of, planned_for
from suture.model.cases import CaseKind, CaseSubject, CaseToClose, CaseToOpen
from suture.model.day import Day
from suture.model.instants import wall_clock
from suture.model.signals import NoCheckOut
from suture.model.visit import Visit
from suture.planner.day.live import leaves_at
from suture.words.reason import reason

TO_FIND_OUT = timedelta(minutes=30)
"""How long a person has to reach the clinician, where no next visit needs it sooner."""


def no_check_out(signal: NoCheckOut, day: Day, now: datetime) -> Effect:
    """Open a case for the missing check-out, and look again at what comes after; once is enough.

    Whoever began another visit since has left, and a visit that may still last is not overdue.
    """
    visit = day.visits[signal.visit_id]
    if visit.is_closed or not visit.is_started or visit.started_at is None:
        return nothing(day, reason("signal.already", visit=visit.external_id, status=status_words(visit)))
    if leaves_at(visit, visit.started_at) > now:
        return nothing(day, reason("signal.no_check_out_yet", visit=visit.external_id))
    if not is_still_there(visit, day):
        return nothing(day, reason("signal.gone_on", visit=visit.external_id))
    because = reason("signal.no_check_out", visit=visit.external_id)
    if any((case.kind, case.subject) == (CaseKind.NOT_CLOCKED_OUT, _subject(visit)) for case in day.cases):
        return nothing(day, because)
    return Effect(day, because, replans=True, late=True, opened=(_not_clocked_out(visit, visit.started_at, day, now),))


def is_still_there(visit: Visit, day: Day) -> bool:
    """Whether a clinician of a visit that has begun may still be there: they have begun no other one since."""
    carers, began = planned_for(day, visit), visit.started_at
    return began is None or not carers or not all(begun_since(day, c, began) for c in carers)


def closed_by_more_time(visit: Visit, now: datetime) -> tuple[CaseToClose, ...]:
    """The case of a missing check-out, once a later end is known that is still ahead."""
    if visit.started_at is None or leaves_at(visit, visit.started_at) <= now:
        return ()
    return (CaseToClose(CaseKind.NOT_CLOCKED_OUT, _subject(visit), reason("closed.more_time")),)


def _subject(visit: Visit) -> CaseSubject:
    return CaseSubject("visit", visit.id)


def _not_clocked_out(visit: Visit, began: datetime, day: Day, now: datetime) -> CaseToOpen:
    carers, tz = planned_for(day, visit), day.branch.tz
    why = reason(
        "watch.no_check_out",
        who=names_of(day, carers) or reason("who.someone"),
        at=wall_clock(began, tz),
        until=wall_clock(leaves_at(visit, began), tz),
    )
    next_stops = (stop for c in carers if (stop := next_stop(day, c)) is not None)
    ahead = (at for stop in next_stops if (at := day.visits[stop.key.visit_id].window.latest_start) > now)
    deadline = min((now + TO_FIND_OUT, *ahead))
    return CaseToOpen(CaseKind.NOT_CLOCKED_OUT, _subject(visit), risk_of(visit), (why,), deadline)
