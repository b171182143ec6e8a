"""Signals: something happened. Each is stored before anything is decided, and handled once.

A new one changes four files: docs/add-a-signal.md. Two of them are never sent: `FROM_RECORDS`.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from suture.model.ids import PartyId, PromiseId, SignalId, TouchId, VisitId


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
    """An answer bound to what was asked: a patient's promise, or the message that told a clinician the day."""

    party_id: PartyId
    answer: Answer
    via: str
    promise_id: PromiseId | None = None
    touch_id: TouchId | None = None


Signal = CallOut | Cancellation | RunOver | NewVisit | VisitChanged | RosterChange | CheckIn | CheckOut | Reply

SIGNAL_KINDS: dict[str, type[Signal]] = {
    "call_out": CallOut,
    "cancellation": Cancellation,
    "run_over": RunOver,
    "new_visit": NewVisit,
    "visit_changed": VisitChanged,
    "roster_change": RosterChange,
    "check_in": CheckIn,
    "check_out": CheckOut,
    "reply": Reply,
}
"""The spelling used in JSON, SQL and events."""

FROM_RECORDS = frozenset({"visit_changed", "roster_change"})
"""Kinds that no caller sends: they follow from a record that was stored, and only say which day to look at again.

Whoever needs such a change sends the record (a file now, an EHR's or HR system's feed later).
"""
