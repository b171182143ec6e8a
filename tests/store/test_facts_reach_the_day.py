"""A second import changes what a planned day counted with: it is decided, told, and every position stays accounted for.

Each test says what a person of the agency would see on the board and in the plan.
"""

from pathlib import Path

import pytest
from sqlalchemy import Engine
from tests.store.a_lakeside import HOURS, MONDAY, TUESDAY, Lakeside, at, visits

from suture.cli.import_report import changed_days
from suture.dispatch.first_pass import NotPlannable
from suture.model.import_runs import ChangedDay

NURSES = {"N1", "N2"}


@pytest.fixture
def lake(database: Engine, tmp_path: Path) -> Lakeside:
    return Lakeside(database, tmp_path / "lake").published()


@pytest.fixture
def draft(database: Engine, tmp_path: Path) -> Lakeside:
    lake = Lakeside(database, tmp_path / "lake")
    assert not lake.load().problems
    lake.plan()
    return lake


def take_in(lake: Lakeside) -> None:
    """Import what the test changed, and let the worker decide; nothing gets lost by it."""
    assert lake.load().lines() == ()
    lake.decide()
    assert lake.lost() == 0
    assert lake.rows("SELECT kind FROM inbox WHERE state <> 'handled'") == []


# --- staff ------------------------------------------------------------------------------------------------------------


def test_a_day_off_after_publishing_gives_the_visits_to_colleagues_at_once(lake: Lakeside) -> None:
    busy = max(NURSES, key=lambda n: list(lake.who().values()).count(n))
    lake.add("availability", employee_id=busy, kind="unavailable", rrule="", date=str(MONDAY), reason="vacation")
    take_in(lake)
    assert busy not in lake.who().values()
    assert lake.who().keys() | lake.left() == HOURS.keys()
    assert {("s.emptied", busy), ("s.changed", (NURSES - {busy}).pop())} <= lake.touches("planned")
    log = lake.rows("SELECT data ->> 'signal' AS signal, data -> 'hit' AS hit FROM event WHERE kind = 'signal.handled'")
    assert [r["signal"] for r in log] == ["roster_change"]
    assert log[0]["hit"]


def test_hours_taken_back_upstream_count_as_a_day_off(lake: Lakeside) -> None:
    (busy, *_) = set(lake.who().values())
    lake.tables["availability"] = [r for r in lake.tables["availability"] if r["employee_id"] != busy]
    lake.add("availability", employee_id=busy, date="2026-12-01", rrule="FREQ=WEEKLY;BYDAY=TU")
    take_in(lake)
    assert busy not in lake.who().values()


def test_a_day_off_that_is_taken_back_lets_uncovered_visits_be_planned_again(lake: Lakeside) -> None:
    for nurse in sorted(NURSES):
        lake.add("availability", employee_id=nurse, kind="unavailable", rrule="", date=str(MONDAY), reason="flu")
    take_in(lake)
    assert lake.left() == HOURS.keys()
    lake.tables["availability"] = [r for r in lake.tables["availability"] if r["reason"] != "flu"]
    take_in(lake)
    assert lake.who().keys() == HOURS.keys()
    assert "uncovered_visit" not in lake.cases()


@pytest.mark.parametrize("status", ["terminated", "leave"])
def test_whoever_left_keeps_no_visit(lake: Lakeside, status: str) -> None:
    (gone, *_) = sorted(set(lake.who().values()))
    lake.change("staff", gone, status=status)
    assert lake.load().lines() == ()
    assert gone not in lake.who().values()  # before anything is decided: nobody waits for her
    assert lake.who().keys() | lake.left() == HOURS.keys()
    lake.decide()
    assert lake.who().keys() | lake.left() == HOURS.keys()
    assert lake.lost() == 0
    lake.change("staff", gone, status="active")
    take_in(lake)
    assert lake.who().keys() == HOURS.keys()


def test_a_credential_that_ends_moves_what_needs_it_and_opens_a_case_of_that_day(lake: Lakeside) -> None:
    (nurse, *_) = sorted(set(lake.who().values()))
    lake.row("credentials", nurse)["expires_on"] = "2026-11-29"
    take_in(lake)
    assert nurse not in lake.who().values()
    (case,) = lake.cases()["credential_expiring"]
    assert "expired on Nov 29, 2026" in str(case.reasons[0])
    lake.row("credentials", nurse)["expires_on"] = "2028-01-01"
    take_in(lake)
    assert "credential_expiring" not in lake.cases()


