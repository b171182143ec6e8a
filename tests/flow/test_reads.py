"""Who was shown whom, by the web and the command line: one row a request, or no answer."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.testclient import TestClient
from tests.conftest import as_owner
from tests.flow.a_web_morning import BEARER, OWN_PAGE, THE_DAY, WebMorning, hidden, routes, web_morning
from tests.flow.processes import a_prepared_folder, its_postgres, suture

from suture.model.actors import Permission
from suture.service.keys import add_key
from suture.store.embedded import EmbeddedPostgres
from suture.store.reads import Reads

API = "/api/v1"
DAY = f"{API}/days/COLUMBUS/{THE_DAY}"


@pytest.fixture
def web(postgres: EmbeddedPostgres) -> Iterator[WebMorning]:
    yield from web_morning(postgres)


def rows(web: WebMorning) -> list[dict[str, Any]]:
    return web.rows("SELECT actor, route, branch_id, patient_ids FROM access_log ORDER BY id")


def patients_of_the_day(web: WebMorning) -> list[int]:
    found = web.rows(
        "SELECT DISTINCT patient_id AS id FROM visit WHERE service_date = :d AND patient_id IS NOT NULL ORDER BY 1",
        d=THE_DAY,
    )
    return [r["id"] for r in found]


def test_a_look_at_the_board_is_one_row(web: WebMorning) -> None:
    shown = web.browser.get(f"/?date={THE_DAY}")
    assert shown.status_code == 200
    [row] = rows(web)
    assert (row["actor"].partition(":")[0], row["route"]) == ("user", "GET /")
    assert set(row["patient_ids"]) >= set(patients_of_the_day(web))
    assert row["patient_ids"] == sorted(set(row["patient_ids"]))


def test_a_program_is_named_and_the_route_is_a_template(web: WebMorning) -> None:
    key = add_key(web.caller, "wall-board", [Permission.READ])
    for path in (f"{DAY}/plan", f"{API}/people/patient/P-01/messages"):
        assert web.browser.get(path, headers={"Authorization": f"Bearer {key}"}).status_code == 200
    plan, messages = rows(web)
    assert plan["actor"].endswith(":wall-board") and plan["actor"].startswith("api_key:")
    assert plan["route"] == "GET /api/v1/days/{branch}/{date}/plan"
    assert plan["patient_ids"] == patients_of_the_day(web)
    assert messages["route"] == "GET /api/v1/people/{kind}/{id}/messages"
    assert messages["patient_ids"] == [web.rows("SELECT id FROM party WHERE external_id = 'P-01'")[0]["id"]]


def test_no_request_leaves_two_rows_nor_an_address_that_someone_filled_in(web: WebMorning) -> None:
    for method, path in routes(web.app):
        before = len(rows(web))
        web.browser.request(method, path, headers=BEARER)
        new = rows(web)[before:]
        assert len(new) <= 1, path
        assert all(row["route"].startswith("GET /") for row in new)
    assert all("P-01" not in row["route"] and "COLUMBUS" not in row["route"] for row in rows(web))


def test_an_answer_that_shows_no_one_leaves_no_row(web: WebMorning) -> None:
    board = web.browser.get("/").text
    before = len(rows(web))
    pressed = web.browser.post("/demo/call-out", data=hidden(board), headers=OWN_PAGE)
    assert pressed.status_code == 303, "it looks at the day, and leads elsewhere"
    signal = add_key(web.caller, "clock", [Permission.SIGNAL])
    refused = web.browser.get(f"{API}/people/patient/P-01/messages", headers={"Authorization": f"Bearer {signal}"})
    assert refused.status_code == 403
    for path in ("/healthz", f"{API}/people/clinician/E-01/messages", f"{API}/signals/1", "/?date=2031-01-01"):
        web.browser.get(path, headers=BEARER)
    assert len(rows(web)) == before


def test_where_the_row_cannot_be_written_no_one_is_shown(web: WebMorning, monkeypatch: pytest.MonkeyPatch) -> None:
    name = web.rows("SELECT given FROM party WHERE external_id = 'P-01'")[0]["given"]
    assert name in web.browser.get("/").text

    def busy(reads: Reads, engine: Engine) -> None:
        raise PoolTimeout

    monkeypatch.setattr(Reads, "save", busy)
    for path in ("/", f"{DAY}/plan"):
        answer = web.browser.get(path, headers=BEARER)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
        assert name not in answer.text
    assert web.browser.get("/healthz").status_code == 200


def test_a_fault_of_the_log_is_no_outage_and_shows_no_one_either(web: WebMorning) -> None:
    as_owner(web.engine, "ALTER TABLE access_log RENAME TO elsewhere")
    with pytest.raises(DBAPIError):
        web.browser.get("/")
    headers = dict(web.browser.headers)
    calm = TestClient(web.app, base_url="http://localhost:8000", raise_server_exceptions=False, headers=headers)
    answer = calm.get("/")
    assert answer.status_code == 500 and "Something went wrong on our side" in answer.text


def test_the_command_line_is_logged_by_its_command(pytestconfig: pytest.Config, tmp_path: Path) -> None:
    with a_prepared_folder(pytestconfig) as folder:
        at = ("--data", folder)
        commands: list[tuple[str | Path, ...]] = [
            ("day", "sheet", "COLUMBUS", str(THE_DAY), "--output", tmp_path / "day.html"),
            ("outreach", "log", "P-01"),
            ("day", "export", "COLUMBUS", str(THE_DAY), "--output", tmp_path / "day.json"),
        ]
        for command in commands:
            said = suture(*command, *at)
            assert said.returncode == 0, said
        with its_postgres(folder) as running:
            found = running.rows("SELECT actor, route, cardinality(patient_ids) AS n FROM access_log ORDER BY id")
            assert [(r["actor"], r["route"], r["n"] > 1) for r in found[-3:]] == [
                ("command_line", "suture day sheet", True),
                ("command_line", "suture outreach log", False),
                ("command_line", "suture day export", True),
            ]


def test_who_looked_at_a_patient_is_one_command(pytestconfig: pytest.Config) -> None:
    with a_prepared_folder(pytestconfig) as folder:
        assert suture("outreach", "log", "P-01", "--data", folder).returncode == 0
        said = suture("audit", "search", "--reads", "--patient", "P-01", "--limit", "1", "--data", folder)
        assert said.returncode == 0, said
        assert "UTC  The command line was shown P-01: suture outreach log [command_line]" in said.stdout
        again = suture("audit", "search", "--json", "--limit", "1", "--data", folder)
        assert json.loads(again.stdout)["sentence"].startswith("The command line searched who was shown which pat")
        assert "There are more than 1" in again.stderr
        wrong = suture("audit", "search", "--reads", "--code", "key.added", "--data", folder)
        assert wrong.returncode == 2 and "--reads goes with" in wrong.stderr
