"""How people answer in the played morning."""

from collections.abc import Callable
from dataclasses import replace
from typing import cast

import pytest
from tests.builders import at

from suture.model.messages import Channel
from suture.model.seen import SeenMessage
from suture.model.signals import Answer
from suture.service.caller import Caller
from suture.sim.chance import Chance
from suture.sim.people import PlannedAnswer, give_answer, plan_answer, plan_offer_answer
from suture.store.demo import DemoPerson

NOW = at("15:00", days=-1)
NO_CALLER = cast("Caller", None)
TEXT = SeenMessage(Channel.SMS, "+16145550111", NOW, "", "Reply 1 for yes.", ("http://localhost:8000/p/abc",))
MAIL = replace(TEXT, channel=Channel.EMAIL, to="p@example.org")
PATIENT = DemoPerson("patient", "P-01", has_sms=True)
WRITER = replace(PATIENT, has_sms=False)
NURSE = DemoPerson("clinician", "E-01", has_sms=False)
MANY = 2000
THE_NEXT_MORNING = at("05:00")


def asked(message: SeenMessage, person: DemoPerson, n: int = MANY) -> list[PlannedAnswer | None]:
    """The same message to many people, each in a world of their own."""
    return [plan_answer(message, replace(person, external_id=f"X-{i}"), 1, i, NOW, Chance(i % 20)) for i in range(n)]


def answered(message: SeenMessage, person: DemoPerson) -> list[PlannedAnswer]:
    """Those who answer the same day."""
    return [a for a in asked(message, person) if a is not None and a.at < THE_NEXT_MORNING]


def offered(message: SeenMessage) -> list[PlannedAnswer]:
    """Those who answer an offer, of as many."""
    people = (replace(NURSE, external_id=f"X-{i}") for i in range(MANY))
    answers = [plan_offer_answer(message, who, 1, i, NOW, Chance(i % 20)) for i, who in enumerate(people)]
    return [a for a in answers if a is not None]


def share(of: list[PlannedAnswer], has: Callable[[PlannedAnswer], bool]) -> float:
    return sum(map(has, of)) / len(of)


def minutes(of: list[PlannedAnswer]) -> list[float]:
    return sorted((a.at - NOW).total_seconds() / 60 for a in of)


def test_44_of_100_patients_answer_a_text():
    assert len(answered(TEXT, PATIENT)) / MANY == pytest.approx(0.44, abs=0.03)


def test_one_in_ten_of_the_silent_answers_the_next_morning():
    late = [a for a in asked(TEXT, PATIENT) if a is not None and a.at >= THE_NEXT_MORNING]
    assert len(late) / (MANY - len(answered(TEXT, PATIENT))) == pytest.approx(0.1, abs=0.03)
    inside = share(late, lambda a: at("05:30") <= a.at <= at("10:30"))
    assert inside > 0.9, "by then it no longer helps the earliest visits"


def test_of_those_90_say_yes_6_no_and_4_something_else():
    answers = answered(TEXT, PATIENT)
    assert share(answers, lambda a: a.text == "1") == pytest.approx(0.90, abs=0.03)
    assert share(answers, lambda a: a.text == "2") == pytest.approx(0.06, abs=0.025)
    assert share(answers, lambda a: a.text not in "12") == pytest.approx(0.04, abs=0.02)


def test_60_of_100_answers_come_after_about_five_minutes_the_others_after_about_two_hours():
    """Of the quick ones 96 % come within half an hour (1.8 sigma), of the slow ones 8 %: 0.6 · 0.96 + 0.4 · 0.08."""
    waits = minutes(answered(TEXT, PATIENT))
    assert sum(w <= 30 for w in waits) / len(waits) == pytest.approx(0.61, abs=0.05)
    assert sum(w <= 5 for w in waits) / len(waits) == pytest.approx(0.30, abs=0.05)
    assert waits[0] > 0


def test_95_of_100_clinicians_accept_after_about_four_minutes():
    answers = answered(MAIL, NURSE)
    assert len(answers) / MANY == pytest.approx(0.95, abs=0.02)
    assert {a.answer for a in answers} == {Answer.ACCEPT}
    waits = minutes(answers)
    assert waits[len(waits) // 2] == pytest.approx(4, rel=0.1)


def test_of_100_who_are_offered_a_visit_by_text_45_take_it_and_half_of_the_others_say_no():
    answers = offered(TEXT)
    assert sum(a.text == "1" and a.answer is Answer.ACCEPT for a in answers) / MANY == pytest.approx(0.45, abs=0.03)
    assert sum(a.text == "2" and a.answer is Answer.DECLINE for a in answers) / MANY == pytest.approx(0.275, abs=0.03)
    assert {a.text for a in answers} == {"1", "2"}
    waits = minutes(answers)
    assert waits[len(waits) // 2] == pytest.approx(4, rel=0.1)


def test_no_one_answers_an_offer_by_mail():
    assert offered(MAIL) == []


def test_an_offer_is_no_question_about_a_schedule():
    """Who takes a visit is not who always confirms a schedule."""
    takes = [bool(plan_offer_answer(TEXT, NURSE, n, 0, NOW, Chance(1))) for n in range(50)]
    confirms = [bool(plan_answer(TEXT, NURSE, n, 0, NOW, Chance(1))) for n in range(50)]
    assert takes == [bool(plan_offer_answer(TEXT, NURSE, n, 0, NOW, Chance(1))) for n in range(50)] != confirms


def test_an_offer_is_answered_by_text_and_a_schedule_only_by_its_link(monkeypatch):
    """Whoever texts 1 takes a visit; so a schedule that comes by text is not answered like that."""
    wrote, opened = [], []
    monkeypatch.setattr("suture.sim.people.answer", lambda _caller, token, given: opened.append((token, given)))
    for planned in (offered(TEXT)[0], answered(TEXT, NURSE)[0]):
        give_answer(NO_CALLER, planned, lambda number, words, _id: wrote.append((number, words)))
    assert wrote == [(TEXT.to, offered(TEXT)[0].text)]
    assert opened == [("abc", Answer.ACCEPT)]


def test_a_patient_who_texts_does_not_answer_by_mail_and_one_who_does_not_does():
    assert answered(MAIL, PATIENT) == []
    assert len(answered(MAIL, WRITER)) > 0
    assert share(answered(MAIL, WRITER), lambda a: a.answer is Answer.ACCEPT) == pytest.approx(0.90, abs=0.03)
    assert {a.text for a in answered(MAIL, WRITER)} == {"1", "2"}, "a page has only buttons"


@pytest.mark.parametrize("person", [PATIENT, NURSE])
def test_a_message_that_asks_nothing_gets_no_answer(person):
    assert not any(asked(replace(TEXT, links=()), person, n=200))


def test_each_message_to_a_person_is_a_question_of_its_own_and_the_same_one_always_has_the_same_answer():
    nths = [plan_answer(TEXT, PATIENT, nth, 0, NOW, Chance(1)) for nth in range(50)]
    assert len({bool(a) for a in nths}) == 2
    assert nths == [plan_answer(TEXT, PATIENT, nth, 0, NOW, Chance(1)) for nth in range(50)]
