"""A plan's routes run by time; a day knows which positions want someone and what each party was last told."""

from dataclasses import replace

from tests.builders import a_clinician, a_day, a_visit, at
from tests.unit.dispatch.a_morning import a_promise, stop, with_plan

from suture.model.ids import PartyId, VisitId
from suture.model.visit import VisitStatus

RN = a_clinician(1)


def test_a_route_is_one_clinicians_stops_by_time():
    day = a_day(visits=[a_visit(n) for n in (1, 2, 3)], clinicians=[RN, a_clinician(2)])
    day = with_plan(day, stop(1, 1, "10:00"), stop(2, 2, "08:00"), stop(3, 1, "08:00"))
    assert [a.key.visit_id for a in day.plan.route(RN.id)] == [3, 1]


def test_open_positions_are_every_seat_of_every_visit_that_wants_somebody():
    visits = [a_visit(3, positions=2), a_visit(1), a_visit(2, status=VisitStatus.CANCELLED), a_visit(4, held=True)]
    assert a_day(visits=visits).open_positions() == ((1, 1), (3, 1), (3, 2))


def test_a_promise_is_found_by_its_visit_and_its_party():
    to_patient, to_nurse = a_promise(1, party=PartyId(201), told=("08:30", "09:30")), a_promise(1, party=RN.id)
    day = replace(a_day(visits=[a_visit(1)]), promises=(to_nurse, to_patient))
    assert day.promise_of(VisitId(1), PartyId(201)) == to_patient
    assert day.promise_of(VisitId(1), PartyId(202)) is None
    assert to_patient.window.open == at("08:30")
