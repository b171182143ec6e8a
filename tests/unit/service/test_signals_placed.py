"""Signals as callers send them, against what is stored: what does not exist or cannot be names its field."""

import json
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from tests.builders import SERVICE_DATE, a_branch, at
from tests.unit.service.some_requests import (
    EARLY,
    FIVE,
    GOOD,
    NOON,
    OF_A_VISIT,
    OF_AN_AREA,
    OF_HOURS,
    ON_THE_DAY,
    STILL_EARLY,
    THE_DAY,
    TOMORROW,
    VISIT,
    YESTERDAY,
    changed,
    request,
)

from suture.model.ids import BranchDay, BranchId, PartyId, PlaceId, PromiseId, SignalId, TouchId, VisitId
from suture.model.people import Branch
from suture.model.signals import (
    SIGNAL_KINDS,
)
from suture.model.visit import VisitStatus
from suture.service import add_visit as intake
from suture.service import signal_requests
from suture.service.errors import BadSignal, UnknownBranch
from suture.service.handle_signals import understand
from suture.service.signal_requests import fields, of_door, of_staff
from suture.store.inbox import StoredSignal
from suture.store.lookups import FoundClinician, FoundPromise, FoundSite, FoundVisit, PlannedCare


class Known:
    """An agency of one visit and one clinician; stands in for the lookups."""

    now = at("07:40")
    promise: FoundPromise | None = FoundPromise(PromiseId(5), PartyId(201))
    message: TouchId | None = TouchId(6)
    ends: datetime | None = at("08:30")
    home: BranchId | None = BranchId(1)
    status = VisitStatus.SCHEDULED
    there: tuple[BranchId, ...] = ()
    held: tuple[BranchDay, ...] = ()

    def visit(self, tx: object, external_id: str) -> FoundVisit | None:
        return FoundVisit(VisitId(1), BranchId(1), SERVICE_DATE, self.status) if external_id == "V-01" else None

    def site(self, tx: object, external_id: str) -> FoundSite | None:
        return FoundSite(PlaceId(7)) if external_id == "CLINIC" else None

    def branches_at(self, tx: object, place_id: PlaceId, starts: datetime, ends: datetime) -> list[BranchId]:
        return list(self.there)

    def clinician(self, tx: object, external_id: str) -> FoundClinician | None:
        return FoundClinician(PartyId(101), BranchId(1)) if external_id == "E-01" else None

    def patient_promise(self, tx: object, visit_id: VisitId) -> FoundPromise | None:
        return self.promise

    def newest_day_message(self, tx: object, clinician_id: PartyId, service_date: date) -> TouchId | None:
        return self.message

    def planned_care(self, tx: object, visit_id: VisitId) -> PlannedCare | None:
        return PlannedCare(at("08:00"), self.ends) if self.ends else None

    def days_held(self, tx: object, clinician_id: PartyId, starts: datetime, ends: datetime) -> tuple[BranchDay, ...]:
        return self.held

    def branch_of_patient(self, tx: object, external_id: str) -> BranchId | None:
        return self.home

    def is_visit_id(self, tx: object, external_id: str) -> bool:
        return external_id == "V-01"

    def is_active_patient(self, tx: object, external_id: str) -> bool:
        return external_id != "P-77"


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> Known:
    lookups = Known()
    for module in (fields, of_staff, of_door):
        monkeypatch.setattr(module, "lookups", lookups, raising=False)
        monkeypatch.setattr(
            module,
            "branch_by_id",
            lambda tx, branch_id: a_branch(id=branch_id, external_id="COLUMBUS" if branch_id == 1 else "DAYTON"),
            raising=False,
        )
    monkeypatch.setattr(fields, "the_branch", the_branch)
    monkeypatch.setattr(intake, "lookups", lookups)
    monkeypatch.setattr(intake, "branch_by_id", lambda tx, branch_id: a_branch())
    return lookups


def the_branch(tx: object, external_id: str | None) -> Branch:
    """Two branches, so that one must be named."""
    if external_id != "COLUMBUS":
        raise UnknownBranch("Name a branch: there are COLUMBUS, DAYTON.")
    return a_branch()


