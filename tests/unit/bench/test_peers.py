"""The side-by-side measurement: what is run, what is kept, how it is judged. No peer is needed here."""

import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from suture.bench import peers as peers_module
from suture.bench.checking import check, read_verdict
from suture.bench.engines import Bench, NoPeers, command, versions
from suture.bench.figures import as_json, set_figures, sets_of, summary
from suture.bench.journal import Finished, Journal
from suture.bench.peers import Outcome, bench_peers
from suture.bench.running import Used, cell_key, judge, read_report, run_measured
from suture.bench.table import render
from suture.bench.work import (
    ENGINES,
    QUICK_LIMIT_SECONDS,
    Cell,
    Known,
    Work,
    cells_of,
    expected_seconds,
    full_plan,
    quick_plan,
)

VRPTW = tuple(f"{c}_{s}_1" for s in (2, 10) for c in ("C1", "C2", "R1", "R2", "RC1", "RC2"))
KNOWN = Known(
    vrptw=dict.fromkeys(VRPTW, 1000.0),
    hhcrsp={
        **{("mankowska", f"InstanzVNS_HCSRP_{n}_{i}.json"): 500.0 for n in (10, 25, 50, 75, 100, 200) for i in (1, 3)},
        **{("kummer", f"HHCRSP_{n}_20_{n}_1.2_R_C.json"): 300.0 for n in (25, 50, 75, 100, 200, 300, 400)},
        **{("italian", f"instance_00{i}-florence-r1.json"): 800.0 for i in (1, 2, 3, 4)},
    },
    uhhc={f"i-{i:03}": 9000.0 for i in range(12)},
)
WORK = Work("vrptw", "R1_2_1", "vrptw", "vrptw/R1_2_1.txt", 10, seeds=(1, 2, 3), reference=1000.0)
VERSIONS = {engine: "1" for engine in ENGINES}


def finished(cell: Cell, cost: float | None, **given: Any) -> Finished:
    run = Finished(
        key=cell_key(cell, "1", "here"),
        engine=cell.engine,
        version="1",
        group=cell.work.group,
        name=cell.work.name,
        seconds=cell.work.seconds,
        seed=cell.seed,
        cost=cost,
        unassigned=None,
        moved=None,
        cpu_seconds=11.0,
        wall_seconds=12.0,
        over_seconds=0.0,
        peak_mb=100.0,
        first_plan_seconds=0.01,
        load=1.0,
        problem="" if cost is not None else "no plan found",
        finished_at="2026-11-24T20:00:00+00:00",
    )
    return replace(run, **given)


def outcome_of(works: list[Work], runs: dict[Cell, Finished], **given: Any) -> Outcome:
    found = Outcome(tuple(works), ENGINES, VERSIONS, runs, True, 0, (), {"ours": 1.5}, "a machine")
    return replace(found, **given)


# -- what is run -------------------------------------------------------------------------------------------------------


def test_a_quick_measurement_is_planned_for_half_an_hour() -> None:
    assert sum(map(expected_seconds, cells_of(quick_plan(KNOWN), ENGINES))) <= QUICK_LIMIT_SECONDS


def test_the_full_plan_holds_the_rows_of_the_bar_with_three_seeds_and_the_whole_sets_with_one() -> None:
    works = full_plan(KNOWN)
    named = {w.title: w for w in works if w.group == "named"}
    assert set(named) == {
        "R1_2_1, 10 s", "R1_10_1, 10 s", "R1_10_1, 60 s", "hh_300, 10 s", "hh_2000, 30 s", "100_1, 60 s",
    }  # fmt: skip
    assert all(w.seeds == (1, 2, 3) for w in named.values())
    sets = {g: [w for w in works if w.group == g] for g in ("vrptw", "mankowska", "kummer", "italian", "uhhc")}
    assert {g: len(s) for g, s in sets.items()} == {"vrptw": 12, "mankowska": 12, "kummer": 7, "italian": 4, "uhhc": 12}
    assert all(w.seeds == (1,) and w.seconds == (120 if g == "uhhc" else 60) for g, s in sets.items() for w in s)


def test_who_cannot_express_an_instance_is_not_asked() -> None:
    engines = {w.group: w.engines for w in full_plan(KNOWN) if w.group not in ("named", "repair")}
    assert engines["uhhc"] == ("ours",)
    assert engines["mankowska"] == ("ours", "ortools")
    assert engines["vrptw"] == ENGINES


def test_a_budget_reaches_every_engine_as_it_is(tmp_path: Path) -> None:
    bench = Bench(tmp_path, tmp_path, tmp_path, 0)
    for engine in ENGINES:
        argv = command(bench, Cell(WORK, engine, 7), tmp_path / "s", tmp_path / "r")
        assert argv[argv.index("--cpu-seconds") + 1] == "10"
        assert argv[argv.index("--seed") + 1] == "7"


def test_missing_peers_are_explained_by_the_commands_that_install_them(tmp_path: Path) -> None:
    with pytest.raises(NoPeers, match=r"(?s)-m venv .*--require-hashes -r .*requirements-bench\.lock"):
        versions(Bench(tmp_path, tmp_path, tmp_path, 0), ("pyvrp",))


