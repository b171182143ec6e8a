"""The room of a text to a phone, by what the standard says."""

import pytest

from suture.outreach.segments import Encoding, Size, is_gsm_7, measure

GSM, UCS = Encoding.GSM_7, Encoding.UCS_2


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("", Size(GSM, 0, 1)),
        ("a" * 160, Size(GSM, 160, 1)),
        ("a" * 161, Size(GSM, 161, 2)),
        ("a" * 306, Size(GSM, 306, 2)),
        ("a" * 307, Size(GSM, 307, 3)),
        ("€" * 80, Size(GSM, 160, 1)),
        ("€" * 81, Size(GSM, 162, 2)),
        ("a" * 159 + "€", Size(GSM, 161, 2)),
        ("a" * 152 + "€" + "a" * 152, Size(GSM, 306, 3)),  # an escape and its character stay together: 152 + 153 + 1
        ("a" * 151 + "€" + "a" * 153, Size(GSM, 306, 2)),
        ("é" * 160, Size(GSM, 160, 1)),
        ("á" + "a" * 69, Size(UCS, 70, 1)),
        ("á" + "a" * 70, Size(UCS, 71, 2)),
        ("á" + "a" * 133, Size(UCS, 134, 2)),
        ("á" + "a" * 134, Size(UCS, 135, 3)),
        ("😀" * 35, Size(UCS, 70, 1)),
        ("😀" * 36, Size(UCS, 72, 2)),
        ("😀" * 67, Size(UCS, 134, 3)),  # 33 in each part of 67: none is cut in two
        ("’", Size(UCS, 1, 1)),
    ],
)
def test_known_sizes(text: str, size: Size) -> None:
    assert measure(text) == size


def test_the_alphabet_of_phones() -> None:
    assert is_gsm_7("¿Dudas? ñ é ü à Ç Ä [x] {y} €\n")
    assert not any(is_gsm_7(c) for c in "áíóúçÁÍÓÚ`’“–…\t\u00a0")
