"""The day is drafted as often as one likes, published once, and from then on only repaired."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.builders import SERVICE_DATE, a_credential, at
from tests.unit.dispatch.a_morning import (
    BUDGET,
    HHA4,
    RN1,
    RULEBOOK,
    STAFF,
    THE_DAY_BEFORE,
    a_free_day,
    added,
    after,
    decided,
    key,
    planned,
    visit,
)

from suture.dispatch import first_pass
from suture.dispatch.day_cases import credentials_of
from suture.dispatch.first_pass import NotPlannable
from suture.model.cases import CaseKind, CaseSubject
from suture.model.day import Day
from suture.model.decision import Cause, ChangeKind, Decision
from suture.model.people import Clinician, Credential
from suture.model.plan import Stage
from suture.model.visit import VisitStatus

FREE = a_free_day([visit(n, status=VisitStatus.REQUESTED) for n in (1, 2, 3)])


def draft(day: Day, seed: int = 1) -> Decision:
    return first_pass.plan(day, RULEBOOK, THE_DAY_BEFORE, BUDGET, seed)


def test_a_first_pass_is_a_draft_that_assigns_all_it_can():
    decision = draft(FREE)
    assert (decision.cause, decision.stage) == (Cause.FIRST_PASS, Stage.DRAFT)
    assert (decision.base_version, decision.version) == (0, 1)
    assert set(decision.assignments) == {key(1), key(2), key(3)}
    assert {c.kind for c in decision.changes} == {ChangeKind.ASSIGNED}
    assert {u.status for u in decision.visit_updates} == {VisitStatus.SCHEDULED}
    assert decision.revs == {1: 1, 2: 1, 3: 1}, "nobody has been told anything yet"
    assert HHA4.id not in {a.clinician_id for a in decision.assignments.values()}


def test_what_cannot_be_assigned_is_a_case_with_a_reason_for_each_clinician():
    decision = draft(replace(FREE, visits={**FREE.visits, key(1).visit_id: visit(1, required_skills=("iv",))}))
    (case,) = decision.cases_opened
    assert (case.kind, case.subject) == (CaseKind.UNCOVERED_VISIT, CaseSubject("visit", 1, 1))
    assert all(sum(c.name in str(reason) for reason in case.reasons) == 1 for c in STAFF)
    assert sum("needs a skill that this clinician does not have" in str(reason) for reason in case.reasons) == 1


def test_a_draft_may_be_made_again_and_is_then_the_next_version():
    again = draft(after(FREE, draft(FREE)))
    assert (again.base_version, again.version) == (1, 2)


def test_same_seed_same_draft():
    assert draft(FREE, seed=3) == draft(FREE, seed=3)


def test_publishing_changes_who_is_told_and_nothing_else():
    drafted = after(FREE, draft(FREE))
    decision = first_pass.publish(drafted)
    assert (decision.cause, decision.stage) == (Cause.PUBLISH, Stage.PUBLISHED)
    assert (decision.base_version, decision.version, decision.changes) == (1, 1, ())
    assert decision.assignments == drafted.plan.assignments
    assert decision.revs == {v: 1 for v in FREE.visits}


def test_a_published_day_is_not_planned_again():
    with pytest.raises(NotPlannable, match=r"Mar 24, 2026 is published\. Report changes with suture signal\."):
        draft(planned(FREE))


def test_a_day_without_a_plan_cannot_be_published():
    with pytest.raises(NotPlannable, match=r"Mar 24, 2026 has no plan yet: plan the day first\."):
        first_pass.publish(FREE)


def test_a_day_is_published_once():
    with pytest.raises(NotPlannable, match=r"Mar 24, 2026 is already published, as version 1\."):
        first_pass.publish(planned(FREE))


def test_a_published_day_still_takes_what_comes():
    day = planned(FREE)
    more = replace(day, visits={**day.visits, key(4).visit_id: visit(4, status=VisitStatus.REQUESTED)})
    assert key(4) in decided(more, added(4)).assignments


# --- Credentials that run out -----------------------------------------------------------------------------------------


def holding(*credentials: Credential) -> tuple[Clinician, Day]:
    nurse = replace(RN1, credentials=(a_credential("RN"), *credentials))
    return nurse, a_free_day([visit(1)], [nurse])


@pytest.mark.parametrize(
    ("days", "sentence"),
    [
        (-8, None),
        (-7, "Clinician 1's IV credential expired on Mar 17, 2026. Visits that need it go to others."),
        (-1, "Clinician 1's IV credential expired on Mar 23, 2026. Visits that need it go to others."),
        (0, "Clinician 1's IV credential is valid through Mar 24, 2026. Later visits that need it go to others."),
        (7, "Clinician 1's IV credential is valid through Mar 31, 2026. Later visits that need it go to others."),
        (8, None),
    ],
)
def test_what_runs_out_within_a_week_or_just_has_is_a_case(days, sentence):
    _, day = holding(a_credential("iv", until=SERVICE_DATE + timedelta(days=days)))
    assert [[str(r) for r in c.reasons] for c in credentials_of(day)[0]] == ([[sentence]] if sentence else [])


def test_one_case_a_clinician_names_all_that_runs_out():
    soon = SERVICE_DATE + timedelta(days=1)
    nurse, day = holding(a_credential("iv", until=soon), a_credential("wound_care", until=SERVICE_DATE))
    (case,) = draft(day).cases_opened
    assert (case.kind, case.subject) == (
        CaseKind.CREDENTIAL_EXPIRING,
        CaseSubject.of_clinician(nurse.id, day.service_date),
    )
    assert len(case.reasons) == 2


def test_what_was_renewed_in_time_is_no_case():
    _, day = holding(a_credential("iv", until=SERVICE_DATE - timedelta(days=1)), a_credential("iv"))
    assert credentials_of(day)[0] == ()


@pytest.mark.parametrize("other", [{"until": None}, {"status": "revoked"}], ids=["unverified", "revoked"])
def test_a_renewal_that_does_not_count_is_none(other):
    _, day = holding(a_credential("iv", until=SERVICE_DATE), a_credential("iv", **other))
    assert len(credentials_of(day)[0]) == 1


def test_what_never_expires_or_was_taken_away_is_no_case():
    _, day = holding(a_credential("iv", until=None), a_credential("wound_care", until=SERVICE_DATE, status="revoked"))
    assert credentials_of(day)[0] == ()


def test_a_credential_counts_on_its_last_day_and_not_the_day_after():
    for until, who in ((SERVICE_DATE, True), (SERVICE_DATE - timedelta(days=1), False)):
        nurse = replace(RN1, credentials=(a_credential("RN", until=until),))
        decision = draft(a_free_day([visit(1)], [nurse]))
        assert (key(1) in decision.assignments) == who
        assert CaseKind.CREDENTIAL_EXPIRING in {c.kind for c in decision.cases_opened}
        assert all(a.starts_at >= at("08:00") for a in decision.assignments.values())
