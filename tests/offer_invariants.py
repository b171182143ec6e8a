"""What holds of offers whatever has happened: one winner or none, nothing outlives its visit, and the truth is told.

Counted by hand from the day, never by the code that asks people.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from tests.invariants import BY_TIME

from suture.model.day import Day
from suture.model.decision import Decision
from suture.model.ids import OfferId, PartyId
from suture.model.instants import local_date, wall_clock
from suture.model.messages import Step
from suture.model.offers import Asked, AskedState, Offer, OfferAnswer, OfferState, Terms
from suture.model.people import AvailabilityKind
from suture.model.plan import Source
from suture.model.signals import OfferAnswered, OfOffer, Signal
from suture.planner.day.check import check
from suture.planner.day.problem import build
from suture.planner.day.solution import from_assignments
from suture.rules.book import Rulebook
from suture.rules.evaluate import evaluate

OVER = {AskedState.ACCEPTED, AskedState.REJECTED, AskedState.TIMEOUT, AskedState.CANCELED, AskedState.RESCINDED}

# --- as the day is ----------------------------------------------------------------------------------------------------


def one_round_at_a_time(day: Day) -> None:
    """A position is put to people in one pending offer at most, and to no one twice in it."""
    pending = Counter(o.key for o in day.offers if o.is_pending)
    assert all(n == 1 for n in pending.values()), f"two offers of one position are pending: {pending}"
    asked = Counter((o.key.visit_id, a.clinician_id) for o in day.offers if o.is_pending for a in o.asked if _waits(a))
    assert all(n == 1 for n in asked.values()), f"someone is asked for two positions of a visit at once: {asked}"
    for offer in day.offers:
        assert len({a.clinician_id for a in offer.asked}) == len(offer.asked) > 0, f"offer {offer.id} asks one twice"


def no_offer_outlives_its_visit(day: Day) -> None:
    """What is still offered is still to be had, and as it was offered."""
    for offer in (o for o in day.offers if o.is_pending):
        visit, name = day.visits.get(offer.key.visit_id), f"offer {offer.id}"
        assert visit is not None and visit.service_date == day.service_date, f"{name} is of another day by now"
        assert offer.key not in day.plan.assignments, f"{name} is pending, and {visit.external_id} has a clinician"
        over = visit.is_closed or visit.is_started or visit.held or offer.key.position > visit.positions
        assert not over, f"{name} is pending, and {visit.external_id} is {visit.status}{' on hold' * visit.held}"
        assert Terms.of(visit) == offer.terms, f"{name} is pending, and {visit.external_id} is not what was offered"


def no_offer_has_two_winners(day: Day) -> None:
    """One where it was accepted, else none; and once a round is over, it is over for everyone whom it asked."""
    for offer in day.offers:
        won = [a.clinician_id for a in offer.asked if a.state is AskedState.ACCEPTED]
        assert len(won) == (offer.state is OfferState.ACCEPTED), f"offer {offer.id} is {offer.state}, won by {won}"
        waits = [a.clinician_id for a in offer.asked if a.state not in OVER]
        assert offer.is_pending or not waits, f"offer {offer.id} is {offer.state}, and {waits} still wait"
        assert offer.is_pending is (offer.decided_at is None), (
            f"offer {offer.id} is {offer.state}, and no one knows when"
        )


# --- what a decision did ----------------------------------------------------------------------------------------------


def what_is_over_stays_over(before: Day, healed: Day) -> None:
    """No one takes what is gone, and no one loses what they took."""
    for was in before.offers:
        now = _known(healed, was.id)
        assert (now.key, now.terms, now.round) == (was.key, was.terms, was.round), f"offer {was.id} is another now"
        assert was.is_pending or now.state is was.state, f"offer {was.id} was {was.state}, and is {now.state}"


def a_position_is_won_once(before: Day, healed: Day, decision: Decision, signals: Sequence[Signal]) -> None:
    """Of all who say yes to an open position one has it: it is in the plan as theirs, and stays."""
    won = list(_won(before, decision))
    assert len({o.key for o, _ in won}) == len(won), "a position is won twice at once"
    for offer, winner in won:
        assert offer.key not in before.plan.assignments, f"{offer.key} was won, and had a clinician"
        if all(isinstance(s, OfOffer) for s in signals):  # nothing else has come in between
            stop = healed.plan.assignments.get(offer.key)
            assert stop is not None, f"{winner.clinician_id} won {offer.key}, and it is in no route"
            assert stop.clinician_id == winner.clinician_id, f"{winner.clinician_id} won what {stop.clinician_id} has"
            assert (stop.pinned, stop.source) == (True, Source.HUMAN), f"{offer.key} was won, and may be moved"


def a_winner_may_have_it(before: Day, healed: Day, decision: Decision, book: Rulebook, now: datetime) -> None:
    """By every hard rule, at that time, and beside all else that they have."""
    won = [(o, a) for o, a in _won(before, decision) if o.key in healed.plan.assignments]
    if not won:
        return
    rules = evaluate(book, healed)
    problem = build(healed, rules, now=now)
    broken = {(v.clinician_id, v.rule) for v in check(problem, from_assignments(problem, healed.plan))}
    if broken:
        was = build(before, evaluate(book, before), now=now)
        broken -= {(v.clinician_id, v.rule) for v in check(was, from_assignments(was, before.plan))}
    for offer, winner in won:
        who, visit, stop = winner.clinician_id, healed.visits[offer.key.visit_id], healed.plan.assignments[offer.key]
        if stop.clinician_id != who or visit.is_started or not visit.is_plannable:
            continue
        assert rules.pairs[who, visit.id].eligible, f"{who} won {offer.key}, and may not"
        assert (who, visit.id) not in healed.declined, f"{who} won {offer.key}, and had said no"
        in_window = visit.window.earliest_start <= stop.starts_at <= visit.window.latest_start
        assert in_window and stop.told.contains(stop.starts_at), f"{offer.key} was won for {stop.starts_at:%H:%M} UTC"
        seats = [healed.plan.assignments.get(key) for key in visit.position_keys()]
        assert [s.clinician_id for s in seats if s].count(who) == 1, f"{who} has two seats of {visit.external_id}"
        faults = {rule for c, rule in broken if c == who and (rule in BY_TIME or rule not in ("lost", "window"))}
        assert not faults, f"{who} won {offer.key}, which breaks {faults}"


def no_one_is_asked_who_should_not_be(healed: Day, decision: Decision, book: Rulebook, now: datetime) -> None:
    """Not who may not, not who said no today, not at night unless on call, and not too often."""
    new = [o for o in decision.offers if not o.id]
    if not new:
        return
    rules, policy, tz = evaluate(book, healed), healed.offering, healed.branch.tz
    said_no = {
        (o.key.visit_id, a.clinician_id) for o in healed.offers for a in o.asked if a.state is AskedState.REJECTED
    }
    today = Counter(
        a.clinician_id for o in healed.offers if local_date(o.opened_at, tz) == local_date(now, tz) for a in o.asked
    )
    in_hours = policy.opens <= wall_clock(now, tz).time() < policy.closes
    for offer in new:
        assert now < offer.expires_at <= healed.visits[offer.key.visit_id].window.latest_start, "no time to answer"
        for who in (a.clinician_id for a in offer.asked):
            pair = offer.key.visit_id, who
            assert rules.pairs[who, offer.key.visit_id].eligible, f"{who} is asked to take {offer.key}, and may not"
            assert pair not in said_no and pair[::-1] not in healed.declined, (
                f"{who} said no to {offer.key}, and is asked"
            )
            assert in_hours or _is_on_call(healed, who, now), f"{who} is asked at {wall_clock(now, tz):%H:%M}"
            assert today[who] <= policy.most_a_day, f"{who} is asked {today[who]} times today"


def whoever_answers_hears_the_truth(
    healed: Day, signals: Sequence[Signal], heard: Iterable[tuple[int, PartyId, Step]]
) -> None:
    """Who has it hears so, and so does whoever said yes and has it not, or was asked for what is gone. `heard`: all
    that was said of offers by now, or is to be."""
    known = set(heard)
    for offer, asked in _each(healed):
        pair = offer.id, asked.clinician_id
        assert (*pair, Step.S_OFFER) in known, f"{asked.clinician_id} was asked, and no message says so"
        has_it = asked.state is AskedState.ACCEPTED
        assert ((*pair, Step.S_OFFER_WON) in known) is has_it, (
            f"{asked.clinician_id} and offer {offer.id}: {asked.state}"
        )
        if asked.state in (AskedState.RESCINDED, AskedState.CANCELED):
            assert (*pair, Step.S_OFFER_GONE) in known, (
                f"{asked.clinician_id} is not told that offer {offer.id} is gone"
            )
        if asked.state is AskedState.TIMEOUT:
            assert not asked.answered_at, f"{asked.clinician_id} answered offer {offer.id}, and counts as silent"
    answers = sorted((s for s in signals if isinstance(s, OfferAnswered)), key=lambda s: s.occurred_at)
    last = {(s.offer_id, s.clinician_id): s for s in answers}
    for (offer_id, who), said in last.items():
        answered = next((a for o, a in _each(healed) if (o.id, a.clinician_id) == (offer_id, who)), None)
        if answered is None or said.answer is OfferAnswer.PASS or answered.is_willing:
            continue
        is_told = answered.state is AskedState.ACCEPTED or (offer_id, who, Step.S_OFFER_GONE) in known
        assert is_told, f"{who} said yes to offer {offer_id}, and hears nothing"
    parties = {(o.id, a.clinician_id) for o, a in _each(healed)}
    assert {(o, who) for o, who, _ in known} <= parties, "someone hears of an offer who was not asked"


def said_twice_is_said_once(again: Decision) -> None:
    """Decided again no offer changes, except with the plan."""
    assert not again.offers or again.changes, f"decided again, offers are others: {again.offers}"


def _waits(asked: Asked) -> bool:
    return asked.state is AskedState.PENDING


def _known(day: Day, number: OfferId) -> Offer:
    return next(o for o in day.offers if o.id == number)


def _each(day: Day) -> Iterator[tuple[Offer, Asked]]:
    return ((offer, asked) for offer in day.offers for asked in offer.asked)


def _won(before: Day, decision: Decision) -> Iterator[tuple[Offer, Asked]]:
    """What was won with a decision, and by whom."""
    old = {o.id for o in before.offers if o.state is OfferState.ACCEPTED}
    for offer in decision.offers:
        if offer.state is OfferState.ACCEPTED and offer.id not in old:
            yield from ((offer, a) for a in offer.asked if a.state is AskedState.ACCEPTED)


def _is_on_call(day: Day, clinician_id: PartyId, now: datetime) -> bool:
    own = (a for a in day.availability if a.clinician_id == clinician_id and a.kind is AvailabilityKind.ON_CALL)
    return any(a.starts_at <= now < a.ends_at for a in own)
