"""A clinician calls out: the hours are gone, and what was not begun yet needs someone else."""

from dataclasses import replace

import pytest
from tests.builders import at
from tests.unit.dispatch.a_morning import (
    NOON,
    RN1,
    a_published_day,
    added,
    after,
    began,
    called_out,
    cancelled,
    changes_of,
    decided,
    key,
    stop,
    visit,
    with_plan,
)

from suture.dispatch.call_out import call_out
from suture.model.cases import RULE_TEXT, CaseKind
from suture.model.decision import Absence, ChangeKind
from suture.model.people import Shift
from suture.model.visit import Priority, VisitStatus

MORNING = a_published_day(stop(1, 1, "08:00"), stop(2, 1, "08:45"), stop(3, 1, "09:30"), stop(4, 2, "08:00"))
STATUSES = {VisitStatus.IN_PROGRESS: False, VisitStatus.COMPLETED: False, VisitStatus.CONFIRMED: True}


def test_all_the_clinician_has_not_begun_is_hit_and_freed_and_nothing_else():
    effect = call_out(called_out(1, "07:40"), MORNING, at("07:40"))
    assert effect.hit == effect.freed == (key(1), key(2), key(3))
    assert effect.replans


@pytest.mark.parametrize(("status", "is_hit"), STATUSES.items())
def test_what_is_under_way_or_done_is_not_hit(status, is_hit):
    day = replace(MORNING, visits={**MORNING.visits, key(1).visit_id: replace(visit(1), status=status)})
    assert (key(1) in call_out(called_out(1, "07:40"), day, at("07:40")).hit) == is_hit


@pytest.mark.parametrize(
    ("since", "until", "hit"),
    [
        ("08:36", "09:00", {2}),
        ("08:34", "09:00", {1, 2}),
        ("08:35", "08:45", set()),
        ("08:35", "08:46", {2}),
        ("09:20", "23:59", {3}),
    ],
)
def test_only_what_falls_into_the_absence_documentation_included_is_hit(since, until, hit):
    """V-01 keeps its clinician until 08:35, V-02 from 08:45 to 09:20, V-03 from 09:30."""
    effect = call_out(called_out(1, "07:40", since=since, until=until), MORNING, at("07:40"))
    assert {k.visit_id for k in effect.hit} == hit


def test_the_hours_are_taken_out_of_the_shift_and_recorded_with_the_signal():
    effect = call_out(called_out(1, "07:40", since="09:00", until="10:00", n=77), MORNING, at("07:40"))
    mine = [s for s in effect.day.shifts if s.clinician_id == RN1.id]
    assert mine == [Shift(RN1.id, at("07:00"), at("09:00")), Shift(RN1.id, at("10:00"), at("13:00"))]
    assert effect.absences == (Absence(RN1.id, at("09:00"), at("10:00"), "call_out:77"),)
    assert MORNING.shifts == a_published_day(stop(1, 1, "08:00")).shifts, "the day itself is never changed"


def test_it_says_who_and_when_on_the_branchs_clock():
    effect = call_out(called_out(1, "07:40"), MORNING, at("07:40"))
    assert str(effect.because) == "Clinician 1 called out at 07:40"


def test_every_hit_position_goes_to_a_qualified_colleague_within_its_window():
    decision = decided(MORNING, called_out(1, "07:40"))
    assert decision.hit == (key(1), key(2), key(3))
    for k in decision.hit:
        assert decision.assignments[k].clinician_id in (102, 103), "an aide may not do a nurse's visit"
        assert at("08:00") <= decision.assignments[k].starts_at <= at("11:30")
    changes = changes_of(decision)
    assert {changes[k].kind for k in decision.hit} == {ChangeKind.REASSIGNED}
    assert {str(changes[k].because) for k in decision.hit} == {"Clinician 1 called out at 07:40"}
    assert decision.cases_opened == ()


def test_what_no_one_can_take_is_a_case_with_a_reason_for_each_clinician_and_a_deadline():
    day = replace(
        MORNING, visits={**MORNING.visits, key(1).visit_id: visit(1, required_skills=("iv",), priority=Priority.STAT)}
    )
    decision = decided(day, called_out(1, "07:40"))
    (case,) = decision.cases_opened
    assert case.kind is CaseKind.UNCOVERED_VISIT
    assert (case.subject.id, case.subject.position) == (1, 1)
    assert case.risk == 8
    assert case.deadline_at == at("10:30"), "an hour before the latest start"
    short = [str(reason) for reason in case.reasons if reason.code != RULE_TEXT]
    assert short == [
        "Clinician 1, Clinician 2 and Clinician 3: each lacks IV.",
        "Clinician 4 is an HHA; the visit needs an LPN or RN; lacks IV.",
    ]
    assert len(case.reasons) - len(short) == 2, "the text of each rule stands there once"
    change = changes_of(decision)[key(1)]
    assert (change.kind, change.after, change.told_changed) == (ChangeKind.UNCOVERED, None, False)
    assert {u.visit_id: u.status for u in decision.visit_updates}[key(1).visit_id] is VisitStatus.REQUESTED


def test_leaving_a_visit_out_of_a_repair_counts_four_times_what_a_first_pass_takes_it_for():
    """Someone was told that someone comes: driving and overtime are worth it."""
    only = replace(visit(1), roles=("PT",))
    decision = decided(replace(MORNING, visits={**MORNING.visits, only.id: only}), called_out(1, "07:40"))
    score = decision.run["score"]
    assert isinstance(score, dict)
    assert score["uncovered"] == 4 * 7200


