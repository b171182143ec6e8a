"""What a solution costs, by the shared checkers: never by a solver's own number."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

CHECK_LIMIT_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Verdict:
    """The checker's. `cost` is None where the solution is refused; `problem` then says why."""

    cost: float | None
    unassigned: int | None = None
    moved: int | None = None
    problem: str = ""


def check(tool: Path, instance: Path, solution: Path, base: Path | None = None) -> Verdict:
    """Run the checker as a program of its own."""
    argv = [sys.executable, str(tool), str(instance), str(solution)]
    if base is not None:
        argv += ["--base", str(base), "--moved-cost", "600"]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=CHECK_LIMIT_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return Verdict(None, problem=f"the checker took more than {CHECK_LIMIT_SECONDS} s")
    return read_verdict(done.returncode, done.stdout, done.stderr, repair=base is not None)


def read_verdict(code: int, out: str, err: str, repair: bool = False) -> Verdict:
    """The checker's output: 0 and 1 come with JSON, anything else with a line on standard error."""
    try:
        report = json.loads(out) if code in (0, 1) else None
    except ValueError:
        report = None
    if not isinstance(report, dict):
        lines = err.strip().splitlines() or [f"the checker ended with {code}"]
        return Verdict(None, problem=lines[-1])
    if code or not report.get("valid"):
        violations = report.get("violations") or [{"message": "no reason given"}]
        more = f" (and {len(violations) - 1} more)" if len(violations) > 1 else ""
        return Verdict(None, problem=f"refused: {violations[0].get('message')}{more}")
    parts = report.get("components") or {}
    moved = parts.get("moved_visits") if repair else None
    return Verdict(float(report["cost"]), parts.get("unassigned_visits"), moved)
