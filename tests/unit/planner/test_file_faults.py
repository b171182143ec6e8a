"""Wrong input of `suture plan | rebalance | check | explain` on files: exit 2, with path, value and expectation."""

import json
import os
import signal
import threading
from pathlib import Path
from typing import Any

import pytest
from tests.unit.planner.planner_files import PLACES, PROBLEM, a_visit, at, planned, problem_with, run, stops

from suture.cli import planner
from suture.planner.plan import Plan


def refused(folder: Path, problem: dict[str, Any]) -> str:
    (folder / "problem.json").write_text(json.dumps(problem))
    done = run("plan", folder / "problem.json", "--iterations", 5, "--output", folder / "plan.json")
    assert done.exit_code == 2, done.output
    assert done.exception is None or isinstance(done.exception, SystemExit)
    return done.output


def travel_with(value: object) -> dict[str, Any]:
    seconds: list[list[object]] = [[abs(a - b) * 300 for b in range(6)] for a in range(6)]
    seconds[0][1] = value
    return {"place_ids": PLACES, "seconds": seconds}


def a_link(**changes: Any) -> dict[str, Any]:
    return {"kind": "sequential", "visit_ids": ["v1", "v2"], **changes}


def a_limit(**changes: Any) -> dict[str, Any]:
    return {"id": "few", "kind": "count", "clinician_ids": ["ana"], **changes}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"visits": [a_visit(1, service_minutes=10**18)]}, "visits.0.service_minutes: 1000000000000000000; expected"),
        ({"visits": [a_visit(1, service_minutes=True)]}, "visits.0.service_minutes: True; expected a valid integer"),
        ({"travel": travel_with(10**30)}, "travel.seconds.0.1: 1000000000000000000000000000000; expected"),
        ({"travel": travel_with(-300)}, "travel.seconds.0.1: -300; expected greater than or equal to 0"),
        ({"travel": travel_with(True)}, "travel.seconds.0.1: True; expected a valid integer"),
        (
            {"horizon": {"first_service_date": "0001-01-01"}},
            "horizon.first_service_date: '0001-01-01'; expected a year",
        ),
        ({"horizon": {"first_service_date": "2020-01-01"}}, "expected within 400 days of horizon.first_service_date"),
        ({"now": "0001-01-01T00:00:00Z"}, "now: '0001-01-01T00:00:00Z'; expected a year from 1970"),
        ({"weights": {"fairness": 10**9}}, "weights.fairness: 1000000000; expected"),
        ({"visits": [a_visit(1, priority="high")]}, "visits.0.priority: 'high'; expected"),
        ({"visits": [a_visit(1, time_windows=[])]}, "visits.0.time_windows: []; expected at least 1 item"),
        ({"visits": [a_visit(1), a_visit(1)]}, "visits: 'v1' twice; expected each id once"),
        ({"visits": [a_visit(1, forbidden_clinician_ids=["x"])]}, "visits.0.forbidden_clinician_ids.0: 'x'; expected"),
        ({"visits": [a_visit(1, only_clinician_ids=["x"])]}, "visits.0.only_clinician_ids.0: 'x'; expected"),
        (
            {"visits": [a_visit(1, preferred=[{"clinician_id": "x", "saving_seconds": 1}])]},
            "visits.0.preferred.0.clinician_id: 'x'; expected",
        ),
        (
            {"visits": [a_visit(1, pin={"scope": "both", "start": at("09:00")})]},
            "visits.0.pin.clinician_id: missing; expected an id in a pin of scope both",
        ),
        ({"visits": [a_visit(1, pin={"scope": "both", "clinician_id": "ana"})]}, "visits.0.pin.start: missing"),
        ({"visits": [a_visit(1, pin={"scope": "person", "clinician_id": "x"})]}, "visits.0.pin.clinician_id: 'x'"),
        ({"links": [a_link(min_gap_minutes=90, max_gap_minutes=30)]}, "links.0.min_gap_minutes: 90; expected no more"),
        ({"links": [a_link(visit_ids=["v1", "v1"])]}, "links.0.visit_ids.1: 'v1'; expected another visit"),
        (
            {"links": [a_link(), a_link(visit_ids=["v2", "v3"]), a_link(visit_ids=["v3", "v1"])]},
            "links: v1 -> v2 -> v3 -> v1; expected no circle",
        ),
        ({"limits": [a_limit(max=3, clinician_ids=["x"])]}, "limits.0.clinician_ids.0: 'x'; expected the id of one of"),
        ({"limits": [a_limit()]}, "limits.0.max: missing; expected max or hard_max in a limit of kind count"),
        ({"limits": [a_limit(max=3, max_minutes=60)]}, "limits.0.max_minutes: 60; expected max or hard_max"),
        ({"limits": [a_limit(max=3, visit_ids=["x"])]}, "limits.0.visit_ids.0: 'x'; expected the id of one of visits"),
        (
            {"shifts": [PROBLEM["shifts"][0] | {"live": {"place_id": "x", "ready_at": at("09:00")}}]},
            "live.place_id: 'x'",
        ),
        ({"visist": []}, "visist: no such key; did you mean 'visits'?"),
        ({"rooms": []}, "rooms: no such key; expected one of schema, time_zone"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path: Path, change: dict[str, Any], said: str):
    assert f"problem.json: {said}" in refused(tmp_path, problem_with(**change)) or said.startswith(("live", "expected"))
    assert said in refused(tmp_path, problem_with(**change))


