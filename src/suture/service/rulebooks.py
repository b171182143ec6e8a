"""Keeps the versions of the rulebook: takes drafts in, puts one in force, and goes back."""

from collections.abc import Sequence

from suture.model.actors import Actor
from suture.model.audit import AuditCode
from suture.rules.book import Rulebook
from suture.rules.examples import untested
from suture.rules.lint import objections
from suture.service.context import Context
from suture.service.errors import ServiceError
from suture.service.in_force import loaded, rulebook_in_force, store
from suture.store import audit, rulebooks
from suture.store.rulebooks import Version
from suture.store.transaction import Tx


class NoSuchRulebook(ServiceError):
    """No stored rulebook of that name, or more than one."""


class NotReady(ServiceError):
    """A rulebook that may not be put in force yet; the message lists why."""


def import_rulebook(ctx: Context, book: Rulebook, actor: Actor) -> tuple[Version, bool]:
    """Store a checked rulebook as a draft; whether it is new."""
    with ctx.transaction() as tx:
        return store(tx, book, actor)


def versions(ctx: Context) -> tuple[Version, ...]:
    """The newest versions, newest first."""
    with ctx.transaction() as tx:
        rulebook_in_force(ctx, tx)
        return rulebooks.latest(tx)


def activate(ctx: Context, start: str, actor: Actor) -> Version:
    """Put the version whose hash starts so in force. Raises NoSuchRulebook, and NotReady with what is missing."""
    with ctx.transaction() as tx:
        rulebooks.lock(tx)
        rulebook_in_force(ctx, tx)
        version = find(tx, start)
        book = loaded(ctx, tx, version)
        if mistakes := objections(book):
            raise NotReady("It says what cannot be meant:\n" + "\n".join(str(mistake) for mistake in mistakes))
        if missing := untested_rules(book):
            raise NotReady("Rules of law and contract are tested before they bind anybody:\n" + "\n".join(missing))
        return _put_in_force(tx, version, "activate", AuditCode.RULEBOOK_ACTIVATED, actor)


def roll_back(ctx: Context, actor: Actor) -> Version:
    """Put the version in force that was before this one. Raises NoSuchRulebook where there was none."""
    with ctx.transaction() as tx:
        rulebooks.lock(tx)
        rulebook_in_force(ctx, tx)
        version = rulebooks.before_active(tx)
        if version is None:
            raise NoSuchRulebook("No other version was in force before this one.")
        return _put_in_force(tx, version, "rollback", AuditCode.RULEBOOK_ROLLED_BACK, actor)


def find(tx: Tx, start: str) -> Version:
    """The one version whose hash starts so. Raises NoSuchRulebook."""
    found = rulebooks.starting_with(tx, start) if len(start) >= 4 else ()
    if len(found) == 1:
        return found[0]
    if found:
        raise NoSuchRulebook(f"Several rulebooks start with {start}: give more of the hash.")
    known = ", ".join(v.hash[:12] for v in rulebooks.latest(tx, 5))
    raise NoSuchRulebook(f"There is no rulebook {start!r}. The newest are {known}; `suture rules import` adds one.")


def untested_rules(book: Rulebook) -> Sequence[str]:
    """One line for each law or contract rule without a test that passes and one that fails."""
    return [
        f"rule {checked.rule.id} ({checked.rule.severity}) has no test that says {' and none that says '.join(lacking)}"
        for checked in book.rules
        if (lacking := untested(checked.rule))
    ]


def _put_in_force(tx: Tx, version: Version, cause: str, code: AuditCode, actor: Actor) -> Version:
    if version.state != "active":
        rulebooks.put_in_force(tx, version, cause, actor)
        audit.record(tx, code, "rulebook", version.id, actor, hash=version.hash[:12])
    return rulebooks.by_hash(tx, version.hash)
