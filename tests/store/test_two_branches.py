"""An agency with two branches: none of them is the first, and each id that both may have is asked for or known."""

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.fakes.callers import knowing
from tests.fakes.sessions import signed_in
from tests.store.a_riverbend import THE_DAY, Riverbend
from tests.store.an_export import AnExport

from suture.model.actors import Scope
from suture.model.ids import BranchId
from suture.model.messages import InboundText
from suture.service.branch_named import find_branch, the_branch
from suture.service.caller import Caller
from suture.service.errors import BadSignal, UnknownBranch
from suture.service.receive_reply import receive_text
from suture.service.signal_requests import SIGNAL_REQUEST, receive_signal
from suture.store import access
from suture.web.app import create_app

SOURCE = Path(__file__).parents[2] / "src" / "suture"
COLUMBUS, WEST = "COLUMBUS", "WEST"
PATIENT, STRANGER = "+16145550111", "+13125550999"


@pytest.fixture
def two(riverbend: Riverbend) -> Riverbend:
    """Riverbend with a second branch, in another zone."""
    riverbend.run(
        """INSERT INTO branch (external_id, name, phone, tz, place_id)
           SELECT 'WEST', 'West', '+13125550100', 'America/Chicago', min(place_id) FROM branch"""
    )
    return riverbend


@pytest.fixture
def browser(two: Riverbend) -> TestClient:
    app = create_app(knowing(two.caller, "secret").tools, read_inbox=list, demo=True)
    headers = {"Authorization": "Bearer secret", **signed_in(two.caller)}
    return TestClient(app, base_url="http://localhost", headers=headers)


def boards_with(agency: Riverbend, kind: str) -> list[str]:
    """The branches whose board shows a case of this kind."""
    with agency.caller.transaction() as tx:
        days = {name: access.day_view(tx, find_branch(tx, name), THE_DAY) for name in (COLUMBUS, WEST)}
    return [name for name, day in days.items() if any(case.kind == kind for case in day.cases)]


def text(agency: Riverbend, sender: str) -> None:
    receive_text(agency.caller, InboundText("console", f"text of {sender}", sender, "Who is this, please?"))


def test_a_text_from_no_one_is_on_every_board(two: Riverbend) -> None:
    text(two, STRANGER)
    assert boards_with(two, "reply_unclear") == [COLUMBUS, WEST]


def test_a_text_from_a_patient_is_on_the_board_of_their_branch(two: Riverbend) -> None:
    text(two, PATIENT)
    assert boards_with(two, "reply_unclear") == [COLUMBUS]


def test_a_text_from_a_number_that_people_of_both_share_is_on_both(two: Riverbend) -> None:
    two.run(
        """UPDATE patient SET branch_id = (SELECT id FROM branch WHERE external_id = 'WEST')
           WHERE party_id = (SELECT id FROM party WHERE external_id = 'P-02' AND kind = 'patient')"""
    )
    two.run(
        """UPDATE address SET value = :value, value_hash = (SELECT value_hash FROM address WHERE value = :value LIMIT 1)
           WHERE channel = 'sms'
             AND party_id = (SELECT id FROM party WHERE external_id = 'P-02' AND kind = 'patient')""",
        value=PATIENT,
    )
    text(two, PATIENT)
    assert boards_with(two, "reply_unclear") == [COLUMBUS, WEST]


def test_a_held_import_is_on_the_board_of_its_branch_and_one_of_none_on_every_board(
    two: Riverbend, tmp_path: Path
) -> None:
    export = AnExport(two, tmp_path / "export")
    export.put("staff.csv", status="terminated")
    export.held()
    assert boards_with(two, "mass_change_held") == [COLUMBUS]
    two.run("UPDATE import_run SET branch_id = NULL WHERE state = 'held'")
    assert boards_with(two, "mass_change_held") == [COLUMBUS, WEST]


def new_visit(agency: Riverbend, **visit: Any) -> list[dict[str, Any]]:
    given = {"external_id": "NEW-1", "service": "SN_VISIT", "earliest_start": "2026-03-24T10:00:00-04:00"}
    body = {**given, "latest_end": "2026-03-24T14:00:00-04:00", **visit}
    receive_signal(agency.caller, SIGNAL_REQUEST.validate_python({"kind": "new_visit", "visit": body}))
    return agency.rows(
        """SELECT b.external_id AS branch, v.service_date FROM visit v JOIN branch b ON b.id = v.branch_id
           WHERE v.external_id = 'NEW-1'"""
    )


