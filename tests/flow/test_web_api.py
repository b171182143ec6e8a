"""The API: a signal is stored once and always answered alike, what is wrong is said without repeating what was sent."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.conftest import as_owner, clone
from tests.fakes.callers import knowing
from tests.flow.a_web_morning import API_TOKEN, BEARER, RIVERBEND, THE_DAY, WebMorning, at, web_morning

from suture.integrations.ehr.csv.adapter import CsvFolder
from suture.service import worker
from suture.service.first_start import first_start
from suture.service.import_files import import_folder
from suture.store.embedded import EmbeddedPostgres
from suture.store.transaction import open_engine

CALL_OUT = {"kind": "call_out", "clinician": "E-01", "source": "phone", "source_id": "call-1"}
DAY = "/api/v1/days/COLUMBUS/2026-03-24"


@pytest.fixture(scope="module")
def quiet(postgres: EmbeddedPostgres) -> Iterator[WebMorning]:
    """One morning for all tests that only look."""
    yield from web_morning(postgres)


@pytest.fixture
def web(postgres: EmbeddedPostgres) -> Iterator[WebMorning]:
    yield from web_morning(postgres)


@pytest.fixture
def imported(postgres: EmbeddedPostgres) -> Iterator[WebMorning]:
    """The demo's files are loaded, nothing is planned."""
    engine = open_engine(clone(postgres))
    web = WebMorning(engine, at("07:40"))
    first_start(knowing(web.caller, API_TOKEN), RIVERBEND)
    import_folder(web.caller, CsvFolder(), RIVERBEND)
    yield web
    engine.dispose()


def post(web: WebMorning, path: str, body: Any = None) -> Any:
    return web.browser.post(path, json=body, headers=BEARER)


def test_a_signal_is_stored_and_a_repeat_gets_the_same_answer(web: WebMorning) -> None:
    first = post(web, "/api/v1/signals", CALL_OUT)
    assert first.status_code == 202 and first.json() == {"id": first.json()["id"], "state": "new"}
    assert first.headers["Location"] == f"/api/v1/signals/{first.json()['id']}"
    assert post(web, "/api/v1/signals", CALL_OUT).json() == first.json()
    worker.drain(web.caller)
    later = post(web, "/api/v1/signals", CALL_OUT)
    assert (later.status_code, later.json()) == (202, first.json())
    now = web.browser.get(first.headers["Location"], headers=BEARER).json()
    assert now.pop("because") == ["Nora Kingfisher called out at 07:40"]
    assert now == {"id": first.json()["id"], "kind": "call_out", "state": "handled", "version": 2}
    assert len([s for s in web.signals() if s["kind"] == "call_out"]) == 1


def test_a_signal_that_changes_nothing_says_why(web: WebMorning) -> None:
    held = {"kind": "visit_released", "visit": "V-0324-01", "source": "phone", "source_id": "r-1"}
    first = post(web, "/api/v1/signals", held)
    worker.drain(web.caller)
    now = web.browser.get(first.headers["Location"], headers=BEARER).json()
    assert (now["state"], now["because"]) == ("handled", ["visit V-0324-01 was not on hold"])
    spanish = web.browser.get(first.headers["Location"], headers={**BEARER, "Accept-Language": "es"}).json()
    assert "V-0324-01" in spanish["because"][0] and "not" not in spanish["because"][0]


def test_the_same_id_for_another_signal_is_a_conflict(web: WebMorning) -> None:
    post(web, "/api/v1/signals", CALL_OUT)
    other = post(web, "/api/v1/signals", {**CALL_OUT, "clinician": "E-02"})
    assert other.status_code == 409 and other.json()["error"] == "conflict"
    assert [s["body"]["clinician_id"] for s in web.signals() if s["kind"] == "call_out"] == [
        r["id"] for r in web.rows("SELECT id FROM party WHERE external_id = 'E-01'")
    ]


@pytest.mark.parametrize(
    ("body", "path", "expected"),
    [
        ({}, "kind", "one of"),
        ({"kind": "earthquake-in-Ohio"}, "kind", "'call_out'"),
        ({"kind": "call_out"}, "call_out.clinician", "required"),
        ({"kind": "call_out", "clinician": "E-01", "from": "soonish"}, "call_out.from", "datetime"),
        ({"kind": "call_out", "clinician": "E-01", "from": "2026-03-24T07:00"}, "call_out.from", "timezone"),
        ({"kind": "call_out", "clinician": "E-01", "diagnosis": "soonish"}, "call_out.diagnosis", "no field"),
        ({"kind": "check_out", "visit": "V-0324-01", "outcome": "soonish"}, "check_out.outcome", "'done'"),
        ([1, 2], "(body)", "a JSON object"),
        ("soonish", "(body)", "a JSON object"),
    ],
)
def test_what_is_wrong_is_named(quiet: WebMorning, body: Any, path: str, expected: str) -> None:
    response = post(quiet, "/api/v1/signals", body)
    assert response.status_code == 422
    (problem,) = response.json()["problems"]
    assert problem["path"] == path and expected in problem["expected"], problem
    assert "soonish" not in response.text and "earthquake" not in response.text


@pytest.mark.parametrize(
    ("body", "path", "message"),
    [
        ({"kind": "cancellation", "visit": "no-such-visit"}, "visit", "no visit"),
        ({"kind": "call_out", "clinician": "E-99"}, "clinician", "no active clinician"),
    ],
)
def test_what_is_understood_but_cannot_be_used_comes_with_a_message(
    quiet: WebMorning, body: Any, path: str, message: str
) -> None:
    response = post(quiet, "/api/v1/signals", body)
    assert response.status_code == 422
    (problem,) = response.json()["problems"]
    assert set(problem) == {"path", "message"} and problem["path"] == path and message in problem["message"]


