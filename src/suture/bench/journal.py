"""Finished runs, one line of JSON each: what is in it is not run again."""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Finished:
    """One run as it was measured. `cost` is the checker's; None where there is no legal plan."""

    key: str
    engine: str
    version: str
    group: str
    name: str
    seconds: float
    seed: int
    cost: float | None
    unassigned: int | None
    moved: int | None
    cpu_seconds: float
    wall_seconds: float
    over_seconds: float
    """CPU seconds above the budget, starting the program not counted."""
    peak_mb: float
    first_plan_seconds: float | None
    load: float
    problem: str
    """Why there is no plan, in words; empty where there is one."""
    finished_at: str


class Journal:
    """A file of finished runs; a line that an interruption cut off is passed over."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, Finished] = {}
        names = {f.name for f in fields(Finished)}
        for line in path.read_text().splitlines() if path.exists() else []:
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if isinstance(entry, dict) and set(entry) == names:
                self._known[entry["key"]] = Finished(**entry)

    def find(self, key: str) -> Finished | None:
        """The run of that key, if it was finished."""
        return self._known.get(key)

    def add(self, run: Finished) -> None:
        """Write it down at once."""
        self._known[run.key] = run
        self._path.parent.mkdir(parents=True, exist_ok=True)
        torn = self._path.exists() and not self._path.read_bytes().endswith(b"\n") and self._path.stat().st_size > 0
        with self._path.open("a") as file:
            file.write(("\n" if torn else "") + json.dumps(asdict(run)) + "\n")


def key_of(*parts: object) -> str:
    """A run's key: all that may change its figures."""
    return "|".join(str(part) for part in parts)