SHIFT = {
    "service": "CLINIC_SHIFT",
    "site": "NORTH",
    "earliest_start": "2026-03-25T00:30:00-04:00",  # half past eleven the day before, by the clock of Chicago
    "latest_end": "2026-03-25T00:50:00-04:00",
    "duration_minutes": 20,
}


def test_a_shift_needs_its_branch_and_lies_on_its_day(two: Riverbend) -> None:
    with pytest.raises(BadSignal, match=r"visit\.branch: Name a branch: there are COLUMBUS, WEST\."):
        new_visit(two, **SHIFT)
    with pytest.raises(BadSignal, match=r"visit\.branch: There is no branch 'EAST'"):
        new_visit(two, **SHIFT, branch="EAST")
    assert new_visit(two, **SHIFT, branch=WEST) == [{"branch": WEST, "service_date": date(2026, 3, 24)}]


def test_a_patients_visit_is_of_their_own_branch(two: Riverbend) -> None:
    with pytest.raises(BadSignal, match=r"visit\.branch: P-01 is a patient of COLUMBUS"):
        new_visit(two, patient="P-01", branch=WEST)
    assert new_visit(two, patient="P-01") == [{"branch": COLUMBUS, "service_date": THE_DAY}]


def test_a_shift_of_an_agency_with_one_branch_needs_none(riverbend: Riverbend) -> None:
    assert new_visit(riverbend, **SHIFT) == [{"branch": COLUMBUS, "service_date": date(2026, 3, 25)}]


def test_who_names_no_branch_is_asked_for_it(two: Riverbend) -> None:
    with two.caller.transaction() as tx, pytest.raises(UnknownBranch, match="Name a branch: there are COLUMBUS, WEST"):
        the_branch(tx, None)


def test_the_board_lets_choose(browser: TestClient) -> None:
    page = browser.get("/")
    assert page.status_code == 200 and "<h1>Choose a branch</h1>" in page.text
    assert re.findall(r'<li><a href="([^"]*)">(\w+)</a>', page.text) == [
        ("/?branch=COLUMBUS", "Columbus"),
        ("/?branch=WEST", "West"),
    ]
    assert "Tuesday, March 24" in browser.get("/?branch=COLUMBUS").text
    assert "West" in browser.get("/?branch=WEST").text


def test_a_link_that_does_not_work_names_the_agency_and_every_phone(browser: TestClient) -> None:
    page = browser.get("/p/no-such-token")
    assert page.status_code == 404 and "Riverbend Home Care" in page.text
    assert re.findall(r'href="tel:([^"]*)"', page.text) == ["+16145550100", "+13125550100"]


def test_messages_of_two_zones_are_shown_by_neither(browser: TestClient) -> None:
    assert browser.get("/dev/inbox").status_code == 200


def test_a_caller_sees_the_branches_of_their_scope(two: Riverbend) -> None:
    text(two, PATIENT)
    signal = new_signal(two)
    with two.caller.transaction() as tx:
        columbus, west = (find_branch(tx, name) for name in (COLUMBUS, WEST))
    with narrowed(two, columbus.id).transaction() as tx:
        assert access.day_view(tx, columbus, THE_DAY).cases
        assert access.signal_view(tx, signal) is not None
    with narrowed(two, west.id).transaction() as tx:
        assert access.day_view(tx, west, THE_DAY).cases == ()
        assert access.signal_view(tx, signal) is None
        for look in (
            lambda: access.planned_days(tx, columbus.id),
            lambda: access.day_view(tx, columbus, THE_DAY),
            lambda: access.plan_view(tx, columbus, THE_DAY),
            lambda: access.day_sheet(tx, columbus, THE_DAY),
            lambda: access.texts_from(tx, "+16145550111"),
        ):
            with pytest.raises(access.NotAllowed):
                look()


def narrowed(agency: Riverbend, branch_id: BranchId) -> Caller:
    caller = agency.caller
    return Caller(caller.tools, caller.actor, Scope(frozenset({branch_id})))


def new_signal(agency: Riverbend) -> int:
    request = SIGNAL_REQUEST.validate_python(
        {"kind": "call_out", "clinician": "E-01", "from": "2026-03-24T08:00-04:00"}
    )
    return receive_signal(agency.caller, request).id


def test_no_code_takes_the_first_branch() -> None:
    first = re.compile(
        r"all_branches\(tx\)\[0\]|next\(iter\(all_branches|min\(id\) FROM branch|ORDER BY b\.id LIMIT 1", re.IGNORECASE
    )
    named = [p.name for p in SOURCE.rglob("*.py") if first.search(p.read_text(encoding="utf-8"))]
    assert named == []
