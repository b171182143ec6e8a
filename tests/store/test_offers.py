"""People are asked to take what has no clinician, from the timer to the winner's list, in a real database."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from tests.store.a_lakeside import Lakeside, at

from suture.service.errors import BadSignal
from suture.service.fill import NothingToFill, fill_list
from suture.service.worker import decide_next


@pytest.fixture
def lake(database: Engine, tmp_path: Path) -> Lakeside:
    """Published on Sunday noon; V1 is at 06:00, before everyone's hours."""
    lake = Lakeside(database, tmp_path / "lake")
    lake.change("visits", "V1", window_start="06:00", window_end="07:00")
    return lake.published()


@pytest.fixture
def asked(lake: Lakeside) -> Lakeside:
    """Five minutes later, N1 and N2 have been asked for half an hour."""
    lake.wait_until(at("12:05", SUNDAY))
    return lake


SUNDAY = at("12:00").date().replace(day=29)


def candidates(lake: Lakeside, number: int = 1) -> dict[str, str]:
    rows = lake.rows(
        """SELECT p.external_id, c.state FROM offer_candidate c JOIN party p ON p.id = c.clinician_id
           WHERE c.offer_id = :offer ORDER BY c.rank""",
        offer=number,
    )
    return {r["external_id"]: r["state"] for r in rows}


def offers(lake: Lakeside) -> list[tuple[str, int, str]]:
    rows = lake.rows("SELECT mode, round, state FROM offer ORDER BY id")
    return [(r["mode"], r["round"], r["state"]) for r in rows]


def says(lake: Lakeside, who: str, answer: str, offer: int = 1, **more: Any) -> None:
    lake.signal("offer_answered", offer=offer, clinician=who, answer=answer, **more)
    lake.decide()


def test_what_no_plan_can_fill_is_offered_by_itself_after_five_minutes(lake: Lakeside) -> None:
    lake.wait_until(at("12:04", SUNDAY))
    assert offers(lake) == []
    lake.wait_until(at("12:05", SUNDAY))
    assert offers(lake) == [("broadcast", 1, "pending")]
    assert set(candidates(lake).values()) == {"pending"}
    assert {t for t in lake.touches("planned") if t[0] == "s.offer"} == {("s.offer", "N1"), ("s.offer", "N2")}


def test_the_winner_has_it_and_the_others_are_told(asked: Lakeside) -> None:
    first, second = candidates(asked)
    says(asked, second, "take")
    assert asked.who()["V1"] == second and asked.left() == set()
    assert candidates(asked) == {first: "rescinded", second: "accepted"}
    planned = asked.touches("planned")
    assert {("s.offer_won", second), ("s.offer_gone", first)} <= planned
    assert ("s.changed", second) not in planned, "they said yes: nothing is to be confirmed again"
    assert ("p.confirm", "P1") in asked.touches("planned")
    assert "uncovered_visit" not in asked.cases()
    assert asked.lost() == 0


def test_a_thousand_yeses_at_once_make_one_winner(asked: Lakeside) -> None:
    first, second = candidates(asked)
    for n in range(500):
        for who in (first, second):
            asked.signal("offer_answered", offer=1, clinician=who, answer="take", source_id=f"{who}-{n}")
    asked.decide()
    assert sorted(candidates(asked).values()) == ["accepted", "rescinded"]
    assert len(asked.rows("SELECT 1 FROM assignment WHERE visit_id = 1 AND to_version IS NULL")) == 1
    gone = [t for t in asked.rows("SELECT party_id FROM touch WHERE step = 's.offer_gone'")]
    assert len(gone) == 1, "told once"


def test_a_round_that_no_one_answers_ends_and_the_case_says_what_was_tried(asked: Lakeside) -> None:
    says(asked, "N1", "pass")
    asked.wait_until(at("12:35", SUNDAY))
    assert offers(asked) == [("broadcast", 1, "timeout")]
    assert candidates(asked) == {**candidates(asked), "N1": "rejected", "N2": "timeout"}
    [case] = asked.cases()["uncovered_visit"]
    assert [str(step) for step in case.ladder] == [
        "No clinician can take it within their hours.",
        *(str(step) for step in case.ladder[1:3]),
        "There is no one left to ask now.",
        "Ask the patient whether another day of the week will do.",
        "Whether it is missed is for a person to decide.",
    ]
    assert {str(step) for step in case.ladder[1:3]} == {
        "Ada Alder said no at 12:05.",
        "Ben Birch did not answer when asked at 12:05.",
    }