def test_what_makes_no_sense_is_refused_with_a_clear_message(web: WebMorning) -> None:
    found = web.rows(
        "SELECT external_id FROM visit WHERE service_date = :day AND patient_id IS NOT NULL ORDER BY id LIMIT 2",
        day=THE_DAY,
    )
    done, under_way = (r["external_id"] for r in found)
    web.run("UPDATE visit SET status = 'completed', rev = rev + 1 WHERE external_id = :id", id=done)
    for body, path, words in (
        ({"kind": "cancellation", "visit": done}, "visit", "is over (completed)"),
        (
            {"kind": "run_over", "visit": under_way, "expected_end": "2026-03-24T05:00:00-04:00"},
            "expected_end",
            "after the visit begins",
        ),
        ({"kind": "reply", "answer": "accept", "visit": under_way, "clinician": "E-01"}, "clinician", "either"),
    ):
        response = post(web, "/api/v1/signals", body)
        (problem,) = response.json()["problems"]
        assert (response.status_code, problem["path"]) == (422, path) and words in problem["message"]
    assert web.signals() == []
    later = {"kind": "cancellation", "visit": under_way, "source": "t", "source_id": "1"}
    assert post(web, "/api/v1/signals", later).status_code == 202
    web.run("UPDATE visit SET status = 'completed', rev = rev + 1 WHERE external_id = :id", id=under_way)
    assert post(web, "/api/v1/signals", later).status_code in (200, 202), "a repeat has the same answer"


def test_what_is_no_json_is_named(quiet: WebMorning) -> None:
    headers = {**BEARER, "Content-Type": "application/json"}
    response = quiet.browser.post("/api/v1/signals", content=b'{"kind": "call_out", ', headers=headers)
    assert response.status_code == 422
    assert response.json()["problems"] == [{"path": "(body)", "expected": "a JSON object"}]


def test_a_day_is_planned_published_and_read(imported: WebMorning) -> None:
    web = imported
    assert post(web, f"{DAY}/publish").status_code == 409
    assert web.browser.get(f"{DAY}/plan", headers=BEARER).status_code == 404
    planned = post(web, f"{DAY}/plan").json()
    assert planned["positions"] == planned["assigned"] + planned["exceptions"] == 34
    assert (planned["version"], planned["stage"]) == (1, "draft")
    published = post(web, f"{DAY}/publish").json()
    assert published == {**planned, "stage": "published"}
    for again in ("plan", "publish"):
        refused = post(web, f"{DAY}/{again}")
        assert refused.status_code == 409 and refused.json()["error"] == "conflict"
    plan = web.browser.get(f"{DAY}/plan", headers=BEARER).json()
    stops = [s for route in plan["routes"] for s in route["stops"]]
    assert len(stops) == planned["assigned"] and len(plan["uncovered"]) == planned["exceptions"]
    assert {"E-01", "E-06"} <= {route["clinician"] for route in plan["routes"]}
    assert all(s["told_open"] <= s["starts_at"] <= s["told_close"] for s in stops)
    for route in plan["routes"]:
        assert [s["order"] for s in route["stops"]] == list(range(1, len(route["stops"]) + 1))


def test_a_plan_names_no_one(quiet: WebMorning) -> None:
    text = quiet.browser.get(f"{DAY}/plan", headers=BEARER).text
    patients = quiet.rows("SELECT family FROM party WHERE kind = 'patient'")
    assert not [r["family"] for r in patients if r["family"] in text]


def test_what_no_one_covers_comes_with_reasons(web: WebMorning) -> None:
    for clinician in ("E-01", "E-02", "E-03", "E-04"):
        post(web, "/api/v1/signals", {"kind": "call_out", "clinician": clinician})
    worker.drain(web.caller)
    uncovered = web.browser.get(f"{DAY}/plan", headers=BEARER).json()["uncovered"]
    assert uncovered and all(u["reasons"] for u in uncovered)


@pytest.mark.parametrize("path", ["plan", "publish"])
def test_an_unknown_branch_or_date_is_not_found(quiet: WebMorning, path: str) -> None:
    assert post(quiet, f"/api/v1/days/NOWHERE/2026-03-24/{path}").status_code == 404
    response = post(quiet, f"/api/v1/days/COLUMBUS/some-day/{path}")
    assert response.status_code == 422 and response.json()["problems"][0]["path"] == "date"
    assert quiet.browser.get("/api/v1/signals/999999", headers=BEARER).status_code == 404


def test_the_description_is_complete(quiet: WebMorning) -> None:
    described = quiet.browser.get("/api/v1/openapi.json", headers=BEARER).json()
    assert set(described["paths"]) == {
        "/api/v1/signals",
        "/api/v1/signals/{signal_id}",
        "/api/v1/days/{branch}/{date}/plan",
        "/api/v1/days/{branch}/{date}/publish",
        "/api/v1/days/{branch}/{date}/why",
        "/api/v1/people/{kind}/{id}/messages",
        "/api/v1/visits/{visit}/fill",
    }
    assert described["components"]["securitySchemes"]["bearer"] == {"type": "http", "scheme": "bearer"}


def test_without_a_rulebook_nothing_is_planned_and_the_answer_says_what_to_do(imported: WebMorning) -> None:
    as_owner(imported.engine, "TRUNCATE configuration_activation, configuration")
    answer = imported.browser.post(f"/api/v1/days/COLUMBUS/{THE_DAY}/plan", headers=BEARER)
    assert (answer.status_code, answer.json()["error"]) == (409, "conflict")
    assert answer.json()["message"] == (
        "No rulebook is in force, so nothing is planned. Put one in force: suture rules activate FILE."
    )
