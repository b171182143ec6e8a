"""Time-to-reassign: from the call-out's arrival to the new clinician's yes."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import at
from tests.unit.metrics.a_log import (
    Line,
    added,
    assigned,
    became,
    changed,
    handled,
    made,
    off,
    offered,
    reassigned,
    retimed,
    said,
    story,
    uncovered,
    yes,
)

from suture.metrics.reassign import TimeToReassign, nearest_rank, time_to_reassign

PLANNED = (added(1), made(), assigned(1, 101))
EVENING = at("18:00")
HIT = (handled("07:40", (1, 1)), reassigned(1, 102, decided="07:40"))


def reassign(*lines: Line) -> TimeToReassign:
    return time_to_reassign(story(PLANNED, lines), EVENING)


def test_the_worked_example_390_seconds():
    """Signal 07:40:00.0, decided 0.4 s later, accepted 07:46:30."""
    decided = at("07:40") + timedelta(milliseconds=400)
    lines = handled(decided, (1, 1), came="07:40"), reassigned(1, 102, decided=decided), yes(1, 102, "07:46:30")
    assert reassign(*lines) == TimeToReassign(p50=390, p90=390, unresolved=0.0, displaced=1)


def ten(*minutes: int | None) -> TimeToReassign:
    """Ten positions hit at 07:40, each accepted after so many minutes, or never."""
    lines = [*(added(v) for v in range(1, 11)), made(), *(assigned(v, 101) for v in range(1, 11))]
    lines += [handled("07:40", *((v, 1) for v in range(1, 11)))]
    lines += [reassigned(v, 102, decided="07:40") for v in range(1, 11)]
    accepted = [(v, at("07:40") + timedelta(minutes=m)) for v, m in enumerate(minutes, start=1) if m is not None]
    return time_to_reassign(story(lines, [yes(v, 102, when) for v, when in accepted]), EVENING)


def test_the_worked_example_of_ten_open_ones_rank_last_and_are_never_dropped():
    """Median 9 min; dropping the three open ones would say 7, and 45 for the p90."""
    assert ten(2, 4, 4, 7, 9, None, 18, None, 45, None) == TimeToReassign(540, None, 0.3, 10)


def test_a_percentile_is_a_wait_that_somebody_had():
    assert ten(*range(1, 11)) == TimeToReassign(p50=300, p90=540, unresolved=0.0, displaced=10)


def test_a_percentile_that_was_never_reached_is_null():
    assert ten(1, 2, 3, 4, *[None] * 6) == TimeToReassign(None, None, 0.6, 10)
    assert ten(1, 2, 3, 4, 5, *[None] * 5) == TimeToReassign(300, None, 0.5, 10)


def test_without_a_call_out_there_is_nothing_to_measure():
    assert reassign(yes(1, 101, "07:00")) == TimeToReassign(None, None, None, 0)


def test_a_yes_after_the_planned_start_is_timed_and_counts_as_unresolved():
    assert reassign(*HIT, yes(1, 102, "09:10")) == TimeToReassign(5400, 5400, 1.0, 1)
    assert reassign(*HIT, yes(1, 102, "09:00")).unresolved == 0.0


def test_a_declined_offer_does_not_stop_the_clock():
    lines = (
        *HIT,
        said(1, 102, "declined", "07:42"),
        handled("07:42", signal="reply"),
        reassigned(1, 103, decided="07:42"),
        yes(1, 103, "07:50"),
    )
    assert reassign(*lines).p50 == 600


ASKED = (
    handled("07:40", (1, 1)),
    uncovered(1, decided="07:40"),
    offered(5, 1, 102, 103, at_time="07:45"),
    became(5, 1, 102, "rejected", "07:46"),
)


def test_one_that_is_taken_through_an_offer_ends_with_the_winners_yes():
    won = became(5, 1, 103, "accepted", "07:50"), assigned(1, 103, decided="07:50")
    assert reassign(*ASKED, *won) == TimeToReassign(p50=600, p90=600, unresolved=0.0, displaced=1)


def test_a_no_to_an_offer_is_no_yes_though_they_were_given_it():
    given = assigned(1, 103, decided="07:47"), became(5, 1, 103, "rejected", "07:48")
    assert reassign(*ASKED, *given).p50 is None


def test_a_no_to_an_offer_and_a_round_that_ends_leave_it_open():
    assert reassign(*ASKED, became(5, 1, 103, "timeout", "08:15")) == TimeToReassign(None, None, 1.0, 1)


def test_a_yes_to_an_offer_is_a_yes_only_while_they_have_it():
    won = became(5, 1, 103, "accepted", "07:50"), assigned(1, 103, decided="07:50")
    again = handled("08:00", (1, 1)), uncovered(1, decided="08:00"), assigned(1, 104, decided="08:00")
    assert reassign(*ASKED, *won, *again).p50 == 600  # from the first call-out to the first yes
    never = handled("08:00", signal="visit_changed"), reassigned(1, 103, decided="08:00")
    early = became(5, 1, 103, "accepted", "07:50"), assigned(1, 104, decided="07:50")
    assert reassign(*ASKED, *early, *never).p50 is None


def test_who_had_it_for_a_while_and_never_answered_did_not_stop_it_either():
    lines = (*HIT, reassigned(1, 103, decided="07:45"), yes(1, 102, "07:50"), yes(1, 103, "07:55"))
    assert reassign(*lines).p50 == 900


def test_reassigned_twice_the_clock_runs_from_the_first_call_out():
    lines = (*HIT, handled("08:00", (1, 1)), reassigned(1, 103, decided="08:00"), yes(1, 103, "08:05"))
    assert reassign(*lines) == TimeToReassign(1500, 1500, 0.0, 1)


def test_a_yes_of_the_first_replacement_stops_it_even_if_it_moves_on_later():
    lines = (*HIT, yes(1, 102, "07:44"), handled("08:00", (1, 1)), reassigned(1, 103, decided="08:00"))
    assert reassign(*lines).p50 == 240


def test_a_yes_from_before_the_call_out_is_no_answer_to_it():
    before = yes(1, 102, "07:30")
    assert reassign(before, *HIT).p50 is None


def test_an_uncovered_position_waits_until_somebody_is_found_and_says_yes():
    lost = handled("07:40", (1, 1)), uncovered(1, decided="07:40")
    assert reassign(*lost) == TimeToReassign(None, None, 1.0, 1)
    found = assigned(1, 103, decided="08:10"), yes(1, 103, "08:12")
    assert reassign(*lost, *found) == TimeToReassign(1920, 1920, 0.0, 1)


def test_a_new_time_for_the_same_replacement_does_not_take_its_yes_away():
    lines = (*HIT, retimed(1, 102, "09:30", decided="07:41"), yes(1, 102, "07:44"))
    assert reassign(*lines).p50 == 240


@pytest.mark.parametrize(
    ("by", "displaced"), [("patient", 0), ("agency", 1)], ids=["nobody was needed any more", "the agency gave up"]
)
def test_a_patient_who_cancels_while_it_waits_takes_it_out(by, displaced):
    assert reassign(*HIT, off(1, "07:45", by)).displaced == displaced


def test_what_goes_on_hold_or_to_another_day_while_it_waits_is_taken_out_too():
    lost = handled("07:40", (1, 1)), uncovered(1, decided="07:40")
    assert reassign(*lost, changed(1, 0, known="07:50")).displaced == 0
    assert reassign(*HIT, yes(1, 102, "07:44"), changed(1, 0, known="07:50")).displaced == 1


def test_a_patient_who_cancels_after_the_yes_changes_nothing():
    assert reassign(*HIT, yes(1, 102, "07:44"), off(1, "07:45")) == TimeToReassign(240, 240, 0.0, 1)


def test_only_positions_hit_are_measured_and_each_seat_by_itself():
    lines = (
        added(1, positions=2),
        made(),
        assigned(1, 101),
        assigned(1, 102, seat=2),
        handled("07:40", (1, 2)),
        reassigned(1, 103, decided="07:40", seat=2),
        yes(1, 103, "07:41"),
    )
    assert time_to_reassign(story(lines), EVENING) == TimeToReassign(60, 60, 0.0, 1)


@given(st.lists(st.integers(0, 9_000).map(float), min_size=1, max_size=30), st.sampled_from([0.5, 0.9]))
def test_nearest_rank_is_the_least_wait_that_at_least_that_share_did_not_exceed(waits, q):
    value = nearest_rank(waits, q)
    assert value is not None
    assert value in waits
    assert sum(w <= value for w in waits) >= q * len(waits)
    assert sum(w < value for w in waits) < q * len(waits)


def test_nothing_is_unresolved_before_its_start_has_come():
    early = time_to_reassign(story(PLANNED, HIT), at("07:41"))
    assert (early.displaced, early.unresolved) == (1, None)
    assert time_to_reassign(story(PLANNED, HIT), EVENING).unresolved == 1.0


def test_a_position_is_due_from_the_minute_it_was_planned_to_begin():
    lines = story(PLANNED, HIT)
    assert time_to_reassign(lines, at("08:59")).unresolved is None
    assert time_to_reassign(lines, at("09:00")).unresolved == 1.0


def test_a_yes_in_the_minute_of_the_cancellation_was_still_a_yes():
    assert reassign(*HIT, yes(1, 102, "07:50"), off(1, "07:50")).displaced == 1


def test_a_yes_that_comes_after_the_patient_cancelled_was_no_longer_needed():
    late = off(1, "07:50"), yes(1, 102, "08:00")
    assert reassign(*HIT, *late) == TimeToReassign(None, None, None, 0)
