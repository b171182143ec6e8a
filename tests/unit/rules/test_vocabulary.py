"""What the rules see of clinicians, visits, patients and the day."""

from dataclasses import replace
from datetime import date

import pytest
from tests.builders import (
    SERVICE_DATE,
    a_branch,
    a_clinician,
    a_credential,
    a_day,
    a_pair_rule,
    a_past_visit,
    a_patient,
    a_place,
    a_shift,
    a_visit,
    a_window,
    an_open_shift,
    at,
)

from suture.model.day import PairKind
from suture.model.people import Clinician, Shift
from suture.rules.cel import FieldType, Values
from suture.rules.vocabulary import FIELDS, KNOWN, TYPES, clinician_values, day_values, language, subject, visit_values

PYTHON = {FieldType.STRING: str, FieldType.INT: int, FieldType.BOOL: bool, FieldType.STRINGS: tuple}
FULL = a_patient(1, gender_preference="female", traits={"tags": ("lift",), "pets": ("cat",), "risk": 3})
TRAITS = {"gender": "F", "zone": "north", "contract": "PRN", "hired_on": "2025-12-25", "tags": ("float",)}


def seen_as(clinician: Clinician, *shifts: Shift) -> Values:
    return clinician_values(clinician, shifts, a_day())


def test_every_word_gets_a_value_of_its_type():
    """And no value is a word that the vocabulary does not have."""
    clinician = a_clinician(traits={**TRAITS, "allergies": ("cat",)})
    day = a_day(places=[a_place(postal_code="43201")])
    values = {**seen_as(clinician, a_shift(clinician)), **visit_values(a_visit(), FULL, day)}
    assert values.keys() == TYPES.keys()
    assert {n: type(value) for n, value in values.items()} == {n: PYTHON[TYPES[n]] for n in values}


def test_what_may_be_unknown_is_absent_and_never_empty():
    nobody = a_clinician(languages=())
    values = {**seen_as(nobody), **visit_values(an_open_shift(roles=()), None, a_day())}
    absent = TYPES.keys() - values.keys()
    assert absent == set(KNOWN.values())
    assert [values[known] for known in KNOWN] == [False] * len(KNOWN)
    assert None not in values.values()
    assert {name for name, value in values.items() if value == ""} == {"v.site", "v.only"}, "'' is an answer there"


@pytest.mark.parametrize(
    ("hired", "months"), [("2026-03-24", 0), ("2026-02-25", 0), ("2026-02-24", 1), ("2024-12-31", 14)]
)
def test_tenure_is_in_whole_months_to_the_service_date(hired, months):
    assert seen_as(a_clinician(traits={"hired_on": hired}))["c.tenure_months"] == months


def test_a_fact_that_does_not_apply_is_known():
    values = visit_values(an_open_shift(), None, a_day())
    assert (values["v.banned"], values["p.preferred"], values["v.last_clinicians"]) == ((), (), ())


def test_every_word_can_be_written():
    for field in FIELDS:
        assert language().compile(f"{field.name} == {field.name}").reads == (field.name,)


def test_the_subject_of_a_word():
    assert [subject(name) for name in ("c.role", "known.c.start", "day.dow", "known.p.id")] == ["c", "c", "day", "p"]


@pytest.mark.parametrize(
    ("credential", "valid", "unverified"),
    [
        (a_credential("iv"), ("iv",), ()),
        (a_credential("iv", until=SERVICE_DATE), ("iv",), ()),
        (a_credential("iv", until=date(2026, 3, 23)), (), ()),
        (a_credential("iv", valid_from=date(2026, 3, 25)), (), ()),
        (a_credential("iv", status="suspended"), (), ()),
        (a_credential("iv", until=None), (), ("iv",)),
    ],
)
def test_credentials_are_those_of_the_service_date(credential, valid, unverified):
    values = seen_as(a_clinician(credentials=(credential,)))
    assert (values["c.creds"], values["c.unverified_creds"]) == (valid, unverified)


def test_a_renewed_credential_counts_whatever_its_other_record_says():
    old, open_ended = a_credential("iv", until=date(2026, 3, 1)), a_credential("iv", until=None)
    for records in ((a_credential("iv"), old, open_ended), (open_ended, old, a_credential("iv"))):
        values = seen_as(a_clinician(credentials=records))
        assert (values["c.creds"], values["c.unverified_creds"]) == (("iv",), ())


def test_hours_span_all_shifts_in_the_branchs_time():
    ana = a_clinician()
    values = seen_as(ana, a_shift(ana, "13:00", "17:00"), a_shift(ana, "07:00", "11:30"))
    assert (values["c.start"], values["c.end"]) == (420, 1020)


def test_a_night_shift_ends_after_midnight():
    ana = a_clinician()
    night = replace(a_shift(ana, "22:00", "23:00"), ends_at=at("06:00", days=1))
    assert seen_as(ana, night)["c.end"] == 30 * 60


def test_the_wall_clock_counts_when_the_clocks_change():
    spring = date(2026, 3, 8)
    days = (spring - SERVICE_DATE).days
    visit = a_visit(window=replace(a_window(), earliest_start=at("14:00", days=days)))
    assert visit_values(visit, FULL, replace(a_day(), service_date=spring))["v.start"] == 840


def test_a_visits_hours_are_of_its_place():
    chicago = a_place(tz="America/Chicago")
    values = visit_values(a_visit(), FULL, a_day(places=[chicago]))
    assert (values["v.start"], values["v.end"], values["v.dur"]) == (7 * 60, 11 * 60, 30)


def test_last_clinicians_latest_first_each_once():
    ana, ben, eva, patient = a_clinician(1), a_clinician(2), a_clinician(3), a_patient(1)
    past = [(ana, -9), (ben, -5), (ana, -7), (eva, -61), (eva, 1)]
    day = a_day(clinicians=[ana, ben, eva], past=tuple(a_past_visit(c, patient, days=d) for c, d in past))
    assert visit_values(a_visit(1), patient, day)["v.last_clinicians"] == ("E-02", "E-01")


def test_a_clinician_who_has_left_is_no_ones_last_clinician():
    patient = a_patient(1)
    day = a_day(clinicians=[a_clinician(2)], past=(a_past_visit(a_clinician(1), patient),))
    assert visit_values(a_visit(1), patient, day)["v.last_clinicians"] == ()


def test_wishes_are_the_patients_own():
    ana, ben, patient = a_clinician(1), a_clinician(2), a_patient(1)
    wishes = {a_pair_rule(patient, ana), a_pair_rule(patient, ben, PairKind.PREFERRED), a_pair_rule(a_patient(2), ben)}
    values = visit_values(a_visit(1), patient, a_day(clinicians=[ana, ben], pair_rules=frozenset(wishes)))
    assert (values["v.banned"], values["p.preferred"]) == (("E-01",), ("E-02",))


def test_the_day_is_the_service_date():
    values = visit_values(a_visit(), FULL, a_day())
    assert (values["day.date"], values["day.dow"], values["day.is_weekend"]) == ("2026-03-24", 2, False)
    saturday = replace(a_day(), service_date=date(2026, 3, 28))
    assert visit_values(a_visit(), FULL, saturday)["day.is_weekend"] is True


def test_a_days_values_are_of_everybody():
    day = a_day(clinicians=[a_clinician(1)], visits=[a_visit(1)], patients=[a_patient(1)], branch=a_branch())
    values = day_values(day)
    assert values.visits[a_visit(1).id] == visit_values(a_visit(1), a_patient(1), day)
    assert values.clinicians[a_clinician(1).id] == seen_as(a_clinician(1), *day.shifts)
