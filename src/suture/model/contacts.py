"""Who can be reached how: what composing messages needs to know of the people of one branch-day."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from suture.model.ids import PartyId, VisitId
from suture.model.messages import Channel
from suture.model.people import PartyKind
from suture.model.plan import ToldWindow


@dataclass(frozen=True, slots=True)
class PartyContact:
    """One party. `channels`: those with an address, a granted consent and no suppression, best first.

    `changes_today` counts the change messages of this service date that have left for the party, or may have.
    """

    party_id: PartyId
    kind: PartyKind
    lang: str
    tz: str
    channels: tuple[Channel, ...]
    changes_today: int = 0


@dataclass(frozen=True, slots=True)
class Contacts:
    """Everybody of one branch-day. `told`: visits whose patient has been told a window, or may have been.

    `windows`: when a visit with a patient is expected (as told, else its own window), for one with no time in the plan.
    """

    parties: Mapping[PartyId, PartyContact]
    patient_of: Mapping[VisitId, PartyId]
    told: frozenset[VisitId]
    windows: Mapping[VisitId, ToldWindow] = field(default_factory=dict)
