"""An error of the database says which rule was broken and where, and never what was written."""

import traceback
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError, ProgrammingError
from tests.conftest import owner_url

from suture.store.sql_errors import is_away, is_read_only
from suture.store.transaction import open_engine, takes_no_changes

SECRET = "Ivy Walnut"
TABLE = """CREATE TABLE person (name text PRIMARY KEY, born date NOT NULL DEFAULT '2000-01-01',
             CONSTRAINT no_walnuts CHECK (name NOT LIKE '%Walnut%' OR born < '1950-01-01'),
             boss text REFERENCES person DEFERRABLE INITIALLY DEFERRED)"""


@pytest.fixture
def people(database: Engine) -> Iterator[Engine]:
    engine = open_engine(owner_url(database))
    with engine.begin() as conn:
        conn.execute(text(TABLE))
        conn.execute(text("INSERT INTO person VALUES (:name, '1940-01-01')"), {"name": SECRET})
    yield engine
    engine.dispose()


def whole(error: BaseException) -> str:
    """Everything that a log, a traceback or a debugger's one line could show of it, its causes included."""
    cause = error.__cause__ or error.__context__
    orig = getattr(error, "orig", None)
    parts = [str(error), repr(error), "".join(traceback.format_exception(error))]
    return "\n".join([*parts, str(orig), repr(orig), whole(cause) if cause else ""])


REFUSED = [
    ("INSERT INTO person VALUES (:x, '1940-01-01')", SECRET, IntegrityError, ["23505", "person_pkey", "table person"]),
    ("INSERT INTO person VALUES (:x)", f"{SECRET} 2", IntegrityError, ["23514", "no_walnuts", "table person"]),
    ("INSERT INTO person VALUES (:x, NULL)", f"{SECRET} 3", IntegrityError, ["23502", "column born"]),
    ("INSERT INTO person VALUES ('Bo', DEFAULT, :x)", f"{SECRET} 4", IntegrityError, ["23503", "person_boss_fkey"]),
    ("SELECT cast(:x AS integer)", SECRET, DataError, ["22P02"]),
    ("SELECT cast(:x AS date)", SECRET, DataError, ["22007"]),
    ("SELECT cast(:x AS jsonb)", f'{{"{SECRET}', DataError, ["22P02"]),
    ("INSERT INTO person VALUES (:x)", f"{SECRET}\0", DataError, []),
]


@pytest.mark.parametrize(
    ("sql", "value", "kind", "said"), REFUSED, ids=[f"{sql[:30]}… {r[3]}" for r in REFUSED for sql in [r[0]]]
)
def test_what_was_written_is_not_repeated(
    people: Engine, sql: str, value: str, kind: type[DBAPIError], said: list[str]
) -> None:
    with pytest.raises(kind) as error, people.begin() as conn:
        conn.execute(text(sql), {"x": value})
    assert "Walnut" not in whole(error.value)
    assert all(part in str(error.value) for part in said), str(error.value)


def test_many_rows_at_once_are_not_repeated_either(people: Engine) -> None:
    with pytest.raises(IntegrityError) as error, people.begin() as conn:
        conn.execute(text("INSERT INTO person VALUES (:x, '1940-01-01')"), [{"x": "Bo"}, {"x": SECRET}])
    assert "Walnut" not in whole(error.value) and "person_pkey" in str(error.value)


def test_what_names_tables_only_stays_readable(people: Engine) -> None:
    with pytest.raises(ProgrammingError, match='relation "nowhere" does not exist') as error, people.begin() as conn:
        conn.execute(text("SELECT * FROM nowhere WHERE name = :x"), {"x": SECRET})
    assert "Walnut" not in whole(error.value) and getattr(error.value.orig, "sqlstate", "") == "42P01"


def test_why_there_is_no_connection_stays_readable() -> None:
    engine = open_engine("postgresql+psycopg://suture@127.0.0.1:1/suture?connect_timeout=2")
    with pytest.raises(OperationalError, match=r"127\.0\.0\.1.*refused") as error, engine.connect():
        pass
    assert is_away(error.value) and not is_read_only(error.value)
    engine.dispose()


def test_a_read_only_database_is_away_for_now(people: Engine) -> None:
    name = people.url.database
    with people.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'))
    assert not takes_no_changes(people)  # connections that are open keep what they had
    people.dispose()
    assert takes_no_changes(people)
    with pytest.raises(DBAPIError, match="read-only transaction") as error, people.begin() as conn:
        conn.execute(text("INSERT INTO person VALUES ('Bo')"))
    assert is_away(error.value) and is_read_only(error.value)
