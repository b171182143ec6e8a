"""A small published morning under Riverbend's own rulebook, and what the store would make of each decision.

`a_published_day` lays stops out by hand, so that a test of one signal says what it is about; `planned` asks the engine.
`after` applies a decision to the day as the store does, messages included, so that the next signal can be decided.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.builders import SERVICE_DATE, TZ, a_clinician, a_day, a_patient, a_place, a_visit, at, flat_travel

from suture.dispatch import first_pass, gate
from suture.dispatch.clinician_free import without_hours
from suture.dispatch.decide import decide
from suture.dispatch.disrupted import disrupted
from suture.model.cases import CaseKind, CaseSubject, OpenCase
from suture.model.day import ConfirmationState, Day, Promise, not_to_be_asked
from suture.model.decision import Absence, Change, Decision, VisitUpdate
from suture.model.ids import (
    BranchId,
    CaseId,
    OfferId,
    PartyId,
    PlaceId,
    PositionKey,
    PromiseId,
    SignalId,
    TouchId,
    VisitId,
)
from suture.model.offers import Offer, OfferAnswer
from suture.model.people import Availability, AvailabilityKind, Clinician, shifts_of
from suture.model.plan import Assignment, Plan, Stage, ToldWindow, told_window
from suture.model.signals import (
    Answer,
    AskToFill,
    CallOut,
    Cancellation,
    CheckIn,
    CheckOut,
    ClinicianFree,
    LateStart,
    NewVisit,
    NoCheckOut,
    NoReply,
    OfferAnswered,
    OfferExpired,
    Outcome,
    Reopened,
    Reply,
    RosterChange,
    RosterField,
    RunningLate,
    RunOver,
    Signal,
    SiteClosed,
    TravelDisruption,
    VisitChanged,
    VisitHeld,
    VisitReleased,
)
from suture.model.visit import GateState, Visit
from suture.planner.budget import Iterations
from suture.rules.book import load

ROOT = Path(__file__).parents[3]
RULEBOOK = load((ROOT / "examples/riverbend/rulebook.yaml").read_text(encoding="utf-8"), name="rulebook.yaml")
BUDGET = Iterations(40)
THE_DAY_BEFORE = at("15:00", days=-1)
NOON = at("12:00")
PLACES = tuple(a_place(n) for n in range(1, 13))

RN1, RN2, LPN3, HHA4 = (a_clinician(n, role=role) for n, role in enumerate(("RN", "RN", "LPN", "HHA"), start=1))
STAFF = (RN1, RN2, LPN3, HHA4)


def key(number: int, position: int = 1) -> PositionKey:
    """The position of a visit by its number."""
    return PositionKey(VisitId(number), position)


def visit(number: int, **changes: Any) -> Visit:
    """V-01, V-02 … each at a place of its own, ten minutes from every other."""
    return a_visit(number, **{"place_id": PlaceId(number), **changes})


def stop(number: int, clinician: int, starts: str, *, position: int = 1, **changes: Any) -> Assignment:
    """V-`number` by E-`clinician` at that time: 30 minutes, told as the policy tells it."""
    start = at(starts)
    told = told_window(visit(number), start, TZ)
    assignment = Assignment(
        key(number, position), PartyId(100 + clinician), 0, start, start + timedelta(minutes=30), told
    )
    return replace(assignment, **changes)


def with_plan(day: Day, *stops: Assignment, stage: Stage = Stage.PUBLISHED) -> Day:
    """The day with this plan as version 1, stops numbered by time."""
    orders: dict[PartyId, int] = {}
    assignments = {}
    for a in sorted(stops, key=lambda a: a.starts_at):
        orders[a.clinician_id] = orders.get(a.clinician_id, 0) + 1
        assignments[a.key] = replace(a, route_order=orders[a.clinician_id])
    return replace(day, plan=Plan(BranchId(1), SERVICE_DATE, 1, stage, dict(sorted(assignments.items()))))


def a_promise(
    number: int, *, party: PartyId, told: tuple[str, str] = ("08:30", "09:30"), touch: int = 1, **changes: Any
) -> Promise:
    """What a party was told of V-`number`, not answered yet."""
    fields = {
        "id": PromiseId(1000 * touch + 10 * number + (party < 200)),
        "visit_id": VisitId(number),
        "party_id": party,
        "touch_id": TouchId(touch),
        "seq": 1,
        "window": ToldWindow(at(told[0]), at(told[1])),
        "asks": True,
        "told_at": THE_DAY_BEFORE,
        "answer": ConfirmationState.NEEDS_ACTION,
    }
    return Promise(**{**fields, **changes})


def a_free_day(visits: Iterable[Visit], clinicians: Iterable[Clinician] = STAFF, **changes: Any) -> Day:
    """The day before its first plan; everyone offers 07:00–13:00 and lives at the first place."""
    people = tuple(clinicians)
    hours = tuple(Availability(c.id, at("07:00"), at("13:00"), AvailabilityKind.AVAILABLE) for c in people)
    wanted = tuple(visits)
    patients = [a_patient(v.patient_id - 200, place_id=v.place_id) for v in wanted if v.patient_id is not None]
    return a_day(
        visits=wanted,
        clinicians=people,
        patients=patients,
        places=PLACES,
        travel=flat_travel(PLACES),
        **{"availability": hours, "shifts": shifts_of(hours), **changes},
    )


def a_published_day(*stops: Assignment, visits: Iterable[Visit] | None = None, **changes: Any) -> Day:
    """A published day laid out by hand; everyone in it has been told, and nobody has answered."""
    wanted = [visit(n) for n in sorted({a.key.visit_id for a in stops})] if visits is None else visits
    return told(with_answers_due(with_plan(a_free_day(wanted, **changes), *stops)))


def with_answers_due(day: Day) -> Day:
    """The day with the instants until when answers help, as a first pass without gates leaves them."""
    due = {u.visit_id: u.answer_by for u in gate.updates(day, day.plan.assignments, (), THE_DAY_BEFORE)}
    return replace(day, visits={v: replace(one, answer_by=due.get(v)) for v, one in day.visits.items()})


def planned(day: Day, *, seed: int = 1) -> Day:
    """The day planned and published by the engine the day before."""
    draft = after(day, first_pass.plan(day, RULEBOOK, THE_DAY_BEFORE, BUDGET, seed))
    return after(draft, first_pass.publish(draft))


def decided(day: Day, *signals: Signal, now: datetime | None = None, seed: int = 1) -> Decision:
    """What the engine decides of these signals when the last of them has come."""
    return decide(signals, day, RULEBOOK, now or max(s.received_at for s in signals), BUDGET, seed)


def changes_of(decision: Decision) -> dict[PositionKey, Change]:
    """The changes by position."""
    return {change.key: change for change in decision.changes}


# --- What the store does with a decision ------------------------------------------------------------------------------


def after(day: Day, decision: Decision) -> Day:
    """The day as it would be loaded once the decision is saved and its messages have left."""
    stored = saved(day, decision)
    for one in decision.disruptions:
        stored = disrupted(replace(stored, disruptions=(one,)))
    stored = replace(stored, disruptions=(*day.disruptions, *decision.disruptions))
    return told(stored) if decision.stage is Stage.PUBLISHED else stored


def saved(day: Day, decision: Decision) -> Day:
    """The day as it would be loaded once the decision is saved."""
    updates = {u.visit_id: u for u in decision.visit_updates}
    facts = {
        f for f in VisitUpdate.__slots__ if f not in ("visit_id", "cancelled_by", "cancel_reason", "tell", "on_time")
    }
    visits = {}
    for visit_id, old in day.visits.items():
        update = updates.get(visit_id)
        known = {f: v for f in facts if (v := getattr(update, f, None)) is not None}
        if update is not None and update.on_time:
            known |= {"expected_start": None, "late_from": None, "late_by": None}
        visits[visit_id] = replace(old, **known, visit_rev=decision.revs[visit_id])
    availability = day.availability
    for a in decision.absences:
        kept = _cut(availability, a) if a.kind is AvailabilityKind.AVAILABLE else availability
        called_out = a.kind is AvailabilityKind.UNAVAILABLE
        availability = (*kept, Availability(a.clinician_id, a.starts_at, a.ends_at, a.kind, called_out))
    answers = {c.promise_id: c for c in decision.confirmations}
    plan = Plan(day.branch.id, day.service_date, decision.version, decision.stage, decision.assignments)
    return replace(
        day,
        plan=plan,
        visits=visits,
        availability=availability,
        shifts=shifts_of(availability),
        promises=tuple(replace(p, answer=answers[p.id].state) if p.id in answers else p for p in day.promises),
        declined=day.declined
        | not_to_be_asked(
            frozenset(
                (c.party_id, c.visit_id)
                for c in decision.confirmations
                if c.state is ConfirmationState.DECLINED and c.party_id in day.clinicians
            ),
            plan,
            day.visits,
        ),
        cases=_cases(day, decision),
        disruptions=(*day.disruptions, *decision.disruptions),
        offers=_offers(day, decision),
    )


def _offers(day: Day, decision: Decision) -> tuple[Offer, ...]:
    """Offers by id; new ones get the next."""
    known = {o.id: o for o in day.offers}
    for offer in decision.offers:
        number = offer.id or OfferId(1 + max(known, default=0))
        known[number] = replace(offer, id=number)
    return tuple(known[n] for n in sorted(known))


def _cut(availability: Iterable[Availability], back: Absence) -> tuple[Availability, ...]:
    """Call-outs without the hours in which their clinician is back."""
    hours = Availability(back.clinician_id, back.starts_at, back.ends_at, back.kind)
    return tuple(part for a in availability for part in without_hours(a, hours))


def told(day: Day) -> Day:
    """Everyone whose visits are not yet promised as planned is told now, under the plan's version."""
    promises = {(p.visit_id, p.party_id): p for p in day.promises}
    for assignment in day.plan.assignments.values():
        of = day.visits[assignment.key.visit_id]
        for party in (assignment.clinician_id, of.patient_id):
            old = promises.get((of.id, party)) if party is not None else None
            if party is None or of.is_closed or (old is not None and old.window == assignment.told):
                continue
            number = PromiseId(1_000_000 * day.plan.version + 1_000 * of.id + party)
            promises[of.id, party] = replace(
                a_promise(of.id, party=party, touch=_touch(day, party, of)), id=number, window=assignment.told
            )
    return replace(day, promises=tuple(promises.values()))


