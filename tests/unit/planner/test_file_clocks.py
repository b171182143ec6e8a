"""Files of a day or night on which clocks change, and clinicians with more than one shift."""

import json
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from tests.unit.planner.planner_files import a_visit, at, planned, problem_with, run, stops


def on_the_day(day: str, offset: str, opens: str, **changes: Any) -> dict[str, Any]:
    """One clinician from 08:00 to 16:00, and one visit to begin between `opens` and half an hour later."""
    instant = f"{day}T{{}}:00{offset}"
    latest = f"{opens[:3]}30"
    return problem_with(
        horizon={"first_service_date": changes.pop("first", day), **changes.pop("days", {})},
        shifts=[
            {
                "id": "s",
                "clinician_id": "ana",
                "start": instant.format("08:00"),
                "end": instant.format("16:00"),
                "start_place_id": "home-ana",
            }
        ],
        visits=[
            a_visit(
                1,
                time_windows=[{"earliest_start": instant.format(opens), "latest_start": instant.format(latest)}],
                **changes,
            )
        ],
        limits=[],
    )


def is_valid(folder: Path) -> bool:
    done = run("check", folder / "problem.json", folder / "plan.json")
    return bool(json.loads(done.output)["valid"])


@pytest.mark.parametrize(
    ("day", "offset", "first"),
    [
        ("2026-11-01", "-05:00", "2026-11-01"),  # clocks go back at two
        ("2026-11-02", "-05:00", "2026-10-31"),  # a later day of a horizon in which they do
        ("2027-03-14", "-04:00", "2027-03-14"),  # forward
        ("2026-11-24", "-05:00", "2026-11-24"),
    ],
)
def test_a_start_is_written_as_clocks_show_it_then(tmp_path: Path, day: str, offset: str, first: str):
    plan = planned(tmp_path, on_the_day(day, offset, "09:00", first=first, days={"days": 3}))
    [stop] = [s for r in plan["routes"] for s in r["stops"]]
    assert stop["start"] == f"{day}T09:00:00{offset}"
    assert is_valid(tmp_path)


def test_the_hour_that_clocks_show_twice_is_two_hours(tmp_path: Path):
    """A night shift from 23:00 to 07:00 when clocks go back is nine hours long."""
    windows = [("2026-11-01T01:30:00-04:00",) * 2, ("2026-11-01T01:30:00-05:00",) * 2]
    problem = problem_with(
        horizon={"first_service_date": "2026-10-31", "days": 2},
        shifts=[
            {
                "id": "night",
                "clinician_id": "ana",
                "start": "2026-10-31T23:00:00-04:00",
                "end": "2026-11-01T07:00:00-05:00",
                "start_place_id": "home-ana",
            }
        ],
        visits=[
            a_visit(i, service_minutes=30, time_windows=[{"earliest_start": a, "latest_start": b}])
            for i, (a, b) in enumerate(windows, 1)
        ],
        limits=[],
    )
    plan = planned(tmp_path, problem)
    starts = {s["visit_id"]: s["start"] for r in plan["routes"] for s in r["stops"]}
    assert starts == {"v1": "2026-11-01T01:30:00-04:00", "v2": "2026-11-01T01:30:00-05:00"}
    assert is_valid(tmp_path)


@pytest.mark.parametrize(("valid_until", "uncovered"), [("2026-11-24", 0), ("2026-11-23", 1)])
def test_a_credential_counts_on_the_date_of_the_problems_zone(tmp_path: Path, valid_until: str, uncovered: int):
    """23:30 in New York is tomorrow in UTC, and a file may be written in either."""
    problem = problem_with(
        clinicians=[{"id": "ana", "credentials": [{"code": "iv", "valid_until": valid_until}]}],
        shifts=[
            {
                "id": "late",
                "clinician_id": "ana",
                "start": "2026-11-25T04:30:00Z",
                "end": "2026-11-25T09:00:00Z",
                "start_place_id": "home-ana",
            }
        ],
        visits=[
            a_visit(
                1,
                discipline=None,
                needs=["iv"],
                time_windows=[{"earliest_start": "2026-11-25T05:30:00Z", "latest_start": "2026-11-25T07:00:00Z"}],
            )
        ],
        limits=[],
    )
    assert len(planned(tmp_path, problem)["uncovered"]) == uncovered


# -- one place at a time ----------------------------------------------------------------------------------------------


def two_shifts(*spans: tuple[str, str, str], visits: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """A problem in which Ana has shifts of (start, end, hard end)."""
    return problem_with(
        shifts=[
            {
                "id": f"ana-{i}",
                "clinician_id": "ana",
                "start": at(start),
                "end": at(end),
                "hard_end": at(hard_end),
                "start_place_id": "home-ana",
            }
            for i, (start, end, hard_end) in enumerate(spans)
        ],
        limits=[],
        **({} if visits is None else {"visits": visits}),
    )


@pytest.mark.parametrize(
    "spans",
    [
        [("08:00", "13:00", "13:00"), ("12:00", "17:00", "17:00")],
        [("12:00", "17:00", "17:00"), ("08:00", "13:00", "13:00")],
        [("08:00", "17:00", "17:00"), ("09:00", "10:00", "10:00"), ("16:00", "18:00", "18:00")],
    ],
)
def test_shifts_of_one_clinician_that_overlap_are_refused_by_name(tmp_path: Path, spans: list[tuple[str, str, str]]):
    (tmp_path / "problem.json").write_text(json.dumps(two_shifts(*spans)))
    done = run("plan", tmp_path / "problem.json", "--iterations", 5)
    assert done.exit_code == 2
    assert "of the same clinician 'ana'" in done.output


def test_overtime_ends_where_the_clinicians_next_shift_begins(tmp_path: Path):
    noon = [{"earliest_start": at("11:40"), "latest_start": at("12:20")}]
    visits = [a_visit(n, service_minutes=30, documentation_minutes=0, time_windows=noon) for n in (1, 2)]
    plan = planned(tmp_path, two_shifts(("08:00", "12:00", "14:00"), ("12:00", "17:00", "17:00"), visits=visits))
    spans = sorted(
        (datetime.fromisoformat(route["leave"]), datetime.fromisoformat(route["return"]))
        for route in plan["routes"]
        if route["stops"]
    )
    assert all(back <= leave for (_, back), (leave, _) in pairwise(spans)), spans


def test_shifts_of_one_clinician_may_follow_each_other(tmp_path: Path):
    windows = [{"earliest_start": at(clock), "latest_start": at(clock)} for clock in ("09:00", "14:00")]
    visits = [a_visit(n, time_windows=[w]) for n, w in enumerate(windows, 1)]
    plan = planned(tmp_path, two_shifts(("08:00", "12:00", "12:00"), ("12:00", "17:00", "17:00"), visits=visits))
    assert stops(plan) == {"v1": ("ana", "09:00"), "v2": ("ana", "14:00")}
