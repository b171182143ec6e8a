"""Seeded chance: the same question has the same answer, whoever asks and whenever; another seed is another world."""

from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suture.sim.chance import Chance

QUESTIONS = [("lasts", f"V-{n:02}") for n in range(40)]
MEDIAN = timedelta(minutes=5)


def answers(seed: int, questions: list[tuple[str, str]]) -> dict[tuple[str, str], tuple[bool, timedelta, float]]:
    chance = Chance(seed)
    return {q: (chance.happens(0.5, *q), chance.delay(MEDIAN, 1.0, *q), chance.rng(*q).random()) for q in questions}


@given(st.permutations(QUESTIONS), st.integers(0, 99))
def test_the_order_of_questions_does_not_matter_nor_what_else_is_asked(order, seed):
    asked = answers(seed, order)
    assert asked == answers(seed, QUESTIONS)
    assert answers(seed, order[:3]) == {q: asked[q] for q in order[:3]}


def test_another_seed_is_another_world():
    assert len({tuple(answers(seed, QUESTIONS).values()) for seed in range(20)}) == 20


def test_questions_are_told_apart_by_each_of_their_words():
    rng = Chance(1).rng
    assert len({rng("a", "b").random(), rng("a", "c").random(), rng("b", "a").random(), rng("a").random()}) == 4


def test_asking_twice_is_asking_once():
    chance = Chance(1)
    assert chance.happens(0.5, "x") == chance.happens(0.5, "x")
    assert isinstance(chance.rng("x"), Random)


@pytest.mark.parametrize("probability", [0.02, 0.44, 0.95])
def test_what_has_a_probability_happens_about_that_often(probability):
    share = sum(Chance(seed).happens(probability, "q", n) for seed in range(20) for n in range(100)) / 2000
    assert share == pytest.approx(probability, abs=0.04)


@pytest.mark.parametrize(("probability", "happens"), [(0.0, False), (1.0, True)])
def test_never_and_always_are_just_that(probability, happens):
    assert all(Chance(seed).happens(probability, "q") == happens for seed in range(200))


def test_half_of_the_delays_are_shorter_than_the_median_and_sigma_spreads_them():
    """One standard deviation of a log-normal is a factor of e^sigma."""
    chance = Chance(7)
    seconds = sorted(chance.delay(MEDIAN, 0.8, n).total_seconds() for n in range(2000))
    assert seconds[1000] == pytest.approx(300, rel=0.08)
    assert seconds[1683] == pytest.approx(300 * 2.2255, rel=0.1)
    assert all(s == int(s) for s in seconds)


def test_no_delay_is_shorter_than_a_second():
    assert Chance(1).delay(timedelta(0), 1.0, "q") == timedelta(seconds=1)


def test_without_spread_a_delay_is_its_median():
    assert Chance(1).delay(MEDIAN, 0.0, "q") == MEDIAN
