"""Three days of Lakeside, and what the database says of them after a decision."""

from datetime import date
from typing import Any

from tests.store.a_lakeside import MONDAY, TUESDAY, Lakeside, at

from suture.service.branch_named import find_branch
from suture.service.recheck import hard_rule_breaches

WEDNESDAY = TUESDAY.replace(day=2)
THREE_DAYS = f"{WEDNESDAY}T20:00:00-05:00"


def call_out(lake: Lakeside, who: str, until: str = THREE_DAYS, **more: Any) -> None:
    lake.signal("call_out", clinician=who, **{"from": at("07:00").isoformat(), "until": until, **more})


def other_than(nurse: str) -> str:
    return ({"N1", "N2"} - {nurse}).pop()


def signals(lake: Lakeside) -> list[tuple[str, str, int | None]]:
    """Every stored signal: its kind, its state, and the version of its first day's plan that it led to."""
    rows = lake.rows("SELECT kind, state, handled_version FROM inbox ORDER BY id")
    return [(r["kind"], r["state"], r["handled_version"]) for r in rows]


def versions(lake: Lakeside) -> dict[date, int]:
    return {
        r["service_date"]: r["version"] for r in lake.rows("SELECT service_date, version FROM plan_head ORDER BY 1")
    }


def hits(lake: Lakeside) -> dict[date, int]:
    """How many positions the log of each day says that signals hit."""
    rows = lake.rows(
        """SELECT service_date, sum(jsonb_array_length(data -> 'hit'))::int AS n FROM event
           WHERE kind = 'signal.handled' GROUP BY 1 ORDER BY 1"""
    )
    return {r["service_date"]: r["n"] for r in rows}


def everything(lake: Lakeside) -> dict[str, int]:
    """How many rows there are of whatever a decision writes."""
    tables = ("plan", "decision", "assignment", "touch", "exception_case", "event", "availability", "occupancy")
    [row] = lake.rows("SELECT " + ", ".join(f"(SELECT count(*) FROM {t}) AS {t}" for t in tables))
    return row


def assert_nothing_is_lost(lake: Lakeside) -> None:
    for day in (MONDAY, TUESDAY, WEDNESDAY):
        assert lake.lost(day) == 0
        with lake.caller.transaction() as tx:
            assert hard_rule_breaches(tx, lake.caller.tools, find_branch(tx, lake.branch_id), day) == []
