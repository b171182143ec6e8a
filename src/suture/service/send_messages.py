"""Sends what is due: claim, prepare, send outside any transaction, record. At least one of sent, ended, or unknown.

A message is never sent twice by itself: what may have arrived stays `unknown` with a case for a person.
"""

import time
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

import structlog
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from suture.model.audit import AuditCode
from suture.model.cases import CaseKind, CaseSubject, CaseToClose
from suture.model.events import EventKind, NewEvent
from suture.model.ids import VisitId
from suture.model.messages import GATE_STEPS, Channel, Receipt, Refusal, SendOutcome, Step, SubjectKind, TouchState
from suture.ports import AdapterError, TransientAdapterError
from suture.service.caller import Caller
from suture.service.close_address import heed
from suture.service.errors import NothingInForce
from suture.service.failpoints import fail_point
from suture.service.prepare_message import Prepared, not_sent, other_way, prepare, warn
from suture.service.renewing import RENEWALS_PER_LEASE, renewed
from suture.store import attempts, audit, cases, contacts, events, on_call, promises, touches
from suture.store.sql_errors import is_away
from suture.store.touches import Claim, StoredTouch
from suture.store.transaction import Tx
from suture.words.reason import reason

log = structlog.get_logger(__name__)

PATIENT_DAY = SubjectKind.PATIENT_DAY
MOST_ATTEMPTS, ON_CALL_ATTEMPTS = 5, 2
"""After this many, another channel is tried, or a person is told."""
WAIT_S, MOST_WAITS = 0.5, 1200
"""How often a receipt is tried to be written while the database is away: for ten minutes."""
FIRST_BACK_OFF, LONGEST_BACK_OFF = timedelta(seconds=30), timedelta(minutes=10)
UNKNOWN_BECAUSE = reason("unsent.unknown")
_REFUSED = {
    Refusal.NONE: "unsent.refused",
    Refusal.ADDRESS_GONE: "unsent.gone",
    Refusal.OPTED_OUT: "unsent.stopped",
    Refusal.NOT_BY_THIS_CHANNEL: "unsent.other_kind",
}


def send_due(
    caller: Caller, limit: int = 50, channels: Sequence[Channel] = tuple(Channel), *, starting: bool = False
) -> int:
    """Send up to `limit` due messages of these channels; how many were taken up. One that cannot leave fails alone.

    `starting`: what was reported before this sender ran may not be decided yet, however old it is.
    """
    with caller.transaction() as tx:
        claims = touches.claim(tx, limit, caller.tools.lease_seconds, channels, starting=starting)
    for claim in claims:
        try:
            prepared = prepare(caller, claim, starting=starting)
        except Exception as error:
            if is_away(error) or isinstance(error, NothingInForce):  # its lease runs out, then it is tried again
                raise
            _cannot_be_written(caller, claim, error)
            continue
        if prepared is not None:
            _deliver(caller, prepared)
    return len(claims)


def sweep(caller: Caller) -> int:
    """Free what dead senders held; how many messages are now unknown and have a case."""
    with caller.transaction() as tx:
        lost = touches.sweep_leases(tx, caller.tools.lease_seconds)
        for touch in lost:
            not_sent(tx, touch, TouchState.UNKNOWN, UNKNOWN_BECAUSE)
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


def _deliver(caller: Caller, prepared: Prepared) -> None:
    with renewed(partial(_renew, caller, prepared.claim), every_s=caller.tools.lease_seconds / RENEWALS_PER_LEASE):
        began = time.monotonic()
        receipt = _hand_over(caller, prepared)
        latency_ms = round((time.monotonic() - began) * 1000)
        if prepared.send.channel is Channel.EMAIL and receipt.outcome is SendOutcome.ACCEPTED:
            fail_point("after_smtp_accept")
        _write_down(caller, prepared, receipt, latency_ms)


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
        _record(tx, touch, prepared, receipt)


def _hand_over(caller: Caller, prepared: Prepared) -> Receipt:
    channel = prepared.send.channel
    try:
        return caller.tools.channels[channel].send(prepared.send)
    except AdapterError as error:
        transient = isinstance(error, TransientAdapterError)
        outcome = SendOutcome.TRANSIENT if transient else SendOutcome.PERMANENT
        return Receipt(outcome, provider=channel, code=type(error).__name__)
    except Exception as error:  # noqa: BLE001 - how far an adapter got when it failed unexpectedly is unknown
        log.error("adapter_failed", touch=prepared.claim.touch_id, channel=channel, error=type(error).__name__)
        return Receipt(SendOutcome.UNKNOWN, provider=channel, code=type(error).__name__)