def test_on_the_day_itself_those_who_were_not_asked_are(lake: Lakeside) -> None:
    lake.clock.advance_to(at("21:30", SUNDAY))
    lake.wait_until(at("21:35", SUNDAY))
    assert offers(lake) == [], "no one is asked after nine in the evening"
    [case] = lake.cases()["uncovered_visit"]
    assert str(case.ladder[1]) == "There is no one left to ask now."
    lake.wait_until(at("05:30"))
    assert offers(lake) == [("broadcast", 1, "pending")]


def test_while_messages_are_on_hold_no_one_is_asked(lake: Lakeside) -> None:
    with lake.caller.transaction() as tx:
        tx.run("UPDATE outreach SET on_hold = true")
    lake.wait_until(at("12:05", SUNDAY))
    assert offers(lake) == []
    with pytest.raises(BadSignal, match="on hold"):
        lake.signal("ask_to_fill", visit="V1")
    with lake.caller.transaction() as tx:
        tx.run("UPDATE outreach SET on_hold = false")
    lake.wait_until(at("12:10", SUNDAY))
    assert offers(lake) == [("broadcast", 1, "pending")], "once they are released"


def test_a_cancelled_visit_cancels_its_offer(asked: Lakeside) -> None:
    asked.signal("cancellation", visit="V1", by="agency", reason="")
    asked.decide()
    assert offers(asked) == [("broadcast", 1, "canceled")]
    assert {("s.offer_gone", "N1"), ("s.offer_gone", "N2")} <= asked.touches("planned")


def test_a_person_starts_a_round_and_sees_who_could(lake: Lakeside) -> None:
    found = fill_list(lake.caller, "V1")
    assert {c.clinician for c in found.could} == {"N1", "N2"}
    assert {c.clinician for c in found.cannot} == {"A1", "T1"}
    lake.signal("ask_to_fill", visit="V1", mode="sequential")
    lake.decide()
    assert offers(lake) == [("sequential", 1, "pending")] and len(candidates(lake)) == 1
    assert [c.not_now is None for c in fill_list(lake.caller, "V1").could] == [
        c.clinician not in candidates(lake) for c in found.could
    ]


def test_what_is_not_there_to_be_offered_is_refused_by_name(lake: Lakeside) -> None:
    with pytest.raises(NothingToFill, match="V2"):
        fill_list(lake.caller, "V2")
    with pytest.raises(NothingToFill, match="V99"):
        fill_list(lake.caller, "V99")
    with pytest.raises(BadSignal, match="no offer 7"):
        lake.signal("offer_answered", offer=7, clinician="N1", answer="take")


def test_someone_who_was_not_asked_takes_nothing(asked: Lakeside) -> None:
    with pytest.raises(BadSignal, match="not made to this clinician"):
        asked.signal("offer_answered", offer=1, clinician="T1", answer="take")


def test_the_database_knows_one_winner_and_one_pending_offer(asked: Lakeside) -> None:
    with pytest.raises(Exception, match="one_pending_offer"):
        asked.rows(
            """INSERT INTO offer (branch_id, service_date, visit_id, position, round, mode, state, opens, closes,
                 minutes, place_id, opened_at, expires_at)
               SELECT branch_id, service_date, visit_id, position, 2, mode, 'pending', opens, closes, minutes,
                 place_id, opened_at, expires_at FROM offer RETURNING id"""
        )
    with pytest.raises(Exception, match="one_winner"):
        asked.rows("UPDATE offer_candidate SET state = 'accepted' RETURNING offer_id")


def test_what_happened_is_in_the_log(asked: Lakeside) -> None:
    says(asked, "N1", "pass")
    says(asked, "N2", "take")
    kinds = [r["kind"] for r in asked.rows("SELECT kind FROM event WHERE kind LIKE 'offer.%' ORDER BY seq")]
    assert kinds == ["offer.opened", "offer.answered", "offer.answered", "offer.closed"]


def test_deciding_again_changes_nothing(asked: Lakeside) -> None:
    says(asked, "N1", "take", source_id="a")
    before = asked.rows("SELECT count(*) AS n FROM touch")
    says(asked, "N1", "take", source_id="b")
    assert asked.rows("SELECT count(*) AS n FROM touch") == before
    assert not decide_next(asked.caller)


def test_an_answer_from_before_a_later_one_of_the_same_person_is_refused(asked: Lakeside) -> None:
    first, second = candidates(asked)
    minute_ago = (asked.clock.now() - timedelta(minutes=1)).isoformat()
    says(asked, first, "pass")
    with pytest.raises(BadSignal, match=r"^occurred_at: is before signal .*, which says otherwise$"):
        says(asked, first, "take", occurred_at=minute_ago)
    says(asked, second, "take", occurred_at=minute_ago)
    assert candidates(asked) == {first: "rejected", second: "accepted"}
