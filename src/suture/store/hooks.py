"""What providers call us about: kept once under the provider's own key, read in batches, emptied when it was read."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from suture.model.hooks import Delivery, HookNews, KeyNews, ReceiptNews
from suture.model.ids import ConnectionId, TouchId
from suture.model.messages import Channel, InboundText, Refusal
from suture.store.transaction import Tx


@dataclass(frozen=True, slots=True)
class StoredNews:
    """A row that waits to be read."""

    id: int
    connection_id: ConnectionId
    news: HookNews


def keep(tx: Tx, connection_id: ConnectionId, news: HookNews) -> bool:
    """Keep what a provider said; False where it has said so before."""
    kind, key, body = _row_of(news)
    return bool(
        tx.run(
            """INSERT INTO hook_event (connection_id, kind, provider_key, body, at)
               VALUES (:connection, :kind, :key, cast(:body AS jsonb), :now) ON CONFLICT DO NOTHING""",
            connection=connection_id,
            kind=kind,
            key=key,
            body=json.dumps(body),
        )
    )


MOST_TRIES = 5
"""What fails this many times is left for an engineer: it is in the log, and stays unread."""


def waiting(tx: Tx, limit: int, *, of_messages: bool) -> tuple[StoredNews, ...]:
    """Up to `limit` rows that no one has read, the oldest first: receipts, which are locked, or all else."""
    kinds = "= 'receipt'" if of_messages else "<> 'receipt'"
    rows = tx.rows(
        f"""SELECT id, connection_id, kind, body, at FROM hook_event
            WHERE tenant = app_tenant() AND read_at IS NULL AND tries < :tries AND kind {kinds}
            ORDER BY id LIMIT :limit {"FOR UPDATE SKIP LOCKED" if of_messages else ""}""",  # noqa: S608 - our own words
        limit=limit,
        tries=MOST_TRIES,
    )
    return tuple(
        StoredNews(r["id"], ConnectionId(r["connection_id"]), _news(r["kind"], r["body"], r["at"])) for r in rows
    )


def count(tx: Tx, connection_id: ConnectionId) -> tuple[int, int]:
    """How many rows are kept of a connection, and how many different things they say."""
    row = tx.row(
        """SELECT count(*) AS kept, count(DISTINCT (kind, provider_key)) AS different FROM hook_event
           WHERE tenant = app_tenant() AND connection_id = :id""",
        id=connection_id,
    )
    return (row["kept"], row["different"]) if row else (0, 0)


def hold(tx: Tx, row_id: int) -> bool:
    """Lock one row that no one has read; False where someone else has it, or has read it."""
    row = tx.row(
        """SELECT id FROM hook_event WHERE tenant = app_tenant() AND id = :id AND read_at IS NULL
           FOR UPDATE SKIP LOCKED""",
        id=row_id,
    )
    return row is not None


def note_failure(tx: Tx, row_id: int) -> None:
    """It could not be read this time."""
    tx.run("UPDATE hook_event SET tries = tries + 1 WHERE tenant = app_tenant() AND id = :id", id=row_id)


def mark_read(tx: Tx, ids: Sequence[int]) -> None:
    """These were read: what they said is kept where it belongs, and no longer here."""
    tx.run(
        "UPDATE hook_event SET read_at = :now, body = '{}' WHERE tenant = app_tenant() AND id = ANY(:ids)",
        ids=list(ids),
    )


def _row_of(news: HookNews) -> tuple[str, str, Mapping[str, Any]]:
    match news:
        case ReceiptNews():
            body = {
                "sid": news.provider_sid,
                "delivery": news.delivery,
                "code": news.code,
                "refusal": news.refusal,
                "touch": news.touch_id,
                "try": news.attempt_no,
            }
            return "receipt", f"{news.provider_sid}:{news.delivery}", body
        case InboundText():
            body = {
                "provider": news.provider,
                "sid": news.provider_msg_id,
                "from": news.from_address,
                "body": _storable(news.body),
                "channel": news.channel,
                "attachments": news.attachments,
            }
            return "text", news.provider_msg_id, body
        case KeyNews():
            body = {
                "sid": news.call_sid,
                "touch": news.touch_id,
                "try": news.attempt_no,
                "turn": news.turn,
                "key": news.key,
            }
            return "call", f"{news.call_sid}:{news.turn}:{news.key}", body


def _news(kind: str, body: Mapping[str, Any], came_at: datetime) -> HookNews:
    if kind == "receipt":
        touch = TouchId(body["touch"]) if body["touch"] else None
        return ReceiptNews(
            body["sid"], Delivery(body["delivery"]), body["code"], Refusal(body["refusal"]), touch, body["try"]
        )
    if kind == "text":
        channel = Channel(body["channel"])
        return InboundText(
            body["provider"], body["sid"], body["from"], body["body"], channel, body["attachments"], came_at
        )
    return KeyNews(body["sid"], TouchId(body["touch"]), body["try"], body["turn"], body["key"])


def _storable(body: str) -> str:
    """Text that PostgreSQL's JSON can hold: no NUL, no lone surrogate."""
    return body.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
