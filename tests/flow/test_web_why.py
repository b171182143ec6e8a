"""Why a pair may or may not be, over the API: the rules' own trace."""

from collections.abc import Iterator

import pytest
from tests.flow.a_web_morning import BEARER, WebMorning, web_morning

from suture.store.embedded import EmbeddedPostgres

DAY = "/api/v1/days/COLUMBUS/2026-03-24"


@pytest.fixture(scope="module")
def quiet(postgres: EmbeddedPostgres) -> Iterator[WebMorning]:
    """One morning for all tests, which only look."""
    yield from web_morning(postgres)


def test_every_rule_says_its_word_about_a_pair(quiet: WebMorning) -> None:
    stop = quiet.browser.get(f"{DAY}/plan", headers=BEARER).json()["routes"][0]
    visit = stop["stops"][0]["visit"]
    why = quiet.browser.get(
        f"{DAY}/why", params={"clinician": stop["clinician"], "visit": visit}, headers=BEARER
    ).json()
    assert why["eligible"] is True
    assert why["relax"] == why["law"] == why["verify"] == []
    assert isinstance(why["price_minutes"], int) is not bool(why["blocked"])
    said = {line["rule"]: line["said"] for line in why["rules"]}
    assert said["license"] == said["role"] == "pass"
    assert said["daily-hours"] == "applies"
    aide = quiet.browser.get(f"{DAY}/why", params={"clinician": "E-06", "visit": visit}, headers=BEARER).json()
    assert {line["rule"] for line in aide["rules"]} == set(said)
    assert aide["eligible"] is not (bool(aide["law"]) or bool(aide["relax"]))


def test_whoever_is_unknown_is_not_found(quiet: WebMorning) -> None:
    for clinician, visit in (("E-99", "V-1"), ("E-01", "nothing")):
        path = f"{DAY}/why?clinician={clinician}&visit={visit}"
        assert quiet.browser.get(path, headers=BEARER).status_code == 404
        assert quiet.browser.get(path).status_code == 401
