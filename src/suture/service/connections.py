"""An agency's connections to those who carry its messages: adding, listing, removing; whether they can be used."""

from collections.abc import Mapping
from dataclasses import dataclass

from suture.model.audit import AuditCode
from suture.model.connections import Audience, Connection, Sender
from suture.model.messages import Channel
from suture.ports import AdapterError
from suture.service.caller import Caller
from suture.service.context import Context
from suture.service.errors import ServiceError
from suture.store import audit, connections
from suture.store.transaction import Tx
from suture.words.catalog import _


class BadConnection(ServiceError):
    """A connection that cannot be used, or that there is none of; the message says why."""


@dataclass(frozen=True, slots=True)
class NewSender:
    """Who is to write on a channel. `per_second` and `burst` count texts in segments."""

    channel: Channel
    audience: Audience
    address: str
    per_second: float
    burst: int


@dataclass(frozen=True, slots=True)
class Connected:
    """A connection with its senders. `hook_url`: what its provider calls begins with this."""

    connection: Connection
    senders: tuple[Sender, ...]
    hook_url: str


def connect(
    caller: Caller, name: str, provider: str, settings: Mapping[str, str], secret_env: str, sender: NewSender
) -> Connected:
    """Write through a provider from now on; the same name again changes it, or adds a sender. Raises BadConnection."""
    with caller.transaction() as tx:
        connection = connections.add(tx, name, provider, settings, secret_env)
        connections.put_sender(
            tx,
            connection.id,
            sender.channel,
            sender.audience,
            sender.address,
            per_second=sender.per_second,
            burst=sender.burst,
        )
        connected = _connected(tx, caller.tools, connection)
        for one in connected.senders:
            _check(caller.tools, one)
        facts = {"connection": name, "provider": provider, "channel": sender.channel, "audience": sender.audience}
        audit.record(tx, AuditCode.CONNECTION_ADDED, "connection", connection.id, **facts)
        return connected


def connected_now(caller: Caller) -> tuple[Connected, ...]:
    """All connections in use, by name."""
    with caller.transaction() as tx:
        return tuple(_connected(tx, caller.tools, connection) for connection in connections.all_connections(tx))


def disconnect(caller: Caller, name: str) -> None:
    """Write through it no longer. Raises BadConnection where there is none of that name."""
    with caller.transaction() as tx:
        found = next((c for c in connections.all_connections(tx) if c.name == name), None)
        if found is None or not connections.remove(tx, name):
            raise BadConnection(_("There is no connection {name}.", name=repr(name)))
        audit.record(tx, AuditCode.CONNECTION_REMOVED, "connection", found.id, connection=name)


def check_all(caller: Caller) -> None:
    """Whether every sender could write as things are here. Raises BadConnection."""
    for connected in connected_now(caller):
        for sender in connected.senders:
            _check(caller.tools, sender)


def _check(tools: Context, sender: Sender) -> None:
    connection = sender.connection
    provider = tools.providers.get(connection.provider)
    if provider is None:
        known = ", ".join(sorted(tools.providers))
        raise BadConnection(
            _("There is no provider {name}. Known: {known}.", name=repr(connection.provider), known=known)
        )
    try:
        provider.channel(sender)
    except AdapterError as error:
        said = _("The connection {name} cannot be used: {why}.", name=repr(connection.name), why=str(error))
        raise BadConnection(said) from None


def _connected(tx: Tx, tools: Context, connection: Connection) -> Connected:
    url = f"{tools.public_base_url.rstrip('/')}/hooks/{connection.hook_id}"
    return Connected(connection, connections.senders_of(tx, connection.id), url)
