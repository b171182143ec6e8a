"""Exception cases: opened once, refreshed while they stand, closed with a reason, and opened anew after that."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.store.a_branch import AFTERNOON_BEFORE, THE_DAY, Branch, add_visit, at, make_branch

from suture.model.cases import CaseKind, CaseSubject, CaseToClose, CaseToOpen, OpenCase
from suture.model.events import EventKind, NewEvent
from suture.model.ids import VisitId
from suture.store.cases import close_cases, open_cases, still_open
from suture.store.transaction import Tx
from suture.words.reason import as_written, from_json, reason

NO_LICENSE = reason("cover.no_license", role="RN")
TAKEN = reason("closed.covered")


@pytest.fixture
def branch(tx: Tx) -> Branch:
    return make_branch(tx)


@pytest.fixture
def visit(tx: Tx, branch: Branch) -> VisitId:
    return add_visit(tx, branch, branch.ann, "09:00")


def uncovered(visit: VisitId, seat: int = 1, *reasons: str) -> CaseToOpen:
    why = tuple(map(as_written, reasons)) or (NO_LICENSE,)
    return CaseToOpen(CaseKind.UNCOVERED_VISIT, CaseSubject("visit", visit, seat), 3, why, deadline_at=at("08:00"))


def covered(visit: VisitId, seat: int = 1) -> CaseToClose:
    return CaseToClose(CaseKind.UNCOVERED_VISIT, CaseSubject("visit", visit, seat), TAKEN)


def opened(tx: Tx, branch: Branch, *cases: CaseToOpen, version: int = 1) -> list[NewEvent]:
    return open_cases(tx, branch.id, THE_DAY, cases, version)


def rows(tx: Tx) -> list[Mapping[str, object]]:
    return list(tx.rows("SELECT * FROM exception_case ORDER BY id"))


def said(stored: object) -> list[str]:
    """The sentences of a column or of an event."""
    return [str(from_json(s)) for s in stored] if isinstance(stored, list) else [str(from_json(stored))]


def test_a_case_says_what_it_is_about_how_badly_and_until_when(tx: Tx, branch: Branch, visit: VisitId) -> None:
    opened(tx, branch, uncovered(visit, 1, "First reason.", "Second reason."), version=4)
    [case] = rows(tx)
    assert (case["subject_kind"], case["subject_id"], case["subject_position"]) == ("visit", visit, 1)
    assert (case["severity"], case["band"]) == (9.0, "medium")  # risk 3, seventeen hours left
    assert said(case["reasons"]) == ["First reason.", "Second reason."]
    assert (case["deadline_at"], case["opened_at"], case["opened_version"]) == (at("08:00"), AFTERNOON_BEFORE, 4)


def test_nothing_is_due_before_it_was_known(tx: Tx, branch: Branch, visit: VisitId) -> None:
    late = replace(tx, now=at("08:37"))
    opened(late, branch, uncovered(visit))
    assert rows(tx)[0]["deadline_at"] == at("08:37")
    opened(replace(tx, now=at("08:50")), branch, uncovered(visit))
    assert (rows(tx)[0]["deadline_at"], rows(tx)[0]["band"]) == (at("08:37"), "high")
    opened(late, branch, replace(uncovered(visit, 2), deadline_at=None))
    assert rows(tx)[1]["deadline_at"] is None


def test_the_same_case_again_is_refreshed_not_doubled(tx: Tx, branch: Branch, visit: VisitId) -> None:
    [event] = opened(tx, branch, uncovered(visit))
    assert (event.kind, said(event.data["reasons"])) == (EventKind.CASE_OPENED, [str(NO_LICENSE)])
    before_noon = replace(tx, now=at("07:30"))
    assert opened(before_noon, branch, uncovered(visit, 1, "The last one is away."), version=2) == []
    [case] = rows(tx)
    assert (said(case["reasons"]), case["band"]) == (["The last one is away."], "high")
    assert (case["opened_version"], case["opened_at"]) == (1, AFTERNOON_BEFORE), "it has stood since then"


def test_each_seat_of_a_visit_has_a_case_of_its_own(tx: Tx, branch: Branch, visit: VisitId) -> None:
    assert len(opened(tx, branch, uncovered(visit, 1), uncovered(visit, 2))) == 2
    close_cases(tx, [covered(visit, 1)])
    assert [c.subject for c in still_open(tx, branch.id, THE_DAY)] == [CaseSubject("visit", visit, 2)]


def test_a_case_is_closed_once_with_the_reason(tx: Tx, branch: Branch, visit: VisitId) -> None:
    opened(tx, branch, uncovered(visit))
    [event] = close_cases(tx, [covered(visit)])
    [case] = rows(tx)
    assert (case["state"], case["closed_at"], from_json(case["closed_why"])) == ("closed", tx.now, TAKEN)
    assert (event.kind, event.subject_id) == (EventKind.CASE_CLOSED, case["id"])
    assert from_json(event.data["because"]) == TAKEN
    assert close_cases(replace(tx, now=tx.now + timedelta(hours=1)), [covered(visit)]) == []
    assert rows(tx) == [case]


def test_a_case_that_comes_back_is_another_case(tx: Tx, branch: Branch, visit: VisitId) -> None:
    opened(tx, branch, uncovered(visit))
    close_cases(tx, [covered(visit)])
    assert len(opened(tx, branch, uncovered(visit), version=5)) == 1
    assert [(c["state"], c["opened_version"]) for c in rows(tx)] == [("closed", 1), ("open", 5)]


def test_the_same_case_twice_at_once_is_one_and_closes_once(tx: Tx, branch: Branch, visit: VisitId) -> None:
    events = opened(tx, branch, uncovered(visit, 1, "First."), uncovered(visit, 2), uncovered(visit, 1, "Last."))
    assert [(r["subject_position"], said(r["reasons"])) for r in rows(tx)] == [
        (1, ["Last."]),
        (2, [str(NO_LICENSE)]),
    ]
    assert [e.subject_id for e in events] == [r["id"] for r in rows(tx)]
    closed = close_cases(
        tx, [covered(visit, 2), covered(visit, 1), replace(covered(visit, 2), because=as_written("again"))]
    )
    assert [e.subject_id for e in closed] == [r["id"] for r in reversed(rows(tx))]
    assert {from_json(r["closed_why"]) for r in rows(tx)} == {TAKEN}


def test_a_snoozed_case_stands_and_is_refreshed(tx: Tx, branch: Branch, visit: VisitId) -> None:
    opened(tx, branch, uncovered(visit))
    tx.run("UPDATE exception_case SET state = 'snoozed'")
    assert opened(tx, branch, uncovered(visit, 1, "Still nobody.")) == []
    assert [(c["state"], said(c["reasons"])) for c in rows(tx)] == [("snoozed", ["Still nobody."])]


def test_the_open_cases_of_a_day_are_only_that_days(tx: Tx, branch: Branch, visit: VisitId) -> None:
    opened(tx, branch, uncovered(visit))
    elsewhere = CaseToOpen(
        CaseKind.CREDENTIAL_EXPIRING, CaseSubject("clinician", branch.nora), 3, (as_written("It expires."),)
    )
    open_cases(tx, branch.id, THE_DAY + timedelta(days=1), [elsewhere])
    open_cases(tx, branch.id, None, [replace(elsewhere, subject=CaseSubject("clinician", branch.judith))])
    [case] = still_open(tx, branch.id, THE_DAY)
    assert case == OpenCase(case.id, CaseKind.UNCOVERED_VISIT, CaseSubject("visit", visit, 1))
