"""The signal inbox and the per-branch-day work list over it.

A signal is stored once by (source, source id) and marks its branch-day dirty in the same transaction. A worker leases a
dirty branch-day, decides every new signal of it together, and marks it done up to the generation it saw.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from suture.model.ids import BranchId, SignalId
from suture.store.doorbell import ring
from suture.store.transaction import Tx

MAX_TRIES = 3
"""A signal that fails to be decided this often is set aside with a case; it never blocks its branch."""


class SignalsMovedOn(Exception):
    """Another worker has decided these signals since they were read: there is nothing left to decide of them."""


@dataclass(frozen=True, slots=True)
class Received:
    """The answer to a signal, the same for every repeat. `conflict`: the same id came with another body."""

    id: SignalId
    state: str
    is_new: bool
    conflict: bool = False


@dataclass(frozen=True, slots=True)
class StoredSignal:
    """One inbox row, not yet understood."""

    id: SignalId
    kind: str
    body: Mapping[str, Any]
    occurred_at: datetime
    received_at: datetime
    tries: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """A signal to store that happened now. `source_id`: the same one of a source again is the same signal."""

    kind: str
    branch_id: BranchId
    service_date: date
    source_id: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to decide one branch-day, fenced by `number`: a slow holder cannot release its successor's lease."""

    branch_id: BranchId
    service_date: date
    generation: int
    number: int


def lock_id(tx: Tx, source: str, source_id: str) -> None:
    """Until the end of this transaction no one else may store the signal of this source's id, or look for it."""
    tx.run(
        """SELECT pg_advisory_xact_lock(hashtextextended(
             cast(jsonb_build_array(app_tenant(), cast(:source AS text), cast(:id AS text)) AS text), 0))""",
        source=source,
        id=source_id,
    )


def receive(
    tx: Tx,
    *,
    kind: str,
    branch_id: BranchId,
    service_date: date,
    source: str,
    source_id: str,
    body: Mapping[str, Any],
    occurred_at: datetime,
    request: str = "",
) -> Received:
    """Store a signal once and mark its branch-day dirty.

    `request` is what the caller sent, where the body holds defaults that differ from call to call; a repeat is compared
    by it.
    """
    text = json.dumps(body, sort_keys=True, default=str)
    sha = _digest(kind, request or text)
    new_id = tx.row(
        """INSERT INTO inbox (branch_id, service_date, source, source_id, kind, body, body_sha, occurred_at,
                  received_at)
           VALUES (:branch, :date, :source, :source_id, :kind, cast(:body AS jsonb), :sha, :occurred_at, :now)
           ON CONFLICT (tenant, source, source_id) DO NOTHING RETURNING id""",
        branch=branch_id,
        date=service_date,
        source=source,
        source_id=source_id,
        kind=kind,
        body=text,
        sha=sha,
        occurred_at=occurred_at,
    )
    if new_id is None:
        known = _repeat(tx, source, source_id, sha)
        if known is None:
            raise LookupError(f"signal {source}/{source_id} collided and then vanished")
        return known
    mark_dirty(tx, branch_id, service_date)
    return Received(SignalId(new_id["id"]), "new", is_new=True)


def receive_all(tx: Tx, source: str, arrivals: Sequence[Arrival]) -> None:
    """Store many signals, each once, and mark their branch-days dirty."""
    texts = [json.dumps(a.body, sort_keys=True, default=str) for a in arrivals]
    rows = tx.rows(
        """INSERT INTO inbox (tenant, branch_id, service_date, source, source_id, kind, body, body_sha, occurred_at,
                  received_at)
           SELECT app_tenant(), r.branch_id, r.service_date, :source, r.source_id, r.kind, cast(r.body AS jsonb), r.sha,
                  :now, :now
           FROM jsonb_to_recordset(cast(:rows AS jsonb)) AS r(branch_id bigint, service_date date, source_id text,
                kind text, body text, sha text)
           ON CONFLICT (tenant, source, source_id) DO NOTHING RETURNING branch_id, service_date""",
        source=source,
        rows=json.dumps(
            [
                {
                    "branch_id": a.branch_id,
                    "service_date": str(a.service_date),
                    "source_id": a.source_id,
                    "kind": a.kind,
                    "body": text,
                    "sha": _digest(a.kind, text),
                }
                for a, text in zip(arrivals, texts, strict=True)
            ]
        ),
    )
    days = sorted({(r["branch_id"], r["service_date"]) for r in rows})
    tx.run_many(_MARK_DIRTY, [{"branch": branch_id, "date": service_date} for branch_id, service_date in days])
    if days:
        ring(tx)


def _digest(kind: str, text: str) -> str:
    return hashlib.sha256(f"{kind}\n{text}".encode()).hexdigest()


def find(tx: Tx, source: str, source_id: str, *, kind: str = "", request: str = "") -> Received | None:
    """The stored signal of a source's id, if it ever came; compared with a `request` of that `kind` where one is given.

    `kind` and `request` are those of `receive`.
    """
    return _repeat(tx, source, source_id, _digest(kind, request) if request else None)


