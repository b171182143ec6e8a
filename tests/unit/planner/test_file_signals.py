"""`suture rebalance`: what each signal of a file moves, and what it leaves where it is."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.unit.planner.planner_files import PROBLEM, a_visit, at, planned, problem_with, rebalanced, run, stops


def a_stop(number: int, clock: str, end: str) -> dict[str, Any]:
    return {"visit_id": f"v{number}", "start": at(clock), "end": at(end)}


ANAS_DAY = [a_stop(1, "08:10", "08:55"), a_stop(3, "09:15", "10:00"), a_stop(4, "10:15", "11:00")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Ana has v1 at 08:10, v3 at 09:15 and v4 at 10:15; Bo has v2 at 08:10."""
    problem = problem_with(weights={"disruption": {"person": 3600}}, limits=[])
    problem["visits"][0]["needs"] = []
    plan = {
        "schema": "suture-plan/1",
        "routes": [
            {"clinician_id": "ana", "shift_id": "ana-1124", "stops": ANAS_DAY},
            {"clinician_id": "bo", "shift_id": "bo-1124", "stops": [a_stop(2, "08:10", "08:55")]},
        ],
    }
    (tmp_path / "problem.json").write_text(json.dumps(problem))
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    return tmp_path


def call_out(occurred: str, **more: Any) -> dict[str, Any]:
    return {"kind": "call_out", "occurred_at": at(occurred), "clinician_id": "ana", **more}


def check_in(number: int, clock: str) -> dict[str, Any]:
    return {"kind": "check_in", "occurred_at": at(clock), "visit_id": f"v{number}"}


def check_out(number: int, clock: str) -> dict[str, Any]:
    return {"kind": "check_out", "occurred_at": at(clock), "visit_id": f"v{number}"}


def test_who_is_away_for_an_hour_gives_away_only_what_overlaps_it(folder: Path):
    after = rebalanced(folder, call_out("07:40", **{"from": at("09:10"), "until": at("10:11")}))
    assert after["uncovered"] == []
    assert {v: x for v, x in stops(after).items() if v != "v3"} == {
        "v1": ("ana", "08:10"),
        "v2": ("bo", "08:10"),
        "v4": ("ana", "10:15"),
    }
    who, start = stops(after)["v3"]
    assert who == "bo" or start >= "10:11"


def test_who_is_back_takes_visits_again(folder: Path):
    day = json.loads((folder / "problem.json").read_text())
    day["shifts"] = day["shifts"][:1]
    day["visits"] = day["visits"][2:3]
    (folder / "problem.json").write_text(json.dumps(day))
    after = rebalanced(folder, call_out("07:40", until=at("10:30")))
    who, start = stops(after)["v3"]
    assert (who, start >= "10:30") == ("ana", True)


def test_nothing_is_planned_into_an_absence(folder: Path):
    day = json.loads((folder / "problem.json").read_text())
    day["visits"] += [a_visit(5, place_id="p1"), a_visit(6, place_id="p3"), a_visit(7, place_id="p4")]
    (folder / "problem.json").write_text(json.dumps(day))
    after = rebalanced(folder, call_out("07:40", **{"from": at("09:10"), "until": at("10:11")}))
    for who, start in stops(after).values():
        assert who == "bo" or start <= "08:15" or start >= "10:11"


def test_what_has_begun_or_is_done_stays_with_who_calls_out(folder: Path):
    after = rebalanced(folder, check_in(1, "08:12"), check_out(1, "08:50"), check_in(3, "09:20"), call_out("09:30"))
    assert stops(after)["v1"] == ("ana", "08:12")
    assert stops(after)["v3"] == ("ana", "09:20")
    assert stops(after)["v4"][0] == "bo"


def test_a_check_in_after_the_call_out_counts_as_well(folder: Path):
    after = rebalanced(folder, call_out("09:22"), check_in(3, "09:20"))
    assert stops(after)["v3"] == ("ana", "09:20")


def test_a_visit_reported_from_two_sides_of_town_stays_what_it_is(folder: Path):
    after = rebalanced(folder, check_in(1, "08:12"), check_out(1, "08:50"), check_in(3, "08:51"), check_in(4, "08:52"))
    assert {v: stops(after)[v] for v in ("v1", "v3", "v4")} == {
        "v1": ("ana", "08:12"),
        "v3": ("ana", "08:51"),
        "v4": ("ana", "08:52"),
    }


