"""The access log: every function that shows patients notes them, and a transaction that shows any leaves one row."""

import ast
import inspect
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from structlog.testing import capture_logs
from tests.conftest import as_owner, owner_of
from tests.store.a_riverbend import BRANCH, THE_DAY, Riverbend

from suture.model.actors import COMMAND_LINE, Actor, ActorKind
from suture.model.people import PartyKind
from suture.service.branch_named import find_branch
from suture.service.caller import Caller
from suture.store import access
from suture.store.reads import Reads
from suture.store.transaction import Tx, transaction

CASEY = Actor(ActorKind.USER, key="1:Casey")

STORE = Path(access.__file__).parent
A_VISIT = "SELECT external_id FROM visit WHERE patient_id IS NOT NULL ORDER BY id LIMIT 1"

Look = Callable[[Tx], object]
SHOWS: Mapping[str, Look] = {
    "day_view": lambda tx: access.day_view(tx, find_branch(tx, BRANCH), THE_DAY),
    "open_cases": lambda tx: access.open_cases(tx, find_branch(tx, BRANCH), THE_DAY),
    "plan_view": lambda tx: access.plan_view(tx, find_branch(tx, BRANCH), THE_DAY),
    "day_sheet": lambda tx: access.day_sheet(tx, find_branch(tx, BRANCH), THE_DAY),
    "message_log": lambda tx: access.message_log(tx, PartyKind.PATIENT, "P-01"),
    "asks_of_visit": lambda tx: access.asks_of_visit(tx, str(tx.scalar(A_VISIT))),
    "asks_of_day": lambda tx: access.asks_of_day(tx, find_branch(tx, BRANCH), THE_DAY),
    "texts_from": lambda tx: access.texts_from(tx, a_number(tx)),
    "places_to_look_up": lambda tx: access.places_to_look_up(tx),
}
SHOWS_NO_PATIENT = {
    "planned_days": "dates and counts",
    "signal_view": "the state of a signal, by ids and codes",
    "demo_names": "people whom the demo made up, on a page that only a demo has",
}
OF_PEOPLE = {"given", "family", "body", "line1"}
"""Columns that say who or what: a query of store/access*.py that has one is noted."""
ELSEWHERE = {
    "access_clinician._person": "herself",
    "access_clinician._stops": "her_day notes them",
    "access_clinician._told": "her_day notes them",
    "access_clinician._reports": "what she said herself, by number",
    "access.demo_names": SHOWS_NO_PATIENT["demo_names"],
    "access_parts.clinicians_of": "colleagues",
    "access_messages._told": "answers in messages of someone whom log_of notes",
    "access_messages._written": "texts of someone whom log_of notes",
    "access_cases._called": "colleagues on call",
}


def a_number(tx: Tx) -> str:
    """The number of a patient who has just written."""
    found = tx.row(
        """SELECT d.value, d.value_hash FROM address d JOIN patient w ON w.party_id = d.party_id
           WHERE d.channel = 'sms' ORDER BY d.party_id LIMIT 1"""
    )
    assert found is not None
    tx.run(
        """INSERT INTO inbound (channel, provider, provider_msg_id, from_hash, body, meaning, action, at)
           VALUES ('sms', 'test', 'one', :hash, 'Hello', 'unclear', 'human', :now) ON CONFLICT DO NOTHING""",
        hash=found["value_hash"],
    )
    return str(found["value"])


def prepare(tx: Tx, name: str) -> None:
    """What a function shows is there."""
    if name == "open_cases":
        tx.run(
            """INSERT INTO exception_case (branch_id, service_date, kind, subject_kind, subject_id, severity, band,
                                           reasons, state, opened_at)
               SELECT branch_id, :day, 'uncovered_visit', 'visit', id, 1, 'high', '[]', 'open', :now FROM visit
               WHERE patient_id IS NOT NULL ORDER BY id LIMIT 1""",
            day=THE_DAY,
        )
    if name == "places_to_look_up":
        tx.run("UPDATE place SET lat = NULL, lon = NULL WHERE owner_key = 'patient:P-01'")


def test_each_function_of_access_is_here() -> None:
    there = {
        name
        for name, found in inspect.getmembers(access, inspect.isfunction)
        if found.__module__ == access.__name__ and not name.startswith("_")
    }
    assert there == {*SHOWS, *SHOWS_NO_PATIENT}, "say whether it shows patients, and have it note them by tx.shows()"


@pytest.mark.parametrize("name", SHOWS)
def test_what_shows_patients_notes_them(day_tx: Tx, name: str) -> None:
    prepare(day_tx, name)
    reads = day_tx.reads
    assert reads.is_empty
    SHOWS[name](day_tx)
    assert not reads.is_empty


def test_each_query_for_people_is_noted_where_it_is_made() -> None:
    silent = {
        f"{file.stem}.{function.name}"
        for file in STORE.glob("access*.py")
        for function in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(function, ast.FunctionDef) and _asks_for_people(function) and not _notes(function)
    }
    assert silent == set(ELSEWHERE)


def _asks_for_people(function: ast.FunctionDef) -> bool:
    said = " ".join(n.value for n in ast.walk(function) if isinstance(n, ast.Constant) and isinstance(n.value, str))
    words = {word.rpartition(".")[2] for word in said.replace(",", " ").split()}
    return "FROM" in words and bool(OF_PEOPLE & words)


