"""Connections and their senders: who carries messages, who writes, at what pace, and which connection is down.

A sender's pace is GCRA: `tat` is when everything that has left will have drained. One row a sender, taken under its
lock.
"""

import json
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from suture.model.connections import Audience, Connection, Sender
from suture.model.ids import ConnectionId, SenderId, TouchId
from suture.model.messages import Channel
from suture.store.transaction import Tx

FAILURES_TO_OPEN = 5
FAILING_WITHIN, CLOSED_FOR = timedelta(seconds=30), timedelta(seconds=30)
HOOK_ID_BYTES = 16

_CONNECTION = "c.id, c.name, c.provider, c.settings, c.secret_env, c.hook_id"
_OWN = f"SELECT {_CONNECTION} FROM connection c WHERE c.tenant = app_tenant()"  # noqa: S608 - our own words
_SENDERS = f"""SELECT {_CONNECTION}, s.id AS sender_id, s.channel, s.audience, s.address, s.per_second, s.burst
    FROM sender s JOIN connection c ON c.tenant = s.tenant AND c.id = s.connection_id
    WHERE s.tenant = app_tenant() AND c.active"""  # noqa: S608 - our own words


def by_hook_id(tx: Tx, hook_id: str) -> Connection | None:
    """The agency's active connection of an address."""
    row = tx.row(f"{_OWN} AND c.hook_id = :hook AND c.active", hook=hook_id)
    return _connection(row) if row else None


def all_connections(tx: Tx) -> tuple[Connection, ...]:
    """The agency's active connections, by name."""
    rows = tx.rows(f"{_OWN} AND c.active ORDER BY c.name")
    return tuple(_connection(r) for r in rows)


def connection_of(tx: Tx, connection_id: ConnectionId) -> Connection:
    """One connection. Raises LookupError."""
    row = tx.row(f"{_OWN} AND c.id = :id", id=connection_id)
    if row is None:
        raise LookupError(f"connection {connection_id} does not exist")
    return _connection(row)


def add(tx: Tx, name: str, provider: str, settings: Mapping[str, str], secret_env: str) -> Connection:
    """A new connection; one that was removed under that name comes back with these settings and its old address."""
    row = tx.row(
        f"""INSERT INTO connection AS c (name, provider, settings, secret_env, hook_id)
            VALUES (:name, :provider, cast(:settings AS jsonb), :secret_env, :hook)
            ON CONFLICT (tenant, name) DO UPDATE SET provider = excluded.provider, settings = excluded.settings,
              secret_env = excluded.secret_env, active = true, failures = 0, closed_until = NULL
            RETURNING {_CONNECTION}""",  # noqa: S608 - our own words
        name=name,
        provider=provider,
        settings=json.dumps({**settings}),
        secret_env=secret_env,
        hook=secrets.token_urlsafe(HOOK_ID_BYTES),
    )
    if row is None:
        raise LookupError(f"connection {name} vanished")
    return _connection(row)


def put_sender(
    tx: Tx,
    connection_id: ConnectionId,
    channel: Channel,
    audience: Audience,
    address: str,
    *,
    per_second: float,
    burst: int,
) -> None:
    """The sender of a connection for an audience on a channel, from now on."""
    tx.run(
        """INSERT INTO sender (connection_id, channel, audience, address, per_second, burst)
           VALUES (:connection, :channel, :audience, :address, :per_second, :burst)
           ON CONFLICT (tenant, connection_id, channel, audience) DO UPDATE SET address = excluded.address,
             per_second = excluded.per_second, burst = excluded.burst""",
        connection=connection_id,
        channel=channel,
        audience=audience,
        address=address,
        per_second=per_second,
        burst=burst,
    )


def remove(tx: Tx, name: str) -> bool:
    """Nothing leaves by a connection any longer, and its address answers no more; False where there is none."""
    return bool(
        tx.run(
            "UPDATE connection SET active = false WHERE tenant = app_tenant() AND name = :name AND active", name=name
        )
    )


def senders_of(tx: Tx, connection_id: ConnectionId) -> tuple[Sender, ...]:
    """The senders of a connection."""
    rows = tx.rows(f"{_SENDERS} AND c.id = :id ORDER BY s.channel, s.audience", id=connection_id)
    return tuple(_sender(r) for r in rows)


def sender_for(tx: Tx, channel: Channel, audience: Audience) -> Sender | None:
    """Who writes to an audience on a channel: its own sender before everyone's, the oldest of several; None: no one is
    named, so that the environment's own does."""
    row = tx.row(
        f"""{_SENDERS} AND s.channel = :channel AND s.audience IN (:audience, 'everyone')
            ORDER BY s.audience = 'everyone', s.id LIMIT 1""",
        channel=channel,
        audience=audience,
    )
    return _sender(row) if row else None


def provider_of(tx: Tx, touch_id: TouchId) -> str:
    """Who carried the last attempt of a message, by the word of its connection; empty for the environment's own."""
    found: str | None = tx.scalar(
        """SELECT (SELECT c.provider FROM message_attempt m
                   JOIN sender s ON s.tenant = m.tenant AND s.id = m.sender_id
                   JOIN connection c ON c.tenant = s.tenant AND c.id = s.connection_id
                   WHERE m.tenant = app_tenant() AND m.touch_id = :touch ORDER BY m.attempt_no DESC LIMIT 1)""",
        touch=touch_id,
    )
    return found or ""


