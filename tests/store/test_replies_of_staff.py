"""Texts of clinicians: who is late, and who truly calls out."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import Engine
from tests.store import a_branch
from tests.store.a_branch import AFTERNOON_BEFORE, THE_DAY, a_touch, add_address, at
from tests.store.a_shell import Shell, emptied, module_database
from tests.store.an_asked_agency import NORA, Agency

from suture.model.messages import Channel, Step
from suture.service.receive_reply import ReplyAction
from suture.store.embedded import EmbeddedPostgres


@pytest.fixture(scope="module")
def own_database(postgres: EmbeddedPostgres) -> Iterator[Engine]:
    with module_database(postgres, "asked_back") as engine:
        yield engine


@pytest.fixture
def agency(own_database: Engine) -> Agency:
    shell = Shell(emptied(own_database), AFTERNOON_BEFORE)
    with shell.caller.transaction() as tx:
        branch = a_branch.make_branch(tx)
        add_address(tx, branch.nora, Channel.SMS, NORA)
    return Agency(shell, branch)


# late ---------------------------------------------------------------------------------------------


@pytest.fixture
def at_work(agency: Agency) -> Agency:
    """The morning of a day on which Nora has a visit at nine and one at eleven, and hours until three."""
    agency.visit(agency.branch.ann, "09:00")
    agency.visit(agency.branch.ben, "11:00")
    hours(agency, "08:00", "15:00")
    agency.shell.clock.advance_to(at("08:30"))
    return agency


def hours(agency: Agency, opens: str, closes: str, day: date = THE_DAY, next_day: int = 0) -> None:
    """Hours that Nora offers."""
    agency.shell.run(
        """INSERT INTO availability (clinician_id, starts_at, ends_at, kind, source)
           VALUES (:nora, :opens, :closes, 'available', 'test')""",
        nora=agency.branch.nora,
        opens=at(opens, day),
        closes=at(closes, day + timedelta(days=next_day)),
    )


@pytest.mark.parametrize(
    ("body", "minutes"),
    [("20 min late", 20), ("running 15 behind", 15), ("llego 15 tarde", 15), ("media hora tarde", 30)],
)
def test_a_clinician_who_is_late_is_a_signal_with_the_minutes(at_work, body, minutes):
    assert at_work.text(body, NORA) is ReplyAction.REPORTED
    [signal] = at_work.signals()
    assert (signal["kind"], signal["minutes"], signal["clinician_id"]) == ("running_late", minutes, at_work.branch.nora)
    assert (signal["source"], signal["on"], at_work.cases()) == ("sms", THE_DAY, [])


@pytest.mark.parametrize(
    ("body", "maybe"),
    [
        ("running late", "Maybe someone is running late."),
        ("20 min late tomorrow", "Maybe someone is 20 minutes late."),
        ("my patient is 20 min late", "Maybe someone is 20 minutes late."),
    ],
)
def test_what_is_not_sure_of_a_clinicians_lateness_is_read_by_a_person(at_work, body, maybe):
    assert at_work.text(body, NORA) is ReplyAction.UNCLEAR
    assert at_work.signals() == []
    assert at_work.cases()[0][-1] == maybe


def test_a_patient_who_is_late_is_a_case_with_the_minutes_and_no_signal(at_work):
    assert at_work.text("running 20 min late") is ReplyAction.UNCLEAR
    assert at_work.cases() == [
        [
            "A text came in that says that someone is late. Read it and tell the clinician.",
            "Maybe someone is 20 minutes late.",
        ]
    ]
    assert at_work.signals() == []
    assert at_work.said == ["thank you. A coordinator will answer. 614-555-0100"]
    assert at_work.text("1") is ReplyAction.UNCLEAR
    assert len(at_work.said) == 1, "a machine answers once an hour"


def test_a_number_that_a_clinician_shares_reports_no_one_late(at_work):
    at_work.another_on(NORA)
    assert at_work.text("20 min late", NORA) is ReplyAction.UNCLEAR
    assert at_work.signals() == []


# call-outs ----------------------------------------------------------------------------------------


def test_a_call_out_is_asked_back_once_and_only_the_1_makes_it(at_work):
    assert at_work.text("I'm sick, can't come in today", NORA) is ReplyAction.ASKED_BACK
    assert at_work.said == [
        "reply 1 to report that you cannot work on Tue Mar 24, 2 if you can. Questions? 614-555-0100"
    ]
    assert at_work.signals() == []
    [reasons] = at_work.cases()
    assert "reads like a call-out" in reasons[0] and reasons[1] == "Maybe it is a call-out."
    at_work.later(2)
    assert at_work.text("1", NORA) is ReplyAction.REPORTED
    [signal] = at_work.signals()
    assert (signal["kind"], signal["clinician_id"], signal["on"]) == ("call_out", at_work.branch.nora, THE_DAY)
    assert (instant(signal["from_at"]), instant(signal["until"])) == (at("08:32"), at("15:00"))
    assert at_work.cases() == []


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_the_2_takes_it_back(at_work):
    at_work.text("estoy enferma, no puedo ir hoy", NORA)
    assert at_work.text("2", NORA) is ReplyAction.NOTED
    assert (at_work.signals(), at_work.cases()) == ([], [])


@pytest.mark.parametrize("body", ["yes", "ok", "no", "3", "sí"])
def test_no_other_word_reports_anything_or_accepts_the_day(at_work, body):
    at_work.send(a_touch(Step.S_PUBLISHED, at_work.branch.nora, due=at_work.shell.clock.now()))
    at_work.later(1)
    at_work.text("calling out sick", NORA)
    assert at_work.text(body, NORA) is ReplyAction.UNCLEAR
    assert at_work.signals() == []
    assert len(at_work.cases()) == 2


def test_the_1_after_a_newer_question_is_neither(at_work):
    at_work.text("calling out sick", NORA)
    at_work.later(1)
    at_work.send(a_touch(Step.S_CHANGED, at_work.branch.nora, due=at_work.shell.clock.now()))
    assert at_work.text("1", NORA) is ReplyAction.UNCLEAR
    assert at_work.signals() == []


def test_who_says_it_twice_is_asked_once(at_work):
    at_work.text("calling out", NORA)
    assert at_work.text("I'm sick!!", NORA) is ReplyAction.UNCLEAR
    assert at_work.steps().count("s.call_out_sure") == 1
    assert at_work.text("1", NORA) is ReplyAction.REPORTED


def test_in_the_evening_it_is_about_the_day_that_comes(at_work):
    evening = at_work
    evening.shell.clock.advance_to(at("20:00"))
    hours(evening, "08:00", "15:00", THE_DAY + timedelta(days=1))
    assert evening.text("I have a fever, calling out", NORA) is ReplyAction.ASKED_BACK
    assert "cannot work on Wed Mar 25" in evening.said[-1]
    evening.text("1", NORA)
    [signal] = evening.signals()
    tomorrow = THE_DAY + timedelta(days=1)
    assert (signal["on"], instant(signal["from_at"]), instant(signal["until"])) == (
        tomorrow,
        at("08:00", tomorrow),
        at("15:00", tomorrow),
    )


def test_a_night_shift_ends_in_the_morning(at_work):
    hours(at_work, "19:00", "07:00", next_day=1)
    at_work.shell.clock.advance_to(at("16:00"))
    at_work.text("calling out tonight, sick", NORA)
    at_work.text("1", NORA)
    [signal] = at_work.signals()
    assert (instant(signal["from_at"]), instant(signal["until"])) == (
        at("19:00"),
        at("07:00", THE_DAY + timedelta(days=1)),
    )


@pytest.mark.parametrize("body", ["sick all week", "can't work Friday, sick", "I am sick until Thursday"])
def test_days_without_work_or_several_are_entered_by_a_person(at_work, body):
    assert at_work.text(body, NORA) is ReplyAction.UNCLEAR
    assert at_work.cases()[0][-1] == "Maybe it is a call-out."
    assert at_work.steps() == ["p.human"]


def test_a_patient_who_is_sick_calls_nothing_out(at_work):
    assert at_work.text("I'm sick, I can't come in") is ReplyAction.UNCLEAR
    assert at_work.shell.rows("SELECT inbound_id FROM asked_back") == []


def test_a_clinician_who_asks_for_another_time_gives_no_visit_back(at_work):
    at_work.send(a_touch(Step.S_PUBLISHED, at_work.branch.nora, due=at_work.shell.clock.now()))
    assert at_work.text("can we do later", NORA) is ReplyAction.UNCLEAR
    assert at_work.signals() == []
