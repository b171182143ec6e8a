"""The second agency of a server has a key and nothing else: whatever the first has does not exist for it."""

from collections.abc import Iterator

import pytest
from tests.flow.a_web_morning import BEARER, WebMorning, heading, web_morning
from tests.flow.test_key_matrix import CASES, OF_COLUMBUS, about
from tests.flow.two_agencies import SecondAgency, rows_of, second_agency

from suture.model.actors import OF_KEYS
from suture.service import worker
from suture.service.keys import add_key
from suture.service.signal_requests import SIGNAL_REQUEST, receive_signal
from suture.store.agencies import NO_TENANT
from suture.store.embedded import EmbeddedPostgres

DAY = "/api/v1/days/COLUMBUS/2026-03-24/plan"
NAMES = ("Riverbend", "Bluestem", "+1614", "+1 614")


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@pytest.fixture(scope="module")
def web(postgres: EmbeddedPostgres) -> Iterator[WebMorning]:
    yield from web_morning(postgres)


@pytest.fixture(scope="module")
def empty(web: WebMorning) -> SecondAgency:
    return second_agency(web, published=False)


@pytest.fixture(scope="module")
def key(empty: SecondAgency) -> str:
    return add_key(empty.caller, "program", [*OF_KEYS])


@pytest.fixture(scope="module")
def known(web: WebMorning) -> dict[str, str]:
    """What is there in the first agency for each name that the cases give what is real."""
    receive_signal(web.caller, SIGNAL_REQUEST.validate_python({"kind": "call_out", "clinician": "E-02"}))
    visit = {"external_id": "V-late", "patient": "P-01", "service": "SN_VISIT"}
    visit |= {"earliest_start": "2026-03-24T18:00:00-04:00", "latest_end": "2026-03-24T19:30:00-04:00"}
    receive_signal(web.caller, SIGNAL_REQUEST.validate_python({"kind": "new_visit", "visit": visit}))
    worker.drain(web.caller)
    return {"1": str(web.signals() and web.rows("SELECT min(id) AS id FROM inbox")[0]["id"])}


@pytest.mark.parametrize("route", [r for r in CASES if CASES[r].real], ids=" ".join)
def test_matrix_of_another_agency(web: WebMorning, key: str, known: dict[str, str], route: tuple[str, str]) -> None:
    case, before = CASES[route], rows_of(web, 1)
    real, answers = known.get(case.real, case.real), []
    for what in (real, case.unreal):
        body = {name: what if value == "{}" else value for name, value in case.body.items()}
        answers.append(web.browser.request(route[0], case.path.format(what), headers=bearer(key), json=body or None))
    there, nowhere = answers
    assert there.status_code == nowhere.status_code == case.missing, there.text
    assert there.text == nowhere.text.replace(case.unreal, real)
    assert all(name not in there.text for name in NAMES)
    assert rows_of(web, 1) == before
    own = web.browser.request(
        route[0],
        case.path.format(real),
        headers=BEARER,
        json={name: real if value == "{}" else value for name, value in case.body.items()} or None,
    )
    assert own.status_code != case.missing, "the first agency's own key finds it"


@pytest.mark.parametrize("kind", OF_COLUMBUS)
def test_matrix_of_signals_about_another_agency(web: WebMorning, key: str, known: dict[str, str], kind: str) -> None:
    fields, real, unreal = OF_COLUMBUS[kind]
    before, answers = rows_of(web, 1), []
    for what in (real, unreal):
        body = {"kind": kind, **about(what, fields)}
        answers.append(web.browser.post("/api/v1/signals", headers=bearer(key), json=body))
    there, nowhere = answers
    assert there.status_code == nowhere.status_code == 422, there.text
    assert there.text == nowhere.text.replace(unreal, real)
    assert rows_of(web, 1) == before


def test_matrix_of_links_that_no_agency_knows(web: WebMorning, empty: SecondAgency) -> None:
    """Neither a link that is unknown nor one that has expired says which agencies there are, or which it was of."""
    expired = web.link()
    web.run("UPDATE patient_token SET expires_at = :now WHERE tenant = app_tenant()")
    unknown = web.browser.get("/p/no-such-token")
    assert unknown.status_code == 404 and heading(unknown.text)
    for path in (expired, "/p/", "/u/no-such-token", "/u/"):
        answer = web.browser.get(path)
        assert (answer.status_code, answer.text) == (404, unknown.text)
    assert all(name not in unknown.text for name in (*NAMES, "Lakeside", 'href="tel:'))


def test_matrix_of_keys(web: WebMorning, key: str) -> None:
    assert web.browser.get(DAY, headers=BEARER).status_code == 200, "the bootstrap key is the first agency's"
    assert web.browser.get(DAY, headers=bearer(key)).status_code == 404
    assert web.browser.get(DAY, headers=bearer("suture_no-such-key")).status_code == 401


def test_what_no_agency_knows_is_looked_up_where_nothing_is(web: WebMorning) -> None:
    assert rows_of(web, NO_TENANT) == {table: [] for table in rows_of(web, 1)}