def place(known: Known, **body: Any) -> Any:
    tx: Any = known
    return signal_requests.place(tx, request(**body))


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "call_out", "clinician": "E-77"}, "clinician"),
        ({"kind": "call_out", "clinician": "E-01", "from": NOON, "until": "2026-03-24T11:00:00-04:00"}, "until"),
        ({"kind": "call_out", "clinician": "E-01", "from": NOON, "until": NOON}, "until"),
        ({"kind": "call_out", "clinician": "E-01", "until": "2026-04-24T00:00:01-04:00"}, "until"),
        ({"kind": "cancellation", "visit": "V-77"}, "visit"),
        ({"kind": "run_over", "visit": "V-77", "minutes": 5}, "visit"),
        ({"kind": "run_over", "visit": "V-01"}, "expected_end"),
        ({"kind": "run_over", "visit": "V-01", "minutes": 5, "expected_end": NOON}, "expected_end"),
        ({"kind": "run_over", "visit": "V-01", "expected_end": "2026-03-25T08:30:01-04:00"}, "expected_end"),
        ({"kind": "run_over", "visit": "V-01", "expected_end": "2099-12-31T12:00:00-04:00"}, "expected_end"),
        ({"kind": "run_over", "visit": "V-01", "expected_end": "2026-03-24T08:00:00-04:00"}, "expected_end"),
        ({"kind": "check_in", "visit": "V-01", "occurred_at": "2000-01-01T08:00:00-04:00"}, "occurred_at"),
        ({"kind": "check_in", "visit": "V-01", "occurred_at": "2026-03-22T23:59:59-04:00"}, "occurred_at"),
        (
            {"kind": "check_out", "visit": "V-01", "outcome": "done", "occurred_at": NOON.replace("24", "22")},
            "occurred_at",
        ),
        ({"kind": "check_in", "visit": "V-01", "clinician": "E-77"}, "clinician"),
        ({"kind": "check_out", "visit": "V-77", "outcome": "done"}, "visit"),
        ({"kind": "reply", "answer": "accept"}, "visit"),
        ({"kind": "reply", "answer": "accept", "clinician": "E-01"}, "visit"),
        ({"kind": "reply", "answer": "accept", "clinician": "E-77", "date": "2026-03-24"}, "clinician"),
        ({"kind": "new_visit", "visit": {**VISIT, "latest_end": VISIT["earliest_start"]}}, "visit.latest_end"),
        ({"kind": "new_visit", "visit": {**VISIT, "duration_minutes": 121}}, "visit.latest_end"),
        ({"kind": "new_visit", "visit": {**VISIT, "external_id": "V-01"}}, "visit.external_id"),
        ({"kind": "new_visit", "visit": {**VISIT, "patient": "P-77"}}, "visit.patient"),
        ({"kind": "call_out", "clinician": "E-01", "from": "2026-03-23T08:00:00-04:00"}, "from"),
        *(({**GOOD[kind], "visit": "V-77"}, "visit") for kind in OF_A_VISIT),
        *(({**GOOD[kind], "clinician": "E-77"}, "clinician") for kind in ("running_late", "clinician_free")),
        ({**GOOD["roster_change"], "clinician": "E-77"}, "clinician"),
        ({"kind": "running_late", "clinician": "E-01", "minutes": 5, "occurred_at": YESTERDAY}, "occurred_at"),
        ({"kind": "late_start", "visit": "V-01", "position": 2}, "position"),
        ({"kind": "no_reply"}, "visit"),
        ({"kind": "no_reply", "visit": "V-01", "clinician": "E-01"}, "clinician"),
        ({"kind": "no_reply", "clinician": "E-01", "date": "2026-03-23"}, "date"),
        ({**GOOD["site_closed"], "site": "V-01"}, "site"),
        ({**GOOD["site_closed"], "branch": "ELSEWHERE"}, "branch"),
        (GOOD["site_closed"], "branch"),
        ({**GOOD["travel_disruption"], "branch": "ELSEWHERE"}, "branch"),
        (GOOD["travel_disruption"], "branch"),
        ({**GOOD["travel_disruption"], "branch": "COLUMBUS", "closed": True}, "percent"),
        ({**GOOD["travel_disruption"], "branch": "COLUMBUS", "percent": None}, "percent"),
        *(({**GOOD[kind], "branch": "COLUMBUS", "until": NOON}, "until") for kind in OF_AN_AREA),
        *(({**GOOD[kind], "branch": "COLUMBUS", "until": TOMORROW}, "until") for kind in OF_AN_AREA),
        *(({**GOOD[kind], "branch": "COLUMBUS", "from": YESTERDAY}, "from") for kind in OF_AN_AREA),
        ({**GOOD["clinician_free"], "until": TOMORROW}, "until"),
        ({**GOOD["roster_change"], "hours": "added", "until": TOMORROW}, "until"),
        ({**GOOD["roster_change"], "until": "2027-03-25T12:00:01-04:00"}, "until"),
        *(({**GOOD[kind], "from": YESTERDAY}, "from") for kind in OF_HOURS),
        *(({**GOOD[kind], "from": EARLY, "until": STILL_EARLY}, "until") for kind in OF_HOURS),
    ],
)
def test_what_does_not_exist_or_cannot_be_names_its_field(known, body, field):
    with pytest.raises(BadSignal) as error:
        place(known, **body)
    assert error.value.field == field
    assert str(error.value) == f"{field}: {error.value.message}"


