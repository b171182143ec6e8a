"""Several days at once: each is decided on its own, in order, and knows of those before it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.builders import SERVICE_DATE, at
from tests.unit.dispatch.a_morning import (
    BUDGET,
    RN1,
    RN2,
    RULEBOOK,
    a_free_day,
    a_published_day,
    asked,
    began,
    called_out,
    decided,
    key,
    otherwise,
    stop,
    without,
)

from suture.dispatch.decide_days import decide_days
from suture.model.cases import CaseKind
from suture.model.day import Day, PastVisit
from suture.model.decision import Absence, ChangeKind, Decided
from suture.model.ids import BranchDay, BranchId, VisitId
from suture.model.people import Availability, Away, shifts_of
from suture.model.plan import Assignment, ToldWindow
from suture.model.signals import Signal
from suture.model.visit import TimeWindow, VisitStatus

A_DAY = timedelta(days=1)
TODAY, TOMORROW = BranchDay(BranchId(1), SERVICE_DATE), BranchDay(BranchId(1), SERVICE_DATE + A_DAY)
NOW = at("07:40")
STAFF = (RN1, RN2)


def a_day_later(day: Day) -> Day:
    """The same day, tomorrow."""
    visits = {
        v.id: replace(
            v,
            service_date=v.service_date + A_DAY,
            window=TimeWindow(
                v.window.earliest_start + A_DAY, v.window.latest_start + A_DAY, v.window.latest_end + A_DAY
            ),
        )
        for v in day.visits.values()
    }
    hours = tuple(
        Availability(a.clinician_id, a.starts_at + A_DAY, a.ends_at + A_DAY, a.kind, a.called_out)
        for a in day.availability
    )
    stops = {k: _later(a) for k, a in day.plan.assignments.items()}
    promises = tuple(replace(p, window=ToldWindow(p.window.open + A_DAY, p.window.close + A_DAY)) for p in day.promises)
    date = day.service_date + A_DAY
    return replace(
        day,
        service_date=date,
        visits=visits,
        availability=hours,
        shifts=shifts_of(hours),
        plan=replace(day.plan, service_date=date, assignments=stops),
        promises=promises,
    )


def _later(a: Assignment) -> Assignment:
    told = ToldWindow(a.told.open + A_DAY, a.told.close + A_DAY)
    return replace(a, starts_at=a.starts_at + A_DAY, ends_at=a.ends_at + A_DAY, told=told)


def as_past(day: Day) -> tuple[PastVisit, ...]:
    """The plan of a day as its neighbors see it."""
    return tuple(
        PastVisit(v.patient_id, a.clinician_id, v.place_id, v.discipline, a.starts_at, a.starts_at + v.busy)
        for a in day.plan.assignments.values()
        for v in (day.visits[a.key.visit_id],)
    )


def two_days(*stops: Assignment, later: tuple[Assignment, ...], staff=STAFF) -> dict[BranchDay, Day]:
    """Today and tomorrow, both published; each sees the plan of the other."""
    today = a_published_day(*stops, clinicians=staff)
    tomorrow = a_day_later(a_published_day(*later, clinicians=staff))
    return {
        TODAY: replace(today, past=as_past(tomorrow)),
        TOMORROW: replace(tomorrow, past=as_past(today)),
    }


def decide_both(states: dict[BranchDay, Day], *signals: Signal, **of_one: Signal) -> Decided:
    """All signals on both days, and others on `today` or `tomorrow` only."""
    own = {TODAY: [*signals], TOMORROW: [*signals]}
    for name, signal in of_one.items():
        own[{"today": TODAY, "tomorrow": TOMORROW}[name]].append(signal)
    return decide_days(own, states, RULEBOOK, NOW, BUDGET, 1)


OUT = called_out(1, until=at("12:00", days=1))
WEEK = two_days(stop(1, 1, "08:00"), stop(2, 2, "10:00"), later=(stop(3, 1, "08:00"), stop(4, 1, "09:00")))


# an absence -------------------------------------------------------------------------------------------------


def test_an_absence_of_two_days_is_a_decision_with_two_parts():
    today, tomorrow = decide_both(WEEK, OUT).parts
    assert (today.day, tomorrow.day) == (TODAY, TOMORROW)
    assert (today.hits, tomorrow.hits) == ({OUT.id: (key(1),)}, {OUT.id: (key(3), key(4))})
    assert {a.clinician_id for part in (today, tomorrow) for a in part.assignments.values()} == {RN2.id}
    assert str(today.because) == str(tomorrow.because) == "Clinician 1 called out at 07:40"
    assert (today.signal_ids, tomorrow.signal_ids) == ((OUT.id,), (OUT.id,))


def test_the_absence_is_cut_to_each_day():
    today, tomorrow = decide_both(WEEK, OUT).parts
    midnight = at("00:00", days=1)
    assert today.absences == (Absence(RN1.id, NOW, midnight, f"call_out:{OUT.id}"),)
    assert tomorrow.absences == (Absence(RN1.id, midnight, at("12:00", days=1), f"call_out:{OUT.id}"),)


def test_each_part_is_what_its_day_would_have_been_alone():
    today, tomorrow = decide_both(WEEK, OUT).parts
    assert today == decided(WEEK[TODAY], OUT, now=NOW)
    assert tomorrow.changes == decided(WEEK[TOMORROW], OUT, now=NOW).changes


def test_the_order_in_which_days_are_handed_in_does_not_matter():
    own = {TOMORROW: [OUT], TODAY: [OUT]}
    backwards = decide_days(own, dict(reversed(WEEK.items())), RULEBOOK, NOW, BUDGET, 1)
    assert backwards == decide_both(WEEK, OUT)


def test_a_later_day_counts_what_an_earlier_one_has_just_given():
    """RN2 may work forty minutes more this week: she takes over one of the two visits, not both."""
    short = replace(RN2, max_weekly_minutes=40)
    states = two_days(stop(1, 1, "08:00"), later=(stop(3, 1, "08:00"),), staff=(RN1, short))
    alone = decided(states[TOMORROW], OUT, now=NOW)
    assert alone.assignments[key(3)].clinician_id == RN2.id
    today, tomorrow = decide_both(states, OUT).parts
    assert today.assignments[key(1)].clinician_id == RN2.id
    assert tomorrow.assignments == {}
    assert [case.kind for case in tomorrow.cases_opened] == [CaseKind.UNCOVERED_VISIT]


def test_a_later_day_no_longer_counts_what_an_earlier_one_has_taken_away():
    """RN2 has no room this week for another visit, until her own of today is somebody else's."""
    short = replace(RN2, max_weekly_minutes=40)
    states = two_days(stop(1, 2, "08:00"), later=(stop(3, 1, "08:00"),), staff=(RN1, short))
    until_noon, tomorrow_out = (
        called_out(2, until="12:00", n=1),
        called_out(1, since="23:00", until=at("12:00", days=1), n=2),
    )
    _, tomorrow = decide_both(states, today=until_noon, tomorrow=tomorrow_out).parts
    assert tomorrow.assignments[key(3)].clinician_id == RN2.id


