"""Ours beside its peers: runs what is not in the journal yet, then writes the tables."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from suture.bench import machine
from suture.bench.engines import Bench, make_clock, versions
from suture.bench.journal import Finished, Journal
from suture.bench.running import cell_key, run_cell, starting_cpu
from suture.bench.work import QUICK_LIMIT_SECONDS, Cell, Work, cells_of, expected_seconds

Say = Callable[[str], None]
Save = Callable[["Outcome"], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is done so far of a plan of works."""

    works: tuple[Work, ...]
    engines: tuple[str, ...]
    versions: dict[str, str]
    runs: dict[Cell, Finished]
    quick: bool
    missing: int
    """Runs of the plan that were not made."""
    notes: tuple[str, ...]
    starts: dict[str, float]
    """CPU seconds of each engine's start."""
    on: str


def bench_peers(
    bench: Bench,
    works: Sequence[Work],
    engines: Sequence[str],
    *,
    quick: bool,
    say: Say,
    save: Save,
    clock: Callable[[], float] = time.monotonic,
) -> Outcome:
    """Run every cell that the journal lacks. Raises NoPeers. A quick run ends within its half hour, done or not."""
    began, on = clock(), machine.describe()
    installed = versions(bench, engines)
    notes = [note for note in (make_clock(bench),) if note]
    journal = Journal(bench.home / "journal.jsonl")
    cells = cells_of(works, engines)
    runs: dict[Cell, Finished] = {}
    for cell in cells:
        old = journal.find(cell_key(cell, installed[cell.engine], on))
        if old is not None:
            runs[cell] = old
    wanted = [cell for cell in cells if cell not in runs]
    say(f"{len(cells)} runs, {len(runs)} of them in the journal already; core {bench.core}")
    starts = {engine: starting_cpu(bench, engine) for engine in engines if any(c.engine == engine for c in cells)}

    def outcome() -> Outcome:
        missing = len(cells) - len(runs)
        return Outcome(tuple(works), tuple(engines), installed, runs, quick, missing, tuple(notes), starts, on)

    for done, cell in enumerate(wanted):
        if quick and not fits(clock() - began, cell):
            continue
        run = run_cell(bench, cell, installed[cell.engine], starts[cell.engine], on)
        journal.add(run)
        runs[cell] = run
        say(f"{done + 1}/{len(wanted)} {line_of(run)}")
        save(outcome())
    found = outcome()
    save(found)
    return found


def fits(elapsed: float, cell: Cell) -> bool:
    """Whether a run may still begin in a quick measurement; on a busy core it takes twice its time."""
    return elapsed + 2 * expected_seconds(cell) <= QUICK_LIMIT_SECONDS


def line_of(run: Finished) -> str:
    """A run for a person who waits."""
    got = run.problem if run.cost is None else f"cost {run.cost:g}"
    return f"{run.name} {run.seconds:g} s {run.engine} seed {run.seed}: {got}; {run.cpu_seconds:.1f} CPU s"
