"""Agencies that share a server: the same ids side by side, through a whole day, and neither sees the other."""

from collections.abc import Iterator

import pytest
from tests.conftest import as_owner
from tests.flow.a_web_morning import WebMorning, web_morning
from tests.flow.two_agencies import rows_of, second_agency

from suture.service import worker
from suture.service.signal_requests import SIGNAL_REQUEST, receive_signal
from suture.store.embedded import EmbeddedPostgres


@pytest.fixture(scope="module")
def web(postgres: EmbeddedPostgres) -> Iterator[WebMorning]:
    yield from web_morning(postgres)


def test_a_day_of_one_leaves_every_row_of_the_other_as_it_was(web: WebMorning) -> None:
    """Import, plan, publish, send, answer by link, call out, repair: with the ids of the first agency."""
    before = rows_of(web, 1)
    assert sum(map(len, before.values())) > 500
    second = second_agency(web)
    link = second.link()
    assert second.press(link, "accept").status_code == 303
    receive_signal(second.caller, SIGNAL_REQUEST.validate_python({"kind": "call_out", "clinician": "E-01"}))
    worker.drain(second.caller)
    assert [s["kind"] for s in second.signals()][:2] == ["reply", "call_out"]
    assert {s["state"] for s in second.signals()} == {"handled"}
    repaired = second.rows("SELECT version FROM plan_head WHERE stage = 'published'")
    assert repaired[0]["version"] > 1
    after = rows_of(web, 1)
    assert {table for table in before if before[table] != after[table]} == set()

    own = rows_of(web, 2)
    sent = [m.to for c in second.channels.values() for m in c.sent.values()]
    assert len(own["visit"]) == len(before["visit"]) and len(sent) > 20
    web.press(web.link(), "reschedule")
    worker.drain(web.caller)
    assert {table for table, rows in rows_of(web, 2).items() if rows != own[table]} == set()


def test_a_link_opens_the_page_of_its_own_agency(postgres: EmbeddedPostgres) -> None:
    for web in web_morning(postgres):
        as_owner(web.engine, "UPDATE agency SET name = 'Elm Home Care'")
        second = second_agency(web)
        for agency, name, other in ((web, "Elm Home Care", "Riverbend"), (second, "Riverbend", "Elm Home Care")):
            page = agency.browser.get(agency.link()).text
            assert name in page and other not in page
