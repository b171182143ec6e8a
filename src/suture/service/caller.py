"""On whose behalf the shell works: the one argument of every service function that says so."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from suture.model.actors import EVERY_BRANCH, ONLY_TENANT, SYSTEM, Actor, Scope
from suture.service.context import Context
from suture.store.transaction import Tx, transaction


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, of which agency and for which of its branches, and the tools to work with.

    What opens transactions takes a caller; what works within one takes the `Tx` that the caller opened, which knows
    the tenant, the actor, the scope and now.
    """

    tools: Context
    actor: Actor
    scope: Scope = EVERY_BRANCH
    tenant: int = ONLY_TENANT

    @contextmanager
    def transaction(self) -> Iterator[Tx]:
        """One transaction of this caller at this clock's now."""
        with transaction(self.tools.engine, self.tools.clock, self.tenant, self.actor, self.scope) as tx:
            yield tx

    def by(self, actor: Actor) -> "Caller":
        """The same tools and agency in the hands of another."""
        return replace(self, actor=actor)

    def as_system(self) -> "Caller":
        """Suture itself, which works for the whole agency: what was asked of one branch may move another's day."""
        return replace(self, actor=SYSTEM, scope=EVERY_BRANCH)
