"""A visit is not checked in at: a case, then another one with the call-out ready; nobody is taken as gone."""

from dataclasses import replace

from tests.builders import at
from tests.unit.dispatch.a_morning import (
    RN1,
    a_published_day,
    after,
    asked,
    began,
    decided,
    ended,
    key,
    no_check_in,
    stop,
    working,
)

from suture.model.cases import CaseKind
from suture.model.plan import Stage
from suture.model.visit import VisitStatus

PLANNED = a_published_day(stop(1, 1, "08:00"), stop(2, 1, "08:45"))
LATE = after(PLANNED, decided(PLANNED, no_check_in(1)))


def test_a_missing_check_in_opens_a_case_and_the_rest_of_the_route_is_projected():
    decision = decided(PLANNED, no_check_in(1, "08:15"))
    (case,) = decision.cases_opened
    assert (case.kind, case.deadline_at) == (
        CaseKind.NOT_CLOCKED_IN,
        PLANNED.visits[key(1).visit_id].window.latest_start,
    )
    assert [str(r) for r in case.reasons] == [
        "Clinician 1 was due at 08:00 and has not checked in. Call and ask.",
    ]
    assert decision.assignments[key(1)].clinician_id == RN1.id
    assert decision.assignments[key(2)].starts_at == at("09:10")


def test_still_none_is_a_no_call_no_show_with_the_call_out_ready():
    decision = decided(LATE, no_check_in(1, "08:45", absent=True))
    (case,) = (c for c in decision.cases_opened if c.kind is CaseKind.NCNS)
    assert case.deadline_at == at("08:45")
    assert str(case.reasons[1]).endswith("their visits go to others: suture signal call-out E-01.")
    assert CaseKind.NOT_CLOCKED_IN in {c.kind for c in decision.cases_closed}
    assert decision.assignments[key(1)].clinician_id == RN1.id, "only a person's call-out gives the visits to others"


def test_a_check_in_ends_it():
    decision = decided(LATE, began(1, "08:40"))
    assert {CaseKind.NOT_CLOCKED_IN, CaseKind.NCNS} <= {c.kind for c in decision.cases_closed}
    assert decision.assignments[key(1)].starts_at == at("08:40")


def test_a_check_out_that_came_alone_ends_it_too():
    assert CaseKind.NOT_CLOCKED_IN in {c.kind for c in decided(LATE, ended(1, "08:40")).cases_closed}


def test_a_visit_that_has_begun_or_is_over_is_not_late():
    for status in (VisitStatus.IN_PROGRESS, VisitStatus.COMPLETED, VisitStatus.CANCELLED):
        decision = decided(asked(PLANNED, 1, status=status, started_at=at("08:00")), no_check_in(1))
        assert [c.kind for c in decision.cases_opened] == []


def test_a_visit_that_was_moved_since_is_not_late():
    moved = a_published_day(stop(1, 1, "09:00"))
    decision = decided(moved, no_check_in(1, "08:15"))
    assert (decision.version, str(decision.because)) == (
        moved.plan.version,
        "the visit that had no check-in, V-01, was moved",
    )


def test_of_a_draft_nobody_is_missing():
    draft = replace(PLANNED, plan=replace(PLANNED.plan, stage=Stage.DRAFT))
    assert decided(draft, no_check_in(1)).cases_opened == ()


def test_who_would_come_after_their_shift_is_not_waited_for_in_the_plan():
    short = working(PLANNED, 1, ("07:00", "08:40"))
    assert decided(short, no_check_in(1)).assignments[key(1)].starts_at == at("08:00")
