"""Attempts: one row each time a touch is handed to a provider. The database refuses a second beside an open one."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from suture.model.hooks import Delivery
from suture.model.ids import ConnectionId, PartyId, SenderId, TouchId, VisitId
from suture.model.messages import Channel, Receipt
from suture.model.plan import ToldWindow
from suture.store.promises import Told
from suture.store.touches import StoredTouch
from suture.store.transaction import Tx


@dataclass(frozen=True, slots=True)
class Left:
    """What is so if an attempt arrived: what it told, to which address, by which sender. `early`: to be audited."""

    told: tuple[Told, ...]
    addr_hash: str
    early: bool
    sender_id: SenderId | None = None


def begin(tx: Tx, touch: StoredTouch, request_sha: str, left: Left, lease_seconds: float) -> None:
    """Record that a touch is about to leave, before it does. Raises IntegrityError where it may have left already."""
    tx.run(
        """INSERT INTO message_attempt (touch_id, attempt_no, provider, request_sha, started_at, told, addr_hash,
                  early, sender_id)
           VALUES (:touch, :no, :provider, :sha, :now, cast(:told AS jsonb), :addr_hash, :early, :sender)""",
        touch=touch.id,
        no=touch.fence,
        provider=touch.channel,
        sha=request_sha,
        told=json.dumps([_told_row(one) for one in left.told]),
        addr_hash=left.addr_hash,
        early=left.early,
        sender=left.sender_id,
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


def never_left(tx: Tx, touch: StoredTouch, code: str) -> None:
    """The attempt that is open was given up before anything was handed over."""
    tx.run(
        """UPDATE message_attempt SET outcome = 'absent', code = :code
           WHERE tenant = app_tenant() AND touch_id = :touch AND attempt_no = :no AND outcome IS NULL""",
        touch=touch.id,
        no=touch.fence,
        code=code,
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


def was_called(tx: Tx, party_id: PartyId, since: datetime) -> bool:
    """Whether this party was called since, or may have been."""
    return bool(
        tx.scalar(
            """SELECT EXISTS (
                 SELECT FROM touch t JOIN message_attempt m ON m.tenant = t.tenant AND m.touch_id = t.id
                 WHERE t.tenant = app_tenant() AND t.party_id = :party AND t.channel = 'voice'
                   AND m.started_at > :since AND (m.outcome IS NULL OR m.outcome IN ('accepted', 'unknown')))""",
            party=party_id,
            since=since,
        )
    )


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
             WHERE m.tenant = app_tenant() AND t.channel = :channel AND m.outcome <> 'absent' AND m.started_at > :after)
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


# what providers say afterwards ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt as it is known. `unclear`: it may or may not have left."""

    touch_id: TouchId
    no: int
    delivery: str
    unclear: bool
    left: Left


def find(tx: Tx, provider_sid: str, touch_id: TouchId | None, no: int) -> Attempt | None:
    """Lock an attempt by the provider's id, or by our own where that is not known yet."""
    row = tx.row(
        """SELECT touch_id, attempt_no, delivery, outcome, told, addr_hash, early, sender_id FROM message_attempt
           WHERE tenant = app_tenant() AND (provider_sid = :sid
                  OR (touch_id = :touch AND attempt_no = :no AND provider_sid IS NULL))
           ORDER BY provider_sid IS NULL LIMIT 1 FOR UPDATE""",
        sid=provider_sid,
        touch=touch_id,
        no=no,
    )
    return _attempt(row) if row else None


def note_delivery(tx: Tx, attempt: Attempt, delivery: Delivery, code: str) -> None:
    """How far a message is, as its provider says."""
    tx.run(
        """UPDATE message_attempt SET delivery = :delivery, delivery_code = :code, delivery_at = :now
           WHERE tenant = app_tenant() AND touch_id = :touch AND attempt_no = :no""",
        touch=attempt.touch_id,
        no=attempt.no,
        delivery=delivery,
        code=code,
    )


