"""Whom to ask to take a position that has no clinician, in which order, and who is not asked now."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from suture.model.day import Day
from suture.model.ids import OfferId, PartyId, PositionKey
from suture.model.instants import wall_clock
from suture.model.offers import Asked, AskedState, Offer, OfferMode, PastAnswers, Terms
from suture.model.visit import GateState, Visit
from suture.planner.day.explain import ClinicianReason
from suture.planner.day.who_could import Could, who_could
from suture.rules.verdicts import DayRules
from suture.words.reason import Reason, reason, some_of

EXTRA_HOUR_SECONDS = 900
"""An hour beyond someone's hours weighs like a quarter of an hour of driving."""
UNLIKELY_SECONDS = 1200
"""That someone always says no weighs like twenty minutes of driving."""
USUAL_YES, USUAL_WEIGHT = 0.45, 4
"""What is taken of someone who was never asked: as many yeses as texts get, from as many offers."""
NOT_ON_CALL = 99


@dataclass(frozen=True, slots=True)
class Ranked:
    """One person who could take it: what it would take of them in one sentence, and why they are not asked now."""

    could: Could
    why: Reason
    not_now: Reason | None = None


@dataclass(frozen=True, slots=True)
class CallList:
    """Everyone about one position: who could, best first, and what keeps the others from it, nearest first."""

    ranked: tuple[Ranked, ...]
    cannot: tuple[ClinicianReason, ...]


def call_list(
    day: Day, rules: DayRules, key: PositionKey, now: datetime, *, by_person: bool = False, follows: bool = False
) -> CallList:
    """The order: who is on call then, first tier first; then what it costs, and how likely a yes is.

    `by_person`: whoever did not answer may be asked again. `follows`: not those of the rounds that a person began.
    """
    found = who_could(day, rules, key, now)
    ordered = sorted(found.could, key=lambda c: (c.tier or NOT_ON_CALL, _weight(day, c), c.clinician_id))
    before = {c.clinician_id: _asked_before(day, key, c.clinician_id, by_person, follows) for c in ordered}
    ranked = tuple(Ranked(c, _said_of(day, c), before[c.clinician_id] or _not_now(day, c, now)) for c in ordered)
    return CallList(ranked, found.cannot)


def next_round(
    day: Day,
    rules: DayRules,
    key: PositionKey,
    now: datetime,
    *,
    mode: OfferMode | None,
    by_person: bool,
    follows: bool = False,
) -> Offer | None:
    """The next people to ask; None where no one is left who may be asked now."""
    policy, visit = day.offering, day.visits[key.visit_id]
    mode = mode or policy.mode
    listed = call_list(day, rules, key, now, by_person=by_person, follows=follows)
    askable = [r for r in listed.ranked if r.not_now is None]
    most = 1 if mode is OfferMode.SEQUENTIAL else policy.most_at_once
    chosen = askable[:most]
    if not chosen or policy.on_hold or waits_for_patient(visit, by_person=by_person):
        return None
    soon = min(r.could.starts_at for r in chosen) - now < policy.soon
    expires = min(now + (policy.expires_soon if soon else policy.expires), visit.window.latest_start)
    if expires <= now:
        return None
    return Offer(
        id=OfferId(0),
        key=key,
        terms=Terms.of(visit),
        mode=mode,
        round=1 + sum(o.key == key for o in day.offers),
        opened_at=now,
        expires_at=expires,
        asked=tuple(
            Asked(r.could.clinician_id, rank, r.could.starts_at, r.why, r.could.tier)
            for rank, r in enumerate(chosen, start=1)
        ),
        by_person=by_person,
    )


def waits_for_patient(visit: Visit, *, by_person: bool) -> bool:
    """Whether no one is asked since its patient has not confirmed: it is held, unless a person says so, or gave up its
    time."""
    return visit.gate is GateState.WAITLIST or (visit.gate is GateState.HELD and not by_person)


def _said_of(day: Day, could: Could) -> Reason:
    """What it would take, and how they answered lately, in one sentence."""
    past = day.past_answers.get(could.clinician_id, PastAnswers())
    said = [*_parts(could)]
    if past.accepted + past.rejected + past.silent:
        said.append(reason("fill.answers", yes=past.accepted, n=past.accepted + past.rejected + past.silent))
    return some_of(said)


def _parts(could: Could) -> Iterator[Reason]:
    if could.tier:
        yield reason("fill.on_call", tier=could.tier)
    yield reason("fill.drive", minutes=_minutes(could.drive))
    if could.extra:
        yield reason("fill.extra", minutes=_minutes(could.extra))
    if could.overtime:
        yield reason("fill.overtime", minutes=_minutes(could.overtime))
    if could.visits:
        yield reason("fill.knows", n=could.visits)
    if could.pushed:
        yield reason("fill.pushed", minutes=_minutes(could.pushed))
    if could.rest is not None:
        yield reason("fill.rest", hours=_minutes(could.rest) // 60)


def _minutes(span: timedelta) -> int:
    return -(-int(span.total_seconds()) // 60)


def _weight(day: Day, could: Could) -> float:
    past = day.past_answers.get(could.clinician_id, PastAnswers())
    asked = past.accepted + past.rejected + past.silent
    likely = (past.accepted + USUAL_YES * USUAL_WEIGHT) / (asked + USUAL_WEIGHT)
    extra = could.extra.total_seconds() / 3600
    return could.price_seconds + EXTRA_HOUR_SECONDS * extra + UNLIKELY_SECONDS * (1 - likely)


def _not_now(day: Day, could: Could, now: datetime) -> Reason | None:
    """Why someone who could take it is not asked: they cannot be reached, were asked too often, or it is too late."""
    past = day.past_answers.get(could.clinician_id, PastAnswers())
    if not past.can_be_reached:
        return reason("fill.unreachable")
    if past.today >= day.offering.most_a_day:
        return reason("fill.often", n=past.today)
    local = wall_clock(now, day.branch.tz).time()
    if not day.offering.opens <= local < day.offering.closes and not _is_on_call(day, could.clinician_id, now):
        return reason("fill.quiet", at=f"{day.offering.opens:%H:%M}")
    return None


def _asked_before(day: Day, key: PositionKey, clinician_id: PartyId, by_person: bool, follows: bool) -> Reason | None:
    """Why someone is not asked about it again: they said no, are being asked, or did not answer."""
    terms = Terms.of(day.visits[key.visit_id])
    for offer in day.offers:
        asked = offer.of(clinician_id) if offer.key.visit_id == key.visit_id else None
        if asked is None:
            continue
        if asked.state is AskedState.REJECTED:
            return reason("fill.said_no", at=wall_clock(asked.answered_at or offer.opened_at, day.branch.tz))
        if asked.state is AskedState.PENDING and offer.is_pending:
            return reason("fill.asked", at=wall_clock(offer.opened_at, day.branch.tz))
        forgiven = by_person and not (follows and offer.by_person)
        if asked.state is AskedState.TIMEOUT and offer.terms == terms and not forgiven:
            return reason("fill.silent", at=wall_clock(offer.opened_at, day.branch.tz))
    return None


def _is_on_call(day: Day, clinician_id: PartyId, now: datetime) -> bool:
    own = (s for s in day.shifts if s.clinician_id == clinician_id and s.is_on_call)
    return any(s.starts_at <= now < s.ends_at for s in own)
