"""Signals: something happened. Each is stored before anything is decided, and handled once.

A new one touches four files: docs/add-a-signal.md.
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
    """A visit will not take place. `by` is patient or agency: what a patient cancels, nobody had to be found for."""

    visit_id: VisitId
    by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOver(_Occurred):
    """A visit under way will end later than planned; documentation still follows `expected_end`."""

    visit_id: VisitId
    expected_end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVisit(_Occurred):
    """Demand that arrived after the first pass; the visit itself is already stored."""

    visit_id: VisitId


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
    """A clinician has left: the visit was done, or nobody was home."""

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


Signal = CallOut | Cancellation | RunOver | NewVisit | CheckIn | CheckOut | Reply

SIGNAL_KINDS: dict[str, type[Signal]] = {
    "call_out": CallOut,
    "cancellation": Cancellation,
    "run_over": RunOver,
    "new_visit": NewVisit,
    "check_in": CheckIn,
    "check_out": CheckOut,
    "reply": Reply,
}
"""The spelling used in JSON, SQL and events."""
