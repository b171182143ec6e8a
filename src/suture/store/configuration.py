"""Versions of what an agency configures: texts that never change, one of each kind in force, and since when."""

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from suture.model.configuration import Activation, Cause, ConfigKind, Text, Version
from suture.model.ids import BranchId
from suture.store.transaction import Row, Tx

_VERSION = "SELECT c.id, c.kind, c.hash, c.name, c.entries, c.state, c.actor, c.at FROM configuration c"
_PREVIOUS = """(
  SELECT x.previous_id FROM configuration_activation x
  JOIN configuration a ON a.tenant = x.tenant AND a.id = x.configuration_id AND a.state = 'active' AND a.kind = :kind
  WHERE x.tenant = app_tenant() AND x.cause <> 'rollback' ORDER BY x.id DESC LIMIT 1)"""


def hold_active(tx: Tx, kind: ConfigKind) -> Version | None:
    """The version in force, held until the transaction ends: no other version can be put in force meanwhile."""
    held = f"{_VERSION} WHERE c.tenant = app_tenant() AND c.kind = :kind AND c.state = 'active' FOR SHARE"
    row = tx.row(held, kind=kind)
    if row is None:  # superseded while it was waited for: whoever did it has ended, or ends now
        lock(tx, kind)
        row = tx.row(held, kind=kind)
    return _version(row) if row else None


def may_start(tx: Tx, kind: ConfigKind) -> bool:
    """Whether a kind may get its first version by itself: it has none, and no day was ever planned by rules.

    An agency that has planned and has no rulebook has lost it: only a person puts the next one in force.
    """
    return bool(
        tx.scalar(
            """SELECT NOT EXISTS (SELECT FROM configuration WHERE tenant = app_tenant() AND kind = :kind)
                  AND NOT (:is_rules AND EXISTS (SELECT FROM decision WHERE tenant = app_tenant()))""",
            kind=kind,
            is_rules=kind is ConfigKind.RULES,
        )
    )


def lock(tx: Tx, kind: ConfigKind) -> None:
    """Let others who want to change what is in force wait until this transaction ends."""
    tx.run("SELECT pg_advisory_xact_lock(hashtext('configuration ' || cast(:kind AS text)), app_tenant())", kind=kind)


def texts(tx: Tx, version: Version) -> tuple[Text, ...]:
    """The files of a version, packs among them."""
    sources: Sequence[dict[str, Any]] = tx.scalar(
        "SELECT sources FROM configuration WHERE tenant = app_tenant() AND id = :id", id=version.id
    )
    return tuple(Text(s["name"], s["text"]) for s in sources)


def add(
    tx: Tx,
    kind: ConfigKind,
    *,
    digest: str,
    name: str,
    sources: Sequence[Text],
    entries: int,
    engine: str,
) -> tuple[Version, bool]:
    """Store a draft; whether it is new. The same content again is the version that is there already."""
    new = tx.run(
        """INSERT INTO configuration (kind, hash, name, sources, entries, engine, actor, at)
           VALUES (:kind, :hash, :name, cast(:sources AS jsonb), :entries, :engine, :actor, :now)
           ON CONFLICT DO NOTHING""",
        kind=kind,
        hash=digest,
        name=name,
        sources=json.dumps([{"name": s.name, "text": s.text} for s in sources]),
        entries=entries,
        engine=engine,
        actor=str(tx.actor),
    )
    return by_hash(tx, kind, digest), new == 1


def by_hash(tx: Tx, kind: ConfigKind, digest: str) -> Version:
    """The version of that content. Raises LookupError."""
    found = starting_with(tx, kind, digest)
    if len(found) != 1:
        raise LookupError(f"there is no version {digest} of the {kind}")
    return found[0]


def starting_with(tx: Tx, kind: ConfigKind, start: str) -> tuple[Version, ...]:
    """The versions whose hash starts so, at most ten."""
    rows = tx.rows(
        f"""{_VERSION} WHERE c.tenant = app_tenant() AND c.kind = :kind AND starts_with(c.hash, :start)
            ORDER BY c.id LIMIT 10""",
        kind=kind,
        start=start,
    )
    return tuple(_version(r) for r in rows)


