"""The worked example: thirty home visits before noon across six clinicians, and a nurse who calls out at 7:40.

The rules engine at once gives her visits to the nearest qualified, available colleagues, respecting hour limits and
continuity where it can, texts the affected patients a new window and asks them to confirm. The coordinator reviews a
short exception list.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from tests.flow.a_morning import DAY, Morning, a_morning, at

from suture.model.messages import Channel


@pytest.fixture
def morning(database: Engine, tmp_path: Path) -> Iterator[Morning]:
    with a_morning(database, tmp_path) as agency:
        yield agency


def test_a_nurse_calls_out_and_the_morning_heals_itself(morning: Morning) -> None:
    # The afternoon before: files come in, the day is planned by rules, and published.
    morning.import_files()
    planned = morning.api.post(f"{DAY}/plan").json()
    assert planned["positions"] == 34  # 30 home visits, 3 appointments, one open shift
    assert planned["assigned"] + planned["exceptions"] == 34
    assert morning.api.post(f"{DAY}/publish").status_code == 200

    # Everyone is told within a minute, and nobody twice.
    morning.wait_until(at("15:01", at("00:00").date().replace(day=23)))
    told = morning.messages()
    assert {m.channel for m in told} == {Channel.EMAIL, Channel.SMS}
    staff_mails = [m for m in told if "/p/" in m.body and m.to.startswith("e-")]
    assert len({m.to for m in told}) == len(told) > 35

    # Clinicians accept; one patient confirms by link, another by text.
    for mail in staff_mails:
        morning.press(mail, "accept")
    by_text, by_link = [m for m in told if m.channel is Channel.SMS][:2]
    morning.text(by_text.to, "1")
    morning.press(by_link, "accept")

    # 07:40. The busiest nurse calls out.
    morning.wait_until(at("07:40"))
    before, nurse = morning.holders(), "E-01"
    hers = morning.route(nurse)
    assert len(hers) >= 5
    stored = morning.send("call_out", clinician=nurse, source="phone", source_id="call-1")

    # The plan is repaired before anyone has put the phone down: her visits are with colleagues, or on the list.
    plan, after = morning.plan(), morning.holders()
    assert plan["version"] == 2
    assert morning.route(nurse) == []
    uncovered = {u["visit"] for u in plan["uncovered"]}
    assert {v for v in hers if v not in after} <= uncovered
    assert len([v for v in hers if v in after]) >= 0.6 * len(hers)
    others_moved = [v for v in before if v not in hers and after.get(v) != before[v]]
    assert len(others_moved) <= 3

    # Saying it twice changes nothing.
    assert morning.send("call_out", clinician=nurse, source="phone", source_id="call-1") == stored
    assert morning.plan()["version"] == 2

    # A minute later those affected, and only they, have heard.
    sent_before = morning.messages()
    morning.wait_until(at("07:42"))
    news = morning.messages_since(sent_before)
    helpers = {after[v] for v in (*hers, *others_moved) if v in after} | {before[v] for v in others_moved}
    staff_news = [m for m in news if m.to.startswith("e-")]
    assert {m.to.split("@")[0].upper() for m in staff_news} == helpers | {nurse}
    assert len(news) - len(staff_news) <= len(hers) + len(others_moved)

    # Whoever called out is asked nothing.
    (hers_now,) = [m for m in staff_news if m.to.split("@")[0].upper() == nurse]
    assert "nothing to confirm" in hers_now.body and hers_now.links == ()

    # The colleagues accept: that is when the visits are truly reassigned.
    for mail in staff_news:
        if mail != hers_now:
            morning.press(mail, "accept")
    seconds, unresolved = morning.reassigned_after_seconds()
    assert seconds is not None and seconds <= 150
    assert unresolved is None  # none of the starts has come yet

    # Nothing is lost, nobody heard twice, and the coordinator's list is short and says why.
    assert morning.lost_and_doubled() == (0, 0)
    page = morning.browser.get("/").text
    assert "called out" in page
    for visit in plan["uncovered"]:
        assert visit["reasons"]

    # When the starts have come, all that went to a colleague had been accepted before; the rest is offered meanwhile.
    morning.wait_until(at("12:00"))
    then, unresolved = morning.reassigned_after_seconds()
    assert (then, (unresolved or 0.0) <= len(uncovered & set(hers)) / len(hers)) == (seconds, True)


def test_the_rest_of_the_morning_is_lived_through_too(morning: Morning) -> None:
    morning.import_files()
    morning.api.post(f"{DAY}/plan")
    morning.api.post(f"{DAY}/publish")
    morning.wait_until(at("08:00"))
    first, second = morning.route("E-02")[:2]

    # A visit begins, runs half an hour over, and ends.
    morning.send("check_in", visit=first, clinician="E-02")
    morning.send("run_over", visit=first, minutes=30)
    morning.wait_until(at("08:50"))
    morning.send("check_out", visit=first, outcome="done", clinician="E-02")
    assert first in morning.route("E-02")

    # A patient cancels: the visit leaves the plan, and its patient is told.
    seen = morning.messages()
    morning.send("cancellation", visit=second, by="patient")
    assert second not in morning.holders()
    morning.wait_until(at("08:53"))
    assert morning.messages_since(seen)

    # An urgent visit comes in and finds its place, or a case.
    urgent = {
        "external_id": "V-URGENT",
        "patient": "P-01",
        "service": "SN_VISIT",
        "earliest_start": at("10:00").isoformat(),
        "latest_end": at("12:30").isoformat(),
        "priority": "urgent",
    }
    morning.send("new_visit", visit=urgent)
    plan = morning.plan()
    assert "V-URGENT" in morning.holders() or "V-URGENT" in {u["visit"] for u in plan["uncovered"]}

    # Nobody is home somewhere: a no-show, and a case to follow up.
    door = morning.route("E-06")[0]
    morning.send("check_in", visit=door)
    morning.send("check_out", visit=door, outcome="not_home")
    assert "No one was home" in morning.browser.get("/").text
    assert morning.lost_and_doubled() == (0, 0)
