"""While the database is away the pages and the API say so, and the log keeps to one line a request."""

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import ProgrammingError
from tests.flow.a_web_morning import BEARER, WebMorning, at, web_morning

from suture.store.embedded import EmbeddedPostgres
from suture.web.security import HEADERS

Outage = Callable[[WebMorning], AbstractContextManager[WebMorning]]


@pytest.fixture
def web(postgres: EmbeddedPostgres) -> Iterator[WebMorning]:
    yield from web_morning(postgres)


@contextmanager
def nobody_listens(web: WebMorning) -> Iterator[WebMorning]:
    engine = create_engine("postgresql+psycopg://suture@127.0.0.1:1/suture", connect_args={"connect_timeout": 2})
    yield WebMorning(engine, at("07:40"))
    engine.dispose()


@contextmanager
def no_connection_is_free(web: WebMorning) -> Iterator[WebMorning]:
    engine = create_engine(web.engine.url, pool_size=1, max_overflow=0, pool_timeout=0.05)
    with engine.connect():
        yield WebMorning(engine, at("07:40"))
    engine.dispose()


@contextmanager
def the_server_ends_it(web: WebMorning) -> Iterator[WebMorning]:
    engine = create_engine(web.engine.url, pool_size=1, max_overflow=0)
    with engine.connect() as conn:
        pid = conn.execute(text("SELECT pg_backend_pid()")).scalar_one()
    web.rows("SELECT pg_terminate_backend(:pid)", pid=pid)
    yield WebMorning(engine, at("07:40"))
    engine.dispose()


@pytest.mark.parametrize("outage", [nobody_listens, no_connection_is_free, the_server_ends_it])
@pytest.mark.parametrize("path", ["/", "/p/some-secret-token", "/api/v1/signals/1"])
def test_a_request_is_asked_to_come_back(
    web: WebMorning, outage: Outage, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    with outage(web) as away, caplog.at_level(logging.WARNING):
        response = away.browser.get(path, headers=BEARER)
    assert response.status_code == 503 and response.headers["Retry-After"] == "2"
    assert response.headers["Content-Security-Policy"] == HEADERS["Content-Security-Policy"]
    if path.startswith("/api/"):
        message = "The database is starting again. Reload in a moment."
        assert response.json() == {"error": "unavailable", "message": message}
    else:
        assert "Reload" in response.text and "Traceback" not in response.text
    (line,) = [r for r in caplog.records if r.name.startswith("suture.web")]
    assert line.exc_info is None and "\n" not in line.getMessage() and "secret" not in line.getMessage()


def test_it_works_again_when_the_database_does(web: WebMorning) -> None:
    with the_server_ends_it(web) as again:
        assert [again.browser.get("/").status_code for _ in range(2)] == [503, 200]


def test_an_error_in_the_sql_is_no_outage(web: WebMorning) -> None:
    web.run("ALTER TABLE exception_case RENAME TO elsewhere")
    with pytest.raises(ProgrammingError):
        web.browser.get("/")
