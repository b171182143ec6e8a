"""Who may sign in, and as what: accounts are made, changed, disabled and reset by those who manage people."""

import secrets
from collections.abc import Collection
from datetime import timedelta

from suture.model.accounts import Account
from suture.model.actors import Permission, Role, permissions_of
from suture.model.addresses import is_mailbox
from suture.model.audit import AuditCode
from suture.model.ids import AccountId, BranchId, PartyId
from suture.service.branch_named import find_branch
from suture.service.caller import Caller
from suture.service.errors import ServiceError
from suture.store import accounts, audit, lookups, second_factors, sessions, welcome_links
from suture.store.tokens import hashed
from suture.store.transaction import Tx
from suture.words.catalog import _

WELCOME_HOURS = 48
LONGEST_NAME = 80
GIVEN_BY_A_LEAD = frozenset({Role.COORDINATOR, Role.CLINICIAN})
"""What someone may make of others who does not manage the whole agency."""


class BadAccount(ServiceError):
    """An account that cannot be made or changed so; the message says why."""


def add_user(
    caller: Caller,
    email: str,
    name: str,
    roles: Collection[Role],
    branches: Collection[str] | None = None,
    clinician: str | None = None,
) -> str:
    """Make an account and return the token of the link by which its owner chooses a password. Raises BadAccount.

    No `branches`: every one.
    """
    with caller.transaction() as tx:
        return _welcome(tx, make_account(tx, email, name, roles, branches, clinician))


def make_account(
    tx: Tx,
    email: str,
    name: str,
    roles: Collection[Role],
    branches: Collection[str] | None = None,
    clinician: str | None = None,
) -> AccountId:
    """Make an account that no one can sign in to yet. Raises BadAccount or UnknownBranch."""
    address, called = email.strip().casefold(), " ".join(name.split())
    if not is_mailbox(address):
        raise BadAccount(_("{email} is not an e-mail address.", email=repr(email)))
    if not called or len(called) > LONGEST_NAME or not called.isprintable():
        raise BadAccount(_("A name has 1 to {most} characters.", most=LONGEST_NAME))
    within, who = _place(tx, roles, branches, clinician)
    account_id = accounts.add(tx, address, called, roles, within, who)
    if account_id is None:
        raise BadAccount(_("There is an account with that e-mail address, or for that clinician, already."))
    audit.record(tx, AuditCode.USER_ADDED, "account", account_id, **_facts(account_id, roles, branches))
    return account_id


def change_user(
    caller: Caller,
    account_id: AccountId,
    roles: Collection[Role],
    branches: Collection[str] | None = None,
    clinician: str | None = None,
) -> None:
    """Other roles and branches, from the next click on. Raises BadAccount or UnknownBranch."""
    with caller.transaction() as tx:
        account = _manageable(tx, accounts.by_id(tx, account_id))
        within, who = _place(tx, roles, branches, clinician)
        if account.actor.key == tx.actor.key and Permission.PEOPLE not in permissions_of(roles):
            raise BadAccount(_("You cannot take your own right to manage people. Ask someone else who has it."))
        if not accounts.change(tx, account_id, roles, within, who):
            raise BadAccount(_("There is another account for that clinician."))
        if Role.ADMIN in account.roles:
            _keep_an_administrator(tx)
        audit.record(tx, AuditCode.USER_CHANGED, "account", account_id, **_facts(account_id, roles, branches))


def disable_user(caller: Caller, account_id: AccountId) -> None:
    """Sign someone out everywhere, and let them in no more. Raises BadAccount."""
    with caller.transaction() as tx:
        account = _manageable(tx, accounts.by_id(tx, account_id))
        if account.actor.key == tx.actor.key:
            raise BadAccount(_("You cannot disable your own account. Ask someone else who manages people."))
        if account.disabled_at:
            return
        accounts.set_disabled(tx, account_id, disabled=True)
        if Role.ADMIN in account.roles:
            _keep_an_administrator(tx)
        sessions.end_all(tx, account_id)
        welcome_links.drop(tx, account_id)
        audit.record(tx, AuditCode.USER_DISABLED, "account", account_id, account=account_id)


