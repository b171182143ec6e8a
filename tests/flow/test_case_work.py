"""Someone takes a case, or puts it off: what the board, the log and those on call hear of it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import time

import pytest
from sqlalchemy import Engine
from tests.conftest import as_owner
from tests.flow.an_on_call_list import (
    DANA,
    at_clock,
    open_case,
    put_in_force,
)
from tests.store.a_branch import THE_DAY, at
from tests.store.a_shell import Shell, emptied

from suture.model.cases import CaseKind, CaseSubject, CaseToClose
from suture.model.ids import CaseId
from suture.service import case_work
from suture.service.case_work import NotTaken
from suture.store import cases
from suture.words.reason import reason


@pytest.fixture
def shell(own_database: Engine) -> Shell:
    """Half past five in the morning, and no one has an on-call list yet."""
    as_owner(emptied(own_database), "TRUNCATE configuration_activation, configuration")
    shell = Shell(own_database, at("05:30"))
    shell.run("UPDATE outreach SET on_hold = false")
    return shell


@pytest.fixture
def case_id(shell, branch, visit) -> CaseId:
    put_in_force(shell)
    return open_case(shell, branch, visit)


# taking and putting off -----------------------------------------------------------------------------


def test_the_log_and_the_audit_trail_say_who_took_it(shell, case_id):
    case_work.take(shell.caller, case_id, "Dana Park")
    [event] = shell.rows("SELECT subject_id, data FROM event WHERE kind = 'case.taken'")
    assert event == {"subject_id": case_id, "data": {"case": "uncovered_visit", "by": "Dana Park"}}
    [entry] = shell.rows("SELECT data FROM audit_row WHERE code = 'case.taken'")
    assert entry["data"] == {"name": "Dana Park"}


def test_a_case_is_one_persons_and_taken_over_only_on_purpose(shell, case_id):
    assert case_work.take(shell.caller, case_id, "Dana Park").before == ""
    assert case_work.take(shell.caller, case_id, "Dana Park").before == "Dana Park"
    with pytest.raises(NotTaken, match=f"Case {case_id} was taken by Dana Park at 05:30"):
        case_work.take(shell.caller, case_id, "Lee Ward")
    assert case_work.take(shell.caller, case_id, "Lee Ward", over=True).before == "Dana Park"
    names = [r["data"]["name"] for r in shell.rows("SELECT data FROM audit_row WHERE code = 'case.taken' ORDER BY id")]
    assert names == ["Dana Park", "Lee Ward"]


def test_two_who_take_it_at_once_are_not_both_told_that_it_is_theirs(shell, case_id):
    def take(name: str) -> bool:
        try:
            case_work.take(shell.caller, case_id, name)
        except NotTaken:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(take, ["a", "b", "c", "d"])) == 1


def test_a_case_that_is_closed_or_was_never_there_cannot_be_taken(shell, case_id, visit):
    with pytest.raises(NotTaken, match="There is no case 4711"):
        case_work.take(shell.caller, 4711, "Dana Park")
    with shell.caller.transaction() as tx:
        subject = CaseSubject("visit", visit, 1)
        cases.close_cases(tx, [CaseToClose(CaseKind.UNCOVERED_VISIT, subject, reason("closed.covered"))])
    with pytest.raises(NotTaken, match=f"Case {case_id} is closed already"):
        case_work.take(shell.caller, case_id, "Dana Park")


def on_the_board(shell: Shell) -> list[int]:
    shown = cases.ON_THE_BOARD.format("e")
    return [r["id"] for r in shell.rows(f"SELECT id FROM exception_case e WHERE {shown} ORDER BY id")]


def test_a_case_put_off_leaves_the_board_calls_no_one_and_is_back_by_itself(shell, case_id):
    back = case_work.put_off(shell.caller, case_id, time(6, 30), "Dana Park", "the clinic opens then")
    assert (back.date(), back.time()) == (THE_DAY, time(6, 30))
    assert on_the_board(shell) == []
    assert at_clock(shell, "06:29") == [] and on_the_board(shell) == []
    assert at_clock(shell, "06:30") == [] and on_the_board(shell) == [case_id]
    assert at_clock(shell, "06:40") == [DANA], "ten minutes from when it is back"
    [event] = shell.rows("SELECT data FROM event WHERE kind = 'case.snoozed'")
    assert event["data"] == {
        "case": "uncovered_visit", "by": "Dana Park", "until": at("06:30").isoformat(),
        "reason": "the clinic opens then"}  # fmt: skip
    [entry] = shell.rows("SELECT data FROM audit_row WHERE code = 'case.snoozed'")
    assert entry["data"] == {"name": "Dana Park", "until": "06:30", "reason": "the clinic opens then"}


def test_no_case_is_put_off_past_its_deadline(shell, case_id):
    with pytest.raises(NotTaken, match=f"Case {case_id} is due at 09:10. Put it off until then at most."):
        case_work.put_off(shell.caller, case_id, time(9, 11), "Dana Park", "later")
    with pytest.raises(NotTaken, match="is due at 09:10"):
        case_work.put_off(shell.caller, case_id, time(5, 29), "Dana Park", "that is tomorrow")
    assert case_work.put_off(shell.caller, case_id, time(9, 10), "Dana Park", "then").hour == 9
    shell.run("UPDATE exception_case SET deadline_at = :at", at=at("06:00"))
    shell.clock.advance_to(at("06:00"))
    assert on_the_board(shell) == [case_id], "a deadline that came nearer brings it back"
    with pytest.raises(NotTaken, match="was due at 06:00, so it stays on the board"):
        case_work.put_off(shell.caller, case_id, time(6, 30), "Dana Park", "later")


def test_a_case_that_becomes_critical_is_back_at_once(shell, branch, visit):
    case = open_case(shell, branch, visit, risk=3)
    case_work.put_off(shell.caller, case, time(9, 0), "Dana Park", "later")
    open_case(shell, branch, visit, risk=3)
    assert on_the_board(shell) == []
    open_case(shell, branch, visit, risk=8)
    assert on_the_board(shell) == [case]


def test_whoever_takes_a_case_that_was_put_off_has_it_on_the_board(shell, case_id):
    case_work.put_off(shell.caller, case_id, time(6, 30), "Dana Park", "later")
    case_work.take(shell.caller, case_id, "Lee Ward")
    assert on_the_board(shell) == [case_id]
