"""API keys: which program asks, and what it may do. The key itself is kept nowhere."""

from dataclasses import dataclass
from datetime import datetime

from suture.model.actors import Actor, ActorKind, Scope
from suture.model.ids import KeyId


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key that is not revoked. `hint`: how it begins; `branches`: the ids of those it is for, none for every one."""

    id: KeyId
    name: str
    hint: str
    scope: Scope
    branches: tuple[str, ...]
    made_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None

    @property
    def actor(self) -> Actor:
        """Whoever asks by it."""
        return Actor(ActorKind.API_KEY, key=f"{self.id}:{self.name}")