@pytest.mark.parametrize("kind", [*OF_A_VISIT, "run_over"])
@pytest.mark.parametrize(
    ("status", "said"),
    [(VisitStatus.COMPLETED, "completed"), (VisitStatus.NO_SHOW, "no-show"), (VisitStatus.MISSED, "missed")],
)
def test_a_visit_that_is_over_is_refused(known, kind, status, said):
    known.status = status
    with pytest.raises(BadSignal, match=rf"^visit: visit V-01 is over \({said}\): nothing of it can be changed$"):
        place(known, **GOOD[kind])


@pytest.mark.parametrize("kind", [*OF_A_VISIT, "cancellation"])
def test_a_visit_of_yesterday_is_refused(known, kind):
    known.now = at("00:00", days=1)
    with pytest.raises(BadSignal, match=r"^visit: visit V-01 was on Mar 24, 2026, which is in the past$"):
        place(known, **GOOD[kind])


@pytest.mark.parametrize("kind", ["reopened", "visit_released", "no_reply", "cancellation", "check_in"])
def test_a_cancelled_visit_is_not_over_two_people_may_call(known, kind):
    known.status = VisitStatus.CANCELLED
    assert place(known, **GOOD[kind]).service_date == SERVICE_DATE


@pytest.mark.parametrize("kind", ["visit_held", "late_start", "no_check_out", "run_over"])
def test_what_is_wanted_of_a_cancelled_visit_is_refused(known, kind):
    known.status = VisitStatus.CANCELLED
    with pytest.raises(BadSignal, match=r"^visit: visit V-01 is cancelled: reopen it first$"):
        place(known, **GOOD[kind])


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({**GOOD["clinician_free"], "until": TOMORROW}, "must be after `from` and by Mar 25, 2026, 00:00; "),
        (
            {"kind": "run_over", "visit": "V-01", "expected_end": "2026-03-24T08:00:00-04:00"},
            "must be after the visit begins: Mar 24, 2026, 08:00",
        ),
        (
            {"kind": "run_over", "visit": "V-01", "expected_end": "2099-12-31T12:00:00-04:00"},
            "is more than 24 h after the planned end: Mar 24, 2026, 08:30",
        ),
    ],
)
def test_a_time_in_a_refusal_is_on_the_branchs_clock(known, body, said):
    with pytest.raises(BadSignal) as error:
        place(known, **body)
    assert error.value.message.startswith(said)


def test_a_site_is_closed_for_the_branch_whose_visits_are_there(known):
    known.there = (BranchId(2),)
    assert place(known, **GOOD["site_closed"]).branch_id == 2
    known.there = (BranchId(1), BranchId(2))
    with pytest.raises(BadSignal, match=r"^branch: visits of COLUMBUS, DAYTON are at this site: send one for each$"):
        place(known, **GOOD["site_closed"])
    assert place(known, **GOOD["site_closed"], branch="COLUMBUS").branch_id == 1


