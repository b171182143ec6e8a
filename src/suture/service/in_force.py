"""What is in force: read in each transaction that needs it, so a change needs no restart; parsed once a version."""

from datetime import date
from typing import TypeVar

from suture.model.configuration import Version
from suture.model.ids import BranchId
from suture.outreach.on_call import OnCallList
from suture.outreach.policy import OutreachPolicy
from suture.rules.book import Rulebook
from suture.rules.source import Source
from suture.service.configuration import ON_CALL, POLICY, RULES, Kind
from suture.service.context import Context
from suture.service.errors import NothingInForce
from suture.store import configuration
from suture.store.transaction import Tx
from suture.words.catalog import _

T = TypeVar("T")

MAX_KEPT = 8
"""Parsed versions that a process keeps: those in force, replayed or previewed."""


def rulebook_in_force(tx: Tx, tools: Context) -> Rulebook:
    """The rulebook that decides in this transaction, in force until it ends. Raises NothingInForce."""
    return _in_force(tx, tools, RULES)


def policy_in_force(tx: Tx, tools: Context) -> OutreachPolicy:
    """When and how people are written to, in force until this transaction ends. Raises NothingInForce."""
    return _in_force(tx, tools, POLICY)


def on_call_in_force(tx: Tx, tools: Context) -> OnCallList | None:
    """Who is on call, in force until this transaction ends; None where the agency has no list."""
    version = configuration.hold_active(tx, ON_CALL.name)
    return loaded(tx, tools, ON_CALL, version) if version else None


def rulebook_of_plan(tx: Tx, tools: Context, branch_id: BranchId, service_date: date, plan_version: int) -> Rulebook:
    """The rulebook under which a version of a plan was decided; the one in force where that is not stored."""
    version = configuration.rulebook_of_plan(tx, branch_id, service_date, plan_version)
    return rulebook_in_force(tx, tools) if version is None else loaded(tx, tools, RULES, version)


def loaded(tx: Tx, tools: Context, kind: Kind[T], version: Version) -> T:
    """A stored version, ready to be asked. Raises FileRefused where this release can no longer read it."""
    kept = tools.versions
    key = (kind.name, version.hash)
    if key not in kept:
        kept[key] = kind.read([Source(text.name, text.text) for text in configuration.texts(tx, version)]).content
        while len(kept) > MAX_KEPT:
            del kept[next(iter(kept))]
    content: T = kept[key]
    return content


def _in_force(tx: Tx, tools: Context, kind: Kind[T]) -> T:
    version = configuration.hold_active(tx, kind.name)
    if version is None:
        raise NothingInForce(_(kind.words.waits))
    return loaded(tx, tools, kind, version)
