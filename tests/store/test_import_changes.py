"""Importing an export again: what newer rows change, what a planned day makes of it, and what stays as it is."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from tests.store.an_export_folder import WHOLE, Agency

from suture.model.actors import COMMAND_LINE
from suture.service.caller import Caller
from suture.service.clock import VirtualClock
from suture.service.context import Context


@pytest.fixture
def agency(database: Engine, clock: VirtualClock, tmp_path: Path) -> Agency:
    folder = tmp_path / "export"
    shutil.copytree(WHOLE, folder)
    unused: Any = None
    caller = Caller(Context(database, clock, unused, {}, unused, unused), COMMAND_LINE)
    return Agency(caller, folder)


NEWER = "2026-03-23T13:00:00-04:00"
OLDER = "2026-03-23T11:00:00-04:00"
WOUND = (
    "V-0324-11,P-14,SN_WOUND,requested,2026-03-24,08:15,09:15,America/New_York,20,wound_care,E-04,,,,routine,,,{},,1"
)


def reword(agency: Agency, at: str, **changes: str) -> None:
    cells = dict(zip(("status", "window_end", "priority"), ("requested", "09:15", "routine"), strict=True)) | changes
    new = WOUND.format(at).replace("requested", cells["status"]).replace("09:15", cells["window_end"])
    agency.edit("visits.csv", WOUND.format("2026-03-23T12:00:00-04:00"), new.replace("routine", cells["priority"]))


def test_a_newer_row_changes_an_unplanned_visit_and_tells_so_by_its_revisions(agency: Agency) -> None:
    agency.load()
    reword(agency, NEWER, window_end="11:15")
    assert agency.load().changed == 1
    visit = agency.visit("V-0324-11")
    assert (visit["rev"], visit["visit_rev"], f"{visit['latest_end']:%H:%M}") == (2, 2, "15:15")


def test_what_no_patient_is_told_moves_rev_only(agency: Agency) -> None:
    agency.load()
    reword(agency, NEWER, priority="stat")
    agency.load()
    visit = agency.visit("V-0324-11")
    assert (visit["rev"], visit["visit_rev"], visit["priority"]) == (2, 1, 3)


def test_cancelling_an_unplanned_visit_moves_visit_rev(agency: Agency) -> None:
    agency.load()
    reword(agency, NEWER, status="cancelled")
    agency.load()
    visit = agency.visit("V-0324-11")
    assert (visit["status"], visit["rev"], visit["visit_rev"]) == ("cancelled", 2, 2)


def test_an_older_row_is_not_applied(agency: Agency) -> None:
    agency.load()
    reword(agency, OLDER, window_end="11:15")
    report = agency.load()
    assert report.changed == 0
    assert "visits.csv: 1 row is older than what is stored and was not applied" in report.notes


def plan(agency: Agency, external_id: str, stage: str = "published") -> None:
    """Assign one visit, as a first pass would."""
    agency.run(
        """INSERT INTO plan (branch_id, service_date, version, base_version, because, actor, at)
           SELECT id, '2026-03-24', 1, 0, 'test', 'test', :now FROM branch"""
    )
    agency.run(
        "INSERT INTO plan_head (branch_id, service_date, stage, version) SELECT id, '2026-03-24', :s, 1 FROM branch",
        s=stage,
    )
    agency.run(
        """INSERT INTO assignment (branch_id, service_date, visit_id, position, from_version, clinician_id, route_order,
                                   starts_at, ends_at, told_open, told_close)
           SELECT branch_id, service_date, v.id, 1, 1, c.party_id, 1, earliest_start, latest_end, earliest_start,
                  latest_end
           FROM visit v, (SELECT min(party_id) AS party_id FROM clinician) c WHERE external_id = :id""",
        id=external_id,
    )


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"window_end": "11:15"}, "visit_changed"),
        ({"status": "held"}, "visit_changed"),
        ({"status": "cancelled"}, "cancellation"),
    ],
)
def test_what_changes_about_a_planned_visit_is_a_signal_and_moves_no_visit_rev(
    agency: Agency, changes: dict[str, str], kind: str
) -> None:
    """Whether there is anything to tell is for the decision to say: a message that waits would end for nothing."""
    agency.load()
    plan(agency, "V-0324-11")
    reword(agency, NEWER, **changes)
    assert agency.load().lines() == ()
    visit = agency.visit("V-0324-11")
    assert (visit["status"], visit["visit_rev"]) == ("requested", 1)
    row = agency.row("SELECT kind, (body ->> 'visit_id')::bigint AS visit, state FROM inbox")
    assert row == {"kind": kind, "visit": visit["id"], "state": "new"}


def test_the_days_on_hold_count_from_the_file_that_first_says_so_to_the_one_that_no_longer_does(agency: Agency) -> None:
    agency.load()
    assert agency.visit("V-0324-11")["held_at"] is None
    reword(agency, NEWER, status="held")
    agency.load()
    since = agency.visit("V-0324-11")["held_at"]
    assert since is not None
    agency.load()
    assert agency.visit("V-0324-11")["held_at"] == since
    held = WOUND.format(NEWER).replace("requested", "held")
    agency.edit("visits.csv", held, WOUND.format("2026-03-23T14:00:00-04:00"))
    agency.load()
    assert agency.visit("V-0324-11")["held_at"] is None


@pytest.mark.parametrize("status", ["in_progress", "completed", "cancelled", "no_show"])
def test_the_same_file_again_leaves_what_happened_here_alone(agency: Agency, status: str) -> None:
    agency.load()
    agency.run("UPDATE visit SET status = :s, rev = rev + 1 WHERE external_id = 'V-0324-11'", s=status)
    before = agency.everything()
    assert agency.load().lines() == ()
    assert agency.everything() == before


def test_a_new_visit_for_a_published_day_is_a_signal(agency: Agency) -> None:
    agency.load()
    plan(agency, "V-0324-11")
    agency.append(
        "visits.csv", "V-NEW,P-02,SN_VISIT,requested,2026-03-24,,,,,,,,,,urgent,,,2026-03-24T08:00:00-04:00,,"
    )
    agency.load()
    agency.load()
    row = agency.row("SELECT kind, (body ->> 'visit_id')::bigint AS visit, state FROM inbox")
    assert row == {"kind": "new_visit", "visit": agency.visit("V-NEW")["id"], "state": "new"}


def test_a_visit_that_intake_added_by_a_signal_is_taken_over_by_the_file(agency: Agency) -> None:
    agency.load()
    agency.run("UPDATE visit SET source_updated_at = NULL, priority = 3, rev = rev + 1 WHERE external_id = 'V-0324-11'")
    assert agency.load().lines() == ()
    assert agency.visit("V-0324-11")["priority"] == 1
    assert agency.load().changed == 0


def test_a_visit_without_a_window_may_be_at_any_hour_of_its_day(agency: Agency) -> None:
    agency.append("visits.csv", "V-ANY,P-02,SN_VISIT,requested,2026-03-08,,,,,,,,,,,,,2026-03-07T08:00:00-04:00,,")
    agency.load()
    visit = agency.visit("V-ANY")
    assert (visit["latest_end"] - visit["earliest_start"]).total_seconds() == 23 * 3600  # clocks go forward


def test_time_off_taken_back_upstream_is_taken_back_here_and_a_call_out_is_not(agency: Agency) -> None:
    agency.load()
    agency.run(
        """INSERT INTO availability (clinician_id, starts_at, ends_at, kind, source)
           SELECT id, '2026-03-24 12:00Z', '2026-03-24 20:00Z', 'unavailable', 'signal:1' FROM party
           WHERE external_id = 'E-05'"""
    )
    agency.edit(
        "availability.csv",
        "E-05,unavailable,,2026-04-02,00:00,24:00,America/New_York,vacation,2026-03-23T12:00:00-04:00\n",
        "",
    )
    agency.load()
    assert agency.rows("SELECT source FROM availability WHERE kind = 'unavailable'") == [{"source": "signal:1"}]
