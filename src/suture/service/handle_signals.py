"""The shell around `dispatch.decide_days`, for what waits for leased branch-days: see, decide, save as one."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from pydantic import TypeAdapter

from suture.dispatch.decide import repairs
from suture.dispatch.decide_days import decide_days
from suture.model.decision import Decided
from suture.model.ids import BranchDay, VisitId
from suture.model.signals import SIGNAL_KINDS, Signal
from suture.service.caller import Caller
from suture.service.context import Context
from suture.service.failpoints import fail_point
from suture.service.in_force import policy_in_force
from suture.service.renewing import RENEWALS_PER_LEASE, renewed
from suture.service.save import Part, append_events, save_parts
from suture.service.state import Seen, check_still_so, complete, see, timed
from suture.store import inbox, leases, plans
from suture.store.branches import branch_by_id
from suture.store.inbox import StoredSignal
from suture.store.leases import Lease
from suture.store.transaction import Tx

_ADAPTERS: dict[str, TypeAdapter[Signal]] = {kind: TypeAdapter(cls) for kind, cls in SIGNAL_KINDS.items()}


@dataclass(frozen=True, slots=True)
class Batch:
    """The signals to decide together, and the leased days on which others are left for the next decision."""

    signals: tuple[StoredSignal, ...]
    left: frozenset[BranchDay]

    @property
    def days(self) -> list[BranchDay]:
        """What they are about, in order."""
        return sorted({day for signal in self.signals for day in signal.days})


def handle_signals(caller: Caller, held: Sequence[Lease]) -> Decided | None:
    """Decide what waits for the leased branch-days; None when nothing did.

    Driving times and the search run outside any transaction. Raises SignalsMovedOn, DayMovedOn, PlanMovedOn or
    VisitMovedOn where another worker, or anyone else, was quicker.
    """
    with caller.transaction() as tx:
        batch = next_batch(tx, held)
        if not batch.signals:
            _end_leases(tx, held, batch)
            return None
        seen = {day: _see(tx, caller.tools, day, batch) for day in batch.days}
    with _kept(caller, held):
        return _decide_and_save(caller, held, batch, seen)


def _decide_and_save(caller: Caller, held: Sequence[Lease], batch: Batch, seen: dict[BranchDay, Seen]) -> Decided:
    signals = {day: [understand(s) for s in batch.signals if day in s.days] for day in seen}
    days = {
        day: complete(caller.tools, one) if repairs(signals[day], one.raw) else one.raw for day, one in seen.items()
    }
    first = next(iter(seen.values()))
    decided, cpu_ms = timed(
        lambda: decide_days(signals, days, first.book, first.now, caller.tools.repair_budget, caller.tools.seed)
    )
    parts = [Part(days[d.day], d, cpu_ms, tuple(s for s in batch.signals if d.day in s.days)) for d in decided.parts]
    with caller.transaction() as tx:
        plans.lock_days(tx, batch.days)
        for one in seen.values():
            check_still_so(tx, caller.tools, one)
        happened = save_parts(tx, parts, policy_in_force(tx, caller.tools))
        versions = {d.day: d.version for d in decided.parts}
        inbox.mark_handled(tx, {s.id: versions[s.day] for s in batch.signals})
        _end_leases(tx, held, batch)
        append_events(tx, happened)
        fail_point("before_plan_commit")
    fail_point("after_plan_commit")
    return decided


def next_batch(tx: Tx, held: Sequence[Lease]) -> Batch:
    """What waits for the leased days and is about no other.

    All together; but one at a time once any has failed, so that the faulty one is found and blocks no other.
    """
    days = {lease.day for lease in held}
    waiting = inbox.waiting(tx, days)
    signals = [s for s in waiting if s.days <= days]
    batch = tuple(signals[:1] if any(s.tries for s in signals) else signals)
    taken = {s.id for s in batch}
    return Batch(batch, frozenset(day for s in waiting if s.id not in taken for day in s.days & days))


def _see(tx: Tx, tools: Context, day: BranchDay, batch: Batch) -> Seen:
    """A visit that moves is seen on the day it leaves and on the one it moves to."""
    moving = frozenset(
        VisitId(s.body["visit_id"]) for s in batch.signals if s.kind == "visit_changed" and len(s.days) > 1
    )
    return see(tx, tools, branch_by_id(tx, day.branch_id), day.service_date, moving)


def _kept(caller: Caller, held: Sequence[Lease]) -> AbstractContextManager[None]:
    """Many days may take longer than a lease: those of several are kept alive."""
    if len(held) == 1:
        return nullcontext()
    seconds = caller.tools.lease_seconds

    def renew() -> None:
        with caller.transaction() as tx:
            leases.renew(tx, held, seconds)

    return renewed(renew, every_s=seconds / RENEWALS_PER_LEASE)


def _end_leases(tx: Tx, held: Sequence[Lease], batch: Batch) -> None:
    leases.release(tx, [lease for lease in held if lease.day not in batch.left])
    leases.give_back(tx, [lease for lease in held if lease.day in batch.left])


def understand(stored: StoredSignal) -> Signal:
    """An inbox row as a signal. Raises pydantic.ValidationError on a body this release cannot read."""
    facts = {"id": stored.id, "received_at": stored.received_at, "occurred_at": stored.occurred_at}
    return _ADAPTERS[stored.kind].validate_python({**stored.body, **facts})