def _notes(function: ast.FunctionDef) -> bool:
    return any(isinstance(n, ast.Attribute) and n.attr == "shows" for n in ast.walk(function))


def rows(engine: Engine) -> list[dict[str, Any]]:
    with owner_of(engine) as conn:
        conn.execute(text("SET LOCAL app.tenant = '1'"))
        return [dict(r) for r in conn.execute(text("SELECT * FROM access_log ORDER BY id")).mappings()]


def as_coordinator(agency: Riverbend) -> Caller:
    return Caller(agency.caller.tools, CASEY, route="GET /")


def test_a_day_is_one_row_with_every_patient_of_it_once(riverbend: Riverbend) -> None:
    before = len(rows(riverbend.engine))
    with as_coordinator(riverbend).transaction() as tx:
        branch = find_branch(tx, BRANCH)
        access.day_view(tx, branch, THE_DAY)
        access.plan_view(tx, branch, THE_DAY)
        of_day = tx.rows("SELECT DISTINCT patient_id AS id FROM visit WHERE patient_id IS NOT NULL ORDER BY 1")
    [row] = rows(riverbend.engine)[before:]
    assert row["patient_ids"] == [r["id"] for r in of_day]
    assert (row["tenant"], row["actor"], row["route"], row["branch_id"], row["reason"]) == (
        1,
        "user:1:Casey",
        "GET /",
        branch.id,
        "",
    )


def test_a_transaction_that_is_rolled_back_has_shown_them_all_the_same(riverbend: Riverbend) -> None:
    before = len(rows(riverbend.engine))
    with pytest.raises(LookupError), as_coordinator(riverbend).transaction() as tx:
        access.message_log(tx, PartyKind.PATIENT, "P-01")
        raise LookupError
    assert len(rows(riverbend.engine)) == before + 1


def test_whoever_sees_no_patient_leaves_no_row(riverbend: Riverbend) -> None:
    before = len(rows(riverbend.engine))
    with as_coordinator(riverbend).transaction() as tx:
        branch = find_branch(tx, BRANCH)
        access.planned_days(tx, branch.id)
        access.message_log(tx, PartyKind.CLINICIAN, "E-01")
        access.message_log(tx, PartyKind.PATIENT, "P-none")
        access.plan_view(tx, branch, date(2031, 1, 1))
    assert len(rows(riverbend.engine)) == before


def test_the_row_names_whoever_turned_out_to_ask(riverbend: Riverbend) -> None:
    with transaction(riverbend.engine, riverbend.clock, actor=COMMAND_LINE, route="suture test") as opened:
        opened.by(Actor(ActorKind.API_KEY, key="7:board")).shows(None, [3, 1, None, 3])
    row = rows(riverbend.engine)[-1]
    assert (row["actor"], row["patient_ids"], row["branch_id"]) == ("api_key:7:board", [1, 3], None)


def test_what_is_gathered_for_a_request_is_stored_by_whoever_gathers(riverbend: Riverbend) -> None:
    before, reads = len(rows(riverbend.engine)), Reads("GET /two")
    for patient in (5, 4):
        with transaction(riverbend.engine, riverbend.clock, reads=reads) as tx:
            tx.shows(1, [patient])
    assert len(rows(riverbend.engine)) == before
    reads.save(riverbend.engine)
    reads.save(riverbend.engine)
    [row] = rows(riverbend.engine)[before:]
    assert (row["route"], row["patient_ids"], row["branch_id"]) == ("GET /two", [4, 5], 1)


def test_where_the_row_cannot_be_written_the_reader_is_told(riverbend: Riverbend) -> None:
    as_owner(riverbend.engine, "ALTER TABLE access_log ADD CHECK (route <> 'GET /')")
    with pytest.raises(DBAPIError), as_coordinator(riverbend).transaction() as tx:
        access.message_log(tx, PartyKind.PATIENT, "P-01")


def test_a_database_that_takes_no_changes_is_read_and_the_read_logged(riverbend: Riverbend) -> None:
    before = len(rows(riverbend.engine))
    as_owner(
        riverbend.engine, f'ALTER DATABASE "{riverbend.engine.url.database}" SET default_transaction_read_only = on'
    )
    riverbend.engine.dispose()
    with capture_logs() as logged, as_coordinator(riverbend).transaction() as tx:
        found = access.message_log(tx, PartyKind.PATIENT, "P-01")
        patient = tx.scalar("SELECT id FROM party WHERE kind = 'patient' AND external_id = 'P-01'")
    assert found is not None
    [line] = [entry for entry in logged if entry["event"] == "access.not_stored"]
    assert line["patient_ids"] == [patient] and line["actor"] == "user:1:Casey" and line["route"] == "GET /"
    assert len(rows(riverbend.engine)) == before


def test_nothing_of_the_code_changes_or_deletes_what_was_stored() -> None:
    for file in STORE.parent.rglob("*.py"):
        words = " ".join(file.read_text("utf-8").split())
        assert "UPDATE access_log" not in words and "DELETE FROM access_log" not in words, file
