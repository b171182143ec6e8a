"""API keys, each by the SHA-256 of its value. A revoked one stays, for what it did."""

from collections.abc import Collection
from datetime import datetime, timedelta

from suture.model.actors import Permission, Scope
from suture.model.ids import BranchId, KeyId
from suture.model.keys import ApiKey
from suture.store.transaction import Row, Tx

USED_AGAIN = timedelta(minutes=1)
"""How old the note of when a key was used may be: reading is no reason to write each time."""

_KEYS = """SELECT k.id, k.name, k.hint, k.permissions, k.every_branch, k.made_at, k.expires_at, k.last_used_at,
                  coalesce(b.ids, '{}') AS branch_ids, coalesce(b.names, '{}') AS branches
           FROM api_key k LEFT JOIN LATERAL (
             SELECT array_agg(b.id) AS ids, array_agg(b.external_id ORDER BY b.external_id) AS names
             FROM api_key_branch o JOIN branch b ON b.tenant = o.tenant AND b.id = o.branch_id
             WHERE o.tenant = k.tenant AND o.key_id = k.id) AS b ON true
           WHERE k.tenant = app_tenant() AND k.revoked_at IS NULL"""


def add(tx: Tx, name: str, hint: str, key_hash: str, scope: Scope, expires_at: datetime | None) -> KeyId | None:
    """Store a new key; None where another one has its name or its value."""
    row = tx.row(
        """INSERT INTO api_key (name, hint, key_hash, permissions, every_branch, made_at, expires_at)
           VALUES (:name, :hint, :hash, :permissions, :every, :now, :expires) ON CONFLICT DO NOTHING RETURNING id""",
        name=name,
        hint=hint,
        hash=key_hash,
        permissions=sorted(scope.permissions),
        every=scope.branches is None,
        expires=expires_at,
    )
    if row is None:
        return None
    _give_branches(tx, KeyId(row["id"]), scope.branches or ())
    return KeyId(row["id"])


def _give_branches(tx: Tx, key_id: KeyId, branches: Collection[BranchId]) -> None:
    tx.run(
        "INSERT INTO api_key_branch (key_id, branch_id) SELECT :key, unnest(cast(:branches AS bigint[]))",
        key=key_id,
        branches=sorted(branches),
    )


def all_keys(tx: Tx) -> tuple[ApiKey, ...]:
    """Every key that is not revoked, by name; those that have expired, too."""
    return tuple(map(_key, tx.rows(f"{_KEYS} ORDER BY k.name")))


def find(tx: Tx, key_hash: str) -> ApiKey | None:
    """The key that may be used now; None for one that is unknown, revoked or expired, without telling which."""
    row = tx.row(f"{_KEYS} AND k.key_hash = :hash AND (k.expires_at IS NULL OR k.expires_at > :now)", hash=key_hash)
    return _key(row) if row else None


def revoke(tx: Tx, name: str) -> KeyId | None:
    """End the key of that name; None where there is none."""
    row = tx.row(
        """UPDATE api_key SET revoked_at = :now
           WHERE tenant = app_tenant() AND name = :name AND revoked_at IS NULL RETURNING id""",
        name=name,
    )
    return KeyId(row["id"]) if row else None


def mark_used(tx: Tx, key: ApiKey) -> None:
    """Note that a key was used, at most once a minute; a database that takes no changes goes without."""
    if key.last_used_at is not None and key.last_used_at <= tx.now < key.last_used_at + USED_AGAIN:
        return
    if tx.scalar("SELECT current_setting('transaction_read_only')::boolean"):
        return
    tx.run("UPDATE api_key SET last_used_at = :now WHERE tenant = app_tenant() AND id = :id", id=key.id)


def _key(r: Row) -> ApiKey:
    branches = None if r["every_branch"] else frozenset(map(BranchId, r["branch_ids"]))
    return ApiKey(
        id=KeyId(r["id"]),
        name=r["name"],
        hint=r["hint"],
        scope=Scope(branches, _granted(r["permissions"])),
        branches=tuple(r["branches"]),
        made_at=r["made_at"],
        expires_at=r["expires_at"],
        last_used_at=r["last_used_at"],
    )


def _granted(permissions: Collection[str]) -> frozenset[Permission]:
    """What a key may do: one that may command or admin may read, too."""
    given = frozenset(map(Permission, permissions))
    return given | {Permission.READ} if given & {Permission.COMMAND, Permission.ADMIN} else given
