"""Every text in every language: the same facts, nothing private, and short enough for one segment of a phone."""

import re
from dataclasses import replace
from datetime import date

import pytest
from tests.unit.outreach.a_morning import NEW_YORK, THE_DAY, at

from suture.model.messages import OFFER_STEPS, Channel, Step
from suture.model.plan import ToldWindow
from suture.outreach.segments import is_gsm_7
from suture.outreach.templates import (
    AS_ASKED,
    OF_A_CASE,
    OF_A_QUESTION_BACK,
    OF_AN_OFFER,
    QUESTIONS,
    SEVERAL,
    TEMPLATES,
    VARIABLES,
    Slot,
    Template,
    Values,
    needs_link,
    render,
    variables,
)
from suture.outreach.words import day_words, long_day_words, window_words, without_weekday
from suture.words.catalog import LANGUAGES, in_language

SEGMENT = 160
FORBIDDEN = re.compile(
    r"\b(nurse|rn|lpn|aide|hha|therap\w*|wound|insulin|hospice|psych\w*|medic\w*|diagnos\w*|catheter|iv|insur\w*|"
    r"enfermer\w*|terap\w*|herida|insulina|cuidador\w*|diagn\w*|seguro|cancel|end|quit|cancel[ae]\w*|anul\w*)\b",
    re.IGNORECASE,
)
WORST = Values(
    agency="Riverbend Home Care",
    phone="614-555-0100",
    day="Wed Sep 30",
    long_day="Wednesday, September 30",
    slots=(Slot("11:30am-12:30pm"),),
    link="x" * 50,
    branch="Columbus Northwest",
    since="11:30pm",
    case=1234567,
    choices=(("Sep 30", "11:30am"), ("Oct 30", "11:30am"), ("Nov 30", "12:30pm")),
)


def days_of(lang: str) -> list[str]:
    """A year of days as texts name them."""
    days = (at("12:00", date.fromordinal(THE_DAY.toordinal() + n)) for n in range(366))
    return [day_words(day, NEW_YORK, lang) for day in days]


def worst_of(lang: str) -> Values:
    """With the longest day of a language; of a question back the weekday is left out."""
    longest = max(days_of(lang), key=len)
    bare = max((day.partition(" ")[2] for day in days_of(lang)), key=len)
    return replace(WORST, day=longest, choices=tuple((bare, time) for _day, time in WORST.choices))


WORST_OF: dict[str, Values] = {lang: worst_of(lang) for lang in LANGUAGES}
"""The longest day of each language."""
EVERY = [(step, lang) for step in Step for lang in LANGUAGES]


def parts(template: Template, lang: str = "en") -> list[str]:
    """All the texts of a step in a language."""
    texts = (template.short, template.subject, template.long, template.closing, template.compact)
    return [in_language(lang, text) for text in texts if text]


@pytest.mark.parametrize("step", list(Step))
def test_a_step_names_the_agency_and_nothing_that_is_not_known(step):
    template = TEMPLATES[step]
    own = {Step.S_ON_CALL: OF_A_CASE, Step.P_WHICH: OF_A_QUESTION_BACK, **dict.fromkeys(OFFER_STEPS, OF_AN_OFFER)}
    known = own.get(step, VARIABLES)
    assert all(variables(part) <= known for part in parts(template))
    assert "agency" in variables(template.short) & variables(template.subject), "nobody should wonder who writes"
    assert "link" not in variables(template.subject), "a link has no place in a subject"


@pytest.mark.parametrize(("step", "lang"), EVERY)
def test_every_mail_ends_in_the_agency(step, lang):
    body = render(step, lang, Channel.EMAIL, WORST).body
    assert body.endswith("\n\nRiverbend Home Care") and "\n\n\n" not in body
    asks = in_language(lang, QUESTIONS, phone=WORST.phone) in body.split("\n\n")
    assert asks is (step not in (Step.P_HUMAN, Step.P_HELP, Step.P_EMERGENCY))


