"""Phone numbers as people write them, read in the country of a branch."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, ValidationResult

LONGEST = 60
"""A cell longer than this is no phone number, whatever it says."""


@dataclass(frozen=True, slots=True)
class Phone:
    """A number in E.164 form, and the digits to dial behind it; with any, a text would not reach the person."""

    number: str
    extension: str = ""

    def __str__(self) -> str:
        return f"{self.number} x{self.extension}" if self.extension else self.number


def read_phone(text: str, region: str | None) -> Phone | None:
    """The number that a person wrote, or None. `region`: the country (US) of one without a country code."""
    if len(text) > LONGEST:
        return None
    try:
        found = phonenumbers.parse(text, region)
    except NumberParseException:
        return None
    if phonenumbers.is_possible_number_with_reason(found) != ValidationResult.IS_POSSIBLE:
        return None
    return Phone(phonenumbers.format_number(found, PhoneNumberFormat.E164), found.extension or "")


def spelled(text: str, regions: Sequence[str]) -> str:
    """A number in E.164 form, read in the first of these countries in which it is one; other text as it is."""
    if "@" in text:
        return text
    found = (phone for region in regions or (None,) if (phone := read_phone(text, region)) is not None)
    phone = next(found, None)
    return phone.number if phone is not None else text


def region_of(phone: str, tz: str) -> str | None:
    """The country in which a branch reads phone numbers: its own number says so, or else its time zone."""
    own = read_phone(phone, None) if phone.startswith("+") else None
    if own is not None:
        found = phonenumbers.region_code_for_number(phonenumbers.parse(own.number))
        if found is None:
            codes = phonenumbers.region_codes_for_country_code(phonenumbers.parse(own.number).country_code or 0)
            found = codes[0] if codes else None
        if found is not None:
            return str(found)
    return _country_of_zone().get(tz)


@cache
def _country_of_zone() -> dict[str, str]:
    table = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in table.splitlines() if not line.startswith("#"))
    return {row[2]: row[0] for row in rows}
