"""The agency's own sign-in: the OpenID provider that vouches for its people, and what it says of one of them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from suture.model.actors import Role
from suture.model.ids import BranchId, SignInProviderId


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where a provider is asked, by its own description. `issuer` is what it calls itself, letter by letter.

    `secret_in_body`: the secret travels in the form, not in a header. `says_issuer`: its answers name it (RFC 9207).
    """

    issuer: str
    authorize: str
    token: str
    keys: str
    scope: str = "openid"
    secret_in_body: bool = False
    says_issuer: bool = False


@dataclass(frozen=True, slots=True)
class SignInProvider:
    """The provider of an agency. The secret is no part of it: `secret_env` is the environment variable that has it.

    `trusts_second_factor`: where the provider says that it asked for one, we do not ask again.
    """

    id: SignInProviderId
    name: str
    client_id: str
    secret_env: str
    endpoints: Endpoints
    trusts_second_factor: bool = False
    group_claim: str = "groups"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a browser is sent to the provider with, and only the browser and the provider may know."""

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Identity:
    """What a provider says of someone. `email` is empty where the provider has not verified it."""

    subject: str
    email: str = ""
    name: str = ""
    groups: frozenset[str] = frozenset()
    has_second_factor: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """What groups of the provider give: roles, and the branches they are for; None is every branch."""

    roles: frozenset[Role] = frozenset()
    branch_ids: frozenset[BranchId] | None = frozenset()
    branches: tuple[str, ...] = ()


def granted(by_group: Mapping[str, Grant], groups: Collection[str]) -> Grant:
    """What several groups of one person add up to. A group that is not known gives nothing."""
    found = [by_group[group] for group in sorted(groups) if group in by_group]
    every = any(one.branch_ids is None for one in found)
    return Grant(
        frozenset().union(*(one.roles for one in found)),
        None if every else frozenset().union(*(one.branch_ids or () for one in found)),
        () if every else tuple(sorted({name for one in found for name in one.branches})),
    )
