"""Offers in numbers: everyone who was asked, how long it took, and what was filled without a person."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.metrics.a_log import (
    Line,
    added,
    assigned,
    became,
    changed,
    done,
    handled,
    log,
    made,
    missing,
    off,
    offered,
    uncovered,
)

from suture.metrics.offers import Offers, offers
from suture.metrics.positions import tell

NURA, BEN, CLEO = 1, 2, 3
MORNING = [
    added(7),
    made(),
    assigned(7, NURA, "13:00"),
    handled("07:40", (7, 1)),
    uncovered(7, "13:00", decided="07:40"),
]


def counted(*lines: Line) -> Offers:
    """What the log says, after a morning in which visit 7 lost its clinician at 07:40."""
    events = log(*MORNING, *lines)
    return offers(events, tell(events))


def test_a_day_on_which_no_one_was_asked_has_counts_of_zero_and_no_times():
    events = log(added(7), made(), assigned(7, NURA))
    assert offers(events, tell(events)) == Offers()
    assert Offers().share_by_itself is None


def test_everyone_who_was_asked_is_counted_once_by_what_became_of_it():
    found = counted(
        offered(1, 7, NURA, BEN, CLEO, at_time="07:45"),
        became(1, 7, NURA, "rejected", "07:46"),
        became(1, 7, BEN, "accepted", "07:50"),
        became(1, 7, CLEO, "rescinded", "07:50"),
        assigned(7, BEN, "13:00", decided="07:50"),
    )
    assert (found.sent, found.accepted, found.declined, found.timeout, found.rescinded) == (3, 1, 1, 0, 1)


def test_whoever_changes_their_mind_counts_by_their_last_word():
    changed = [became(1, 7, BEN, "rejected", "07:46"), became(1, 7, BEN, "accepted", "07:50")]
    found = counted(offered(1, 7, BEN, at_time="07:45"), *changed)
    assert (found.accepted, found.declined) == (1, 0)


def test_who_may_still_answer_and_whose_offer_was_canceled_are_only_in_the_sum():
    found = counted(offered(1, 7, NURA, BEN, at_time="07:45"), became(1, 7, BEN, "canceled", "07:50"))
    assert found == Offers(sent=2, waiting=1, uncovered=1)


def test_whoever_is_asked_in_two_rounds_counts_twice():
    again = [became(1, 7, BEN, "timeout", "08:15"), offered(2, 7, BEN, at_time="08:15")]
    found = counted(offered(1, 7, BEN, at_time="07:45"), *again)
    assert (found.sent, found.timeout) == (2, 1)


def test_it_takes_from_the_opening_to_the_winners_yes():
    found = counted(
        missing(7, "07:40"),
        offered(1, 7, BEN, at_time="07:45"),
        became(1, 7, BEN, "timeout", "08:15"),
        offered(2, 7, CLEO, at_time="08:15"),
        became(2, 7, CLEO, "accepted", "08:20"),
    )
    assert (found.p50, found.p90) == (40 * 60, 40 * 60)


def test_what_was_never_covered_is_open_from_its_case():
    events = log(
        added(8),
        made("06:00"),
        missing(8, "06:00"),
        offered(1, 8, BEN, at_time="06:05"),
        became(1, 8, BEN, "accepted", "06:09"),
    )
    assert offers(events, tell(events)).p50 == 9 * 60


def test_a_case_that_is_opened_again_does_not_start_over():
    took = [offered(1, 7, BEN, at_time="09:05"), became(1, 7, BEN, "accepted", "09:10")]
    assert counted(missing(7, "07:40"), missing(7, "09:00"), *took).p50 == 90 * 60


def test_a_case_about_something_else_leaves_no_position_open():
    assert counted(added(8), missing(8, "07:50", case="promise_at_risk")).uncovered == 1


def test_one_that_no_one_took_is_never_filled_and_lasts():
    found = counted(
        added(8),
        missing(8, "07:40"),
        offered(1, 7, BEN, at_time="07:45"),
        offered(2, 8, CLEO, at_time="07:45"),
        became(1, 7, BEN, "accepted", "07:50"),
        assigned(7, BEN, "13:00", decided="07:50"),
    )
    assert (found.p50, found.p90) == (600, None)


TAKEN = [added(8), missing(8, "07:40"), offered(2, 8, CLEO, at_time="07:45"), became(2, 8, CLEO, "accepted", "07:50")]
LET_GO = [offered(1, 7, BEN, at_time="07:45"), became(1, 7, BEN, "canceled", "07:50")]


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(off(7, "07:50"), id="cancelled"),
        pytest.param(changed(7, 0, known="07:50"), id="on hold"),
        pytest.param(assigned(7, NURA, "13:00", decided="07:50"), id="covered otherwise"),
        pytest.param(done(7), id="done all the same"),
    ],
)
def test_one_that_needed_no_one_anymore_is_left_out(end):
    found = counted(*TAKEN, *LET_GO, end)
    assert (found.taken, found.p50, found.p90) == (1, 600, 600)
    assert counted(*TAKEN, *LET_GO).p90 is None, "while it is open it counts as never"


def test_filled_without_a_person_is_what_no_person_had_to_start_of_all_that_was_ever_open():
    taken = [offered(1, 7, BEN, at_time="07:45"), became(1, 7, BEN, "accepted", "07:50")]
    never_asked = [added(8), missing(8, "07:40")]
    assert counted(*taken, *never_asked).share_by_itself == 0.5
    started = [
        offered(1, 7, CLEO, at_time="07:45", by_person=True),
        became(1, 7, CLEO, "timeout", "08:15"),
        offered(2, 7, BEN, at_time="08:15"),
        became(2, 7, BEN, "accepted", "08:20"),
    ]
    found = counted(*started, *never_asked)
    assert (found.taken, found.by_itself, found.share_by_itself) == (1, 0, 0.0)


STATES = st.sampled_from(["pending", "accepted", "rejected", "timeout", "canceled", "rescinded"])


@given(st.lists(st.lists(STATES, min_size=1, max_size=4), max_size=5), st.booleans())
def test_the_counts_never_add_up_to_more_than_were_asked(rounds, by_person):
    lines: list[Line] = []
    for n, states in enumerate(rounds, start=1):
        lines.append(offered(n, 7, *range(len(states)), at_time="07:45", by_person=by_person))
        lines += [became(n, 7, who, s, "07:50") for who, s in enumerate(states) if s != "pending"]
    found = counted(*lines)
    flat = [s for states in rounds for s in states]
    assert found.sent == len(flat)
    named = found.accepted + found.declined + found.timeout + found.rescinded
    assert named + found.waiting == len(flat) - flat.count("canceled")
    assert found.by_itself <= found.taken <= found.uncovered == 1
