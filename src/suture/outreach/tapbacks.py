"""What a phone sends when someone taps a heart or a thumb on a message: "Liked “Sunrise: visit …”". Pure.

A thumb up is a yes where it is on a question. A heart is not: people give it to a voice they like.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from suture.outreach.plain_text import plain


class Tap(StrEnum):
    """What the finger said."""

    YES = "yes"
    WARM = "warm"
    NO = "no"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Tapback:
    """A tap and the message it is on; `quote` is empty for a picture."""

    tap: Tap
    quote: str


LONGEST_VERB = 60
_QUOTED = re.compile(r"\s*(?P<verb>[^“”\"«»]{1,60}?)\s*[“\"«](?P<quote>.+)[”\"»]\s*", re.DOTALL)
_PICTURE = re.compile(r"(?P<verb>.{1,60}?) (?:an?|un|una) (?:image|photo|picture|movie|video|attachment|imagen|foto)")
_TAPS: tuple[tuple[Tap, re.Pattern[str]], ...] = (
    (Tap.OTHER, re.compile(r"(?:removed|quito|elimino) .*")),
    (Tap.NO, re.compile(r"disliked|no le (?:ha )?gust(?:o|ado)|(?:reacted )?👎 to|(?:reacciono con )?👎 a")),
    (
        Tap.YES,
        re.compile(r"liked|le (?:ha )?gust(?:o|ado)|(?:reacted )?(?:👍|👌|✅) to|(?:reacciono con )?(?:👍|👌|✅) a"),
    ),
    (
        Tap.WARM,
        re.compile(r"loved|le (?:ha )?encant(?:o|ado)|(?:reacted )?(?:❤|♥|😍|🥰) to|(?:reacciono con )?(?:❤|♥) a"),
    ),
    (
        Tap.OTHER,
        re.compile(
            r"laughed at|emphasized|questioned|le dio risa|se rio de|enfatizo|destaco|exclamo|cuestiono|pregunto por"
            r"|reacted .* to|reacciono .* a"
        ),
    ),
)


def tapback(text: str) -> Tapback | None:
    """The tap that a text tells of; None for a text that someone wrote."""
    if found := _QUOTED.fullmatch(text):
        verb, quote = plain(found["verb"]), " ".join(found["quote"].split())
    elif len(text) <= 2 * LONGEST_VERB and (found := _PICTURE.fullmatch(plain(text))):
        verb, quote = found["verb"], ""
    else:
        return None
    return next((Tapback(tap, quote) for tap, known in _TAPS if known.fullmatch(verb)), None)
