"""What the shell works with, wired once by `bootstrap` and handed to every service function."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine

from suture.model.configuration import ConfigKind
from suture.model.messages import Channel
from suture.planner.budget import Budget, DayBudget
from suture.ports import MessageChannel, TravelTimeProvider
from suture.store.transaction import Clock, Tx, transaction


@dataclass(frozen=True, slots=True)
class Context:
    """The shell's tools. `plan_budget` is for the first pass, `repair_budget` for deciding signals.

    `mail_server` is where e-mail leaves, for people to read. `versions`: what was parsed of the stored configuration;
    `service.in_force` knows which of it counts.
    """

    engine: Engine
    clock: Clock
    travel: TravelTimeProvider
    channels: Mapping[Channel, MessageChannel]
    plan_budget: DayBudget
    repair_budget: Budget
    seed: int = 1
    tenant: int = 1
    public_base_url: str = "http://localhost:8000"
    lease_seconds: float = 60.0
    mail_server: str = ""
    versions: dict[tuple[ConfigKind, str], Any] = field(default_factory=dict)

    @contextmanager
    def transaction(self) -> Iterator[Tx]:
        """One transaction of this tenant at this clock's now."""
        with transaction(self.engine, self.clock, self.tenant) as tx:
            yield tx
