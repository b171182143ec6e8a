"""The shell around `dispatch.decide`, for what waits for one branch-day: see, decide, then compose and save as one."""

from collections.abc import Sequence

from pydantic import TypeAdapter

from suture.dispatch.decide import decide
from suture.model.decision import Decision
from suture.model.signals import SIGNAL_KINDS, Signal, VisitChanged
from suture.service.caller import Caller
from suture.service.failpoints import fail_point
from suture.service.in_force import policy_in_force
from suture.service.save import save_decision
from suture.service.state import check_still_so, complete, see, timed
from suture.store import events, inbox, waking
from suture.store.branches import branch_by_id
from suture.store.inbox import Lease, StoredSignal

_ADAPTERS: dict[str, TypeAdapter[Signal]] = {kind: TypeAdapter(cls) for kind, cls in SIGNAL_KINDS.items()}


def handle_signals(caller: Caller, held: Lease) -> Decision | None:
    """Decide what waits for the leased branch-day; None when nothing did.

    Driving times and the search run outside any transaction. Raises SignalsMovedOn, DayMovedOn, PlanMovedOn or
    VisitMovedOn where another worker, or anybody else, was quicker.
    """
    with caller.transaction() as tx:
        waiting = inbox.waiting(tx, held.branch_id, held.service_date)
        batch = _batch(waiting)
        if not batch:
            inbox.release(tx, held)
            return None
        seen = see(tx, caller.tools, branch_by_id(tx, held.branch_id), held.service_date)
    signals = [understand(s) for s in batch]
    day = complete(caller.tools, seen)
    decision, cpu_ms = timed(
        lambda: decide(signals, day, seen.book, seen.now, caller.tools.repair_budget, caller.tools.seed)
    )
    with caller.transaction() as tx:
        check_still_so(tx, caller.tools, seen)
        policy = policy_in_force(tx, caller.tools)
        happened = save_decision(tx, day, decision, policy, cpu_ms=cpu_ms, signals=batch)
        waking.pass_on(
            tx, day.branch.id, day.service_date, [s.visit_id for s in signals if isinstance(s, VisitChanged)]
        )
        inbox.mark_handled(tx, [s.id for s in signals], decision.version)
        inbox.release(tx, held) if len(batch) == len(waiting) else inbox.give_back(tx, held)
        events.append(tx, branch_id=day.branch.id, service_date=day.service_date, events=happened)
    fail_point("after_plan_commit")
    return decision


def _batch(waiting: Sequence[StoredSignal]) -> list[StoredSignal]:
    """All together; but one at a time once any has failed, so that the faulty one is found and blocks no other."""
    return list(waiting[:1] if any(s.tries for s in waiting) else waiting)


def understand(stored: StoredSignal) -> Signal:
    """An inbox row as a signal. Raises pydantic.ValidationError on a body this release cannot read."""
    facts = {"id": stored.id, "received_at": stored.received_at, "occurred_at": stored.occurred_at}
    return _ADAPTERS[stored.kind].validate_python({**stored.body, **facts})
