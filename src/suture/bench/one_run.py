"""One engine on one instance, in a process of its own: `… -m suture.bench.one_run ENGINE FORMAT FILE SECONDS SEED`.

Prints one JSON object: routes of node numbers by row, CPU and wall seconds, peak memory. The parent prices the routes.
"""

import json
import sys
import time
from pathlib import Path

from suture.planner.budget import CpuSeconds
from suture.planner.first_pass import first_pass
from suture.planner.formats import NATIVE
from suture.planner.problem import Problem
from suture.planner.warmup import load_kernels

Routes = list[list[int]]


def solve(
    engine: str, problem: Problem, seconds: float, seed: int, began: float
) -> tuple[Routes, list[list[int]] | None]:
    """(routes, starts if the engine fixes them) by one engine. Peers are imported here only."""
    if engine == "suture":
        plan = first_pass(problem, budget=CpuSeconds(seconds), seed=seed, began=began)
        return [list(route) for route in plan.routes], [list(s) for s in plan.starts]
    if engine == "pyvrp":
        from suture.bench import peer_pyvrp

        return peer_pyvrp.solve(problem, seconds, seed), None
    if engine == "vroom":
        from suture.bench import peer_vroom

        return peer_vroom.solve(problem, seconds, seed), None
    from suture.bench import peer_ortools

    return peer_ortools.solve(problem, seconds, seed), None


def _peak_mb() -> int:
    """Peak memory of this program alone; getrusage would carry over what the parent had when it started us."""
    status = Path("/proc/self/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))) // 1024


def main() -> None:
    """Read, solve, print."""
    engine, kind, file, seconds, seed = sys.argv[1:6]
    if engine == "suture":
        load_kernels(lambda text: print(text, file=sys.stderr))
    wall, cpu = time.perf_counter(), time.process_time()
    problem = NATIVE[kind].read(Path(file).read_bytes())
    routes, starts = solve(engine, problem, float(seconds), int(seed), cpu)
    figures = {
        "routes": routes,
        "starts": starts,
        "cpu": round(time.process_time() - cpu, 2),
        "wall": round(time.perf_counter() - wall, 2),
        "mb": _peak_mb(),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
