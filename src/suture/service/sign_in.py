"""Signing in by e-mail address and password.

Every guess is counted before it is looked at, against the address and against where it came from. An address that no
one has is answered like a wrong password, as slowly, and locks in the same way.
"""

from dataclasses import replace
from datetime import timedelta

from suture.model.accounts import LONGEST_PASSWORD, Account, How, Session
from suture.model.audit import AuditCode
from suture.service import passwords
from suture.service.caller import Caller
from suture.service.errors import ServiceError
from suture.service.sessions import Entered, From, begin
from suture.store import accounts, audit, failed_tries, sessions
from suture.store.agencies import tenants_of
from suture.words.catalog import _


class NotSignedIn(ServiceError):
    """Someone who is not let in; the message tells nothing of whether there is such an account."""


def sign_in(caller: Caller, email: str, password: str, place: From) -> Entered:
    """Begin a session. Raises NotSignedIn or passwords.TooBusy.

    Once there were too many guesses nothing is computed any longer: whoever floods us keeps no one else waiting.
    """
    address = email.strip().casefold()
    keys = (f"email:{address}", f"from:{place.block}")
    with caller.transaction() as tx:
        if not failed_tries.count(tx, keys):
            raise NotSignedIn(too_many())
    try:
        return _tried(caller, address, password, place, keys)
    except passwords.TooBusy:
        with caller.transaction() as tx:
            failed_tries.forget_one(tx, keys)
        raise


def _tried(caller: Caller, address: str, password: str, place: From, keys: tuple[str, str]) -> Entered:
    refused = []
    for tenant in tenants_of(caller.tools.engine, address):  # one, unless someone works for several agencies
        agency = replace(caller, tenant=tenant)
        with agency.transaction() as tx:
            account = accounts.by_email(tx, address)
            stored = accounts.password_hash(tx, account.id) if account else ""
        is_right = passwords.is_right(stored, password[:LONGEST_PASSWORD])
        if account is not None and is_right and not account.disabled_at:
            return _begun(agency, account, stored, password, place, keys)
        refused.append((agency, account))
    for agency, account in refused:
        _note_refusal(agency, account)
    raise NotSignedIn(_("That did not work. Check the e-mail address and the password. {wait}", wait=wait_note()))


def _begun(agency: Caller, account: Account, stored: str, password: str, place: From, keys: tuple[str, str]) -> Entered:
    renewed = passwords.hashed(password) if passwords.is_outdated(stored) else ""
    with agency.transaction() as tx:
        failed_tries.take_back(tx, keys[0], keys[1:])
        if renewed:
            accounts.set_password(tx, account.id, renewed)
        return begin(tx, account, How.PASSWORD, place)


def change_password(caller: Caller, session: Session, given: str, chosen: str) -> None:
    """Another password, by who knows the old one; all other sessions end. Raises NotSignedIn or BadPassword."""
    account = session.account
    own = f"password:{caller.tenant}:{account.id}"
    with caller.transaction() as tx:
        if not failed_tries.count(tx, (own,)):
            raise NotSignedIn(too_many())
        stored = accounts.password_hash(tx, account.id)
    if not passwords.is_right(stored, given[:LONGEST_PASSWORD]):
        raise NotSignedIn(_("The old password is not right. {wait}", wait=wait_note()))
    passwords.check_choice(chosen, account.email)
    hashed = passwords.hashed(chosen)
    with caller.transaction() as tx:
        failed_tries.take_back(tx, own, ())
        accounts.set_password(tx, account.id, hashed)
        sessions.end_all(tx, account.id, but=session.id)
        audit.record(tx, AuditCode.PASSWORD_CHOSEN, "account", account.id)


def too_many() -> str:
    """What is said while guesses are no longer looked at, right or wrong."""
    minutes = failed_tries.WITHIN // timedelta(minutes=1)
    return _("There were too many wrong tries. Wait {minutes} minutes, then try again.", minutes=minutes)


def wait_note() -> str:
    """What happens after too many wrong tries."""
    return _(
        "After {most} wrong tries you have to wait for {minutes} minutes.",
        most=failed_tries.MOST_TRIES,
        minutes=failed_tries.WITHIN // timedelta(minutes=1),
    )


def _note_refusal(agency: Caller, account: Account | None) -> None:
    if account is not None:
        with agency.transaction() as tx:
            audit.record(tx, AuditCode.SIGN_IN_REFUSED, "account", account.id, account=account.id)
