"""Someone who was asked says yes: the position is theirs if it still fits their day and every hard rule."""

from dataclasses import replace
from datetime import datetime, timedelta

from suture.dispatch.effect import Effect
from suture.dispatch.outcome import told_before
from suture.dispatch.why import in_words
from suture.model.day import Day
from suture.model.decision import Absence
from suture.model.offers import Asked, AskedState, Offer, OfferState
from suture.model.people import Availability, AvailabilityKind, shifts_of
from suture.model.plan import Assignment, Source, told_window
from suture.planner.day.who_could import Could, who_could
from suture.rules.book import Rulebook
from suture.rules.evaluate import evaluate
from suture.words.reason import Reason, reason

TAKEN = "offer:"
"""How the reason of hours begins that someone gave by saying yes."""


def take(day: Day, offer: Offer, asked: Asked, rulebook: Rulebook, now: datetime) -> Effect | Reason:
    """The day with the position theirs, around the time that they were asked for; or what is in the way by now."""
    visit = day.visits[offer.key.visit_id]
    if asked.clinician_id not in day.clinicians:
        return reason("signal.gone")
    window = told_window(visit, asked.starts_at, day.places[visit.place_id].tz)
    rules = evaluate(rulebook, day)
    found = who_could(
        day.with_taken(),
        rules,
        offer.key,
        now,
        among={asked.clinician_id},
        between=(window.open, window.close),
    )
    if not found.could:
        said = in_words(day, rules, offer.key, found.cannot)
        return said[0] if said else reason("signal.offer_covered", visit=visit.external_id)
    return _theirs(day, offer, found.could[0], now)


def _theirs(day: Day, offer: Offer, could: Could, now: datetime) -> Effect:
    visit, clinician = day.visits[offer.key.visit_id], day.clinicians[could.clinician_id]
    told = told_before(day, visit)
    if told is None or not told.contains(could.starts_at):
        told = told_window(visit, could.starts_at, day.places[visit.place_id].tz)
    stop = Assignment(
        key=offer.key,
        clinician_id=could.clinician_id,
        route_order=0,
        starts_at=could.starts_at,
        ends_at=could.starts_at + timedelta(minutes=visit.duration_minutes),
        told=told,
        pinned=True,  # they said yes to this; it is no one else's to move
        source=Source.HUMAN,
    )
    start, end = could.hours
    hours = Availability(could.clinician_id, start, end, AvailabilityKind.AVAILABLE)
    availability = (*day.availability, hours) if could.extra else day.availability
    given = Absence(could.clinician_id, start, end, f"{TAKEN}{offer.id}", AvailabilityKind.AVAILABLE)
    return Effect(
        replace(
            day,
            availability=availability,
            shifts=shifts_of(availability),
            taken={**day.taken, offer.key: stop},
            offers=tuple(won(o, could.clinician_id, now) if o.id == offer.id else o for o in day.offers),
        ),
        because=reason("signal.took", who=clinician.name, visit=visit.external_id),
        replans=True,
        absences=(given,) if could.extra else (),
        won=(offer.key,),
        no_old_times=(could.clinician_id,),
    )


def won(offer: Offer, clinician_id: int, now: datetime) -> Offer:
    """The round as one person's; the others who were still asked are told that it is covered."""

    def became(asked: Asked) -> Asked:
        if asked.clinician_id == clinician_id:
            return replace(asked, state=AskedState.ACCEPTED, answered_at=asked.answered_at or now)
        return replace(asked, state=AskedState.RESCINDED) if asked.state is AskedState.PENDING else asked

    asked = tuple(map(became, offer.asked))
    return replace(offer, state=OfferState.ACCEPTED, asked=asked, decided_at=now)
