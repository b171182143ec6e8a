"""The demo's people at real speed: they go on where they stopped, and leave alone whom someone at the screen plays."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from tests.store.a_lakeside import MONDAY, SUNDAY_NOON, Lakeside, at

from suture.model.messages import Channel, InboundText
from suture.model.seen import SeenMessage
from suture.service.branch_named import find_branch
from suture.service.receive_reply import receive_text
from suture.service.worker import drain
from suture.sim.chance import Chance
from suture.sim.people import PATIENT_ANSWERS, plan_offer_answer
from suture.sim.world import World
from suture.store import demo

SUNDAY_EVENING = at("20:00", MONDAY - timedelta(days=1))


@pytest.fixture
def lake(database: Engine, tmp_path: Path) -> Iterator[Lakeside]:
    """Everyone was asked on Sunday at noon."""
    lake = Lakeside(database, tmp_path / "files").published()
    lake.send(at("12:01", MONDAY - timedelta(days=1)))
    yield lake


def texts(lake: Lakeside) -> list[SeenMessage]:
    """What patients have on their phones, each with the link of its page."""
    with lake.caller.transaction() as tx:
        sent = [s for s in lake.channels[Channel.SMS].sent.values() if s.at <= tx.now]
    return [SeenMessage(Channel.SMS, s.to, s.at, "", s.body, (s.body.split()[-1],)) for s in sent]


def a_world(lake: Lakeside, seed: int) -> World:
    with lake.caller.transaction() as tx:
        branch = find_branch(tx, "LAKE")

    def write(number: str, body: str, sid: str) -> None:
        receive_text(lake.caller, InboundText("console", sid, number, body))

    return World(lake.caller, branch, MONDAY, lambda: texts(lake), write, (), Chance(seed), live=True)


def a_moment(lake: Lakeside, world: World) -> None:
    """What `sim.live` does each second."""
    with lake.caller.transaction() as tx:
        now = tx.now
    world.look(now)
    world.next_at(now)
    world.act(now)
    drain(lake.caller)


def said(lake: Lakeside) -> list[str]:
    """Whose texts have come in."""
    rows = lake.rows(
        """SELECT p.external_id FROM inbound i JOIN address a ON a.value_hash = i.from_hash
           JOIN party p ON p.id = a.party_id ORDER BY i.id"""
    )
    return [r["external_id"] for r in rows]


def seed_with_a_quick_answer_of(person: str) -> int:
    """A world in which this patient answers within the hour."""
    chances = ((s, Chance(s)) for s in range(100))
    return next(
        s for s, c in chances if c.happens(PATIENT_ANSWERS, "patient", person, 1) and c.happens(0.6, "quick", person, 1)
    )


def phone(lake: Lakeside, person: str) -> str:
    (row,) = lake.rows(
        """SELECT a.value FROM address a JOIN party p ON p.id = a.party_id
           WHERE p.external_id = :who AND a.channel = 'sms'""",
        who=person,
    )
    return str(row["value"])


def quiet(lake: Lakeside, person: str) -> None:
    with lake.caller.transaction() as tx:
        demo.be_quiet(tx, tx.scalar("SELECT id FROM party WHERE external_id = :who", who=person))


def test_people_answer_once_and_a_world_that_goes_on_does_not_repeat_them(lake: Lakeside) -> None:
    world = a_world(lake, seed_with_a_quick_answer_of("P1"))
    a_moment(lake, world)
    lake.clock.advance_to(SUNDAY_EVENING)
    a_moment(lake, world)
    answered = said(lake)
    assert "P1" in answered and len(set(answered)) == len(answered)
    a_moment(lake, a_world(lake, seed_with_a_quick_answer_of("P1")))
    assert said(lake) == answered


def test_what_was_still_to_be_answered_is_answered_by_the_next_world(lake: Lakeside) -> None:
    seed = seed_with_a_quick_answer_of("P1")
    a_moment(lake, a_world(lake, seed))  # stopped before anyone has answered
    assert said(lake) == []
    world = a_world(lake, seed)
    a_moment(lake, world)
    lake.clock.advance_to(SUNDAY_EVENING)
    a_moment(lake, world)
    assert "P1" in said(lake)


def test_a_silent_patient_does_not_answer(lake: Lakeside) -> None:
    world = a_world(lake, seed_with_a_quick_answer_of("P1"))
    a_moment(lake, world)
    quiet(lake, "P1")
    lake.clock.advance_to(SUNDAY_EVENING)
    a_moment(lake, world)
    assert "P1" not in said(lake)


def test_whoever_was_answered_for_at_the_screen_says_nothing_else(lake: Lakeside) -> None:
    world = a_world(lake, seed_with_a_quick_answer_of("P1"))
    a_moment(lake, world)
    lake.clock.advance_to(at("12:02", MONDAY - timedelta(days=1)))
    receive_text(lake.caller, InboundText("console", "mine", phone(lake, "P1"), "2"))
    drain(lake.caller)
    lake.clock.advance_to(SUNDAY_EVENING)
    a_moment(lake, world)
    assert said(lake).count("P1") == 1


def test_a_clinician_of_whom_nothing_is_heard_does_not_check_in(lake: Lakeside) -> None:
    begun = "SELECT external_id FROM visit WHERE started_at IS NOT NULL"
    first = min(lake.who(), key=lake.start)
    quiet(lake, lake.who()[first])
    lake.clock.advance_to(at("09:30"))
    world = a_world(lake, 1)
    a_moment(lake, world)
    assert first not in {r["external_id"] for r in lake.rows(begun)}
    with lake.caller.transaction() as tx:
        tx.run("DELETE FROM demo_quiet")
    lake.clock.advance_to(at(lake.start(first)))  # ten minutes late, as the plan has it by now
    a_moment(lake, world)
    assert first in {r["external_id"] for r in lake.rows(begun)}


def seed_in_which(says: str, person: str) -> int:
    """A world in which this clinician takes (1) or declines (2) the first visit that they are offered by text."""
    message = SeenMessage(Channel.SMS, "", SUNDAY_EVENING, "", "", ("http://localhost/p/x",))
    who = demo.DemoPerson("clinician", person, has_sms=True)
    plans = ((s, plan_offer_answer(message, who, 1, 1, SUNDAY_EVENING, Chance(s))) for s in range(100))
    return next(s for s, planned in plans if planned is not None and planned.text == says)


@pytest.mark.parametrize("answer", ["1", "2"])
def test_a_clinician_who_is_offered_a_visit_by_text_takes_it_or_declines(
    answer: str, database: Engine, tmp_path: Path
) -> None:
    lake = Lakeside(database, tmp_path / "files")
    lake.change("visits", "V1", window_start="06:00", window_end="07:00")  # before everyone's hours
    lake.change("staff", "N1", phone_mobile="+16145550171")
    lake.published().wait_until(SUNDAY_NOON + timedelta(minutes=5))
    lake.send(SUNDAY_NOON + timedelta(minutes=6))
    world = a_world(lake, seed_in_which(answer, "N1"))
    a_moment(lake, world)
    assert "N1" not in said(lake)
    lake.clock.advance_to(SUNDAY_NOON + timedelta(minutes=30))
    a_moment(lake, world)
    [text] = lake.rows(
        """SELECT i.body FROM inbound i JOIN address a ON a.value_hash = i.from_hash
           JOIN party p ON p.id = a.party_id WHERE p.external_id = 'N1'"""
    )
    assert text["body"] == answer
