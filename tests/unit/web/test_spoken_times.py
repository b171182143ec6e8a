"""Times are said as one says them aloud."""

import pytest
from tests.builders import SERVICE_DATE, TZ, at

from suture.model.plan import ToldWindow
from suture.outreach.words import spoken_day
from suture.web.spoken_times import short_clock, spoken_window


@pytest.mark.parametrize(
    ("opens", "closes", "english", "spanish"),
    [
        ("09:30", "10:30", "between 9:30 and 10:30 in the morning", "entre las 9:30 y las 10:30 de la mañana"),
        ("09:30", "09:30", "at 9:30 in the morning", "a las 9:30 de la mañana"),
        ("13:00", "13:00", "at 1:00 in the afternoon", "a la 1:00 de la tarde"),
        ("12:30", "13:30", "between 12:30 and 1:30 in the afternoon", "entre las 12:30 y la 1:30 de la tarde"),
        (
            "11:30",
            "12:30",
            "between 11:30 in the morning and 12:30 in the afternoon",
            "entre las 11:30 de la mañana y las 12:30 de la tarde",
        ),
        ("12:00", "12:00", "at 12:00 noon", "a las 12:00 del mediodía"),
        ("18:00", "18:30", "between 6:00 and 6:30 in the evening", "entre las 6:00 y las 6:30 de la tarde"),
        (
            "18:30",
            "19:30",
            "between 6:30 and 7:30 in the evening",
            "entre las 6:30 de la tarde y las 7:30 de la noche",
        ),
        ("00:15", "00:15", "at 12:15 in the morning", "a las 12:15 de la mañana"),
    ],
)  # fmt: skip
def test_a_window_is_said_in_words(opens: str, closes: str, english: str, spanish: str) -> None:
    window = ToldWindow(at(opens), at(closes))
    assert spoken_window(window, TZ, "en") == english
    assert spoken_window(window, TZ, "es") == spanish


def test_a_day_is_said_in_words() -> None:
    assert spoken_day(SERVICE_DATE, "en") == "Tuesday, March 24"
    assert spoken_day(SERVICE_DATE, "es") == "martes 24 de marzo"


def test_a_clinicians_list_has_short_times() -> None:
    assert (short_clock(at("09:05"), TZ), short_clock(at("12:00"), TZ)) == ("9:05 am", "12:00 pm")
