"""GET /metrics: the numbers of the key's own branches, as the documentation names them, and nothing of anyone."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import event
from starlette.testclient import TestClient
from tests.conftest import as_owner
from tests.flow.a_web_morning import BEARER, WebMorning, web_morning
from tests.flow.test_key_matrix import make_west

from suture import __version__
from suture.model.actors import Permission
from suture.service import worker
from suture.service.keys import add_key
from suture.service.signal_requests import SIGNAL_REQUEST, receive_signal
from suture.store.embedded import EmbeddedPostgres
from suture.web.api.metrics import GAUGES, PREFIX
from suture.web.public import create_public_app

OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"


@pytest.fixture
def web(postgres: EmbeddedPostgres) -> Iterator[WebMorning]:
    yield from web_morning(postgres)


def labels_of(name: str) -> tuple[str, ...]:
    return (*(("branch",) if GAUGES[name].of_branch else ()), *GAUGES[name].labels)


def numbers(web: WebMorning, headers: dict[str, str] = BEARER) -> dict[tuple[str, ...], float]:
    """Each number by its name and its labels in order."""
    answer = web.browser.get("/metrics", headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    return {
        (name := s.name.removeprefix(PREFIX), *(s.labels[label] for label in labels_of(name))): s.value
        for family in text_string_to_metric_families(answer.text)
        for s in family.samples
    }


def call_out(web: WebMorning) -> None:
    receive_signal(web.caller, SIGNAL_REQUEST.validate_python({"kind": "call_out", "clinician": "E-01"}))


def test_it_counts_what_is_there(web: WebMorning) -> None:
    call_out(web)
    now = numbers(web)
    assert now["build_info", __version__] == now["database_writable",] == 1
    assert now["signals", "COLUMBUS", "new"] == 1
    assert now["oldest_waiting_signal_seconds", "COLUMBUS"] == 0
    for r in web.rows("SELECT channel, state, count(*) AS n FROM touch GROUP BY channel, state"):
        assert now["messages", "COLUMBUS", r["channel"], r["state"]] == r["n"]
    worker.drain(web.caller)
    later = numbers(web)
    assert ("signals", "COLUMBUS", "new") not in later
    assert later["signals", "COLUMBUS", "handled"] >= 1
    assert later["last_decide_cpu_seconds", "COLUMBUS"] > 0
    assert 0 <= later["fill_rate", "COLUMBUS", "auto"] <= 1
    assert later["no_show_rate", "COLUMBUS"] == 0
    for r in web.rows("SELECT kind, band, count(*) AS n FROM exception_case WHERE state = 'open' GROUP BY kind, band"):
        assert later["open_cases", "COLUMBUS", r["kind"], r["band"]] == r["n"]


def test_what_waits_grows_older(web: WebMorning) -> None:
    call_out(web)
    web.run("UPDATE touch SET state = 'planned', due_at = :now WHERE id = (SELECT min(id) FROM touch)")
    web.clock.advance_to(web.clock.now().replace(minute=web.clock.now().minute + 2))
    now = numbers(web)
    assert now["oldest_waiting_signal_seconds", "COLUMBUS"] == 120
    assert now["oldest_due_message_seconds", "COLUMBUS"] >= 120


def test_a_connection_is_ok_failing_or_closed(web: WebMorning) -> None:
    for name, failures, closed in (("one", 0, "NULL"), ("two", 2, "NULL"), ("three", 9, ":now + interval '1 minute'")):
        web.run(
            f"""INSERT INTO connection (name, provider, hook_id, failures, closed_until)
                VALUES (:name, 'test', :name, :failures, {closed.replace(":now", "cast(:now AS timestamptz)")})""",
            name=name,
            failures=failures,
        )
    now = numbers(web)
    assert [now["connections", state] for state in ("ok", "failing", "closed")] == [1, 1, 1]


def test_a_key_counts_its_own_branches(web: WebMorning) -> None:
    make_west(web)
    call_out(web)
    west = add_key(web.caller, "west", [Permission.READ], ["WEST"])
    now = numbers(web, {"Authorization": f"Bearer {west}"})
    assert now == {("build_info", __version__): 1, ("database_writable",): 1}


def test_a_label_is_no_person(web: WebMorning) -> None:
    said = web.browser.get("/metrics", headers=BEARER).text
    for r in web.rows("SELECT given, family, external_id FROM party"):
        assert not {r["given"], r["family"], r["external_id"]} & set(re.findall(r"[\w-]+", said))


def test_a_scrape_costs_the_same_queries_whatever_the_day(web: WebMorning) -> None:
    def queries() -> int:
        asked: list[str] = []

        def count(conn: object, cursor: object, statement: str, *rest: object) -> None:
            asked.append(statement)

        event.listen(web.engine, "before_cursor_execute", count)
        numbers(web)
        event.remove(web.engine, "before_cursor_execute", count)
        return len(asked)

    numbers(web)  # the note of when the key was used
    before = queries()
    make_west(web)
    call_out(web)
    worker.drain(web.caller)
    assert queries() == before <= 8


def test_the_public_side_has_none(web: WebMorning) -> None:
    public = TestClient(create_public_app(web.caller.tools), base_url="http://localhost:8000")
    assert public.get("/metrics", headers=BEARER).status_code == 404


def test_a_read_only_database_is_said(web: WebMorning) -> None:
    as_owner(web.engine, f'ALTER DATABASE "{web.engine.url.database}" SET default_transaction_read_only = on')
    web.engine.dispose()
    assert numbers(web)["database_writable",] == 0


def test_the_names_are_those_that_are_documented() -> None:
    documented = re.findall(rf"^\| `{PREFIX}(\w+)` \| ([^|]*) \|", OPERATIONS.read_text("utf-8"), re.MULTILINE)
    labels = {name: labels_of(name) for name in GAUGES}
    assert {name: tuple(re.findall(r"`(\w+)`", said)) for name, said in documented} == labels
