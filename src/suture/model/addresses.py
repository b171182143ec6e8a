"""Phone numbers and e-mail addresses as they are compared: an inbound text is matched to its party by hash."""

import hashlib
import re

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-]+"
_MAILBOX = re.compile(rf"{_ATOM}(\.{_ATOM})*@[A-Za-z0-9\-]+(\.[A-Za-z0-9\-]+)*")
LONGEST_MAILBOX = 254


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


def address_hash(value: str) -> str:
    """SHA-256 of the normalised value, in hex."""
    return hashlib.sha256(normalise_address(value).encode()).hexdigest()
