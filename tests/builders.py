"""Model objects for tests: one small builder a noun, with plain defaults, so that a test names only what it is about.

Times are written as on the wall in Columbus on the service date: `at("07:40")`, or `at("17:00", days=-1)`.
"""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from suture.model.day import Day, PairKind, PairRule, PastVisit
from suture.model.ids import BranchId, PartyId, PlaceId, VisitId
from suture.model.people import Branch, Clinician, Credential, Patient, Place, Shift
from suture.model.plan import Plan, Stage
from suture.model.travel import Quality, TravelMatrix, TravelTimes
from suture.model.visit import Priority, TimeWindow, Visit, VisitKind, VisitStatus

SERVICE_DATE = date(2026, 3, 24)
"""A Tuesday."""
TZ = "America/New_York"
LONG_AGO, FAR_AHEAD = date(2020, 1, 1), date(2030, 1, 1)
PLACE = PlaceId(1)


def at(clock: str, *, days: int = 0) -> datetime:
    """An instant of the service date, or some days from it, in UTC."""
    local = datetime.combine(SERVICE_DATE + timedelta(days=days), time.fromisoformat(clock), ZoneInfo(TZ))
    return local.astimezone(ZoneInfo("UTC"))


def a_window(opens: str = "08:00", closes: str = "12:00", *, care_minutes: int = 30) -> TimeWindow:
    """A window as a file gives it: the visit happens between `opens` and `closes`."""
    return TimeWindow(at(opens), at(closes) - timedelta(minutes=care_minutes), at(closes))


def a_branch(**changes: Any) -> Branch:
    """The Columbus branch; its week starts on Sunday."""
    fields = {"external_id": "COLUMBUS", "agency": "Riverbend", "name": "Columbus", "phone": "+16145550100", "tz": TZ}
    return Branch(**{"id": BranchId(1), "week_starts_on": 7, **fields, **changes})


def a_place(number: int = 1, **changes: Any) -> Place:
    """A place in Columbus."""
    return Place(**{"id": PlaceId(number), "lat": 39.99, "lon": -83.0 - number / 100, "tz": TZ, **changes})


def a_credential(code: str, *, until: date | None = FAR_AHEAD, **changes: Any) -> Credential:
    """A credential held for long; `until=None` is unverified."""
    return Credential(**{"code": code, "valid_from": LONG_AGO, "valid_until": until, **changes})


def a_clinician(number: int = 1, *, role: str = "RN", skills: Iterable[str] = (), **changes: Any) -> Clinician:
    """A clinician E-01, E-02 … with a valid license for the role and these skills."""
    fields = {
        "id": PartyId(100 + number),
        "external_id": f"E-{number:02}",
        "name": f"Clinician {number}",
        "role": role,
        "home_place_id": PLACE,
        "max_weekly_minutes": None,
        "languages": ("en",),
        "credentials": tuple(a_credential(code) for code in (role, *skills)),
    }
    return Clinician(**{**fields, **changes})


def a_patient(number: int = 1, **changes: Any) -> Patient:
    """A patient P-01, P-02 …"""
    fields = {"external_id": f"P-{number:02}", "name": f"Patient {number}", "lang": "en", "place_id": PLACE}
    return Patient(**{"id": PartyId(200 + number), **fields, **changes})


def a_visit(number: int = 1, **changes: Any) -> Visit:
    """A home visit V-01, V-02 … of 30 minutes between 08:00 and 12:00 to the patient of the same number."""
    fields: dict[str, Any] = {
        "id": VisitId(number),
        "external_id": f"V-{number:02}",
        "branch_id": BranchId(1),
        "service_date": SERVICE_DATE,
        "patient_id": PartyId(200 + number),
        "place_id": PLACE,
        "kind": VisitKind.HOME_VISIT,
        "discipline": "SN",
        "visit_type": "routine",
        "roles": ("RN", "LPN"),
        "required_skills": (),
        "window": a_window(),
        "duration_minutes": 30,
        "documentation_minutes": 5,
        "positions": 1,
        "priority": Priority.ROUTINE,
        "status": VisitStatus.SCHEDULED,
        "held": False,
        "rev": 1,
        "visit_rev": 1,
    }
    return Visit(**{**fields, **changes})


def an_open_shift(number: int = 1, **changes: Any) -> Visit:
    """An open shift at a clinic, 13:00–17:00: no patient, an exact time."""
    window = TimeWindow(at("13:00"), at("13:00"), at("17:00"))
    fields = {"kind": VisitKind.OPEN_SHIFT, "patient_id": None, "visit_type": "clinic_shift", "window": window}
    return a_visit(number, **{**fields, "duration_minutes": 240, "documentation_minutes": 0, **changes})


def a_shift(clinician: Clinician, starts: str = "07:00", ends: str = "13:00", *, days: int = 0) -> Shift:
    """A working period of one clinician."""
    return Shift(clinician.id, at(starts, days=days), at(ends, days=days))


def a_past_visit(clinician: Clinician, patient: Patient | None = None, *, days: int = -1, **changes: Any) -> PastVisit:
    """A visit of another day, 09:00–09:30 the day before unless told."""
    fields = {
        "patient_id": patient.id if patient else None,
        "clinician_id": clinician.id,
        "place_id": PLACE,
        "discipline": "SN",
        "starts_at": at("09:00", days=days),
        "ends_at": at("09:30", days=days),
    }
    return PastVisit(**{**fields, **changes})


def a_pair_rule(patient: Patient, clinician: Clinician, kind: PairKind = PairKind.BARRED) -> PairRule:
    """A standing wish; barred unless told."""
    return PairRule(patient.id, clinician.id, kind)


def flat_travel(places: Iterable[Place], *, minutes: int = 10) -> TravelTimes:
    """The same driving time between any two places, and none within one."""
    index = {place.id: row for row, place in enumerate(places)}
    seconds = tuple(tuple(0 if a == b else minutes * 60 for b in index) for a in index)
    return TravelTimes(index, TravelMatrix(seconds, Quality.ESTIMATE, "flat"))


def a_day(
    *,
    visits: Iterable[Visit] = (),
    clinicians: Iterable[Clinician] = (),
    patients: Iterable[Patient] = (),
    places: Iterable[Place] | None = None,
    shifts: Iterable[Shift] | None = None,
    **changes: Any,
) -> Day:
    """A branch-day before its first plan; every clinician works 07:00–13:00 unless `shifts` are given."""
    people, ground = tuple(clinicians), (a_place(),) if places is None else tuple(places)
    fields: dict[str, Any] = {
        "branch": a_branch(),
        "service_date": SERVICE_DATE,
        "plan": Plan(BranchId(1), SERVICE_DATE, 0, Stage.DRAFT, {}),
        "visits": {visit.id: visit for visit in visits},
        "patients": {patient.id: patient for patient in patients},
        "clinicians": {clinician.id: clinician for clinician in people},
        "availability": (),
        "shifts": tuple(a_shift(c) for c in people) if shifts is None else tuple(shifts),
        "places": {place.id: place for place in ground},
        "pair_rules": frozenset(),
        "past": (),
        "promises": (),
        "cases": (),
        "travel": flat_travel(ground),
        "declined": frozenset(),
    }
    return Day(**{**fields, **changes})
