"""Suture and its peers on the same instances: same machine, same CPU seconds, one thread each, one judge for all.

Every finished run is a line of `bench/peers.jsonl`; a run that is there is not done again, so the command resumes where
it stopped. `bench/RESULTS.md` is written from those lines and from nothing else.
"""

import csv
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from suture import __version__
from suture.bench.data import ROOT
from suture.planner.formats import NATIVE
from suture.planner.plan import Plan, left_out
from suture.planner.problem import Problem
from suture.planner.reference import breaches, price, timed

RESULTS = ROOT / "bench" / "RESULTS.md"
RUNS = ROOT / "bench" / "peers.jsonl"
ENGINES = {"suture": __version__, "pyvrp": "0.14.1", "vroom": "1.15.2 (pyvroom)", "ortools": "9.15"}
LINK_FREE = ("suture", "pyvrp", "vroom", "ortools")
WALL_STOPPED = ("vroom", "ortools")
_LEAST_CORE, _USED_UP = 0.95, 0.8
_TIMEOUT_SHARE, _TIMEOUT_SECONDS = 6, 120


_HOW_FAR = """How far the rows compare: suture and pyvrp stop by CPU time; vroom and ortools only by the wall, so a
run of theirs that used less than 95 % of a core is not counted (`suture bench peers` does it again). Peers run with
default parameters. The few constants of suture were chosen while looking at R1_2_1, R1_10_1, R2_10_1, RC2_10_1, hh_300,
hh_2000 and some mankowska, kummer and uhhc instances: its rows there are not blind. vroom and ortools take no seed, the
order of nodes is shuffled instead. vroom has no price for leaving a visit out, and on hh_2000 none for a pair; pyvrp is
not run there (a matrix for each of 250 rows does not fit). Differences below 1 % in one run a cell are noise.
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One instance at one budget. `scale`: cost units in one of the published ones."""

    kind: str
    file: str
    seconds: float
    seeds: tuple[int, ...]
    engines: tuple[str, ...]
    scale: float = 1.0


NAMED = (
    Row("vrptw", "vrptw/R1_2_1.txt", 10, (5, 6, 7), LINK_FREE, 10),
    Row("vrptw", "vrptw/R1_10_1.txt", 10, (5, 6, 7), LINK_FREE, 10),
    Row("vrptw", "vrptw/R1_10_1.txt", 60, (5, 6, 7), LINK_FREE, 10),
    Row("hh-npz", "home-health/hh_30.npz", 5, (5, 6, 7), LINK_FREE),
    Row("hh-npz", "home-health/hh_300.npz", 10, (5, 6, 7), LINK_FREE),
    Row("hh-npz", "home-health/hh_2000.npz", 30, (5, 6, 7), ("suture", "vroom", "ortools")),
    Row("uhhc", "uhhc/i-083.json", 60, (5, 6, 7), ("suture",)),
    Row("hhcrsp", "hhcrsp/mankowska/InstanzVNS_HCSRP_100_1.json", 60, (5, 6, 7), ("suture",), 30_000),
)


def quick_rows() -> tuple[Row, ...]:
    """One seed, no budget above 10 s: half an hour."""
    return tuple(
        Row(x.kind, x.file, min(x.seconds, 10), x.seeds[:1], x.engines, x.scale)
        for x in {r.file: r for r in NAMED}.values()
    )


def whole_sets(folder: Path) -> Iterator[Row]:
    """Every shared instance once, by the budgets of the bar."""
    for path in sorted((folder / "vrptw").glob("*_[0-9]*_1.txt")):
        yield Row("vrptw", f"vrptw/{path.name}", 60, (5,), ("suture", "pyvrp"), 10)
    for path in sorted((folder / "hhcrsp").glob("*/*.json")):
        yield Row("hhcrsp", str(path.relative_to(folder)), 60, (5,), ("suture",), 30_000)
    for path in sorted((folder / "uhhc").glob("*.json")):
        yield Row("uhhc", f"uhhc/{path.name}", 120, (5,), ("suture",))


def run_all(rows: list[Row], folder: Path, say: Callable[[str], None]) -> None:
    """Do what is not done yet; write the table after each run."""
    RUNS.parent.mkdir(exist_ok=True)
    done = {_key(line): line for line in _lines()}
    for row in rows:
        for engine in row.engines:
            for seed in row.seeds:
                key = (row.kind, row.file, row.seconds, engine, seed)
                if key in done:
                    continue
                line = {"kind": row.kind, "file": row.file, "seconds": row.seconds, "engine": engine, "seed": seed}
                line |= _run(row, engine, seed, folder)
                if _was_short_changed(line):
                    say(f"{row.file}, {engine} seed {seed}: shared its core, not counted; run the command again")
                    continue
                with RUNS.open("a") as file:
                    file.write(json.dumps(line) + "\n")
                say(f"{row.file} {row.seconds:g} s, {engine} seed {seed}: {line.get('cost', line.get('failed'))}")
                RESULTS.write_text(table(_lines(), references(folder)))


def _was_short_changed(line: dict[str, object]) -> bool:
    """Whether an engine that stops by the wall used up its budget without having had its core to itself."""
    if line["engine"] not in WALL_STOPPED or "cpu" not in line:
        return False
    wall = float(str(line["wall"]))
    used_up = wall >= _USED_UP * float(str(line["seconds"]))
    return used_up and float(str(line["cpu"])) < _LEAST_CORE * wall


