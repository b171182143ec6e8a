"""A visit's window is in order, and its status says whether anyone has to be found for it."""

from datetime import timedelta

import pytest
from tests.builders import a_visit, at

from suture.model.ids import PositionKey, VisitId
from suture.model.visit import TimeWindow, VisitStatus

BEFORE = {VisitStatus.REQUESTED, VisitStatus.SCHEDULED, VisitStatus.CONFIRMED}
STARTED = {VisitStatus.EN_ROUTE, VisitStatus.IN_PROGRESS}


@pytest.mark.parametrize(
    ("earliest_start", "latest_start", "latest_end"),
    [("08:00", "07:59", "12:00"), ("08:00", "12:01", "12:00"), ("08:00", "07:00", "07:30")],
    ids=["shorter than the visit", "starts after its end", "before its beginning"],
)
def test_a_window_out_of_order_is_refused_with_its_times(earliest_start, latest_start, latest_end):
    with pytest.raises(ValueError, match=r"out of order: 2026-03-24 12:00:00\+00:00 .*Maybe the window is shorter"):
        TimeWindow(at(earliest_start), at(latest_start), at(latest_end))


def test_a_window_may_be_a_moment():
    TimeWindow(at("08:00"), at("08:00"), at("08:00"))


@pytest.mark.parametrize("status", VisitStatus)
def test_a_visit_waits_or_is_under_way_or_is_closed(status):
    visit = a_visit(status=status)
    assert visit.is_started == (status in STARTED)
    assert visit.is_closed == (status not in BEFORE | STARTED)
    assert visit.is_plannable == (not visit.is_closed)


def test_a_visit_on_hold_wants_no_one():
    assert not a_visit(status=VisitStatus.REQUESTED, held=True).is_plannable


def test_a_clinician_is_busy_with_care_and_its_documentation():
    assert a_visit(duration_minutes=30, documentation_minutes=5).busy == timedelta(minutes=35)


def test_every_seat_is_a_position_counted_from_one():
    assert a_visit(7, positions=2).position_keys() == (PositionKey(VisitId(7), 1), PositionKey(VisitId(7), 2))
