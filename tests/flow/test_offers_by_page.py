"""The page behind the link of an offer: what it is, two answers, and what is so once others have answered, too."""

import itertools
import re
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient
from tests.flow.a_web_morning import at, heading
from tests.flow.an_offer import OPEN, Asked, people_asked

from suture.store.embedded import EmbeddedPostgres
from suture.web.public import create_public_app

_numbers = itertools.count(1)


@pytest.fixture
def morning(postgres: EmbeddedPostgres) -> Iterator[Asked]:
    yield from people_asked(postgres, f"offers_by_page_{next(_numbers)}")


def words(html: str) -> str:
    """The text of a page, in one line."""
    main = re.sub(r"<[^>]+>", " ", html.partition("<main>")[2].partition("</main>")[0])
    return " ".join(main.replace("&#39;", "'").split())


def test_it_says_what_it_is_and_what_it_takes_and_not_whose_it_is(morning: Asked) -> None:
    shown = morning.browser.get(morning.page_of("E-02"))
    assert words(shown.text) == (
        "Can you take a visit on Tuesday, March 24? Columbus, 5:00–6:00 pm Nursing visit, 45 min. "
        "Documentation takes 5 min more. What it means for you: 21 min more driving 71 min outside your hours "
        "You can answer until 8:15 am. I'll take it Not this time"
    ).replace("21 min more driving 71", _takes(morning))
    assert "Bluestem" not in shown.text and "Quentin" not in shown.text
    assert "<script" not in shown.text and "default-src 'none'" in shown.headers["content-security-policy"]


def _takes(morning: Asked) -> str:
    [row] = morning.rows(
        """SELECT why FROM offer_candidate c JOIN party p ON p.id = c.clinician_id
           WHERE p.external_id = 'E-02' AND c.offer_id = 1"""
    )
    drive, extra = (part["values"]["minutes"] for part in row["why"]["values"]["texts"])
    return f"{drive} min more driving {extra}"


def test_it_is_in_spanish_too(morning: Asked) -> None:
    shown = words(morning.browser.get(morning.page_of("E-02") + "?lang=es").text)
    assert shown.startswith("¿Puede")
    assert not {"Can", "Visit", "driving", "take"} & set(shown.split())


def test_looking_changes_nothing(morning: Asked) -> None:
    before = morning.signals()
    for query in ("", "?lang=es", "?step=day", "?look=3", "?moved=too_many", "?visit=1", "?answer=take"):
        assert morning.browser.get(morning.page_of("E-02") + query).status_code == 200
    assert morning.signals() == before


def test_a_yes_is_had_at_once_decided_in_a_moment_and_leads_to_the_day(morning: Asked) -> None:
    link = morning.page_of("E-02")
    answer = morning.press(link, "take")
    assert (answer.status_code, answer.headers["location"]) == (303, "?lang=en")
    waiting = morning.browser.get(link)
    assert heading(waiting.text) == "We have your answer"
    assert "It is not yours yet" in waiting.text and 'content="2; url=?lang=en&amp;look=1"' in waiting.text
    assert 'http-equiv="refresh"' not in morning.browser.get(link + "?look=5").text, "it does not look for ever"
    morning.decide()
    assert heading(morning.browser.get(link).text) == "It is yours"
    day = morning.browser.get(link + "?step=day")
    assert "5:00 pm" in day.text and "<button" not in day.text
    assert (morning.holder(), morning.answers()) == ("E-02", [("E-02", "take", "link")])


def test_a_no_is_thanked_for_and_may_become_a_yes(morning: Asked) -> None:
    link = morning.page_of("E-02")
    morning.press(link, "pass")
    shown = morning.browser.get(link).text
    assert "You said no. You can still take it." in shown and "Not this time" not in shown
    morning.decide()
    morning.press(link, "take")
    morning.decide()
    assert morning.holder() == "E-02"


def test_pressing_twice_is_one_answer_and_a_flood_ends(morning: Asked) -> None:
    link = morning.page_of("E-02")
    morning.press(link, "take")
    morning.press(link, "take")
    assert morning.answers() == [("E-02", "take", "link")]
    for n in range(1, 9):
        last = morning.press(link, "pass" if n % 2 else "take")
    assert len(morning.answers()) == 6
    assert "Please call us" in morning.browser.get(link + last.headers["location"]).text
    assert len(morning.cases("limit_reached")) == 1