def test_an_absence_at_noon_is_the_break(folder: Path):
    day = json.loads((folder / "problem.json").read_text())
    lunch = {"earliest_start": at("09:00"), "latest_start": at("11:00"), "duration_minutes": 30}
    day["shifts"][0]["breaks"] = [lunch]
    (folder / "problem.json").write_text(json.dumps(day))
    after = rebalanced(folder, call_out("07:40", **{"from": at("09:10"), "until": at("10:11")}))
    assert not [s for r in after["routes"] for s in r["stops"] if "break_id" in s]
    assert stops(after)["v4"] == ("ana", "10:15")
    assert "missed_breaks" not in after["score"]["parts"]


def test_carers_begin_together_and_no_one_is_sent_after_them(folder: Path):
    day = json.loads((folder / "problem.json").read_text())
    fixed = {"earliest_start": at("09:15"), "latest_start": at("09:15")}
    day["visits"][2] |= {"positions": 2, "time_windows": [fixed]}
    (folder / "problem.json").write_text(json.dumps(day))
    after = rebalanced(folder, check_in(3, "09:20"), call_out("09:21", clinician_id="bo"))
    assert stops(after)["v3"] == ("ana", "09:20")
    lost = [x for x in after["uncovered"] if x["visit_id"] == "v3"]
    assert [(x["position"], x["reasons"][0]["rule"]) for x in lost] == [(2, "started")]


def test_a_pin_goes_with_who_calls_out(folder: Path):
    day = json.loads((folder / "problem.json").read_text())
    day["visits"][3]["pin"] = {"scope": "both", "clinician_id": "ana", "start": at("10:15")}
    (folder / "problem.json").write_text(json.dumps(day))
    assert stops(rebalanced(folder, call_out("07:40")))["v4"][0] == "bo"


def test_a_visit_that_runs_over_keeps_its_start_and_moves_what_follows(folder: Path):
    run_over = {"kind": "run_over", "occurred_at": at("08:50"), "visit_id": "v1", "expected_end": at("09:40")}
    after = rebalanced(folder, check_in(1, "08:12"), run_over)
    assert stops(after)["v1"] == ("ana", "08:12")
    (first, *_) = next(r for r in after["routes"] if r["clinician_id"] == "ana")["stops"]
    assert first["end"] == at("09:40")
    assert all(start >= "09:40" or who == "bo" for v, (who, start) in stops(after).items() if v != "v1")


def test_a_visit_that_runs_over_is_never_short(folder: Path):
    run_over = {"kind": "run_over", "occurred_at": at("08:20"), "visit_id": "v1", "expected_end": at("08:30")}
    after = rebalanced(folder, run_over)
    assert next(r for r in after["routes"] if r["stops"])["stops"][0]["end"] == at("08:55")


def test_past_its_start_a_visit_is_taken_to_have_begun(folder: Path):
    after = rebalanced(folder, {"kind": "cancellation", "occurred_at": at("08:30"), "visit_id": "v4"})
    assert stops(after) == {"v1": ("ana", "08:10"), "v2": ("bo", "08:10"), "v3": ("ana", "09:15")}


def test_visits_done_in_another_order_or_by_somebody_else_are_where_they_were(folder: Path):
    by_bo = check_in(3, "08:20") | {"clinician_id": "bo"}
    after = rebalanced(folder, check_in(4, "08:10"), by_bo, check_out(3, "08:50"), check_in(1, "09:05"))
    assert {v: stops(after)[v] for v in ("v4", "v3", "v1")} == {
        "v4": ("ana", "08:10"),
        "v3": ("bo", "08:20"),
        "v1": ("ana", "09:05"),
    }


def test_what_was_passed_over_comes_later_and_not_in_the_past(folder: Path):
    day = json.loads((folder / "problem.json").read_text())
    soft = {"open": at("09:00"), "close": at("09:30"), "late_cost_per_minute": 1}
    day["visits"][2] |= {"soft_window": soft}
    (folder / "problem.json").write_text(json.dumps(day))
    seen = [check_in(1, "08:10"), check_out(1, "09:40"), check_in(4, "10:20"), check_out(4, "11:00")]
    after = rebalanced(folder, *seen)
    assert stops(after)["v4"] == ("ana", "10:20")
    assert stops(after)["v3"][1] >= "11:00"


def test_nothing_new_starts_before_the_last_signal(folder: Path):
    new = {"kind": "new_visit", "occurred_at": at("10:40"), "visit": a_visit(9, place_id="p2")}
    assert stops(rebalanced(folder, new))["v9"][1] >= "10:40"