def latest(tx: Tx, kind: ConfigKind, limit: int = 50) -> tuple[Version, ...]:
    """The newest versions, newest first."""
    rows = tx.rows(
        f"{_VERSION} WHERE c.tenant = app_tenant() AND c.kind = :kind ORDER BY c.id DESC LIMIT :limit",
        kind=kind,
        limit=limit,
    )
    return tuple(_version(r) for r in rows)


def put_in_force(tx: Tx, version: Version, cause: Cause) -> None:
    """From now on this version counts; the one before is superseded. Call `lock` first."""
    ended = tx.row(
        """UPDATE configuration SET state = 'superseded'
           WHERE tenant = app_tenant() AND kind = :kind AND state = 'active' AND id <> :id RETURNING id""",
        kind=version.kind,
        id=version.id,
    )
    tx.run("UPDATE configuration SET state = 'active' WHERE tenant = app_tenant() AND id = :id", id=version.id)
    tx.run(
        """INSERT INTO configuration_activation (configuration_id, previous_id, cause, actor, at)
           VALUES (:id, :previous, :cause, :actor, :now)""",
        id=version.id,
        previous=ended["id"] if ended else None,
        cause=cause,
        actor=str(tx.actor),
    )


def before_active(tx: Tx, kind: ConfigKind) -> Version | None:
    """The version that was in force before the one that is; rolling back twice goes two steps back."""
    row = tx.row(f"{_VERSION} WHERE c.tenant = app_tenant() AND c.kind = :kind AND c.id = {_PREVIOUS}", kind=kind)
    return _version(row) if row else None


def under_defaults(tx: Tx) -> tuple[ConfigKind, ...]:
    """The kinds still on what came with Suture, without anyone having chosen it. A rollback is not a choice."""
    rows = tx.rows(
        """SELECT DISTINCT ON (c.kind) c.kind, x.cause FROM configuration c
           JOIN configuration_activation x ON x.tenant = c.tenant AND x.configuration_id = c.id
           WHERE c.tenant = app_tenant() AND c.state = 'active' AND x.cause <> 'rollback'
           ORDER BY c.kind, x.id DESC"""
    )
    found = {r["kind"] for r in rows if r["cause"] == Cause.DEFAULT}
    return tuple(kind for kind in ConfigKind if kind in found)


def activations(tx: Tx, kind: ConfigKind, limit: int = 50) -> tuple[Activation, ...]:
    """When which version came into force, newest first."""
    rows = tx.rows(
        """SELECT c.hash, c.name, x.cause, x.actor, x.at FROM configuration_activation x
            JOIN configuration c ON c.tenant = x.tenant AND c.id = x.configuration_id
            WHERE c.tenant = app_tenant() AND c.kind = :kind ORDER BY x.id DESC LIMIT :limit""",
        kind=kind,
        limit=limit,
    )
    return tuple(Activation(r["hash"], r["name"], Cause(r["cause"]), r["actor"], r["at"]) for r in rows)


def rulebook_of_plan(tx: Tx, branch_id: BranchId, service_date: date, plan_version: int) -> Version | None:
    """The rulebook under which a version of a plan was decided, where it is stored."""
    row = tx.row(
        f"""{_VERSION} JOIN decision d ON d.tenant = c.tenant AND d.rulebook_hash = c.hash
           WHERE c.tenant = app_tenant() AND c.kind = :kind
             AND d.branch_id = :branch AND d.service_date = :date AND d.version = :version""",
        kind=ConfigKind.RULES,
        branch=branch_id,
        date=service_date,
        version=plan_version,
    )
    return _version(row) if row else None


def _version(row: Row) -> Version:
    kind = ConfigKind(row["kind"])
    return Version(row["id"], kind, row["hash"], row["name"], row["entries"], row["state"], row["actor"], row["at"])
