"""One branch-day as the core sees it: everything `decide` may read, and nothing else."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum

from suture.model.cases import OpenCase
from suture.model.disruption import Disruption
from suture.model.ids import BranchDay, PartyId, PlaceId, PositionKey, PromiseId, TouchId, VisitId
from suture.model.instants import day_span
from suture.model.offers import Offer, OfferPolicy, PastAnswers
from suture.model.people import Availability, Away, Branch, Clinician, Patient, Place, Shift
from suture.model.plan import Assignment, Plan, ToldWindow
from suture.model.travel import TravelTimes
from suture.model.visit import Visit

NEIGHBOUR_DAYS = 7
"""How many days before and after a day its rules look at the plans of."""


class PairKind(StrEnum):
    """A standing wish about one patient and one clinician."""

    BARRED = "barred"
    PREFERRED = "preferred"


@dataclass(frozen=True, slots=True)
class PairRule:
    """Barred: never together. Preferred: the patient asks for this clinician."""

    patient_id: PartyId
    clinician_id: PartyId
    kind: PairKind


@dataclass(frozen=True, slots=True)
class PastVisit:
    """A visit outside this branch-day that someone did (history) or is due to do (a neighboring day's plan)."""

    patient_id: PartyId | None
    clinician_id: PartyId
    place_id: PlaceId
    discipline: str
    starts_at: datetime
    ends_at: datetime


class ConfirmationState(StrEnum):
    """One participant's answer to one promise."""

    NEEDS_ACTION = "needs_action"
    ACCEPTED = "accepted"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class Promise:
    """What a party was last told of one visit, and what they answered; a day holds only the current ones."""

    id: PromiseId
    visit_id: VisitId
    party_id: PartyId
    touch_id: TouchId
    seq: int
    window: ToldWindow
    asks: bool
    told_at: datetime
    answer: ConfirmationState


def not_to_be_asked(
    declined: frozenset[tuple[PartyId, VisitId]], plan: Plan, visits: Iterable[VisitId]
) -> frozenset[tuple[PartyId, VisitId]]:
    """Who declined part of a day gets no new work on it: what they declined, and every visit they do not hold."""
    held = {(a.clinician_id, a.key.visit_id) for a in plan.assignments.values()} - declined
    return frozenset({(c, v) for c, _ in declined for v in visits} - held) | declined


@dataclass(frozen=True, slots=True)
class Day:
    """The state of one branch-day. All mappings are keyed by id; times are aware UTC."""

    branch: Branch
    service_date: date
    plan: Plan
    visits: Mapping[VisitId, Visit]
    patients: Mapping[PartyId, Patient]
    clinicians: Mapping[PartyId, Clinician]
    availability: tuple[Availability, ...]
    shifts: tuple[Shift, ...]
    places: Mapping[PlaceId, Place]
    pair_rules: frozenset[PairRule]
    past: tuple[PastVisit, ...]
    promises: tuple[Promise, ...]
    cases: tuple[OpenCase, ...]
    travel: TravelTimes
    declined: frozenset[tuple[PartyId, VisitId]]
    """Pairs that are out because the clinician said no (see `not_to_be_asked`)."""
    asked: Mapping[VisitId, Visit] = field(default_factory=dict)
    """Visits as they were asked for, where rules shaped them since: rules read these, so shaping twice is once."""
    tried: Mapping[VisitId, datetime] = field(default_factory=dict)
    """Visits of the waitlist that are tried, since someone has time now, and when each may begin at the earliest."""
    disruptions: tuple[Disruption, ...] = ()
    """Closed sites and slow or closed areas of the day."""
    away: Mapping[PartyId, Away] = field(default_factory=dict)
    """Staff of the branch, and whoever holds a position of the plan, who are not among the clinicians."""
    offers: tuple[Offer, ...] = ()
    """Everyone who was asked to take a position of the day, round by round."""
    offering: OfferPolicy = field(default_factory=OfferPolicy)
    past_answers: Mapping[PartyId, PastAnswers] = field(default_factory=dict)
    """How people answered offers lately; who is not in it was never asked, and can be reached."""
    taken: Mapping[PositionKey, Assignment] = field(default_factory=dict)
    """Positions that someone has just said yes to: to be planned as they are."""

    @property
    def key(self) -> BranchDay:
        """Which branch-day it is."""
        return BranchDay(self.branch.id, self.service_date)

    @property
    def span(self) -> tuple[datetime, datetime]:
        """Its first instant, and the first of the next day."""
        return day_span(self.service_date, self.branch.tz)

    @property
    def is_planned(self) -> bool:
        """Whether it has a plan, a draft at least; a day without one reads what was recorded once it is planned."""
        return self.plan.version > 0

    def as_asked(self, visit_id: VisitId) -> Visit:
        """The visit with the hours, length, seats and priority that were asked for, and the status it has now."""
        visit, asked = self.visits[visit_id], self.asked.get(visit_id)
        if asked is None:
            return visit
        return replace(
            visit,
            window=asked.window,
            duration_minutes=asked.duration_minutes,
            positions=asked.positions,
            priority=asked.priority,
        )

    def has_place(self, visit: Visit) -> bool:
        """Whether someone may be planned for a visit: one of the waitlist keeps a place it has, or is tried."""
        if not visit.is_waitlisted or visit.id in self.tried:
            return True
        return any(key in self.plan.assignments for key in visit.position_keys())

    def promise_of(self, visit_id: VisitId, party_id: PartyId) -> Promise | None:
        """The current promise of one visit to one party."""
        return next((p for p in self.promises if p.visit_id == visit_id and p.party_id == party_id), None)

    def with_taken(self) -> "Day":
        """The day with what was just taken in its plan."""
        if not self.taken:
            return self
        return replace(self, plan=replace(self.plan, assignments={**self.plan.assignments, **self.taken}), taken={})

    def open_positions(self) -> tuple[PositionKey, ...]:
        """Every position that needs a clinician, in id order."""
        plannable = (self.visits[v] for v in sorted(self.visits) if self.visits[v].is_plannable)
        return tuple(key for visit in plannable for key in visit.position_keys())
