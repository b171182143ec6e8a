"""Whatever a morning brings: nobody is lost, no hard rule is broken, nothing fixed moves, and once is enough."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests import invariants as must
from tests import offer_invariants as offers
from tests.builders import a_window, an_open_shift, at
from tests.sim.core_mode import a_visit_like
from tests.unit.dispatch.a_morning import (
    RULEBOOK,
    a_free_day,
    added,
    after,
    answered,
    asked,
    asking,
    began,
    called_out,
    cancelled,
    closed,
    day_answered,
    day_not_accepted,
    decided,
    ended,
    free,
    held,
    late,
    no_check_in,
    no_check_out,
    on_the_roster,
    otherwise,
    planned,
    ran_over,
    released,
    reopening,
    says,
    silent,
    time_is_up,
    traffic,
    working,
)

from suture.model.day import Day
from suture.model.decision import Decision
from suture.model.ids import SignalId, VisitId
from suture.model.offers import OfferAnswer, OfferMode
from suture.model.plan import Source
from suture.model.signals import (
    Answer,
    CallOut,
    Cancellation,
    CheckIn,
    ClinicianFree,
    Outcome,
    Reopened,
    RunningLate,
    Signal,
    SiteClosed,
    TravelDisruption,
    VisitHeld,
    VisitReleased,
)
from suture.model.visit import Visit, VisitKind, VisitStatus

MORNINGS = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
AT_MOST = 6


@dataclass(frozen=True)
class Morning:
    """A published day that hypothesis can show on a screen."""

    day: Day

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        visits = [
            f"{v.external_id} x{v.positions} {v.kind} for {'/'.join((*v.roles, *v.required_skills))} "
            f"{v.window.earliest_start:%H:%M}-{v.window.latest_start:%H:%M}"
            for v in self.day.visits.values()
        ]
        plan = [
            f"V-{a.key.visit_id:02}.{a.key.position} by E-{a.clinician_id - 100:02} at {a.starts_at:%H:%M}"
            f"{' pinned' * a.pinned}"
            for a in self.day.plan.assignments.values()
        ]
        printer.text("\n".join(["times in UTC", *visits, *plan]))


@st.composite
def published_mornings(draw: st.DrawFn) -> Morning:
    count = draw(st.integers(3, AT_MOST))
    visits = [draw(a_visit_like(n)) for n in range(1, count + 1)]
    if draw(st.booleans()):
        visits.append(an_open_shift(count + 1, place_id=visits[0].place_id, status=VisitStatus.REQUESTED))
    free_day = a_free_day(visits)
    coded = {p: replace(place, postal_code=f"432{p:02}") for p, place in free_day.places.items()}
    day = planned(replace(free_day, places=coded))
    pinned = draw(st.sampled_from([None, *day.plan.assignments]))
    if pinned is not None:
        fixed = replace(day.plan.assignments[pinned], pinned=True, source=Source.HUMAN)
        day = replace(day, plan=replace(day.plan, assignments={**day.plan.assignments, pinned: fixed}))
    return Morning(day)


@dataclass(frozen=True)
class Step:
    """Something happens `minutes` after the last thing; what exactly is read off the day as it stands then."""

    kind: int
    minutes: int
    which: int
    choice: int


STEP = st.builds(Step, st.integers(0, 28), st.integers(0, 40), st.integers(0, 20), st.integers(0, 3))
STEPS = st.lists(st.lists(STEP, min_size=1, max_size=2), min_size=1, max_size=5)


def happening(step: Step, day: Day, now: datetime, n: int) -> Signal:  # noqa: C901 - a line a kind
    """The signal of a step, of any visit, clinician or place."""
    number = sorted(day.visits)[step.which % len(day.visits)]
    clinician = 1 + step.which % len(day.clinicians)
    match step.kind:
        case 0:
            until = now + timedelta(hours=1) if step.choice == 0 else at("23:59")
            return called_out(clinician, now, until=until, n=n)
        case 1:
            return cancelled(number, now, by="agency" if step.choice else "patient", n=n)
        case 2 | 3:
            return began(number, now, n=n)
        case 4 | 5:
            return ended(number, now, Outcome.NOT_HOME if step.choice == 0 else Outcome.DONE, n=n)
        case 6:
            return ran_over(number, now + timedelta(minutes=5 + 20 * step.choice), now, n=n)
        case 7:
            return day_answered(
                clinician, _newest_touch(day, clinician), [Answer.ACCEPT, Answer.DECLINE][step.choice % 2], now, n=n
            )
        case 8 if promises := [p for p in day.promises if p.party_id > 200]:
            return answered(promises[step.which % len(promises)], [*Answer][step.choice], now, n=n)
        case 10:
            return began(number, now, clinician=clinician, n=n)
        case 11 | 12:
            return otherwise(number, now, n=n)
        case 13:
            return on_the_roster(clinician, now, n=n)
        case 14:
            return held(number, now, n=n)
        case 15:
            return released(number, now, n=n)
        case 16:
            return reopening(number, now, n=n)
        case 17:
            return late(clinician, 10 + 30 * step.choice, now, n=n)
        case 18:
            return no_check_in(number, now, absent=step.choice == 0, n=n)
        case 19 if step.choice < 2:
            return silent(number, now, n=n)
        case 19:
            return day_not_accepted(clinician, _newest_touch(day, clinician), now, n=n)
        case 20:
            return free(clinician, *SPANS[step.choice], now, n=n)
        case 21:
            return closed(number, *SPANS[step.choice], now, n=n)
        case 22:
            percent = None if step.choice == 0 else 150
            return traffic(percent, *SPANS[step.choice], *AREAS[step.which % 2], when=now, n=n)
        case 23 | 24:
            return no_check_out(number, now, n=n)
        case 25 | 26 if open_now := [key for key in day.open_positions() if key not in day.plan.assignments]:
            key = open_now[step.which % len(open_now)]
            return asking(key.visit_id, now, n=n, position=key.position, mode=[None, *OfferMode][step.choice])
        case 27 if day.offers:
            offer = day.offers[-1 - step.which % min(3, len(day.offers))]
            who = offer.asked[step.which % len(offer.asked)].clinician_id - 100
            answer = OfferAnswer.PASS if step.choice == 0 else OfferAnswer.TAKE
            return says(who, answer, now, offer=offer.id, n=n)
        case 28 if day.offers:
            return time_is_up(now, offer=day.offers[-1 - step.which % min(3, len(day.offers))].id, n=n)
        case _:
            return added(number, now, n=n)


SPANS = [("08:00", "09:00"), ("09:00", "10:00"), ("07:00", "13:00"), ("11:00", "12:30")]
AREAS: list[tuple[str, ...]] = [(), ("4321", "43205")]


def told_by_a_file(step: Step, day: Day) -> Day:
    """The day once a file has said what a step's signal is about: another window, on hold, other hours."""
    number = sorted(day.visits)[step.which % len(day.visits)]
    visit_now = day.visits[number]
    if step.kind in (11, 12) and not visit_now.is_started and not visit_now.is_closed:
        if step.choice == 0 or visit_now.kind is VisitKind.OPEN_SHIFT:
            return asked(day, number, held=not visit_now.held)
        opens = 8 + step.choice
        window = a_window(f"{opens:02}:00", "12:00", care_minutes=visit_now.duration_minutes)
        return asked(day, number, window=window)
    if step.kind == 13:
        hours = [(), (("07:00", "10:00"),), (("10:00", "13:00"),), (("07:00", "13:00"),)][step.choice]
        return working(day, 1 + step.which % len(day.clinicians), *hours)
    return day