def test_a_day_without_a_plan_gets_none_and_the_absence_is_recorded():
    unplanned = a_day_later(a_free_day([WEEK[TODAY].visits[VisitId(1)]], clinicians=STAFF))
    _, tomorrow = decide_both({**WEEK, TOMORROW: unplanned}, OUT).parts
    assert (tomorrow.version, tomorrow.assignments, tomorrow.changes, tomorrow.cases_opened) == (0, {}, (), ())
    assert len(tomorrow.absences) == 1


def test_another_branch_frees_its_visits_and_leaves_the_absence_to_hers():
    elsewhere = replace(without(WEEK[TODAY], 1), away={RN1.id: Away("Clinician 1", "elsewhere")})
    today, _ = decide_both({**WEEK, TODAY: elsewhere}, OUT).parts
    assert today.assignments[key(1)].clinician_id == RN2.id
    assert today.absences == ()
    assert str(today.because) == "Clinician 1 called out at 07:40"


# a visit that moves -----------------------------------------------------------------------------------------


def moving(states: dict[BranchDay, Day], number: int) -> dict[BranchDay, Day]:
    """V-`number` of today is on tomorrow from now on: as both days are loaded for the decision."""
    [old] = [a_day_later(a_published_day(stop(number, 1, "08:00"))).visits[VisitId(number)]]
    leaves = asked(states[TODAY], number, service_date=old.service_date, window=old.window, held=True)
    takes = replace(
        states[TOMORROW],
        visits={**states[TOMORROW].visits, old.id: old},
        patients={**states[TOMORROW].patients, **states[TODAY].patients},
        past=tuple(p for p in states[TOMORROW].past if p.patient_id != old.patient_id),
    )
    return {TODAY: leaves, TOMORROW: takes}


def test_a_visit_that_moves_leaves_one_plan_and_is_in_the_other():
    today, tomorrow = decide_both(moving(WEEK, 1), otherwise(1)).parts
    assert [(c.key, c.kind) for c in today.changes] == [(key(1), ChangeKind.RELEASED)]
    assert key(1) not in today.assignments
    assert at("08:00", days=1) <= tomorrow.assignments[key(1)].starts_at
    assert {c.kind for c in tomorrow.changes if c.key == key(1)} == {ChangeKind.ASSIGNED}


@pytest.mark.parametrize("status", [VisitStatus.IN_PROGRESS, VisitStatus.COMPLETED])
def test_a_visit_that_was_begun_before_it_could_move_stays_in_its_plan_and_is_asked_for_nowhere_else(status):
    states = moving(WEEK, 1)
    states[TODAY] = asked(states[TODAY], 1, status=status, started_at=at("07:30"))
    today, tomorrow = decide_both(states, otherwise(1)).parts
    assert key(1) in today.assignments
    assert key(1) not in tomorrow.assignments
    assert VisitId(1) not in {case.subject.id for case in tomorrow.cases_opened}
    assert VisitId(1) not in tomorrow.revs


def test_a_visit_that_is_begun_in_the_same_batch_stays_too():
    """V-03 of tomorrow moves to today, after its nurse came a day early."""
    new = a_published_day(stop(3, 1, "08:00")).visits[VisitId(3)]
    leaves = asked(WEEK[TOMORROW], 3, service_date=SERVICE_DATE, window=new.window, held=True)
    takes = replace(
        WEEK[TODAY],
        visits={**WEEK[TODAY].visits, new.id: new},
        patients={**WEEK[TODAY].patients, **WEEK[TOMORROW].patients},
    )
    states = {TODAY: takes, TOMORROW: leaves}
    today, tomorrow = decide_both(states, otherwise(3, "07:39")).parts
    assert key(3) in today.assignments and key(3) not in tomorrow.assignments
    today, tomorrow = decide_both(states, otherwise(3, "07:39"), tomorrow=began(3, "07:35")).parts
    assert key(3) not in today.assignments and key(3) in tomorrow.assignments
