"""Runs every kernel of this search once, on two visits and one row, with the types of real problems."""

import numpy as np

from suture.planner.budget import Iterations
from suture.planner.core.engine import Engine
from suture.planner.core.kernel_construct import spread_out
from suture.planner.core.kernel_repair import begin, drop_row
from suture.planner.problem import FORBIDDEN, Problem, make_nodes, make_rows


def touch_kernels() -> None:
    """Load the machine code from the cache, or compile it."""
    nodes = make_nodes(("a", "b"), [1, 2], (((0, 90),),) * 2, 5, 1000)
    problem = Problem(
        travel=np.array([[0, 5, 7], [5, 0, 4], [7, 4, 0]], dtype=np.int32),
        nodes=nodes,
        rows=make_rows(("r",), 0, 0, hard_end=100),
        pair_cost=np.array([[0], [FORBIDDEN]], dtype=np.int32),  # one stays out: evictions are tried
    )
    engine = Engine(problem, 1)
    engine.load([[0]])
    engine.insert_absent()
    engine.search(Iterations(2), stop=lambda: False, began=0.0, knobs=engine.plan_knobs())
    engine.routes()
    with np.errstate(over="ignore"):
        begin(engine.state)
        drop_row(engine.arrays, engine.state, 0)
        spread_out(engine.arrays, Engine(problem, 1).state, 0.0)
