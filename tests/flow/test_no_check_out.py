"""Someone checks in and is not heard of again: what happens at which minute, whatever else the day brings."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from tests.store.a_lakeside import MONDAY, ZONE, Lakeside, at

from suture.model.events import EventKind
from suture.rules.source import Source
from suture.service import versions, worker
from suture.service.branch_named import find_branch
from suture.service.configuration import ON_CALL, POLICY
from suture.store import events

MINUTE = timedelta(minutes=1)
ON_CALL_LIST = "contacts: {dana: {name: Dana Park, sms: 614-555-0155}}\nbranches: {LAKE: [{who: dana}]}"


def a_lake(database: Engine, tmp_path: Path) -> Lakeside:
    """N1 has V1, an hour long, and V4 at 11:00; N2 has V6 in the afternoon; Dana is on call."""
    lake = Lakeside(database, tmp_path / "files")
    lake.tables["visits"] = [v for v in lake.tables["visits"] if v["external_id"] in ("V1", "V4", "V6")]
    lake.tables["availability"] = [a for a in lake.tables["availability"] if a["employee_id"] in ("N1", "N2")]
    lake.row("visits", "V1")["duration_min"] = "60"
    for visit, other in (("V1", "N2"), ("V4", "N2"), ("V6", "N1")):
        lake.row("visits", visit)["barred_staff"] = other
    lake.published()
    version, _ = versions.import_document(lake.caller, ON_CALL, ON_CALL.read([Source("on-call.yaml", ON_CALL_LIST)]))
    versions.activate(lake.caller, ON_CALL, version.hash)
    return lake


@pytest.fixture
def lake(database: Engine, tmp_path: Path) -> Lakeside:
    """V1 is begun at 09:00."""
    lake = a_lake(database, tmp_path)
    pass_until(lake, "09:00")
    lake.signal("check_in", visit="V1", clinician="N1")
    pass_until(lake, "09:01")
    return lake


def pass_until(lake: Lakeside, clock: str) -> None:
    """Minute by minute, as the worker does."""
    worker.drain(lake.caller)
    while lake.clock.now() < at(clock):
        lake.clock.advance_to(lake.clock.now() + MINUTE if lake.clock.now() >= at("08:30") else at("08:30"))
        worker.drain(lake.caller)


def go_back(lake: Lakeside, clock: str) -> None:
    """A clock that someone sets back."""
    lake.clock._now = at(clock)


def story(lake: Lakeside) -> list[str]:
    """What became of the case, and when those on call were told."""
    with lake.caller.transaction() as tx:
        log = events.of_day(tx, find_branch(tx, "LAKE").id, MONDAY)
    told = lake.rows("SELECT sent_at FROM touch WHERE step = 's.on_call' AND state = 'sent'")
    kinds = (EventKind.CASE_OPENED, EventKind.CASE_RAISED, EventKind.CASE_CLOSED)
    cases = [e for e in log if e.kind in kinds and e.data["case"] == "not_clocked_out"]
    said = [(e.at, f"{e.kind.value} {e.data.get('band', '')}".strip()) for e in cases]
    said += [(t["sent_at"], "on call is told") for t in told]
    return [f"{when.astimezone(ZONE):%H:%M} {what}" for when, what in sorted(said)]


def fired(lake: Lakeside) -> int:
    return len(lake.rows("SELECT id FROM inbox WHERE kind = 'no_check_out' AND source = 'timer'"))


def test_minute_by_minute_until_the_check_out(lake: Lakeside) -> None:
    pass_until(lake, "10:34")
    assert story(lake) == []
    pass_until(lake, "10:35")  # an hour of care, 5 minutes of documentation, half an hour of waiting
    [case] = lake.cases()["not_clocked_out"]
    assert [str(r) for r in case.reasons] == [
        "Ada Alder checked in at 09:00 and should have left by 10:05, but no check-out has come. "
        "Call and ask if all is well."
    ]
    assert (case.call, case.deadline_at) == ("Ada Alder", at("11:05"))
    assert str(case.default) == (
        "The visit counts as going on. Later visits that this clinician can still begin in time are not given to "
        "anyone else."
    )
    pass_until(lake, "11:20")
    assert story(lake) == ["10:35 case.opened high", "11:05 case.raised critical", "11:15 on call is told"]
    lake.signal("check_out", visit="V1", outcome="done")
    pass_until(lake, "11:21")
    assert story(lake)[3:] == ["11:20 case.closed"]
    assert fired(lake) == 1


def test_a_day_in_which_much_else_is_decided_changes_nothing_of_it(lake: Lakeside) -> None:
    """Each decision puts the next start of N1 behind now, so that its own missing check-in is never due."""
    while lake.clock.now() < at("11:20"):
        minutes = 5 + lake.clock.now().minute % 2
        lake.signal("running_late", clinician="N2", minutes=minutes)
        pass_until(lake, f"{(lake.clock.now() + MINUTE).astimezone(ZONE):%H:%M}")
    assert story(lake) == ["10:35 case.opened high", "11:05 case.raised critical", "11:15 on call is told"]
    assert (lake.who()["V4"], lake.start("V4") > "11:20") == ("N1", True), "it waits while it can begin in time"
    assert "not_clocked_in" not in lake.cases()
    lake.clock.advance_to(at("12:31"))
    lake.signal("running_late", clinician="N2", minutes=9)
    lake.decide()
    assert (lake.left(), "uncovered_visit" in lake.cases()) == ({"V4"}, True), "and no longer"


def test_whoever_is_looked_after_by_a_person_is_no_longer_told_to_those_on_call(lake: Lakeside) -> None:
    pass_until(lake, "10:40")
    lake.rows("UPDATE exception_case SET taken_by = 'Lee Ward', taken_at = :now WHERE kind = 'not_clocked_out' "
              "RETURNING id", now=lake.clock.now())  # fmt: skip
    pass_until(lake, "11:30")
    assert story(lake) == ["10:35 case.opened high", "11:05 case.raised critical"]


def test_a_report_that_it_takes_longer_has_the_wait_begin_again(lake: Lakeside) -> None:
    pass_until(lake, "10:40")
    lake.signal("run_over", visit="V1", expected_end="2026-11-30T11:00:00-05:00")
    pass_until(lake, "11:34")
    assert story(lake) == ["10:35 case.opened high", "10:40 case.closed"]
    pass_until(lake, "11:35")
    assert story(lake)[2:] == ["11:35 case.opened high"]
    assert fired(lake) == 2


def test_a_check_in_at_the_next_visit_closes_it(lake: Lakeside) -> None:
    pass_until(lake, "11:00")
    lake.signal("check_in", visit="V4", clinician="N1")
    pass_until(lake, "12:00")
    assert story(lake) == ["10:35 case.opened high", "11:00 case.closed"]


def test_an_hour_that_comes_twice_fires_nothing_twice_and_one_that_is_skipped_fires_once(lake: Lakeside) -> None:
    pass_until(lake, "10:40")
    go_back(lake, "09:40")
    pass_until(lake, "10:40")
    assert (fired(lake), story(lake)) == (1, ["10:35 case.opened high"])
    lake.clock.advance_to(at("14:00"))
    worker.drain(lake.caller)
    assert fired(lake) == 1


def test_after_a_gap_it_fires_once(lake: Lakeside) -> None:
    lake.clock.advance_to(at("12:40"))
    worker.drain(lake.caller)
    assert (fired(lake), story(lake)) == (1, ["12:40 case.opened high"])


def test_the_wait_is_the_policys_and_the_next_timer_knows_of_it(lake: Lakeside) -> None:
    pass_until(lake, "10:30")
    assert worker.next_due(lake.caller) == at("10:35")
    longer = POLICY.read([Source("outreach.yaml", "watch: {no_check_out_minutes: 33}")])
    version, _ = versions.import_document(lake.caller, POLICY, longer)
    versions.activate(lake.caller, POLICY, version.hash)
    assert worker.next_due(lake.caller) == at("10:38")


def test_whoever_never_checks_in_is_missed_at_each_visit_however_much_else_is_decided(
    database: Engine, tmp_path: Path
) -> None:
    """A start that an earlier late one put off is waited for from then on, and no decision puts it off again."""
    lake = a_lake(database, tmp_path)
    while lake.clock.now() < at("11:50"):
        lake.signal("running_late", clinician="N2", minutes=5 + lake.clock.now().minute % 2)
        pass_until(lake, f"{max(lake.clock.now() + MINUTE, at('08:31')).astimezone(ZONE):%H:%M}")
    missed = lake.rows(
        """SELECT c.kind, v.external_id AS visit, c.opened_at FROM exception_case c JOIN visit v ON v.id = c.subject_id
           WHERE c.kind IN ('not_clocked_in', 'ncns') AND c.subject_kind = 'visit' ORDER BY c.opened_at"""
    )
    assert [f"{m['opened_at'].astimezone(ZONE):%H:%M} {m['kind']} {m['visit']}" for m in missed] == [
        "08:45 not_clocked_in V1",
        "09:15 ncns V1",
        "11:15 not_clocked_in V4",
        "11:45 ncns V4",
    ]
