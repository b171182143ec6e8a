"""Signals: something happened. Each is stored before anything is decided, and handled once.

A new one changes four files: docs/add-a-signal.md. `visit_changed` and `roster_change` follow from a record that was
stored, by a file or by whoever sends them, and only say which day to look at again.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from suture.model.ids import OfferId, PartyId, PlaceId, PromiseId, SignalId, TouchId, VisitId
from suture.model.offers import OfferAnswer, OfferMode


@dataclass(frozen=True, slots=True, kw_only=True)
class _Occurred:
    """What every signal carries: its row in the inbox, when it was recorded, and when it truly happened."""

    id: SignalId
    received_at: datetime
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOut(_Occurred):
    """A clinician cannot work from `from_at` until `until`."""

    clinician_id: PartyId
    from_at: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancellation(_Occurred):
    """A visit will not take place. `by` is patient or agency: what a patient cancels needed no clinician."""

    visit_id: VisitId
    by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOver(_Occurred):
    """A visit under way will end later: at `expected_end`, or `minutes` after the end it was planned to have.

    Documentation still follows.
    """

    visit_id: VisitId
    expected_end: datetime | None = None
    minutes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVisit(_Occurred):
    """Demand that arrived after the first pass; the visit itself is already stored."""

    visit_id: VisitId


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitChanged(_Occurred):
    """A visit of a planned day is asked for otherwise, or no longer on that day; what is stored is the new state."""

    visit_id: VisitId


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitHeld(_Occurred):
    """A visit waits: no clinician is sent until it is released."""

    visit_id: VisitId
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitReleased(_Occurred):
    """A visit that was on hold may take place."""

    visit_id: VisitId


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopened(_Occurred):
    """A visit was cancelled by mistake: it is to take place after all."""

    visit_id: VisitId


@dataclass(frozen=True, slots=True, kw_only=True)
class AskToFill(_Occurred):
    """People are to be asked to take a position that has no clinician. `mode`: how, if not as usual."""

    visit_id: VisitId
    position: int = 1
    mode: OfferMode | None = None
    by_person: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferAnswered(_Occurred):
    """Someone who was asked says yes or no."""

    offer_id: OfferId
    clinician_id: PartyId
    answer: OfferAnswer


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferExpired(_Occurred):
    """The time to answer an offer is over."""

    offer_id: OfferId


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningLate(_Occurred):
    """A clinician will reach their next visit `minutes` after its planned start."""

    clinician_id: PartyId
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LateStart(_Occurred):
    """A visit has not been checked in at. `absent`: nor after a second wait; whoever was to come may not be working."""

    visit_id: VisitId
    position: int = 1
    absent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NoCheckOut(_Occurred):
    """A visit that should be over has not been checked out of: it was expected to end, and nothing has been heard."""

    visit_id: VisitId


@dataclass(frozen=True, slots=True, kw_only=True)
class NoReply(_Occurred):
    """Someone did not answer in time: the patient of a visit, or the clinician whom the message `touch_id` told."""

    party_id: PartyId
    visit_id: VisitId | None = None
    touch_id: TouchId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicianFree(_Occurred):
    """A clinician can work from `from_at` until `until`: more hours than planned, or back after calling out."""

    clinician_id: PartyId
    from_at: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteClosed(_Occurred):
    """Nothing can take place at a site from `from_at` until `until`."""

    place_id: PlaceId
    from_at: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TravelDisruption(_Occurred):
    """In an area driving takes `percent` of the usual time from `from_at` until `until`; None: it is closed.

    `postal_codes`: the area, as beginnings of postal codes; empty for the whole branch.
    """

    postal_codes: tuple[str, ...]
    percent: int | None
    from_at: datetime
    until: datetime


class RosterField(StrEnum):
    """What changed about a clinician."""

    STATUS = "status"
    HOURS = "hours"
    CREDENTIALS = "credentials"
    PROFILE = "profile"


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterChange(_Occurred):
    """What is known of a clinician on a planned day has changed; what is stored is the new state."""

    clinician_id: PartyId
    changed: RosterField


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckIn(_Occurred):
    """A clinician has begun a visit."""

    visit_id: VisitId
    clinician_id: PartyId | None


class Outcome(StrEnum):
    """How a visit ended, as the clinician at the door says."""

    DONE = "done"
    NOT_HOME = "not_home"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckOut(_Occurred):
    """A clinician has left: the visit was done, or the patient was not home."""

    visit_id: VisitId
    outcome: Outcome
    clinician_id: PartyId | None


class Answer(StrEnum):
    """What a patient or clinician replied."""

    ACCEPT = "accept"
    DECLINE = "decline"
    RESCHEDULE = "reschedule"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply(_Occurred):
    """An answer bound to what was asked: a patient's promise, or the message that told a clinician the day.

    `visit_id`: of a clinician, about this visit only; `note`: why, in her words.
    """

    party_id: PartyId
    answer: Answer
    via: str
    promise_id: PromiseId | None = None
    touch_id: TouchId | None = None
    visit_id: VisitId | None = None
    note: str = ""


OfVisit = Cancellation | Reopened | VisitHeld | VisitReleased | NewVisit | VisitChanged
"""What is asked of a visit."""
OfOffer = AskToFill | OfferAnswered | OfferExpired
"""How people are asked to take what has no clinician, and what they say."""
OfStaff = CallOut | RunningLate | ClinicianFree | RosterChange | SiteClosed | TravelDisruption
"""Who can work, and how fast they get around."""
OfDoor = CheckIn | CheckOut | RunOver | LateStart | NoCheckOut | Reply | NoReply
"""How the day goes: what happens at doors, and who answers."""
Signal = OfVisit | OfStaff | OfDoor | OfOffer

SIGNAL_KINDS: dict[str, type[Signal]] = {
    "call_out": CallOut,
    "cancellation": Cancellation,
    "reopened": Reopened,
    "visit_held": VisitHeld,
    "visit_released": VisitReleased,
    "run_over": RunOver,
    "running_late": RunningLate,
    "late_start": LateStart,
    "no_check_out": NoCheckOut,
    "no_reply": NoReply,
    "new_visit": NewVisit,
    "visit_changed": VisitChanged,
    "roster_change": RosterChange,
    "clinician_free": ClinicianFree,
    "site_closed": SiteClosed,
    "travel_disruption": TravelDisruption,
    "check_in": CheckIn,
    "check_out": CheckOut,
    "reply": Reply,
    "ask_to_fill": AskToFill,
    "offer_answered": OfferAnswered,
    "offer_expired": OfferExpired,
}
"""The spelling used in JSON, SQL and events."""
