"""Slices, temperature and stop rules around the compiled search."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from suture.planner.sisr import layout as at
from suture.planner.sisr.arrays import Arrays, State
from suture.planner.sisr.kernel_search import run

SLICE_SECONDS = 0.01
FIRST_SLICE = 20  # iterations before the speed is known


@dataclass(frozen=True)
class Knobs:
    """What a search is tuned by. Temperatures are cost units."""

    removed: float = 10.0  # mean number of stops a ruin frees
    string: float = 10.0  # longest string
    split: float = 0.5  # share of strings with a kept inner piece
    deeper: float = 0.01  # chance that the kept piece grows by one
    blink: float = 0.01  # chance that a better position is overlooked
    scan_all: float = 0.0  # share of iterations that scan every row
    seed_absent: float = 0.2
    seed_focus: float = 0.5
    first_heat: float = 600.0
    last_heat: float = 5.0
    tails: float = 10.0  # tail exchanges tried per iteration
    open_row: float = 0.0  # share of iterations whose first freed node opens an empty row

    def packed(self, base: float = 0.0, step: float = 0.0) -> np.ndarray:
        """The kernel's knob array, with the cooling fraction ``base + step x iteration``."""
        knob = np.zeros(at.KNOBS)
        knob[: at.T_FIRST] = (
            self.removed,
            self.string,
            self.split,
            self.deeper,
            self.blink,
            self.scan_all,
            self.seed_absent,
            self.seed_focus,
        )
        knob[at.T_FIRST :][:4] = (self.first_heat, math.log(self.last_heat / self.first_heat), base, step)
        knob[at.TAILS], knob[at.OPEN_ROW] = self.tails, self.open_row
        return knob


@dataclass
class Trace:
    """What is needed to replay a timed search: (iterations, cooling fraction) of each slice; and its new bests."""

    slices: list[tuple[int, float]] = field(default_factory=list)
    bests: list[tuple[float, int, int]] = field(default_factory=list)  # seconds, iterations, cost


def search_iterations(
    a: Arrays,
    s: State,
    knobs: Knobs,
    iterations: int,
    slice_size: int = 50,
    stop: Callable[[], bool] = lambda: False,
) -> None:
    """Exactly ``iterations`` more iterations; the result does not depend on the slice size."""
    first = int(s.number[at.ITERATION])
    knob = knobs.packed(base=-first / max(iterations, 1), step=1.0 / max(iterations, 1))
    done = 0
    with np.errstate(over="ignore"):
        while done < iterations and not stop():
            count = min(slice_size, iterations - done)
            run(a, s, knob, count)
            done += count


def search_seconds(
    a: Arrays,
    s: State,
    knobs: Knobs,
    deadline: float,
    clock: Callable[[], float] = time.process_time,
    stop: Callable[[], bool] = lambda: False,
) -> Trace:
    """Slices until ``clock()`` reaches ``deadline``; the temperature follows the elapsed share of the budget."""
    trace = Trace()
    start = now = clock()
    budget = max(deadline - start, 1e-9)
    size, best = FIRST_SLICE, int(s.number[at.BEST_COST])
    slice_seconds = min(SLICE_SECONDS, budget / 50)
    with np.errstate(over="ignore"):
        while now < deadline and not stop():
            fraction = (now - start) / budget
            run(a, s, knobs.packed(base=fraction), size)
            trace.slices.append((size, fraction))
            before, now = now, clock()
            if s.number[at.BEST_COST] < best:
                best = int(s.number[at.BEST_COST])
                trace.bests.append((now - start, int(s.number[at.ITERATION]), best))
            speed = size / max(now - before, 1e-6)
            size = max(1, min(4 * size, int(speed * min(slice_seconds, max(deadline - now, 0.0)))))
    return trace


def replay(a: Arrays, s: State, knobs: Knobs, trace: Trace) -> None:
    """Repeat a timed search from its record."""
    with np.errstate(over="ignore"):
        for size, fraction in trace.slices:
            run(a, s, knobs.packed(base=fraction), size)
