"""Whose account it is that the agency's own sign-in vouches for, and what it may do as the groups are today.

By what the provider calls them; the first time by an e-mail address that it has verified. An account is made from
nothing only where one of their groups gives a role.
"""

from suture.model.accounts import Account
from suture.model.actors import Role
from suture.model.audit import AuditCode
from suture.model.identities import Grant, Identity, SignInProvider, granted
from suture.model.ids import AccountId
from suture.service.accounts import LONGEST_NAME
from suture.service.errors import ServiceError
from suture.store import accounts, audit
from suture.store import sign_in_providers as providers
from suture.store.transaction import Tx
from suture.words.catalog import _, marked

NO_ACCOUNT = marked(
    "There is no account for you here. Ask whoever manages people in your agency to make one with your e-mail address."
)
NOT_VERIFIED = marked(
    "{provider} has not verified your e-mail address, so we cannot tell whose account is yours. Ask whoever runs it."
)
SOMEONE_ELSES = marked(
    "The account with your e-mail address belongs to another user of {provider}. Ask whoever manages people in your "
    "agency to reset it."
)
DISABLED = marked("Your account is disabled. Ask whoever manages people in your agency.")
NO_ROLE = marked("None of your groups at {provider} gives you a role here. Ask whoever runs {provider}.")


class NotLetIn(ServiceError):
    """Someone whom the provider knows and we do not let in; `code` says why in the log, `account_id` who it was."""

    def __init__(self, code: str, message: str, account_id: AccountId | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.account_id = account_id


def account_of(tx: Tx, provider: SignInProvider, identity: Identity) -> Account:
    """The account, with the roles and branches that the groups give where any give some. Raises NotLetIn."""
    by_group = providers.groups(tx, provider.id)
    grant = granted(by_group, identity.groups)
    account = accounts.by_subject(tx, provider.endpoints.issuer, identity.subject)
    if account is None:
        account = _first_time(tx, provider, identity, grant, follows=bool(by_group))
    elif account.disabled_at:
        raise NotLetIn("disabled", _(DISABLED), account.id)
    return _following(tx, provider, account, grant) if by_group else account


def _first_time(tx: Tx, provider: SignInProvider, identity: Identity, grant: Grant, *, follows: bool) -> Account:
    if not identity.email:
        raise NotLetIn("email_not_verified", _(NOT_VERIFIED, provider=provider.name))
    account = accounts.by_email(tx, identity.email)
    if account is None:
        if not grant.roles:
            code, why = ("no_role", _(NO_ROLE, provider=provider.name)) if follows else ("no_account", _(NO_ACCOUNT))
            raise NotLetIn(code, why)
        account = _made(tx, identity, grant)
    if account.disabled_at:
        raise NotLetIn("disabled", _(DISABLED), account.id)
    if not accounts.link(tx, account.id, provider.endpoints.issuer, identity.subject):
        raise NotLetIn("linked_to_another", _(SOMEONE_ELSES, provider=provider.name), account.id)
    facts = {"account": account.id, "provider": provider.name}
    audit.record(tx, AuditCode.SIGN_IN_LINKED, "account", account.id, **facts)
    return account


def _made(tx: Tx, identity: Identity, grant: Grant) -> Account:
    called = " ".join("".join(c if c.isprintable() else " " for c in identity.name).split())[:LONGEST_NAME].strip()
    name = called or identity.email.partition("@")[0][:LONGEST_NAME]
    account_id = accounts.add(tx, identity.email, name, grant.roles, grant.branch_ids, None)
    made = accounts.by_id(tx, account_id) if account_id else None
    if made is None:
        raise NotLetIn("made_meanwhile", _("Your account was made just now. Please sign in again."))
    audit.record(tx, AuditCode.USER_ADDED, "account", made.id, **_facts(made.id, grant))
    return made


def _following(tx: Tx, provider: SignInProvider, account: Account, grant: Grant) -> Account:
    """The account as the groups have it now. What names a clinician stays: no group says that of anyone."""
    kept = account.roles & {Role.CLINICIAN}
    roles = grant.roles | kept
    if not roles:
        raise NotLetIn("no_role", _(NO_ROLE, provider=provider.name), account.id)
    within = grant.branch_ids if grant.roles else account.branch_ids
    if (roles, within) == (account.roles, account.branch_ids):
        return account
    accounts.change(tx, account.id, roles, within, account.clinician_id)
    said = Grant(roles, within, grant.branches if grant.roles else account.branches)
    audit.record(tx, AuditCode.USER_CHANGED, "account", account.id, **_facts(account.id, said))
    return accounts.by_id(tx, account.id) or account


def _facts(account_id: AccountId, grant: Grant) -> dict[str, object]:
    roles, branches = ", ".join(sorted(grant.roles)), ", ".join(grant.branches)
    return {"account": account_id, "roles": roles, "branches": branches}
