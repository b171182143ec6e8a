"""A held import gives positions and visits, so that the number agrees with the ids behind it."""

from datetime import UTC, date, datetime

from suture.model.imports import ImportBatch, PatientRecord, PostalAddress
from suture.model.stakes import PublishedSeat, Stakes
from suture.model.visit import VisitStatus
from suture.service.mass_change import find_mass_change

DAY = date(2026, 11, 30)
OPENS, CLOSES = (datetime(2026, 11, 30, hour, tzinfo=UTC) for hour in (14, 16))


def seat(visit: str, position: int = 1) -> PublishedSeat:
    return PublishedSeat(
        branch="LAKE",
        day=DAY,
        visit=visit,
        position=position,
        patient="P1",
        patient_is_active=True,
        status=VisitStatus.SCHEDULED,
        held=False,
        earliest_start=OPENS,
        latest_end=CLOSES,
        required_skills=(),
        roles=("RN",),
        updated_at=None,
        clinician=None,
        starts_at=None,
        ends_at=None,
    )


def diff_of(*seats: PublishedSeat) -> tuple[str, ...]:
    left = PatientRecord(
        line=2,
        external_id="P1",
        family="Alder",
        given="Ana",
        status="discharged",
        lang="en",
        tz="",
        point=None,
        address=PostalAddress(),
        gender_preference=None,
        sms=None,
        email=None,
    )
    change = find_mass_change([ImportBatch("patients.csv", "x", (left,))], Stakes({}, seats, (), ()))
    assert change is not None
    return tuple(map(str, change.diff))


def test_a_visit_of_two_positions_is_one_visit() -> None:
    seats = [seat(f"V{n}") for n in range(1, 5)]
    (line,) = diff_of(*seats, seat("V4", 2))
    assert line == "Mon, Nov 30 in LAKE: 5 positions of 4 visits, patient not active: V1, V2, V3, V4"


def test_where_both_are_as_many_it_is_said_once() -> None:
    (line,) = diff_of(*[seat(f"V{n}") for n in range(1, 6)])
    assert line.startswith("Mon, Nov 30 in LAKE: 5 positions, patient not active")