def _touch(day: Day, party: PartyId, of: Visit) -> int:
    """A clinician hears of the whole day in one message, a patient of each visit by itself."""
    return 10_000 * day.plan.version + (party if party in day.clinicians else 1_000 + of.id)


def _cases(day: Day, decision: Decision) -> tuple[OpenCase, ...]:
    standing: dict[tuple[CaseKind, CaseSubject], OpenCase] = {(c.kind, c.subject): c for c in day.cases}
    for closed in decision.cases_closed:
        standing.pop((closed.kind, closed.subject), None)
    for case in decision.cases_opened:
        number = CaseId(1 + max((c.id for c in standing.values()), default=0))
        standing.setdefault((case.kind, case.subject), OpenCase(number, case.kind, case.subject))
    return tuple(standing.values())


# --- Signals ----------------------------------------------------------------------------------------------------------


def _came(when: datetime | str, number: int) -> dict[str, Any]:
    instant = at(when) if isinstance(when, str) else when
    return {"id": SignalId(number), "received_at": instant, "occurred_at": instant}


def called_out(
    clinician: int,
    when: datetime | str = "07:40",
    *,
    since: str | None = None,
    until: datetime | str = "23:59",
    n: int = 1,
) -> CallOut:
    """E-`clinician` cannot work from `since` (else: at once) until `until`."""
    came = _came(when, n)
    starts = at(since) if since else came["received_at"]
    ends = at(until) if isinstance(until, str) else until
    return CallOut(**came, clinician_id=PartyId(100 + clinician), from_at=starts, until=ends)