def test_a_credential_case_belongs_to_its_day(database: Engine, tmp_path: Path) -> None:
    lake = Lakeside(database, tmp_path / "lake")
    lake.row("credentials", "N1")["expires_on"] = str(MONDAY)
    lake.add("visits", external_id="V7", date=str(TUESDAY))
    assert not lake.load().problems
    lake.plan()
    before = lake.cases()["credential_expiring"]
    lake.plan(TUESDAY)
    assert lake.cases()["credential_expiring"] == before
    assert "is valid through" in str(before[0].reasons[0])
    assert "expired on" in str(lake.cases(TUESDAY)["credential_expiring"][0].reasons[0])


def test_what_a_day_does_not_count_with_wakes_no_one(lake: Lakeside) -> None:
    lake.change("staff", "N1", family="Ash", phone_mobile="+16145550199")
    lake.change("patients", "P1", family="Quinn")
    lake.add("availability", employee_id="N1", kind="unavailable", rrule="", date="2026-12-09", reason="")
    assert lake.load().lines() == ()
    assert lake.rows("SELECT * FROM inbox") == []


def test_an_import_says_which_published_days_it_changed_and_who_repairs_them(lake: Lakeside) -> None:
    lake.plan(TUESDAY)
    lake.add("visits", external_id="V7", date=str(TUESDAY))
    assert lake.load().days == (), "Tuesday is a draft"
    assert lake.rows("SELECT DISTINCT service_date FROM inbox") == [{"service_date": TUESDAY}]
    lake.change("visits", "V2", window_start="13:00", window_end="15:00")
    lake.change("visits", "V3", status="cancelled")
    lake.change("visits", "V4", date=str(TUESDAY))
    lake.add("availability", employee_id="N1", kind="unavailable", rrule="", date=str(MONDAY), reason="vacation")
    report = lake.load()
    assert report.days == (ChangedDay("LAKE", MONDAY, 3, 1),)
    assert changed_days(report.days) == (
        "1 published day changed: Mon Nov 30 in LAKE (3 visits, 1 clinician). "
        "suture serve repairs it: at once if it is running, otherwise once you start it."
    )
    assert lake.load().days == (), "the same files change nothing"


def test_the_same_files_again_send_nothing(lake: Lakeside) -> None:
    lake.change("staff", "N1", status="leave")
    lake.change("visits", "V2", window_start="13:00", window_end="15:00")
    lake.change("visits", "V3", status="cancelled")
    lake.load()
    first = lake.rows("SELECT * FROM inbox ORDER BY id")
    lake.load()
    assert lake.rows("SELECT * FROM inbox ORDER BY id") == first
    lake.decide()
    lake.load()
    assert len(lake.rows("SELECT * FROM inbox")) == len(first)


# --- visits -----------------------------------------------------------------------------------------------------------


def test_a_visit_with_another_window_is_replanned_and_its_patient_told(lake: Lakeside) -> None:
    lake.send(at("18:00", MONDAY.replace(day=29)))
    assert ("p.confirm", "P2") in lake.touches("sent")
    lake.change("visits", "V2", window_start="13:00", window_end="15:00")
    take_in(lake)
    assert "13:00" <= lake.start("V2") <= "14:30"
    assert ("p.changed", "P2") in lake.touches("planned")
    assert {r["data"]["signal"] for r in lake.rows("SELECT data FROM event WHERE kind = 'signal.handled'")} == {
        "visit_changed"
    }


def test_a_visit_cancelled_in_the_file_is_cancelled_here(lake: Lakeside) -> None:
    nurse = lake.who()["V3"]
    lake.send(at("18:00", MONDAY.replace(day=29)))
    lake.change("visits", "V3", status="cancelled")
    take_in(lake)
    assert "V3" not in lake.who() and "V3" not in lake.left()
    assert {("p.cancelled", "P3"), ("s.changed", nurse)} <= lake.touches("planned")
    (event,) = lake.rows("SELECT data FROM event WHERE kind = 'visit.cancelled'")
    assert event["data"]["by"] == "agency"


