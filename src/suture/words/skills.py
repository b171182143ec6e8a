"""Roles and skills as people write them: files give codes only."""

import re

from suture.words.catalog import _, marked

LONGEST_ABBREVIATION = 3
_SMALL_WORDS = frozenset({"and", "ear", "eye", "for", "in", "of", "on", "or", "the", "to"})
KNOWN = (
    marked("blood draw"),
    marked("catheter"),
    marked("central line"),
    marked("diabetes"),
    marked("dialysis"),
    marked("feeding tube"),
    marked("hospice"),
    marked("infusion"),
    marked("IV"),
    marked("medication"),
    marked("ostomy"),
    marked("pediatric"),
    marked("tracheostomy"),
    marked("ventilator"),
    marked("wound care"),
)
"""Skills of which there are translations; others are said as they are in the files."""


def skill_words(code: str) -> str:
    """ "IV" for `iv`, "wound care" for `wound_care`, in the reader's language where the skill is `KNOWN`."""
    words = re.split(r"[\s_-]+", code.strip("_- "))
    said = " ".join(w.upper() if len(w) <= LONGEST_ABBREVIATION and w not in _SMALL_WORDS else w for w in words)
    return _(said)