def _repeat(tx: Tx, source: str, source_id: str, sha: str | None) -> Received | None:
    row = tx.row(
        """SELECT id, state, body_sha FROM inbox
           WHERE tenant = app_tenant() AND source = :source AND source_id = :source_id""",
        source=source,
        source_id=source_id,
    )
    if row is None:
        return None
    return Received(SignalId(row["id"]), row["state"], is_new=False, conflict=sha not in (None, row["body_sha"]))


def mark_dirty(tx: Tx, branch_id: BranchId, service_date: date) -> None:
    """Say that a branch-day has something to decide; `since` is kept from the first of a burst."""
    tx.run(_MARK_DIRTY, branch=branch_id, date=service_date)
    ring(tx)


_MARK_DIRTY = """
    INSERT INTO branch_dirty (branch_id, service_date, since) VALUES (:branch, :date, clock_timestamp())
    ON CONFLICT (tenant, branch_id, service_date) DO UPDATE SET
      gen = branch_dirty.gen + 1,
      since = CASE WHEN branch_dirty.gen = branch_dirty.done THEN clock_timestamp() ELSE branch_dirty.since END"""


def lease(tx: Tx, seconds: float, only: tuple[BranchId, date] | None = None) -> Lease | None:
    """Take the longest-waiting dirty branch-day that is not held, or the `only` one asked for, for some seconds of the
    database's clock.

    A lease that ends further ahead than its own length, because the clock was set back, is cut to that length.
    """
    tx.run(
        """UPDATE branch_dirty SET lease_until = clock_timestamp() + make_interval(secs => :seconds)
           WHERE tenant = app_tenant() AND lease_until > clock_timestamp() + make_interval(secs => :seconds)""",
        seconds=seconds,
    )
    row = tx.row(
        """UPDATE branch_dirty SET lease_until = clock_timestamp() + make_interval(secs => :seconds),
                  lease_no = lease_no + 1
           WHERE (tenant, branch_id, service_date) = (
             SELECT tenant, branch_id, service_date FROM branch_dirty
             WHERE tenant = app_tenant() AND gen > done
               AND (lease_until IS NULL OR lease_until < clock_timestamp())
               AND (cast(:branch AS bigint) IS NULL OR (branch_id = :branch AND service_date = :date))
             ORDER BY since LIMIT 1 FOR UPDATE SKIP LOCKED)
           RETURNING branch_id, service_date, gen, lease_no""",
        seconds=seconds,
        branch=only[0] if only else None,
        date=only[1] if only else None,
    )
    if row is None:
        return None
    return Lease(BranchId(row["branch_id"]), row["service_date"], row["gen"], row["lease_no"])


def release(tx: Tx, held: Lease) -> None:
    """Mark the branch-day done up to the generation the lease saw; a newer signal leaves it dirty."""
    tx.run(
        """UPDATE branch_dirty SET done = greatest(done, :gen), lease_until = NULL, since = clock_timestamp()
           WHERE tenant = app_tenant() AND branch_id = :branch AND service_date = :date AND lease_no = :number""",
        gen=held.generation,
        branch=held.branch_id,
        date=held.service_date,
        number=held.number,
    )


def give_back(tx: Tx, held: Lease) -> None:
    """End the lease without marking anything done: the next worker tries again."""
    tx.run(
        """UPDATE branch_dirty SET lease_until = NULL
           WHERE tenant = app_tenant() AND branch_id = :branch AND service_date = :date AND lease_no = :number""",
        branch=held.branch_id,
        date=held.service_date,
        number=held.number,
    )


def waiting(tx: Tx, branch_id: BranchId, service_date: date) -> Sequence[StoredSignal]:
    """The new signals of one branch-day, in the order they came."""
    rows = tx.rows(
        """SELECT id, kind, body, occurred_at, received_at, tries FROM inbox
           WHERE tenant = app_tenant() AND branch_id = :branch AND service_date = :date AND state = 'new'
           ORDER BY id""",
        branch=branch_id,
        date=service_date,
    )
    return [
        StoredSignal(SignalId(r["id"]), r["kind"], r["body"], r["occurred_at"], r["received_at"], r["tries"])
        for r in rows
    ]


def mark_handled(tx: Tx, signal_ids: Sequence[SignalId], version: int) -> None:
    """Close signals as decided by a plan version. Raises SignalsMovedOn where somebody else was quicker."""
    closed = tx.run(
        """UPDATE inbox SET state = 'handled', handled_version = :version
           WHERE tenant = app_tenant() AND id = ANY(:ids) AND state = 'new'""",
        ids=list(signal_ids),
        version=version,
    )
    if closed != len(signal_ids):
        raise SignalsMovedOn(f"{len(signal_ids) - closed} of {len(signal_ids)} signals are decided already")


def count_try(tx: Tx, signal_ids: Sequence[SignalId]) -> Sequence[SignalId]:
    """Count one failed try for each; returns those that have now failed too often and are quarantined."""
    rows = tx.rows(
        """UPDATE inbox SET tries = tries + 1,
                  state = CASE WHEN tries + 1 >= :most THEN 'quarantined' ELSE state END
           WHERE tenant = app_tenant() AND id = ANY(:ids) AND state = 'new' RETURNING id, state""",
        ids=list(signal_ids),
        most=MAX_TRIES,
    )
    return [SignalId(r["id"]) for r in rows if r["state"] == "quarantined"]
