"""How loudly a case calls: clinical risk × time left. Money never enters."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import at

from suture.model.cases import (
    CASE_DEFAULTS,
    CASE_GROUPS,
    UNCOVERED,
    Band,
    CaseGroup,
    CaseKind,
    CaseSubject,
    CaseToOpen,
    default_of,
)
from suture.words.reason import reason

NOW = at("08:00")
LOUDNESS = [Band.LOW, Band.MEDIUM, Band.HIGH, Band.CRITICAL]
RISKS = st.sampled_from([1, 2, 3, 5, 8])


def case(risk: int, left: timedelta | None) -> CaseToOpen:
    deadline = NOW + left if left is not None else None
    return CaseToOpen(
        CaseKind.UNCOVERED_VISIT, CaseSubject("visit", 1, 1), risk, (reason("cover.no_clinician"),), deadline
    )


@pytest.mark.parametrize(
    ("left", "factor"),
    [
        (timedelta(hours=72, seconds=1), 1.0),
        (timedelta(hours=72), 1.5),
        (timedelta(hours=24, seconds=1), 1.5),
        (timedelta(hours=24), 3.0),
        (timedelta(hours=8, seconds=1), 3.0),
        (timedelta(hours=8), 5.0),
        (timedelta(hours=4, seconds=1), 5.0),
        (timedelta(hours=4), 8.0),
        (timedelta(0), 8.0),
        (timedelta(hours=-2), 8.0),
        (None, 1.0),
    ],
)
def test_the_less_time_is_left_the_more_a_case_weighs(left, factor):
    assert case(1, left).severity(NOW) == factor


@pytest.mark.parametrize(
    ("what", "risk", "hours", "severity", "band"),
    [
        ("an insulin visit", 8, 2, 64, Band.CRITICAL),
        ("a start of care", 5, 20, 15, Band.MEDIUM),
        ("continuity only", 2, 10, 6, Band.MEDIUM),
        ("a skilled visit this afternoon", 3, 6, 15, Band.MEDIUM),
        ("a skilled visit in an hour", 3, 1, 24, Band.HIGH),
        ("a start of care in an hour", 5, 1, 40, Band.CRITICAL),
        ("something to know", 1, 6, 5, Band.LOW),
    ],
)
def test_the_worked_examples(what, risk, hours, severity, band):
    """Without stakes, which would come with money."""
    example = case(risk, timedelta(hours=hours))
    assert example.severity(NOW) == severity, what
    assert example.band(NOW) is band, what


@pytest.mark.parametrize("left", [timedelta(days=30), timedelta(hours=30), None])
def test_a_time_critical_case_is_never_below_high(left):
    assert case(8, left).band(NOW) is Band.HIGH


@given(RISKS, st.integers(-600, 9_000), st.integers(0, 9_000))
def test_a_case_never_grows_quieter_as_time_runs_out(risk, minutes, more):
    later, sooner = case(risk, timedelta(minutes=minutes + more)), case(risk, timedelta(minutes=minutes))
    assert sooner.severity(NOW) >= later.severity(NOW)
    assert LOUDNESS.index(sooner.band(NOW)) >= LOUDNESS.index(later.band(NOW))


@given(st.integers(-600, 9_000))
def test_at_equal_time_more_risk_is_louder(minutes):
    severities = [case(risk, timedelta(minutes=minutes)).severity(NOW) for risk in (1, 2, 3, 5, 8)]
    assert severities == sorted(set(severities))


def test_every_kind_has_a_group_and_only_missing_people_are_cover():
    assert set(CASE_GROUPS) == set(CaseKind)
    cover = {kind for kind, group in CASE_GROUPS.items() if group is CaseGroup.COVER}
    assert cover == {*UNCOVERED, CaseKind.INFEASIBLE_SET}


@pytest.mark.parametrize("kind", CaseKind)
def test_every_kind_says_what_happens_if_no_one_acts(kind):
    said = str(default_of(kind, (reason("cover.no_clinician"),)))
    assert said.endswith(".") and said[0].isupper() and said != CASE_DEFAULTS[kind]


def test_a_case_that_has_a_default_of_its_own_has_no_other():
    held = reason("default.held")
    assert default_of(CaseKind.PATIENT_SILENT, (reason("watch.patient_silent"), held)) == held
