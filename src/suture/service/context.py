"""The tools of the shell, wired once by `bootstrap`. A `Caller` carries them to the service functions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine

from suture.model.configuration import ConfigKind
from suture.model.messages import Channel
from suture.planner.budget import Budget, DayBudget
from suture.ports import IdentityProvider, MessageChannel, Provider, TravelTimeProvider
from suture.store.transaction import Clock


@dataclass(frozen=True, slots=True)
class Context:
    """The shell's tools. `plan_budget` is for the first pass, `repair_budget` for deciding signals.

    `channels`: how messages leave where no sender is named; those of a sender are carried by one of `providers`, by the
    word of its connection. `desk_url` is where people sign in, `mail_server` where e-mail leaves, for people to read.
    `identities`: how the agency's own sign-in is asked. `versions`: what was parsed of the stored configuration;
    `service.in_force` knows which of it counts.
    """

    engine: Engine
    clock: Clock
    travel: TravelTimeProvider
    channels: Mapping[Channel, MessageChannel]
    plan_budget: DayBudget
    repair_budget: Budget
    seed: int = 1
    public_base_url: str = "http://localhost:8000"
    desk_url: str = "http://localhost:8000"
    lease_seconds: float = 60.0
    mail_server: str = ""
    providers: Mapping[str, Provider] = field(default_factory=dict)
    identities: IdentityProvider | None = None
    versions: dict[tuple[ConfigKind, str], Any] = field(default_factory=dict)
