"""A small problem file, and the commands on files in a folder."""

import copy
import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from suture.cli import main


def at(clock: str) -> str:
    return f"2026-11-24T{clock}:00-05:00"


def a_visit(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"v{number}",
        "place_id": f"p{number}",
        "discipline": "SN",
        "service_minutes": 45,
        "documentation_minutes": 10,
        "time_windows": [{"earliest_start": at("08:00"), "latest_start": at("12:00")}],
        **changes,
    }


PLACES = ["home-ana", "home-bo", "p1", "p2", "p3", "p4"]
PROBLEM: dict[str, Any] = {
    "schema": "suture-problem/1",
    "time_zone": "America/New_York",
    "horizon": {"first_service_date": "2026-11-24"},
    "places": [{"id": p} for p in PLACES],
    "travel": {"place_ids": PLACES, "seconds": [[abs(a - b) * 300 for b in range(6)] for a in range(6)]},
    "clinicians": [
        {"id": "ana", "disciplines": ["SN"], "credentials": [{"code": "wound_care"}]},
        {"id": "bo", "disciplines": ["SN"]},
    ],
    "shifts": [
        {
            "id": f"{who}-1124",
            "clinician_id": who,
            "start": at("08:00"),
            "end": at("16:30"),
            "start_place_id": f"home-{who}",
            "overtime_cost_per_minute": 90,
        }
        for who in ("ana", "bo")
    ],
    "visits": [
        a_visit(1, needs=["wound_care"]),
        a_visit(2, preferred=[{"clinician_id": "bo", "saving_seconds": 900}]),
        a_visit(3),
        a_visit(4),
    ],
    "weights": {"fairness": 6},
    "limits": [{"id": "day", "kind": "minutes", "clinician_ids": ["ana", "bo"], "hard_max_minutes": 600}],
}


def run(*args: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in args])


def planned(folder: Path, problem: dict[str, Any] = PROBLEM, code: int = 0) -> dict[str, Any]:
    (folder / "problem.json").write_text(json.dumps(problem))
    done = run("plan", folder / "problem.json", "--iterations", 200, "--output", folder / "plan.json")
    assert done.exit_code == code, done.output
    return dict(json.loads((folder / "plan.json").read_text()))


def who_has(plan: dict[str, Any]) -> dict[str, str]:
    return {s["visit_id"]: r["clinician_id"] for r in plan["routes"] for s in r["stops"] if "visit_id" in s}


def problem_with(**changes: Any) -> dict[str, Any]:
    return copy.deepcopy(PROBLEM) | changes


def rebalanced(folder: Path, *signals: dict[str, Any], code: int = 0) -> dict[str, Any]:
    """The plan after signals, from problem.json and plan.json of a folder."""
    (folder / "signals.json").write_text(json.dumps(signals))
    files = [folder / f"{name}.json" for name in ("problem", "plan", "signals")]
    done = run("rebalance", *files, "--iterations", 200, "--output", folder / "new.json")
    assert done.exit_code == code, done.output
    return dict(json.loads((folder / "new.json").read_text()))


def stops(plan: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """(clinician, HH:MM) of each visit."""
    found = ((r["clinician_id"], s) for r in plan["routes"] for s in r["stops"])
    return {s["visit_id"]: (who, s["start"][11:16]) for who, s in found if "visit_id" in s}
