"""An inbound number or address is found by the hash of what counts in it."""

from hashlib import sha256

import pytest

from suture.model.addresses import address_hash, normalise_address


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