def adopt(tx: Tx, attempt: Attempt, provider_sid: str) -> None:
    """It has left after all, under this id."""
    tx.run(
        """UPDATE message_attempt SET outcome = 'accepted', provider_sid = :sid
           WHERE tenant = app_tenant() AND touch_id = :touch AND attempt_no = :no""",
        touch=attempt.touch_id,
        no=attempt.no,
        sid=provider_sid,
    )


@dataclass(frozen=True, slots=True)
class Unclear:
    """An attempt that may or may not have left by a connection, and how often its provider's list was read for it."""

    touch_id: TouchId
    no: int
    connection_id: ConnectionId
    started_at: datetime
    request_sha: str
    addr_hash: str
    looked_up: int


def unclear(tx: Tx, waits: Sequence[timedelta]) -> tuple[Unclear, ...]:
    """Attempts whose next look is due: each after its own wait since the attempt began."""
    rows = tx.rows(
        """SELECT m.touch_id, m.attempt_no, s.connection_id, m.started_at, m.request_sha, m.addr_hash, m.looked_up
           FROM message_attempt m JOIN sender s ON s.tenant = m.tenant AND s.id = m.sender_id
           WHERE m.tenant = app_tenant() AND m.outcome = 'unknown'
             AND m.looked_up < cardinality(cast(:waits AS interval[]))
             AND m.started_at <= cast(:now AS timestamptz) - (cast(:waits AS interval[]))[m.looked_up + 1]
           ORDER BY m.started_at LIMIT 500""",
        waits=list(waits),
    )
    return tuple(
        Unclear(
            TouchId(r["touch_id"]),
            r["attempt_no"],
            ConnectionId(r["connection_id"]),
            r["started_at"],
            r["request_sha"],
            r["addr_hash"],
            r["looked_up"],
        )
        for r in rows
    )


def hold_unclear(tx: Tx, one: Unclear) -> Attempt | None:
    """Lock an attempt that is still unclear, and has not been looked for since."""
    row = tx.row(
        """SELECT touch_id, attempt_no, delivery, outcome, told, addr_hash, early, sender_id FROM message_attempt
           WHERE tenant = app_tenant() AND touch_id = :touch AND attempt_no = :no AND outcome = 'unknown'
             AND looked_up = :looked FOR UPDATE SKIP LOCKED""",
        touch=one.touch_id,
        no=one.no,
        looked=one.looked_up,
    )
    return _attempt(row) if row else None


def note_look(tx: Tx, attempt: Attempt, *, absent: bool) -> None:
    """It was looked for and not found; `absent`: it never left, so that it may be tried again."""
    tx.run(
        """UPDATE message_attempt SET looked_up = looked_up + 1,
                  outcome = CASE WHEN :absent THEN 'absent' ELSE outcome END
           WHERE tenant = app_tenant() AND touch_id = :touch AND attempt_no = :no""",
        touch=attempt.touch_id,
        no=attempt.no,
        absent=absent,
    )


def known_sids(tx: Tx, sids: Sequence[str]) -> frozenset[str]:
    """Those of these ids that are some attempt's already."""
    rows = tx.rows(
        "SELECT provider_sid FROM message_attempt WHERE tenant = app_tenant() AND provider_sid = ANY(:sids)",
        sids=list(sids),
    )
    return frozenset(r["provider_sid"] for r in rows)


def _attempt(row: Mapping[str, Any]) -> Attempt:
    told = tuple(map(_told_of, row["told"]))
    sender = SenderId(row["sender_id"]) if row["sender_id"] else None
    left = Left(told, row["addr_hash"], row["early"], sender)
    return Attempt(TouchId(row["touch_id"]), row["attempt_no"], row["delivery"], row["outcome"] == "unknown", left)


def _told_row(told: Told) -> Sequence[object]:
    return told.visit_id, told.visit_rev, told.plan_version, told.window.open.isoformat(), told.window.close.isoformat()


def _told_of(row: Sequence[Any]) -> Told:
    window = ToldWindow(datetime.fromisoformat(row[3]), datetime.fromisoformat(row[4]))
    return Told(VisitId(row[0]), row[1], row[2], window)
