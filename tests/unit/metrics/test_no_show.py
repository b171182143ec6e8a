"""No-show rate: the clinician came and nobody was there, over the visits due."""

import pytest
from tests.unit.metrics.a_log import added, assigned, changed, done, made, not_home, off, story

from suture.metrics.no_show import NoShow, no_show


def test_the_worked_example_two_of_fifty():
    lines = [*(added(v) for v in range(1, 51)), made(), not_home(7), not_home(8), *(done(v) for v in range(9, 51))]
    assert no_show(story(lines)) == NoShow(rate=0.04, due=50)


def test_nothing_due_is_no_rate():
    assert no_show(story()) == NoShow(None, 0)


def test_a_visit_counts_once_however_many_came():
    lines = added(1, positions=2), added(2), made(), assigned(1, 101), assigned(1, 102, seat=2), not_home(1)
    assert no_show(story(lines)) == NoShow(rate=0.5, due=2)


@pytest.mark.parametrize("by", ["patient", "agency"])
def test_what_was_cancelled_was_not_due(by):
    assert no_show(story(added(1), added(2), made(), off(1, "08:00", by), not_home(2))) == NoShow(rate=1.0, due=1)


def test_what_is_on_hold_or_on_another_day_now_was_not_due():
    lines = added(1), added(2), made(), changed(1, 0, known="08:00"), not_home(2)
    assert no_show(story(lines)) == NoShow(rate=1.0, due=1)
