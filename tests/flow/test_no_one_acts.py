"""A day in which no one acts: no patient answers, no clinician accepts, checks in or calls."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from tests.conftest import RIVERBEND
from tests.store.a_lakeside import MONDAY, ZONE, Lakeside, at

from suture.model.events import Event, EventKind
from suture.service import worker
from suture.service.plan_day import find_branch
from suture.store import events

Names = Mapping[object, str]
QUARTER = timedelta(minutes=15)
RULES = """
version: 1
rules:
""" + "".join(
    f"""
- {{id: {word.replace("_", "-")}, kind: gate, when: "v.id == '{visit}'", needs: patient_confirmed, by: {by},
   else: {word}, because: A test needs it., owner: tests}}
"""
    for visit, word, by in (
        ("V1", "hold_and_flag", "-1h"),
        ("V2", "release_and_flag", "-2h"),
        ("V3", "drop_to_waitlist", "-2h"),
    )
)


@pytest.fixture
def lake(database: Engine, tmp_path: Path) -> Lakeside:
    """Four visits and one nurse; V1 is held without a yes, V2 goes ahead, V3 gives its place up, V4 has no gate."""
    config = tmp_path / "config"
    config.mkdir()
    (config / "rulebook.yaml").write_text(RULES)
    (config / "outreach.yaml").write_bytes((RIVERBEND / "outreach.yaml").read_bytes())
    lake = Lakeside(database, tmp_path / "files", config=config)
    lake.tables["visits"] = [v for v in lake.tables["visits"] if v["external_id"] in ("V1", "V2", "V3", "V4")]
    lake.tables["availability"] = [a for a in lake.tables["availability"] if a["employee_id"] == "N1"]
    return lake.published()


def pass_until(lake: Lakeside, instant: datetime) -> None:
    worker.drain(lake.caller)
    while (due := worker.next_due(lake.caller)) is not None and due <= instant:
        lake.clock.advance_to(max(due, lake.clock.now()))
        worker.drain(lake.caller)
    lake.clock.advance_to(instant)
    worker.drain(lake.caller)


def what_happened(lake: Lakeside) -> list[str]:
    """The log of the day, as a coordinator would tell it; a case that is critical is told once."""
    with lake.caller.transaction() as tx:
        visits = {r["id"]: r["external_id"] for r in tx.rows("SELECT id, external_id FROM visit")}
        people = {r["id"]: r["external_id"] for r in tx.rows("SELECT id, external_id FROM party")}
        cases = tx.rows("SELECT id, subject_kind, subject_id FROM exception_case")
        subjects = {
            c["id"]: (visits if c["subject_kind"] == "visit" else people).get(c["subject_id"], "") for c in cases
        }
        log = events.of_day(tx, find_branch(tx, "LAKE").id, MONDAY)
    first = {e.subject_id: e.seq for e in reversed(log) if e.kind is EventKind.CASE_RAISED}
    told = [e for e in log if e.seq == first.get(e.subject_id, e.seq) or e.kind is not EventKind.CASE_RAISED]
    return [f"{e.at.astimezone(ZONE):%a %H:%M} {said}" for e in told if (said := say(e, visits, people, subjects))]


def say(e: Event, visits: Names, people: Names, subjects: Names) -> str:
    match e.kind:
        case EventKind.MESSAGE_SENT:
            return f"{e.data['step']} goes to {people[e.data['party_id']]}"
        case EventKind.VISIT_GATED:
            return f"{visits[e.subject_id]} {e.data['state']}"
        case EventKind.VISIT_UNCOVERED:
            return f"{visits[e.subject_id]} has no clinician"
        case EventKind.CASE_OPENED:
            return f"{e.data['case']} {subjects[e.subject_id]}, {e.data['band']}"
        case EventKind.CASE_RAISED:
            return f"{e.data['case']} {subjects[e.subject_id]} is {e.data['band']} now"
        case _:
            return ""


def test_what_is_asked_opened_escalated_and_held_minute_by_minute(lake: Lakeside) -> None:
    pass_until(lake, at("18:00"))
    assert what_happened(lake) == [
        # the noon before, the day is published, and everyone is asked
        "Sun 12:00 V1 waits",
        "Sun 12:00 V2 waits",
        "Sun 12:00 V3 waits",
        "Sun 12:00 p.confirm goes to P1",
        "Sun 12:00 p.confirm goes to P2",
        "Sun 12:00 p.confirm goes to P3",
        "Sun 12:00 p.confirm goes to P4",
        "Sun 12:00 s.published goes to N1",
        # the nurse should have accepted her list by now
        "Mon 06:30 clinician_silent N1, high",
        # two hours before 09:11: V2 goes ahead, and a person may still call its patient
        "Mon 07:11 V2 released",
        "Mon 07:11 patient_silent V2, high",
        "Mon 07:11 s.set_out goes to N1",
        # an hour before 08:30: V1 is held
        "Mon 07:30 V1 held",
        "Mon 07:30 patient_silent V1, high",
        "Mon 07:30 s.stand_down goes to N1",
        # two hours before 10:00: V3 gives its place up
        "Mon 08:00 V3 has no clinician",
        "Mon 08:00 V3 waitlist",
        "Mon 08:00 uncovered_visit V3, high",
        "Mon 08:00 s.changed goes to N1",
        "Mon 08:00 s.stand_down goes to N1",
        # the nurse is a quarter of an hour late for V2, so that V1, which was held, can no longer be today
        "Mon 09:26 V1 has no clinician",
        "Mon 09:26 not_clocked_in V2, high",
        "Mon 09:26 uncovered_visit V1, high",
        "Mon 09:26 promise_at_risk V2, high",
        "Mon 09:26 uncovered_visit V1 is critical now",
        "Mon 09:26 s.changed goes to N1",
        "Mon 09:26 p.changed goes to P2",
        # half an hour more
        "Mon 09:56 ncns V2, critical",
        "Mon 09:56 promise_at_risk V2, high",
        "Mon 09:56 s.changed goes to N1",
        "Mon 09:56 p.changed goes to P2",
        # an hour before 11:00: no gate is in front of V4, so it goes ahead
        "Mon 10:00 patient_silent V4, high",
        # the last useful minute of V3 is over; and V4 goes as V2 did
        "Mon 11:15 uncovered_visit V3 is critical now",
        "Mon 11:15 not_clocked_in V4, high",
        "Mon 11:45 ncns V4, critical",
        "Mon 11:45 promise_at_risk V4, high",
        "Mon 11:45 change_over_budget N1, high",
        "Mon 11:45 s.changed goes to N1",
        "Mon 11:45 p.changed goes to P4",
    ]


def test_at_every_minute_each_visit_has_a_clinician_or_a_case(lake: Lakeside) -> None:
    for hour in range(24 * 4):
        pass_until(lake, at("00:00") + hour * QUARTER)
        assert lake.lost() == 0
    timers = lake.rows("SELECT source_id, count(*) AS n FROM inbox WHERE source = 'timer' GROUP BY source_id")
    assert timers and all(t["n"] == 1 for t in timers), "each timer has run out once"
    assert not lake.rows("SELECT id FROM inbox WHERE state <> 'handled'")
    assert worker.next_due(lake.caller) is None, "nothing is left that would never happen"