def cancelled(
    number: int, when: datetime | str = "07:40", *, by: str = "patient", reason: str = "", n: int = 2
) -> Cancellation:
    """V-`number` will not take place."""
    return Cancellation(**_came(when, n), visit_id=VisitId(number), by=by, reason=reason)


def ran_over(number: int, until: datetime | str, when: datetime | str = "09:00", *, n: int = 3) -> RunOver:
    """V-`number` will end at `until`."""
    ends = at(until) if isinstance(until, str) else until
    return RunOver(**_came(when, n), visit_id=VisitId(number), expected_end=ends)


def added(number: int, when: datetime | str = "07:40", *, n: int = 4) -> NewVisit:
    """V-`number` was not known before."""
    return NewVisit(**_came(when, n), visit_id=VisitId(number))


def began(number: int, when: datetime | str = "08:00", *, clinician: int | None = None, n: int = 5) -> CheckIn:
    """Someone has begun V-`number`."""
    who = PartyId(100 + clinician) if clinician else None
    return CheckIn(**_came(when, n), visit_id=VisitId(number), clinician_id=who)


def ended(
    number: int,
    when: datetime | str = "08:30",
    outcome: Outcome = Outcome.DONE,
    *,
    clinician: int | None = None,
    n: int = 6,
) -> CheckOut:
    """Someone has left V-`number`."""
    who = PartyId(100 + clinician) if clinician else None
    return CheckOut(**_came(when, n), visit_id=VisitId(number), outcome=outcome, clinician_id=who)


