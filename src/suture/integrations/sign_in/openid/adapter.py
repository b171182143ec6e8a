"""The agency's own sign-in by OpenID Connect: authorization code with PKCE (`ports.IdentityProvider`)."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from pydantic import SecretStr
from requests import Session
from requests.exceptions import RequestException

from suture.integrations.sign_in.openid.asking import TIMEOUT_S, LedElsewhere, is_loopback, is_safe, limited
from suture.integrations.sign_in.openid.id_token import identity_of, keys_of
from suture.model.identities import Asked, Endpoints, Identity, SignInProvider
from suture.ports import PermanentAdapterError, TransientAdapterError
from suture.words.catalog import _

DESCRIPTION = "/.well-known/openid-configuration"
SCOPES = ("openid", "email", "profile")
IN_HEADER, IN_BODY = "client_secret_basic", "client_secret_post"
OK, TOO_MANY, BROKEN = 200, 429, 500
_CODE = re.compile(r"[a-z_]{1,40}")


class OpenIdConnect:
    """Asks the provider that an agency has named. `secret`: the value of an environment variable, empty if not set."""

    def __init__(self, secret: Callable[[str], SecretStr]) -> None:
        self._secret = secret

    def look_up(self, issuer: str, secret_env: str, group_claim: str) -> Endpoints:
        """Where an issuer is asked. Raises TransientAdapterError or, in words, PermanentAdapterError."""
        if not self._secret(secret_env).get_secret_value():
            raise PermanentAdapterError(_("The environment variable {name} is not set.", name=secret_env))
        if not is_safe(issuer, here=True):
            raise PermanentAdapterError(_("The issuer must be an https address."))
        address = issuer.rstrip("/") + DESCRIPTION
        try:
            found = _get(address)
        except PermanentAdapterError:
            said = _("There is no description of an OpenID provider at {address}.", address=address)
            raise PermanentAdapterError(said) from None
        return _endpoints(issuer, found, group_claim)

    def address(self, provider: SignInProvider, asked: Asked, back: str, *, sign_in_again: bool) -> str:
        """Where a browser is sent to."""
        session = self._session(provider, back)
        more = {"prompt": "login"} if sign_in_again else {}
        address, _state = session.create_authorization_url(
            provider.endpoints.authorize, state=asked.state, nonce=asked.nonce, code_verifier=asked.verifier, **more
        )
        return str(address)

    def identity(self, provider: SignInProvider, asked: Asked, code: str, back: str, now: datetime) -> Identity:
        """Who came back with that code."""
        session = self._session(provider, back)
        try:
            token = session.fetch_token(
                provider.endpoints.token,
                grant_type="authorization_code",
                code=code,
                code_verifier=asked.verifier,
                timeout=TIMEOUT_S,
            )
        except OAuthError as error:
            raise PermanentAdapterError(f"code:{_known(error.error)}") from None
        except RequestException as error:
            raise _away(error) from None
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise PermanentAdapterError("malformed_answer") from None
        id_token, access_token = token.get("id_token"), token.get("access_token")
        if not isinstance(id_token, str) or not isinstance(access_token, str):
            raise PermanentAdapterError("no_token")
        keys = keys_of(_get(provider.endpoints.keys))
        return identity_of(id_token, access_token, keys, provider, asked, now)

    def _session(self, provider: SignInProvider, back: str) -> Any:
        secret = self._secret(provider.secret_env).get_secret_value()
        if not secret:
            raise TransientAdapterError("no_secret")
        session = OAuth2Session(
            provider.client_id,
            secret,
            scope=provider.endpoints.scope,
            redirect_uri=back,
            token_endpoint_auth_method=IN_BODY if provider.endpoints.secret_in_body else IN_HEADER,
            code_challenge_method="S256",
        )
        return limited(session, provider.endpoints.token)


def _get(url: str) -> Any:
    """An answer in JSON. Raises TransientAdapterError when the provider is away, PermanentAdapterError for no JSON."""
    try:
        answer = limited(Session(), url).get(url, headers={"Accept": "application/json"})
        if answer.status_code == OK:
            return answer.json()
    except (ValueError, RecursionError):  # of requests' own errors, too
        raise PermanentAdapterError("no_json") from None
    except RequestException as error:
        raise _away(error) from None
    if answer.status_code >= BROKEN or answer.status_code == TOO_MANY:
        raise TransientAdapterError(f"status:{answer.status_code}")
    raise PermanentAdapterError(f"status:{answer.status_code}")


def _away(error: RequestException) -> TransientAdapterError | PermanentAdapterError:
    if isinstance(error, LedElsewhere):
        return PermanentAdapterError("led_elsewhere")
    if isinstance(error, ValueError):  # an answer that is no JSON
        return PermanentAdapterError("malformed_answer")
    return TransientAdapterError(type(error).__name__)


def _known(code: object) -> str:
    """A code as providers have it; whatever else it may be goes into no log."""
    return code if isinstance(code, str) and _CODE.fullmatch(code) else "other"


def _endpoints(issuer: str, found: Any, group_claim: str) -> Endpoints:
    """What a description says. Raises PermanentAdapterError, in words, for what does not fit."""
    if not isinstance(found, dict) or not isinstance(found.get("issuer"), str):
        raise PermanentAdapterError(_("What {issuer} describes is no OpenID provider.", issuer=issuer))
    if found["issuer"].rstrip("/") != issuer.rstrip("/"):
        said = _("The provider calls itself {other}, not {issuer}.", other=repr(found["issuer"]), issuer=issuer)
        raise PermanentAdapterError(said)
    for field in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        if not is_safe(found.get(field), here=is_loopback(issuer)):
            raise PermanentAdapterError(_("The provider’s {field} is no https address.", field=field))
    _check(found, "response_types_supported", ("code",), _("The provider offers no authorization code."))
    _check(found, "code_challenge_methods_supported", ("S256",), _("The provider does not offer PKCE by S256."))
    _check(
        found,
        "id_token_signing_alg_values_supported",
        ("RS256", "ES256"),
        _("The provider signs neither by RS256 nor by ES256."),
    )
    _check(
        found,
        "token_endpoint_auth_methods_supported",
        (IN_HEADER, IN_BODY),
        _("The provider takes no client secret."),
    )
    methods, scopes = found.get("token_endpoint_auth_methods_supported"), found.get("scopes_supported")
    more = (group_claim,) if isinstance(scopes, list) and group_claim in scopes and group_claim not in SCOPES else ()
    return Endpoints(
        issuer=found["issuer"],
        authorize=found["authorization_endpoint"],
        token=found["token_endpoint"],
        keys=found["jwks_uri"],
        scope=" ".join((*SCOPES, *more)),
        secret_in_body=isinstance(methods, list) and IN_HEADER not in methods,
        says_issuer=found.get("authorization_response_iss_parameter_supported") is True,
    )


def _check(found: Mapping[str, Any], field: str, wanted: tuple[str, ...], said: str) -> None:
    """What a list leaves out is not there; a provider without the list may well have it."""
    listed = found.get(field)
    if listed is not None and not (isinstance(listed, list) and any(one in listed for one in wanted)):
        raise PermanentAdapterError(said)
