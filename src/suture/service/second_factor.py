"""The second factor: codes of an authenticator app (TOTP, RFC 6238), and recovery codes for when it is lost."""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass

import pyotp
from pydantic import SecretStr

from suture.model.accounts import Session
from suture.model.audit import AuditCode
from suture.model.ids import AccountId
from suture.service.caller import Caller
from suture.service.sessions import Entered, open_session
from suture.service.sign_in import NotSignedIn, too_many, wait_note
from suture.store import audit, failed_tries, second_factors, sessions
from suture.store.tokens import hashed
from suture.store.transaction import Tx
from suture.words.catalog import _

STEP_S, SECRET_BYTES = 30, 20
ISSUER = "Suture"
RECOVERY_CODES, CODE_LETTERS = 10, 10
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""What is not taken for another letter when it is read off paper."""


@dataclass(frozen=True, slots=True)
class SetUp:
    """What an authenticator app is given: the secret, and the address that its picture holds."""

    secret: str
    address: str


def set_up_of(session: Session, cookie: SecretStr) -> SetUp:
    """What a new app is given in this session. It is made from the cookie, so that looking at it stores nothing."""
    made = hmac.new(cookie.get_secret_value().encode(), b"second factor", hashlib.sha256).digest()
    secret = base64.b32encode(made[:SECRET_BYTES]).decode()
    return SetUp(secret, pyotp.TOTP(secret).provisioning_uri(name=session.account.email, issuer_name=ISSUER))


def finish_set_up(
    caller: Caller, session: Session, secret: str, code: str, before: str = ""
) -> tuple[Entered, tuple[str, ...]]:
    """Take the app whose code it is, and open the session: with it, new recovery codes. Raises NotSignedIn.

    `before`: a code of the app that there is, without which it is not replaced: a session alone may be someone else's.
    """
    account = session.account
    with caller.transaction() as tx:
        step = _step_of(secret, code, int(tx.now.timestamp()))
    if step is None:
        raise NotSignedIn(_("That is not the code that the app shows now. Check the time of your phone, too."))
    if account.has_second_factor:
        prove(caller, session, before)
    with caller.by(account.actor).transaction() as tx:
        second_factors.set_secret(tx, account.id, secret, step)
        sessions.end_all(tx, account.id, but=session.id)
        audit.record(tx, AuditCode.SECOND_FACTOR_SET, "account", account.id)
        return open_session(tx, session), _new_codes(tx, account.id)


def enter_code(caller: Caller, session: Session, code: str) -> Entered:
    """Open a session by a code of the app, or a recovery code. Raises NotSignedIn."""
    prove(caller, session, code)
    with caller.transaction() as tx:
        return open_session(tx, session)


def prove(caller: Caller, session: Session, code: str) -> None:
    """Use a code of the second factor that there is, or a recovery code. Raises NotSignedIn."""
    account = session.account
    own = f"code:{caller.tenant}:{account.id}"
    with caller.transaction() as tx:
        counted = failed_tries.count(tx, (own,))
    if not counted:
        raise NotSignedIn(too_many())
    with caller.by(account.actor).transaction() as tx:
        if is_right_code(tx, account.id, code):
            failed_tries.take_back(tx, own, ())
            return
        audit.record(tx, AuditCode.CODE_REFUSED, "account", account.id, account=account.id)
    said = _(
        "That code is not right, or was used already. Enter the one that the app shows now. {wait}", wait=wait_note()
    )
    raise NotSignedIn(said)


def new_recovery_codes(caller: Caller, session: Session, code: str) -> tuple[str, ...]:
    """Other recovery codes, for whoever has the app; the earlier ones no longer work. Raises NotSignedIn."""
    prove(caller, session, code)
    with caller.transaction() as tx:
        audit.record(tx, AuditCode.RECOVERY_CODES_MADE, "account", session.account.id)
        return _new_codes(tx, session.account.id)


def is_right_code(tx: Tx, account_id: AccountId, code: str) -> bool:
    """Use a code of the app, or a recovery code: each is good once."""
    plain = "".join(c for c in code.upper() if c.isalnum())
    if len(plain) == CODE_LETTERS:
        used = second_factors.use_code(tx, account_id, hashed(plain))
        if used:
            audit.record(tx, AuditCode.RECOVERY_CODE_USED, "account", account_id)
        return used
    step = _step_of(second_factors.secret(tx, account_id), plain, int(tx.now.timestamp()))
    return step is not None and second_factors.use_step(tx, account_id, step)


def _step_of(secret: str, code: str, seconds: int) -> int | None:
    """The time step whose code it is: this one, the one before or the one after; None for a wrong code."""
    if not secret or not (code.isascii() and code.isdigit()):
        return None
    totp, now = pyotp.TOTP(secret), seconds // STEP_S
    right = [step for step in (now - 1, now, now + 1) if hmac.compare_digest(totp.at(step * STEP_S), code)]
    return right[-1] if right else None


def _new_codes(tx: Tx, account_id: AccountId) -> tuple[str, ...]:
    codes = ["".join(secrets.choice(_LETTERS) for _n in range(CODE_LETTERS)) for _n in range(RECOVERY_CODES)]
    second_factors.put_codes(tx, account_id, [hashed(code) for code in codes])
    half = CODE_LETTERS // 2
    return tuple(f"{code[:half]}-{code[half:]}" for code in codes)
