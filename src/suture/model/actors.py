"""Who is asking, and for what part of the agency: every transaction has an actor and a scope."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from suture.model.ids import BranchId, PartyId


class ActorKind(StrEnum):
    """Kinds of actor."""

    SYSTEM = "system"
    PATIENT_LINK = "patient_link"
    CLINICIAN_LINK = "clinician_link"
    CLINICIAN_PIN = "clinician_pin"
    """A clinician by the link of a message and her PIN: she sees names and addresses of her own day."""
    COMMAND_LINE = "command_line"
    LINK = "link"
    """Whoever followed a link, before it is known whose it is."""
    PROVIDER = "provider"
    """Whoever carries messages, calling us about them."""
    API_KEY = "api_key"
    """A program that asks by a key of its own."""
    USER = "user"
    """Someone who has signed in."""


@dataclass(frozen=True, slots=True)
class Actor:
    """One actor; `party_id` where a link stands for a known party, `key` the number and name of an API key, or the
    number of an account."""

    kind: ActorKind
    party_id: PartyId | None = None
    key: str = ""

    def __str__(self) -> str:
        which = self.party_id or self.key
        return f"{self.kind}:{which}" if which else str(self.kind)


SYSTEM = Actor(ActorKind.SYSTEM)
COMMAND_LINE = Actor(ActorKind.COMMAND_LINE)
ANY_LINK = Actor(ActorKind.LINK)
PROVIDER = Actor(ActorKind.PROVIDER)


class Permission(StrEnum):
    """What a caller may be allowed to do."""

    READ = "read"
    """See days, plans, cases and patients."""
    SIGNAL = "signal"
    """Say that something happened."""
    COMMAND = "command"
    """Plan and publish days."""
    ADMIN = "admin"
    """Connect programs and senders, for the whole agency."""
    PEOPLE = "people"
    """Say who may sign in, and as what."""
    OWN_DAY = "own_day"
    """See and answer one's own day."""
    AUDIT = "audit"
    """See who did and who read what."""


OF_KEYS = (Permission.READ, Permission.SIGNAL, Permission.COMMAND, Permission.ADMIN)
"""What `suture key add --scope` gives to a program."""


class Role(StrEnum):
    """What someone who signs in is here for."""

    COORDINATOR = "coordinator"
    LEAD = "lead"
    SUPERVISOR = "supervisor"
    CLINICIAN = "clinician"
    ADMIN = "admin"
    PRIVACY = "privacy"
    OPS = "ops"


_PLANS = frozenset({Permission.READ, Permission.SIGNAL, Permission.COMMAND})
PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.COORDINATOR: _PLANS,
    Role.LEAD: _PLANS | {Permission.PEOPLE},
    Role.SUPERVISOR: _PLANS,
    Role.CLINICIAN: frozenset({Permission.OWN_DAY}),
    Role.ADMIN: frozenset({Permission.ADMIN, Permission.PEOPLE}),
    Role.PRIVACY: frozenset({Permission.AUDIT}),
    Role.OPS: frozenset(),
}
"""Managing people grants no look at patients."""


def permissions_of(roles: Collection[Role]) -> frozenset[Permission]:
    """What several roles of one person add up to."""
    return frozenset().union(*(PERMISSIONS[role] for role in roles))


@dataclass(frozen=True, slots=True)
class Scope:
    """The branches that a caller works in, None is every branch of the agency, and what the caller may do there.

    `own`: the clinician whose own day a caller may see and answer, whatever the branches.
    """

    branches: frozenset[BranchId] | None = None
    permissions: frozenset[Permission] = frozenset(Permission)
    own: PartyId | None = None

    def allows(self, permission: Permission) -> bool:
        """Whether a caller may do what takes this permission."""
        return permission in self.permissions

    def has(self, branch_id: BranchId | None) -> bool:
        """Whether a branch is within it; what belongs to no branch takes the whole agency."""
        return self.branches is None or branch_id in self.branches


EVERY_BRANCH = Scope()
FIRST_TENANT: Final = 1
"""The agency of a database that has only one: every database begins with it."""
