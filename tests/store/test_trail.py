"""Searching the trail: by actor, code, subject, patient and day, newest first, and the search is part of the trail."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.store.a_riverbend import BRANCH, THE_DAY, Riverbend

from suture.model.actors import COMMAND_LINE, Actor, ActorKind
from suture.model.people import PartyKind
from suture.service.branch_named import find_branch
from suture.service.caller import Caller
from suture.service.search_trail import NoSuchPatient, search_trail
from suture.store import access
from suture.store.trail import Asked

KEY = Actor(ActorKind.API_KEY, key="7:board")


@pytest.fixture
def caller(riverbend: Riverbend) -> Caller:
    tools = riverbend.caller.tools
    with Caller(tools, Actor(ActorKind.USER, key="1:Casey"), route="GET /").transaction() as tx:
        access.day_view(tx, find_branch(tx, BRANCH), THE_DAY)
    with Caller(tools, KEY, route="GET /one").transaction() as tx:
        access.message_log(tx, PartyKind.PATIENT, "P-02")
    with Caller(tools, COMMAND_LINE, route="suture outreach log").transaction() as tx:
        access.message_log(tx, PartyKind.PATIENT, "P-01")
    return Caller(tools, COMMAND_LINE)


def routes(caller: Caller, patient: str = "", **narrow: object) -> list[str]:
    asked = replace(Asked(since=datetime.now(UTC) - timedelta(minutes=5)), **narrow)  # type: ignore[arg-type]
    return [row.route for row in search_trail(caller, asked, patient, reads=True).shown]


def test_who_looked_at_a_patient(caller: Caller) -> None:
    assert routes(caller, "P-01") == ["suture outreach log", "GET /"]
    assert routes(caller, "P-02") == ["GET /one", "GET /"]
    assert routes(caller) == ["suture outreach log", "GET /one", "GET /"]
    with pytest.raises(NoSuchPatient, match="P-none"):
        routes(caller, "P-none")


def test_an_actor_is_a_kind_or_one_of_it(caller: Caller) -> None:
    assert routes(caller, actor="api_key") == routes(caller, actor="api_key:7") == ["GET /one"]
    assert routes(caller, actor="api_key:7:board") == ["GET /one"]
    assert routes(caller, actor="api_key:7:boar") == routes(caller, actor="api") == []


def test_days_end_where_they_end(caller: Caller) -> None:
    now = datetime.now(UTC)
    assert routes(caller, since=now + timedelta(minutes=1)) == []
    assert routes(caller, until=now - timedelta(minutes=4)) == []
    assert len(routes(caller, until=now + timedelta(minutes=1))) == 3


def test_more_than_the_limit_is_said(caller: Caller) -> None:
    two = search_trail(caller, Asked(limit=2), reads=True)
    assert two.is_cut and [r.route for r in two.shown] == ["suture outreach log", "GET /one"]
    assert not search_trail(caller, Asked(limit=10_000), reads=True).is_cut


def test_a_row_names_patients_as_the_files_do(caller: Caller) -> None:
    newest = search_trail(caller, Asked(limit=1), reads=True).shown[0]
    assert (newest.actor, newest.branch, newest.patients) == ("command_line", BRANCH, ("P-01",))


def test_what_was_done_is_found_by_code_and_subject(caller: Caller) -> None:
    [published] = search_trail(caller, Asked(code="day.published")).done
    assert published.code == "day.published"
    same = search_trail(caller, Asked(subject_kind=published.subject_kind, subject_id=published.subject_id)).done
    assert published in same
    assert search_trail(caller, Asked(subject_kind="visit", subject_id=10**12)).done == ()


def test_what_was_done_to_a_visit_of_a_patient_is_found_by_the_patient(caller: Caller) -> None:
    with caller.transaction() as tx:
        tx.run(
            """INSERT INTO audit_row (actor, code, subject_kind, subject_id, data)
               SELECT 'coordinator', 'visit.cancelled', 'visit', v.id, '{"by": "agency"}' FROM visit v
               JOIN party p ON p.id = v.patient_id WHERE p.external_id = 'P-01' LIMIT 1"""
        )
    assert [row.code for row in search_trail(caller, Asked(code="visit.cancelled"), "P-01").done] == ["visit.cancelled"]
    assert search_trail(caller, Asked(code="visit.cancelled"), "P-02").done == ()


def test_a_search_is_recorded_with_what_for(caller: Caller) -> None:
    search_trail(caller, Asked(actor="api_key"), "P-01", reads=True)
    [searched, *_rest] = search_trail(caller, Asked(code="audit.searched")).done
    with caller.transaction() as tx:
        patient = tx.scalar("SELECT id FROM party WHERE kind = 'patient' AND external_id = 'P-01'")
    assert (searched.actor, searched.subject_kind, searched.subject_id) == ("command_line", "party", patient)
    assert searched.data == {
        "what": "reads",
        "found": 0,
        "of_code": "",
        "of_actor": "api_key",
        "since": "",
        "until": "",
    }
