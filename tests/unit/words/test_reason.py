"""Reasons: stored as a code with values, read back the same, and said in the reader's language."""

import json
import re
from datetime import date, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripts.words import RULEBOOKS
from tests.builders import TZ, at

from suture.model.instants import wall_clock
from suture.rules.book import load
from suture.words.catalog import _, speaking
from suture.words.dates import full_date, short_date
from suture.words.reason import (
    AS_WRITTEN,
    Reason,
    all_of,
    any_of,
    as_written,
    from_json,
    in_each_language,
    listed,
    reason,
    some_of,
    to_json,
    values_of,
)
from suture.words.sentences import SENTENCES

MONDAY = date(2026, 11, 30)
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
NAMES = st.text(st.characters(codec="ascii", categories=["Ll"]), min_size=1, max_size=8)
PLAIN = st.one_of(
    st.text(),
    st.integers(),
    st.booleans(),
    st.none(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.dates(),
    st.datetimes(),
    st.datetimes(timezones=ZONES),
)


def reasons_of(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Reason]:
    """Reasons with these values, of codes that may be known and may be not."""
    codes = st.one_of(st.sampled_from(sorted(SENTENCES)), st.text())
    return st.builds(lambda code, given: reason(code, **given), codes, st.dictionaries(NAMES, values, max_size=4))


VALUES = st.recursive(PLAIN, lambda inner: st.one_of(st.lists(inner, max_size=3).map(tuple), reasons_of(inner)))


@given(reasons_of(VALUES))
def test_a_reason_is_read_back_as_it_was_stored(given: Reason) -> None:
    assert from_json(json.loads(json.dumps(to_json(given)))) == given


@given(reasons_of(VALUES))
def test_a_reason_within_something_is_stored_the_same(given: Reason) -> None:
    assert json.loads(json.dumps({"because": given}, default=to_json)) == {"because": to_json(given)}


def test_what_is_no_value_of_a_reason_is_refused() -> None:
    with pytest.raises(TypeError, match="set"):
        to_json(reason("signal.call_out", who={"Ana Alder"}))


@given(st.text())
def test_a_text_is_as_somebody_wrote_it(text: str) -> None:
    """Stored before reasons had codes, or typed by a person: it is said as it is in every language."""
    stored = from_json(text)
    assert stored == as_written(text) == from_json(to_json(stored))
    assert stored.code == AS_WRITTEN and values_of(stored) == {"text": text}
    assert str(stored) == stored.in_language("es") == text


def test_the_order_of_names_makes_no_difference() -> None:
    assert reason("x", a=1, b=2) == reason("x", b=2, a=1)
    assert len({reason("x", a=("y",), b=MONDAY), reason("x", b=MONDAY, a=("y",))}) == 1


def test_a_code_of_a_later_release_is_shown_as_it_is() -> None:
    assert str(from_json({"code": "signal.teleported", "values": {"who": "Ana Alder"}})) == "signal.teleported"
    late = reason("change.needed_because", who="Ana Alder", visit="V-1", because=reason("signal.teleported"))
    assert str(late) == "Ana Alder is needed for visit V-1: signal.teleported"


def test_a_reason_without_a_value_that_its_sentence_names_now_is_shown_as_its_code() -> None:
    assert str(reason("signal.call_out", who="Ana Alder")) == "signal.call_out"


# --- Values in a sentence ---------------------------------------------------------------------------------------------


def test_an_instant_is_said_on_the_clock_where_it_happens_also_after_it_was_stored() -> None:
    called_out = reason("signal.call_out", who="Ana Alder", at=wall_clock(at("07:40"), TZ))
    for one in (called_out, from_json(json.loads(json.dumps(to_json(called_out))))):
        assert str(one) == "Ana Alder called out at 07:40"
        assert one.in_language("es") == "Ana Alder avisó a las 07:40 que no puede venir"


def test_a_day_is_said_without_its_year_unless_the_sentence_asks_for_it() -> None:
    moved = reason("signal.moved", visit="V-1", day=MONDAY)
    assert str(moved) == "visit V-1 was moved to Mon, Nov 30"
    assert moved.in_language("es") == "la visita V-1 se pasó al lunes, 30 de noviembre"
    expired = reason("credential.license_expired", who="Ana Alder", what="RN", day=MONDAY)
    assert str(expired).startswith("Ana Alder's RN license expired on Nov 30, 2026.")
    assert "el 30 de noviembre de 2026." in expired.in_language("es")
    assert (short_date(MONDAY), full_date(MONDAY)) == ("Mon, Nov 30", "Nov 30, 2026")


@pytest.mark.parametrize(
    ("role", "roles", "said"),
    [
        ("RN", ("PT",), "is an RN; the visit needs a PT"),
        ("PT", ("RN", "LPN"), "is a PT; the visit needs an RN or LPN"),
        ("HHA", ("LPN", "RN", "PT"), "is an HHA; the visit needs an LPN, RN or PT"),
    ],
)
def test_an_abbreviation_has_the_article_it_is_spoken_with(role: str, roles: tuple[str, ...], said: str) -> None:
    assert str(reason("cover.role", role=role, roles=any_of(roles))) == said


def test_spanish_has_no_article_there() -> None:
    wrong_role = reason("cover.role", role="PT", roles=any_of(("RN", "LPN")))
    assert wrong_role.in_language("es") == "es PT; la visita necesita RN o LPN"


def test_several_are_listed_in_the_language_of_the_sentence() -> None:
    assert [listed(["a", "b", "c"][:n]) for n in range(4)] == ["", "a", "a and b", "a, b and c"]
    both = reason("report.two_at_once", who="Ana Alder", others=("V-1", "V-2"))
    assert str(both).startswith("Ana Alder also began visit V-1 and V-2 ")
    assert both.in_language("es").startswith("Ana Alder también comenzó la visita V-1 y V-2 ")
    assert str(some_of(("IV", "wound care"))) == "IV, wound care"
    assert [str(any_of(["a", "b", "c"][:n])) for n in range(1, 4)] == ["a", "a or b", "a, b or c"]


def test_several_reasons_are_one_each_said_once() -> None:
    added, held = reason("signal.added", visit="V-1"), reason("signal.held", visit="V-2")
    assert str(all_of([added, held, added])) == "visit V-1 was added; visit V-2 is on hold"
    assert all_of([held, held]) is held
    assert str(all_of([])) == ""
    assert all_of([added, held]).in_language("es") == "se agregó la visita V-1; la visita V-2 está en espera"


@pytest.mark.parametrize(
    ("planned", "ending"),
    [(("Ana Alder",), "Ana Alder was planned."), (("Ana Alder", "Ben Birch"), "Ana Alder and Ben Birch were planned.")],
)
def test_a_count_chooses_the_sentence(planned: tuple[str, ...], ending: str) -> None:
    came = reason("report.checked_in_instead", who="Cy Cedar", planned=planned, n=len(planned))
    assert str(came) == f"Cy Cedar checked in, but {ending} Ask whose visit it was."


# --- The first letter -------------------------------------------------------------------------------------------------


def test_a_reason_that_a_sentence_with_a_period_begins_with_has_a_capital() -> None:
    someone = reason("who.off_roster")
    assert str(reason("report.check_in_again", who=someone)).startswith("A clinician who is not on the roster ")
    assert str(reason("signal.accepted", who=someone)) == "a clinician who is not on the roster accepted the day"
    many = reason("cover.of_many_beside", who=("Ana Alder", "Ben Birch"), said=reason("cover.price", minutes=9))
    assert str(many) == "Possible, at a price of 9 min of driving: Ana Alder and Ben Birch."


def test_what_a_person_wrote_keeps_its_first_letter() -> None:
    assert str(as_written("visits.csv is the new one.")) == "visits.csv is the new one."
    declined = reason("cover.of_one", who="visits.csv", said=reason("cover.declined"))
    assert str(declined) == "visits.csv has said no to this visit, or to more work today."


def test_no_sentence_of_the_catalog_begins_small_and_ends_with_a_period() -> None:
    """Nothing would give it a capital letter."""
    sentences = [s for one in SENTENCES.values() for s in ((one,) if isinstance(one, str) else one)]
    assert not [s for s in sentences if s[:1].islower() and s.endswith(".")]


# --- Languages --------------------------------------------------------------------------------------------------------


def test_a_reason_is_said_in_the_language_spoken_where_it_is_shown() -> None:
    inner = reason("change.needed_because", who="Ana Alder", visit="V-1", because=reason("signal.added", visit="V-1"))
    with speaking("es"):
        assert str(inner) == "Ana Alder hace falta para la visita V-1: se agregó la visita V-1"
        assert inner.in_language("en") == "Ana Alder is needed for visit V-1: visit V-1 was added"
    assert str(inner) == "Ana Alder is needed for visit V-1: visit V-1 was added"


@pytest.mark.parametrize("code", sorted(SENTENCES))
def test_every_sentence_can_be_said_in_every_language(code: str) -> None:
    sentence = SENTENCES[code]
    names = re.findall(r"{(\w+)", sentence if isinstance(sentence, str) else " ".join(sentence))
    values: dict[str, object] = {**dict.fromkeys(names, "Ω"), "day": MONDAY, "n": 2}
    said = {lang: reason(code, **values).in_language(lang) for lang in ("en", "es")}
    assert all(text and "{" not in text for text in said.values())


def test_the_rules_that_come_with_suture_are_said_in_the_readers_language_and_an_agencys_as_written() -> None:
    packaged = reason("cover.rule", title="A shared language", because="The patient asked for this clinician.")
    assert str(packaged) == "Rule: A shared language. The patient asked for this clinician."
    assert packaged.in_language("es") == "Regla: Un idioma en común. Lo pidió el paciente."
    own = reason("cover.rule", title="Only on Tuesdays", because="The agency says so.")
    assert own.in_language("es") == "Regla: Only on Tuesdays. The agency says so."
    within = reason("cover.seat_because", seat=2, because=reason("cover.because", because=packaged.values[0][1]))
    assert from_json(to_json(within)).in_language("es").endswith("2: Lo pidió el paciente.")


def test_what_a_rule_without_a_title_says_is_stored_for_readers_of_every_language() -> None:
    sentence = in_each_language(lambda: _("Never when {when}.", when="c.role == 'HHA'").rstrip("."))
    stored = from_json(json.loads(json.dumps(reason("cover.ruled_out", title=sentence), default=to_json)))
    assert str(stored) == "is ruled out by “Never when c.role == 'HHA'”"
    assert "“Nunca cuando c.role == 'HHA'”" in stored.in_language("es")
    assert reason("in_each_language", en="in English", fr="en français").in_language("es") == "in English"


def test_titles_of_packaged_rules_have_no_period() -> None:
    """In the middle of a sentence a title is said without one, and its translation is found by the whole text."""
    for path in RULEBOOKS:
        titles = [c.rule.title for c in load(path.read_text(encoding="utf-8"), name=path.name).rules]
        assert titles and not [t for t in titles if (t or "").endswith(".")]


def test_a_sentence_that_ends_in_a_question_has_no_second_period() -> None:
    asks = reason("import.set_aside", file="visits.csv", lines="line 2", problem=as_written("did you mean 09:30?"))
    assert str(asks) == "visits.csv, line 2: did you mean 09:30?"
    told = reason("import.set_aside", file="visits.csv", lines="line 2", problem=as_written("it is empty"))
    assert str(told).endswith("it is empty.")
    assert str(reason("cover.of_one_beside", who="Ana Alder", said=as_written("It ends."))) == "Ana Alder: It ends."
