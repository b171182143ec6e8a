"""How each engine is started, and which version of it is here."""

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from suture.bench.data import ROOT
from suture.bench.work import ORTOOLS, OURS, PYVRP, VROOM, Cell

DRIVERS = Path(__file__).parent / "drivers"
PLANNER = "src/suture/planner"
_DISTRIBUTIONS = {PYVRP: "pyvrp", VROOM: "pyvroom", ORTOOLS: "ortools"}
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}


class NoPeers(Exception):
    """The peers are not installed; the message says how to install them."""


@dataclass(frozen=True, slots=True)
class Bench:
    """Where things are: instances, checkers, and a folder of our own below the data folder."""

    routing: Path
    tools: Path
    home: Path
    core: int

    @property
    def python(self) -> Path:
        """The peers' interpreter: an environment of their own, so that ours stays what its lock says."""
        return self.home / "venv" / "bin" / "python"

    @property
    def clock(self) -> Path:
        """The compiled cpu_clock.c."""
        return self.home / "cpu_clock.so"


def how_to_install(bench: Bench) -> str:
    """The two commands."""
    folder = bench.home / "venv"
    return (
        f"The peers are not installed. Install them once, in an environment of their own:\n"
        f"  {ROOT / '.venv/bin/python'} -m venv {folder}\n"
        f"  {folder}/bin/pip install --no-deps --require-hashes -r {ROOT / 'requirements-bench.lock'}\n"
        f"or measure Suture alone: suture bench peers --engine ours"
    )


def versions(bench: Bench, engines: Sequence[str]) -> dict[str, str]:
    """Of each engine asked for. Raises NoPeers."""
    found = {OURS: planner_version()} if OURS in engines else {}
    wanted = {engine: _DISTRIBUTIONS[engine] for engine in engines if engine in _DISTRIBUTIONS}
    if not wanted:
        return found
    ask = "import importlib.metadata as m, json, sys; print(json.dumps([m.version(x) for x in sys.argv[1:]]))"
    try:
        done = subprocess.run([bench.python, "-c", ask, *wanted.values()], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        raise NoPeers(how_to_install(bench)) from None
    return found | dict(zip(wanted, json.loads(done.stdout), strict=True))


def planner_version() -> str:
    """The last commit that changed the planner; what is not committed yet adds a hash of its files."""
    commit = _git("log", "-1", "--format=%h", "--", PLANNER)
    if commit and not _git("status", "--porcelain", "--", PLANNER):
        return commit
    return f"{commit or 'no commit'}+{_hash(sorted((ROOT / PLANNER).rglob('*.py')))}"


def _git(*words: str) -> str:
    git = shutil.which("git")
    if git is None:
        return ""
    done = subprocess.run([git, "-C", str(ROOT), *words], capture_output=True, text=True, check=False)
    return done.stdout.strip()


def _hash(files: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()[:8]


def driver_of(cell: Cell) -> str:
    """The module that tells an engine a problem."""
    if cell.engine == OURS:
        return "ours_repair"
    linked = cell.engine == ORTOOLS and cell.work.kind == "hhcrsp"
    return "ortools_links_peer" if linked else f"{cell.engine}_peer"


def driver_hash(cell: Cell) -> str:
    """Of how an engine is told a problem: another encoding is another figure."""
    name = driver_of(cell)
    more = ["ortools_peer.py"] if name == "ortools_links_peer" else []
    return _hash([DRIVERS / file for file in ("task.py", *more, f"{name}.py")])


def start_command(bench: Bench, engine: str) -> list[str]:
    """A run that only starts and ends: what it uses is no part of a budget."""
    if engine == OURS:
        return [sys.executable, "-m", "suture.cli", "warmup"]
    return [str(bench.python), "-m", f"suture.bench.drivers.{engine}_peer", "--help"]


def command(bench: Bench, cell: Cell, solution: Path, report: Path) -> list[str]:
    """The command of one run."""
    work = cell.work
    what = [str(bench.routing / work.path), "--format", work.kind, "--seed", str(cell.seed)]
    what += ["--cpu-seconds", f"{work.seconds:g}", "--output", str(solution)]
    if cell.engine == OURS and work.base is None:
        return [sys.executable, "-m", "suture.cli", "plan", *what, "--output-format", "native", "--trace", str(report)]
    base = ["--base", str(bench.routing / work.base)] if work.base else []
    if cell.engine == OURS:
        return [sys.executable, "-m", f"suture.bench.drivers.{driver_of(cell)}", *what, "--report", str(report), *base]
    return [str(bench.python), "-m", f"suture.bench.drivers.{driver_of(cell)}", *what, "--report", str(report), *base]


def environment(bench: Bench, engine: str) -> dict[str, str]:
    """What to add to the environment of a run."""
    added = {**_ONE_THREAD, "PYTHONPATH": str(ROOT / "src")}
    if engine in (VROOM, ORTOOLS) and bench.clock.exists():
        added["LD_PRELOAD"] = str(bench.clock)
    return added


def make_clock(bench: Bench) -> str:
    """Compile cpu_clock.c; returns what to say of it where there is no compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    source = DRIVERS / "cpu_clock.c"
    if bench.clock.exists() and bench.clock.stat().st_mtime >= source.stat().st_mtime:
        return ""
    bench.home.mkdir(parents=True, exist_ok=True)
    if compiler is not None:
        argv = [compiler, "-O2", "-shared", "-fPIC", "-o", str(bench.clock), str(source)]
        if subprocess.run(argv, capture_output=True, check=False).returncode == 0:
            return ""
    bench.clock.unlink(missing_ok=True)
    return (
        "No C compiler: the limits of VROOM and OR-Tools count wall seconds here, fewer CPU seconds on a busy machine."
    )