def _record(tx: Tx, touch: StoredTouch, prepared: Prepared, receipt: Receipt) -> None:
    match receipt.outcome:
        case SendOutcome.ACCEPTED:
            _sent(tx, touch, prepared, receipt)
        case SendOutcome.TRANSIENT:
            _try_later(tx, touch)
        case SendOutcome.PERMANENT:
            _refused(tx, touch, prepared, receipt)
        case SendOutcome.UNKNOWN:
            not_sent(tx, touch, TouchState.UNKNOWN, UNKNOWN_BECAUSE)


def _sent(tx: Tx, touch: StoredTouch, prepared: Prepared, receipt: Receipt) -> None:
    touches.end(tx, touch, TouchState.SENT, sid=receipt.provider_sid)
    new = promises.record(tx, touch, prepared.told)
    visit_id = VisitId(touch.subject_id) if touch.subject is SubjectKind.VISIT else None
    visit_ids = [visit_id] if visit_id else [t.visit_id for t in prepared.told if touch.subject is PATIENT_DAY]
    if touch.step in promises.ASKING_STEPS:
        promises.close_prompts(tx, touch.party_id)
        if touch.channel is Channel.SMS and new:
            promises.open_prompt(tx, touch.party_id, new, prepared.addr_hash, touch.not_after)
    elif touch.step is Step.P_CANCELLED:
        promises.close_prompts(tx, touch.party_id, visit_id)
    if prepared.early:
        audit.record(tx, AuditCode.SAME_DAY_CHANGE, "touch", touch.id)
    if touch.step is Step.S_ON_CALL:
        who = on_call.external_id_of(tx, touch.party_id)
        audit.record(tx, AuditCode.ON_CALL_TOLD, "case", touch.subject_id, who=who, channel=touch.channel)
    data = {
        "step": touch.step,
        "channel": touch.channel,
        "party_id": touch.party_id,
        "visit_ids": visit_ids,
        "t_sent": tx.now,
    }
    happened = [NewEvent(EventKind.MESSAGE_SENT, touch.id, data)]
    of_patient = () if touch.step in GATE_STEPS else visit_ids  # a patient is not reached by what a clinician reads
    subjects = [CaseSubject("touch", touch.id), *(CaseSubject("visit", v) for v in of_patient)]
    settled = [CaseToClose(CaseKind.MESSAGE_UNDELIVERABLE, s, reason("closed.arrived")) for s in subjects]
    if touch.step in (Step.P_CONFIRM, Step.P_CHANGED) and visit_id:
        settled.append(CaseToClose(CaseKind.PROMISE_AT_RISK, CaseSubject("visit", visit_id), reason("closed.told")))
    happened += cases.close_cases(tx, settled)
    events.append(tx, branch_id=touch.branch_id, service_date=touch.service_date, events=happened)


def _refused(tx: Tx, touch: StoredTouch, prepared: Prepared, receipt: Receipt) -> None:
    """By another channel; and where the provider says that this address takes none, nothing more goes there."""
    if receipt.refusal is not Refusal.NONE and prepared.addr_hash:
        contacts.lock_address(tx, prepared.addr_hash)
        heed(tx, touch.channel, prepared.addr_hash, receipt.refusal, touch_id=touch.id)
    because = reason(_REFUSED[receipt.refusal], code=receipt.code)
    not_sent(tx, touch, TouchState.FAILED, because, try_next=True)


def _try_later(tx: Tx, touch: StoredTouch) -> None:
    """By another channel after some tries, where there is one; else again and again while the message is of use.

    Who is on call is tried twice: then their next channel is, or the next person.
    """
    tries = attempts.count(tx, touch)
    if touch.step is Step.S_ON_CALL and tries >= ON_CALL_ATTEMPTS:
        not_sent(tx, touch, TouchState.FAILED, reason("unsent.away", count=tries))
        return
    due_at = tx.now + min(FIRST_BACK_OFF * 2 ** min(tries - 1, MOST_ATTEMPTS), LONGEST_BACK_OFF)
    if tries >= MOST_ATTEMPTS and other_way(tx, touch) is not None:
        not_sent(tx, touch, TouchState.FAILED, reason("unsent.away", count=tries), try_next=True)
    elif due_at >= touch.not_after:
        not_sent(tx, touch, TouchState.EXPIRED, reason("unsent.away_too_long"))
    else:
        if tries == MOST_ATTEMPTS:
            warn(tx, touch, reason("unsent.away_still", count=tries))
        touches.plan_again(tx, touch, due_at)
