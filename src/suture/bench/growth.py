"""How a first pass grows with the day: 30 to 10,000 visits of our own making, each planned once by the command line."""

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from suture.bench.checking import check
from suture.bench.engines import Bench, environment
from suture.bench.running import read_report, run_measured
from suture.bench.work import OURS

SIZES = (30, 300, 2000, 10_000)
VISITS_A_CLINICIAN = 7
_METRES_APART = 1200.0
"""Mean distance of neighbors: the area grows with the number of visits, so that routes look alike at every size."""
_METRES_A_SECOND = 11.0


def write_day(path: Path, visits: int, seed: int = 1) -> int:
    """A day in the hh-npz form, visits in towns, five skills, three usual clinicians; returns the clinicians."""
    rng = np.random.default_rng(seed)
    n, k = visits, max(2, round(visits / VISITS_A_CLINICIAN))
    side = _METRES_APART * np.sqrt(n)
    towns = rng.uniform(0, side, (max(1, n // 60), 2))
    spot = towns[rng.integers(0, len(towns), n + k)] + rng.normal(0, 3 * _METRES_APART, (n + k, 2))
    spot = spot.astype(np.float32)
    travel = np.empty((n + k, n + k), np.int32)
    for i in range(n + k):
        travel[i] = np.ceil(np.hypot(*(spot - spot[i]).T) / _METRES_A_SECOND)
    shift = rng.choice([7, 8, 9], k) * 3600
    early = rng.integers(7 * 4, 14 * 4, n) * 900
    service = rng.choice([1200, 1800, 2700, 3600], n)
    need, role = rng.integers(0, 5, n), rng.integers(0, 5, k)
    able = (need[:, None] <= role[None, :]) | (role[None, :] == 4)
    able[:, 0] = True
    usual = np.zeros((n, k), bool)
    for v in range(n):
        near = np.argsort(travel[v, n:])[:12]
        usual[v, [c for c in near if able[v, c]][:3]] = True
    np.savez(
        path,
        N=n,
        K=k,
        D=travel,
        e=early,
        l=early + rng.choice([3600, 7200, 14400], n),
        s=service,
        ts=shift,
        te=shift + 8 * 3600 + 1800,
        pen=7200 * rng.integers(1, 4, n),
        prefcost=900,
        ok=able & (rng.random((n, k)) > 0.02),
        usual=usual,
    )
    return k


def measure_growth(
    bench: Bench, sizes: Sequence[int], version: str, say: Callable[[str], None]
) -> list[dict[str, Any]]:
    """Plan each size once and keep the figures for the next table."""
    folder = bench.home / "growth"
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for size in sizes:
        day, solution, trace = folder / "day.npz", folder / "solution.json", folder / "trace.jsonl"
        for file in (solution, trace):
            file.unlink(missing_ok=True)
        clinicians = write_day(day, size)
        argv = [sys.executable, "-m", "suture.cli", "plan", str(day), "--format", "hh-npz", "--iterations", "1"]
        argv += ["--output", str(solution), "--output-format", "native", "--trace", str(trace)]
        used = run_measured(argv, environment(bench, OURS), bench.core, 900, folder)
        problem, left = used.last_line if used.code else "", None
        if solution.exists():
            verdict = check(bench.tools / "check_home_health.py", day, solution)
            problem, left = verdict.problem, verdict.unassigned
        rows.append(
            {
                "visits": size,
                "clinicians": clinicians,
                "first_plan_seconds": read_report(trace).get("first_plan_seconds"),
                "unassigned": left,
                "cpu_seconds": used.cpu_seconds,
                "peak_mb": used.peak_mb,
                "problem": problem,
                "version": version,
            }
        )
        say(f"{size} visits: first plan {rows[-1]['first_plan_seconds']} s, {used.peak_mb:.0f} MB {problem}")
        day.unlink()
    (bench.home / "growth.json").write_text(json.dumps(rows))
    return rows


def read_growth(bench: Bench, version: str) -> list[dict[str, Any]]:
    """The kept figures, if they are this planner's."""
    try:
        rows = json.loads((bench.home / "growth.json").read_text())
    except (OSError, ValueError):
        return []
    return [row for row in rows if isinstance(row, dict) and row.get("version") == version]
