"""Sends what is due: claim, prepare, send outside any transaction, record. At least one of sent, ended, or unknown.

What follows from a provider's word is `service.record_attempt`.
"""

import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial

import structlog
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from suture.model.messages import Channel, Receipt, SendOutcome, TouchState
from suture.ports import AdapterError, MessageChannel, TransientAdapterError
from suture.service.caller import Caller
from suture.service.errors import NothingInForce
from suture.service.failpoints import fail_point
from suture.service.prepare_message import Prepared, not_sent, prepare
from suture.service.record_attempt import UNKNOWN_BECAUSE, record
from suture.service.renewing import RENEWALS_PER_LEASE, renewed
from suture.store import attempts, connections, touches
from suture.store.sql_errors import is_away
from suture.store.touches import Claim
from suture.words.reason import reason

log = structlog.get_logger(__name__)

WAIT_S, MOST_WAITS = 0.5, 1200
"""How often a receipt is tried to be written while the database is away: for ten minutes."""


def send_due(
    caller: Caller,
    limit: int = 50,
    channels: Sequence[Channel] = tuple(Channel),
    *,
    starting: bool = False,
    stopping: Callable[[], bool] = lambda: False,
) -> int:
    """Send up to `limit` due messages of these channels; how many were taken up. One that cannot leave fails alone.

    `starting`: what was reported before this sender ran may not be decided yet, however old it is. Told that it is
    `stopping`, it begins no other, and whoever comes next may take what it had claimed.
    """
    with caller.transaction() as tx:
        claims = touches.claim(tx, limit, caller.tools.lease_seconds, channels, starting=starting)
    begun = 0
    try:
        while begun < len(claims) and not (begun and stopping()):
            begun += 1
            _send(caller, claims[begun - 1], starting=starting)
    finally:
        if begun < len(claims):
            _give_back(caller, claims[begun:])
    return begun


def _send(caller: Caller, claim: Claim, *, starting: bool) -> None:
    began = time.monotonic()
    try:
        prepared = prepare(caller, claim, starting=starting)
    except Exception as error:
        if is_away(error) or isinstance(error, NothingInForce):  # its lease runs out, then it is tried again
            raise
        _cannot_be_written(caller, claim, error)
        return
    if prepared is not None:
        _deliver(caller, prepared, began)


def _give_back(caller: Caller, claims: Sequence[Claim]) -> None:
    """Free what has not begun. With a database that is away, its lease runs out."""
    try:
        with caller.transaction() as tx:
            touches.give_back(tx, claims)
    except SQLAlchemyError as error:
        log.warning("claims_not_given_back", claims=len(claims), error=type(error).__name__)


def sweep(caller: Caller) -> int:
    """Free what dead senders held; how many messages are now unknown and have a case."""
    with caller.transaction() as tx:
        lost = touches.sweep_leases(tx, caller.tools.lease_seconds)
        for touch in lost:
            provider = caller.tools.providers.get(connections.provider_of(tx, touch.id))
            can_look = provider is not None and provider.keeps_list
            not_sent(tx, touch, TouchState.UNKNOWN, UNKNOWN_BECAUSE, matters=not can_look)
    return len(lost)


def _cannot_be_written(caller: Caller, claim: Claim, error: Exception) -> None:
    """End a message that cannot be composed, so that it holds up no other; who was in the way only delays it."""
    log.error("message_not_composed", touch=claim.touch_id, error=type(error).__name__)
    with caller.transaction() as tx:
        touch = touches.hold(tx, claim, TouchState.CLAIMED)
        if touch is None:
            return
        if isinstance(error, OperationalError):  # a deadlock, a lock that was not had in time
            touches.free(tx, touch)
        else:
            because = reason("unsent.not_written", error=type(error).__name__)
            not_sent(tx, touch, TouchState.FAILED, because, try_next=True)