def test_no_one_else_is_disturbed_where_there_is_room():
    decision = decided(MORNING, called_out(1, "07:40"))
    assert decision.assignments[key(4)].starts_at == at("08:00")
    assert decision.assignments[key(4)].clinician_id == 102


def test_a_visit_cancelled_in_the_same_breath_was_not_hit_whichever_came_first():
    gone, off = called_out(1, "07:40"), cancelled(2, "07:40")
    one, other = decided(MORNING, gone, off), decided(MORNING, off, gone)
    assert one.hit == other.hit == (key(1), key(3))


def test_a_visit_begun_in_the_same_breath_was_not_hit():
    decision = decided(MORNING, called_out(1, "07:58"), began(1, "07:59"))
    assert decision.hit == (key(2), key(3))
    assert decision.assignments[key(1)].clinician_id == RN1.id


def test_a_visit_that_should_have_begun_but_lies_in_the_absence_goes_to_somebody_else():
    """She was due at 08:00, never checked in, and at 08:10 says that she cannot work: she is not there."""
    decision = decided(MORNING, called_out(1, "08:10"))
    assert decision.hit == (key(1), key(2), key(3))
    assert RN1.id not in {a.clinician_id for a in decision.assignments.values()}


def test_what_is_taken_to_be_under_way_when_the_absence_begins_later_stays():
    """At 08:10 she says she must leave at 08:32: V-01 is cared for by then, its documentation can wait."""
    decision = decided(MORNING, called_out(1, "08:10", since="08:32"))
    assert decision.hit == (key(2), key(3))
    assert decision.assignments[key(1)].clinician_id == RN1.id


def test_a_second_call_out_of_the_same_clinician_changes_nothing():
    once = after(MORNING, decided(MORNING, called_out(1, "07:40")))
    again = decided(once, called_out(1, "07:41"))
    assert (again.version, again.changes, again.hit) == (once.plan.version, (), ())


def test_call_outs_decided_together_hit_each_its_own():
    first, second = called_out(1, "07:40", n=8), called_out(2, "07:45", n=5)
    decision = decided(MORNING, second, first)
    theirs = {s.id: tuple(a.key for a in MORNING.plan.route(s.clinician_id)) for s in (first, second)}
    assert decision.hits == theirs
    assert all(theirs.values())
    assert decision.hit == (*theirs[first.id], *theirs[second.id])


def test_a_clinician_who_has_nothing_to_do_hits_no_one():
    decision = decided(MORNING, called_out(3, "07:40"))
    assert (decision.changes, decision.hit) == ((), ())
    assert decision.absences[0].clinician_id == 103


def test_those_hit_together_with_a_new_visit_are_decided_in_one_version():
    day = replace(MORNING, visits={**MORNING.visits, key(5).visit_id: visit(5, status=VisitStatus.REQUESTED)})
    decision = decided(day, called_out(1, "07:40"), added(5, "07:40"))
    assert decision.version == day.plan.version + 1
    assert key(5) in decision.assignments
    assert decision.hit == (key(1), key(2), key(3))
    assert decision.assignments[key(5)].starts_at < NOON


def test_a_seat_lost_after_the_other_carer_has_begun_is_a_case_and_no_one_is_sent_after_her():
    """Both were due at 08:00, nobody checked in, one says at 08:10 that she cannot: the other is taken to be there."""
    seats = stop(1, 1, "08:00"), stop(1, 2, "08:00", position=2)
    decision = decided(a_published_day(*seats, visits=[visit(1, positions=2)]), called_out(1, "08:10"))
    assert key(1, 1) not in decision.assignments
    assert (decision.assignments[key(1, 2)].clinician_id, decision.assignments[key(1, 2)].starts_at) == (
        102,
        at("08:00"),
    )
    assert [c.subject.position for c in decision.cases_opened] == [1]
    before = decided(a_published_day(*seats, visits=[visit(1, positions=2)]), called_out(1, "07:50"))
    assert {a.clinician_id for a in before.assignments.values()} == {102, 103}, "in time, someone else joins her"


def test_a_pin_to_somebody_who_is_not_there_holds_nothing():
    pinned = with_plan(MORNING, stop(1, 1, "08:00", pinned=True), stop(4, 2, "08:00"))
    for signal in (called_out(1, "07:40"), called_out(1, "08:10")):
        assert decided(pinned, signal).assignments[key(1)].clinician_id != RN1.id


def test_whoever_is_back_a_few_minutes_after_a_visit_was_to_begin_begins_when_back():
    """Ten minutes of a route are nobody's news, but not into an absence: her day is told anew."""
    day = a_published_day(stop(1, 1, "08:46", told=stop(1, 1, "08:50").told), clinicians=[RN1])
    decision = decided(day, called_out(1, "07:40", until="08:48"))
    assert decision.assignments[key(1)].starts_at == at("08:48")


def test_a_pin_goes_with_the_care_and_stays_where_only_documentation_is_left():
    day = with_plan(MORNING, *(stop(n, 1, at_, pinned=True) for n, at_ in ((1, "08:00"), (2, "08:45"))))
    after_care = call_out(called_out(1, "08:32", since="08:32"), day, at("08:32")).day.plan.assignments
    assert {k.visit_id: a.pinned for k, a in after_care.items()} == {1: True, 2: False}
