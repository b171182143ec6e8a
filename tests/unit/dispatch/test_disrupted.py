"""A site is closed, an area slow or out of reach: visits move around it, and what cannot waits for a person."""

from dataclasses import replace

import pytest
from tests.builders import a_place, a_window, at, flat_travel
from tests.unit.dispatch.a_morning import (
    PLACES,
    a_published_day,
    added,
    after,
    asked,
    closed,
    decided,
    key,
    otherwise,
    stop,
    traffic,
    visit,
)

from suture.dispatch.disrupted import disrupted
from suture.model.cases import CaseKind
from suture.model.disruption import Disruption, around, slowed
from suture.model.ids import PlaceId, SignalId, VisitId

PLANNED = a_published_day(stop(1, 1, "08:00"), stop(2, 2, "09:00"))


def test_a_visit_at_a_closed_site_waits_until_it_opens():
    decision = decided(PLANNED, closed(1, "07:00", "09:30"))
    assert decision.assignments[key(1)].starts_at >= at("09:30")
    assert decision.assignments[key(2)] == PLANNED.plan.assignments[key(2)]
    assert CaseKind.PROMISE_AT_RISK in {c.kind for c in decision.cases_opened}


def test_what_cannot_wait_is_put_on_hold_and_a_person_calls():
    day = asked(PLANNED, 1, window=a_window("08:00", "09:00"))
    decision = decided(day, closed(1, "07:00", "13:00"))
    assert key(1) not in decision.assignments
    assert {u.visit_id: u.held for u in decision.visit_updates}[key(1).visit_id] is True
    reasons = [str(c.reasons[0]) for c in decision.cases_opened if c.kind is CaseKind.ON_HOLD_REVIEW]
    assert any("The visit cannot take place:" in r or "is on hold" in r for r in reasons)


def test_a_site_where_nothing_is_planned_changes_nothing_and_is_known_to_be_closed():
    decision = decided(PLANNED, closed(99, "07:00", "13:00"))
    assert (decision.version, len(decision.disruptions)) == (PLANNED.plan.version, 1)


@pytest.mark.parametrize("said", [closed(1, "07:00", "09:30"), traffic(150, "07:00", "12:00", "432")])
def test_two_who_report_the_same_closure_report_one(said):
    once = after(PLANNED, decided(PLANNED, said))
    again = decided(once, replace(said, id=SignalId(99)))
    assert (again.changes, again.disruptions) == ((), ())
    assert str(again.because) == "what is closed or slow was known already"


def test_a_visit_that_was_fixed_there_moves_all_the_same():
    day = a_published_day(stop(1, 1, "08:00", pinned=True))
    assert decided(day, closed(1, "07:00", "09:30")).assignments[key(1)].starts_at >= at("09:30")


def test_a_visit_that_comes_while_its_place_is_shut_waits_and_a_person_looks():
    one = Disruption(at("00:00"), at("23:59"), place_id=PLACES[0].id)
    day = disrupted(replace(PLANNED, disruptions=(one,)))
    assert day.visits[key(1).visit_id].held
    (case,) = (c for c in decided(day, added(1)).cases_opened if c.kind is CaseKind.ON_HOLD_REVIEW)
    assert case.subject.id == key(1).visit_id


def test_an_area_out_of_reach_closes_its_places_only():
    codes = {p: replace(place, postal_code=f"432{p:02}") for p, place in PLANNED.places.items()}
    decision = decided(replace(PLANNED, places=codes), traffic(None, "07:00", "09:30", "43201"))
    assert decision.assignments[key(1)].starts_at >= at("09:30")
    assert decision.assignments[key(2)] == PLANNED.plan.assignments[key(2)]


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        ("06:00", "07:30", ("08:00", "11:30")),
        ("07:00", "09:00", ("09:00", "11:30")),
        ("11:00", "13:00", ("08:00", "10:30")),
        ("09:00", "09:30", ("09:30", "11:30")),
        ("07:00", "12:00", None),
    ],
)
def test_the_longest_part_of_a_window_outside_the_closure_is_kept(since, until, expected):
    window = a_window("08:00", "12:00")
    care = window.latest_end - window.latest_start
    left = around(window, care, Disruption(at(since), at(until)))
    assert (left and (left.earliest_start, left.latest_start)) == (expected and tuple(map(at, expected)))


def test_ways_that_begin_or_end_in_the_area_take_longer():
    places = {p.id: p for p in (a_place(1, postal_code="43201"), a_place(2, postal_code="43210"), a_place(3))}
    slow = slowed(
        flat_travel(places.values()), places, Disruption(at("07:00"), at("12:00"), 150, postal_codes=("432",))
    )
    assert slow.seconds(PlaceId(1), PlaceId(2)) == slow.seconds(PlaceId(3), PlaceId(1)) == 900
    assert slow.seconds(PlaceId(3), PlaceId(3)) == 0


def test_a_day_read_again_is_disrupted_as_it_was():
    one = Disruption(at("07:00"), at("09:30"), place_id=PLACES[0].id)
    day = disrupted(replace(PLANNED, disruptions=(one,)))
    assert day.visits[key(1).visit_id].window.earliest_start == at("09:30")
    assert day.visits[key(2).visit_id].window == PLANNED.visits[key(2).visit_id].window


@pytest.mark.parametrize("said", [added(3), otherwise(3)])
def test_what_comes_or_changes_while_its_place_is_shut_is_recorded_as_on_hold(said):
    shut = after(PLANNED, decided(PLANNED, closed(3, "07:00", "20:00")))
    seen = disrupted(replace(shut, visits={**shut.visits, VisitId(3): visit(3, patient_id=None)}))
    assert [u.held for u in decided(seen, said).visit_updates if u.visit_id == VisitId(3)] == [True]


def test_of_two_slow_areas_the_slower_counts():
    travel, places = flat_travel(PLACES), {p.id: p for p in PLACES}
    slow, slower = (Disruption(at("07:00"), at("12:00"), percent=p) for p in (120, 150))
    twice = slowed(slowed(travel, places, slow), places, slower, [slow])
    assert twice.matrix.seconds == slowed(travel, places, slower).matrix.seconds
    assert slowed(twice, places, slow, [slow, slower]).matrix.seconds == twice.matrix.seconds