def reset_user(caller: Caller, account_id: AccountId) -> str:
    """A new link to choose a password by; the old one, the second factor and who they are at the agency's own sign-in
    count no more, and whoever was disabled may come back. Raises BadAccount."""
    with caller.transaction() as tx:
        _manageable(tx, accounts.by_id(tx, account_id))
        accounts.set_password(tx, account_id, "")
        accounts.unlink(tx, account_id)
        second_factors.set_secret(tx, account_id, "")
        second_factors.put_codes(tx, account_id, ())
        accounts.set_disabled(tx, account_id, disabled=False)
        sessions.end_all(tx, account_id)
        audit.record(tx, AuditCode.USER_RESET, "account", account_id, account=account_id)
        return _welcome(tx, account_id)


def users_now(caller: Caller) -> tuple[Account, ...]:
    """The accounts that the caller manages, by name, the disabled ones last."""
    with caller.transaction() as tx:
        return tuple(one for one in accounts.all_accounts(tx) if _manages(tx, one))


def user_of(caller: Caller, account_id: AccountId) -> Account:
    """One account that the caller manages. Raises BadAccount."""
    with caller.transaction() as tx:
        return _manageable(tx, accounts.by_id(tx, account_id))


def user_named(caller: Caller, email: str) -> Account:
    """The account of an e-mail address. Raises BadAccount where the caller manages none of it."""
    with caller.transaction() as tx:
        return _manageable(tx, accounts.by_email(tx, email.strip().casefold()))


def may_give(tx: Tx) -> frozenset[Role]:
    """The roles that this actor may give to others."""
    return frozenset(Role) if tx.scope.allows(Permission.ADMIN) else GIVEN_BY_A_LEAD


def _keep_an_administrator(tx: Tx) -> None:
    """Raise BadAccount where no one is left who can let others in."""
    if not any(Role.ADMIN in one.roles and one.disabled_at is None for one in accounts.all_accounts(tx)):
        raise BadAccount(_("That is the last administrator. Make someone else one first."))


def _manages(tx: Tx, account: Account) -> bool:
    if not tx.scope.allows(Permission.PEOPLE):
        return False
    if tx.scope.allows(Permission.ADMIN) and tx.scope.branches is None:
        return True
    is_within = account.branch_ids is not None and all(map(tx.scope.has, account.branch_ids))
    return account.roles <= may_give(tx) and (is_within or tx.scope.branches is None)


def _manageable(tx: Tx, account: Account | None) -> Account:
    if account is None or not _manages(tx, account):
        raise BadAccount(_("There is no such account."))
    return account


def _place(
    tx: Tx, roles: Collection[Role], branches: Collection[str] | None, clinician: str | None
) -> tuple[frozenset[BranchId] | None, PartyId | None]:
    """Where an account works, and whose own day it has, as far as this actor may say so."""
    if not tx.scope.allows(Permission.PEOPLE):
        raise BadAccount(_("You do not manage people."))
    if not roles:
        raise BadAccount(_("Choose at least one role."))
    if not set(roles) <= may_give(tx):
        raise BadAccount(_("Someone who manages the whole agency must give that role."))
    if branches is not None and not branches:
        raise BadAccount(_("Choose at least one branch."))
    within = None if branches is None else frozenset(find_branch(tx, branch).id for branch in branches)
    if within is None and tx.scope.branches is not None:
        raise BadAccount(_("Choose at least one branch."))
    if (clinician is not None) != (Role.CLINICIAN in roles):
        raise BadAccount(
            _("A clinician's account names the clinician by the id in staff.csv, and no other account does.")
        )
    return within, _clinician(tx, clinician, within) if clinician else None


def _clinician(tx: Tx, external_id: str, within: frozenset[BranchId] | None) -> PartyId:
    found = lookups.clinician(tx, external_id) if external_id.isprintable() else None
    if found is None or not tx.scope.has(found.branch_id):
        raise BadAccount(_("There is no clinician {id}.", id=repr(external_id)))
    if within is not None and found.branch_id not in within:
        raise BadAccount(_("Clinician {id} works for another branch. Choose that one, too.", id=repr(external_id)))
    return found.id


def _welcome(tx: Tx, account_id: AccountId) -> str:
    token = secrets.token_urlsafe(32)
    welcome_links.make(tx, hashed(token), account_id, tx.now + timedelta(hours=WELCOME_HOURS))
    return token


def _facts(account_id: AccountId, roles: Collection[Role], branches: Collection[str] | None) -> dict[str, object]:
    return {"account": account_id, "roles": ", ".join(sorted(roles)), "branches": ", ".join(sorted(branches or ()))}
