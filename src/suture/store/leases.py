"""Leases of branch-days: the right to decide some of them together, for some seconds of the database's clock.

A waiting signal about several days links them: whoever decides one of them decides all. Days are leased all or none, in
the order of branch and date, and no lease is ever waited for: who cannot have them all has nothing, and comes again.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import structlog

from suture.model.ids import BranchDay, BranchId
from suture.store import inbox
from suture.store.transaction import Tx

log = structlog.get_logger(__name__)

MOST_LINKED = 40
"""Linked days that are decided together, where no signal alone is about more. The rest waits for the next decision."""
MOST_TRIED = 100
"""Dirty days that are looked at for one that can be leased with all that are linked to it."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to decide one branch-day, fenced by `number`: a slow holder cannot release its successor's lease."""

    day: BranchDay
    generation: int
    number: int


def take(tx: Tx, seconds: float, only: BranchDay | None = None) -> tuple[Lease, ...]:
    """The longest-waiting dirty branch-day that can be had, or the `only` one asked for, with the days linked to it.

    A lease that ends further ahead than its own length, because the clock was set back, is cut to that length.
    """
    tx.run(
        """UPDATE branch_dirty SET lease_until = clock_timestamp() + make_interval(secs => :seconds)
           WHERE tenant = app_tenant() AND lease_until > clock_timestamp() + make_interval(secs => :seconds)""",
        seconds=seconds,
    )
    tried: set[frozenset[BranchDay]] = set()
    for first in _dirty(tx, only):
        for days in _linked(tx, first):
            if days not in tried and (held := _take(tx, days, seconds)):
                return held
            tried.add(days)
    return ()


def _dirty(tx: Tx, only: BranchDay | None) -> list[BranchDay]:
    """Branch-days with something to decide that are not leased, the one that waits longest first."""
    rows = tx.rows(
        """SELECT branch_id, service_date FROM branch_dirty
           WHERE tenant = app_tenant() AND gen > done AND (lease_until IS NULL OR lease_until < clock_timestamp())
             AND (cast(:branch AS bigint) IS NULL OR (branch_id = :branch AND service_date = :date))
           ORDER BY since LIMIT :most""",
        branch=only.branch_id if only else None,
        date=only.service_date if only else None,
        most=MOST_TRIED,
    )
    return [BranchDay(BranchId(r["branch_id"]), r["service_date"]) for r in rows]


def _linked(tx: Tx, first: BranchDay) -> tuple[frozenset[BranchDay], ...]:
    """What to lease with this day: all days linked to it; or those of its oldest signal about several, so that none
    waits for days that only others link."""
    spans = _spans(tx, {first})
    oldest = spans[0] if spans else frozenset({first})
    linked, looked_at, is_cut = oldest, {first}, False
    while spans:
        for span in spans:
            fits = len(linked | span) <= MOST_LINKED
            linked, is_cut = (linked | span, is_cut) if fits else (linked, is_cut or not span <= linked)
        new = linked - looked_at
        looked_at |= new
        spans = _spans(tx, new)
    if is_cut:
        log.info("linked_days_cut", days=len(linked), most=MOST_LINKED)
    return linked, oldest


def _spans(tx: Tx, days: Collection[BranchDay]) -> list[frozenset[BranchDay]]:
    """The days of each waiting signal that is about one of these days and about others, the oldest signal first."""
    return [signal.days for signal in inbox.waiting(tx, days, linking=True)] if days else []


def _take(tx: Tx, days: Collection[BranchDay], seconds: float) -> tuple[Lease, ...]:
    """All of them, or none: also where someone is writing to one of them just now."""
    if len(days) > 1:  # one after the other: else two workers could each skip what the other has just locked
        tx.run("SELECT pg_advisory_xact_lock(hashtextextended('leases of days', app_tenant()))")
    rows = tx.rows(
        """WITH wanted AS (SELECT * FROM unnest(cast(:branches AS bigint[]), cast(:dates AS date[]))
                           AS w(branch_id, service_date)),
           free AS MATERIALIZED (
             SELECT d.branch_id, d.service_date FROM branch_dirty d JOIN wanted USING (branch_id, service_date)
             WHERE d.tenant = app_tenant() AND (d.lease_until IS NULL OR d.lease_until < clock_timestamp())
             ORDER BY d.branch_id, d.service_date FOR UPDATE OF d SKIP LOCKED)
           UPDATE branch_dirty d SET lease_until = clock_timestamp() + make_interval(secs => :seconds),
                  lease_no = d.lease_no + 1
           FROM free WHERE d.tenant = app_tenant() AND d.branch_id = free.branch_id
             AND d.service_date = free.service_date AND (SELECT count(*) FROM free) = :number
           RETURNING d.branch_id, d.service_date, d.gen, d.lease_no""",
        **_columns(sorted(days)),
        number=len(days),
        seconds=seconds,
    )
    held = [Lease(BranchDay(BranchId(r["branch_id"]), r["service_date"]), r["gen"], r["lease_no"]) for r in rows]
    return tuple(sorted(held, key=lambda lease: lease.day))


def _columns(days: Sequence[BranchDay]) -> dict[str, list[object]]:
    return {"branches": [day.branch_id for day in days], "dates": [day.service_date for day in days]}


def renew(tx: Tx, held: Sequence[Lease], seconds: float) -> None:
    """Hold the leases for longer, unless someone else has them by now."""
    tx.run_many(
        """UPDATE branch_dirty SET lease_until = clock_timestamp() + make_interval(secs => :seconds)
           WHERE tenant = app_tenant() AND branch_id = :branch AND service_date = :date AND lease_no = :number""",
        [{**_fence(lease), "seconds": seconds} for lease in held],
    )


def release(tx: Tx, held: Sequence[Lease]) -> None:
    """Mark the branch-days done up to the generation the lease saw; a newer signal leaves its day dirty."""
    tx.run_many(
        """UPDATE branch_dirty SET done = greatest(done, :gen), lease_until = NULL, since = clock_timestamp()
           WHERE tenant = app_tenant() AND branch_id = :branch AND service_date = :date AND lease_no = :number""",
        [{**_fence(lease), "gen": lease.generation} for lease in held],
    )


def give_back(tx: Tx, held: Sequence[Lease]) -> None:
    """End the leases without marking anything done: the next worker tries again."""
    tx.run_many(
        """UPDATE branch_dirty SET lease_until = NULL
           WHERE tenant = app_tenant() AND branch_id = :branch AND service_date = :date AND lease_no = :number""",
        [_fence(lease) for lease in held],
    )


def _fence(lease: Lease) -> dict[str, object]:
    return {"branch": lease.day.branch_id, "date": lease.day.service_date, "number": lease.number}
