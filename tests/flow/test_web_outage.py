"""While the database is away the pages and the API say so, and the log keeps to one line a request."""

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import ProgrammingError
from tests.conftest import as_owner
from tests.flow.a_web_morning import BEARER, OWN_PAGE, WebMorning, at, hidden, web_morning

from suture.store.embedded import EmbeddedPostgres
from suture.web.security import HEADERS

Outage = Callable[[WebMorning], AbstractContextManager[WebMorning]]


@pytest.fixture
def web(postgres: EmbeddedPostgres) -> Iterator[WebMorning]:
    yield from web_morning(postgres)


@contextmanager
def no_one_listens(web: WebMorning) -> Iterator[WebMorning]:
    engine = create_engine("postgresql+psycopg://suture@127.0.0.1:1/suture", connect_args={"connect_timeout": 2})
    yield WebMorning(engine, at("07:40"), like=web)
    engine.dispose()


@contextmanager
def no_connection_is_free(web: WebMorning) -> Iterator[WebMorning]:
    engine = create_engine(web.engine.url, pool_size=1, max_overflow=0, pool_timeout=0.05)
    with engine.connect():
        yield WebMorning(engine, at("07:40"), like=web)
    engine.dispose()


@contextmanager
def the_server_ends_it(web: WebMorning) -> Iterator[WebMorning]:
    engine = create_engine(web.engine.url, pool_size=1, max_overflow=0)
    with engine.connect() as conn:
        pid = conn.execute(text("SELECT pg_backend_pid()")).scalar_one()
    web.rows("SELECT pg_terminate_backend(:pid)", pid=pid)
    yield WebMorning(engine, at("07:40"), like=web)
    engine.dispose()


STARTING = ("The database is starting again", "Reload in a moment.")
BUSY = ("The server is busy", "It is doing all it can at once. Try again in a moment.")
OUTAGES = [(no_one_listens, STARTING), (no_connection_is_free, BUSY), (the_server_ends_it, STARTING)]


@pytest.mark.parametrize(("outage", "words"), OUTAGES, ids=[outage.__name__ for outage, _ in OUTAGES])
@pytest.mark.parametrize("path", ["/", "/p/some-secret-token", "/api/v1/signals/1"])
def test_a_request_is_asked_to_come_back(
    web: WebMorning, outage: Outage, words: tuple[str, str], path: str, caplog: pytest.LogCaptureFixture
) -> None:
    with outage(web) as away, caplog.at_level(logging.WARNING):
        response = away.browser.get(path, headers=BEARER)
    assert response.status_code == 503 and response.headers["Retry-After"] == "2"
    assert response.headers["Content-Security-Policy"] == HEADERS["Content-Security-Policy"]
    if path.startswith("/api/"):
        assert response.json() == {"error": "unavailable", "message": ". ".join(words)}
    else:
        said = ("Reload this page", "Recargue") if path.startswith("/p/") else words
        assert all(part in response.text for part in said) and "Traceback" not in response.text
    (line,) = [r for r in caplog.records if r.name.startswith("suture.web")]
    assert line.exc_info is None and "\n" not in line.getMessage() and "secret" not in line.getMessage()


def test_it_works_again_when_the_database_does(web: WebMorning) -> None:
    with the_server_ends_it(web) as again:
        assert [again.browser.get("/").status_code for _ in range(2)] == [503, 200]


def test_an_error_in_the_sql_is_no_outage(web: WebMorning) -> None:
    as_owner(web.engine, "ALTER TABLE exception_case RENAME TO elsewhere")
    with pytest.raises(ProgrammingError):
        web.browser.get("/")


def make_read_only(web: WebMorning) -> None:
    """As an administrator does before moving a database, and as a standby is by nature."""
    as_owner(web.engine, f'ALTER DATABASE "{web.engine.url.database}" SET default_transaction_read_only = on')
    web.engine.dispose()


def test_a_database_that_takes_no_changes_is_shown_but_not_written_to(web: WebMorning) -> None:
    link, call_out = web.link(), {"kind": "call_out", "clinician": "E-01"}
    assert web.browser.get("/readyz").json() == {"status": "ready"}
    make_read_only(web)
    ready = web.browser.get("/readyz")
    assert (ready.status_code, ready.json()) == (503, {"status": "read-only database"})
    assert web.browser.get("/healthz").status_code == web.browser.get("/").status_code == 200
    shown = web.browser.get(link)
    assert shown.status_code == 200
    answered = web.press(link, "accept")
    assert answered.status_code == 503 and answered.headers["Retry-After"] == "2"
    refused = web.browser.post("/api/v1/signals", headers=BEARER, json=call_out)
    why = "The database is not accepting changes right now. It is read-only, so nothing was saved. Try again later."
    assert (refused.status_code, refused.json()) == (503, {"error": "unavailable", "message": why})
    assert (
        "read-only" in web.browser.post("/demo/call-out", data=hidden(web.browser.get("/").text), headers=OWN_PAGE).text
    )


def test_readiness_tells_a_busy_server_from_one_without_a_database(web: WebMorning) -> None:
    for outage, status in ((no_connection_is_free, "database busy"), (no_one_listens, "no database")):
        with outage(web) as away:
            answer = away.browser.get("/readyz")
        assert (answer.status_code, answer.json()) == (503, {"status": status})
