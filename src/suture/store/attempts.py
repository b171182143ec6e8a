"""Attempts: one row each time a touch is handed to a provider. The database refuses a second beside an open one."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from suture.model.ids import PartyId
from suture.model.messages import Channel, Receipt
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


LOOK_BACK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Away:
    """A provider that has not answered since: no attempt that reached it came after. `waiting`: messages tried or due.

    `refuses_us`: it answers, but does not let us sign in.
    """

    since: datetime
    waiting: int
    refuses_us: bool


def away(tx: Tx, channel: Channel) -> Away | None:
    """Whether the provider of a channel is away, as the newest attempts say; whatever code it sends is an answer."""
    [row] = tx.rows(
        """WITH tried AS (
             SELECT m.started_at, m.code, m.outcome = 'transient' AND m.code !~ '^[0-9]' AS failed
             FROM message_attempt m JOIN touch t ON t.tenant = m.tenant AND t.id = m.touch_id
             WHERE m.tenant = app_tenant() AND t.channel = :channel AND m.outcome IS NOT NULL AND m.started_at > :after)
           SELECT min(started_at) AS since, (array_agg(code ORDER BY started_at DESC))[1] AS code,
                  (SELECT count(*) FROM touch WHERE tenant = app_tenant() AND channel = :channel AND state = 'planned'
                     AND (attempts > 0 OR due_at <= :now)) AS waiting
           FROM tried
           WHERE failed AND started_at > coalesce((SELECT max(started_at) FROM tried WHERE NOT failed), '-infinity')""",
        channel=channel,
        after=tx.now - LOOK_BACK,
    )
    if row["since"] is None:
        return None
    return Away(row["since"], row["waiting"], str(row["code"]).startswith("auth_"))
