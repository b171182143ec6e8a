"""The link that a new account, or one that was reset, begins with: its owner chooses a password, once.

Before there is any account the link is printed by `suture serve`, and whoever opens it becomes the administrator.
"""

import secrets
from collections.abc import Collection
from datetime import timedelta

from suture.model.accounts import Account, How
from suture.model.actors import Role
from suture.model.audit import AuditCode
from suture.service import passwords
from suture.service.accounts import make_account
from suture.service.caller import Caller
from suture.service.sessions import Entered, From, begin
from suture.store import accounts, audit, welcome_links
from suture.store.tokens import hashed
from suture.store.transaction import Tx

FIRST_HOURS = 24


def first_link(caller: Caller) -> str | None:
    """The token of a link for the first administrator, the only one there is; None once there is an account."""
    with caller.transaction() as tx:
        if accounts.any_yet(tx):
            return None
        token = secrets.token_urlsafe(32)
        welcome_links.make(tx, hashed(token), None, tx.now + timedelta(hours=FIRST_HOURS))
        return token


def whose(caller: Caller, token: str) -> tuple[bool, Account | None]:
    """Whether a link may be used now, and for which account; without one it is the first start's."""
    with caller.transaction() as tx:
        link = welcome_links.find(tx, hashed(token))
        if link is None:
            return False, None
        return True, accounts.by_id(tx, link.account_id) if link.account_id else None


def choose_password(caller: Caller, token: str, password: str, place: From) -> Entered | None:
    """Choose a password by a link, which is used up; None where it is not good anymore. Raises BadPassword."""
    good, account = whose(caller, token)
    if not good or account is None:
        return None
    passwords.check_choice(password, account.email)
    stored = passwords.hashed(password)
    with caller.transaction() as tx:
        return _chosen(tx.by(account.actor), account, stored, place) if welcome_links.use(tx, hashed(token)) else None


def become_first(
    caller: Caller, token: str, email: str, name: str, password: str, place: From, more: Collection[Role] = ()
) -> Entered | None:
    """Make the first account, an administrator's; None where the link is not good anymore. Raises BadAccount or
    BadPassword."""
    good, account = whose(caller, token)
    if not good or account is not None:
        return None
    passwords.check_choice(password, email)
    stored = passwords.hashed(password)
    with caller.transaction() as tx:
        if not welcome_links.use(tx, hashed(token)):
            return None
        made = accounts.by_id(tx, make_account(tx, email, name, {Role.ADMIN, *more}))
        return _chosen(tx.by(made.actor), made, stored, place) if made else None


def _chosen(tx: Tx, account: Account, stored: str, place: From) -> Entered:
    accounts.set_password(tx, account.id, stored)
    audit.record(tx, AuditCode.PASSWORD_CHOSEN, "account", account.id)
    return begin(tx, account, How.PASSWORD, place)
