"""How many segments a text to a phone takes, in the alphabet it is sent in (3GPP TS 23.038, formerly GSM 03.38). Pure.

One letter outside GSM-7 sends the whole text as UCS-2, which has room for less than half as much.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("\f^{}\\[~]|€")
"""They take two places, since an escape goes before each."""


class Encoding(StrEnum):
    """The alphabet of a text to a phone."""

    GSM_7 = "GSM-7"
    UCS_2 = "UCS-2"


_ALONE = {Encoding.GSM_7: 160, Encoding.UCS_2: 70}
_IN_PARTS = {Encoding.GSM_7: 153, Encoding.UCS_2: 67}
"""A text in parts says in each which part it is."""


@dataclass(frozen=True, slots=True)
class Size:
    """What a text takes: `places` are GSM-7 septets or UCS-2 code units, which is what the room is counted in."""

    encoding: Encoding
    places: int
    segments: int


def measure(text: str) -> Size:
    """The size of a text. An empty one takes a segment, too. No character is cut in two."""
    if is_gsm_7(text):
        return _packed(Encoding.GSM_7, (2 if c in EXTENSION else 1 for c in text))
    return _packed(Encoding.UCS_2, (2 if ord(c) > 0xFFFF else 1 for c in text))


def is_gsm_7(text: str) -> bool:
    """Whether phones have all its characters in their own alphabet."""
    return all(c in BASIC or c in EXTENSION for c in text)


def _packed(encoding: Encoding, widths: Iterable[int]) -> Size:
    room, places, segments, filled = _IN_PARTS[encoding], 0, 1, 0
    for width in widths:
        if filled + width > room:
            segments, filled = segments + 1, 0
        filled += width
        places += width
    return Size(encoding, places, 1 if places <= _ALONE[encoding] else segments)
