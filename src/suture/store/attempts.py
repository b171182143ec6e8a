"""Attempts: one row each time a touch is handed to a provider. The database refuses a second beside an open one."""

from datetime import datetime

from suture.model.ids import PartyId
from suture.model.messages import Receipt
from suture.store.touches import StoredTouch
from suture.store.transaction import Tx


def begin(tx: Tx, touch: StoredTouch, request_sha: str, lease_seconds: float) -> None:
    """Record that a touch is about to leave, before it does. Raises IntegrityError where it may have left already."""
    tx.run(
        """INSERT INTO message_attempt (touch_id, attempt_no, provider, request_sha, started_at)
           VALUES (:touch, :no, :provider, :sha, :now)""",
        touch=touch.id,
        no=touch.fence,
        provider=touch.channel,
        sha=request_sha,
    )
    tx.run(
        """UPDATE touch SET state = 'sending', lease_until = clock_timestamp() + make_interval(secs => :lease)
           WHERE tenant = app_tenant() AND id = :touch""",
        touch=touch.id,
        lease=lease_seconds,
    )


def record(tx: Tx, touch: StoredTouch, receipt: Receipt, latency_ms: int) -> None:
    """Write what the provider said to the attempt that is open, or that a sweep had given up as unknown."""
    tx.run(
        """UPDATE message_attempt SET outcome = :outcome, provider = :provider, code = :code, latency_ms = :latency,
                  provider_sid = nullif(:sid, '')
           WHERE tenant = app_tenant() AND touch_id = :touch AND attempt_no = :no
             AND (outcome IS NULL OR outcome = 'unknown')""",
        touch=touch.id,
        no=touch.fence,
        outcome=receipt.outcome,
        provider=receipt.provider,
        code=receipt.code,
        latency=latency_ms,
        sid=receipt.provider_sid,
    )


def count(tx: Tx, touch: StoredTouch) -> int:
    """How often a touch has been handed over."""
    n: int = tx.scalar(
        "SELECT count(*) FROM message_attempt WHERE tenant = app_tenant() AND touch_id = :touch", touch=touch.id
    )
    return n


def messages_since(tx: Tx, party_id: PartyId, recent: datetime, since: datetime) -> tuple[int, int]:
    """Prompts and changes that went to a patient by SMS or voice, or may have: what caps count.

    Two counts: since the `recent` instant, and since the earlier one.
    """
    [row] = tx.rows(
        """SELECT count(DISTINCT t.id) FILTER (WHERE m.started_at >= :recent) AS recent, count(DISTINCT t.id) AS counted
           FROM touch t
           JOIN message_attempt m ON m.tenant = t.tenant AND m.touch_id = t.id
           WHERE t.tenant = app_tenant() AND t.party_id = :party AND t.channel IN ('sms', 'voice')
             AND t.step IN ('p.confirm', 'p.changed', 'p.cancelled') AND m.started_at >= :since
             AND (m.outcome IS NULL OR m.outcome IN ('accepted', 'unknown'))""",
        party=party_id,
        recent=recent,
        since=since,
    )
    return row["recent"], row["counted"]