def test_a_check_in_at_another_minute_is_a_forced_change(folder: Path):
    changes = {c["visit_id"]: c for c in rebalanced(folder, check_in(1, "08:12"))["changes"]}
    for visit in ("v1", "v3"):  # v3 follows, and cannot begin as early as before
        assert (changes[visit]["kind"], changes[visit]["forced"]) == ("start", True)
        assert changes[visit]["because"] == "check_in:v1"


def test_changes_say_what_was_forced_and_why(folder: Path):
    cancelled = {"kind": "cancellation", "occurred_at": at("07:30"), "visit_id": "v1"}
    after = rebalanced(folder, cancelled, call_out("07:40"))
    changes = {c["visit_id"]: c for c in after["changes"]}
    assert (changes["v1"]["kind"], changes["v1"]["forced"], changes["v1"]["because"]) == (
        "cancelled",
        True,
        "cancellation:v1",
    )
    assert (changes["v3"]["kind"], changes["v3"]["forced"], changes["v3"]["because"]) == (
        "person",
        True,
        "call_out:ana",
    )
    if "v2" in changes:
        assert changes["v2"]["because"] == "cancellation:v1, call_out:ana"


@pytest.mark.parametrize("wrap", [list, lambda x: {"signals": x}])
def test_signals_are_a_list_bare_or_named(folder: Path, wrap: Any):
    (folder / "signals.json").write_text(json.dumps(wrap([call_out("07:40")])))
    files = [folder / f"{name}.json" for name in ("problem", "plan", "signals")]
    assert run("rebalance", *files, "--iterations", 5).exit_code == 0
    (folder / "signals.json").write_text(json.dumps(wrap([call_out("07:40") | {"kind": "strike"}])))
    assert "signals.0.kind: 'strike'; expected" in run("rebalance", *files, "--iterations", 5).output


@pytest.mark.parametrize(
    ("signal", "said"),
    [
        (call_out("07:40", clinician_id="zoe"), "signals.0.clinician_id: 'zoe'; expected the id of one of clinicians"),
        (call_out("07:40", until=at("07:00")), f"signals.0.until: {at('07:00')}; expected an instant after"),
        (check_in(8, "08:00"), "signals.0.visit_id: 'v8'; expected the id of one of visits"),
        ({"kind": "cancellation", "occurred_at": at("08:00")}, "signals.0.visit_id: missing; expected"),
        ({"kind": "run_over", "occurred_at": at("08:50"), "visit_id": "v1"}, "signals.0.expected_end: missing"),
        (
            {"kind": "run_over", "occurred_at": at("08:50"), "visit_id": "v1", "expected_end": at("08:00")},
            f"signals.0.expected_end: {at('08:00')}; expected an instant after the start",
        ),
        (
            {"kind": "new_visit", "occurred_at": at("08:00"), "visit": a_visit(1)},
            "signals.0.visit.id: 'v1'; expected an id that no other visit has",
        ),
        (
            {"kind": "new_visit", "occurred_at": at("08:00"), "visit": a_visit(9, place_id="moon")},
            "signals.0.visit.place_id: 'moon'; expected",
        ),
        (
            {
                "kind": "roster_change",
                "occurred_at": at("08:00"),
                "shift": PROBLEM["shifts"][0] | {"clinician_id": "x"},
            },
            "signals.0.shift.clinician_id: 'x'; expected",
        ),
    ],
)
def test_a_wrong_signal_is_refused_with_path_and_value(folder: Path, signal: dict[str, Any], said: str):
    (folder / "signals.json").write_text(json.dumps([signal]))
    files = [folder / f"{name}.json" for name in ("problem", "plan", "signals")]
    done = run("rebalance", *files, "--iterations", 5)
    assert done.exit_code == 2, done.output
    assert f"signals.json: {said}" in done.output


def test_an_absence_of_the_problem_file_is_kept_by_plan_and_check(folder: Path):
    away = [{"from": at("08:00"), "until": at("11:00")}]
    day = problem_with()
    day["shifts"] = [day["shifts"][0] | {"absences": away}, day["shifts"][1]]
    plan = planned(folder, day)
    assert [r["shift_id"] for r in plan["routes"]] == ["ana-1124", "bo-1124"]
    assert stops(plan)["v1"] >= ("ana", "11:00")
    assert run("check", folder / "problem.json", folder / "plan.json").exit_code == 0
