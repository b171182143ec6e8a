"""Why a visit cannot be planned yet, in words that are true of every way it may have come to that."""

import pytest

from suture.model.imports import LIMITS, PatientRecord, StaffRecord, VisitRecord
from suture.model.visit import gap_sentences
from suture.words.sentences import SENTENCES


def test_a_window_that_was_read_and_is_too_short_is_not_called_unreadable() -> None:
    window, rest = map(str, gap_sentences(("earliest_start", "latest_end", "priority")))
    assert "or it is shorter than the visit" in window
    assert rest == "The import could not read its priority. Fix the file and import it again."


@pytest.mark.parametrize("name", sorted(LIMITS[VisitRecord]))
def test_each_limit_of_a_visit_has_words(name: str) -> None:
    (said,) = map(str, gap_sentences([name]))
    assert said.startswith("The import could not") and "import." not in said


def test_each_limit_of_a_person_has_words() -> None:
    limits = LIMITS[PatientRecord] | LIMITS[StaffRecord] | {"status"}
    assert {f"import.person_gap.{name}" for name in limits} <= SENTENCES.keys()