@pytest.mark.parametrize(("step", "lang"), EVERY)
def test_no_text_says_anything_private_or_asks_for_a_word_that_carriers_act_on(step, lang):
    for part in parts(TEMPLATES[step], lang):
        assert not FORBIDDEN.search(part)


@pytest.mark.parametrize(("step", "lang"), EVERY)
def test_a_text_to_a_phone_fits_one_segment_in_the_worst_case(step, lang):
    body = render(step, lang, Channel.SMS, WORST_OF[lang]).body
    assert is_gsm_7(body)
    assert len(body) <= SEGMENT


@pytest.mark.parametrize("lang", LANGUAGES)
def test_who_asked_to_cancel_is_told_so_in_one_segment_and_no_call_is_promised(lang):
    values = replace(WORST_OF[lang], as_asked=True, only="11:30am-12:30pm")
    body = render(Step.P_CANCELLED, lang, Channel.SMS, values).body
    assert is_gsm_7(body) and len(body) <= SEGMENT and "11:30am-12:30pm" in body
    for part in parts(AS_ASKED, lang):
        assert not FORBIDDEN.search(part) and "We will call" not in part and "llamaremos" not in part


def test_who_is_on_call_reads_where_a_case_waits_and_nothing_else():
    """A branch of any name: its text is a word shorter then, and still says which case."""
    assert render(Step.S_ON_CALL, "en", Channel.SMS, WORST).body == (
        "Riverbend Home Care: a critical case waits on the board of Columbus Northwest since 11:30pm. Please take case "
        "1234567. 614-555-0100"
    )
    long = replace(WORST, branch="Columbus, Dublin, Hilliard, Worthington, Westerville and Upper Arlington")
    assert render(Step.S_ON_CALL, "en", Channel.SMS, long).body == (
        "Riverbend Home Care: a critical case waits since 11:30pm. Please take case 1234567. 614-555-0100"
    )
    mail = render(Step.S_ON_CALL, "en", Channel.EMAIL, WORST)
    assert mail.subject == "Riverbend Home Care: a critical case waits, please take it"
    assert "on the board of Columbus Northwest since 11:30pm" in mail.body and "case 1234567" in mail.body


def test_a_question_back_offers_times_in_order_and_no_names():
    today = replace(WORST, choices=(("", "9:00am"), ("", "2:00pm")))
    assert render(Step.P_WHICH, "en", Channel.SMS, today).body == (
        "Riverbend Home Care: which visit do you mean? Reply 1 for 9:00am and 2 for 2:00pm. Questions? 614-555-0100"
    )
    assert render(Step.P_WHICH, "es", Channel.SMS, today).body == (
        "Riverbend Home Care: ¿de qué visita se trata? Responda 1 para 9:00am y 2 para 2:00pm. Dudas: 614-555-0100"
    )
    two_days = replace(WORST, choices=(("Mar 24", "9:00am"), ("Mar 25", "9:00am")))
    assert (
        "Reply 1 for Mar 24 9:00am and 2 for Mar 25 9:00am." in render(Step.P_WHICH, "en", Channel.SMS, two_days).body
    )


def test_a_question_back_about_a_call_out_names_the_day_and_the_digits():
    assert render(Step.S_CALL_OUT_SURE, "en", Channel.SMS, WORST).body == (
        "Riverbend Home Care: reply 1 to report that you cannot work on Wed Sep 30, 2 if you can. "
        "Questions? 614-555-0100"
    )


def test_a_notice_is_true_before_and_after_the_question_came():
    english, spanish = (render(Step.P_NOTICE, lang, Channel.EMAIL, WORST).body for lang in ("en", "es"))
    assert "when we ask you by text or e-mail" in english and "will ask" not in english
    assert "cuando se lo pidamos" in spanish and "pediremos" not in spanish


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_asks_a_patient_names_digits_and_a_way_out(lang):
    confirm = render(Step.P_CONFIRM, lang, Channel.SMS, WORST).body
    assert " 1 " in confirm and " 2 " in confirm and "STOP" in confirm and WORST.link in confirm
    changed = render(Step.P_CHANGED, lang, Channel.SMS, WORST).body
    assert " 1 " in changed and " 2 " in changed and WORST.link in changed


