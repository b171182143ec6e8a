"""Skills are said as people write them, and in the language of whoever reads a stored reason."""

import pytest

from suture.words.catalog import speaking
from suture.words.reason import from_json, reason, some_of, to_json
from suture.words.skills import skill_words


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("iv", "IV"),
        ("tpn", "TPN"),
        ("RN", "RN"),
        ("wound_care", "wound care"),
        ("ng_tube", "NG tube"),
        ("eye-care", "eye care"),
        ("start of care", "start of care"),
        ("PICC", "PICC"),
    ],
)
def test_a_skill_is_said_as_people_write_it(code: str, words: str) -> None:
    assert skill_words(code) == words


def test_a_stored_skill_is_a_code_and_is_said_in_the_readers_language() -> None:
    stored = to_json(reason("cover.lacks", skills=some_of(reason("skill", skill=x) for x in ("wound_care", "iv"))))
    assert "wound_care" in str(stored) and "wound care" not in str(stored)
    assert str(from_json(stored)) == "lacks wound care, IV"
    assert from_json(stored).in_language("es") == "no cuenta con cuidado de heridas, terapia IV"


def test_a_skill_that_no_one_knows_is_said_as_it_is() -> None:
    with speaking("es"):
        assert skill_words("reiki_two") == "reiki TWO"
