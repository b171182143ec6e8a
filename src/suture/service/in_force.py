"""The rulebook in force: read anew in every transaction, so that a change needs no restart; parsed once a version."""

from datetime import date
from importlib.metadata import version as installed_version

from suture import __version__
from suture.model.actors import SYSTEM, Actor
from suture.model.audit import AuditCode
from suture.model.ids import BranchId
from suture.rules import vocabulary
from suture.rules.book import Rulebook, Source, load_all
from suture.service.context import Context
from suture.store import audit, rulebooks
from suture.store.rulebooks import Text, Version
from suture.store.transaction import Tx

MAX_KEPT = 8
"""Parsed versions that a process keeps: those in force, replayed or previewed."""


def rulebook_in_force(ctx: Context, tx: Tx) -> Rulebook:
    """The version that decides in this transaction; it stays in force until the transaction ends.

    On a first start the rulebook of the files is stored and put in force.
    """
    version = rulebooks.hold_active(tx)
    if version is None:
        rulebooks.lock(tx)
        version = rulebooks.hold_active(tx)
    if version is None:
        version, _ = store(tx, ctx.rulebook, SYSTEM)
        rulebooks.put_in_force(tx, version, "first_start", SYSTEM)
        audit.record(tx, AuditCode.RULEBOOK_ACTIVATED, "rulebook", version.id, SYSTEM, hash=version.hash[:12])
    return loaded(ctx, tx, version)


def rulebook_of_plan(ctx: Context, tx: Tx, branch_id: BranchId, service_date: date, plan_version: int) -> Rulebook:
    """The rulebook under which a version of a plan was decided; the one in force where that is not stored."""
    version = rulebooks.of_plan(tx, branch_id, service_date, plan_version)
    return rulebook_in_force(ctx, tx) if version is None else loaded(ctx, tx, version)


def loaded(ctx: Context, tx: Tx, version: Version) -> Rulebook:
    """A stored version, ready to be asked. Raises RulebookRefused where this release cannot read it any more."""
    kept = ctx.rulebooks
    if version.hash not in kept:
        if ctx.rulebook.hash == version.hash:
            kept[version.hash] = ctx.rulebook
        else:
            kept[version.hash] = load_all([Source(text.name, text.text) for text in rulebooks.texts(tx, version)])
        while len(kept) > MAX_KEPT:
            del kept[next(iter(kept))]
    return kept[version.hash]


def store(tx: Tx, book: Rulebook, actor: Actor) -> tuple[Version, bool]:
    """Keep a rulebook as a draft; whether it is new."""
    engine = f"suture {__version__}, cel-expr-python {installed_version('cel-expr-python')}, words {vocabulary.VERSION}"
    version, is_new = rulebooks.add(
        tx,
        digest=book.hash,
        name=book.name,
        sources=[Text(s.name, s.text) for s in book.sources],
        rules=len(book.rules),
        engine=engine,
        actor=actor,
    )
    if is_new:
        facts = {"hash": version.hash[:12], "rules": version.rules}
        audit.record(tx, AuditCode.RULEBOOK_IMPORTED, "rulebook", version.id, actor, **facts)
    return version, is_new
