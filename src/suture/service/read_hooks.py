"""Reads what providers called us about: how far messages are, and texts that came in. In batches, each thing once.

Receipts come twice, late and in any order: only what goes further counts. A message that its provider could not deliver
takes its next channel, or opens a case, as if it had been refused at once.
"""

import structlog

from suture.model.hooks import Delivery, ReceiptNews
from suture.model.messages import InboundText, TouchState
from suture.service.caller import Caller
from suture.service.receive_reply import take_text
from suture.service.record_attempt import arrived, refused
from suture.store import attempts, hooks, promises, touches
from suture.store.attempts import Attempt
from suture.store.hooks import StoredNews
from suture.store.sql_errors import is_away
from suture.store.transaction import Tx

log = structlog.get_logger(__name__)

MOST_AT_ONCE = 500


def read_hooks(caller: Caller) -> int:
    """Read up to 500 of what waits; how many were."""
    with caller.transaction() as tx:
        receipts = hooks.waiting(tx, MOST_AT_ONCE, of_messages=True)
        for one in receipts:
            if isinstance(one.news, ReceiptNews):
                _read_receipt(tx, one.news)
        hooks.mark_read(tx, [one.id for one in receipts])
    with caller.transaction() as tx:
        texts = hooks.waiting(tx, MOST_AT_ONCE, of_messages=False)
    return len(receipts) + sum(_read_text(caller, one) for one in texts)


def _read_text(caller: Caller, one: StoredNews) -> bool:
    """One text, in a transaction of its own: it takes the lock of its address. One that fails holds up no other."""
    try:
        with caller.transaction() as tx:
            if not hooks.hold(tx, one.id):
                return False
            if isinstance(one.news, InboundText):
                take_text(tx, one.news)
            hooks.mark_read(tx, [one.id])
    except Exception as error:
        if is_away(error):
            raise
        log.error("text_not_read", hook=one.id, error=type(error).__name__)
        with caller.transaction() as tx:
            hooks.note_failure(tx, one.id)
        return False
    return True


def _read_receipt(tx: Tx, news: ReceiptNews) -> None:
    attempt = attempts.find(tx, news.provider_sid, news.touch_id, news.attempt_no)
    if attempt is None:
        log.warning("receipt_of_no_message", sid=news.provider_sid[:6])
        return
    if attempt.unclear:
        _it_left(tx, attempt, news.provider_sid)
    before = Delivery(attempt.delivery).rank if attempt.delivery else 0
    if news.delivery.rank <= before:
        return
    attempts.note_delivery(tx, attempt, news.delivery, news.code)
    if news.delivery is Delivery.FAILED:
        touch = touches.hold_by_id(tx, attempt.touch_id, TouchState.SENT)
        if touch is not None and touch.fence == attempt.no:
            promises.withdraw(tx, touch.id)
            refused(tx, touch, attempt.left, news.refusal, news.code)


def _it_left(tx: Tx, attempt: Attempt, provider_sid: str) -> None:
    """Whoever says how far it is has it."""
    touch = touches.hold_by_id(tx, attempt.touch_id, TouchState.UNKNOWN)
    attempts.adopt(tx, attempt, provider_sid)
    if touch is not None:
        arrived(tx, touch, attempt.left, provider_sid)
