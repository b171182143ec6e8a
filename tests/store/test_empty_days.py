"""Days with nothing to do, nobody to do it, or neither: they are planned, shown and repaired like others."""

from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient
from tests.conftest import THE_DAY_BEFORE
from tests.fakes.callers import knowing, with_tools
from tests.fakes.sessions import signed_in
from tests.store.a_riverbend import Riverbend, at

from suture.dispatch.first_pass import NotPlannable
from suture.model.plan import Stage
from suture.planner.budget import Budget, CpuSeconds, Iterations
from suture.service import worker
from suture.service.in_force import rulebook_in_force
from suture.service.plan_day import plan_day, publish_day
from suture.service.preview import preview
from suture.service.signal_requests import SIGNAL_REQUEST, receive_signal
from suture.service.why_pair import NoSuchPair, why_pair
from suture.web.app import create_app

A_SUNDAY = date(2026, 3, 29)
TUESDAY = date(2026, 3, 24)
TOKEN = "a-token-for-tests"

EMPTIED = {
    "as the agency is": [],
    "no clinicians": ["UPDATE clinician SET status = 'terminated'"],
    "no visits": ["UPDATE visit SET service_date = service_date - 700, rev = rev + 1"],
    "neither": [
        "UPDATE clinician SET status = 'terminated'",
        "UPDATE visit SET service_date = service_date - 700, rev = rev + 1",
    ],
}
"""What is left of the agency's Tuesday. Nothing of it has been planned."""


@pytest.fixture
def agency(database: Engine) -> Iterator[Riverbend]:
    """Imported, not planned."""
    agency = Riverbend(database, THE_DAY_BEFORE)
    agency.import_files()
    yield agency


def left_with(agency: Riverbend, statements: list[str]) -> None:
    with agency.caller.transaction() as tx:
        for statement in statements:
            tx.run(statement)


def browser(agency: Riverbend) -> TestClient:
    app = create_app(knowing(agency.caller, TOKEN).tools, read_inbox=list, demo=True)
    headers = {"Authorization": f"Bearer {TOKEN}", **signed_in(agency.caller)}
    return TestClient(app, base_url="http://localhost", headers=headers)


@pytest.mark.parametrize("day", [TUESDAY, A_SUNDAY], ids=str)
@pytest.mark.parametrize("left", EMPTIED)
def test_a_day_with_little_in_it_is_planned_published_shown_and_repaired(
    agency: Riverbend, left: str, day: date
) -> None:
    left_with(agency, EMPTIED[left])
    has_visits = left in ("as the agency is", "no clinicians") and day == TUESDAY
    api = f"/api/v1/days/COLUMBUS/{day}"
    client = browser(agency)
    planned = client.post(f"{api}/plan")
    assert planned.status_code == 200, planned.text
    done = planned.json()
    assert (done["version"], done["stage"], bool(done["positions"])) == (1, "draft", has_visits)
    assert done["assigned"] == (0 if left != "as the agency is" else done["assigned"])
    assert client.post(f"{api}/plan").json()["version"] == 2
    assert client.post(f"{api}/publish").json()["stage"] == "published"
    shown = client.get(f"{api}/plan").json()
    assert (len(shown["uncovered"]), shown["stage"]) == (done["exceptions"], "published")
    assert client.get(f"/?date={day}").status_code == 200
    worker.drain(agency.caller)
    assert client.get(f"/?date={day}").status_code == 200


@pytest.mark.parametrize("left", EMPTIED)
def test_nothing_can_be_said_of_a_pair_on_a_day_without_it(agency: Riverbend, left: str) -> None:
    left_with(agency, EMPTIED[left])
    with pytest.raises(NoSuchPair):
        why_pair(agency.caller, "COLUMBUS", A_SUNDAY, "E-01", "V-0324-01")


@pytest.mark.parametrize("left", EMPTIED)
@pytest.mark.parametrize("day", [TUESDAY, A_SUNDAY], ids=str)
def test_a_rulebook_can_be_previewed_on_it(agency: Riverbend, left: str, day: date) -> None:
    left_with(agency, EMPTIED[left])
    with agency.caller.transaction() as tx:
        start = rulebook_in_force(tx, agency.caller.tools).hash[:12]
    shown = preview(agency.caller, start, "COLUMBUS", day)
    assert (shown.blocked, shown.freed, shown.moved) == (0, 0, 0)


@pytest.mark.parametrize("published", [False, True], ids=["a draft", "published"])
@pytest.mark.parametrize("left", ["as the agency is", "no visits"])
def test_a_call_out_on_a_day_without_visits_is_decided(agency: Riverbend, left: str, published: bool) -> None:
    left_with(agency, EMPTIED[left])
    plan_day(agency.caller, "COLUMBUS", A_SUNDAY)
    if published:
        publish_day(agency.caller, "COLUMBUS", A_SUNDAY)
    said = {"kind": "call_out", "clinician": "E-01", "from": at("08:00", A_SUNDAY)}
    receive_signal(agency.caller, SIGNAL_REQUEST.validate_python(said))
    worker.drain(agency.caller)
    assert [s["state"] for s in agency.rows("SELECT state FROM inbox")] == ["handled"]


def test_a_visit_that_comes_in_on_an_empty_day_is_decided(agency: Riverbend) -> None:
    left_with(agency, EMPTIED["neither"])
    plan_day(agency.caller, "COLUMBUS", A_SUNDAY)
    publish_day(agency.caller, "COLUMBUS", A_SUNDAY)
    visit = {
        "external_id": "V-NEW", "patient": "P-01", "service": "SN_VISIT",
        "earliest_start": at("09:00", A_SUNDAY), "latest_end": at("12:00", A_SUNDAY),
    }  # fmt: skip
    receive_signal(agency.caller, SIGNAL_REQUEST.validate_python({"kind": "new_visit", "visit": visit}))
    worker.drain(agency.caller)
    assert [s["state"] for s in agency.rows("SELECT state FROM inbox")] == ["handled"]
    assert agency.rows("SELECT kind FROM exception_case WHERE state = 'open'") == [{"kind": "uncovered_visit"}]


def test_a_day_that_was_never_planned_is_not_published(agency: Riverbend) -> None:
    left_with(agency, EMPTIED["neither"])
    with pytest.raises(NotPlannable, match="has no plan yet"):
        publish_day(agency.caller, "COLUMBUS", A_SUNDAY)


@pytest.mark.parametrize("budget", [Iterations(0), Iterations(1), CpuSeconds(0.01)], ids=str)
def test_no_budget_is_needed_for_nothing(agency: Riverbend, budget: Budget) -> None:
    left_with(agency, EMPTIED["neither"])
    decision = plan_day(with_tools(agency.caller, plan_budget=budget), "COLUMBUS", A_SUNDAY)
    assert (decision.stage, dict(decision.assignments), decision.cases_opened) == (Stage.DRAFT, {}, ())
