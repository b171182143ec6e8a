"""How long a search may take: iterations for replays and tests, seconds for people who wait."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Iterations:
    """Stop after `n` iterations: the same on every machine."""

    n: int


@dataclass(frozen=True, slots=True)
class CpuSeconds:
    """Stop after this many CPU seconds of this process."""

    seconds: float


@dataclass(frozen=True, slots=True)
class WallSeconds:
    """Stop after this many seconds on the wall."""

    seconds: float


Budget = Iterations | CpuSeconds | WallSeconds


@dataclass(frozen=True, slots=True)
class IterationsEach:
    """This many iterations for each position of a day, and `least` for a small one."""

    each: int
    least: int


DayBudget = Budget | IterationsEach


def budget_for(budget: DayBudget, positions: int) -> Budget:
    """The budget of a day with this many positions."""
    if isinstance(budget, IterationsEach):
        return Iterations(max(budget.least, budget.each * positions))
    return budget


def clock_of(budget: Budget) -> Callable[[], float]:
    """The clock that a budget is counted on; for iterations any will do."""
    return time.process_time if isinstance(budget, CpuSeconds) else time.perf_counter


class Stop:
    """Counts a budget down while a search runs."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self.iterations = 0
        self._start = self._clock()

    def _clock(self) -> float:
        return time.process_time() if isinstance(self._budget, CpuSeconds) else time.monotonic()

    def spent(self) -> bool:
        """Whether the budget is used up; counts one iteration when it is not."""
        match self._budget:
            case Iterations(n):
                done = self.iterations >= n
            case CpuSeconds(seconds) | WallSeconds(seconds):
                done = self._clock() - self._start >= seconds
        self.iterations += not done
        return done