def test_the_others_find_that_it_is_covered_and_a_form_that_was_open_takes_nothing(morning: Asked) -> None:
    link = morning.page_of("E-01")
    form = morning.browser.get(link).text
    morning.text("E-02", "1")
    assert heading(morning.browser.get(link).text) == "This is already covered"
    seen = re.search(r'name="seen" value="([^"]*)"', form)
    assert seen is not None
    late = morning.browser.post(link, data={"answer": "take", "seen": seen[1]})
    assert (late.status_code, morning.holder(), len(morning.answers())) == (303, "E-02", 1)


@pytest.mark.parametrize("answer", ["", "accept", "take&answer=pass"])
def test_anything_but_one_of_two_answers_is_none(morning: Asked, answer: str) -> None:
    shown = morning.browser.post(
        morning.page_of("E-02"),
        content=f"answer={answer}&seen=x",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert (shown.status_code, "Choose one of the answers." in shown.text) == (422, True)
    assert morning.answers() == []


def test_an_answer_to_what_was_not_shown_is_none(morning: Asked) -> None:
    link = morning.page_of("E-02")
    answer = morning.press(link, "take", seen="offer 1 0 45")
    assert "changed while this page was open" in morning.browser.get(link + answer.headers["location"]).text
    assert morning.answers() == []


LATER = "latest_start = latest_start + interval '1 hour', latest_end = latest_end + interval '1 hour'"


@pytest.mark.parametrize("changed", [LATER, "status = 'cancelled'"])
def test_a_visit_that_moved_a_second_ago_is_no_longer_open(morning: Asked, changed: str) -> None:
    link = morning.page_of("E-02")
    morning.run(f"UPDATE visit SET {changed}, rev = rev + 1 WHERE external_id = :v", v=OPEN)
    assert "no longer open" in heading(morning.browser.get(link).text)
    morning.press(link, "take")
    assert morning.answers() == []


def test_whoever_has_called_out_since_is_told_that_it_no_longer_fits(morning: Asked) -> None:
    link = morning.page_of("E-02")
    morning.signal("call_out", clinician="E-02", **{"from": at("07:46").isoformat(), "until": at("23:00").isoformat()})
    morning.press(link, "take")
    morning.decide()
    assert heading(morning.browser.get(link).text) == "This no longer fits your day"
    assert morning.holder() is None


def test_after_the_time_it_can_no_longer_be_answered(morning: Asked) -> None:
    link = morning.page_of("E-02")
    morning.clock.advance_to(at("08:15"))
    assert heading(morning.browser.get(link).text) == "The time to answer is over"
    morning.press(link, "take")
    assert morning.answers() == []


def test_what_was_taken_and_then_goes_to_someone_else_is_no_longer_theirs(morning: Asked) -> None:
    link = morning.page_of("E-02")
    morning.text("E-02", "1")
    morning.signal("call_out", clinician="E-02", **{"from": at("07:48").isoformat(), "until": at("23:00").isoformat()})
    morning.decide()
    assert heading(morning.browser.get(link).text) == "This is no longer open"


def test_the_schedule_of_the_winner_is_behind_the_link_of_the_word_that_it_is_theirs(morning: Asked) -> None:
    morning.text("E-02", "1")
    [won] = morning.rows("SELECT id FROM touch WHERE step = 's.offer_won'")
    link = morning.link(purpose="clinician_day", touch_id=won["id"])
    assert "5:00 pm" in morning.browser.get(link).text
    morning.press(link, "decline")
    morning.decide()
    assert morning.holder() != "E-02", "they gave it back, and nothing else"


def test_it_works_on_the_public_side(morning: Asked) -> None:
    link = morning.page_of("E-02")
    browser = TestClient(create_public_app(morning.caller.tools), base_url="http://localhost:8000")
    assert heading(browser.get(link).text) == "Can you take a visit on Tuesday, March 24?"
    assert browser.get("/p/nothing").status_code == 404
