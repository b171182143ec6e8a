"""Keeps the versions of an agency's configuration: takes drafts in, puts one in force, and goes back."""

from typing import Any, TypeVar

from suture.model.configuration import Activation, Cause, Text, Version
from suture.service.caller import Caller
from suture.service.configuration import Document, Kind
from suture.service.errors import ServiceError
from suture.service.in_force import loaded
from suture.store import audit, configuration
from suture.store.transaction import Tx
from suture.words.catalog import _

T = TypeVar("T")


class NoSuchVersion(ServiceError):
    """No stored version of that name, or more than one."""


class NotReady(ServiceError):
    """A version that may not be put in force yet; the message lists why."""


def import_document(caller: Caller, kind: Kind[T], document: Document[T]) -> tuple[Version, bool]:
    """Store what was read as a draft; whether it is new."""
    with caller.transaction() as tx:
        return store(tx, kind, document)


def versions(caller: Caller, kind: Kind[Any]) -> tuple[Version, ...]:
    """The newest versions, newest first."""
    with caller.transaction() as tx:
        return configuration.latest(tx, kind.name)


def history(caller: Caller, kind: Kind[Any]) -> tuple[Activation, ...]:
    """What came into force, newest first."""
    with caller.transaction() as tx:
        return configuration.activations(tx, kind.name)


def show(caller: Caller, kind: Kind[Any], start: str | None) -> tuple[Version, tuple[Text, ...]]:
    """A version and its files: the one whose hash starts so, or the one in force. Raises NoSuchVersion."""
    with caller.transaction() as tx:
        version = find(tx, kind, start) if start else configuration.hold_active(tx, kind.name)
        if version is None:
            raise NoSuchVersion(_(kind.words.none))
        return version, configuration.texts(tx, version)


def activate(caller: Caller, kind: Kind[Any], start: str) -> Version:
    """Put the version whose hash starts so in force. Raises NoSuchVersion, and NotReady with what is missing."""
    with caller.transaction() as tx:
        configuration.lock(tx, kind.name)
        version = find(tx, kind, start)
        check_ready(kind, loaded(tx, caller.tools, kind, version))
        if version.state != "active" or kind.name in configuration.under_defaults(tx):
            put_in_force(tx, kind, version, Cause.ACTIVATE)
        return configuration.by_hash(tx, kind.name, version.hash)


def roll_back(caller: Caller, kind: Kind[Any]) -> Version:
    """Put the version in force that was before this one. Raises NoSuchVersion where there was none."""
    with caller.transaction() as tx:
        configuration.lock(tx, kind.name)
        version = configuration.before_active(tx, kind.name)
        if version is None:
            raise NoSuchVersion(_("No other version was in force before this one."))
        put_in_force(tx, kind, version, Cause.ROLLBACK)
        return configuration.by_hash(tx, kind.name, version.hash)


def find(tx: Tx, kind: Kind[Any], start: str) -> Version:
    """The one version whose hash starts so. Raises NoSuchVersion."""
    found = configuration.starting_with(tx, kind.name, start) if len(start) >= 4 else ()
    if len(found) == 1:
        return found[0]
    if found:
        raise NoSuchVersion(_(kind.words.ambiguous, start=start))
    known = ", ".join(v.hash[:12] for v in configuration.latest(tx, kind.name, 5)) or _("none")
    raise NoSuchVersion(_(kind.words.unknown, start=repr(start), known=known))


def check_ready(kind: Kind[T], content: T) -> None:
    """Refuse what may not be put in force. Raises NotReady."""
    if missing := list(kind.missing(content)):
        raise NotReady("\n".join([_(kind.words.unready), *missing]))


def store(tx: Tx, kind: Kind[T], document: Document[T]) -> tuple[Version, bool]:
    """Keep what was read as a draft; whether it is new."""
    version, is_new = configuration.add(
        tx,
        kind.name,
        digest=document.hash,
        name=document.name,
        sources=[Text(s.name, s.text) for s in document.sources],
        entries=document.entries,
        engine=kind.engine,
    )
    if is_new:
        facts = {"hash": version.hash[:12], kind.entries: version.entries}
        audit.record(tx, kind.imported, kind.noun, version.id, **facts)
    return version, is_new


def put_in_force(tx: Tx, kind: Kind[Any], version: Version, cause: Cause) -> None:
    """From now on this version counts. Call `configuration.lock` first."""
    configuration.put_in_force(tx, version, cause)
    code = kind.rolled_back if cause is Cause.ROLLBACK else kind.activated
    audit.record(tx, code, kind.noun, version.id, hash=version.hash[:12])
