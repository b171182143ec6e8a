"""One run: started alone on one core, measured from outside, costed by a checker."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from suture.bench import machine
from suture.bench.checking import Verdict, check
from suture.bench.engines import Bench, command, driver_hash, environment, start_command
from suture.bench.journal import Finished, key_of
from suture.bench.work import OURS, Cell

MEASURE = Path(__file__).with_name("measure.py")


@dataclass(frozen=True, slots=True)
class Used:
    """What a program used, by the kernel's account."""

    code: int
    cpu_seconds: float
    wall_seconds: float
    peak_mb: float
    killed: bool
    last_line: str


def run_measured(argv: Sequence[str], added: dict[str, str], core: int, limit: float, folder: Path) -> Used:
    """Run a program on one core, for at most `limit` wall seconds."""
    folder.mkdir(parents=True, exist_ok=True)
    figures, errors = folder / "used.json", folder / "stderr.txt"
    figures.unlink(missing_ok=True)
    tied = [] if shutil.which("taskset") is None else ["taskset", "-c", str(core)]
    # Preloads are for the program alone, hence `env` behind the measuring process.
    inner = ["env", *(f"{key}={value}" for key, value in added.items()), *argv]
    outer = [sys.executable, "-S", "-E", str(MEASURE), str(figures), str(errors), f"{limit:g}", *tied, *inner]
    process = subprocess.Popen(outer, env={**os.environ, "PYTHONWARNINGS": "ignore"})
    try:
        process.wait()
    except KeyboardInterrupt:
        process.send_signal(signal.SIGTERM)
        process.wait()
        raise
    lines = errors.read_text(errors="replace").strip().splitlines() if errors.exists() else []
    last = lines[-1][:200] if lines else ""
    return Used(**json.loads(figures.read_text()), last_line=last)


def starting_cpu(bench: Bench, engine: str) -> float:
    """CPU seconds of an engine's start: run twice, the second counts, since the first may fill caches."""
    for _ in range(2):
        used = run_measured(
            start_command(bench, engine), environment(bench, engine), bench.core, 600, bench.home / "run"
        )
    return used.cpu_seconds


def cell_key(cell: Cell, version: str, on: str) -> str:
    """All that may change the figures of a cell."""
    work = cell.work
    ours = cell.engine == OURS and work.base is None
    how = "cli" if ours else driver_hash(cell)
    return key_of(cell.engine, version, how, work.path, work.base or "", f"{work.seconds:g}", cell.seed, on)


def run_cell(bench: Bench, cell: Cell, version: str, start: float, on: str) -> Finished:
    """Run, check, measure. `start`: CPU seconds of the engine's start."""
    work, folder = cell.work, bench.home / "run"
    folder.mkdir(parents=True, exist_ok=True)
    solution, report = folder / "solution.json", folder / "report.jsonl"
    for file in (solution, report):
        file.unlink(missing_ok=True)
    limit = 60 + 12 * work.seconds
    before = machine.load()
    argv = command(bench, cell, solution, report)
    used = run_measured(argv, environment(bench, cell.engine), bench.core, limit, folder)
    facts = read_report(report)
    verdict = judge(bench, cell, used, solution)
    over = facts.get("search_cpu_seconds", used.cpu_seconds - start) - work.seconds
    return Finished(
        key=cell_key(cell, version, on),
        engine=cell.engine,
        version=version,
        group=work.group,
        name=work.name,
        seconds=work.seconds,
        seed=cell.seed,
        cost=verdict.cost,
        unassigned=verdict.unassigned,
        moved=verdict.moved,
        cpu_seconds=used.cpu_seconds,
        wall_seconds=used.wall_seconds,
        over_seconds=round(max(0.0, over), 3),
        peak_mb=used.peak_mb,
        first_plan_seconds=facts.get("first_plan_seconds"),
        load=before,
        problem=verdict.problem,
        finished_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def judge(bench: Bench, cell: Cell, used: Used, solution: Path) -> Verdict:
    """The checker's verdict, or why there is nothing to check."""
    if used.killed:
        return Verdict(None, problem=f"stopped after {used.wall_seconds:.0f} s on the wall")
    if not solution.exists():
        return Verdict(None, problem="no plan found" if used.code == 0 else f"ended with {used.code}: {used.last_line}")
    work = cell.work
    base = bench.routing / work.base if work.base else None
    return check(bench.tools / work.checker, bench.routing / work.path, solution, base)


def read_report(path: Path) -> dict[str, float]:
    """A driver's report, or the first line of our trace."""
    try:
        first = json.loads(path.read_text().splitlines()[0])
    except (OSError, ValueError, IndexError):
        return {}
    facts = {key: float(first[key]) for key in ("first_plan_seconds", "search_cpu_seconds") if key in first}
    if "cpu_seconds" in first:
        facts["first_plan_seconds"] = float(first["cpu_seconds"])
    return facts
