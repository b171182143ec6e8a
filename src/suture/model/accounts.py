"""Who signs in: accounts, and the sessions they are signed in by. Passwords and cookies are kept as hashes alone."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from suture.model.actors import Actor, ActorKind, Role, Scope, permissions_of
from suture.model.ids import AccountId, BranchId, PartyId, SessionId

IDLE, IDLE_ON_A_SHARED_COMPUTER = timedelta(minutes=15), timedelta(minutes=5)
LONGEST_SESSION = timedelta(hours=12)
LONGEST_HALFWAY = timedelta(minutes=10)
"""How long someone may take for the second factor after the first."""
LEAST_PASSWORD, LONGEST_PASSWORD = 12, 128


class Stage(StrEnum):
    """How far someone has come in signing in."""

    CODE = "code"
    """The first factor was right; a code of the second one is asked for."""
    SET_UP = "set_up"
    """The first factor was right; there is no second one yet, and this role needs one."""
    OPEN = "open"


class How(StrEnum):
    """What the first factor was."""

    PASSWORD = "password"
    PROVIDER = "provider"
    """The agency's own sign-in, by OpenID Connect."""
    DEMO = "demo"


@dataclass(frozen=True, slots=True)
class Account:
    """Someone who may sign in. `branch_ids` is None for every branch, `branches` are the ids that the agency gave."""

    id: AccountId
    email: str
    name: str
    roles: frozenset[Role]
    branch_ids: frozenset[BranchId] | None
    branches: tuple[str, ...] = ()
    clinician_id: PartyId | None = None
    has_password: bool = False
    has_second_factor: bool = False
    codes_left: int = 0
    is_linked: bool = False
    made_at: datetime | None = None
    seen_at: datetime | None = None
    disabled_at: datetime | None = None

    @property
    def actor(self) -> Actor:
        """Whoever works under it."""
        return Actor(ActorKind.USER, key=f"{self.id}:{self.name.replace(':', ' ')}")

    @property
    def scope(self) -> Scope:
        """What they may do, and where."""
        own = self.clinician_id if Role.CLINICIAN in self.roles else None
        return Scope(self.branch_ids, permissions_of(self.roles), own)

    @property
    def needs_second_factor(self) -> bool:
        """Whether a password is not enough: for all who see patients, or say who may."""
        return self.roles != {Role.OPS}


@dataclass(frozen=True, slots=True)
class Session:
    """Someone who is signed in, or halfway there."""

    id: SessionId
    account: Account
    stage: Stage
    how: How
    agent: str
    made_at: datetime
    seen_at: datetime
    ends_at: datetime
    idle: timedelta
