"""Why a visit cannot be planned yet, in words that are true of every way it may have come to that."""

from suture.model.visit import gap_sentences


def test_a_window_that_was_read_and_is_too_short_is_not_called_unreadable() -> None:
    window, rest = map(str, gap_sentences(("earliest_start", "latest_end", "priority")))
    assert "or it is shorter than the visit" in window
    assert rest == "The import could not read its priority. Fix the file and import it again."