def _deliver(caller: Caller, prepared: Prepared, began: float) -> None:
    """Hand over what is still of use. `began`: on the monotonic clock, no later than it was found to be."""
    if prepared.send.at + timedelta(seconds=time.monotonic() - began) >= prepared.send.not_after:
        _too_late(caller, prepared)
        return
    with renewed(partial(_renew, caller, prepared.claim), every_s=caller.tools.lease_seconds / RENEWALS_PER_LEASE):
        began = time.monotonic()
        receipt = _hand_over(caller, prepared)
        latency_ms = round((time.monotonic() - began) * 1000)
        if prepared.send.channel is Channel.EMAIL and receipt.outcome is SendOutcome.ACCEPTED:
            fail_point("after_smtp_accept")
        _write_down(caller, prepared, receipt, latency_ms)


def _too_late(caller: Caller, prepared: Prepared) -> None:
    with caller.transaction() as tx:
        touch = touches.hold(tx, prepared.claim, TouchState.SENDING)
        if touch is not None:
            attempts.never_left(tx, touch, "too_late")
            not_sent(tx, touch, TouchState.EXPIRED, reason("unsent.too_late"))


def _renew(caller: Caller, claim: Claim) -> None:
    with caller.transaction() as tx:
        touches.renew(tx, claim, caller.tools.lease_seconds)


def _write_down(caller: Caller, prepared: Prepared, receipt: Receipt, latency_ms: int) -> None:
    """Record what the provider said. A database that is away is waited for: what has left must not end as unknown."""
    for _ in range(MOST_WAITS):
        try:
            _record_once(caller, prepared, receipt, latency_ms)
            return
        except SQLAlchemyError as error:
            if not is_away(error):
                raise
            log.warning("receipt_waits", touch=prepared.claim.touch_id, error=type(error).__name__)
            time.sleep(WAIT_S)
    log.error("receipt_lost", touch=prepared.claim.touch_id, outcome=receipt.outcome)


def _record_once(caller: Caller, prepared: Prepared, receipt: Receipt, latency_ms: int) -> None:
    with caller.transaction() as tx:
        touch = touches.hold(tx, prepared.claim, TouchState.SENDING, TouchState.UNKNOWN)
        if touch is None:
            log.warning("receipt_without_touch", touch=prepared.claim.touch_id, outcome=receipt.outcome)
            return
        attempts.record(tx, touch, receipt, latency_ms)
        record(tx, touch, prepared.left, receipt, keeps_list=_keeps_list(caller, prepared))
        if prepared.sender is not None:
            failed = receipt.outcome in (SendOutcome.TRANSIENT, SendOutcome.UNKNOWN)
            connections.note_outcome(tx, prepared.sender.connection.id, failed=failed)


def _channel(caller: Caller, prepared: Prepared) -> MessageChannel:
    sender = prepared.sender
    if sender is None:
        return caller.tools.channels[prepared.send.channel]
    return caller.tools.providers[sender.connection.provider].channel(sender)


def _keeps_list(caller: Caller, prepared: Prepared) -> bool:
    sender = prepared.sender
    return sender is not None and caller.tools.providers[sender.connection.provider].keeps_list


def _hand_over(caller: Caller, prepared: Prepared) -> Receipt:
    channel = prepared.send.channel
    try:
        adapter = _channel(caller, prepared)
    except AdapterError as error:  # ours to fix, such as a secret that is not there: the message waits
        log.error("connection_unusable", touch=prepared.claim.touch_id, channel=channel, error=str(error))
        return Receipt(SendOutcome.TRANSIENT, provider=channel, code="unusable")
    try:
        return adapter.send(prepared.send)
    except AdapterError as error:
        transient = isinstance(error, TransientAdapterError)
        outcome = SendOutcome.TRANSIENT if transient else SendOutcome.PERMANENT
        return Receipt(outcome, provider=channel, code=type(error).__name__)
    except Exception as error:  # noqa: BLE001 - how far an adapter got when it failed unexpectedly is unknown
        log.error("adapter_failed", touch=prepared.claim.touch_id, channel=channel, error=type(error).__name__)
        return Receipt(SendOutcome.UNKNOWN, provider=channel, code=type(error).__name__)
