"""A repeat of a stored signal gets the stored answer, whatever has happened since, also when both come at once."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.flow.a_web_morning import BEARER, WebMorning, at, web_morning

from suture.service import worker
from suture.store.embedded import EmbeddedPostgres

AT_ONCE = 6
ROUNDS = 4


@pytest.fixture
def web(postgres: EmbeddedPostgres) -> Iterator[WebMorning]:
    yield from web_morning(postgres)


def send(web: WebMorning, body: dict[str, Any]) -> tuple[int, Any]:
    answer = web.browser.post("/api/v1/signals", json=body, headers=BEARER)
    return answer.status_code, answer.json()


def at_once(web: WebMorning, bodies: list[dict[str, Any]]) -> list[tuple[int, Any]]:
    with ThreadPoolExecutor(len(bodies)) as pool:
        return list(pool.map(lambda body: send(web, body), bodies))


def new_visit(web: WebMorning, external_id: str, patient: str = "P-01") -> dict[str, Any]:
    window = {"earliest_start": at("13:00").isoformat(), "latest_end": at("16:00").isoformat()}
    service = web.rows("SELECT code FROM service WHERE kind = 'home_visit' ORDER BY code LIMIT 1")[0]["code"]
    return {
        "kind": "new_visit",
        "visit": {"external_id": external_id, "patient": patient, "service": service, **window},
    }


def test_one_new_visit_sent_six_times_at_once_is_one_visit_and_one_answer(web: WebMorning) -> None:
    for number in range(ROUNDS):
        body = {**new_visit(web, f"REF-{number}"), "source": "intake", "source_id": f"call-{number}"}
        answers = at_once(web, [body] * AT_ONCE)
        assert {status for status, _ in answers} == {202}
        assert len({said["id"] for _, said in answers}) == 1
        assert len(web.rows("SELECT id FROM visit WHERE external_id = :id", id=f"REF-{number}")) == 1


def test_one_visit_id_sent_for_six_patients_at_once_is_stored_once_and_refused_five_times(web: WebMorning) -> None:
    patients = [r["external_id"] for r in web.rows("SELECT external_id FROM party WHERE kind = 'patient' ORDER BY id")]
    for number in range(ROUNDS):
        bodies = [
            {**new_visit(web, f"REF-{number}", patient), "source": "intake", "source_id": f"{number}-{patient}"}
            for patient in patients[:AT_ONCE]
        ]
        answers = at_once(web, bodies)
        assert Counter(status for status, _ in answers) == {202: 1, 422: AT_ONCE - 1}
        refusals = [said["problems"][0] for status, said in answers if status == 422]
        assert {p["path"] for p in refusals} == {"visit.external_id"}
        [kept] = web.rows(
            """SELECT p.external_id AS patient, i.id FROM visit v JOIN party p ON p.id = v.patient_id
               JOIN inbox i ON (i.body ->> 'visit_id')::bigint = v.id WHERE v.external_id = :id""",
            id=f"REF-{number}",
        )
        assert [said["id"] for status, said in answers if status == 202] == [kept["id"]], "nobody hears 202 for nothing"


def test_the_repeat_of_a_call_out_gets_its_answer_though_the_clinician_has_left(web: WebMorning) -> None:
    body = {"kind": "call_out", "clinician": "E-01", "source": "phone", "source_id": "1"}
    first = send(web, body)
    web.run("UPDATE clinician SET status = 'terminated'")
    assert send(web, body) == first == (202, {"id": first[1]["id"], "state": "new"})


def test_the_repeat_of_a_run_over_gets_its_answer_though_the_visit_is_cancelled_since(web: WebMorning) -> None:
    [row] = web.rows(
        """SELECT v.external_id FROM visit v JOIN assignment a ON a.visit_id = v.id AND a.to_version IS NULL
           WHERE v.positions = 1 ORDER BY v.id LIMIT 1"""
    )
    body = {"kind": "run_over", "visit": row["external_id"], "minutes": 20, "source": "phone", "source_id": "1"}
    first = send(web, body)
    assert send(web, {"kind": "cancellation", "visit": row["external_id"]})[0] == 202
    worker.drain(web.caller)
    assert send(web, body) == first
    assert send(web, {**body, "source_id": "2"})[0] == 422, "a new one has nothing to run over"


def test_the_repeat_of_a_cancellation_or_a_new_visit_gets_its_answer_when_the_day_is_past(web: WebMorning) -> None:
    [row] = web.rows("SELECT external_id FROM visit WHERE service_date = '2026-03-24' ORDER BY id LIMIT 1")
    cancellation = {"kind": "cancellation", "visit": row["external_id"], "source": "phone", "source_id": "1"}
    visit = {**new_visit(web, "REF-1"), "source": "phone", "source_id": "2"}
    first = [send(web, cancellation), send(web, visit)]
    assert [status for status, _ in first] == [202, 202]
    web.clock.advance_to(at("09:00").replace(day=27))
    assert [send(web, cancellation), send(web, visit)] == first


def test_the_same_id_for_something_else_is_a_conflict_whatever_it_names(web: WebMorning) -> None:
    body = {"kind": "call_out", "clinician": "E-01", "source": "phone", "source_id": "1"}
    assert send(web, body)[0] == 202
    assert send(web, {**body, "clinician": "E-77"})[0] == 409
    assert send(web, {**body, "kind": "cancellation", "clinician": "E-01"})[0] == 422, "no such field there"
    assert send(web, {"kind": "cancellation", "visit": "nowhere", "source": "phone", "source_id": "1"})[0] == 409