def test_a_visit_moved_to_another_day_leaves_this_one_and_is_demand_there(lake: Lakeside) -> None:
    lake.send(at("18:00", MONDAY.replace(day=29)))
    lake.change("visits", "V4", date=str(TUESDAY))
    take_in(lake)
    assert lake.who().keys() == set(visits("V4"))
    (case,) = lake.cases()["promise_at_risk"]
    assert "moved to Tue, Dec 1" in str(case.reasons[0])
    assert lake.plan(TUESDAY).changes and lake.who(TUESDAY).keys() == {"V4"}
    assert lake.rows("SELECT status, held FROM visit WHERE external_id = 'V4'") == [
        {"status": "scheduled", "held": False}
    ]


def test_a_visit_moved_to_a_published_day_is_planned_there_and_its_patient_hears_the_new_time(lake: Lakeside) -> None:
    lake.add("visits", external_id="V7", patient_external_id="P5", date=str(TUESDAY))
    lake.load()
    lake.plan(TUESDAY)
    lake.publish(TUESDAY)
    lake.send(at("18:00", MONDAY.replace(day=29)))
    lake.change("visits", "V4", date=str(TUESDAY))
    take_in(lake)
    assert lake.who(TUESDAY).keys() == {"V4", "V7"}
    assert lake.lost(TUESDAY) == 0
    assert ("p.changed", "P4") in lake.touches("planned")
    lake.send(at("18:30", MONDAY.replace(day=29)))
    assert "promise_at_risk" not in lake.cases()  # a message with the new time has arrived


def test_a_visit_may_need_more_people_and_then_fewer(lake: Lakeside) -> None:
    lake.change("visits", "V2", positions="2")
    take_in(lake)
    assert sorted(s.position for s in lake.board().stops if s.external_id == "V2" and s.seat) == [1, 2]
    lake.change("visits", "V2", positions="1")
    take_in(lake)
    assert [s.position for s in lake.board().stops if s.external_id == "V2"] == [1]
    assert lake.board().filled == 1.0


def test_a_visit_on_hold_is_released_and_comes_back(lake: Lakeside) -> None:
    lake.change("visits", "V5", status="held")
    take_in(lake)
    assert "V5" not in lake.who() and "V5" not in lake.left()
    lake.change("visits", "V5", status="requested")
    take_in(lake)
    assert "V5" in lake.who()


def test_a_clinician_who_is_barred_in_the_file_does_not_go(lake: Lakeside) -> None:
    lake.change("visits", "V1", barred_staff=lake.who()["V1"])
    before = lake.who()["V1"]
    take_in(lake)
    assert lake.who().get("V1") != before


def test_what_has_begun_stays_as_it_is_recorded(lake: Lakeside) -> None:
    lake.clock.advance_to(at("09:00"))
    lake.signal("check_in", visit="V1")
    lake.decide()
    lake.change("visits", "V1", window_start="13:00", window_end="15:00")
    (line,) = lake.load().lines()
    assert line == (
        "visits.csv:2: external_id: the visit is in progress here already; "
        "what is recorded here stays; if it is wrong, report what happened with suture signal"
    )
    assert lake.start("V1") == "09:00"


def test_a_file_does_not_report_how_a_planned_visit_went(lake: Lakeside) -> None:
    for row in lake.tables["visits"]:
        row["staff"] = ""
    lake.change("visits", "V1", status="done", staff="N1")
    (line,) = lake.load().lines()
    assert line.endswith("nothing was changed; report it with suture signal check-in or check-out")


def test_a_draft_is_repaired_and_no_one_is_told(draft: Lakeside) -> None:
    draft.change("visits", "V2", window_start="13:00", window_end="15:00")
    draft.change("visits", "V3", status="cancelled")
    draft.change("visits", "V4", date=str(TUESDAY))
    draft.add("visits", external_id="V7", patient_external_id="P3", window_start="10:00", window_end="12:00")
    take_in(draft)
    assert draft.who().keys() == {*visits("V3", "V4"), "V7"}
    assert draft.start("V2") >= "13:00"
    assert draft.rows("SELECT * FROM touch") == []


def test_a_past_day_stays_as_it_was(lake: Lakeside) -> None:
    lake.clock.advance_to(at("09:00", TUESDAY))
    lake.change("staff", "N1", status="leave")
    lake.change("visits", "V2", window_start="13:00", window_end="15:00")
    (line,) = lake.load().lines()
    assert "the visit is planned here already" in line
    assert lake.rows("SELECT * FROM inbox") == []


