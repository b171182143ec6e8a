"""Sees a branch-day in one transaction, works on it outside any, and asks before saving whether it is still so."""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TypeVar

from suture.dispatch.disrupted import disrupted
from suture.model.cases import UNCOVERED
from suture.model.day import Day
from suture.model.ids import VisitId
from suture.model.offers import OfferPolicy
from suture.model.people import Branch
from suture.rules.book import Rulebook
from suture.rules.evaluate import shape
from suture.service.context import Context
from suture.service.errors import NothingInForce
from suture.service.in_force import policy_in_force, rulebook_in_force
from suture.service.travel import travel_times
from suture.store import moments, outreach
from suture.store.day import day_bounds, load_day
from suture.store.moments import Moment
from suture.store.past_answers import past_answers
from suture.store.transaction import Tx
from suture.words.catalog import DEFAULT_LANGUAGE, speaking

T = TypeVar("T")


class DayMovedOn(Exception):
    """What was seen of the day has changed: see it again and decide again."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A branch-day as one transaction saw it, without driving times, and the rules in force then. `moving`: see
    `load_day`."""

    raw: Day
    book: Rulebook
    now: datetime
    moment: Moment
    moving: frozenset[VisitId] = frozenset()


def see(tx: Tx, tools: Context, branch: Branch, service_date: date, moving: Collection[VisitId] = ()) -> Seen:
    """Read everything that a decision may read."""
    snapshot = moments.begin(tx)
    book = rulebook_in_force(tx, tools)
    raw = replace(load_day(tx, branch, service_date, moving), offering=_offering(tx, tools))
    if raw.offers or any(case.kind in UNCOVERED for case in raw.cases):
        raw = replace(raw, past_answers=past_answers(tx, branch, raw.clinicians))
    return Seen(raw, book, tx.now, moments.end(tx, snapshot), frozenset(moving))


def _offering(tx: Tx, tools: Context) -> OfferPolicy:
    """How people are asked; not at all while no message leaves."""
    try:
        policy = policy_in_force(tx, tools)
    except NothingInForce:
        return OfferPolicy(after=None, on_hold=True)
    return policy.offering(on_hold=outreach.state(tx).on_hold)


def complete(tools: Context, seen: Seen) -> Day:
    """The day with its driving times, its visits as the rules shape them. Belongs outside any transaction."""
    return shape(seen.book, disrupted(with_travel(tools, seen.raw)))


def with_travel(tools: Context, raw: Day) -> Day:
    """A day with the driving times between all its places. Belongs outside any transaction: an engine may be slow."""
    departs_at = day_bounds(raw.branch, raw.service_date)[0]
    return replace(raw, travel=travel_times(tools.travel, tuple(raw.places.values()), depart_at=departs_at))


def check_still_so(tx: Tx, tools: Context, seen: Seen) -> None:
    """Raise DayMovedOn where anything that was seen is otherwise now; the day is read again only if anyone wrote."""
    if moments.nothing_since(tx, seen.moment):
        return
    if rulebook_in_force(tx, tools).hash != seen.book.hash:
        raise DayMovedOn("another rulebook is in force")
    if _facts(load_day(tx, seen.raw.branch, seen.raw.service_date, seen.moving)) != _facts(seen.raw):
        raise DayMovedOn(f"{seen.raw.service_date} has changed since it was looked at")


def _facts(day: Day) -> Day:
    """The day without what sending adds: a message that left meanwhile told what was planned, and is heard of later."""
    return replace(day, promises=(), declined=frozenset(), cases=(), past_answers={}, offering=OfferPolicy())


def timed(decide: Callable[[], T]) -> tuple[T, float]:
    """What was decided and the CPU milliseconds it took. What it stores beside codes is English, whoever asks."""
    start = time.process_time()
    with speaking(DEFAULT_LANGUAGE):
        decided = decide()
    return decided, (time.process_time() - start) * 1000
