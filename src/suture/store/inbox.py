"""The signal inbox and the per-branch-day work list over it.

A signal is stored once by (source, source id) and marks its branch-days dirty in the same transaction: the one it is
about, or the first and all others. A worker leases dirty branch-days (`store/leases.py`), decides their new signals
together, and marks each day done up to the generation it saw.
"""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from suture.model.ids import BranchDay, BranchId, SignalId
from suture.store.doorbell import ring
from suture.store.transaction import Row, Tx

MAX_TRIES = 3
"""A signal that fails to be decided this often is set aside with a case; it never blocks its branch."""


class SignalsMovedOn(Exception):
    """Another worker has decided these signals since they were read: there is nothing left to decide of them."""


@dataclass(frozen=True, slots=True)
class Received:
    """The answer to a signal, the same for every repeat. `conflict`: the same id came with another body.

    `is_foreign`: it is about a branch out of the caller's scope, who must not learn of it.
    """

    id: SignalId
    state: str
    is_new: bool
    conflict: bool = False
    is_foreign: bool = False


@dataclass(frozen=True, slots=True)
class StoredSignal:
    """One inbox row, not yet understood, and the branch-days it is about: `day` is the first of them."""

    id: SignalId
    kind: str
    body: Mapping[str, Any]
    occurred_at: datetime
    received_at: datetime
    tries: int
    day: BranchDay
    days: frozenset[BranchDay]


