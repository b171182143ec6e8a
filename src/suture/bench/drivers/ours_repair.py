"""Our own repair of a base plan, under the peers' rules: the budget counts from the changed problem in memory on."""

import time

from suture.bench.drivers.task import read_task
from suture.planner.budget import CpuSeconds
from suture.planner.plan import Plan, left_out
from suture.planner.rebalance import rebalance
from suture.planner.warmup import load_kernels


def main() -> None:
    """Repair and answer."""
    task = read_task()
    if task.base is None:
        raise SystemExit("ours_repair: needs --base")
    load_kernels(lambda line: None)
    task.began = time.process_time()
    orders = tuple(tuple(route) for route in task.base)
    published = Plan(orders, tuple((0,) * len(route) for route in orders), left_out(task.problem.n, orders))
    found = rebalance(
        task.problem,
        published,
        budget=CpuSeconds(task.seconds),
        seed=task.seed,
        began=task.began,
        offer=lambda plan: task.first_plan(),
    )
    task.facts["search_cpu_seconds"] = round(task.spent(), 3)
    task.answer(found.routes)


if __name__ == "__main__":
    main()
