"""Looks at every template in every language: room for one segment at worst, no private words, the same variables. Pure.

`suture outreach templates` prints what it sees, and a test refuses what it finds.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache

from suture.model.messages import OFFER_STEPS, Channel, Step
from suture.outreach.segments import Size, is_gsm_7, measure
from suture.outreach.templates import (
    AS_ASKED,
    COVERED,
    LONGEST_AGENCY,
    OF_A_CASE,
    OF_A_QUESTION_BACK,
    OF_AN_OFFER,
    SEVERAL,
    TEMPLATES,
    UNFIT,
    VARIABLES,
    Slot,
    Template,
    Values,
    say,
    variables,
)
from suture.outreach.words import day_words, for_a_phone, without_weekday
from suture.words.catalog import LANGUAGES, in_language
from suture.words.reason import Reason, reason

LONGEST_LINK = 50
AFTER_BASE_URL = len("/p/") + 22
"""What a link has after the address that all links begin with: its path and its token, in characters."""
LONGEST_WINDOW, LATEST_OPENING = "11:30am-12:30pm", "11:30am"
_KNOWN = {Step.S_ON_CALL: OF_A_CASE, Step.P_WHICH: OF_A_QUESTION_BACK, **dict.fromkeys(OFFER_STEPS, OF_AN_OFFER)}
"""What the texts of a step may name, where that is not a visit's."""
_LEAP_YEAR = [datetime(2028, 1, 1, 12, tzinfo=UTC) + timedelta(days=n) for n in range(366)]
PRIVATE = re.compile(
    r"\b(nurs\w*|rn|lpn|lvn|aide|hha|therap\w*|wound\w*|insulin|hospice|palliat\w*|psych\w*|medic\w*|diagnos\w*|"
    r"catheter|iv|infusion|insur\w*|address|birth\w*|born|patients?|"
    r"enfermer\w*|terap\w*|heridas?|insulina|cuidador\w*|paliativ\w*|psiqui\w*|psic\w*|diagn\w*|catéter|seguros?|"
    r"póliza|receta|domicilio|dirección|nacimiento|pacientes?)\b",
    re.IGNORECASE,
)
"""What the work is, who pays, where someone lives, when they were born: of no one who may read along."""
ACTED_ON = re.compile(r"\b(cancel\w*|end|quit|unsubscribe|revoke|anul\w*|baja|alto|parar)\b", re.IGNORECASE)
"""What carriers or we take for a wish to be left alone, besides STOP, which is said on purpose."""


@dataclass(frozen=True, slots=True)
class Case:
    """One template to look at. `most`: the segments that it may take on a phone."""

    step: Step
    template: Template
    values: Values
    most: int = 1
    variant: str = ""

    @property
    def name(self) -> str:
        """What it is called: "p.confirm", or "p.confirm several"."""
        return f"{self.step} {self.variant}".rstrip()


@dataclass(frozen=True, slots=True)
class Preview:
    """A text to a phone at its worst: with the longest of everything that is filled in."""

    case: Case
    lang: str
    body: str
    size: Size


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a template in one language."""

    case: Case
    lang: str
    why: Reason


def cases() -> tuple[Case, ...]:
    """Every template of every step."""
    worst = Values(
        agency="Agency".ljust(LONGEST_AGENCY, "x"),
        phone="614-555-0100",
        slots=(Slot(LONGEST_WINDOW),),
        link=f"https://visits.example.org/p/{'x' * LONGEST_LINK}"[:LONGEST_LINK],
        branch="Northwest",
        since="11:30pm",
        case=1234567,
        area="Cincinnati",
        by="11:30pm",
    )
    among_others, two = replace(worst, only=LONGEST_WINDOW), replace(worst, slots=(Slot(LONGEST_WINDOW),) * 2)
    return (
        *(Case(s, t, among_others if s is Step.P_CANCELLED else worst) for s, t in TEMPLATES.items()),
        *(Case(s, t, two, most=2, variant="several") for s, t in SEVERAL.items()),
        Case(Step.P_CANCELLED, AS_ASKED, among_others, variant="as_asked"),
        Case(Step.S_OFFER_GONE, COVERED, worst, variant="covered"),
        Case(Step.S_OFFER_GONE, UNFIT, worst, variant="unfit"),
    )


def preview(case: Case, lang: str) -> Preview:
    """A template as a text to a phone on the day with the longest name."""
    day = _longest_day(lang)
    choices = ((max(map(without_weekday, _days(lang)), key=len), LATEST_OPENING),) * 2
    body = say(case.template, lang, Channel.SMS, replace(case.values, day=day, choices=choices)).body
    return Preview(case, lang, body, measure(body))


def faults(case: Case, lang: str, said: Callable[[str, str], str] = in_language) -> Iterator[Fault]:
    """What must not leave like this. `said`: a template's text in a language."""
    known = _KNOWN.get(case.step, VARIABLES)
    readable = True
    for text in _texts(case.template):
        translated = said(lang, text)
        for why in _of_words(translated):
            yield Fault(case, lang, why)
        for why in _of_variables(text, translated, known):
            readable = False
            yield Fault(case, lang, why)
    if readable and (size := preview(case, lang).size).segments > case.most:
        facts = {"places": size.places, "encoding": size.encoding.value, "n": size.segments, "most": case.most}
        yield Fault(case, lang, reason("template.too_long", **facts))


def all_faults() -> tuple[Fault, ...]:
    """Of every template in every language."""
    return tuple(fault for case in cases() for lang in LANGUAGES for fault in faults(case, lang))


def too_long_with(base_url: str, agency: str) -> tuple[str, ...]:
    """The texts of an agency that take a segment too many because their links begin with this address."""
    link = base_url.rstrip("/") + "x" * AFTER_BASE_URL
    if len(link) <= LONGEST_LINK:
        return ()
    of_it = [replace(case, values=replace(case.values, link=link, agency=agency)) for case in cases()]
    return tuple(case.name for case in of_it if any(True for lang in LANGUAGES for _ in faults(case, lang)))


def unfit_agency(name: str) -> Reason | None:
    """Why texts to a phone cannot say the name of an agency; None where they can."""
    spelled = for_a_phone(name)
    if not is_gsm_7(spelled):
        strange = next(c for c in spelled if not is_gsm_7(c))
        return reason("file.agency_letter", letter=strange)
    size = measure(spelled)
    if size.places <= LONGEST_AGENCY:
        return None
    return reason("file.agency_too_long", n=size.places, longest=LONGEST_AGENCY)


def _texts(template: Template) -> list[str]:
    parts = (template.short, template.compact, template.subject, template.long, template.closing)
    return [part for part in parts if part]


def _of_words(text: str) -> Iterator[Reason]:
    for code, pattern in (("template.private", PRIVATE), ("template.acted_on", ACTED_ON)):
        for found in pattern.finditer(text):
            yield reason(code, word=found[0])


def _of_variables(text: str, translated: str, known: frozenset[str]) -> Iterator[Reason]:
    try:
        named, wanted = variables(translated), variables(text)
    except ValueError:
        yield reason("template.unreadable")
        return
    if unknown := (named | wanted) - known:
        yield reason("template.unknown_variable", names=", ".join(sorted(unknown)))
    if missing := (wanted - named) & known:
        yield reason("template.missing_variable", names=", ".join(sorted(missing)))


@cache
def _longest_day(lang: str) -> str:
    return max(_days(lang), key=len)


@cache
def _days(lang: str) -> tuple[str, ...]:
    return tuple(day_words(day, "UTC", lang) for day in _LEAP_YEAR)
