"""A clinician has begun: from here on the visit stays where it is, and what follows waits for its true end."""

from dataclasses import replace

import pytest
from tests.builders import at
from tests.unit.dispatch.a_morning import (
    a_published_day,
    after,
    began,
    called_out,
    changes_of,
    decided,
    key,
    stop,
    visit,
)

from suture.dispatch.check_in import check_in
from suture.model.cases import CaseKind
from suture.model.decision import ChangeKind, VisitUpdate
from suture.model.visit import VisitStatus

MORNING = a_published_day(stop(1, 1, "08:00"), stop(2, 1, "08:45"), stop(3, 2, "08:00"))


def test_a_check_in_long_before_the_window_is_not_believed():
    effect = check_in(began(1, "06:30"), MORNING, at("06:30"))
    assert ([c.kind for c in effect.opened], effect.updates, effect.replans) == ([CaseKind.EVV_MISMATCH], (), False)


def test_an_hour_before_the_window_it_may_be_true():
    assert check_in(began(1, "07:00"), MORNING, at("07:00")).updates


@pytest.mark.parametrize(("clinician", "cases"), [(None, []), (1, []), (2, [CaseKind.EVV_MISMATCH])])
def test_a_stranger_at_the_door_is_a_question_and_no_one_named_is_none(clinician, cases):
    effect = check_in(began(1, clinician=clinician), MORNING, at("08:00"))
    assert ([c.kind for c in effect.opened], len(effect.updates)) == (cases, 1)


def test_the_visit_is_under_way_since_it_truly_began():
    signal = replace(began(1, "08:07"), occurred_at=at("08:02"))
    effect = check_in(signal, MORNING, at("08:07"))
    assert effect.updates == (VisitUpdate(key(1).visit_id, VisitStatus.IN_PROGRESS, started_at=at("08:02")),)
    assert str(effect.because) == "visit V-01 has begun"


@pytest.mark.parametrize("status", [VisitStatus.IN_PROGRESS, VisitStatus.COMPLETED, VisitStatus.CANCELLED])
def test_a_visit_begins_once(status):
    day = replace(MORNING, visits={**MORNING.visits, key(1).visit_id: visit(1, status=status)})
    effect = check_in(began(1), day, at("08:00"))
    assert (effect.updates, effect.replans) == ((), False)


def test_on_time_nothing_moves():
    decision = decided(MORNING, began(1, "08:04"))
    assert (decision.version, decision.changes) == (MORNING.plan.version, ())
    assert [u.status for u in decision.visit_updates] == [VisitStatus.IN_PROGRESS]


def test_a_late_start_moves_what_follows():
    decision = decided(MORNING, began(1, "08:20"))
    changes = changes_of(decision)
    assert changes[key(1)].kind is changes[key(2)].kind is ChangeKind.RETIMED
    assert decision.assignments[key(1)].starts_at == at("08:20"), "the plan records what is true"
    assert decision.assignments[key(1)].ends_at == at("08:50")
    assert decision.assignments[key(2)].starts_at == at("09:05")
    assert not changes[key(1)].told_changed, "nobody is told of a visit that has begun"
    assert key(3) not in changes


def test_from_then_on_it_never_moves():
    begun = after(MORNING, decided(MORNING, began(1, "08:20")))
    decision = decided(begun, called_out(1, "08:25"))
    assert decision.assignments[key(1)] == begun.plan.assignments[key(1)]
    assert decision.hit == (key(2),)
