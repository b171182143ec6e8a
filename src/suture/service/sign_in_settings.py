"""The agency's own sign-in: connecting its provider, and saying what the provider's groups give here."""

from collections.abc import Collection, Mapping

from suture.model.actors import Role
from suture.model.audit import AuditCode
from suture.model.identities import Grant, SignInProvider
from suture.ports import AdapterError, TransientAdapterError
from suture.service.branch_named import find_branch
from suture.service.caller import Caller
from suture.service.errors import ServiceError
from suture.store import audit, sessions
from suture.store import sign_in_providers as providers
from suture.store.transaction import Tx
from suture.words.catalog import _

BACK = "/sign-in/provider/back"


class BadProvider(ServiceError):
    """A provider that cannot be used, or that there is none of; the message says why."""


def connect_sign_in(
    caller: Caller,
    name: str,
    issuer: str,
    client_id: str,
    secret_env: str,
    *,
    trusts_second_factor: bool = False,
    group_claim: str = "groups",
) -> SignInProvider:
    """Let people sign in by a provider from now on; the same name again changes it. Raises BadProvider."""
    tool = caller.tools.identities
    if tool is None:
        raise BadProvider(_("This installation asks no sign-in of another."))
    try:
        endpoints = tool.look_up(issuer, secret_env, group_claim)
    except TransientAdapterError as error:
        raise BadProvider(_("{issuer} does not answer ({code}). Try again later.", issuer=issuer, code=error)) from None
    except AdapterError as error:
        raise BadProvider(str(error)) from None
    with caller.transaction() as tx:
        connected = providers.put(
            tx,
            name,
            endpoints,
            client_id,
            secret_env,
            trusts_second_factor=trusts_second_factor,
            group_claim=group_claim,
        )
        if connected is None:
            raise BadProvider(_("Another sign-in is connected. Disconnect it first."))
        facts = {"provider": name, "issuer": endpoints.issuer}
        audit.record(tx, AuditCode.SIGN_IN_CONNECTED, "sign_in_provider", connected.id, **facts)
        return connected


def disconnect_sign_in(caller: Caller) -> SignInProvider:
    """No one signs in by the provider anymore, and whoever did is signed out. Raises BadProvider."""
    with caller.transaction() as tx:
        provider = _connected(tx)
        providers.remove(tx, provider.id)
        sessions.end_of_provider(tx)
        audit.record(tx, AuditCode.SIGN_IN_DISCONNECTED, "sign_in_provider", provider.id, provider=provider.name)
        return provider


def set_group(caller: Caller, group: str, roles: Collection[Role], branches: Collection[str] = ()) -> None:
    """What a group gives to its people from their next sign-in on. Raises BadProvider or UnknownBranch.

    No `branches`: every one.
    """
    if not roles:
        raise BadProvider(_("Choose at least one role."))
    if Role.CLINICIAN in roles:
        raise BadProvider(
            _("A clinician’s account names its clinician, which no group can: make it with suture user add.")
        )
    with caller.transaction() as tx:
        provider = _connected(tx)
        within = frozenset(find_branch(tx, branch).id for branch in branches) if branches else None
        providers.put_group(tx, provider.id, group, roles, within)
        audit.record(
            tx,
            AuditCode.SIGN_IN_GROUP_SET,
            "sign_in_provider",
            provider.id,
            provider=provider.name,
            group=group,
            roles=", ".join(sorted(roles)),
            branches=", ".join(sorted(branches)),
        )


def drop_group(caller: Caller, group: str) -> None:
    """A group gives nothing from its people's next sign-in on. Raises BadProvider."""
    with caller.transaction() as tx:
        provider = _connected(tx)
        if not providers.drop_group(tx, provider.id, group):
            raise BadProvider(_("The group {group} gives nothing here.", group=repr(group)))
        facts = {"provider": provider.name, "group": group}
        audit.record(tx, AuditCode.SIGN_IN_GROUP_DROPPED, "sign_in_provider", provider.id, **facts)


def sign_in_now(caller: Caller) -> tuple[SignInProvider | None, Mapping[str, Grant]]:
    """The provider by which people sign in, and what its groups give; None where there is none."""
    with caller.transaction() as tx:
        provider = providers.active(tx)
        return provider, providers.groups(tx, provider.id) if provider else {}


def back_address(caller: Caller) -> str:
    """Where the provider sends people back to: it has to know this address, letter by letter."""
    return caller.tools.desk_url.rstrip("/") + BACK


def _connected(tx: Tx) -> SignInProvider:
    provider = providers.active(tx)
    if provider is None:
        raise BadProvider(_("No sign-in is connected: suture sign-in connect does that."))
    return provider
