"""What an ID token says, once it is proven: who signed it, for whom, when, and in answer to what."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import ClaimError, JoseError
from joserfc.jwk import ECKey, KeySet, RSAKey

from suture.model.addresses import is_mailbox
from suture.model.identities import Asked, Identity, SignInProvider
from suture.ports import PermanentAdapterError

ALGORITHMS = ("RS256", "ES256")
"""Both are of a key that the provider alone has: never `none`, and never our secret (HS256)."""
LEEWAY_S = 60
SECOND_FACTORS = frozenset({"mfa", "otp", "hwk", "sc"})
"""Methods of RFC 8176 beyond a password: several factors, a one-time code, a hardware key, a smart card."""
MOST_GROUPS, LONGEST_SUBJECT = 500, 255


def keys_of(listed: object) -> KeySet:
    """The keys of a provider that we can use; of kinds that we do not know it may have others."""
    found = listed.get("keys") if isinstance(listed, dict) else None
    kinds: Mapping[object, type[RSAKey] | type[ECKey]] = {"RSA": RSAKey, "EC": ECKey}
    usable: list[RSAKey | ECKey] = []
    for one in found if isinstance(found, list) else ():
        kind = kinds.get(one.get("kty")) if isinstance(one, dict) else None
        try:
            usable += [kind.import_key(one)] if kind else []
        except (JoseError, ValueError, TypeError):
            continue
    if not usable:
        raise PermanentAdapterError("no_keys")
    return KeySet(list(usable))


def identity_of(
    id_token: str, access_token: str, keys: KeySet, provider: SignInProvider, asked: Asked, now: datetime
) -> Identity:
    """Who it is about. Raises PermanentAdapterError, with a code, for what must not be believed."""
    expected = {
        "iss": {"essential": True, "value": provider.endpoints.issuer},
        "aud": {"essential": True, "value": provider.client_id},
    }
    given = {"nonce": asked.nonce, "client_id": provider.client_id, "access_token": access_token}
    try:
        token = jwt.decode(id_token, keys, algorithms=ALGORITHMS)
        claims = CodeIDToken(token.claims, token.header, expected, given)
        claims.validate(int(now.timestamp()), LEEWAY_S)
    except ClaimError as error:
        raise PermanentAdapterError(f"{error.error}:{error.claim}") from None
    except JoseError as error:
        raise PermanentAdapterError(error.error) from None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise PermanentAdapterError("malformed_token") from None
    return _identity(token.claims, provider)


def _identity(claims: Mapping[str, Any], provider: SignInProvider) -> Identity:
    subject, name = claims["sub"], claims.get("name")
    if not isinstance(subject, str) or not 1 <= len(subject) <= LONGEST_SUBJECT or not subject.isprintable():
        raise PermanentAdapterError("invalid_claim:sub")
    methods = claims.get("amr")
    return Identity(
        subject=subject,
        email=_verified_email(claims),
        name=name if isinstance(name, str) else "",
        groups=_groups(claims.get(provider.group_claim)),
        has_second_factor=isinstance(methods, list) and any(m in SECOND_FACTORS for m in methods if isinstance(m, str)),
    )


def _verified_email(claims: Mapping[str, Any]) -> str:
    """The e-mail address, where the provider says that it has verified it; some write that as a word."""
    email, is_verified = claims.get("email"), claims.get("email_verified")
    if not isinstance(email, str) or not (is_verified is True or is_verified == "true"):
        return ""
    address = email.strip().casefold()
    return address if is_mailbox(address) else ""


def _groups(said: object) -> frozenset[str]:
    listed = [said] if isinstance(said, str) else said if isinstance(said, list) else []
    return frozenset(group for group in listed[:MOST_GROUPS] if isinstance(group, str))
