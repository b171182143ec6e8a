"""Plays of a machine: days in which anything may happen, from a seed, until something is wrong or enough was played."""

from dataclasses import dataclass
from unittest.mock import patch

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.internal.conjecture.providers import HypothesisProvider
from hypothesis.stateful import run_state_machine_as_test
from tests.sim.a_played_day import PlayedDay


@dataclass(frozen=True)
class Play:
    """What one seed led to. `fault`: what did not hold, and after which steps of the day; empty where all did."""

    seed: int
    steps: int
    fault: str = ""

    @property
    def is_good(self) -> bool:
        return not self.fault


def play(machine: type[PlayedDay], number: int, *, days: int, moves: int) -> Play:
    """Play so many days of so many moves. The same number plays the same days.

    Hypothesis also draws numbers that it reads in the modules that are loaded, and those are others in each process.
    """
    machine.steps = 0
    seed(number)(machine)
    how = settings(
        max_examples=days,
        stateful_step_count=moves,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    try:
        with patch.object(HypothesisProvider, "_maybe_draw_constant", lambda *args, **named: None):
            run_state_machine_as_test(machine, settings=how)
    except AssertionError as fault:
        told = "\n".join(getattr(fault, "__notes__", ()))
        return Play(number, machine.steps, f"{fault}\n{told}")
    return Play(number, machine.steps)


def first_fault(machine: type[PlayedDay], numbers: range, *, days: int, moves: int) -> Play:
    """Play one seed after the other until something is wrong; the last play, with the steps of all."""
    steps = 0
    for number in numbers:
        found = play(machine, number, days=days, moves=moves)
        steps += found.steps
        if not found.is_good:
            break
    return Play(found.seed, steps, found.fault)