SOLOMON = "x\n\nVEHICLE\nNUMBER CAPACITY\n {fleet} 10\n\nCUSTOMER\nCUST NO.\n\n 0 0 0 0 0 100 0\n 1 {x} 4 1 0 50 1\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SOLOMON.format(fleet=-2, x=3), "VEHICLE: -2 10; expected 1 to 100,000 vehicles"),
        (SOLOMON.format(fleet=10**12, x=3), "VEHICLE: 1000000000000 10; expected"),
        (SOLOMON.format(fleet=2, x="nan"), "line 11: '1 nan 4 1 0 50 1'; expected customer 1"),
        (SOLOMON.format(fleet=2, x="1e30"), "line 11: '1 1e30 4 1 0 50 1'; expected customer 1"),
        (
            '{"services": [], "caregivers": [], "patients": [{"id": "p", "time_window": [0, 1e30], '
            '"required_caregivers": []}]}',
            "patients[0].time_window[1]: 1e+30; expected a number up to 100,000",
        ),
    ],
)
def test_absurd_numbers_of_public_formats_are_refused(tmp_path: Path, text: str, said: str):
    (tmp_path / "x").write_text(text)
    done = run("plan", tmp_path / "x", "--iterations", 5)
    assert done.exit_code == 2, done.output
    assert said in done.output


def test_a_file_of_another_schema_is_one_fault(tmp_path: Path):
    planned(tmp_path)
    done = run("check", tmp_path / "plan.json", tmp_path / "plan.json")
    assert done.output.strip().endswith("schema: 'suture-plan/1'; expected 'suture-problem/1'")
    assert len(done.output.splitlines()) == 1


def test_a_missing_schema_is_named(tmp_path: Path):
    problem = problem_with()
    del problem["schema"]
    assert "problem.json: schema: missing; expected 'suture-problem/1'" in refused(tmp_path, problem)


@pytest.mark.parametrize("place", ["", "none/plan.json"])
def test_a_plan_that_cannot_be_written_is_refused_before_the_search(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
):
    (tmp_path / "problem.json").write_text(json.dumps(PROBLEM))
    monkeypatch.setattr(planner, "first_pass", lambda *_, **__: pytest.fail("it was searched"))
    for option in ("--output", "--trace"):
        done = run("plan", tmp_path / "problem.json", "--seconds", 30, option, tmp_path / place)
        assert (done.exit_code, "expected" in done.output) == (2, True)
    assert run("rebalance", "a", "b", "c", "--output", tmp_path / place).exit_code == 2


@pytest.mark.parametrize(
    "options",
    [
        ("--seed", -1),
        ("--seed", 2**64),
        ("--seconds", "nan"),
        ("--seconds", "-1"),
        ("--seconds", "inf"),
        ("--cpu-seconds", 0),
        ("--iterations", -5),
    ],
)
def test_a_budget_or_seed_that_is_none_is_refused(tmp_path: Path, options: tuple[object, ...]):
    (tmp_path / "problem.json").write_text(json.dumps(PROBLEM))
    done = run("plan", tmp_path / "problem.json", *options)
    assert done.exit_code == 2, done.output
    assert isinstance(done.exception, SystemExit)


def test_the_largest_seed_plans(tmp_path: Path):
    (tmp_path / "problem.json").write_text(json.dumps(PROBLEM))
    assert run("plan", tmp_path / "problem.json", "--iterations", 5, "--seed", 2**63 - 1).exit_code == 0


def test_the_demo_refuses_a_seed_before_it_makes_a_folder(tmp_path: Path):
    done = run("demo", "--headless", "--seed", -1, "--data", tmp_path / "data")
    assert done.exit_code == 2
    assert not (tmp_path / "data").exists()