def _lines() -> list[dict[str, object]]:
    return [json.loads(line) for line in RUNS.read_text().splitlines()] if RUNS.exists() else []


def _key(line: dict[str, object]) -> tuple[object, ...]:
    return tuple(line[name] for name in ("kind", "file", "seconds", "engine", "seed"))


def _run(row: Row, engine: str, seed: int, folder: Path) -> dict[str, object]:
    """One run in its own process, judged by the reference."""
    command = [sys.executable, "-m", "suture.bench.one_run", engine, row.kind, str(folder / row.file)]
    env = os.environ | {"OMP_NUM_THREADS": "1"}
    load = os.getloadavg()[0]
    try:
        done = subprocess.run(
            [*command, str(row.seconds), str(seed)],
            env=env,
            capture_output=True,
            text=True,
            timeout=row.seconds * _TIMEOUT_SHARE + _TIMEOUT_SECONDS,
            check=True,
        )
    except subprocess.TimeoutExpired:
        return {"failed": "no end"}
    except subprocess.CalledProcessError as error:
        return {"failed": (error.stderr.strip().splitlines() or ["no word"])[-1][:120]}
    found = json.loads(done.stdout.splitlines()[-1])
    problem = NATIVE[row.kind].read((folder / row.file).read_bytes())
    cost, uncovered, faults = judge(problem, found["routes"], found["starts"])
    figures = {"cpu": found["cpu"], "wall": found["wall"], "mb": found["mb"], "load": round(load, 1)}
    return {"cost": cost / row.scale, "uncovered": uncovered, "broken": faults, **figures}


def judge(problem: Problem, routes: list[list[int]], starts: list[list[int]] | None) -> tuple[int, int, int]:
    """(cost, nodes left out, broken rules) by the reference; required nodes left out count as broken."""
    if starts is not None:
        orders = tuple(tuple(route) for route in routes)
        plan = Plan(orders, tuple(tuple(s) for s in starts), left_out(problem.n, orders))
    else:
        found = timed(problem, routes)
        if not isinstance(found, Plan):
            return 0, 0, 1
        plan = found
    return price(problem, plan).total, len(plan.uncovered), len(breaches(problem, plan))


def references(folder: Path) -> dict[str, float]:
    """Best known costs by file name."""
    found: dict[str, float] = {}
    for table_file, name, columns in (
        ("vrptw/BKS.tsv", 0, (1,)),
        ("hhcrsp/BKS.tsv", 1, (5,)),
        ("uhhc/REFERENCE.tsv", 0, (1, 2)),
    ):
        path = folder / table_file
        if not path.exists():
            continue
        for cells in list(csv.reader(path.read_text().splitlines(), delimiter="\t"))[1:]:
            values = [float(cells[i]) for i in columns if i < len(cells) and _is_number(cells[i])]
            if values:
                found[Path(cells[name]).stem] = min(values)
    return found


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def table(lines: list[dict[str, object]], best: dict[str, float]) -> str:
    """RESULTS.md: one row an instance, budget and engine."""
    groups: dict[tuple[str, float, str], list[dict[str, object]]] = {}
    for line in lines:
        groups.setdefault((str(line["file"]), float(str(line["seconds"])), str(line["engine"])), []).append(line)
    out = [
        "# Results",
        "",
        "Written by `suture bench peers`; no figure here comes from anywhere else. Costs are the reference's, whatever",
        "an engine says of itself. One process and one thread each, on a machine with "
        f"{os.cpu_count()} CPUs. Engines: " + ", ".join(f"{k} {v}" for k, v in ENGINES.items()) + ".",
        "",
        _HOW_FAR,
        "| instance | budget s | engine | runs | cost, median | min … max | gap % | absent | CPU s | CPU / wall | MB |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for (file, seconds, engine), runs in sorted(groups.items()):
        out.append(_table_row(file, seconds, engine, runs, best))
    return "\n".join([*out, ""])


def _table_row(file: str, seconds: float, engine: str, runs: list[dict[str, object]], best: dict[str, float]) -> str:
    name = Path(file).stem
    good = [x for x in runs if "cost" in x and not x["broken"]]
    if not good:
        why = runs[0].get("failed", "breaks hard rules")
        return f"| {name} | {seconds:g} | {engine} | {len(runs)} | – ({why}) | – | – | – | – | – | – |"
    costs = [float(str(x["cost"])) for x in good]
    middle = statistics.median_low(costs)
    gap = f"{100 * (middle / best[name] - 1):+.2f}" if name in best else "–"
    uncovered = statistics.median_low([int(str(x["uncovered"])) for x in good])
    cpu = statistics.mean(float(str(x["cpu"])) for x in good)
    share = statistics.mean(float(str(x["cpu"])) / max(float(str(x["wall"])), 0.01) for x in good)
    mb = max(int(str(x["mb"])) for x in good)
    return (
        f"| {name} | {seconds:g} | {engine} | {len(good)} | {middle:,.1f} "
        f"| {min(costs):,.1f} … {max(costs):,.1f} | {gap} | {uncovered} | {cpu:.1f} | {share:.2f} | {mb} |"
    )
