"""How visits go in the played morning: clinicians follow the published plan, and one in fifty finds nobody home."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.builders import at
from tests.unit.dispatch.a_morning import a_published_day, key, stop, visit, with_plan

from suture.model.day import ConfirmationState, Day
from suture.model.plan import Stage
from suture.model.signals import Outcome
from suture.model.visit import GateState, Visit, VisitStatus
from suture.sim.chance import Chance
from suture.sim.visits import LATE, LATE_BY, DoorEvent, next_door_events

MORNING = a_published_day(stop(1, 1, "08:00"), stop(2, 1, "08:45"), stop(3, 2, "08:30"))
UNDER_WAY = visit(1, status=VisitStatus.IN_PROGRESS, started_at=at("08:05"))


def events(day: Day, now: str = "07:30", seed: int = 1) -> list[DoorEvent]:
    return next_door_events(day, at(now), Chance(seed))


def with_visits(*changed: Visit) -> Day:
    return replace(MORNING, visits={**MORNING.visits, **{v.id: v for v in changed}})


def first(day: Day, now: str = "07:30", seed: int = 1) -> DoorEvent:
    return next(e for e in events(day, now, seed) if e.clinician_id == 101)


def test_everybody_goes_to_their_next_stop_at_its_planned_time():
    assert [(e.visit.id, e.clinician_id, e.at, e.outcome) for e in events(MORNING)] == [
        (1, 101, at("08:00"), None),
        (3, 102, at("08:30"), None),
    ]


def test_no_one_goes_by_a_draft():
    assert events(with_plan(MORNING, stop(1, 1, "08:00"), stage=Stage.DRAFT)) == []


def test_whoever_is_at_a_visit_leaves_it_before_going_on():
    event = first(with_visits(UNDER_WAY))
    assert event.visit.id == 1
    assert event.outcome is not None
    assert event.at > at("08:05")


def test_the_next_visit_waits_until_the_last_one_is_documented():
    done = replace(UNDER_WAY, status=VisitStatus.COMPLETED, ended_at=at("08:50"))
    assert first(with_visits(done)).at == at("08:55")
    early = replace(done, ended_at=at("08:20"))
    assert first(with_visits(early)).at == at("08:45"), "never before its planned time"


def test_a_closed_visit_and_one_its_patient_said_no_to_are_not_gone_to():
    off = visit(1, status=VisitStatus.CANCELLED)
    assert first(with_visits(off)).visit.id == 2
    no = [
        replace(p, answer=ConfirmationState.DECLINED) if (p.visit_id, p.party_id) == (1, 201) else p
        for p in MORNING.promises
    ]
    assert first(replace(MORNING, promises=tuple(no))).visit.id == 2


@pytest.mark.parametrize(
    ("state", "goes_to"),
    [
        (GateState.OPEN, 1),
        (GateState.RELEASED, 1),
        (GateState.WAITS, 2),
        (GateState.HELD, 2),
        (GateState.WAITLIST, 2),
    ],
)
def test_no_one_goes_where_they_are_not_dispatched_to(state, goes_to):
    assert first(with_visits(visit(1, gate=state))).visit.id == goes_to


def test_one_in_twenty_five_comes_late_unless_it_is_known():
    """Who is known to be late comes when the plan says."""
    comes = [first(MORNING, seed=s).at for s in range(1000)]
    assert set(comes) == {at("08:00"), at("08:00") + LATE_BY}
    assert sum(c > at("08:00") for c in comes) / 1000 == pytest.approx(LATE, abs=0.02)
    known = with_visits(visit(1, expected_start=at("08:00")))
    assert {first(known, seed=s).at for s in range(200)} == {at("08:00")}


def test_a_run_over_ends_when_it_was_said_to():
    longer = replace(UNDER_WAY, expected_end=at("09:10"))
    ends = {
        first(with_visits(longer), seed=s).at
        for s in range(40)
        if first(with_visits(longer), seed=s).outcome is Outcome.DONE
    }
    assert ends == {at("09:10")}


def test_nothing_happens_in_the_past():
    late = replace(UNDER_WAY, expected_end=at("08:30"))
    assert first(with_visits(late), now="09:00").at == at("09:00")


@pytest.fixture(scope="module")
def departures() -> list[DoorEvent]:
    """The same visit left in many worlds."""
    day = with_visits(UNDER_WAY)
    return [first(day, seed=seed) for seed in range(3000)]


def test_two_in_a_hundred_are_not_home_and_the_clinician_waits_ten_minutes(departures):
    gone = [e for e in departures if e.outcome is Outcome.NOT_HOME]
    assert len(gone) / len(departures) == pytest.approx(0.02, abs=0.008)
    assert {e.at for e in gone} == {at("08:15")}


def test_visits_last_about_as_long_as_planned(departures):
    minutes = sorted((e.at - at("08:05")) // timedelta(minutes=1) for e in departures if e.outcome is Outcome.DONE)
    assert minutes[len(minutes) // 2] == 30
    assert minutes[len(minutes) // 20] == pytest.approx(25, abs=1), "a tenth of spread: 5 % are shorter than 25 minutes"
    assert minutes[-len(minutes) // 20] == pytest.approx(35, abs=1)


def test_where_there_is_no_patient_no_one_can_be_away():
    shift = replace(UNDER_WAY, patient_id=None)
    assert {first(with_visits(shift), seed=s).outcome for s in range(400)} == {Outcome.DONE}


def test_the_earliest_event_comes_first_and_the_lower_visit_on_a_tie():
    day = a_published_day(stop(2, 1, "08:00"), stop(1, 2, "08:00"), stop(3, 3, "07:30"))
    assert [e.visit.id for e in events(day)] == [3, 1, 2]
    assert key(1) in day.plan.assignments
