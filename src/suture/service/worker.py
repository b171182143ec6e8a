"""The worker: decides dirty branch-days, sends due messages, or both. What one turn cannot do, the next tries again."""

import threading
import time
from collections.abc import Callable
from datetime import date, datetime
from enum import StrEnum

import structlog
from sqlalchemy.exc import DBAPIError

from suture.model.audit import AuditCode
from suture.model.cases import CaseKind, CaseSubject, CaseToOpen
from suture.model.ids import BranchId
from suture.service.caller import Caller
from suture.service.errors import NothingInForce
from suture.service.handle_signals import handle_signals
from suture.service.lanes import run_sender
from suture.service.send_messages import send_due, sweep
from suture.service.state import DayMovedOn
from suture.store import audit, cases, events, inbox, touches
from suture.store.doorbell import Doorbell
from suture.store.inbox import Lease, SignalsMovedOn
from suture.store.plans import PlanMovedOn
from suture.store.sql_errors import is_away, is_double_booked
from suture.store.visits import VisitMovedOn
from suture.words.reason import Reason, reason

log = structlog.get_logger(__name__)

IDLE_SECONDS = 0.5
"""How often the decider looks without being woken: for leases that have run out, and missed wake-ups."""
MOST_TURNS = 10_000
"""A drain that needs more turns than this is going round in circles: it stops and says so."""


class Role(StrEnum):
    """What a worker does: nothing slow that sends may hold what decides."""

    DECIDE = "decide"
    SEND = "send"
    ALL = "all"


def run_worker(caller: Caller, role: Role, stopping: Callable[[], bool]) -> None:
    """Work until told to stop, then finish what has begun."""
    if role is Role.SEND:
        run_sender(caller, stopping)
        return
    sender = threading.Thread(target=run_sender, args=(caller, stopping), name="sender")
    if role is Role.ALL:
        sender.start()
    _run_decider(caller, stopping)
    if role is Role.ALL:
        sender.join()


def _run_decider(caller: Caller, stopping: Callable[[], bool]) -> None:
    """Decide until told to stop. Survives any error: it is logged, and the loop continues."""
    bell = Doorbell(caller.tools.engine)
    while not stopping():
        try:
            busy = decide_next(caller)
        except Exception as error:  # noqa: BLE001 - the decider's top loop
            log.error("worker_turn_failed", error=type(error).__name__)
            time.sleep(IDLE_SECONDS)
            continue
        if not busy:
            bell.wait(IDLE_SECONDS)
    bell.close()


def turn(caller: Caller) -> bool:
    """Sweep, decide one branch-day, send what is due, in a played world. False when there was nothing to do."""
    sweep(caller)
    decided = decide_next(caller)
    return send_due(caller) > 0 or decided


def decide_next(caller: Caller) -> bool:
    """Lease and decide the longest-waiting branch-day. False when none waits."""
    return decide_on(caller, None)


def decide_on(caller: Caller, only: tuple[BranchId, date] | None) -> bool:
    """Decide what waits for one branch-day, or whichever has waited longest; a failure counts against its signals."""
    with caller.transaction() as tx:
        held = inbox.lease(tx, caller.tools.lease_seconds, only)
    if held is None:
        return False
    try:
        handle_signals(caller, held)
    except (DayMovedOn, PlanMovedOn, VisitMovedOn, SignalsMovedOn) as moved:
        log.info("decide_again", because=type(moved).__name__)
        with caller.transaction() as tx:
            inbox.give_back(tx, held)
    except NothingInForce:  # nor is this their fault: they wait until a person has put something in force
        with caller.transaction() as tx:
            inbox.give_back(tx, held)
        raise
    except DBAPIError as error:
        if is_away(error):  # not the signals' fault: their lease is given back, or runs out
            raise
        _count_failure(caller, held, error)
    except Exception as error:  # noqa: BLE001 - an unforeseen signal must not block its branch
        _count_failure(caller, held, error)
    return True


def _count_failure(caller: Caller, held: Lease, error: Exception) -> None:
    log.error("decide_failed", error=type(error).__name__, service_date=str(held.service_date))
    with caller.transaction() as tx:
        waiting = inbox.waiting(tx, held.branch_id, held.service_date)
        failed = waiting[:1] if any(s.tries for s in waiting) else waiting
        set_aside = inbox.count_try(tx, [s.id for s in failed])
        to_open = [
            CaseToOpen(CaseKind.LIMIT_REACHED, CaseSubject("signal", i), 3, (_why(error, i),)) for i in set_aside
        ]
        happened = cases.open_cases(tx, held.branch_id, held.service_date, to_open)
        for signal_id in set_aside:
            facts = {"signal": signal_id, "tries": inbox.MAX_TRIES}
            audit.record(tx, AuditCode.SIGNAL_QUARANTINED, "signal", signal_id, **facts)
        inbox.give_back(tx, held)
        events.append(tx, branch_id=held.branch_id, service_date=held.service_date, events=happened)


def _why(error: Exception, signal_id: int) -> Reason:
    if is_double_booked(error):
        return reason("signal.double_booked", signal=signal_id)
    return reason("signal.failed", error=type(error).__name__, signal=signal_id)


def drain(caller: Caller) -> None:
    """Take turns until nothing is due at this instant. Raises RuntimeError after MOST_TURNS."""
    for _ in range(MOST_TURNS):
        if not turn(caller):
            return
    raise RuntimeError(f"still busy after {MOST_TURNS} turns: something plans work for the same instant for ever")


def next_due(caller: Caller) -> datetime | None:
    """When the next planned message is due."""
    with caller.transaction() as tx:
        return touches.next_due(tx)
