"""Fill rate: positions due that were filled at once, accepted by their start, served in the end."""

import pytest
from tests.builders import at
from tests.unit.metrics.a_log import (
    added,
    assigned,
    changed,
    done,
    handled,
    log,
    made,
    not_home,
    off,
    reassigned,
    retimed,
    said,
    story,
    uncovered,
    yes,
)

from suture.metrics.day import day_metrics
from suture.metrics.fill import Fill, fill

PLANNED = (added(1), made(), assigned(1, 101))


def test_the_worked_example_fifty_due_45_filled_by_the_engine_47_accepted_46_served():
    """90.0%, 94.0%, 92.0%. Two were filled later; one that was accepted was not served."""
    first = range(1, 46)
    lines = [
        *(added(v) for v in range(1, 51)),
        made(),
        *(assigned(v, 101) for v in first),
        *(assigned(v, 102, decided="08:00") for v in (46, 47)),
        *(yes(v, 101 if v in first else 102, "08:10") for v in range(1, 48)),
        *(done(v) for v in range(1, 47)),
    ]
    assert fill(story(lines)) == Fill(auto=0.9, accepted=0.94, delivered=0.92, required=50)


def test_nothing_due_is_no_rate_at_all():
    assert fill(story()) == Fill(None, None, None, 0)


def test_every_seat_counts():
    lines = added(1, positions=2), made(), assigned(1, 101), done(1)
    assert fill(story(lines)) == Fill(auto=0.5, accepted=0.0, delivered=1.0, required=2)


@pytest.mark.parametrize(
    ("came", "accepted"), [("08:59", 1.0), ("09:00", 1.0), ("09:01", 0.0)], ids=["before", "at", "after its start"]
)
def test_accepted_is_by_the_planned_start(came, accepted):
    assert fill(story(PLANNED, yes(1, 101, came))).accepted == accepted


def test_the_start_that_counts_is_the_last_one_planned_before_it_came():
    moved = retimed(1, 101, "10:00", decided="08:30")
    assert fill(story(PLANNED, moved, yes(1, 101, "09:30"))).accepted == 1.0
    earlier = retimed(1, 101, "08:30", decided="08:00")
    assert fill(story(PLANNED, earlier, yes(1, 101, "08:45"))).accepted == 0.0


@pytest.mark.parametrize("noticed", ["09:20", "09:21"], ids=["at once", "a minute later"])
def test_a_late_check_in_is_no_new_planned_start(noticed):
    """The plan records 09:20 as what happened; who says yes at 09:10 said it after the planned start."""
    recorded = retimed(1, 101, "09:20", decided=noticed)
    assert fill(story(PLANNED, yes(1, 101, "09:10"), recorded)).accepted == 0.0


def test_a_yes_counts_for_whoever_holds_the_position_at_its_start():
    swap = reassigned(1, 102, decided="08:00")
    assert fill(story(PLANNED, yes(1, 101, "07:00"), swap)).accepted == 0.0
    assert fill(story(PLANNED, yes(1, 101, "07:00"), swap, yes(1, 102, "08:30"))).accepted == 1.0


def test_a_yes_from_before_it_was_taken_away_does_not_count_when_it_comes_back():
    lines = (*PLANNED, yes(1, 101, "07:00"), reassigned(1, 102, decided="07:30"), reassigned(1, 101, decided="08:00"))
    assert fill(story(lines)).accepted == 0.0
    assert fill(story(lines, yes(1, 101, "08:05"))).accepted == 1.0


def test_a_yes_stands_when_only_the_time_moves():
    assert fill(story(PLANNED, yes(1, 101, "07:00"), retimed(1, 101, "09:20", decided="08:00"))).accepted == 1.0


def test_a_no_and_a_patients_yes_are_no_acceptance():
    assert fill(story(PLANNED, said(1, 101, "declined", "07:00"))).accepted == 0.0
    assert fill(story(PLANNED, said(1, 101, "accepted", "07:00", participant="patient"))).accepted == 0.0


def test_who_lost_the_position_before_its_start_did_not_fill_it():
    assert fill(story(PLANNED, yes(1, 101, "07:00"), uncovered(1, decided="08:00"))).accepted == 0.0


@pytest.mark.parametrize(
    ("came", "late"), [("08:00", 0), ("09:00", 0), ("09:01", 1)], ids=["before", "at the start", "after it"]
)
@pytest.mark.parametrize("by", ["patient", "agency"])
def test_what_was_called_off_before_its_start_is_neither_due_nor_filled(by, came, late):
    counted = fill(story(PLANNED, off(1, came, by)))
    assert (counted.required, counted.late, counted.auto) == (late, late, 1.0 if late else None)
    assert counted.called_off == (by == "agency" and not late)


def test_called_off_before_the_rest_does_not_lift_the_share():
    lines = added(1), added(2), added(3), made(), assigned(1, 101), assigned(2, 101), off(2, "08:00", "agency")
    assert fill(story(lines)) == Fill(auto=0.5, accepted=0.0, delivered=0.0, required=2, called_off=1)


def test_a_patients_cancellation_of_what_no_one_was_ever_planned_for_leaves_too():
    assert fill(story(added(1), made(), off(1, "08:00"))).required == 0


def test_a_first_pass_says_what_the_day_wants():
    """Files may have said otherwise since each visit became known: 2 is on hold, 3 needs one and not two."""
    known = added(1), added(2), added(3, positions=2)
    asked = made(asked={1: 1, 3: 1})
    assert fill(story(known, made())).required == 4, "a log from before it did so"
    assert fill(story(known, asked, assigned(1, 101))) == Fill(auto=0.5, accepted=0.0, delivered=0.0, required=2)
    assert fill(story(known, asked, made("16:00", asked={1: 1, 2: 1, 3: 2}))).required == 4


def test_auto_is_what_the_engine_filled_the_first_time_it_looked():
    second_look = (added(1), made(), made("16:00"), assigned(1, 101, decided="16:00"))
    assert fill(story(second_look)).auto == 0.0


def test_a_visit_that_came_later_is_filled_at_once_by_the_decision_about_it():
    new = added(2, known="09:30"), handled("09:31", signal="new_visit"), assigned(2, 102, "10:00", decided="09:31")
    assert fill(story(PLANNED, new)).auto == 1.0
    other_first = added(2, known="09:30"), handled("09:30", signal="reply"), *new[1:]
    assert fill(story(PLANNED, other_first)).auto == 0.5


def test_served_is_done_and_not_just_visited():
    assert fill(story(PLANNED, not_home(1))).delivered == 0.0
    assert fill(story(PLANNED, done(1))).delivered == 1.0


def test_the_three_numbers_of_a_day_come_from_one_reading_of_the_log():
    metrics = day_metrics(log(PLANNED, yes(1, 101, "08:00"), done(1)), at("18:00"))
    assert metrics.fill == Fill(1.0, 1.0, 1.0, 1)
    assert (metrics.no_show.rate, metrics.no_show.due) == (0.0, 1)
    assert metrics.time_to_reassign.displaced == 0


def test_whoever_gets_it_and_says_yes_in_the_minute_it_begins_has_it():
    lines = added(1), made(), assigned(1, 101), reassigned(1, 102, decided="09:00"), yes(1, 102, "09:00")
    assert fill(story(lines)).accepted == 1.0


def test_what_is_asked_for_again_was_cancelled_by_mistake():
    assert fill(story(PLANNED, off(1, "08:00"), changed(1, 1, known="08:10"))).required == 1


def test_where_someone_came_though_it_was_cancelled_it_was_due():
    assert fill(story(PLANNED, off(1, "08:00"), not_home(1, "09:00"))).required == 1