def test_nothing_is_planned_before_now(tmp_path: Path):
    early = a_visit(4, time_windows=[{"earliest_start": at("08:00"), "latest_start": at("09:00")}])
    problem = problem_with(now=at("10:30"), visits=[*PROBLEM["visits"][:3], early])
    plan = planned(tmp_path, problem)
    assert all(start >= "10:30" for _, start in stops(plan).values())
    assert len(stops(plan)) == 3
    (lost,) = plan["uncovered"]
    assert (lost["visit_id"], [x["rule"] for x in lost["reasons"]]) == ("v4", ["window"])


def test_no_way_is_null_and_no_absurd_fix(tmp_path: Path):
    travel = travel_with(300)
    for k in range(5):
        travel["seconds"][k][5] = travel["seconds"][5][k] = None
    plan = planned(tmp_path, problem_with(travel=travel))
    (lost,) = plan["uncovered"]
    assert (lost["visit_id"], lost["cheapest_fix"]) == ("v4", [])
    assert [x["rule"] for x in lost["reasons"]] == ["no_way"]


def test_with_no_staff_the_reason_says_so(tmp_path: Path):
    plan = planned(tmp_path, problem_with(shifts=[]))
    assert {x["rule"] for lost in plan["uncovered"] for x in lost["reasons"]} == {"no_staff"}


def test_a_plan_of_another_problem_is_not_valid(tmp_path: Path):
    planned(tmp_path)
    (tmp_path / "problem.json").write_text(json.dumps(PROBLEM | {"time_zone": "America/Chicago"}))
    done = run("check", tmp_path / "problem.json", tmp_path / "plan.json")
    assert done.exit_code == 1
    assert [v["rule"] for v in json.loads(done.output)["violations"]] == ["other_problem"]


def test_a_plan_that_is_silent_on_a_visit_is_not_valid(tmp_path: Path):
    plan = planned(tmp_path)
    route = next(r for r in plan["routes"] if r["stops"])
    gone = route["stops"].pop()["visit_id"]
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    done = run("check", tmp_path / "problem.json", tmp_path / "plan.json")
    assert done.exit_code == 1
    lost = [v for v in json.loads(done.output)["violations"] if v["rule"] == "lost"]
    assert [v["visit_id"] for v in lost] == [gone]
    plan["uncovered"] = [{"visit_id": gone}]
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    assert run("check", tmp_path / "problem.json", tmp_path / "plan.json").exit_code == 0


def test_explain_says_the_start_that_the_plan_has(tmp_path: Path):
    plan = planned(tmp_path)
    last = max((r for r in plan["routes"] if r["stops"]), key=lambda r: len(r["stops"]))["stops"][-1]
    last["start"] = at("11:59")
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    done = run("explain", tmp_path / "problem.json", tmp_path / "plan.json", "--visit", last["visit_id"])
    assert json.loads(done.output)[0]["chosen"]["start"] == at("11:59")


def test_the_summary_and_the_help_say_units_and_defaults(tmp_path: Path):
    (tmp_path / "problem.json").write_text(json.dumps(PROBLEM))
    assert "seconds of driving, 0 uncovered" in run("plan", tmp_path / "problem.json", "--iterations", 5).output
    (tmp_path / "x.txt").write_text(SOLOMON.format(fleet=2, x=3))
    assert "cost 100 tenths" in run("plan", tmp_path / "x.txt", "--iterations", 5).output
    assert "10 if no budget" in " ".join(run("plan", "--help").output.split())


@pytest.mark.parametrize("budget", [("--seconds", "60"), ("--iterations", "1000000000")])
@pytest.mark.parametrize("command", ["first_pass", "rebalance"])
def test_ctrl_c_writes_the_best_plan_found_so_far(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, budget: tuple[str, str]
):
    planned(tmp_path)
    (tmp_path / "signals.json").write_text(
        json.dumps([{"kind": "call_out", "occurred_at": at("07:40"), "clinician_id": "bo"}])
    )
    search = getattr(planner, command)

    def pressed(*args: Any, **options: Any) -> Plan:
        threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
        found: Plan = search(*args, **options)
        return found

    monkeypatch.setattr(planner, command, pressed)
    files = [tmp_path / "problem.json"]
    if command == "rebalance":
        files += [tmp_path / "plan.json", tmp_path / "signals.json"]
    done = run({"first_pass": "plan"}.get(command, command), *files, *budget, "--output", tmp_path / "new.json")
    assert (done.exit_code, "stopped early" in done.output) == (0, True)
    assert json.loads((tmp_path / "new.json").read_text())["uncovered"] == []