@pytest.mark.parametrize(
    ("lacking", "body", "field"),
    [
        ("promise", {"kind": "no_reply", "visit": "V-01"}, "visit"),
        ("message", {"kind": "no_reply", "clinician": "E-01", "date": "2026-03-24"}, "clinician"),
        ("promise", {"kind": "reply", "answer": "accept", "visit": "V-01"}, "visit"),
        ("message", {"kind": "reply", "answer": "accept", "clinician": "E-01", "date": "2026-03-24"}, "clinician"),
        ("ends", {"kind": "run_over", "visit": "V-01", "minutes": 5}, "visit"),
        ("home", {"kind": "new_visit", "visit": VISIT}, "visit.patient"),
    ],
)
def test_what_was_never_told_planned_or_placed_names_its_field(known, lacking, body, field):
    setattr(known, lacking, None)
    with pytest.raises(BadSignal) as error:
        place(known, **body)
    assert error.value.field == field


@pytest.mark.parametrize(
    ("body", "stored"),
    [
        (
            {"kind": "call_out", "clinician": "E-01"},
            {"clinician_id": 101, "from_at": at("07:40"), "until": at("00:00", days=1)},
        ),
        (
            {"kind": "call_out", "clinician": "E-01", "occurred_at": "2026-03-24T07:30:00-04:00"},
            {"clinician_id": 101, "from_at": at("07:30"), "until": at("00:00", days=1)},
        ),
        ({"kind": "cancellation", "visit": "V-01"}, {"visit_id": 1, "by": "patient", "reason": ""}),
        ({"kind": "run_over", "visit": "V-01", "minutes": 30}, {"visit_id": 1, "minutes": 30}),
        ({"kind": "run_over", "visit": "V-01", "expected_end": NOON}, {"visit_id": 1, "expected_end": at("12:00")}),
        (
            {"kind": "run_over", "visit": "V-01", "expected_end": "2026-03-25T08:30:00-04:00"},
            {"visit_id": 1, "expected_end": at("08:30", days=1)},
        ),
        ({"kind": "check_in", "visit": "V-01"}, {"visit_id": 1, "clinician_id": None}),
        (
            {"kind": "check_out", "visit": "V-01", "outcome": "done", "occurred_at": "2026-03-23T00:00:00-04:00"},
            {"visit_id": 1, "outcome": "done", "clinician_id": None},
        ),
        ({"kind": "check_in", "visit": "V-01", "clinician": "E-01"}, {"visit_id": 1, "clinician_id": 101}),
        (
            {"kind": "check_out", "visit": "V-01", "outcome": "not_home"},
            {"visit_id": 1, "outcome": "not_home", "clinician_id": None},
        ),
        ({"kind": "reopened", "visit": "V-01"}, {"visit_id": 1}),
        (GOOD["visit_held"], {"visit_id": 1, "reason": "in the hospital"}),
        ({"kind": "visit_released", "visit": "V-01"}, {"visit_id": 1}),
        ({"kind": "running_late", "clinician": "E-01", "minutes": 20}, {"clinician_id": 101, "minutes": 20}),
        ({"kind": "late_start", "visit": "V-01"}, {"visit_id": 1, "position": 1, "absent": False}),
        (GOOD["late_start"], {"visit_id": 1, "position": 1, "absent": True}),
        (GOOD["no_check_out"], {"visit_id": 1}),
        ({"kind": "no_reply", "visit": "V-01"}, {"party_id": 201, "visit_id": 1}),
        (
            {"kind": "no_reply", "clinician": "E-01", "date": "2026-03-24"},
            {"party_id": 101, "touch_id": 6},
        ),
        (
            {"kind": "clinician_free", "clinician": "E-01", "until": FIVE},
            {"clinician_id": 101, "from_at": at("07:40"), "until": at("17:00")},
        ),
        (
            {**GOOD["site_closed"], "branch": "COLUMBUS"},
            {"place_id": 7, "from_at": at("12:00"), "until": at("17:00")},
        ),
        (
            {**GOOD["travel_disruption"], "branch": "COLUMBUS", "area": ["43210", "432", "432"]},
            {"postal_codes": ("432", "43210"), "percent": 150, "from_at": at("12:00"), "until": at("17:00")},
        ),
        (
            {"kind": "travel_disruption", "branch": "COLUMBUS", "closed": True, "until": FIVE},
            {"postal_codes": (), "percent": None, "from_at": at("07:40"), "until": at("17:00")},
        ),
        (
            {"kind": "reply", "answer": "decline", "visit": "V-01"},
            {"party_id": 201, "promise_id": 5, "answer": "decline", "via": "phone"},
        ),
        (
            {"kind": "reply", "answer": "accept", "clinician": "E-01", "date": "2026-03-24"},
            {"party_id": 101, "touch_id": 6, "answer": "accept", "via": "phone"},
        ),
    ],
)
def test_what_is_stored_has_numbers_for_names_and_times_for_what_was_left_out(known, body, stored):
    placed = place(known, **body)
    assert placed.body == stored
    assert (placed.branch_id, placed.service_date) == (1, SERVICE_DATE)
    text = json.loads(json.dumps(placed.body, sort_keys=True, default=str))
    row = StoredSignal(SignalId(9), body["kind"], text, at("07:40"), at("07:41"), 0, *ON_THE_DAY)
    understood = understand(row)
    assert type(understood) is SIGNAL_KINDS[body["kind"]]
    assert {name: getattr(understood, name) for name in stored} == stored
    assert (understood.id, understood.occurred_at, understood.received_at) == (9, at("07:40"), at("07:41"))


