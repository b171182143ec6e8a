"""Versions of the rulebook: texts that never change, one of them in force, and when each came into force."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from suture.model.actors import Actor
from suture.model.ids import BranchId
from suture.store.transaction import Row, Tx


@dataclass(frozen=True, slots=True)
class Version:
    """One stored rulebook; `state` is draft, active or superseded."""

    id: int
    hash: str
    name: str
    rules: int
    state: str
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Text:
    """One file of a stored rulebook."""

    name: str
    text: str


_VERSION = "SELECT r.id, r.hash, r.name, r.rules, r.state, r.actor, r.at FROM rulebook r"
_PREVIOUS = """(
  SELECT x.previous_id FROM rulebook_activation x
  JOIN rulebook a ON a.tenant = x.tenant AND a.id = x.rulebook_id AND a.state = 'active'
  WHERE x.tenant = app_tenant() AND x.cause <> 'rollback' ORDER BY x.id DESC LIMIT 1)"""


def hold_active(tx: Tx) -> Version | None:
    """The version in force, held until the transaction ends: nobody puts another one in force meanwhile."""
    row = tx.row(f"{_VERSION} WHERE r.tenant = app_tenant() AND r.state = 'active' FOR SHARE")
    return _version(row) if row else None


def lock(tx: Tx) -> None:
    """Let others who want to change what is in force wait until this transaction ends."""
    tx.run("SELECT pg_advisory_xact_lock(hashtext('rulebook'), app_tenant())")


def texts(tx: Tx, version: Version) -> tuple[Text, ...]:
    """The files and packs of a version."""
    sources: Sequence[dict[str, Any]] = tx.scalar(
        "SELECT sources FROM rulebook WHERE tenant = app_tenant() AND id = :id", id=version.id
    )
    return tuple(Text(s["name"], s["text"]) for s in sources)


def add(
    tx: Tx, *, digest: str, name: str, sources: Sequence[Text], rules: int, engine: str, actor: Actor
) -> tuple[Version, bool]:
    """Store a draft; whether it is new. The same content again is the version that is there already."""
    new = tx.run(
        """INSERT INTO rulebook (hash, name, sources, rules, engine, actor, at)
           VALUES (:hash, :name, cast(:sources AS jsonb), :rules, :engine, :actor, :now) ON CONFLICT DO NOTHING""",
        hash=digest,
        name=name,
        sources=json.dumps([{"name": s.name, "text": s.text} for s in sources]),
        rules=rules,
        engine=engine,
        actor=str(actor),
    )
    return by_hash(tx, digest), new == 1


def by_hash(tx: Tx, digest: str) -> Version:
    """The version of that content. Raises LookupError."""
    found = starting_with(tx, digest)
    if len(found) != 1:
        raise LookupError(f"there is no rulebook {digest}")
    return found[0]


def starting_with(tx: Tx, start: str) -> tuple[Version, ...]:
    """The versions whose hash starts so, at most ten."""
    rows = tx.rows(
        f"{_VERSION} WHERE r.tenant = app_tenant() AND starts_with(r.hash, :start) ORDER BY r.id LIMIT 10",
        start=start,
    )
    return tuple(_version(r) for r in rows)


def latest(tx: Tx, limit: int = 50) -> tuple[Version, ...]:
    """The newest versions, newest first."""
    rows = tx.rows(f"{_VERSION} WHERE r.tenant = app_tenant() ORDER BY r.id DESC LIMIT :limit", limit=limit)
    return tuple(_version(r) for r in rows)


def put_in_force(tx: Tx, version: Version, cause: str, actor: Actor) -> None:
    """From now on this version decides; the one before is superseded. Call `lock` first."""
    previous = tx.scalar("SELECT (SELECT id FROM rulebook WHERE tenant = app_tenant() AND state = 'active')")
    tx.run("UPDATE rulebook SET state = 'superseded' WHERE tenant = app_tenant() AND state = 'active'")
    tx.run("UPDATE rulebook SET state = 'active' WHERE tenant = app_tenant() AND id = :id", id=version.id)
    tx.run(
        """INSERT INTO rulebook_activation (rulebook_id, previous_id, cause, actor, at)
           VALUES (:id, :previous, :cause, :actor, :now)""",
        id=version.id,
        previous=previous,
        cause=cause,
        actor=str(actor),
    )


def before_active(tx: Tx) -> Version | None:
    """The version that was in force before the one that is; rolling back twice goes two steps back."""
    row = tx.row(f"{_VERSION} WHERE r.tenant = app_tenant() AND r.id = {_PREVIOUS}")
    return _version(row) if row else None


def of_plan(tx: Tx, branch_id: BranchId, service_date: date, plan_version: int) -> Version | None:
    """The rulebook under which a version of a plan was decided, where it is stored."""
    row = tx.row(
        f"""{_VERSION} JOIN decision d ON d.tenant = r.tenant AND d.rulebook_hash = r.hash
           WHERE d.tenant = app_tenant() AND d.branch_id = :branch AND d.service_date = :date
             AND d.version = :version""",
        branch=branch_id,
        date=service_date,
        version=plan_version,
    )
    return _version(row) if row else None


def _version(row: Row) -> Version:
    return Version(row["id"], row["hash"], row["name"], row["rules"], row["state"], row["actor"], row["at"])
