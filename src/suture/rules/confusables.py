"""Letters that look like others: a Cyrillic е in an id is another id, and it does not show."""

import unicodedata
from typing import Final

_LETTERS: Final = str.maketrans(
    "аеорсухіјѕһԁԛԝАВЕКМНОРСТУХІЈЅαορνικυΑΒΕΖΗΙΚΜΝΟΡΤΥΧ‐‑‒–—−",
    "aeopcyxijshdqwABEKMHOPCTYXIJSaopvikuABEZHIKMNOPTYX------",
)
_SIMILAR: Final = str.maketrans("01", "ol")


def looks_like(text: str) -> str:
    """The plain letters that a text is taken for by people, or nothing when it is plain already or clearly foreign."""
    folded = unicodedata.normalize("NFKC", text).translate(_LETTERS)
    return folded if folded.isascii() and folded != text else ""


def skeleton(rule_id: str) -> str:
    """Ids that people cannot tell apart have the same skeleton: 0 and o, 1 and l."""
    return rule_id.translate(_SIMILAR)
