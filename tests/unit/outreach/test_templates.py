"""Every text in every language: the same facts, nothing private, and short enough for one segment of a phone."""

import re
from dataclasses import replace
from datetime import date

import pytest
from tests.unit.outreach.a_morning import NEW_YORK, THE_DAY, at

from suture.model.messages import Channel, Step
from suture.model.plan import ToldWindow
from suture.outreach.templates import (
    LANGUAGES,
    SEGMENT,
    TEMPLATES,
    VARIABLES,
    Values,
    language,
    needs_link,
    render,
    variables,
)
from suture.outreach.words import day_words, window_words

GSM_7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
FORBIDDEN = re.compile(
    r"\b(nurse|rn|lpn|aide|hha|therap\w*|wound|insulin|hospice|psych\w*|medic\w*|diagnos\w*|catheter|iv|insur\w*|"
    r"enfermer\w*|terap\w*|herida|insulina|cuidador\w*|diagn\w*|seguro|cancel|end|quit)\b",
    re.IGNORECASE,
)
WORST = Values(
    agency="Riverbend Home Care",
    phone="+16145550100",
    day="Wed Sep 30",
    window="11:30am-12:30pm",
    link="x" * 50,
)
EVERY = [(step, lang) for step in Step for lang in LANGUAGES]


def test_every_step_is_written_in_every_language():
    assert set(TEMPLATES) == set(EVERY)
    assert set(LANGUAGES) == {"en", "es"}


@pytest.mark.parametrize("step", list(Step))
def test_all_languages_of_a_step_say_the_same_facts(step):
    parts = [tuple(variables(part) for part in TEMPLATES[step, lang].parts()) for lang in LANGUAGES]
    assert len(set(parts)) == 1
    for names in parts[0]:
        assert names <= VARIABLES
        assert "agency" in names, "nobody should wonder who writes"
    assert "link" not in parts[0][1], "a link has no place in a subject"


@pytest.mark.parametrize(("step", "lang"), EVERY)
def test_no_text_says_anything_private_or_asks_for_a_word_that_carriers_act_on(step, lang):
    for part in TEMPLATES[step, lang].parts():
        assert not FORBIDDEN.search(part)


@pytest.mark.parametrize(("step", "lang"), EVERY)
def test_a_text_to_a_phone_fits_one_segment_in_the_worst_case(step, lang):
    body = render(step, lang, Channel.SMS, WORST).body
    assert set(body) <= GSM_7
    assert len(body) <= SEGMENT


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_notice_is_true_before_and_after_the_question_came(lang):
    notice = render(Step.P_NOTICE, lang, Channel.EMAIL, WORST).body
    assert ("when we ask you by text or e-mail" if lang == "en" else "cuando se lo pidamos") in notice
    assert "will ask" not in notice and "pediremos" not in notice


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_asks_a_patient_names_digits_and_a_way_out(lang):
    confirm = render(Step.P_CONFIRM, lang, Channel.SMS, WORST).body
    assert " 1 " in confirm and " 2 " in confirm and "STOP" in confirm and WORST.link in confirm
    changed = render(Step.P_CHANGED, lang, Channel.SMS, WORST).body
    assert " 1 " in changed and " 2 " in changed and WORST.link in changed


def test_questions_and_days_carry_a_link_on_both_channels_and_nothing_else_does():
    with_link = {step for step in Step if needs_link(step, Channel.SMS)}
    assert with_link == {Step.P_CONFIRM, Step.P_CHANGED, Step.S_PUBLISHED, Step.S_CHANGED}
    assert {step for step in Step if needs_link(step, Channel.EMAIL)} == with_link


def test_mail_has_a_subject_and_a_text_to_a_phone_has_none():
    assert (
        render(Step.P_CONFIRM, "en", Channel.EMAIL, WORST).subject == "Riverbend Home Care: please confirm Wed Sep 30"
    )
    assert render(Step.P_CONFIRM, "en", Channel.SMS, WORST).subject == ""


@pytest.mark.parametrize(("lang", "used"), [("es", "es"), ("es-MX", "es"), ("EN", "en"), ("so", "en"), ("", "en")])
def test_an_unknown_language_is_written_in_the_default(lang, used):
    assert language(lang) == used


def test_days_and_times_are_the_recipients():
    window = ToldWindow(at("09:30"), at("10:30"))
    assert window_words(window, NEW_YORK) == "9:30-10:30am"
    assert window_words(window, "America/Los_Angeles") == "6:30-7:30am"
    assert window_words(ToldWindow(at("11:30"), at("12:30")), NEW_YORK) == "11:30am-12:30pm"
    assert window_words(ToldWindow(at("12:00"), at("13:00")), NEW_YORK) == "12:00-1:00pm"
    assert window_words(ToldWindow(at("08:05"), at("08:05")), NEW_YORK) == "8:05am"
    assert day_words(at("09:30"), NEW_YORK, "en") == "Tue Mar 24"
    assert day_words(at("09:30"), NEW_YORK, "es") == "mar 24 mar"


def test_a_clinic_is_named_where_there_is_room_and_never_in_a_subject():
    exact = replace(WORST, window="11:30am", clinic="Riverbend Clinic North", link="x" * 40)
    assert ", 11:30am at Riverbend Clinic North. Reply" in render(Step.P_CONFIRM, "en", Channel.SMS, exact).body
    mail = render(Step.P_CONFIRM, "es", Channel.EMAIL, exact)
    assert "11:30am en Riverbend Clinic North" in mail.body and "Clinic" not in mail.subject
    for long in (replace(exact, clinic="C" * 80), replace(exact, clinic="Clínica")):
        body = render(Step.P_CONFIRM, "en", Channel.SMS, long).body
        assert long.clinic not in body and len(body) <= SEGMENT


def test_a_link_stands_at_the_end_where_nothing_runs_into_it():
    for step, lang in EVERY:
        body = render(step, lang, Channel.SMS, WORST).body
        assert WORST.link not in body or body.endswith(f" {WORST.link}")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_day_of_a_year_is_said_within_the_room_that_was_measured(lang):
    days = [day_words(at("12:00", date.fromordinal(THE_DAY.toordinal() + n)), NEW_YORK, lang) for n in range(366)]
    assert max(map(len, days)) <= len(WORST.day)
    assert set("".join(days)) <= GSM_7
