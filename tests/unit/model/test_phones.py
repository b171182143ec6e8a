"""Phone numbers as people write them."""

import pytest

from suture.model.phones import read_phone, region_of, spelled


@pytest.mark.parametrize(
    "written",
    [
        "(614) 555-0111",
        "614-555-0111",
        "6145550111",
        "1-614-555-0111",
        "+1 614 555 0111",
        "+16145550111",
        "614.555.0111",
    ],
)
def test_a_number_is_read_in_the_country_of_the_branch(written: str) -> None:
    phone = read_phone(written, "US")
    assert phone is not None and str(phone) == "+16145550111"


@pytest.mark.parametrize("written", ["614-555-0111 x136", "(614) 555-0111 ext. 136", "+1 614 555 0111;ext=136"])
def test_an_extension_is_for_people_only(written: str) -> None:
    phone = read_phone(written, "US")
    assert phone is not None and (phone.extension, str(phone)) == ("136", "+16145550111 x136")


def test_a_country_code_counts_wherever_the_branch_is() -> None:
    phone = read_phone("+44 20 7946 0018", "US")
    assert phone is not None and phone.number == "+442079460018"


@pytest.mark.parametrize(
    "written", ["", "555-0111", "Quixote", "12 Mill Lane", "614", "6145550111, daughter", "1" * 61]
)
def test_what_is_no_whole_number_is_none(written: str) -> None:
    assert read_phone(written, "US") is None


def test_without_a_country_a_national_number_is_none() -> None:
    assert read_phone("614-555-0111", None) is None


@pytest.mark.parametrize(
    ("phone", "tz", "country"),
    [
        ("+16145550100", "America/New_York", "US"),
        ("+442079460018", "America/New_York", "GB"),
        ("614-555-0100", "America/Chicago", "US"),
        ("", "Europe/Madrid", "ES"),
        ("", "UTC", None),
    ],
)
def test_the_country_is_that_of_the_branchs_number_or_else_of_its_zone(
    phone: str, tz: str, country: str | None
) -> None:
    assert region_of(phone, tz) == country


def test_other_text_stays_as_it_is() -> None:
    assert [spelled(t, ("US",)) for t in ("614-555-0111", "ann@example.org", "TESTER")] == [
        "+16145550111",
        "ann@example.org",
        "TESTER",
    ]