def test_questions_and_days_carry_a_link_on_both_channels_and_nothing_else_does():
    with_link = {step for step in Step if needs_link(step, Channel.SMS)}
    asking = {Step.P_CONFIRM, Step.P_CHANGED, Step.S_PUBLISHED, Step.S_CHANGED, Step.S_OFFER}
    assert with_link == asking | {Step.S_OFFER_WON}, "the schedule of whoever took a visit has changed by it"
    assert {step for step in Step if needs_link(step, Channel.EMAIL)} == with_link


def test_mail_has_a_subject_and_a_text_to_a_phone_has_none():
    assert (
        render(Step.P_CONFIRM, "en", Channel.EMAIL, WORST).subject
        == "Riverbend Home Care: please confirm Wednesday, September 30"
    )
    assert render(Step.P_CONFIRM, "en", Channel.SMS, WORST).subject == ""


@pytest.mark.parametrize(("lang", "used"), [("es", "es"), ("es-MX", "es"), ("EN", "en"), ("xx", "en"), ("", "en")])
def test_an_unknown_language_is_written_in_the_default(lang, used):
    assert render(Step.P_CONFIRM, lang, Channel.SMS, WORST) == render(Step.P_CONFIRM, used, Channel.SMS, WORST)


def test_days_and_times_are_the_recipients():
    window = ToldWindow(at("09:30"), at("10:30"))
    assert window_words(window, NEW_YORK) == "9:30-10:30am"
    assert window_words(window, "America/Los_Angeles") == "6:30-7:30am"
    assert window_words(ToldWindow(at("11:30"), at("12:30")), NEW_YORK) == "11:30am-12:30pm"
    assert window_words(ToldWindow(at("12:00"), at("13:00")), NEW_YORK) == "12:00-1:00pm"
    assert window_words(ToldWindow(at("08:05"), at("08:05")), NEW_YORK) == "8:05am"
    assert day_words(at("09:30"), NEW_YORK, "en") == "Tue Mar 24"
    assert day_words(at("09:30"), NEW_YORK, "es-MX") == "martes 24 de marzo"
    assert day_words(at("09:30", date(2026, 9, 30)), NEW_YORK, "es") == "miércoles 30 de septiembre"
    assert long_day_words(at("09:30", date(2026, 9, 30)), NEW_YORK, "es") == "miércoles 30 de septiembre"
    assert long_day_words(at("09:30"), NEW_YORK, "en") == "Tuesday, March 24"


def test_a_clinic_is_named_where_there_is_room_and_never_in_a_subject():
    exact = replace(WORST, slots=(Slot("11:30am", "Riverbend Clinic North"),), link="x" * 40)
    assert ", 11:30am at Riverbend Clinic North. Reply" in render(Step.P_CONFIRM, "en", Channel.SMS, exact).body
    mail = render(Step.P_CONFIRM, "es", Channel.EMAIL, exact)
    assert "11:30am en Riverbend Clinic North" in mail.body and "Clinic" not in mail.subject
    for long in ("C" * 80, "Clínica"):
        body = render(Step.P_CONFIRM, "en", Channel.SMS, replace(exact, slots=(Slot("11:30am", long),))).body
        assert long not in body and len(body) <= SEGMENT


def test_a_link_stands_at_the_end_where_nothing_runs_into_it():
    for step, lang in EVERY:
        body = render(step, lang, Channel.SMS, WORST).body
        assert WORST.link not in body or body.endswith(f" {WORST.link}")


