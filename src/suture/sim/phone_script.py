"""What a call says, read from the agency's TwiML."""

from dataclasses import dataclass
from xml.etree import ElementTree


@dataclass(frozen=True, slots=True)
class Script:
    """What is said; `action`: where a key is reported, empty where the call ends; `otherwise`: said to a machine."""

    says: tuple[str, ...]
    action: str
    otherwise: tuple[str, ...]


def script_of(twiml: str) -> Script:
    """One step of a call. Raises ElementTree.ParseError."""
    said = ElementTree.fromstring(twiml)  # noqa: S314 - our own agency's
    asked = said.find("Gather")
    if asked is None:
        return Script(_sentences(said), "", ())
    otherwise = tuple(s.text or "" for s in said.findall("Say"))
    return Script(_sentences(asked), asked.attrib["action"], otherwise)


def _sentences(part: ElementTree.Element) -> tuple[str, ...]:
    return tuple(s.text or "" for s in part.iter("Say"))
