"""Loads a branch-day with its driving times, and writes an answer down whole: what planning and repairing share."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date

from suture.model.day import Day
from suture.model.decision import Decision
from suture.model.people import Branch
from suture.rules.book import Rulebook
from suture.rules.evaluate import shape
from suture.service.context import Context
from suture.service.in_force import rulebook_in_force
from suture.service.travel import travel_times
from suture.store.day import day_bounds, load_day
from suture.store.transaction import Tx


def load_state(ctx: Context, tx: Tx, branch: Branch, service_date: date) -> tuple[Day, Rulebook]:
    """One branch-day, complete, its visits as the rules in force shape them; and those rules."""
    book = rulebook_in_force(ctx, tx)
    return shape(book, load_raw(ctx, tx, branch, service_date)), book


def load_raw(ctx: Context, tx: Tx, branch: Branch, service_date: date) -> Day:
    """One branch-day, complete, as it was asked for."""
    day = load_day(tx, branch, service_date)
    places = tuple(day.places.values())
    return replace(day, travel=travel_times(ctx.travel, places, depart_at=day_bounds(branch, service_date)[0]))


def timed(decide: Callable[[], Decision]) -> tuple[Decision, float]:
    """A decision and the CPU milliseconds it took."""
    start = time.process_time()
    decision = decide()
    return decision, (time.process_time() - start) * 1000
