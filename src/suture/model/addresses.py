"""Phone numbers and e-mail addresses as they are compared: an inbound text is matched to its party by hash."""

import hashlib


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