def answered(
    promise: Promise, answer: Answer, when: datetime | str = "07:40", *, via: str = "sms", n: int = 7
) -> Reply:
    """A patient answers what they were told."""
    return Reply(**_came(when, n), party_id=promise.party_id, answer=answer, via=via, promise_id=promise.id)


def day_answered(clinician: int, touch: int, answer: Answer, when: datetime | str = "07:40", *, n: int = 8) -> Reply:
    """E-`clinician` answers the message that told the day."""
    party = PartyId(100 + clinician)
    return Reply(**_came(when, n), party_id=party, answer=answer, via="link", touch_id=TouchId(touch))


def otherwise(number: int, when: datetime | str = "07:40", *, n: int = 9) -> VisitChanged:
    """What is asked of V-`number` has changed; the day holds it already."""
    return VisitChanged(**_came(when, n), visit_id=VisitId(number))


def on_the_roster(
    clinician: int, when: datetime | str = "07:40", *, changed: RosterField = RosterField.HOURS, n: int = 10
) -> RosterChange:
    """What is known of E-`clinician` has changed; the day holds it already."""
    return RosterChange(**_came(when, n), clinician_id=PartyId(100 + clinician), changed=changed)


def held(number: int, when: datetime | str = "07:40", *, n: int = 11) -> VisitHeld:
    """V-`number` waits."""
    return VisitHeld(**_came(when, n), visit_id=VisitId(number))


def released(number: int, when: datetime | str = "07:40", *, n: int = 12) -> VisitReleased:
    """V-`number` waits no longer."""
    return VisitReleased(**_came(when, n), visit_id=VisitId(number))


def reopening(number: int, when: datetime | str = "07:40", *, n: int = 13) -> Reopened:
    """V-`number` was cancelled by mistake."""
    return Reopened(**_came(when, n), visit_id=VisitId(number))


def late(clinician: int, minutes: int, when: datetime | str = "07:40", *, n: int = 14) -> RunningLate:
    """E-`clinician` comes to the next visit this much later than planned."""
    return RunningLate(**_came(when, n), clinician_id=PartyId(100 + clinician), minutes=minutes)


def no_check_in(number: int, when: datetime | str = "08:15", *, absent: bool = False, n: int = 15) -> LateStart:
    """Nobody has checked in at V-`number`."""
    return LateStart(**_came(when, n), visit_id=VisitId(number), absent=absent)


def no_check_out(number: int, when: datetime | str = "09:05", *, n: int = 21) -> NoCheckOut:
    """Nobody has checked out of V-`number`."""
    return NoCheckOut(**_came(when, n), visit_id=VisitId(number))