def _newest_touch(day: Day, clinician: int) -> int:
    return max((p.touch_id for p in day.promises if p.party_id == 100 + clinician), default=0)


@MORNINGS
@given(published_mornings(), STEPS, a_visit_like(90), st.integers(0, 9))
def test_a_morning_heals_itself(morning: Morning, steps: Sequence[Sequence[Step]], extra: Visit, seed: int):
    day, now, n = morning.day, at("07:30"), 0
    for batch in steps:
        now += timedelta(minutes=batch[0].minutes)
        for step in batch:
            day = told_by_a_file(step, day)
        signals = [happening(step, day, now, n := n + 1) for step in batch]
        if batch[0].kind == 9 and extra.id not in day.visits:
            day = replace(
                day,
                visits={
                    **day.visits,
                    extra.id: replace(extra, patient_id=None, place_id=day.visits[VisitId(1)].place_id),
                },
            )
            signals.append(added(extra.id, now, n=(n := n + 1)))
        decision = decided(day, *signals, now=now, seed=seed)
        healed = after(day, decision)
        must.no_one_is_lost(healed)
        must.no_hard_rule_is_broken(healed, decision, RULEBOOK, now)
        must.nothing_fixed_moves(day, healed, signals)
        must.who_called_out_is_gone(day, healed, decision, signals)
        offers_hold(day, healed, decision, signals, now)
        assert decided(day, *signals, now=now, seed=seed) == decision, "the same inputs give the same decision"
        handled_twice_is_handled_once(healed, decided(healed, *signals, now=now, seed=seed), signals)
        day = healed


