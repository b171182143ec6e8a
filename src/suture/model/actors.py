"""Who is asking, and for what part of the agency: every transaction has an actor and a scope."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from suture.model.ids import BranchId, PartyId


class ActorKind(StrEnum):
    """Kinds of actor known before sign-in exists."""

    SYSTEM = "system"
    COORDINATOR = "coordinator"
    PATIENT_LINK = "patient_link"
    CLINICIAN_LINK = "clinician_link"
    COMMAND_LINE = "command_line"
    LINK = "link"
    """Whoever followed a link, before it is known whose it is."""
    PROVIDER = "provider"
    """Whoever carries messages, calling us about them."""
    API_KEY = "api_key"
    """A program that asks by a key of its own."""


@dataclass(frozen=True, slots=True)
class Actor:
    """One actor; `party_id` where a link stands for a known party, `key` the number and name of an API key."""

    kind: ActorKind
    party_id: PartyId | None = None
    key: str = ""

    def __str__(self) -> str:
        which = self.party_id or self.key
        return f"{self.kind}:{which}" if which else str(self.kind)


SYSTEM = Actor(ActorKind.SYSTEM)
COORDINATOR = Actor(ActorKind.COORDINATOR)
COMMAND_LINE = Actor(ActorKind.COMMAND_LINE)
ANY_LINK = Actor(ActorKind.LINK)
PROVIDER = Actor(ActorKind.PROVIDER)


class Permission(StrEnum):
    """What a caller may be allowed to do: `suture key add --scope` gives them to a key."""

    READ = "read"
    SIGNAL = "signal"
    """Say that something happened."""
    COMMAND = "command"
    """Plan and publish days."""
    ADMIN = "admin"
    """Manage who may do what."""


_ALSO_READ = frozenset({Permission.COMMAND, Permission.ADMIN})
"""Whoever has one of them may read, too."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The branches that a caller works in, None is every branch of the agency, and what the caller may do there."""

    branches: frozenset[BranchId] | None = None
    permissions: frozenset[Permission] = frozenset(Permission)

    def allows(self, permission: Permission) -> bool:
        """Whether a caller may do what takes this permission."""
        if permission is Permission.READ and self.permissions & _ALSO_READ:
            return True
        return permission in self.permissions

    def has(self, branch_id: BranchId | None) -> bool:
        """Whether a branch is within it; what belongs to no branch takes the whole agency."""
        return self.branches is None or branch_id in self.branches


EVERY_BRANCH = Scope()
ONLY_TENANT: Final = 1
"""One agency an installation, until there is sign-in."""