@dataclass(frozen=True, slots=True)
class Arrival:
    """A signal to store that happened now. `source_id`: the same one of a source again is the same signal.

    `also`: the other branch-days it is about.
    """

    kind: str
    branch_id: BranchId
    service_date: date
    source_id: str
    body: Mapping[str, Any]
    also: tuple[BranchDay, ...] = ()


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
    also: Collection[BranchDay] = (),
    request: str = "",
) -> Received:
    """Store a signal once and mark its branch-day dirty, and those it is `also` about.

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
    first, signal_id = BranchDay(branch_id, service_date), SignalId(new_id["id"])
    _note_days(tx, [(signal_id, first, also)])
    ring(tx)
    return Received(signal_id, "new", is_new=True)


def receive_all(tx: Tx, source: str, arrivals: Sequence[Arrival]) -> None:
    """Store many signals, each once, and mark their branch-days dirty."""
    also = {a.source_id: a.also for a in arrivals}
    texts = [json.dumps(a.body, sort_keys=True, default=str) for a in arrivals]
    rows = tx.rows(
        """INSERT INTO inbox (tenant, branch_id, service_date, source, source_id, kind, body, body_sha, occurred_at,
                  received_at)
           SELECT app_tenant(), r.branch_id, r.service_date, :source, r.source_id, r.kind, cast(r.body AS jsonb), r.sha,
                  :now, :now
           FROM jsonb_to_recordset(cast(:rows AS jsonb)) AS r(branch_id bigint, service_date date, source_id text,
                kind text, body text, sha text)
           ON CONFLICT (tenant, source, source_id) DO NOTHING RETURNING id, source_id, branch_id, service_date""",
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
    _note_days(tx, [(SignalId(r["id"]), _day(r), also[r["source_id"]]) for r in rows])
    if rows:
        ring(tx)


def _note_days(tx: Tx, stored: Sequence[tuple[SignalId, BranchDay, Collection[BranchDay]]]) -> None:
    """Keep which other days signals are about, and mark all their days dirty, in order."""
    others = [(i, day) for i, first, also in stored for day in sorted(set(also) - {first})]
    tx.run_many(
        "INSERT INTO inbox_day (inbox_id, branch_id, service_date) VALUES (:id, :branch, :date)",
        [{"id": i, "branch": day.branch_id, "date": day.service_date} for i, day in others],
    )
    dirty = sorted({first for _, first, _ in stored} | {day for _, day in others})
    tx.run_many(_MARK_DIRTY, [{"branch": day.branch_id, "date": day.service_date} for day in dirty])


def _digest(kind: str, text: str) -> str:
    return hashlib.sha256(f"{kind}\n{text}".encode()).hexdigest()


def find(tx: Tx, source: str, source_id: str, *, kind: str = "", request: str = "") -> Received | None:
    """The stored signal of a source's id, if it ever came; compared with a `request` of that `kind` where one is given.

    `kind` and `request` are those of `receive`.
    """
    return _repeat(tx, source, source_id, _digest(kind, request) if request else None)


def _repeat(tx: Tx, source: str, source_id: str, sha: str | None) -> Received | None:
    row = tx.row(
        """SELECT id, state, body_sha, branch_id FROM inbox
           WHERE tenant = app_tenant() AND source = :source AND source_id = :source_id""",
        source=source,
        source_id=source_id,
    )
    if row is None:
        return None
    return Received(
        SignalId(row["id"]),
        row["state"],
        is_new=False,
        conflict=sha not in (None, row["body_sha"]),
        is_foreign=not tx.scope.has(BranchId(row["branch_id"])),
    )


def adopt(
    tx: Tx,
    *,
    kind: str,
    about: str,
    number: int,
    source: str,
    source_id: str,
    occurred_at: datetime,
    request: str,
) -> Received | None:
    """Make the signal that followed from a record of this transaction the caller's, who sent `request`.

    `about` and `number`: which field of its body names what. The first of several; None where no signal followed.
    """
    row = tx.row(
        """UPDATE inbox SET source = :source, source_id = :source_id, body_sha = :sha, occurred_at = :occurred_at
           WHERE tenant = app_tenant() AND id = (
             SELECT min(i.id) FROM inbox i
             WHERE i.tenant = app_tenant() AND i.source = 'import' AND i.kind = :kind AND i.state = 'new'
               AND cast(i.body ->> :about AS bigint) = :number
               AND i.source_id LIKE '%:' || cast(pg_current_xact_id() AS text))
           RETURNING id""",
        kind=kind,
        about=about,
        number=number,
        source=source,
        source_id=source_id,
        sha=_digest(kind, request),
        occurred_at=occurred_at,
    )
    return Received(SignalId(row["id"]), "new", is_new=True) if row else None


def later(
    tx: Tx, kind: str, branch_id: BranchId, service_date: date, about: str, number: int, *, occurred_at: datetime
) -> Sequence[StoredSignal]:
    """Signals of a kind about the same visit or person that happened after an instant, the newest first."""
    rows = tx.rows(
        """SELECT id, kind, body, occurred_at, received_at, tries, branch_id, service_date, cast('[]' AS jsonb) AS also
           FROM inbox
           WHERE tenant = app_tenant() AND id IN (
               SELECT n.id FROM inbox n
               WHERE n.tenant = app_tenant() AND n.branch_id = :branch AND n.service_date = :date
               UNION ALL SELECT d.inbox_id FROM inbox_day d
               WHERE d.tenant = app_tenant() AND d.branch_id = :branch AND d.service_date = :date)
             AND kind = :kind AND occurred_at > :at AND cast(body ->> :about AS bigint) = :number
           ORDER BY occurred_at DESC, id DESC""",
        branch=branch_id,
        date=service_date,
        kind=kind,
        about=about,
        number=number,
        at=occurred_at,
    )
    return [_stored(r) for r in rows]


def mark_dirty(tx: Tx, branch_id: BranchId, service_date: date) -> None:
    """Say that a branch-day has something to decide; `since` is kept from the first of a burst."""
    tx.run(_MARK_DIRTY, branch=branch_id, date=service_date)
    ring(tx)


_MARK_DIRTY = """
    INSERT INTO branch_dirty (branch_id, service_date, since) VALUES (:branch, :date, clock_timestamp())
    ON CONFLICT (tenant, branch_id, service_date) DO UPDATE SET
      gen = branch_dirty.gen + 1,
      since = CASE WHEN branch_dirty.gen = branch_dirty.done THEN clock_timestamp() ELSE branch_dirty.since END"""


OF_DAY = """
    (SELECT n.id, n.branch_id, n.service_date FROM inbox n WHERE n.tenant = app_tenant() AND n.state = 'new'
     UNION ALL SELECT n.id, d.branch_id, d.service_date FROM inbox_day d
     JOIN inbox n ON n.tenant = d.tenant AND n.id = d.inbox_id AND n.state = 'new' WHERE d.tenant = app_tenant())"""
"""New signals with each branch-day they are about, one row a day: a part of other queries."""


def waiting(tx: Tx, days: Collection[BranchDay], *, linking: bool = False) -> Sequence[StoredSignal]:
    """The new signals that are about any of these branch-days, in the order they came; `linking`: and about others."""
    rows = tx.rows(
        f"""WITH wanted AS (SELECT * FROM unnest(cast(:branches AS bigint[]), cast(:dates AS date[]))
                           AS w(branch_id, service_date))
           SELECT i.id, i.kind, i.body, i.occurred_at, i.received_at, i.tries, i.branch_id, i.service_date,
                  (SELECT coalesce(jsonb_agg(jsonb_build_array(d.branch_id, d.service_date)), '[]') FROM inbox_day d
                   WHERE d.tenant = i.tenant AND d.inbox_id = i.id) AS also
           FROM inbox i WHERE i.tenant = app_tenant() AND i.state = 'new' AND i.id IN (
             SELECT s.id FROM wanted w JOIN {OF_DAY} s USING (branch_id, service_date))
             AND (NOT :linking OR EXISTS (SELECT FROM inbox_day d WHERE d.tenant = i.tenant AND d.inbox_id = i.id))
           ORDER BY i.id""",  # noqa: S608 - our own words
        branches=[day.branch_id for day in days],
        dates=[day.service_date for day in days],
        linking=linking,
    )
    return [_stored(r) for r in rows]


def _stored(r: Row) -> StoredSignal:
    first = _day(r)
    return StoredSignal(
        SignalId(r["id"]),
        r["kind"],
        r["body"],
        r["occurred_at"],
        r["received_at"],
        r["tries"],
        first,
        frozenset({first, *(BranchDay(BranchId(b), date.fromisoformat(d)) for b, d in r["also"])}),
    )


def _day(r: Row) -> BranchDay:
    return BranchDay(BranchId(r["branch_id"]), r["service_date"])


def mark_handled(tx: Tx, versions: Mapping[SignalId, int]) -> None:
    """Close signals as decided by a version of their first day's plan. Raises SignalsMovedOn where someone else was
    quicker."""
    closed = tx.run(
        """UPDATE inbox i SET state = 'handled', handled_version = v.version
           FROM unnest(cast(:ids AS bigint[]), cast(:versions AS int[])) AS v(id, version)
           WHERE i.tenant = app_tenant() AND i.id = v.id AND i.state = 'new'""",
        ids=list(versions.keys()),
        versions=list(versions.values()),
    )
    if closed != len(versions):
        raise SignalsMovedOn(f"{len(versions) - closed} of {len(versions)} signals are decided already")


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
