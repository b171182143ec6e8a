"""A critical case that no one takes: those on call are told one after the other, and the board says where no one is."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Engine
from tests.conftest import as_owner
from tests.flow.an_on_call_list import (
    DANA,
    LEE,
    LIST,
    NEVER,
    NORA,
    NOT_NOW,
    at_clock,
    board,
    go_back,
    hindrance,
    open_case,
    put_in_force,
    says,
    told,
    work,
)
from tests.store import a_branch
from tests.store.a_branch import THE_DAY, at
from tests.store.a_shell import Shell, emptied

from suture.model.cases import CaseKind, CaseSubject, CaseToClose
from suture.model.ids import CaseId
from suture.model.messages import InboundText
from suture.model.outreach_state import HoldCause, OutreachState
from suture.outreach.gates import Verdict
from suture.service import case_work
from suture.service.on_call import Hindrance
from suture.service.receive_reply import receive_text
from suture.service.send_messages import send_due
from suture.service.timers import fire_timers, next_timer
from suture.store import cases, outreach
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


# minute by minute -----------------------------------------------------------------------------------


def test_no_one_is_told_for_ten_minutes_then_the_first_then_the_next_each_once(shell, case_id):
    assert at_clock(shell, "05:39:59") == []
    assert at_clock(shell, "05:40") == [DANA]
    assert at_clock(shell, "05:49:59") == [DANA]
    assert at_clock(shell, "05:50") == [DANA, LEE]
    assert at_clock(shell, "06:00") == [DANA, LEE, NORA]
    assert at_clock(shell, "08:30") == [DANA, LEE, NORA]


def test_cases_that_are_due_at_once_are_one_message_and_each_goes_on_by_itself(shell, branch, visit):
    put_in_force(shell)
    first = open_case(shell, branch, visit)
    with shell.caller.transaction() as tx:
        bens = a_branch.add_visit(tx, branch, branch.ben, "09:00")
    second = open_case(shell, branch, bens)
    assert at_clock(shell, "05:40") == [DANA]
    [message] = shell.sms.sent
    assert message.body == (
        "Riverbend Home Care: 2 critical cases wait on the board of Columbus, the first since 5:30am. Please take "
        "them. 614-555-0100"
    )
    told = shell.rows("SELECT subject_id FROM audit_row WHERE code = 'on_call.told' ORDER BY subject_id")
    assert [r["subject_id"] for r in told] == [first, second]

    case_work.take(shell.caller, second, "Dana Park")
    assert at_clock(shell, "05:50") == [DANA, LEE]
    assert f"Please take case {first}." in shell.sms.sent[1].body
    assert not (board(shell, first) or board(shell, second))


def test_the_message_says_where_the_case_waits_since_when_and_its_number_and_nothing_of_a_patient(shell, case_id):
    at_clock(shell, "05:40")
    [message] = shell.sms.sent
    assert message.body == (
        "Riverbend Home Care: a critical case waits on the board of Columbus since 5:30am. "
        f"Please take case {case_id}. 614-555-0100"
    )
    shell.clock.advance_to(at("05:50"))
    work(shell)
    at_clock(shell, "06:00")
    [mail] = shell.email.sent
    assert mail.subject == "Riverbend Home Care: a critical case waits, please take it"
    for said in (message.body, mail.body):
        assert "Ann" not in said and "Tester" not in said and "09:" not in said


def test_each_one_told_is_in_the_audit_trail(shell, case_id):
    at_clock(shell, "05:40")
    at_clock(shell, "05:50")
    rows = shell.rows("SELECT subject_kind, subject_id, data FROM audit_row WHERE code = 'on_call.told' ORDER BY id")
    assert [(r["subject_kind"], r["subject_id"], r["data"]) for r in rows] == [
        ("case", case_id, {"who": "dana", "channel": "sms"}),
        ("case", case_id, {"who": "lee", "channel": "sms"}),
    ]


def test_who_takes_the_case_ends_it_for_those_who_come_after(shell, case_id):
    assert at_clock(shell, "05:40") == [DANA]
    case_work.take(shell.caller, case_id, "Dana Park")
    assert at_clock(shell, "08:00") == [DANA]


def test_a_message_that_has_not_left_when_the_case_is_taken_never_does(shell, case_id):
    shell.clock.advance_to(at("05:40"))
    assert fire_timers(shell.caller)
    case_work.take(shell.caller, case_id, "Dana Park")
    assert send_due(shell.caller) == 1 and told(shell) == []
    [touch] = shell.rows("SELECT state FROM touch")
    assert touch["state"] == Verdict.SUPERSEDED


def test_a_case_whose_cause_is_gone_is_told_of_no_more(shell, case_id, visit):
    at_clock(shell, "05:40")
    with shell.caller.transaction() as tx:
        subject = CaseSubject("visit", visit, 1)
        cases.close_cases(tx, [CaseToClose(CaseKind.UNCOVERED_VISIT, subject, reason("closed.covered"))])
    assert at_clock(shell, "08:00") == [DANA]


def test_ten_minutes_count_from_when_the_case_became_critical(shell, branch, visit):
    put_in_force(shell)
    case = open_case(shell, branch, visit, risk=3)
    assert at_clock(shell, "09:09") == []
    at_clock(shell, "09:10")  # its deadline: now it is critical
    assert shell.rows("SELECT band, critical_at FROM exception_case WHERE id = :id", id=case) == [
        {"band": "critical", "critical_at": at("09:10")}
    ]
    assert at_clock(shell, "09:19") == []
    assert at_clock(shell, "09:20") == [DANA]


def test_what_is_critical_past_its_deadline_stays_so_when_it_is_looked_at_again(shell, branch, visit):
    case = open_case(shell, branch, visit, risk=3)
    at_clock(shell, "09:10")
    open_case(shell, branch, visit, risk=3)
    assert not fire_timers(shell.caller)
    [row] = shell.rows("SELECT band FROM exception_case WHERE id = :id", id=case)
    assert row["band"] == "critical"
    raised = shell.rows("SELECT kind FROM event WHERE kind = 'case.raised'")
    assert len(raised) == 1, "it was said once"


def test_a_case_below_critical_calls_no_one(shell, branch, visit):
    put_in_force(shell)
    open_case(shell, branch, visit, risk=3)
    assert at_clock(shell, "09:00") == []


def test_what_is_critical_no_more_calls_no_one_and_begins_again_when_it_is_once_more(shell, case_id, branch, visit):
    shell.clock.advance_to(at("05:40"))
    fire_timers(shell.caller)
    open_case(shell, branch, visit, risk=3)
    assert work(shell) == [], "what was planned is withdrawn"
    shell.clock.advance_to(at("06:00"))
    open_case(shell, branch, visit, risk=8)
    assert at_clock(shell, "06:09") == []
    assert at_clock(shell, "06:10") == [DANA]
    assert at_clock(shell, "06:19") == [DANA]
    assert at_clock(shell, "06:20") == [DANA, LEE]


def test_both_positions_of_a_visit_are_one_case_on_the_board_and_one_message(shell, branch, visit):
    put_in_force(shell)
    first, second = (open_case(shell, branch, visit, position=n) for n in (1, 2))
    assert at_clock(shell, "05:40") == [DANA]
    case_work.take(shell.caller, second, "Dana Park")
    taken = shell.rows("SELECT taken_by FROM exception_case WHERE id = ANY(:ids)", ids=[first, second])
    assert [r["taken_by"] for r in taken] == ["Dana Park", "Dana Park"]
    assert at_clock(shell, "08:00") == [DANA]


def test_a_text_with_words_of_an_emergency_goes_to_who_is_on_call(shell, visit):
    put_in_force(shell)
    receive_text(shell.caller, InboundText("console", "m1", "+16145550111", "I fell and cannot breathe, call 911"))
    work(shell)
    assert at_clock(shell, "05:40") == [DANA]


# the clock ------------------------------------------------------------------------------------------


def test_a_clock_that_goes_back_an_hour_tells_no_one_twice(shell, case_id):
    assert at_clock(shell, "05:50") == [DANA]
    go_back(shell, "04:50")
    assert work(shell) == [DANA]
    assert at_clock(shell, "05:45") == [DANA]
    assert at_clock(shell, "06:00") == [DANA, LEE]


def test_an_hour_forward_tells_the_first_once_and_the_next_still_ten_minutes_later(shell, case_id):
    assert at_clock(shell, "06:40") == [DANA]
    assert work(shell) == [DANA]
    assert at_clock(shell, "06:50") == [DANA, LEE]


def test_two_workers_at_once_tell_one_person_once(shell, case_id):
    shell.clock.advance_to(at("05:40"))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: fire_timers(shell.caller), range(8)))
    assert len(shell.rows("SELECT id FROM touch")) == 1
    assert work(shell) == [DANA]


def test_whoever_waits_for_the_next_moment_is_told_when_it_is(shell, case_id):
    assert next_timer(shell.caller) == at("05:35"), "people are asked to take it"
    at_clock(shell, "05:35")
    assert next_timer(shell.caller) == at("05:40")
    at_clock(shell, "05:40")
    assert next_timer(shell.caller) == at("05:50")


def test_what_has_been_critical_for_two_days_is_history(shell, case_id):
    shell.clock.advance_to(at("05:40") + timedelta(days=2))
    assert work(shell) == []


# who is on call -------------------------------------------------------------------------------------

NIGHTS = """
contacts: {dana: {name: Dana Park, sms: 614-555-0155}, lee: {name: Lee Ward, sms: 614-555-0156}}
branches:
  COLUMBUS:
    - {who: dana, hours: 17:00-05:45}
    - {who: lee, hours: 08:00-17:00}
