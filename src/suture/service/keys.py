"""Keys of programs: making and revoking them, and whose a key is that a request comes with."""

import secrets
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from suture.model.actors import Permission, Scope
from suture.model.audit import AuditCode
from suture.model.keys import ApiKey
from suture.service.branch_named import find_branch
from suture.service.caller import Caller
from suture.service.errors import ServiceError
from suture.store import audit, keys
from suture.store.agencies import tenants_of
from suture.store.tokens import hashed
from suture.store.transaction import Tx
from suture.words.catalog import _
from suture.words.dates import full_date

BOOTSTRAP = "bootstrap"
"""The key that `suture serve` sets at each start: what SUTURE_API_TOKEN says, or a new one."""
BEGINS_WITH = "suture_"
"""Scanners for lost secrets know our keys by it."""
HINT_LENGTH = len(BEGINS_WITH) + 5
ALL_A_TOKEN_COULD = frozenset({Permission.READ, Permission.SIGNAL, Permission.COMMAND})


class BadKey(ServiceError):
    """A key that cannot be made, or that there is none of; the message says why."""


def add_key(
    caller: Caller,
    name: str,
    permissions: Collection[Permission],
    branches: Collection[str] = (),
    expires: int | date | None = None,
) -> str:
    """Make a key and return its value, which is stored nowhere. Raises BadKey or UnknownBranch.

    No `branches`: every one. `expires`: in this many days, or at the end of a day (UTC).
    """
    if name == BOOTSTRAP:
        raise BadKey(_("The key {name} is set by suture serve. Choose another name.", name=BOOTSTRAP))
    value = f"{BEGINS_WITH}{secrets.token_urlsafe(32)}"
    with caller.transaction() as tx:
        within = frozenset(find_branch(tx, branch).id for branch in branches) if branches else None
        _add(tx, name, value, Scope(within, frozenset(permissions)), sorted(set(branches)), _end(tx, expires))
    return value


def revoke_key(caller: Caller, name: str) -> None:
    """End a key: whoever asks by it is refused from now on. Raises BadKey where there is none of that name."""
    with caller.transaction() as tx:
        if not _revoke(tx, name):
            raise BadKey(_("There is no key {name}.", name=repr(name)))


def keys_now(caller: Caller) -> tuple[ApiKey, ...]:
    """All keys that are not revoked, by name."""
    with caller.transaction() as tx:
        return keys.all_keys(tx)


def set_bootstrap(caller: Caller, value: str) -> None:
    """Make this the value of the key `bootstrap`; an earlier one ends. Raises BadKey where another key has it."""
    with caller.transaction() as tx:
        known = keys.find(tx, hashed(value))
        if known is not None and known.name == BOOTSTRAP:
            return
        if known is not None:
            said = _("SUTURE_API_TOKEN is the value of the key {name}. Give it one of its own.", name=known.name)
            raise BadKey(said)
        _revoke(tx, BOOTSTRAP)
        _add(tx, BOOTSTRAP, value, Scope(None, ALL_A_TOKEN_COULD), (), None, hint="")


def by_key(caller: Caller, value: str) -> Caller | None:
    """Whoever has this key, of whichever agency, within its scope; None for one that is unknown, revoked or expired."""
    agencies = (replace(caller, tenant=tenant) for tenant in tenants_of(caller.tools.engine, value))
    return next((found for agency in agencies if (found := _by_key(agency, value))), None)


def _by_key(caller: Caller, value: str) -> Caller | None:
    with caller.transaction() as tx:
        key = keys.find(tx, hashed(value))
        if key is None:
            return None
        keys.mark_used(tx, key)
    return replace(caller, actor=key.actor, scope=key.scope)


def _add(
    tx: Tx,
    name: str,
    value: str,
    scope: Scope,
    branches: Collection[str],
    expires_at: datetime | None,
    hint: str | None = None,
) -> None:
    hint = value[:HINT_LENGTH] if hint is None else hint
    key_id = keys.add(tx, name, hint, hashed(value), scope, expires_at)
    if key_id is None:
        raise BadKey(_("There is a key {name} already. Revoke it first, or choose another name.", name=repr(name)))
    facts = {"key": name, "scopes": ", ".join(sorted(scope.permissions)), "branches": ", ".join(branches)}
    audit.record(tx, AuditCode.KEY_ADDED, "api_key", key_id, **facts)


def _revoke(tx: Tx, name: str) -> bool:
    key_id = keys.revoke(tx, name)
    if key_id is not None:
        audit.record(tx, AuditCode.KEY_REVOKED, "api_key", key_id, key=name)
    return key_id is not None


def _end(tx: Tx, expires: int | date | None) -> datetime | None:
    if expires is None:
        return None
    if isinstance(expires, int):
        return tx.now + timedelta(days=expires)
    ends = datetime.combine(expires + timedelta(days=1), time(), UTC)
    if ends <= tx.now:
        raise BadKey(_("{date} is past: the key would never open anything.", date=full_date(expires)))
    return ends
