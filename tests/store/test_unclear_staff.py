"""One mistyped status: whose visits go to others, why, who hears of it, and what becomes of it once it is fixed."""

from pathlib import Path

import pytest
from sqlalchemy import Engine
from tests.store.a_lakeside import Lakeside, at

from suture.words.reason import from_json

SIX = at("06:00")


@pytest.fixture
def lake(database: Engine, tmp_path: Path) -> Lakeside:
    lake = Lakeside(database, tmp_path / "lake").published()
    lake.send(SIX)
    return lake


def nurse(lake: Lakeside) -> str:
    """A nurse with visits on the published day."""
    return next(n for n in sorted(lake.who().values()) if n.startswith("N"))


def visits_of(lake: Lakeside, clinician: str) -> set[str]:
    return {visit for visit, who in lake.who().items() if who == clinician}


def say(lake: Lakeside, clinician: str, status: str) -> None:
    lake.change("staff", clinician, status=status)
    lake.load()
    lake.decide()


def messages(lake: Lakeside, clinician: str) -> list[tuple[str, str]]:
    rows = lake.rows(
        """SELECT t.step, t.state FROM touch t JOIN party p ON p.id = t.party_id
           WHERE p.external_id = :id ORDER BY t.id""",
        id=clinician,
    )
    return [(r["step"], r["state"]) for r in rows]


def reasons(lake: Lakeside, kind: str) -> list[list[str]]:
    return [
        [str(from_json(why)) for why in r["reasons"]]
        for r in lake.rows("SELECT reasons FROM exception_case WHERE kind = :k AND state <> 'closed'", k=kind)
    ]


def because(lake: Lakeside) -> str:
    (row,) = lake.rows("SELECT why FROM plan ORDER BY version DESC LIMIT 1")
    return str(from_json(row["why"]))


def test_the_board_says_whose_status_could_not_be_read(lake: Lakeside) -> None:
    who = nurse(lake)
    name = {"N1": "Ada Alder", "N2": "Ben Birch"}[who]
    say(lake, who, "on_leave")
    assert visits_of(lake, who) == set()
    assert because(lake) == f"the import could not read the status of {name}"


@pytest.mark.parametrize(("status", "words"), [("leave", "is on leave"), ("terminated", "has left")])
def test_who_is_really_away_is_named_with_the_cause(lake: Lakeside, status: str, words: str) -> None:
    who = nurse(lake)
    name = {"N1": "Ada Alder", "N2": "Ben Birch"}[who]
    say(lake, who, status)
    assert because(lake) == f"{name} {words}"


def test_that_no_message_reaches_her_is_put_down_to_the_status(lake: Lakeside) -> None:
    say(lake, nurse(lake), "on_leave")
    ((why, _),) = reasons(lake, "message_undeliverable")
    assert why.startswith("The import could not read this clinician's status")


def test_the_import_says_what_the_line_costs(lake: Lakeside) -> None:
    who = nurse(lake)
    count = len(visits_of(lake, who))
    lake.change("staff", who, status="on_leave")
    (note,) = [n for n in lake.load().notes if "until it is fixed" in n]
    assert note.endswith(f"until it is fixed, others get {count} visit{'' if count == 1 else 's'} of Mon, Nov 30")
    assert not [n for n in lake.load().notes if n == note.replace(str(count), "0")]


def test_once_fixed_she_hears_that_her_list_is_another_and_no_case_stays_open(lake: Lakeside) -> None:
    who = nurse(lake)
    say(lake, who, "on_leave")
    say(lake, who, "active")
    assert reasons(lake, "message_undeliverable") == reasons(lake, "person_unclear") == []
    step = "s.changed" if visits_of(lake, who) else "s.emptied"
    assert messages(lake, who) == [("s.published", "sent"), (step, "planned")]


def test_who_is_given_back_exactly_what_she_was_told_hears_nothing(lake: Lakeside) -> None:
    for other in ("N1", "N2", "T1", "A1"):
        if other != (who := nurse(lake)):
            lake.change("staff", other, status="leave")
    lake.load()
    lake.decide()
    lake.send(at("06:30"))
    told, had = messages(lake, who), visits_of(lake, who)
    say(lake, who, "on_leave")
    say(lake, who, "active")
    assert visits_of(lake, who) == had
    assert messages(lake, who) == told


def test_a_message_that_was_stopped_meanwhile_leaves_no_case_behind(database: Engine, tmp_path: Path) -> None:
    lake = Lakeside(database, tmp_path / "lake").published()
    who = nurse(lake)
    lake.change("staff", who, status="on_leave")
    lake.load()
    lake.send(SIX)
    assert any("could not read the person's status" in why for why, *_ in reasons(lake, "message_undeliverable"))
    lake.decide()
    say(lake, who, "active")
    assert reasons(lake, "message_undeliverable") == []
