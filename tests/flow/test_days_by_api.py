"""What is about several days, as callers of the API see it: one signal, one answer, and every day is right."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.flow.a_web_morning import BEARER, WebMorning, web_morning

from suture.service import worker
from suture.store.embedded import EmbeddedPostgres

WEDNESDAY = "2026-03-25"
THREE_DAYS = {
    "kind": "call_out",
    "clinician": "E-01",
    "from": "2026-03-24T07:45:00-04:00",
    "until": "2026-03-26T20:00:00-04:00",
    "source": "phone",
    "source_id": "three-days",
}


@pytest.fixture
def web(postgres: EmbeddedPostgres) -> Iterator[WebMorning]:
    """The demo's Tuesday, and a Wednesday with one visit that only E-01 could be given."""
    for web in web_morning(postgres):
        seen = {"earliest_start": f"{WEDNESDAY}T09:00:00-04:00", "latest_end": f"{WEDNESDAY}T12:00:00-04:00"}
        visit = {"external_id": "W-1", "patient": "P-01", "service": "SN_VISIT", **seen}
        assert post(web, "/api/v1/signals", {"kind": "new_visit", "visit": visit}).status_code == 202
        for step in ("plan", "publish"):
            assert post(web, f"/api/v1/days/COLUMBUS/{WEDNESDAY}/{step}").status_code == 200
        worker.drain(web.caller)
        yield web


def post(web: WebMorning, path: str, body: Any = None) -> Any:
    return web.browser.post(path, json=body, headers=BEARER)


def plan(web: WebMorning, day: str) -> dict[str, Any]:
    found: dict[str, Any] = web.browser.get(f"/api/v1/days/COLUMBUS/{day}/plan", headers=BEARER).json()
    return found


def visits(web: WebMorning, day: str) -> dict[str, str]:
    """Visit → clinician."""
    return {s["visit"]: route["clinician"] for route in plan(web, day)["routes"] for s in route["stops"]}


def test_an_absence_of_three_days_is_one_signal_with_one_answer(web: WebMorning) -> None:
    before = {day: visits(web, day) for day in ("2026-03-24", WEDNESDAY)}
    assert "E-01" in before["2026-03-24"].values() and before[WEDNESDAY].keys() == {"W-1"}
    said = post(web, "/api/v1/signals", {**THREE_DAYS, "clinician": before[WEDNESDAY]["W-1"]})
    assert said.status_code == 202 and said.json()["state"] == "new"
    worker.drain(web.caller)
    answer = web.browser.get(said.headers["Location"], headers=BEARER).json()
    assert (answer["state"], answer["version"]) == ("handled", plan(web, "2026-03-24")["version"])
    for day, held in before.items():
        now = plan(web, day)
        kept = {s["visit"] for route in now["routes"] for s in route["stops"]} | {u["visit"] for u in now["uncovered"]}
        assert kept == held.keys() and before[WEDNESDAY]["W-1"] not in visits(web, day).values()
    assert web.browser.get("/api/v1/days/COLUMBUS/2026-03-26/plan", headers=BEARER).status_code == 404


def test_the_same_absence_again_has_the_same_answer_and_another_one_is_a_conflict(web: WebMorning) -> None:
    first = post(web, "/api/v1/signals", THREE_DAYS).json()
    worker.drain(web.caller)
    assert post(web, "/api/v1/signals", THREE_DAYS).json() == first
    assert post(web, "/api/v1/signals", {**THREE_DAYS, "until": f"{WEDNESDAY}T20:00:00-04:00"}).status_code == 409
    assert [s["kind"] for s in web.signals()].count("call_out") == 1


@pytest.mark.parametrize(
    ("hours", "path", "message"),
    [
        ({"until": "2026-04-24T00:00:01-04:00"}, "until", "spans more than 31 days"),
        ({"until": "2026-03-24T07:45:00-04:00"}, "until", "must be after `from`"),
        ({"from": "2026-03-23T08:00:00-04:00"}, "from", "is in the past"),
    ],
)
def test_an_absence_that_cannot_be_is_refused_by_its_field(
    web: WebMorning, hours: dict[str, str], path: str, message: str
) -> None:
    refused = post(web, "/api/v1/signals", {**THREE_DAYS, **hours})
    [problem] = refused.json()["problems"]
    assert (refused.status_code, problem["path"]) == (422, path) and message in problem["message"]
    assert "call_out" not in {s["kind"] for s in web.signals()}
