"""Who is asking: every read of patient data names an actor."""

from dataclasses import dataclass
from enum import StrEnum

from suture.model.ids import PartyId


class ActorKind(StrEnum):
    """Kinds of actor known before sign-in exists."""

    SYSTEM = "system"
    COORDINATOR = "coordinator"
    PATIENT_LINK = "patient_link"
    CLINICIAN_LINK = "clinician_link"
    COMMAND_LINE = "command_line"


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
