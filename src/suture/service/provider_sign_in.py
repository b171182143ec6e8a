"""Signing in by the agency's own provider: out with a state of one browser, back with a code, once.

Nothing is believed that came back until all of it is proven, and the provider is never asked within a transaction.
"""

import hmac
import re
import secrets
from dataclasses import dataclass, field, replace

import structlog
from pydantic import SecretStr

from suture.model.accounts import How
from suture.model.audit import AuditCode
from suture.model.identities import Asked, Identity, SignInProvider
from suture.ports import IdentityProvider, PermanentAdapterError, TransientAdapterError
from suture.service.caller import Caller
from suture.service.errors import ServiceError
from suture.service.provider_accounts import NotLetIn, account_of
from suture.service.sessions import Entered, From, begin
from suture.service.sign_in_settings import back_address
from suture.store import audit, oidc_requests
from suture.store import sign_in_providers as providers
from suture.store.oidc_requests import Sent
from suture.words.catalog import _

log = structlog.get_logger(__name__)

REFUSED_BY_PERSON = "access_denied"
AWAY = frozenset({"server_error", "temporarily_unavailable"})
_CODE = re.compile(r"[a-z_]{1,40}")


class BeginAgain(ServiceError):
    """An answer to nothing that this browser asked, or not anymore."""


class GaveUp(ServiceError):
    """Whoever was to sign in did not want to after all."""


class ProviderAway(ServiceError):
    """The provider does not answer, or cannot be asked; the message says what to do."""


class NotProven(ServiceError):
    """An answer that must not be believed."""


@dataclass(frozen=True, slots=True)
class Leaving:
    """Where a browser is sent, and the value of the cookie by which it is known when it is back."""

    address: str = field(repr=False)
    cookie: str = field(repr=False)
    name: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a browser came back with."""

    state: str = field(default="", repr=False)
    code: str = field(default="", repr=False)
    issuer: str | None = None
    error: str = ""


def provider_name(caller: Caller) -> str:
    """What the agency's own sign-in is called; empty where there is none."""
    with caller.transaction() as tx:
        provider = providers.active(tx)
        return provider.name if provider else ""


def leave(caller: Caller, after: str, *, is_shared: bool) -> Leaving | None:
    """Send a browser to the provider; None where there is none. Raises ProviderAway."""
    with caller.transaction() as tx:
        provider = providers.active(tx)
    if provider is None:
        return None
    asked = Asked(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48))
    cookie = secrets.token_urlsafe(32)
    try:
        back = back_address(caller)
        address = _tool(caller).address(provider, asked, back, sign_in_again=is_shared)
    except TransientAdapterError as error:
        raise _away(provider, str(error)) from None
    with caller.transaction() as tx:
        oidc_requests.put(tx, Sent(provider.id, asked, after, is_shared), cookie)
    return Leaving(address, cookie, provider.name)


def come_back(caller: Caller, answer: Answer, browser: SecretStr, place: From) -> tuple[Entered, str]:
    """Begin a session for whoever the provider vouches for, and say where they wanted to go.

    Raises BeginAgain, GaveUp, ProviderAway, NotProven or NotLetIn.
    """
    cookie = browser.get_secret_value()
    if not answer.state or not cookie:
        raise _again("no_state")
    with caller.transaction() as tx:
        sent, provider, now = oidc_requests.take(tx, answer.state, cookie), providers.active(tx), tx.now
    if sent is None or provider is None or sent.provider_id != provider.id:
        raise _again("unknown_state")
    _check(provider, answer)
    try:
        back = back_address(caller)
        identity = _tool(caller).identity(provider, sent.asked, answer.code, back, now)
    except TransientAdapterError as error:
        raise _away(provider, str(error)) from None
    except PermanentAdapterError as error:
        raise _not_proven(provider, str(error)) from None
    place = replace(place, is_shared=sent.is_shared)
    return _entered(caller, provider, identity, place), sent.after


def _entered(caller: Caller, provider: SignInProvider, identity: Identity, place: From) -> Entered:
    try:
        with caller.transaction() as tx:
            if providers.active(tx, to_enter=True) != provider:  # it was disconnected, or changed, while it was asked
                raise _again("provider_changed")
            account = account_of(tx, provider, identity)
            is_given = provider.trusts_second_factor and identity.has_second_factor
            return begin(tx, account, How.PROVIDER, place, is_second_factor_given=is_given)
    except NotLetIn as error:
        log.warning("sign_in.not_let_in", code=error.code, account=error.account_id)
        if error.account_id is not None:
            with caller.transaction() as tx:
                which = error.account_id
                audit.record(tx, AuditCode.SIGN_IN_REFUSED, "account", which, account=which)
        raise


def _check(provider: SignInProvider, answer: Answer) -> None:
    """Whether the answer is this provider's, and holds a code."""
    issuer = provider.endpoints.issuer
    if answer.issuer is None and provider.endpoints.says_issuer:
        raise _not_proven(provider, "no_issuer")
    if answer.issuer is not None and not hmac.compare_digest(answer.issuer.encode(), issuer.encode()):
        raise _not_proven(provider, "issuer_mixed_up")
    if answer.error == REFUSED_BY_PERSON:
        raise GaveUp(_("You did not sign in with {provider}.", provider=provider.name))
    if answer.error in AWAY:
        raise _away(provider, answer.error)
    if answer.error or not answer.code:
        raise _not_proven(provider, f"error:{answer.error if _CODE.fullmatch(answer.error) else 'other'}")


def _tool(caller: Caller) -> IdentityProvider:
    if caller.tools.identities is None:
        raise TransientAdapterError("not_wired")
    return caller.tools.identities


def _again(code: str) -> BeginAgain:
    log.warning("sign_in.begin_again", code=code)
    return BeginAgain(_("It took too long, was used already, or was begun in another browser. Please sign in again."))


def _away(provider: SignInProvider, code: str) -> ProviderAway:
    log.warning("sign_in.provider_away", code=code, provider=provider.id)
    said = _(
        "{provider} does not answer. Try again in a few minutes, or use your password for Suture. If you have none, "
        "ask whoever manages people in your agency for a link.",
        provider=provider.name,
    )
    return ProviderAway(said)


def _not_proven(provider: SignInProvider, code: str) -> NotProven:
    log.warning("sign_in.not_proven", code=code, provider=provider.id)
    return NotProven(_("What {provider} answered could not be verified. Please sign in again.", provider=provider.name))
