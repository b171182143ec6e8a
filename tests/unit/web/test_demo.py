"""The demo's buttons: whom they name, and what the page says was done."""

from typing import Any

from tests.builders import at
from tests.unit.web.test_timeline import JUDITH, NORA, a_day, a_seat, a_stop

from suture.model.ids import VisitId
from suture.model.visit import VisitStatus
from suture.store.views import DayView
from suture.web.desk.demo import NO_ONE, Done, Event, Quiet, in_words, offers


def no_check_in(day: DayView, now: str, quiet: Quiet = NO_ONE) -> str:
    return next(o.label for o in offers(day, at(now), quiet) if o.event is Event.NO_CHECK_IN)


def a_day_of_two(**first: Any) -> DayView:
    """Nora has two visits, Judith one after them."""
    return a_day(
        a_stop(1, seat=a_seat("08:00", "08:30"), **first),
        a_stop(2, seat=a_seat("08:56", "09:20")),
        a_stop(3, seat=a_seat("10:00", "10:20", clinician_id=JUDITH)),
    )


def test_only_who_checks_in_next_at_a_visit_ahead_is_named_for_no_check_in() -> None:
    done = a_day_of_two(status=VisitStatus.COMPLETED)
    assert no_check_in(done, "08:40") == "No check-in: Nora Kingfisher"
    assert no_check_in(done, "08:40", Quiet([NORA], ())) == "No check-in: Judith Sycamore", "she is silent already"
    under_way = a_day_of_two(status=VisitStatus.IN_PROGRESS)
    assert no_check_in(under_way, "08:40") == "No check-in: Judith Sycamore", "she is at a visit"
    assert no_check_in(a_day_of_two(), "08:01") == "No check-in: Judith Sycamore", "she should be there by now"
    assert no_check_in(under_way, "08:40", Quiet([JUDITH], ())) == "No check-in"


def test_the_page_says_what_was_done_and_nothing_that_was_not() -> None:
    day = a_day_of_two(status=VisitStatus.IN_PROGRESS, started_at=at("08:02"))
    quiet = Quiet([NORA], [VisitId(2)])
    assert in_words(Done(Event.NO_CHECK_IN, NORA), day, quiet) == "Nora Kingfisher does not check in from now on."
    assert in_words(Done(Event.SILENT_PATIENT, 2), day, quiet) == "Ivy W. does not answer from now on."
    said = in_words(Done(Event.RUN_OVER, 1), day, quiet)
    assert said == "It was reported that the visit takes half an hour longer: Ivy W."
    for untrue in (Done(Event.NO_CHECK_IN, JUDITH), Done(Event.SILENT_PATIENT, 3), Done(Event.RUN_OVER, 2)):
        assert in_words(untrue, day, quiet) == ""
    assert in_words(Done(Event.RUN_OVER, 99), day, quiet) == ""