def silent(number: int, when: datetime | str = "07:00", *, n: int = 16) -> NoReply:
    """The patient of V-`number` has not answered in time."""
    return NoReply(**_came(when, n), party_id=PartyId(200 + number), visit_id=VisitId(number))


def day_not_accepted(clinician: int, touch: int, when: datetime | str = "06:30", *, n: int = 17) -> NoReply:
    """E-`clinician` has not answered the message that told the day."""
    return NoReply(**_came(when, n), party_id=PartyId(100 + clinician), touch_id=TouchId(touch))


def free(clinician: int, since: str, until: str, when: datetime | str = "07:40", *, n: int = 18) -> ClinicianFree:
    """E-`clinician` has time between these hours."""
    party = PartyId(100 + clinician)
    return ClinicianFree(**_came(when, n), clinician_id=party, from_at=at(since), until=at(until))


def closed(place: int, since: str, until: str, when: datetime | str = "07:40", *, n: int = 19) -> SiteClosed:
    """Nothing can take place there between these hours."""
    return SiteClosed(**_came(when, n), place_id=PlaceId(place), from_at=at(since), until=at(until))


def traffic(
    percent: int | None, since: str, until: str, *codes: str, when: datetime | str = "07:40", n: int = 20
) -> TravelDisruption:
    """Driving takes this much of the usual time where postal codes begin so; None: nobody gets there."""
    came = _came(when, n)
    return TravelDisruption(**came, postal_codes=codes, percent=percent, from_at=at(since), until=at(until))


def asking(number: int, when: datetime | str = "08:00", *, n: int = 21, **how: Any) -> AskToFill:
    """People are to be asked to take V-`number`."""
    return AskToFill(**_came(when, n), visit_id=VisitId(number), **how)


def says(
    clinician: int, answer: OfferAnswer, when: datetime | str = "08:01", *, offer: int = 1, n: int = 22
) -> OfferAnswered:
    """E-`clinician` answers an offer."""
    party = PartyId(100 + clinician)
    return OfferAnswered(**_came(when, n), offer_id=OfferId(offer), clinician_id=party, answer=answer)


def time_is_up(when: datetime | str = "08:30", *, offer: int = 1, n: int = 23) -> OfferExpired:
    """The time to answer an offer is over."""
    return OfferExpired(**_came(when, n), offer_id=OfferId(offer))


def gated(day: Day, number: int, state: GateState, *, word: str = "hold_and_flag", by: str = "06:30") -> Day:
    """The day in which a gate is in front of V-`number`, whose answer must be there by then."""
    return asked(day, number, gate=state, gate_else=word, answer_by=at(by))


def working(day: Day, clinician: int, *hours: tuple[str, str]) -> Day:
    """The day in which E-`clinician` works these hours and no others."""
    own = PartyId(100 + clinician)
    kept = [a for a in day.availability if a.clinician_id != own]
    new = [Availability(own, at(start), at(end), AvailabilityKind.AVAILABLE) for start, end in hours]
    availability = (*kept, *new)
    return replace(day, availability=availability, shifts=shifts_of(availability))


def on_call(day: Day, clinician: int, *hours: tuple[str, str], tier: int = 1) -> Day:
    """The day on which E-`clinician` is on call as well."""
    own = PartyId(100 + clinician)
    new = [Availability(own, at(a), at(b), AvailabilityKind.ON_CALL, tier=tier) for a, b in hours]
    availability = (*day.availability, *new)
    return replace(day, availability=availability, shifts=shifts_of(availability))


def without(day: Day, clinician: int) -> Day:
    """The day once E-`clinician` has left the agency."""
    own = PartyId(100 + clinician)
    return replace(working(day, clinician), clinicians={c: x for c, x in day.clinicians.items() if c != own})


def asked(day: Day, number: int, **changes: Any) -> Day:
    """The day in which V-`number` is asked for otherwise."""
    return replace(day, visits={**day.visits, VisitId(number): replace(day.visits[VisitId(number)], **changes)})
