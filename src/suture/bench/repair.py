"""Repair of the shared base plans after their busiest clinician is lost."""

import json
from dataclasses import dataclass
from pathlib import Path

from suture.planner.budget import CpuSeconds
from suture.planner.formats import hh_npz
from suture.planner.plan import Plan
from suture.planner.rebalance import cover_first
from suture.planner.sisr.engine import Engine
from suture.planner.sisr.live import LiveEngine

SIZES = (30, 300, 2000)
MOVED_COST = 600
"""Price of a visit that changes hands between clinicians who are both still there."""
BUDGET = CpuSeconds(0.1)


@dataclass(frozen=True, slots=True)
class Figures:
    """What one repair took and disturbed; None where it was not reached within the budget."""

    first_legal_ms: float
    zero_unassigned_ms: float | None
    others_moved: int
    unassigned: int

    def as_dict(self) -> dict[str, float | int | None]:
        """As printed."""
        zero = self.zero_unassigned_ms
        return {
            "first_legal_ms": round(self.first_legal_ms, 2),
            "zero_unassigned_ms": None if zero is None else round(zero, 2),
            "others_moved": self.others_moved,
            "unassigned": self.unassigned,
        }


def busiest(routes: list[list[int]]) -> int:
    """The row with most visits, the lowest number on a tie."""
    return max(range(len(routes)), key=lambda k: (len(routes[k]), -k))


def repair(folder: Path, size: int, seed: int, output: Path | None) -> Figures:
    """Load one size with its base plan, lose the busiest clinician, repair; the plan goes to `output`/SIZE.json."""
    problem = hh_npz.read((folder / f"hh_{size}.npz").read_bytes())
    base = json.loads((folder / "base_plans" / f"hh_{size}.base.json").read_text())
    routes: list[list[int]] = base["routes"] if isinstance(base, dict) else base
    lost = busiest(routes)
    live = LiveEngine(Engine(cover_first(problem), seed), routes, MOVED_COST)
    times = live.lose_row(lost, BUDGET)
    found = live.engine.routes()
    if output is not None:
        plan = Plan(tuple(tuple(route) for route in found), (), ())
        (output / f"{size}.json").write_bytes(hh_npz.write(problem, plan))
    was = {v: r for r, route in enumerate(routes) for v in route}
    now = {v: r for r, route in enumerate(found) for v in route}
    moved = sum(1 for v, r in now.items() if v in was and was[v] not in (lost, r))
    return Figures(times.first_legal_ms, times.zero_unassigned_ms, moved, problem.n - len(now))