"""


def test_who_comes_on_call_later_is_told_then_and_the_board_says_when(shell, branch, visit):
    put_in_force(shell, NIGHTS)
    case = open_case(shell, branch, visit)
    assert at_clock(shell, "05:40") == [DANA]
    assert next_timer(shell.caller) == at("05:50")
    assert at_clock(shell, "05:50") == [DANA] and says(shell, case) == "", "she has heard"
    assert next_timer(shell.caller) == at("08:00")
    assert at_clock(shell, "08:00") == [DANA, LEE]


def test_the_board_says_at_once_that_no_one_is_on_call_now_and_who_will_be(shell, branch, visit):
    put_in_force(shell, NIGHTS)
    shell.clock.advance_to(at("06:00"))
    case = open_case(shell, branch, visit)
    assert says(shell, case) == (
        "A critical case has not been taken, and no one is on call before 08:00. Then it is Lee Ward."
    )


def test_a_clinician_who_called_out_or_left_is_passed_over(shell, branch, visit):
    put_in_force(shell, "branches: {COLUMBUS: [{who: Nora}, {who: Judith}]}")
    shell.run(
        """INSERT INTO availability (clinician_id, starts_at, ends_at, kind, source)
           VALUES (:nora, :start, :end, 'unavailable', 'test')""",
        nora=branch.nora,
        start=at("05:00"),
        end=at("17:00"),
    )
    open_case(shell, branch, visit)
    assert at_clock(shell, "05:40") == ["Judith@example.org"]
    shell.run("UPDATE clinician SET status = 'terminated' WHERE party_id = :id", id=branch.judith)
    other = open_case(shell, branch, visit, position=2)
    assert hindrance(shell, other) is Hindrance.UNREACHABLE
    assert says(shell, other) == "A critical case has not been taken, and no one on call can be reached."


def test_a_changed_list_counts_from_the_next_call_on(shell, case_id):
    assert at_clock(shell, "05:40") == [DANA]
    put_in_force(shell, LIST.replace("614-555-0156", "614-555-0157"))
    assert at_clock(shell, "05:50") == [DANA, "+16145550157"]


def test_without_a_list_everything_is_as_before_and_only_an_open_critical_case_says_so(shell, branch, visit):
    assert board(shell) is None
    case = open_case(shell, branch, visit)
    assert at_clock(shell, "08:00") == []
    assert says(shell, case) == "A critical case has not been taken, and no one is on call for Columbus."


# who cannot be reached ------------------------------------------------------------------------------


def test_a_channel_that_refuses_is_followed_by_the_next_at_once(shell, case_id):
    shell.sms.script = [NEVER]
    assert at_clock(shell, "05:40") == ["dana@example.org"]
    assert at_clock(shell, "05:50") == ["dana@example.org", LEE]


def test_a_channel_that_is_away_is_tried_twice_then_the_next_is(shell, case_id):
    shell.sms.script = [NOT_NOW, NOT_NOW]
    assert at_clock(shell, "05:40") == []
    assert at_clock(shell, "05:40:30") == ["dana@example.org"]


def test_when_no_channel_reaches_the_first_the_next_is_told_without_waiting(shell, case_id):
    shell.sms.script, shell.email.script = [NEVER], [NEVER]
    assert at_clock(shell, "05:40") == [LEE]
    assert says(shell, case_id) == ""


def test_when_no_message_reaches_anyone_the_board_says_so_at_once_and_they_are_tried_again(shell, case_id):
    shell.sms.script, shell.email.script = [NEVER, NEVER], [NEVER, NEVER]
    assert at_clock(shell, "05:40") == []
    assert says(shell, case_id) == (
        "A critical case has not been taken, and no message reaches anyone on call. Call Dana Park yourself: "
        "614-555-0155."
    )
    assert at_clock(shell, "05:50") == [DANA]
    assert says(shell, case_id) == ""


def test_a_stop_binds_who_is_on_call_as_anyone(shell, case_id):
    receive_text(shell.caller, InboundText("console", "m1", DANA, "STOP"))
    assert at_clock(shell, "05:40") == ["dana@example.org"]


def test_a_stop_between_planning_and_sending_binds_too_and_the_next_channel_is_taken(shell, case_id):
    shell.clock.advance_to(at("05:40"))
    fire_timers(shell.caller)
    receive_text(shell.caller, InboundText("console", "m1", DANA, "STOP"))
    assert work(shell) == ["dana@example.org"]


def test_an_unread_text_from_their_number_holds_nothing_back(shell, case_id):
    at_clock(shell, "05:40")
    receive_text(shell.caller, InboundText("console", "m1", LEE, "in the shower, five minutes"))
    assert at_clock(shell, "05:50") == [DANA, LEE]


def test_quiet_hours_are_not_for_who_is_on_call(shell, branch, visit):
    put_in_force(shell)
    go_back(shell, "02:00")
    open_case(shell, branch, visit)
    assert at_clock(shell, "02:10") == [DANA]


def test_it_does_not_wait_for_a_decision_about_the_day(shell, case_id, branch):
    shell.run(
        "INSERT INTO branch_dirty (branch_id, service_date, gen, done, since) VALUES (:branch, :day, 2, 1, :now)",
        branch=branch.id,
        day=THE_DAY,
    )
    shell.clock.advance_to(at("05:40"))
    fire_timers(shell.caller)
    assert send_due(shell.caller) == 1 and told(shell) == [DANA]


# on hold --------------------------------------------------------------------------------------------


def hold(shell: Shell, *, on_hold: bool) -> None:
    with shell.caller.transaction() as tx:
        outreach.put(tx, OutreachState(on_hold, HoldCause.ASKED, tx.now))


def test_on_hold_the_board_says_at_once_whom_to_call(shell, case_id):
    hold(shell, on_hold=True)
    assert says(shell, case_id) == (
        "A critical case has not been taken, and messages are on hold. Call Dana Park yourself: 614-555-0155."
    )
    assert at_clock(shell, "06:30") == [] and shell.rows("SELECT id FROM touch") == []
    hold(shell, on_hold=False)
    assert work(shell) == [DANA], "the next is not told in the same breath"
    assert at_clock(shell, "06:40") == [DANA, LEE]


def test_a_message_that_a_hold_stopped_on_its_way_is_no_one_told(shell, case_id):
    shell.clock.advance_to(at("05:40"))
    fire_timers(shell.caller)
    hold(shell, on_hold=True)
    assert work(shell) == []
    assert hindrance(shell, case_id) is Hindrance.ON_HOLD


def test_on_hold_a_test_recipient_is_told_and_the_others_are_passed_over(shell, branch, case_id):
    with shell.caller.transaction() as tx:
        outreach.name_recipients(tx, [branch.nora])
    hold(shell, on_hold=True)
    assert board(shell, case_id) is None
    assert at_clock(shell, "05:40") == [NORA]
