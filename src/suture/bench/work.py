"""What is measured: instances, budgets, seeds and engines; the whole table and the quick one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

OURS, PYVRP, VROOM, ORTOOLS = "ours", "pyvrp", "vroom", "ortools"
ENGINES = (OURS, PYVRP, VROOM, ORTOOLS)
LINKED = (OURS, ORTOOLS)
"""Who can express two-carer links; uhhc's idle time and lunches only we can."""
QUICK_LIMIT_SECONDS = 30 * 60

_HOME = "home-health"
_VRPTW_SET = tuple(f"{c}_{s}_1" for s in (2, 10) for c in ("C1", "C2", "R1", "R2", "RC1", "RC2"))
_CHECKERS = {"vrptw": "check_vrptw.py", "hhcrsp": "check_hhcrsp.py", "uhhc": "check_uhhc.py"}


@dataclass(frozen=True, slots=True)
class Work:
    """One instance under one budget: a row, or a part of a set's row."""

    group: str
    """`named`, `repair`, or the name of a set."""
    name: str
    kind: str
    path: str
    """Below the folder of routing data."""
    seconds: float
    """CPU seconds."""
    engines: tuple[str, ...] = ENGINES
    seeds: tuple[int, ...] = (1,)
    reference: float | None = None
    base: str | None = None

    @property
    def checker(self) -> str:
        """The program that costs it."""
        return _CHECKERS.get(self.kind, "check_home_health.py")

    @property
    def title(self) -> str:
        """As the tables call it."""
        return f"{self.name}, {self.seconds:g} s"


@dataclass(frozen=True, slots=True)
class Cell:
    """One run: a work, an engine and a seed."""

    work: Work
    engine: str
    seed: int


@dataclass(frozen=True, slots=True)
class Known:
    """Best published costs by instance, and the sets' members in the order of their files."""

    vrptw: dict[str, float]
    hhcrsp: dict[tuple[str, str], float]
    uhhc: dict[str, float]


def read_known(routing: Path) -> Known:
    """The published figures kept with the instances. Raises OSError, ValueError."""
    vrptw = {row[0]: float(row[1]) for row in _rows(routing / "vrptw" / "BKS.tsv")}
    hhcrsp = {(row[0], row[1]): float(row[5]) for row in _rows(routing / "hhcrsp" / "BKS.tsv")}
    uhhc = {
        row[0]: min(float(x) for x in row[1:] if x.strip())  # the better of the two published columns
        for row in _rows(routing / "uhhc" / "REFERENCE.tsv")
    }
    return Known(vrptw, hhcrsp, uhhc)


def _rows(path: Path) -> list[list[str]]:
    return [line.split("\t") for line in path.read_text().splitlines()[1:] if line.strip()]


def _vrptw(known: Known, group: str, name: str, seconds: float, seeds: tuple[int, ...]) -> Work:
    return Work(group, name, "vrptw", f"vrptw/{name}.txt", seconds, seeds=seeds, reference=known.vrptw[name])


def _home_health(group: str, size: int, seconds: float, seeds: tuple[int, ...], **given: object) -> Work:
    name, path = f"hh_{size}", f"{_HOME}/hh_{size}.npz"
    work = Work(group, name, "hh-npz", path, seconds, seeds=seeds)
    return replace(work, **given)  # type: ignore[arg-type]


def _linked(known: Known, group: str, source: str, file: str, seconds: float, seeds: tuple[int, ...]) -> Work:
    name = file.removesuffix(".json").removeprefix("InstanzCPLEX_HCSRP_").removeprefix("InstanzVNS_HCSRP_")
    name = name.removeprefix("HHCRSP_").split("-r")[0].removeprefix("instance_")
    path, best = f"hhcrsp/{source}/{file}", known.hhcrsp[source, file]
    return Work(group, name, "hhcrsp", path, seconds, LINKED, seeds, best)


def _named(known: Known, seeds: tuple[int, ...], long: tuple[int, ...]) -> list[Work]:
    """`long`: the seeds of the runs of 30 seconds and more."""
    return [
        _vrptw(known, "named", "R1_2_1", 10, seeds),
        _home_health("named", 300, 10, seeds),
        _vrptw(known, "named", "R1_10_1", 10, seeds),
        _home_health("named", 2000, 30, long),
        _vrptw(known, "named", "R1_10_1", 60, long),
        _linked(known, "named", "mankowska", "InstanzVNS_HCSRP_100_1.json", 60, long),
    ]


def _repairs(seeds: tuple[int, ...]) -> list[Work]:
    found = []
    for size in (30, 300, 2000):
        base = f"{_HOME}/base_plans/hh_{size}.base.json"
        found.append(_home_health("repair", size, 0.1, seeds, base=base, engines=(OURS,)))
        found.append(_home_health("repair", size, 1, seeds, base=base))
    return found


def full_plan(known: Known, seeds: tuple[int, ...] = (1, 2, 3)) -> list[Work]:
    """Named rows and repairs by each seed, whole sets by the first."""
    one = seeds[:1]
    works = [*_named(known, seeds, seeds), *_repairs(seeds)]
    works += [_vrptw(known, "vrptw", name, 60, one) for name in _VRPTW_SET]
    works += [_linked(known, source, source, file, 60, one) for source, file in known.hhcrsp]
    works += [_uhhc(known, name, 120, one) for name in known.uhhc]
    return works


def _uhhc(known: Known, name: str, seconds: float, seeds: tuple[int, ...]) -> Work:
    return Work("uhhc", name, "uhhc", f"uhhc/{name}.json", seconds, (OURS,), seeds, known.uhhc[name])


def quick_plan(known: Known, seeds: tuple[int, ...] = (1, 2, 3)) -> list[Work]:
    """Half an hour: three seeds on the short named rows, one on the long ones; of each set a spread at 10 seconds."""
    one = seeds[:1]
    named = [replace(w, seeds=one) if w.name == "R1_10_1" else w for w in _named(known, seeds, one)]
    works = [*named, *_repairs(one)]
    works += [_vrptw(known, "vrptw", name, 10, one) for name in ("C1_2_1", "RC1_2_1", "R2_2_1", "RC2_10_1")]
    for source, count in (("mankowska", 5), ("kummer", 4), ("italian", 2)):
        files = [file for where, file in known.hhcrsp if where == source]
        works += [_linked(known, source, source, file, 10, one) for file in _spread(files, count)]
    works += [_uhhc(known, name, 20, one) for name in _spread(list(known.uhhc), 3)]
    return works


def _spread(names: Sequence[str], count: int) -> list[str]:
    """This many names, evenly over the list."""
    return [names[i * len(names) // count] for i in range(count)] if len(names) > count else list(names)


def cells_of(works: Iterable[Work], engines: Sequence[str]) -> list[Cell]:
    """Every run, seeds outermost within a work, so that an early stop leaves comparable rows."""
    return [Cell(w, engine, seed) for w in works for seed in w.seeds for engine in w.engines if engine in engines]


def expected_seconds(cell: Cell) -> float:
    """A run's time on an idle core: its budget, starting, building a model, known overruns, checking.

    The overruns were measured: at 2000 visits VROOM and OR-Tools take up to three times what they are given.
    """
    big = cell.work.name == "hh_2000"
    late = {VROOM: 60.0, ORTOOLS: 25.0, PYVRP: 8.0}.get(cell.engine, 4.0) if big else 0.0
    if cell.work.name.startswith(("R1_10", "RC2_10")) and cell.engine in (VROOM, ORTOOLS):
        late = 10.0
    return cell.work.seconds + 1.5 + late
