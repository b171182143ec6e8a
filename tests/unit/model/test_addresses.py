"""An inbound number or address is found by the hash of what counts in it."""

from hashlib import sha256

import pytest

from suture.model.addresses import address_hash, normalise_address, spoken_phone


@pytest.mark.parametrize(
    ("written", "counts"),
    [
        ("+16145550111", "+16145550111"),
        (" +1 (614) 555-0111 ", "+16145550111"),
        ("Jane.Doe@Example.ORG ", "jane.doe@example.org"),
    ],
)
def test_spelling_does_not_matter(written: str, counts: str) -> None:
    assert normalise_address(written) == counts
    assert address_hash(written) == sha256(counts.encode()).hexdigest()


@pytest.mark.parametrize(
    ("number", "spoken"),
    [
        ("+16145550100", "614-555-0100"),
        ("+525512345678", "+52 551 234 5678"),
        ("+49301234567", "+49 301 234 567"),
        ("+74951234567", "+7 495 123 4567"),
        ("+50221234567", "+502 212 345 67"),
        ("+1614555", "+1614555"),
        ("614-555-0100", "614-555-0100"),
        ("call us", "call us"),
        ("", ""),
    ],
)
def test_a_number_is_written_as_people_write_it(number, spoken):
    assert spoken_phone(number) == spoken
