"""Phone numbers and e-mail addresses as they are compared: an inbound text is matched to its party by hash."""

import hashlib
import re

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-]+"
_MAILBOX = re.compile(rf"{_ATOM}(\.{_ATOM})*@[A-Za-z0-9\-]+(\.[A-Za-z0-9\-]+)*")
LONGEST_MAILBOX = 254
NORTH_AMERICAN_DIGITS, LONGEST_GROUP = 10, 4
_NUMBER = re.compile(r"\+(?P<digits>[1-9][0-9]{6,14})")
_TWO_DIGITS = """20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58
    60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98"""
_COUNTRIES_OF_TWO_DIGITS = frozenset(_TWO_DIGITS.split())
"""Country codes of E.164 with two digits; 1 and 7 have one, all others three."""


def is_mailbox(value: str) -> bool:
    """Whether a mail server takes this for one address: RFC 5321's dot-string at a domain, without quotes or comments.

    Everything else is read in more than one way by those who read it: as a group, a list, or another address.
    """
    return len(value) <= LONGEST_MAILBOX and _MAILBOX.fullmatch(value) is not None


def normalise_address(value: str) -> str:
    """The spelling that counts: e-mail in lower case, a phone number as + and digits."""
    text = value.strip()
    if "@" in text:
        return text.casefold()
    digits = "".join(c for c in text if c.isascii() and c.isdigit())
    return f"+{digits}" if text.startswith("+") else digits


def spoken_phone(number: str) -> str:
    """A number as people write it: "614-555-0100" in North America, "+49 301 234 567" elsewhere; else as it is."""
    found = _NUMBER.fullmatch(number)
    if found is None:
        return number
    digits = found["digits"]
    if digits.startswith("1"):
        own = digits[1:]
        return f"{own[:3]}-{own[3:6]}-{own[6:]}" if len(own) == NORTH_AMERICAN_DIGITS else number
    length = 1 if digits[0] == "7" else 2 if digits[:2] in _COUNTRIES_OF_TWO_DIGITS else 3
    return f"+{digits[:length]} {' '.join(_threes(digits[length:]))}"


def _threes(digits: str) -> list[str]:
    """Groups of three, and what is left over with the last of them."""
    cut = max(len(digits) // 3 - 1, 0) * 3
    rest = digits[cut:]
    tail = [rest] if len(rest) <= LONGEST_GROUP else [rest[:3], rest[3:]]
    return [digits[at : at + 3] for at in range(0, cut, 3)] + tail


def address_hash(value: str) -> str:
    """SHA-256 of the normalised value, in hex."""
    return hashlib.sha256(normalise_address(value).encode()).hexdigest()
