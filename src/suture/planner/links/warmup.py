"""Runs every kernel of this search once, on two visits and two rows, with the types of real problems."""

import numpy as np

from suture.planner.budget import Iterations
from suture.planner.links.engine import LinksEngine
from suture.planner.problem import Break, Link, Problem, Weights, Who, make_nodes, make_rows


def touch_kernels() -> None:
    """Load the machine code from the cache, or compile it."""
    problem = Problem(
        travel=np.array([[0, 3], [3, 0]], dtype=np.int32),
        nodes=make_nodes(("a", "b"), 1, (((0, 10),),) * 2, 5, 100, late_limit=9, late_cost=60),
        rows=make_rows(("r", "s"), 0, 0, hard_end=50, breaks=(Break(5, 20, 5, 9), None)),
        pair_cost=np.zeros((2, 2), dtype=np.int32),
        links=(Link(0, 1, (0, 0), Who.DIFFERENT),),
        weights=Weights(waiting=1, idle_max=1),
    )
    engine = LinksEngine(problem, 1)
    engine.load([[0], [1]])
    engine.construct()
    engine.search(Iterations(20), stop=lambda: False, began=0.0)
    engine.routes()


if __name__ == "__main__":
    touch_kernels()
