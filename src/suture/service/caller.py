"""On whose behalf the shell works: the one argument of every service function that says so."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from suture.model.actors import EVERY_BRANCH, FIRST_TENANT, SYSTEM, Actor, Scope
from suture.service.context import Context
from suture.store.reads import Reads
from suture.store.transaction import Tx, transaction


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, of which agency and for which of its branches, and the tools to work with.

    What opens transactions takes a caller; what works within one takes the `Tx` that the caller opened, which knows
    the tenant, the actor, the scope and now.

    `reads`: where the patients whom a request shows are gathered until it stores them; None has each transaction store
    its own, as of `route`.
    """

    tools: Context
    actor: Actor
    scope: Scope = EVERY_BRANCH
    tenant: int = FIRST_TENANT
    reads: Reads | None = None
    route: str = ""

    @contextmanager
    def transaction(self) -> Iterator[Tx]:
        """One transaction of this caller at this clock's now."""
        tools = self.tools
        with transaction(
            tools.engine, tools.clock, self.tenant, self.actor, self.scope, reads=self.reads, route=self.route
        ) as tx:
            yield tx

    def by(self, actor: Actor) -> "Caller":
        """The same tools and agency in the hands of another."""
        return replace(self, actor=actor)

    def as_system(self) -> "Caller":
        """Suture itself, which works for the whole agency: what was asked of one branch may move another's day."""
        return replace(self, actor=SYSTEM, scope=EVERY_BRANCH)
