"""No template of any language leaves that is too long, says something private, or lacks what the others say."""

from dataclasses import replace

import pytest

from suture.model.messages import Step
from suture.outreach.segments import Encoding
from suture.outreach.template_lint import (
    LONGEST_LINK,
    Case,
    all_faults,
    cases,
    faults,
    preview,
    unfit_agency,
)
from suture.outreach.templates import AS_ASKED, COVERED, LONGEST_AGENCY, SEVERAL, TEMPLATES, UNFIT, Template
from suture.words.catalog import LANGUAGES

CONFIRM = next(c for c in cases() if c.step is Step.P_CONFIRM)
SHORT = "{agency}: visit {day}, {window}. {link}"


def with_text(short: str, compact: str = "") -> Case:
    template = Template(short=short, subject="{agency}: visit {day}", long="Your visit: {day}.", compact=compact)
    return replace(CONFIRM, template=template)


def codes(case: Case, lang: str = "en") -> list[str]:
    return [fault.why.code for fault in faults(case, lang)]


def test_nothing_is_wrong_with_the_templates_that_there_are() -> None:
    assert [(f.case.name, f.lang, str(f.why)) for f in all_faults()] == []


def test_every_template_is_looked_at_at_its_longest() -> None:
    looked_at = cases()
    others = [AS_ASKED, COVERED, UNFIT]
    assert {c.step for c in looked_at} == set(TEMPLATES)
    assert [c.template for c in looked_at] == [*TEMPLATES.values(), *SEVERAL.values(), *others]
    assert {c.most for c in looked_at if c.variant != "several"} == {1}
    values = CONFIRM.values
    assert (len(values.agency), len(values.link)) == (LONGEST_AGENCY, LONGEST_LINK)
    assert values.agency in preview(CONFIRM, "en").body
    for lang in LANGUAGES:
        assert preview(CONFIRM, lang).size.encoding is Encoding.GSM_7


def test_a_text_of_two_segments_is_refused_unless_it_has_a_compact_one() -> None:
    long = SHORT + " And " + "more " * 20
    assert codes(with_text(SHORT)) == []
    assert codes(with_text(long)) == ["template.too_long"]
    assert codes(with_text(long, compact=SHORT)) == []


def test_a_letter_that_phones_lack_makes_a_text_too_long() -> None:
    assert codes(with_text("{agency}: visit {day}, {window}. á {link}")) == ["template.too_long"]


@pytest.mark.parametrize(
    "word", ["nurse", "Nursing", "wound", "psych", "hospice", "Medicare", "insurance", "address", "enfermera", "seguro"]
)
def test_a_private_word_is_refused_in_any_part(word: str) -> None:
    assert codes(with_text(f"{SHORT} {word}")) == ["template.private"]
    mail = replace(CONFIRM, template=replace(CONFIRM.template, long=f"Your {word} comes {{day}}."))
    assert "template.private" in codes(mail)


@pytest.mark.parametrize("word", ["CANCEL", "cancelar", "END", "quit", "BAJA", "unsubscribe"])
def test_a_word_that_carriers_act_on_is_refused(word: str) -> None:
    assert codes(with_text(f"{SHORT} Text {word}")) == ["template.acted_on"]


def test_what_is_never_filled_in_is_refused() -> None:
    assert codes(with_text(SHORT + " {who}")) == ["template.unknown_variable"]
    assert codes(with_text(SHORT + " {branch}")) == ["template.unknown_variable"]
    assert codes(with_text(SHORT + " {")) == ["template.unreadable"]


def test_a_language_that_leaves_a_variable_out_is_refused() -> None:
    [fault] = faults(with_text(SHORT), "es", lambda _lang, text: text.replace("{window}", "a las 9"))
    assert (fault.why.code, dict(fault.why.values)["names"], fault.lang) == (
        "template.missing_variable",
        "window",
        "es",
    )
    added = list(faults(with_text(SHORT), "es", lambda _lang, text: text + " {who}"))
    assert {f.why.code for f in added} == {"template.unknown_variable"}


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Riverbend Home Care", None),
        ("A" * LONGEST_AGENCY, None),
        ("Atención en Casa – “Ñandú”", None),  # said as "Atencion en Casa - "Ñandú""
        ("A" * (LONGEST_AGENCY + 1), "file.agency_too_long"),
        ("[" * (LONGEST_AGENCY // 2 + 1), "file.agency_too_long"),
        ("Атлас", "file.agency_letter"),
        ("Care ❤", "file.agency_letter"),
    ],
)
def test_a_name_that_texts_have_no_room_for_is_unfit(name: str, code: str | None) -> None:
    why = unfit_agency(name)
    assert (why.code if why else None) == code
    fits = not [f for c in cases() for lang in LANGUAGES for f in faults(named(c, name), lang)]
    assert fits is (why is None) or name.startswith(("A", "["))


def named(case: Case, agency: str) -> Case:
    return replace(case, values=replace(case.values, agency=agency))