@pytest.mark.parametrize(
    ("until", "last"),
    [
        (None, 0),
        ("2026-03-24T17:00:00-04:00", 0),
        ("2026-03-25T00:00:00-04:00", 0),  # the end of the day is not the next one
        ("2026-03-25T00:01:00-04:00", 1),
        ("2026-03-26T17:00:00-04:00", 2),
        ("2026-04-24T00:00:00-04:00", 30),
    ],
)
def test_a_call_out_is_about_each_day_that_it_touches(known, until, last):
    placed = place(known, kind="call_out", clinician="E-01", until=until)
    days = [BranchDay(BranchId(1), SERVICE_DATE + timedelta(days=n)) for n in range(last + 1)]
    assert [BranchDay(placed.branch_id, placed.service_date), *placed.also] == days


def test_a_call_out_is_about_the_days_of_whatever_branch_that_has_work_for_her(known):
    other, next_day = BranchDay(BranchId(2), SERVICE_DATE), BranchDay(BranchId(1), SERVICE_DATE + timedelta(days=1))
    known.held = (other, THE_DAY)
    placed = place(known, kind="call_out", clinician="E-01", until="2026-03-25T08:00:00-04:00")
    assert (placed.branch_id, placed.service_date) == THE_DAY
    assert {THE_DAY, *placed.also} == {THE_DAY, next_day, other}


@pytest.mark.parametrize(
    ("until", "why"),
    [
        (NOON, "must be after `from`"),
        ("2026-04-24T00:00:01-04:00", "spans more than 31 days: enter a longer absence as time off"),
    ],
)
def test_a_call_out_that_is_too_long_or_ends_before_it_begins_says_so(known, until, why):
    with pytest.raises(BadSignal) as error:
        place(known, kind="call_out", clinician="E-01", **{"from": NOON}, until=until)
    assert str(error.value) == f"until: {why}"


@pytest.mark.parametrize(
    ("now", "kind"),
    [(at("07:40", days=3), "check_in"), (at("07:40", days=3), "check_out"), (at("07:40", days=-2), "check_in")],
)
def test_a_visit_of_another_day_does_not_begin_or_end_now(known, now, kind):
    known.now = now
    with pytest.raises(BadSignal, match=r"^occurred_at: says Mar 2\d, 2026, but visit V-01 is on Mar 24, 2026"):
        place(known, **changed(GOOD[kind], {"clinician": None}))