def test_no_spanish_text_is_misspelled_to_do_without_accents():
    """GSM-7 has é, ñ and ¿ and no á, í, ó, ú: what needs those is said with other words, or left out."""
    every = [*TEMPLATES.values(), *SEVERAL.values(), AS_ASKED]
    said = [in_language("es", text) for t in every for text in (t.short, t.compact) if text]
    bare = r"\b(\d ?=? ?si\b(?! puede| no)|pidio|hara|esta lista|miercoles|pagina|numero|telefono|dia|tendra|proxima)\b"
    assert not [text for text in said if re.search(bare, text) or not is_gsm_7(re.sub("{\\w+}", "", text))]
    weekdays = {day.partition(" ")[0] for day in days_of("es")}
    assert {word for word in weekdays if not word.isdigit()} == {
        *("lunes", "martes", "miércoles", "jueves", "viernes", "domingo")
    }
    assert day_words(at("09:30", date(2026, 3, 28)), NEW_YORK, "es") == "28 de marzo"
    assert long_day_words(at("09:30", date(2026, 3, 28)), NEW_YORK, "es") == "sábado 28 de marzo"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_day_of_a_year_is_said_within_the_room_that_was_measured(lang):
    days = days_of(lang)
    assert max(map(len, days)) <= len("miércoles 30 de septiembre")
    assert is_gsm_7("".join(days))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_day_begins_with_the_weekday_which_may_be_left_out(lang):
    days = days_of(lang)
    assert len({day.partition(" ")[0] for day in days if not day[0].isdigit()}) == (6 if lang == "es" else 7)
    short = [without_weekday(day) for day in days]
    assert len(set(short)) >= 365 and all(any(c.isdigit() for c in day) for day in short)


# several visits of one day ----------------------------------------------------------------------------

TWO = (Slot("9:00-10:00am"), Slot("1:00-2:00pm"))


def test_several_visits_of_a_day_are_one_text():
    values = Values("Lakeside", "614-555-0100", "Tue Mar 24", "Tuesday, March 24", TWO, "https://x.org/p/" + "x" * 22)
    assert render(Step.P_CONFIRM, "en", Channel.SMS, values).body == (
        "Lakeside: visits Tue Mar 24: 9:00-10:00am and 1:00-2:00pm. Reply 1 yes to all, 2 no to all, STOP to opt out. "
        f"Or open {values.link}"
    )
    three = replace(values, day="martes 24 de marzo", slots=(*TWO, Slot("5:00-6:00pm")))
    assert ": 9:00-10:00am, 1:00-2:00pm y 5:00-6:00pm. " in render(Step.P_CONFIRM, "es", Channel.SMS, three).body


@pytest.mark.parametrize("lang", LANGUAGES)
def test_several_visits_take_few_words_where_that_saves_a_segment(lang):
    values = replace(WORST, slots=TWO, link="x" * 46)
    body = render(Step.P_CONFIRM, lang, Channel.SMS, values).body
    assert len(body) <= SEGMENT and " 1=" in body and " 2=" in body and "STOP" in body
    worst = replace(WORST_OF[lang], slots=(Slot("11:30am-12:30pm", "Clínica Norte"),) * 8)
    body = render(Step.P_CONFIRM, lang, Channel.SMS, worst).body
    assert is_gsm_7(body) and len(body) <= 2 * 153 + 60
    assert len(render(Step.P_CONFIRM, lang, Channel.SMS, replace(worst, slots=worst.slots[:4])).body) <= 2 * 153


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("step", [Step.P_CONFIRM, Step.P_NOTICE])
def test_what_is_said_of_several_visits_is_no_more_private(step, lang):
    several, one = SEVERAL[step], TEMPLATES[step]
    assert not any(FORBIDDEN.search(part) for part in parts(several, lang))
    for text, of_one in ((several.short, one.short), (several.subject, one.subject), (several.long, one.long)):
        assert variables(text) == variables(of_one)
    assert not several.compact or variables(several.compact) == variables(several.short)


def test_a_mail_lists_them_line_by_line_with_the_clinics():
    values = replace(WORST, slots=(TWO[0], Slot("1:00pm", "Clínica Norte")))
    body = render(Step.P_CONFIRM, "es", Channel.EMAIL, values).body
    assert "\n- 9:00-10:00am\n- 1:00pm en Clínica Norte\n" in body
