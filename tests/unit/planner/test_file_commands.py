"""`suture plan | rebalance | check | explain` on files alone."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from tests.unit.planner.planner_files import PROBLEM, a_visit, at, planned, problem_with, run, who_has


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "problem.json").write_text(json.dumps(PROBLEM))
    return tmp_path


def test_a_plan_is_written_priced_and_checked(folder: Path):
    plan = planned(folder)
    assert plan["uncovered"] == []
    assert who_has(plan)["v1"] == "ana"
    assert sum(plan["score"]["parts"].values()) == plan["score"]["soft_seconds"]
    done = run("check", folder / "problem.json", folder / "plan.json")
    assert done.exit_code == 0
    assert json.loads(done.output)["score"]["soft_seconds"] == plan["score"]["soft_seconds"]


def test_the_same_seed_writes_the_same_plan(folder: Path):
    assert planned(folder)["routes"] == planned(folder)["routes"]


def test_two_carers_start_together_and_are_two_people(folder: Path):
    problem = copy.deepcopy(PROBLEM) | {"weights": {}, "limits": []}
    problem["visits"][2]["positions"] = 2
    plan = planned(folder, problem)
    both = [(r["clinician_id"], s["start"]) for r in plan["routes"] for s in r["stops"] if s["visit_id"] == "v3"]
    assert len({who for who, _ in both}) == 2
    assert len({start for _, start in both}) == 1


def test_a_call_out_gives_the_visits_to_others_and_says_why_not(folder: Path):
    planned(folder)
    signals = [{"kind": "call_out", "occurred_at": at("07:40"), "clinician_id": "ana"}]
    (folder / "signals.json").write_text(json.dumps(signals))
    files = [folder / f"{name}.json" for name in ("problem", "plan", "signals")]
    done = run("rebalance", *files, "--iterations", 100, "--output", folder / "new.json")
    assert done.exit_code == 0, done.output
    after = json.loads((folder / "new.json").read_text())
    assert set(who_has(after).values()) == {"bo"}
    (lost,) = after["uncovered"]
    assert (lost["visit_id"], lost["reasons"]) == ("v1", [{"rule": "credential", "blocked": 1, "sole": 1}])
    assert any(c["visit_id"] == "v1" and c["kind"] == "uncovered" for c in after["changes"])


def test_a_broken_plan_is_refused_with_the_rule(folder: Path):
    plan = planned(folder)
    route = next(r for r in plan["routes"] if r["stops"])
    route["stops"][0]["start"] = at("05:00")
    (folder / "plan.json").write_text(json.dumps(plan))
    done = run("check", folder / "problem.json", folder / "plan.json")
    assert done.exit_code == 1
    assert {v["rule"] for v in json.loads(done.output)["violations"]} & {"window", "travel"}


def test_cover_first_serves_what_is_cheaper_to_leave_out_and_prints_the_cost_at_the_files_prices(folder: Path):
    """v4 takes 2,400 seconds of driving, and its price is 1,000."""
    problem = problem_with(visits=[a_visit(4, uncovered_cost_seconds=1000)], weights={}, limits=[])
    assert len(planned(folder, problem)["uncovered"]) == 1
    done = run("plan", folder / "problem.json", "--cover-first", "--iterations", 200, "--output", folder / "plan.json")
    plan = json.loads((folder / "plan.json").read_text())
    assert plan["uncovered"] == []
    assert f"cost {plan['score']['soft_seconds']} seconds of driving, 0 uncovered" in done.output


def test_why_not_names_the_rule_or_the_price(folder: Path):
    planned(folder)
    files = folder / "problem.json", folder / "plan.json"
    (answer,) = json.loads(run("explain", *files, "--visit", "v1", "--clinician", "bo").output)
    assert answer["blocked"][0]["rules"] == ["credential"]
    (answer,) = json.loads(run("explain", *files, "--visit", "v4").output)
    assert answer["chosen"] is not None
    assert [x["cost_seconds"] for x in answer["others"]] >= [answer["chosen"]["cost_seconds"]]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"visitz": []}, "visitz"),
        ({"travel": None}, "travel"),
        ({"time_zone": "Mars"}, "time_zone: 'Mars'; expected"),
        ({"visits": [a_visit(1, place_id="moon")]}, "visits.0.place_id: 'moon'; expected"),
        ({"visits": [a_visit(1, service_minutes=-5)]}, "visits.0.service_minutes: -5; expected"),
        ({"patterns": [{}]}, "patterns"),
    ],
)
def test_a_fault_is_one_line_with_path_value_and_what_was_expected(folder: Path, change: dict[str, Any], said: str):
    (folder / "problem.json").write_text(json.dumps(PROBLEM | change))
    done = run("plan", folder / "problem.json", "--iterations", 5)
    assert done.exit_code == 2
    assert said in done.output
    assert "Traceback" not in done.output


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"PK\x03\x04", b"hello", b'{"a": 1}'])
@pytest.mark.parametrize("kind", ["auto", "suture", "vrptw", "hhcrsp", "uhhc", "hh-npz"])
def test_rubbish_is_refused_in_every_format(tmp_path: Path, content: bytes, kind: str):
    (tmp_path / "x").write_bytes(content)
    done = run("plan", tmp_path / "x", "--format", kind, "--iterations", 1)
    assert done.exit_code == 2, done.output
    assert done.exception is None or isinstance(done.exception, SystemExit)


def test_a_missing_file_and_two_budgets_are_usage_errors(tmp_path: Path):
    assert run("plan", tmp_path / "none.json").exit_code == 2
    assert run("plan", tmp_path / "none.json", "--iterations", 1, "--seconds", 1).exit_code == 2
