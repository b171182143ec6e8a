"""The worker: decides dirty branch-days, sends due messages, or both. What one turn cannot do, the next tries again."""

import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum

import structlog
from sqlalchemy.exc import DBAPIError

from suture.model.audit import AuditCode
from suture.model.cases import CaseKind, CaseSubject, CaseToOpen
from suture.model.events import NewEvent
from suture.model.ids import BranchDay
from suture.service.agencies import Agencies
from suture.service.caller import Caller
from suture.service.errors import NothingInForce
from suture.service.failpoints import fail_point
from suture.service.handle_signals import handle_signals, next_batch
from suture.service.lanes import run_senders
from suture.service.read_hooks import read_hooks
from suture.service.reconcile import reconcile
from suture.service.save import Happened, append_events
from suture.service.send_messages import send_due, sweep
from suture.service.state import DayMovedOn
from suture.service.timers import fire_timers, next_timer
from suture.store import audit, cases, inbox, leases, touches
from suture.store.doorbell import Doorbell
from suture.store.inbox import SignalsMovedOn, StoredSignal
from suture.store.leases import Lease
from suture.store.plans import PlanMovedOn
from suture.store.sql_errors import is_away, is_double_booked
from suture.store.transaction import Tx
from suture.store.visits import VisitMovedOn
from suture.words.reason import Reason, reason

log = structlog.get_logger(__name__)

IDLE_SECONDS = 0.5
"""How often the decider looks without being woken: for leases that have run out, and missed wake-ups."""
TIMER_SECONDS = 5.0
"""How often the decider looks for what is due and did not happen."""
MOST_TURNS = 10_000
"""A drain that needs more turns than this is going round in circles: it stops and says so."""


class Role(StrEnum):
    """What a worker does: nothing slow that sends may hold what decides."""

    DECIDE = "decide"
    SEND = "send"
    ALL = "all"


def run_worker(caller: Caller, role: Role, stopping: Callable[[], bool]) -> None:
    """Work for every agency until told to stop, then finish what has begun."""
    if role is Role.SEND:
        run_senders(caller, stopping)
        return
    sender = threading.Thread(target=run_senders, args=(caller, stopping), name="sender")
    if role is Role.ALL:
        sender.start()
    _run_decider(caller, stopping)
    if role is Role.ALL:
        sender.join()


def _run_decider(caller: Caller, stopping: Callable[[], bool]) -> None:
    """Decide until told to stop: one batch of each agency in turn, so that no backlog is in another's way."""
    bell, agencies, turns = Doorbell(caller.tools.engine), Agencies(caller), _Turns()
    while not stopping():
        done = [turns.take(agency) for agency in agencies.callers()]
        if _Turn.BUSY in done:
            continue
        if _Turn.FAILED in done:
            time.sleep(IDLE_SECONDS)
        else:
            bell.wait(IDLE_SECONDS)
    bell.close()


class _Turn(StrEnum):
    """What came of an agency's turn."""

    BUSY = "busy"
    IDLE = "idle"
    FAILED = "failed"


class _Turns:
    """The decider's turns. One survives any error: it is logged, and the next agency has its turn."""

    def __init__(self) -> None:
        self._looked_at: dict[int, float] = {}

    def take(self, caller: Caller) -> _Turn:
        """One turn of an agency: what is due and did not happen, now and then, and one batch."""
        try:
            now = time.monotonic()
            if now - self._looked_at.get(caller.tenant, 0.0) >= TIMER_SECONDS:
                self._looked_at[caller.tenant] = now
                fire_timers(caller)
            return _Turn.BUSY if decide_next(caller) else _Turn.IDLE
        except Exception as error:  # noqa: BLE001 - the decider's top loop
            log.error("worker_turn_failed", error=type(error).__name__, agency=caller.tenant)
            return _Turn.FAILED


def turn(caller: Caller) -> bool:
    """Sweep, decide one branch-day, send what is due, in a played world. False when there was nothing to do."""
    sweep(caller)
    came_back = read_hooks(caller) > 0
    reconcile(caller)
    fired = fire_timers(caller)
    decided = decide_next(caller)
    return send_due(caller) > 0 or decided or fired or came_back


def decide_next(caller: Caller) -> bool:
    """Lease and decide the longest-waiting branch-day. False when none waits."""
    return decide_on(caller, None)


def decide_on(caller: Caller, only: BranchDay | None) -> bool:
    """Decide what waits for one branch-day, or whichever has waited longest, and for the days linked to it.

    A failure counts against its signals.
    """
    with caller.transaction() as tx:
        held = leases.take(tx, caller.tools.lease_seconds, only)
    if not held:
        return False
    fail_point("after_lease")
    try:
        handle_signals(caller, held)
    except (DayMovedOn, PlanMovedOn, VisitMovedOn, SignalsMovedOn) as moved:
        log.info("decide_again", because=type(moved).__name__)
        with caller.transaction() as tx:
            leases.give_back(tx, held)
    except NothingInForce:  # nor is this their fault: they wait until a person has put something in force
        with caller.transaction() as tx:
            leases.give_back(tx, held)
        raise
    except DBAPIError as error:
        if is_away(error):  # not the signals' fault: their lease is given back, or runs out
            raise
        _count_failure(caller, held, error)
    except Exception as error:  # noqa: BLE001 - an unforeseen signal must not block its branch
        _count_failure(caller, held, error)
    return True


def _count_failure(caller: Caller, held: Sequence[Lease], error: Exception) -> None:
    log.error("decide_failed", error=type(error).__name__, service_date=str(held[0].day.service_date), days=len(held))
    with caller.transaction() as tx:
        failed = next_batch(tx, held).signals
        set_aside = set(inbox.count_try(tx, [s.id for s in failed]))
        happened: Happened = {}
        for signal in sorted((s for s in failed if s.id in set_aside), key=lambda s: (s.day, s.id)):
            happened.setdefault(signal.day, []).extend(_set_aside(tx, signal, error))
        leases.give_back(tx, held)
        append_events(tx, happened)


def _set_aside(tx: Tx, signal: StoredSignal, error: Exception) -> list[NewEvent]:
    """A case on the signal's first day: one, whatever number of days it is about."""
    audit.record(tx, AuditCode.SIGNAL_QUARANTINED, "signal", signal.id, signal=signal.id, tries=inbox.MAX_TRIES)
    subject = CaseSubject("signal", signal.id)
    case = CaseToOpen(CaseKind.LIMIT_REACHED, subject, 3, (_why(error, signal.id),))
    return cases.open_cases(tx, signal.day.branch_id, signal.day.service_date, [case])


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
    """When the next planned message is due, or the next timer runs out."""
    with caller.transaction() as tx:
        message = touches.next_due(tx)
    return min((at for at in (message, next_timer(caller)) if at is not None), default=None)
