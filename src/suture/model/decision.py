"""A Decision: what changes, what needs a human, and because of what. Pure data, saved in one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from suture.model.cases import CaseToClose, CaseToOpen
from suture.model.day import ConfirmationState
from suture.model.disruption import Disruption
from suture.model.ids import BranchDay, BranchId, PartyId, PositionKey, PromiseId, SignalId, TouchId, VisitId
from suture.model.messages import Step
from suture.model.offers import Asked, Offer
from suture.model.people import AvailabilityKind
from suture.model.plan import Assignment, Stage
from suture.model.visit import GateState, VisitStatus
from suture.words.reason import Reason


class ChangeKind(StrEnum):
    """What happened to one position between two versions."""

    ASSIGNED = "assigned"
    REASSIGNED = "reassigned"
    RETIMED = "retimed"
    UNCOVERED = "uncovered"
    RELEASED = "released"


@dataclass(frozen=True, slots=True)
class Change:
    """One position's row before and after. `told_changed`: the patient's window (or its existence) is another."""

    key: PositionKey
    kind: ChangeKind
    before: Assignment | None
    after: Assignment | None
    told_changed: bool
    because: Reason


@dataclass(frozen=True, slots=True)
class VisitUpdate:
    """New facts about a visit; None leaves a field as it is. `tell`: told content changes, so `visit_rev` moves."""

    visit_id: VisitId
    status: VisitStatus | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    expected_end: datetime | None = None
    done_by: PartyId | None = None
    cancelled_by: str | None = None
    cancel_reason: str | None = None
    held: bool | None = None
    expected_start: datetime | None = None
    late_from: datetime | None = None
    late_by: PartyId | None = None
    on_time: bool | None = None
    """Whoever was late for it does not come: `expected_start`, `late_from` and `late_by` are known no longer."""
    gate: GateState | None = None
    gate_else: str | None = None
    answer_by: datetime | None = None
    tell: bool = False


CALLED_OUT = "call_out:"


@dataclass(frozen=True, slots=True)
class Absence:
    """A stretch in which a clinician is not there, from a call-out; or is, where `kind` says so.

    A `reason` that begins with `CALLED_OUT` is read as a call-out.
    """

    clinician_id: PartyId
    starts_at: datetime
    ends_at: datetime
    reason: str
    kind: AvailabilityKind = AvailabilityKind.UNAVAILABLE


@dataclass(frozen=True, slots=True)
class ConfirmationUpdate:
    """A participant's answer to one promise."""

    promise_id: PromiseId
    visit_id: VisitId
    party_id: PartyId
    state: ConfirmationState
    via: str
    at: datetime
    other_time: bool = False
    """Declined, and another time would do."""


@dataclass(frozen=True, slots=True)
class OfferNews:
    """What one person is to hear of an offer: that they are asked, that they have it, or that it is gone."""

    step: Step
    offer: Offer
    asked: Asked


class Cause(StrEnum):
    """What led to a decision; it sets how long messages are held back."""

    FIRST_PASS = "first_pass"
    PUBLISH = "publish"
    SIGNALS = "signals"


@dataclass(frozen=True, slots=True)
class Decision:
    """The result of planning, publishing, or deciding the waiting signals of one branch-day.

    `assignments` is the whole plan after it; `version` is the plan's version after it (equal to `base_version`
    where nothing in the plan changed). `revs` gives the `visit_rev` of every visit of the day after the decision.
    `hits` are the not-started positions that a signal left without their clinician, for each signal that did.
    `tell_cancelled` are visits whose patients hear that they will not take place. `heard_again` are clinicians to whom
    messages may go out again: they hear how their list differs from what they were last told.
    """

    branch_id: BranchId
    service_date: date
    cause: Cause
    stage: Stage
    base_version: int
    version: int
    signal_ids: tuple[SignalId, ...]
    assignments: Mapping[PositionKey, Assignment]
    changes: tuple[Change, ...]
    revs: Mapping[VisitId, int]
    because: Reason
    visit_updates: tuple[VisitUpdate, ...] = ()
    absences: tuple[Absence, ...] = ()
    confirmations: tuple[ConfirmationUpdate, ...] = ()
    answered_touches: tuple[TouchId, ...] = ()
    cases_opened: tuple[CaseToOpen, ...] = ()
    cases_closed: tuple[CaseToClose, ...] = ()
    hits: Mapping[SignalId, tuple[PositionKey, ...]] = field(default_factory=dict)
    whys: Mapping[SignalId, Reason] = field(default_factory=dict)
    """What was made of each signal: also of one that changes nothing, and why."""
    tell_cancelled: tuple[VisitId, ...] = ()
    heard_again: tuple[PartyId, ...] = ()
    disruptions: tuple[Disruption, ...] = ()
    cleared: tuple[tuple[VisitId, bool], ...] = ()
    """Visits whose gate opened (True) or closed (False), so that their clinicians hear: set out, or do not."""
    called_in: frozenset[PartyId] = frozenset()
    """Who is called in from on-call hours: they hear at any hour."""
    offers: tuple[Offer, ...] = ()
    """Offers that are new, or not as they were."""
    offer_news: tuple[OfferNews, ...] = ()
    ladders: Mapping[PositionKey, tuple[Reason, ...]] = field(default_factory=dict)
    """What was tried for each position that stays without a clinician, step by step, where that is news."""
    run: Mapping[str, object] = field(default_factory=dict)
    """Engine, seed, iterations, rulebook hash, travel source and score parts: what a replay needs."""

    @property
    def day(self) -> BranchDay:
        """Which branch-day it is about."""
        return BranchDay(self.branch_id, self.service_date)

    @property
    def hit(self) -> tuple[PositionKey, ...]:
        """What all signals together hit, each position once."""
        return tuple(dict.fromkeys(key for keys in self.hits.values() for key in keys))

    @property
    def changes_plan(self) -> bool:
        """Whether a new plan version is written."""
        return self.version != self.base_version


@dataclass(frozen=True, slots=True)
class Decided:
    """What waiting signals led to: a decision for each branch-day they are about, saved together or not at all.

    The parts are in the order of their days.
    """

    parts: tuple[Decision, ...]