def texts_due(tx: Tx, every: timedelta) -> tuple[tuple[Connection, datetime | None], ...]:
    """Connections whose list of texts was not read for so long, and until when it was; None: never."""
    rows = tx.rows(
        f"""{_OWN.replace(" FROM", ", c.texts_until FROM")} AND c.active AND EXISTS (
              SELECT FROM sender s WHERE s.tenant = c.tenant AND s.connection_id = c.id AND s.channel = 'sms')
            AND coalesce(c.texts_until, '-infinity') <= cast(:now AS timestamptz) - cast(:every AS interval)
            ORDER BY c.id""",
        every=every,
    )
    return tuple((_connection(r), r["texts_until"]) for r in rows)


def note_texts(tx: Tx, connection_id: ConnectionId, until: datetime) -> None:
    """A connection's list of texts was read until then."""
    tx.run(
        "UPDATE connection SET texts_until = :until WHERE tenant = app_tenant() AND id = :id",
        id=connection_id,
        until=until,
    )


# pace and circuit ------------------------------------------------------------------------------------


def take(tx: Tx, sender: Sender, n: int) -> datetime | None:
    """Take `n` of a sender's pace; None when they may leave now, else from when they may. Holds the sender's row."""
    row = tx.row(
        """UPDATE sender SET tat = greatest(tat, :now) + :n * make_interval(secs => 1 / per_second)
           WHERE tenant = app_tenant() AND id = :id
             AND greatest(tat, :now) - :now <= greatest(burst - :n, 0) * make_interval(secs => 1 / per_second)
                                               + interval '1 ms'
           RETURNING id""",
        id=sender.id,
        n=n,
    )
    if row is not None:
        return None
    at: datetime = tx.scalar(
        """SELECT tat - greatest(burst - :n, 0) * make_interval(secs => 1 / per_second) FROM sender
           WHERE tenant = app_tenant() AND id = :id""",
        id=sender.id,
        n=n,
    )
    return max(at, tx.now + timedelta(milliseconds=1))


def charge(tx: Tx, sender: Sender, n: int) -> None:
    """What leaves takes `n` more of a sender's pace than was asked for: who comes next waits the longer."""
    if n > 0:
        tx.run(
            """UPDATE sender SET tat = greatest(tat, :now) + :n * make_interval(secs => 1 / per_second)
               WHERE tenant = app_tenant() AND id = :id""",
            id=sender.id,
            n=n,
        )


def closed_until(tx: Tx, connection_id: ConnectionId) -> datetime | None:
    """Until when nothing leaves by a connection; None: now. Of those who come then, one tries first."""
    asked = "SELECT closed_until FROM connection WHERE tenant = app_tenant() AND id = :id"
    if tx.scalar(asked, id=connection_id) is None:
        return None
    at: datetime | None = tx.scalar(f"{asked} FOR UPDATE", id=connection_id)
    if at is None or at > tx.now:
        return at
    tx.run(
        """UPDATE connection SET closed_until = cast(:now AS timestamptz) + cast(:closed AS interval)
           WHERE tenant = app_tenant() AND id = :id""",
        id=connection_id,
        closed=CLOSED_FOR,
    )
    return None


def note_outcome(tx: Tx, connection_id: ConnectionId, *, failed: bool) -> None:
    """Count what fails one after the other: after five within half a minute nothing is tried for as long."""
    if not failed:
        tx.run(
            """UPDATE connection SET failures = 0, failing_since = NULL, closed_until = NULL
               WHERE tenant = app_tenant() AND id = :id AND failures > 0""",
            id=connection_id,
        )
        return
    tx.run(
        """UPDATE connection c SET failures = n.failures, failing_since = n.since,
             closed_until = CASE WHEN n.failures >= :most THEN cast(:now AS timestamptz) + cast(:closed AS interval)
                                 ELSE c.closed_until END
           FROM (SELECT CASE WHEN is_first THEN 1 ELSE failures + 1 END AS failures,
                        CASE WHEN is_first THEN :now ELSE failing_since END AS since
                 FROM (SELECT failures, failing_since, failures = 0 OR (failures < :most
                         AND failing_since < cast(:now AS timestamptz) - cast(:within AS interval)) AS is_first
                       FROM connection WHERE tenant = app_tenant() AND id = :id FOR UPDATE) AS held) AS n
           WHERE c.tenant = app_tenant() AND c.id = :id""",
        id=connection_id,
        within=FAILING_WITHIN,
        closed=CLOSED_FOR,
        most=FAILURES_TO_OPEN,
    )


def _connection(row: Mapping[str, Any]) -> Connection:
    return Connection(
        ConnectionId(row["id"]), row["name"], row["provider"], row["settings"], row["secret_env"], row["hook_id"]
    )


def _sender(row: Mapping[str, Any]) -> Sender:
    return Sender(
        SenderId(row["sender_id"]),
        _connection(row),
        Channel(row["channel"]),
        Audience(row["audience"]),
        row["address"],
        row["per_second"],
        row["burst"],
    )
