"""A clinician has time, or is back: what nobody covers is tried at once."""

from tests.builders import at
from tests.unit.dispatch.a_morning import (
    RN1,
    a_published_day,
    after,
    called_out,
    decided,
    free,
    key,
    stop,
    visit,
    without,
    working,
)

from suture.dispatch.clinician_free import clinician_free
from suture.model.day import Day
from suture.model.people import AvailabilityKind, Shift
from suture.model.visit import VisitStatus

NEEDED = visit(2, status=VisitStatus.REQUESTED, roles=("RN",))


def alone(day: Day) -> Day:
    """The day on which Clinician 1 alone works."""
    for other in (2, 3, 4):
        day = working(day, other)
    return day


OUT = alone(a_published_day(stop(1, 1, "08:00"), visits=[visit(1, roles=("RN",)), NEEDED]))
GONE = after(OUT, decided(OUT, called_out(1)))


def test_who_is_back_gets_what_no_one_covers():
    assert GONE.plan.assignments == {}
    decision = decided(GONE, free(1, "09:00", "13:00", "08:30"))
    assert {key(1), key(2)} <= decision.assignments.keys()
    assert min(a.starts_at for a in decision.assignments.values()) >= at("09:00")
    assert str(decision.because) == "Clinician 1 is available from 09:00"


def test_hours_are_recorded_as_offered():
    (hours,) = decided(GONE, free(1, "09:00", "13:00", "08:30")).absences
    assert (hours.clinician_id, hours.starts_at, hours.kind) == (RN1.id, at("09:00"), AvailabilityKind.AVAILABLE)


def test_the_rest_of_the_call_out_stays():
    back = clinician_free(free(1, "09:00", "10:00", "08:30"), GONE, at("08:30")).day
    assert [s for s in back.shifts if s.clinician_id == RN1.id][-1:] == [Shift(RN1.id, at("09:00"), at("10:00"))]


def test_who_is_not_on_the_roster_brings_no_hours():
    decision = decided(without(OUT, 1), free(1, "09:00", "13:00"))
    assert (decision.absences, str(decision.because)) == ((), "a clinician is no longer at work")
