"""Who can be reached how: what composing messages needs to know of the people of one branch-day."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from suture.model.ids import PartyId, VisitId
from suture.model.messages import Channel
from suture.model.people import PartyKind
from suture.model.plan import Assignment, ToldWindow


@dataclass(frozen=True, slots=True)
class PartyContact:
    """One party. `channels`: those with an address, a granted consent and no suppression, best first.

    `changes_today` counts the change messages of this service date that have left for the party, or may have.
    `is_unclear`: the import could not read their status, so that they have no channel.
    """

    party_id: PartyId
    kind: PartyKind
    lang: str
    tz: str
    channels: tuple[Channel, ...]
    changes_today: int = 0
    is_unclear: bool = False


@dataclass(frozen=True, slots=True)
class Contacts:
    """Everyone of one branch-day. `told`: visits whose patient has been told a window, or may have been.

    `lists`: what clinicians were last told of their day, of those for whom that may be older than the plan.
    `windows`: when a visit with a patient is expected (as told, else its own window), for one with no time in the plan.
    """

    parties: Mapping[PartyId, PartyContact]
    patient_of: Mapping[VisitId, PartyId]
    told: frozenset[VisitId]
    windows: Mapping[VisitId, ToldWindow] = field(default_factory=dict)
    lists: Mapping[PartyId, tuple[Assignment, ...]] = field(default_factory=dict)