# --- patients ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["deceased", "discharged", "inpatient"])
def test_no_one_is_sent_to_a_patient_who_is_not_active_and_nothing_written(lake: Lakeside, status: str) -> None:
    nurse = lake.who()["V4"]
    lake.change("patients", "P4", status=status)
    lake.tables["visits"] = [r for r in lake.tables["visits"] if r["external_id"] != "V4"]
    take_in(lake)
    assert lake.who().keys() == set(visits("V4")) and lake.left() == set()
    (case,) = lake.cases()["on_hold_review"]
    assert (case.visit, str(case.reasons[0]).endswith("cancel the visit, or correct the status.")) == ("V4", True)
    assert ("s.changed", nurse) in lake.touches("planned") | lake.touches("superseded")
    lake.send(at("18:00", MONDAY.replace(day=29)))
    lake.send(at("07:30"))
    assert not {step for step, who in lake.touches("sent", "planned", "suppressed") if who == "P4"}
    assert not [c.reasons for c in lake.cases().get("message_undeliverable", ())]
    lake.change("patients", "P4", status="active")
    take_in(lake)
    assert "on_hold_review" not in lake.cases()


def test_visits_of_a_patient_who_is_not_active_are_not_planned(database: Engine, tmp_path: Path) -> None:
    lake = Lakeside(database, tmp_path / "lake")
    lake.load()
    lake.change("patients", "P4", status="deceased")
    lake.tables["visits"] = [r for r in lake.tables["visits"] if r["external_id"] != "V4"]
    lake.load()
    lake.plan()
    lake.publish()
    assert lake.who().keys() == set(visits("V4"))
    assert [c.visit for c in lake.cases()["on_hold_review"]] == ["V4"]
    assert not {step for step, who in lake.touches("planned") if who == "P4"}


# --- two branches -----------------------------------------------------------------------------------------------------


def hill(lake: Lakeside, tmp_path: Path) -> Lakeside:
    """A second branch whose visits stand at the same hours; its nurses are those of the first."""
    other = Lakeside(lake.engine, tmp_path / "hill", "HILL")
    for file in ("patients", "visits", "consents"):
        for row in other.tables[file]:
            for name in ("external_id", "patient_external_id", "party_external_id"):
                if row.get(name, "N")[0] in "PV":
                    row[name] = f"H{row[name]}"
    for row in other.tables["patients"]:
        row["phone_mobile"] = ""
    for file in ("staff", "credentials", "availability"):
        other.tables[file] = [{**r, "employee_id": f"H{r['employee_id']}"} for r in other.tables[file]]
    other.tables["consents"] = [r for r in other.tables["consents"] if r["party_external_id"].startswith("H")]
    assert not other.load().problems
    return other


def work_for(lake: Lakeside, branch: str, *staff: str) -> None:
    """Say whose branch these people are of, as a person at the database would."""
    with lake.caller.transaction() as tx:
        tx.run(
            """UPDATE clinician SET branch_id = (SELECT id FROM branch WHERE tenant = app_tenant() AND external_id = :b)
               WHERE tenant = app_tenant() AND party_id IN (SELECT id FROM party WHERE external_id = ANY(:ids))""",
            b=branch,
            ids=list(staff),
        )


def test_hours_published_in_another_branch_are_taken(lake: Lakeside, tmp_path: Path) -> None:
    other = hill(lake, tmp_path)
    taken = [s.seat for s in lake.board().stops if s.seat]
    work_for(lake, "HILL", *NURSES)
    work_for(lake, "LAKE", "HN1", "HN2")
    other.plan()
    other.publish()
    busy = {c.id for c in other.view().clinicians if c.external_id in NURSES}
    stops = [s.seat for s in other.board().stops if s.seat and s.seat.clinician_id in busy]
    assert stops
    for seat in stops:
        own = [t for t in taken if t.clinician_id == seat.clinician_id]
        assert not any(seat.starts_at < t.ends_at and t.starts_at < seat.ends_at for t in own)


def test_a_day_that_two_branches_planned_for_one_nurse_is_refused_in_one_sentence(
    database: Engine, tmp_path: Path
) -> None:
    lake = Lakeside(database, tmp_path / "lake")
    lake.load()
    lake.plan()
    other = hill(lake, tmp_path)
    work_for(lake, "HILL", *NURSES)
    work_for(lake, "LAKE", "HN1", "HN2")
    other.plan()
    lake.publish()
    with pytest.raises(
        NotPlannable, match=r"^Nov 30, 2026 was not published: a clinician in this plan has a visit for"
    ):
        other.publish()
    other.plan()
    other.publish()
    assert other.who()
