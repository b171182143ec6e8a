"""A clinician's page: its texts, why something changed without a word of whom, and where Navigate leads."""

import re
from datetime import time
from string import Formatter

import pytest

from suture.service.clinician_day import Act, Acted
from suture.service.pins import Tried
from suture.web.clinician.routes import Pressed
from suture.web.clinician.way import way_to
from suture.web.clinician.words import _WHY, WORDS, minutes_words, say, why
from suture.words.reason import all_of, as_written, reason
from suture.words.sentences import SENTENCES


def test_every_press_has_its_words() -> None:
    assert {f"did.{act}" for act in Act} <= WORDS.keys()
    assert {f"error.{acted}" for acted in Acted if acted is not Acted.RECORDED} <= WORDS.keys()
    assert {f"pin.{tried}" for tried in Tried if tried is not Tried.RIGHT} <= WORDS.keys()


@pytest.mark.parametrize("key", sorted(WORDS))
def test_a_text_says_what_is_filled_in(key: str) -> None:
    known = {"left", "hours", "minutes", "most", "window", "skills", "pets", "at", "n", "starts", "ends"}
    assert {name for _, name, _, _ in Formatter().parse(WORDS[key]) if name} <= known
    assert not re.search(r"please note|click here|\bshe\b|\bhe\b", WORDS[key], re.IGNORECASE)


def test_the_reasons_that_are_told_are_those_there_are() -> None:
    assert _WHY.keys() <= SENTENCES.keys() and set(_WHY.values()) <= WORDS.keys()


@pytest.mark.parametrize(
    ("because", "said"),
    [
        (reason("signal.call_out", who="Cy Cedar", at="07:40"), "A colleague is away."),
        (reason("change.needed_because", who="Di", visit="V-1", because=reason("signal.call_out")), None),
        (all_of((reason("signal.no_change"), reason("signal.late", who="Cy Cedar"))), "Someone is running late."),
        (as_written("Cy Cedar is ill"), "The plan changed."),
        (None, "The plan changed."),
    ],
)
def test_why_in_one_sentence_that_names_no_one(because, said) -> None:
    assert why(because, "en") == (said or "Other visits had to be moved.")
    assert "Cy" not in why(because, "en") and why(because, "es") != why(because, "en")


def test_hours_as_one_says_them() -> None:
    assert [minutes_words(n, "en") for n in (0, 45, 60, 425)] == ["0 min", "45 min", "1 h 00 min", "7 h 05 min"]
    assert say("act.set_out", "es") == "Voy en camino"


def test_navigate_opens_the_phones_own_map() -> None:
    point = (39.961176, -82.998794)
    assert way_to(point, "Mozilla/5.0 (Linux; Android 14)") == "geo:39.961176,-82.998794?q=39.961176,-82.998794"
    assert way_to(point, "(iPad; CPU OS 17_0)") == "https://maps.apple.com/?daddr=39.961176,-82.998794&dirflg=d"
    assert way_to(point, "") == "https://www.openstreetmap.org/directions?to=39.961176,-82.998794"


def test_of_two_buttons_none_is_meant() -> None:
    assert Pressed(act=["accept", "decline"]).said() is None
    assert Pressed(act=["accept"]).said() is not None and Pressed().said() is None


@pytest.mark.parametrize("span", ["some", "rest", ""])
def test_whoever_fills_in_a_time_means_it_whatever_else_is_chosen(span: str) -> None:
    some = Pressed(act=["out"], span=span, starts="13:00", ends="17:00").said()
    assert some and (some.starts, some.ends) == (time(13), time(17))
    for half in ({"starts": "13:00"}, {"ends": "17:00"}, {"starts": "13:00", "ends": "soon"}):
        assert Pressed(act=["out"], span=span, **half).said() is None  # type: ignore[arg-type]


def test_the_rest_of_the_day_has_no_times() -> None:
    rest = Pressed(act=["out"], span="rest").said()
    assert rest and (rest.starts, rest.ends) == (None, None)


def test_a_note_is_one_line_of_at_most_200_letters() -> None:
    said = Pressed(act=["decline"], note="  My car\r\n broke down. " + "x" * 300).said()
    assert said and said.note.startswith("My car broke down. x") and len(said.note) == 200
