"""`suture db check`: a sound database is said to be sound, and each fault that is planted is found."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine
from tests.flow.processes import a_prepared_folder, suture
from tests.store.a_riverbend import THE_DAY, Riverbend
from tests.store.an_older_schema import OLDER, bring_to, empty_database

from suture.service.check_database import Verdict, check_database
from suture.store import health
from suture.store.embedded import EmbeddedPostgres
from suture.store.health import OfDay
from suture.store.transaction import Tx
from suture.words.dates import full_date

COUNTED = (health.duplicate_messages, health.overlaps, health.messages_unknown, health.leases_past)


def test_a_published_day_is_sound(day_tx: Tx) -> None:
    assert health.lost_positions(day_tx) == ()
    assert [count(day_tx) for count in (*COUNTED, health.signals_set_aside)] == [0, 0, 0, 0, 0]


def test_a_position_that_vanished_is_found_on_its_day(day_tx: Tx) -> None:
    gone = day_tx.run("UPDATE assignment SET to_version = from_version + 1 WHERE visit_id % 10 = 0")
    assert gone > 1
    assert health.lost_positions(day_tx) == (OfDay("COLUMBUS", THE_DAY, gone),)
    day_tx.run("UPDATE visit SET status = 'cancelled', rev = rev + 1")
    assert health.lost_positions(day_tx) == ()


def test_days_long_past_are_history(day_tx: Tx) -> None:
    day_tx.run("UPDATE assignment SET to_version = from_version + 1")
    assert len(health.lost_positions(day_tx)) == 1
    later = Tx(day_tx.conn, day_tx.now.replace(month=4, day=10))
    assert health.lost_positions(later) == ()


def test_two_places_at_once_are_found(day_tx: Tx) -> None:
    day_tx.run(
        """INSERT INTO occupancy (layer, subject_id, position, clinician_id, busy, subject_rev, plan_version)
           SELECT layer, subject_id + 100000, position, clinician_id, busy, subject_rev, plan_version
           FROM occupancy LIMIT 1"""
    )
    assert health.overlaps(day_tx) == 1


@pytest.fixture
def message(day_tx: Tx) -> int:
    """A message of the day that has not left."""
    return int(day_tx.scalar("SELECT min(id) FROM touch WHERE state = 'planned'"))


def test_a_message_that_left_twice_is_found(day_tx: Tx, message: int) -> None:
    day_tx.run(
        """INSERT INTO touch (branch_id, service_date, subject, subject_id, subject_rev, party_id, step, ordinal,
                  channel, priority, due_at, not_after, planned_at)
           SELECT branch_id, service_date, subject, subject_id, subject_rev, party_id, step, ordinal + 1,
                  channel, priority, due_at, not_after, planned_at FROM touch WHERE id = :id""",
        id=message,
    )
    day_tx.run(
        """INSERT INTO message_attempt (touch_id, attempt_no, provider, request_sha, started_at, outcome)
           SELECT id, 1, 'test', '', :now, 'accepted' FROM touch
           WHERE id = :id OR id = (SELECT max(id) FROM touch)""",
        id=message,
    )
    assert health.duplicate_messages(day_tx) == 1


def test_an_unknown_message_is_found_until_its_case_is_closed(day_tx: Tx, message: int) -> None:
    day_tx.run("UPDATE touch SET state = 'unknown' WHERE id = :id", id=message)
    assert health.messages_unknown(day_tx) == 1
    day_tx.run(
        """INSERT INTO exception_case (branch_id, kind, subject_kind, subject_id, severity, band, opened_at)
           SELECT id, 'message_undeliverable', 'touch', :id, 1, 'low', :now FROM branch""",
        id=message,
    )
    assert health.messages_unknown(day_tx) == 1
    day_tx.run("UPDATE exception_case SET state = 'closed', closed_at = :now WHERE subject_kind = 'touch'")
    assert health.messages_unknown(day_tx) == 0


@pytest.mark.parametrize(("ago", "found"), [("2 minutes", 1), ("5 seconds", 0), ("-1 minute", 0)])
def test_a_lease_that_no_one_took_over_is_found(day_tx: Tx, message: int, ago: str, found: int) -> None:
    day_tx.run(
        """UPDATE touch SET state = 'sending', lease_until = clock_timestamp() - cast(:ago AS interval)
           WHERE id = :id""",
        id=message,
        ago=ago,
    )
    assert health.leases_past(day_tx) == found


def test_a_signal_that_was_set_aside_is_found(day_tx: Tx) -> None:
    day_tx.run(
        """INSERT INTO inbox (branch_id, service_date, source, source_id, kind, body, body_sha, occurred_at,
                  received_at, state)
           SELECT id, :date, 'test', '1', 'check_in', '{}', '', :now, :now, 'quarantined' FROM branch""",
        date=THE_DAY,
    )
    assert health.signals_set_aside(day_tx) == 1


# --- said ----------------------------------------------------------------------------------------------


def said_of(engine: Engine) -> dict[str, tuple[Verdict, str]]:
    return {f.about: (f.verdict, f.says) for f in check_database(engine)}


@pytest.mark.parametrize(
    ("setting", "named"),
    [
        ("synchronous_commit=off", "synchronous_commit is off"),
        ("synchronous_commit=local", None),
        ("default_transaction_read_only=on", "it is read-only"),
    ],
)
def test_a_server_on_which_promises_do_not_rest_is_wrong(agency: Riverbend, setting: str, named: str | None) -> None:
    engine = create_engine(agency.engine.url, connect_args={"options": f"-c {setting}"})
    verdict, says = said_of(engine)["server"]
    engine.dispose()
    assert verdict is Verdict.WRONG and "fsync is off" in says  # the tests' own server is quicker than safe
    assert (named in says) if named else says.count("is off") == 1


def test_faults_are_told_with_what_to_do(riverbend: Riverbend) -> None:
    with riverbend.caller.transaction() as tx:
        tx.run("UPDATE assignment SET to_version = from_version + 1")
        tx.run("UPDATE touch SET state = 'unknown'")
        tx.run("INSERT INTO demo_clock (shown_at, real_at) VALUES (:now, clock_timestamp())")  # the day is tomorrow
    said = said_of(riverbend.engine)
    wrong, positions = said["positions"]
    assert wrong is Verdict.WRONG and f"34 of COLUMBUS on {full_date(THE_DAY)}" in positions
    assert said["unknown messages"][0] is Verdict.WRONG and "close the cases" in said["unknown messages"][1]
    assert said["overlaps"][0] is said["duplicates"][0] is said["leases"][0] is Verdict.OK
    assert said["messages"] == (Verdict.OK, "going out")
    assert said["backup"] == (Verdict.NOTE, "none was made with suture db backup")


@pytest.fixture
def other(postgres: EmbeddedPostgres) -> Iterator[Engine]:
    with empty_database(postgres, "health_of_another_release") as engine:
        yield engine


def test_on_another_schema_only_schema_and_server_are_told(other: Engine) -> None:
    assert said_of(other).keys() == {"schema", "server"}
    bring_to(other, OLDER)
    said = said_of(other)
    assert said.keys() == {"schema", "server"}
    assert said["schema"][0] is Verdict.WRONG and "run suture db migrate" in said["schema"][1]


def test_the_command_tells_a_sound_folder_in_one_line_each(pytestconfig: pytest.Config) -> None:
    with a_prepared_folder(pytestconfig) as data:
        assert suture("db", "backup", data.parent / "b.dump", "--data", data).returncode == 0
        told = suture("db", "check", "--data", data)
        told_json = suture("db", "check", "--json", "--data", data)
    assert (told.returncode, told.stderr) == (0, "")
    lines = told.stdout.splitlines()
    assert len(lines) == 10 and all(line.startswith("ok    ") for line in lines), told.stdout
    assert any(line.startswith("ok    backup: finished 0 h ") for line in lines)
    found = json.loads(told_json.stdout)
    assert found["ok"] is True and len(found["findings"]) == 10
    assert found["findings"][0] == {"about": "schema", "verdict": "ok", "says": lines[0].partition(": ")[2]}


def test_the_command_ends_with_1_where_something_is_wrong(riverbend: Riverbend, tmp_path: Path) -> None:
    url = riverbend.engine.url.render_as_string(hide_password=False)
    said = suture("db", "check", "--json", "--data", tmp_path, env={"DATABASE_URL": url})
    assert said.returncode == 1 and json.loads(said.stdout)["ok"] is False  # no fsync
