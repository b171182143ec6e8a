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


@dataclass(frozen=True, slots=True)
class Actor:
    """One actor; `party_id` where a link stands for a known party."""

    kind: ActorKind
    party_id: PartyId | None = None

    def __str__(self) -> str:
        return f"{self.kind}:{self.party_id}" if self.party_id else str(self.kind)


SYSTEM = Actor(ActorKind.SYSTEM)
COORDINATOR = Actor(ActorKind.COORDINATOR)
COMMAND_LINE = Actor(ActorKind.COMMAND_LINE)
ANY_LINK = Actor(ActorKind.LINK)
PROVIDER = Actor(ActorKind.PROVIDER)


@dataclass(frozen=True, slots=True)
class Scope:
    """The branches that a caller works in; None is every branch of the agency."""

    branches: frozenset[BranchId] | None = None

    def has(self, branch_id: BranchId | None) -> bool:
        """Whether a branch is within it; what belongs to no branch takes the whole agency."""
        return self.branches is None or branch_id in self.branches


EVERY_BRANCH = Scope()
ONLY_TENANT: Final = 1
"""One agency an installation, until there is sign-in."""
