"""From new assignments to what is recorded: changes, what is told, statuses, and the cases of what has nobody."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.builders import TZ, an_open_shift, at
from tests.unit.dispatch.a_morning import RN1, a_free_day, a_promise, a_published_day, key, stop, visit, with_plan

from suture.dispatch import day_cases, outcome
from suture.model.cases import CaseKind, CaseSubject, OpenCase
from suture.model.day import ConfirmationState, Day
from suture.model.decision import Change, ChangeKind, VisitUpdate
from suture.model.ids import CaseId, PartyId, PositionKey, VisitId
from suture.model.instants import wall_clock
from suture.model.plan import Assignment, ToldWindow
from suture.model.visit import Priority, Visit, VisitStatus
from suture.words.reason import as_written, reason

ONE, TWO = VisitId(1), VisitId(2)
STOPS = (stop(1, 1, "08:00"), stop(2, 1, "08:45"))
CALLED_OUT = reason("signal.call_out", who="Clinician 1", at=wall_clock(at("07:40"), TZ))
MORNING = a_published_day(*STOPS)


def final(day: Day, *planned: Assignment) -> dict[PositionKey, Assignment]:
    return outcome.final_assignments(day.plan, {a.key: a for a in planned}, day)


def changes(day: Day, *new: Assignment) -> tuple[Change, ...]:
    return outcome.changes_between(day.plan, {a.key: a for a in new}, day, {})


def known(day: Day, **facts: Visit) -> Day:
    return replace(day, visits={**day.visits, **{v.id: v for v in facts.values()}})


# --- The plan to record -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("minutes", "starts"), [(9, "08:45"), (10, "08:55"), (-9, "08:45"), (-10, "08:35")])
def test_a_route_that_moves_by_less_than_ten_minutes_keeps_its_old_times(minutes, starts):
    moved = timedelta(minutes=minutes)
    second = replace(STOPS[1], starts_at=STOPS[1].starts_at + moved, ends_at=STOPS[1].ends_at + moved)
    assert final(MORNING, STOPS[0], second)[key(2)].starts_at == at(starts)


def test_an_end_that_moves_by_ten_minutes_is_no_small_move():
    longer = replace(STOPS[1], ends_at=STOPS[1].ends_at + outcome.SMALLEST_RETIMING)
    assert final(MORNING, STOPS[0], longer)[key(2)].ends_at == longer.ends_at


def test_a_start_that_moves_by_ten_minutes_is_no_small_move():
    earlier = replace(STOPS[0], starts_at=STOPS[0].starts_at - outcome.SMALLEST_RETIMING)
    assert final(MORNING, earlier, STOPS[1])[key(1)].starts_at == earlier.starts_at


def test_one_far_move_on_a_route_lets_all_its_new_times_stand():
    planned = [stop(1, 1, "08:05", told=STOPS[0].told), stop(2, 1, "09:00", told=STOPS[1].told)]
    assert [a.starts_at for a in final(MORNING, *planned).values()] == [at("08:05"), at("09:00")]


def test_a_small_move_that_tells_another_window_is_no_small_move():
    told = ToldWindow(at("08:00"), at("09:00"))
    assert final(MORNING, STOPS[0], stop(2, 1, "08:40", told=told))[key(2)].starts_at == at("08:40")


def test_a_route_with_another_order_or_another_stop_is_recorded_as_planned():
    swapped = [stop(2, 1, "08:00"), stop(1, 1, "08:45")]
    assert final(MORNING, *swapped)[key(2)].starts_at == at("08:00")
    three = known(MORNING, more=visit(3))
    assert final(three, stop(1, 1, "08:05"), STOPS[1], stop(3, 1, "09:30"))[key(1)].starts_at == at("08:05")


def test_two_carers_of_one_visit_keep_one_start_even_where_only_one_route_hardly_moves():
    visits = [visit(1, positions=2), visit(2)]
    day = a_published_day(stop(1, 1, "08:00"), stop(1, 2, "08:00", position=2), stop(2, 2, "09:00"), visits=visits)
    five_later = [stop(1, 1, "08:05", told=STOPS[0].told), stop(1, 2, "08:05", position=2, told=STOPS[0].told)]
    new = final(day, *five_later, stop(2, 2, "09:20", told=day.plan.assignments[key(2)].told))
    assert new[key(1, 1)].starts_at == new[key(1, 2)].starts_at == at("08:05")
    hardly = final(day, *five_later, day.plan.assignments[key(2)])
    assert hardly[key(1, 1)].starts_at == hardly[key(1, 2)].starts_at == at("08:00")


def test_stops_are_numbered_by_their_start_for_each_clinician():
    day = a_published_day(*STOPS, stop(3, 2, "08:00"))
    new = final(day, stop(1, 2, "09:00"), stop(2, 1, "08:45"), stop(3, 2, "08:00"))
    assert {k.visit_id: a.route_order for k, a in new.items()} == {1: 2, 2: 1, 3: 1}


def test_what_has_begun_is_recorded_as_it_was():
    begun = known(MORNING, one=visit(1, status=VisitStatus.IN_PROGRESS, started_at=at("08:20")))
    stopped = final(begun, STOPS[0], stop(2, 1, "09:05", told=STOPS[1].told))[key(1)]
    assert (stopped.starts_at, stopped.ends_at) == (at("08:20"), at("08:50"))
    longer = known(MORNING, one=replace(begun.visits[ONE], expected_end=at("09:20")))
    assert final(longer, STOPS[0])[key(1)].ends_at == at("09:20")
    shorter = known(MORNING, one=replace(begun.visits[ONE], expected_end=at("08:30")))
    assert final(shorter, STOPS[0])[key(1)].ends_at == at("08:50"), "an expected end never shortens the care"


def test_what_is_over_stays_as_a_record_and_takes_at_least_a_minute():
    over = visit(1, status=VisitStatus.COMPLETED, started_at=at("08:20"), ended_at=at("08:20"))
    recorded = final(known(MORNING, one=over), STOPS[1])[key(1)]
    assert (recorded.starts_at, recorded.ends_at) == (at("08:20"), at("08:21"))
    assert recorded.clinician_id == RN1.id


@pytest.mark.parametrize(
    ("status", "stays"),
    [
        (VisitStatus.COMPLETED, True),
        (VisitStatus.NO_SHOW, True),
        (VisitStatus.IN_PROGRESS, True),
        (VisitStatus.CANCELLED, False),
        (VisitStatus.MISSED, False),
    ],
)
def test_what_was_worked_stays_in_the_plan_and_what_was_called_off_leaves_it(status, stays):
    assert (key(1) in final(known(MORNING, one=visit(1, status=status)), STOPS[1])) == stays


def test_a_visit_that_gets_somebody_again_keeps_the_window_its_patient_still_holds():
    lost = replace(a_published_day(visits=[visit(1)]), promises=(a_promise(1, party=PartyId(201)),))
    assert final(lost, stop(1, 2, "09:20"))[key(1)].told == ToldWindow(at("08:30"), at("09:30"))
    assert final(lost, stop(1, 2, "09:40"))[key(1)].told == ToldWindow(at("09:00"), at("10:00"))


# --- Changes ----------------------------------------------------------------------------------------------------------


def test_nothing_else_than_before_is_no_change():
    assert changes(MORNING, *MORNING.plan.assignments.values()) == ()


@pytest.mark.parametrize(
    ("new", "kind", "because"),
    [
        (stop(1, 2, "08:00"), ChangeKind.REASSIGNED, "makes room with the least disturbance"),
        (stop(1, 1, "08:20"), ChangeKind.RETIMED, "follows a change on the same route"),
        (None, ChangeKind.UNCOVERED, "no clinician can take it"),
    ],
)
def test_a_changed_position_says_what_happened_and_why(new, kind, because):
    kept = MORNING.plan.assignments[key(2)]
    (change,) = changes(MORNING, *([new] if new else []), kept)
    assert (change.kind, str(change.because), change.before) == (kind, because, MORNING.plan.assignments[key(1)])
    assert change.after == new


def test_a_position_is_assigned_the_first_time_and_released_when_its_visit_closes():
    (first,) = changes(a_free_day([visit(1)]), STOPS[0])
    assert (first.kind, first.before, str(first.because)) == (ChangeKind.ASSIGNED, None, "first assignment")
    off = known(MORNING, one=visit(1, status=VisitStatus.CANCELLED))
    (released,) = changes(off, MORNING.plan.assignments[key(2)])
    assert (released.kind, str(released.because)) == (ChangeKind.RELEASED, "the visit was cancelled")


def test_what_a_signal_asked_for_carries_its_reason():
    (change,) = outcome.changes_between(
        MORNING.plan, {key(2): MORNING.plan.assignments[key(2)]}, MORNING, {key(1): CALLED_OUT}
    )
    assert change.because == CALLED_OUT


def test_a_clinician_taken_from_one_visit_for_another_is_said_with_the_visit_and_why():
    """RN1 calls out of visit 1, RN2 takes it and gives visit 3 to RN3."""
    day = a_published_day(stop(1, 1, "08:00"), stop(3, 2, "08:15"))
    new = {key(1): stop(1, 2, "08:00"), key(3): stop(3, 3, "08:15")}
    freed, moved = outcome.changes_between(day.plan, new, day, {key(1): CALLED_OUT})
    assert str(freed.because) == "Clinician 1 called out at 07:40"
    assert str(moved.because) == "Clinician 2 is needed for visit V-01: Clinician 1 called out at 07:40"


def test_a_visit_left_uncovered_for_a_more_urgent_one_says_for_which():
    day = a_published_day(stop(1, 1, "08:00"), stop(3, 2, "08:15"))
    _, left = outcome.changes_between(
        day.plan, {key(1): stop(1, 2, "08:00")}, day, {key(1): as_written("the visit is new")}
    )
    assert (left.kind, str(left.because)) == (
        ChangeKind.UNCOVERED,
        "Clinician 2 is needed for visit V-01: the visit is new",
    )


def test_a_visit_that_moves_although_its_clinician_takes_nothing_new_makes_room():
    day = a_published_day(stop(1, 1, "08:00"), stop(3, 2, "08:15"))
    (moved,) = changes(day, day.plan.assignments[key(1)], stop(3, 3, "08:15"))
    assert str(moved.because) == "makes room with the least disturbance"


# --- What is told -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("new", "told_changed"),
    [
        (stop(1, 2, "08:00"), False),
        (stop(1, 1, "08:20", told=STOPS[0].told), False),
        (stop(1, 1, "08:50"), True),
        (stop(1, 2, "10:00"), True),
    ],
    ids=["another clinician", "another start in the told window", "another window", "both"],
)
def test_a_patient_hears_again_only_of_another_window(new, told_changed):
    (change,) = changes(MORNING, new, MORNING.plan.assignments[key(2)])
    assert change.told_changed == told_changed
    assert outcome.tell_updates([change], MORNING) == ([VisitUpdate(ONE, tell=True)] if told_changed else [])


def test_losing_the_clinician_alone_tells_the_patient_nothing_yet():
    assert [c.told_changed for c in changes(MORNING, MORNING.plan.assignments[key(2)])] == [False]


def test_the_second_seat_of_a_visit_the_started_the_closed_and_the_patientless_tell_nothing():
    shift = an_open_shift(1)
    for day in (
        known(MORNING, one=visit(1, status=VisitStatus.IN_PROGRESS)),
        known(MORNING, one=visit(1, status=VisitStatus.COMPLETED)),
        known(MORNING, one=shift),
    ):
        assert [c.told_changed for c in changes(day, stop(1, 1, "10:00"), MORNING.plan.assignments[key(2)])] == [False]
    double = a_published_day(STOPS[0], visits=[visit(1, positions=2)])
    kept = double.plan.assignments[key(1)]
    assert [c.told_changed for c in changes(double, kept, stop(1, 2, "10:00", position=2))] == [False]


def test_where_another_seat_tells_from_now_on_the_patient_hears_its_window():
    later = stop(1, 2, "09:30", position=2)
    double = a_published_day(STOPS[0], later, visits=[visit(1, positions=2)])
    assert double.plan.assignments[key(1)].told != later.told
    assert [(c.key, c.told_changed) for c in changes(double, double.plan.assignments[later.key])] == [(key(1), True)]


def test_a_first_window_is_news_but_no_change_of_what_was_told():
    day = a_free_day([visit(1)])
    (change,) = changes(day, STOPS[0])
    assert change.told_changed
    assert outcome.tell_updates([change], day) == []


# --- Statuses ---------------------------------------------------------------------------------------------------------


def status(day: Day, *seats: Assignment) -> dict[VisitId, VisitStatus | None]:
    return {u.visit_id: u.status for u in outcome.status_updates(day, {a.key: a for a in seats})}


def agreed(*parties: int, told: ToldWindow = STOPS[0].told, of: Visit | None = None) -> Day:
    yes = ConfirmationState.ACCEPTED
    promises = tuple(a_promise(1, party=PartyId(party), answer=yes, window=told) for party in parties)
    return replace(a_free_day([of or visit(1, status=VisitStatus.REQUESTED)]), promises=promises)


def test_without_somebody_for_every_seat_a_visit_is_requested():
    planned = known(MORNING, one=visit(1, positions=2))
    assert status(planned, STOPS[0], STOPS[1]) == {ONE: VisitStatus.REQUESTED}


def test_with_somebody_it_is_scheduled_until_all_have_agreed():
    assert status(agreed(), STOPS[0]) == {ONE: VisitStatus.SCHEDULED}
    assert status(agreed(101), STOPS[0]) == {ONE: VisitStatus.SCHEDULED}
    assert status(agreed(201), STOPS[0]) == {ONE: VisitStatus.SCHEDULED}
    assert status(agreed(101, 201), STOPS[0]) == {ONE: VisitStatus.CONFIRMED}


def test_a_patients_yes_is_for_the_window_and_a_clinicians_for_the_visit():
    later = stop(1, 1, "10:00")
    assert status(agreed(101, 201), later) == {ONE: VisitStatus.SCHEDULED}
    assert status(agreed(102, 201), STOPS[0]) == {ONE: VisitStatus.SCHEDULED}, "someone else said yes"


def test_every_carer_of_a_visit_has_to_agree_and_where_there_is_no_patient_only_they():
    double = visit(1, positions=2, status=VisitStatus.REQUESTED)
    seats = STOPS[0], stop(1, 2, "08:00", position=2)
    assert status(agreed(101, 201, of=double), *seats) == {ONE: VisitStatus.SCHEDULED}
    assert status(agreed(101, 102, 201, of=double), *seats) == {ONE: VisitStatus.CONFIRMED}
    assert status(agreed(101, of=an_open_shift(1)), STOPS[0]) == {ONE: VisitStatus.CONFIRMED}


def test_a_status_that_is_right_already_or_no_longer_planned_is_not_written():
    assert status(MORNING, *STOPS) == {}
    for facts in (visit(1, status=VisitStatus.IN_PROGRESS), visit(1, status=VisitStatus.NO_SHOW), visit(1, held=True)):
        assert status(known(MORNING, one=facts), STOPS[1]) == {}


# --- One update a visit -----------------------------------------------------------------------------------------------


def test_updates_of_one_visit_are_one_where_later_facts_win_and_one_telling_is_enough():
    merged = outcome.merged(
        [
            VisitUpdate(TWO, tell=True),
            VisitUpdate(ONE, VisitStatus.IN_PROGRESS, started_at=at("08:00")),
            VisitUpdate(ONE, VisitStatus.COMPLETED, ended_at=at("08:30")),
            VisitUpdate(TWO, VisitStatus.SCHEDULED),
        ]
    )
    assert merged == (
        VisitUpdate(ONE, VisitStatus.COMPLETED, started_at=at("08:00"), ended_at=at("08:30")),
        VisitUpdate(TWO, VisitStatus.SCHEDULED, tell=True),
    )


# --- Cover cases ------------------------------------------------------------------------------------------------------


def test_every_position_without_a_clinician_is_a_case_with_its_reasons():
    day = a_free_day([visit(1, positions=2), an_open_shift(2)])
    away = as_written("Clinician 2: has no shift")
    opened, closed = day_cases.cover_cases(day, {key(1): STOPS[0]}, {key(1, 2): (away,)})
    assert [(c.kind, c.subject) for c in opened] == [
        (CaseKind.UNCOVERED_VISIT, CaseSubject("visit", 1, 2)),
        (CaseKind.UNCOVERED_SHIFT, CaseSubject("visit", 2, 1)),
    ]
    assert [[str(r) for r in c.reasons] for c in opened] == [
        ["Clinician 2: has no shift"],
        ["No clinician of this branch can take it."],
    ]
    assert opened[0].deadline_at == at("10:30")
    assert closed == ()


def test_a_cover_case_closes_when_its_position_is_covered_or_its_visit_is_off_and_no_other_case_does():
    visits = [visit(1), visit(2, status=VisitStatus.CANCELLED), visit(3)]
    kinds = (CaseKind.UNCOVERED_VISIT, CaseKind.UNCOVERED_VISIT, CaseKind.UNCOVERED_VISIT, CaseKind.NO_SHOW_FOLLOWUP)
    subjects = [CaseSubject("visit", n, 1) for n in (1, 2, 3, 1)]
    cases = [OpenCase(CaseId(n), kind, subject) for n, (kind, subject) in enumerate(zip(kinds, subjects, strict=True))]
    opened, closed = day_cases.cover_cases(replace(a_free_day(visits), cases=tuple(cases)), {key(1): STOPS[0]}, {})
    assert [c.subject.id for c in closed] == [1, 2]
    assert {c.kind for c in closed} == {CaseKind.UNCOVERED_VISIT}
    assert [c.subject.id for c in opened] == [3], "still open, and refreshed"


@pytest.mark.parametrize(
    ("facts", "risk"),
    [
        ({"priority": Priority.STAT, "discipline": "HHA"}, 8),
        ({"priority": Priority.URGENT}, 5),
        ({"visit_type": "start_of_care"}, 5),
        ({"visit_type": "recertification"}, 5),
        ({}, 3),
        ({"discipline": "HHA"}, 2),
    ],
)
def test_risk_is_read_off_the_orders_priority_and_type(facts, risk):
    assert day_cases.risk_of(visit(1, **facts)) == risk


def test_displaced_are_those_hit_that_needed_somebody():
    day = with_plan(known(MORNING, two=visit(2, status=VisitStatus.CANCELLED)), *STOPS, stop(3, 1, "09:30"))
    day = known(day, three=visit(3))
    hit = [key(1), key(2), key(3), key(1)]
    stays = {key(3): replace(day.plan.assignments[key(3)], route_order=1)}
    assert outcome.displaced(hit, day.plan, stays, day) == (key(1),)