# -- what is kept ------------------------------------------------------------------------------------------------------


def test_a_journal_gives_back_what_it_was_given_and_passes_over_a_torn_line(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "journal.jsonl"
    first, second = (finished(Cell(WORK, "ours", seed), 1000.0 + seed) for seed in (1, 2))
    Journal(path).add(first)
    with path.open("a") as file:
        file.write('{"key": "torn')
    Journal(path).add(second)
    again = Journal(path)
    assert again.find(first.key) == first
    assert again.find(second.key) == second
    assert again.find("torn") is None


@pytest.mark.parametrize(
    "changed", [{"seconds": 60.0}, {"path": "vrptw/R1_10_1.txt"}, {"base": "home-health/base_plans/hh_30.base.json"}]
)
def test_a_run_counts_for_its_budget_and_instance_alone(changed: dict[str, Any]) -> None:
    other = replace(WORK, **changed)
    assert cell_key(Cell(WORK, "pyvrp", 1), "1", "here") != cell_key(Cell(other, "pyvrp", 1), "1", "here")


def test_a_run_counts_for_its_version_seed_engine_and_machine_alone() -> None:
    keys = {
        cell_key(Cell(WORK, "ours", 1), "1", "here"),
        cell_key(Cell(WORK, "ours", 2), "1", "here"),
        cell_key(Cell(WORK, "vroom", 1), "1", "here"),
        cell_key(Cell(WORK, "ours", 1), "2", "here"),
        cell_key(Cell(WORK, "ours", 1), "1", "there"),
    }
    assert len(keys) == 5


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[Cell]:
    """Runs that were really made."""
    made: list[Cell] = []

    def run(bench: Bench, cell: Cell, version: str, start: float, on: str) -> Finished:
        made.append(cell)
        return replace(finished(cell, 1010.0), key=cell_key(cell, version, on))

    monkeypatch.setattr(peers_module, "run_cell", run)
    monkeypatch.setattr(peers_module, "versions", lambda bench, engines: {e: "1" for e in engines})
    monkeypatch.setattr(peers_module, "starting_cpu", lambda bench, engine: 1.5)
    monkeypatch.setattr(peers_module, "make_clock", lambda bench: "")
    return made


def test_a_measurement_goes_on_where_it_stopped(tmp_path: Path, calls: list[Cell]) -> None:
    bench = Bench(tmp_path, tmp_path, tmp_path, 0)

    def stop(outcome: Outcome) -> None:
        if len(calls) == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bench_peers(bench, [WORK], ENGINES, quick=False, say=lambda line: None, save=stop)
    found = bench_peers(bench, [WORK], ENGINES, quick=False, say=lambda line: None, save=lambda outcome: None)
    assert len(calls) == 12 == len(set(calls))
    assert found.missing == 0


def test_a_quick_measurement_ends_in_time_and_says_what_is_missing(tmp_path: Path, calls: list[Cell]) -> None:
    now = iter(range(0, 100_000, 400))  # every run takes 400 seconds
    found = bench_peers(
        Bench(tmp_path, tmp_path, tmp_path, 0),
        [WORK],
        ENGINES,
        quick=True,
        say=lambda line: None,
        save=lambda outcome: None,
        clock=lambda: float(next(now)),
    )
    assert len(calls) == 4
    assert found.missing == 8
    assert "8 runs of it are still to be made" in render(found, [], "suture bench peers --quick", (1, 1))


# -- how it is judged --------------------------------------------------------------------------------------------------


def test_a_checker_that_accepts_gives_the_cost() -> None:
    out = json.dumps({"valid": True, "cost": 12.5, "components": {"unassigned_visits": 2, "moved_visits": 3}})
    verdict = read_verdict(0, out, "", repair=True)
    assert (verdict.cost, verdict.unassigned, verdict.moved, verdict.problem) == (12.5, 2, 3, "")
    assert read_verdict(0, out, "").moved is None


@pytest.mark.parametrize(
    ("code", "out", "err", "problem"),
    [
        (1, '{"valid": false, "cost": 3, "violations": [{"message": "a"}, {"message": "b"}]}', "", "a (and 1 more)"),
        (0, '{"valid": false, "cost": 3, "violations": []}', "", "no reason given"),
        (2, "", "check_vrptw: no such file", "no such file"),
        (0, "{", "", "ended with 0"),
        (1, "Traceback", "ValueError: x", "ValueError: x"),
    ],
)
def test_a_checker_that_refuses_gives_no_cost(code: int, out: str, err: str, problem: str) -> None:
    verdict = read_verdict(code, out, err)
    assert verdict.cost is None
    assert problem in verdict.problem


def test_the_checker_is_a_program_of_its_own(tmp_path: Path) -> None:
    tool = tmp_path / "check.py"
    tool.write_text("import json, sys; print(json.dumps({'valid': True, 'cost': len(sys.argv), 'components': {}}))")
    assert check(tool, tmp_path, tmp_path).cost == 3
    assert check(tool, tmp_path, tmp_path, base=tmp_path).cost == 7


def test_what_a_program_used_is_measured_from_outside(tmp_path: Path) -> None:
    burn = "import time, sys\nx = bytearray(60_000_000)\nwhile time.process_time() < 0.3: pass\nsys.exit('the end')"
    core = min(os.sched_getaffinity(0))
    used = run_measured([sys.executable, "-c", burn], {}, core, 60, tmp_path)
    assert 0.3 <= used.cpu_seconds < 30
    assert 60 < used.peak_mb < 150
    assert (used.code, used.last_line, used.killed) == (1, "the end", False)


def test_a_program_that_never_ends_is_ended(tmp_path: Path) -> None:
    core = min(os.sched_getaffinity(0))
    used = run_measured([sys.executable, "-c", "import time; time.sleep(600)"], {}, core, 0.5, tmp_path)
    assert used.killed
    assert used.wall_seconds < 300
    assert (
        "stopped after" in judge(Bench(tmp_path, tmp_path, tmp_path, 0), Cell(WORK, "ours", 1), used, tmp_path).problem
    )


def test_no_file_is_no_plan(tmp_path: Path) -> None:
    bench, nothing = Bench(tmp_path, tmp_path, tmp_path, 0), tmp_path / "nothing"
    ended = Used(0, 1.0, 1.0, 1.0, False, "")
    assert judge(bench, Cell(WORK, "ortools", 1), ended, nothing).problem == "no plan found"
    broken = replace(ended, code=1, last_line="MemoryError")
    assert judge(bench, Cell(WORK, "ortools", 1), broken, nothing).problem == "ended with 1: MemoryError"


def test_the_first_plan_is_read_from_a_report_or_a_trace(tmp_path: Path) -> None:
    file = tmp_path / "report"
    assert read_report(file) == {}
    file.write_text('{"first_plan_seconds": 0.2, "dropped": 0}')
    assert read_report(file) == {"first_plan_seconds": 0.2}
    file.write_text('{"cpu_seconds": 0.5, "iterations": 1, "cost_seconds": 9}\n{"cpu_seconds": 0.7}\n')
    assert read_report(file) == {"first_plan_seconds": 0.5}


# -- what is written ---------------------------------------------------------------------------------------------------


def test_a_row_shows_the_median_the_range_and_an_overrun() -> None:
    runs = {Cell(WORK, "ours", s): finished(Cell(WORK, "ours", s), c) for s, c in ((1, 1010), (2, 1000), (3, 1030))}
    runs |= {Cell(WORK, "vroom", s): finished(Cell(WORK, "vroom", s), 1100, over_seconds=9.0) for s in (1, 2, 3)}
    work = replace(WORK, group="named")
    found = outcome_of([work], {replace(cell, work=work): run for cell, run in runs.items()})
    text = render(found, [], "suture bench peers --quick", (1.0, 2.0))
    assert "| R1_2_1, 10 s | ours | 3 | 1010.0 | +1.00 % (+0.00 to +3.00) | 10.0 ms | 11.0 | 12.0 | 100 |  |" in text
    assert "**over by 9.0 s**" in text
    assert "half an hour at most" in text
    assert "a machine; load average 1 before, 2 after" in text
    assert as_json(found, [])["named"]["R1_2_1, 10 s"]["vroom"]["gap_percent"] == 10.0


def test_a_mean_over_the_easy_instances_alone_is_not_given() -> None:
    works = [replace(WORK, name=name, seeds=(1,)) for name in ("R1_2_1", "C1_2_1")]
    costs = {"ours": (990.0, 1020.0), "ortools": (1500.0, None)}
    runs = {
        Cell(w, e, 1): finished(Cell(w, e, 1), cost)
        for e, found in costs.items()
        for w, cost in zip(works, found, strict=True)
    }
    outcome = outcome_of(works, runs)
    ours, ortools = (set_figures(outcome, works, e) for e in ("ours", "ortools"))
    assert ours is not None
    assert ours.mean_gap == pytest.approx(0.5)
    assert ours.better == 1
    assert ortools is not None
    assert (ortools.solved, ortools.tried, ortools.mean_gap) == (1, 2, None)
    text = render(outcome, [], "x", (1, 1))
    assert "| C1_2_1 | 1000 | +2.00 % | – | – | none |" in text
    assert "| **mean** |  | **+0.50 %** | – | – | – |" in text


def test_one_seed_without_a_plan_leaves_no_median() -> None:
    runs = {Cell(WORK, "ours", s): finished(Cell(WORK, "ours", s), c) for s, c in ((1, 1010.0), (2, None))}
    found = summary(outcome_of([WORK], runs), WORK, "ours")
    assert found is not None
    assert found.cost is None


def test_the_classes_of_vrptw_are_two_sets() -> None:
    works = [replace(WORK, name=name) for name in VRPTW]
    assert [len(s) for s in sets_of(outcome_of(works, {})).values()] == [6, 6]