def offers_hold(day: Day, healed: Day, decision: Decision, signals: Sequence[Signal], now: datetime) -> None:
    offers.one_round_at_a_time(healed)
    offers.no_offer_outlives_its_visit(healed)
    offers.no_offer_has_two_winners(healed)
    offers.what_is_over_stays_over(day, healed)
    offers.a_position_is_won_once(day, healed, decision, signals)
    offers.a_winner_may_have_it(day, healed, decision, RULEBOOK, now)


@MORNINGS
@given(published_mornings(), st.lists(STEP, min_size=2, max_size=6), st.data(), st.integers(0, 9))
def test_the_order_in_which_signals_come_in_and_their_repeats_change_nothing(
    morning: Morning, steps: Sequence[Step], data: st.DataObject, seed: int
):
    """Each happens at an instant of its own; docs/signals.md says what is a tie."""
    day, now = with_people_asked(morning.day), at("09:00")
    for step in steps:
        day = told_by_a_file(step, day)
    signals = [happening(step, day, at("07:30") + n * timedelta(minutes=7), n) for n, step in enumerate(steps)]
    repeats = [replace(s, id=SignalId(100 + s.id)) for s in data.draw(st.lists(st.sampled_from(signals), max_size=3))]
    came = data.draw(st.permutations([*signals, *repeats]))
    came = [replace(s, received_at=now + n * timedelta(seconds=1)) for n, s in enumerate(came)]
    in_order = after(day, decided(day, *signals, now=now, seed=seed))
    assert what_is(after(day, decided(day, *came, now=now, seed=seed))) == what_is(in_order)


def with_people_asked(day: Day) -> Day:
    """The day once people were asked to take whatever has no clinician; an hour's time to answer."""
    day = replace(day, offering=replace(day.offering, expires_soon=timedelta(hours=1)))
    asks = [asking(k.visit_id, "07:20", position=k.position) for k in day.open_positions()]
    return after(day, decided(day, *asks)) if asks else day


def what_is(day: Day) -> dict[str, Any]:
    """A day without the numbers that count how often it was written, and by what."""
    return {
        "plan": day.plan.assignments,
        "visits": [replace(v, rev=0, visit_rev=0) for v in day.visits.values()],
        "shifts": day.shifts,
        "travel": day.travel,
        "answers": {(p.visit_id, p.party_id, p.answer) for p in day.promises},
        "declined": day.declined,
        "cases": {(c.kind, c.subject) for c in day.cases if c.subject.kind != "signal"},
        "disruptions": {replace(d, source="") for d in day.disruptions},
        "offers": day.offers,
    }


EACH_OTHER_BACK: list[set[type[Signal]]] = [
    {Cancellation, Reopened},
    {VisitHeld, VisitReleased},
    {CallOut, ClinicianFree},
    {SiteClosed, VisitReleased},
    {TravelDisruption, VisitReleased},
    {CheckIn, Cancellation},  # a check-in by name counts at a visit that is cancelled, at whatever hour
]


def handled_twice_is_handled_once(healed: Day, again: Decision, signals: Sequence[Signal]) -> None:
    """Where somebody is still missing, the search may go on and find a better plan; else nothing changes at all.

    Two that take each other back are both news when they come again; who lost the visit they were late for is late for
    their next one.
    """
    kinds = {type(s) for s in signals}
    late_for_another = any(isinstance(s, RunningLate) for s in signals) and again.changes
    if late_for_another or any(pair <= kinds for pair in EACH_OTHER_BACK):
        return
    must.handled_twice_is_handled_once(healed, again)
