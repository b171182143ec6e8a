"""What several rules make of a visit together, whatever their order; the visit as it was asked for is kept."""

from dataclasses import replace
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st
from tests.builders import a_clinician, a_day, a_visit

from suture.model.visit import Priority
from suture.rules.shapes import shaped
from suture.rules.verdicts import DayRules, Hours, Shape, Stretched

MINUTES = st.none() | st.integers(0, 2879)
FACTORS = st.fractions(Fraction(1, 4), 4, max_denominator=100)
STRETCHES = st.builds(Stretched, FACTORS, st.integers(-240, 240))
SHAPES = st.builds(
    Shape,
    hours=st.builds(Hours, MINUTES, MINUTES, MINUTES, MINUTES),
    care=STRETCHES,
    way=STRETCHES,
    seats=st.integers(1, 2),
    priority=st.sampled_from(Priority),
)
VISIT = a_visit()


def priorities(shape: Shape, day=None) -> tuple[Priority, Priority]:
    """What is planned by, and what was asked for."""
    day = shaped(day or a_day(clinicians=[a_clinician()], visits=[VISIT]), DayRules("x", {}, shapes={VISIT.id: shape}))
    return day.visits[VISIT.id].priority, day.as_asked(VISIT.id).priority


@given(SHAPES, SHAPES, SHAPES)
def test_shapes_come_to_the_same_in_any_order(one, two, three):
    assert one & two == two & one
    assert (one & two) & three == one & (two & three)
    assert one & Shape() == one


@given(SHAPES)
def test_a_shape_that_changes_nothing_has_no_hours(shape):
    assert shape.narrows == (shape.hours != Hours())
    assert not replace(shape, hours=Hours()).narrows


def test_a_priority_is_raised_and_never_lowered():
    assert priorities(Shape(priority=Priority.STAT)) == (Priority.STAT, Priority.ROUTINE)
    stat = a_day(clinicians=[a_clinician()], visits=[replace(VISIT, priority=Priority.STAT)])
    assert priorities(Shape(priority=Priority.URGENT), stat) == (Priority.STAT, Priority.STAT)


def test_a_priority_that_was_raised_is_raised_from_what_was_asked_for():
    day = a_day(clinicians=[a_clinician()], visits=[VISIT])
    once = shaped(day, DayRules("x", {}, shapes={VISIT.id: Shape(priority=Priority.STAT)}))
    assert priorities(Shape(priority=Priority.URGENT), once) == (Priority.URGENT, Priority.ROUTINE)
