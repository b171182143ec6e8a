"""Core mode: a day in memory, and everything that must be true after each decision about it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule
from tests import invariants as must
from tests import offer_invariants as offers
from tests.builders import a_window, an_open_shift, at
from tests.sim import told
from tests.sim.a_played_day import ANY, PlayedDay
from tests.sim.in_memory import InMemory
from tests.unit.dispatch.a_morning import RULEBOOK, THE_DAY_BEFORE, a_free_day, asked, visit, without, working

from suture.model.day import Day
from suture.model.decision import Decision
from suture.model.ids import PartyId, VisitId
from suture.model.offers import OfferPolicy
from suture.model.people import Away, Clinician, shifts_of
from suture.model.plan import Source, Stage
from suture.model.signals import (
    RosterField,
    RunningLate,
    Signal,
)
from suture.model.visit import Priority, Visit, VisitKind, VisitStatus
from suture.outreach.policy import OutreachPolicy
from suture.rules.book import Rulebook, load

GATE = """
version: 1
packs: [us-federal-home-health]
rules:
- {{id: gate, title: Asked first, kind: gate, when: "v.kind == 'home_visit'", needs: patient_confirmed, by: "-90min",
    else: {word}, because: A wasted trip., owner: tests}}
"""
WORDS = ("hold_and_flag", "hold", "drop_to_waitlist")
BOOKS: dict[str, Rulebook] = {"riverbend": RULEBOOK, **{w: load(GATE.format(word=w), name=w) for w in WORDS}}
"""Riverbend's rules, whose gate releases; and one book for each other word of a gate."""
POLICY = OutreachPolicy()
HOURS = ((), (("07:00", "10:00"),), (("10:00", "13:00"),), (("07:00", "13:00"),), (("07:00", "17:00"),))
MOST_VISITS = 12
ASKING = OfferPolicy(most_at_once=2, most_a_day=5, expires_soon=timedelta(minutes=25), expires=timedelta(minutes=60))
"""So that one day has many rounds, and time to answer them."""


@st.composite
def a_visit_like(draw: st.DrawFn, number: int) -> Visit:
    opens, hours = draw(st.integers(8, 10)), draw(st.integers(1, 4))
    last = 12
    if draw(st.sampled_from([False] * 5 + [True])):  # after everyone's hours: only who is asked can take it
        opens, last = opens + 5, 17
    kind = draw(st.sampled_from([VisitKind.HOME_VISIT] * 4 + [VisitKind.APPOINTMENT]))
    closes = f"{opens}:30" if kind is VisitKind.APPOINTMENT else f"{min(last, opens + hours)}:00"
    return visit(
        number,
        kind=kind,
        window=a_window(f"{opens:02}:00", closes.zfill(5)),
        roles=draw(st.sampled_from([("RN", "LPN"), ("RN",), ("HHA",)])),
        required_skills=draw(st.sampled_from([(), (), (), ("iv",)])),
        positions=1 if kind is VisitKind.APPOINTMENT else draw(st.sampled_from([1, 1, 1, 2])),
        priority=draw(st.sampled_from(list(Priority))),
        status=VisitStatus.REQUESTED,
        patient_id=PartyId(200 + draw(st.sampled_from([number, number, number, 1]))),
    )


@dataclass(frozen=True)
class FreeDay:
    """A day before its first plan, that Hypothesis can show on a screen."""

    day: Day

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        visits = [
            f"{v.external_id} x{v.positions} {v.kind} of {v.patient_id} for {'/'.join((*v.roles, *v.required_skills))} "
            f"{v.window.earliest_start:%H:%M}-{v.window.latest_start:%H:%M} UTC, {v.priority.name}"
            for v in self.day.visits.values()
        ]
        printer.text("\n    ".join(["a day of", *visits]))


@st.composite
def free_days(draw: st.DrawFn) -> FreeDay:
    """A day before its first plan: some visits, mostly to patients of their own, sometimes a shift."""
    count = draw(st.integers(3, 7))
    visits = [draw(a_visit_like(n)) for n in range(1, count + 1)]
    if draw(st.booleans()):
        visits.append(an_open_shift(count + 1, place_id=visits[0].place_id, status=VisitStatus.REQUESTED))
    day = a_free_day(visits)
    codes = {
        p: replace(place, postal_code=f"432{place.id:02}", site=f"Site {place.id}") for p, place in day.places.items()
    }
    return FreeDay(replace(day, places=codes, offering=ASKING))


class Core(InMemory):
    """The day in memory as the machine plays it."""

    def __init__(self, day: Day, book: Rulebook, decided: Callable[..., None]) -> None:
        super().__init__(day, book, POLICY, THE_DAY_BEFORE, decided)
        self._gone: dict[PartyId, Clinician] = {}
        self._records = 0

    def wait(self, minutes: int) -> None:
        self.wait_until(self.now + timedelta(minutes=minutes))

    def jump(self, minutes: int) -> None:
        self.set_clock(self.now + timedelta(minutes=minutes))

    def end(self) -> None:
        """Nothing is held."""

    def check(self) -> None:
        if self.waiting:  # what was reported is not decided yet
            return
        day = self.day()
        must.no_one_is_lost(day)
        must.holds_wait(day)
        offers.one_round_at_a_time(day)
        offers.no_offer_outlives_its_visit(day)
        offers.no_offer_has_two_winners(day)
        if day.plan.stage is Stage.PUBLISHED:
            told.everybody_knows_or_will(self.outbox, day, self.now)
            told.nobody_is_woken(self.outbox, POLICY)
            told.nobody_hears_the_same_twice(self.told(), day)
            told.nobody_hears_of_an_offer_twice(self.outbox)

    # --- what files say -------------------------------------------------------------------------------------------

    def change_visit(self, visit: Visit, choice: int) -> None:
        day, number = self.stored, visit.id
        if visit.is_closed or visit.is_started:
            return
        if choice % 4 == 0:
            day = asked(day, number, held=not day.visits[number].held)
        elif choice % 4 == 1 and visit.kind is VisitKind.HOME_VISIT:
            day = asked(day, number, positions=1 + choice % 2)
        elif visit.kind is not VisitKind.OPEN_SHIFT:
            window = a_window(f"{8 + choice % 4:02}:00", "12:00", care_minutes=visit.duration_minutes)
            day = asked(day, number, window=window)
        self.stored = day
        self._record("visit_changed", visit_id=number)

    def change_staff(self, clinician_id: PartyId, choice: int) -> None:
        number, field = clinician_id - 100, RosterField.HOURS
        if clinician_id in self._gone:
            back, field = self._gone.pop(clinician_id), RosterField.STATUS
            day = working(self.stored, number, ("07:00", "13:00"))
            people = dict(sorted({**day.clinicians, clinician_id: back}.items()))
            away = {c: a for c, a in day.away.items() if c != clinician_id}
            self.stored = replace(day, clinicians=people, away=away)
        elif choice % 6 == 5:
            self._gone[clinician_id], field = self.stored.clinicians[clinician_id], RosterField.STATUS
            gone = {**self.stored.away, clinician_id: Away(self._gone[clinician_id].name, "leave")}
            self.stored = replace(without(self.stored, number), away=gone)
        else:
            called_out = tuple(a for a in self.stored.availability if a.clinician_id == clinician_id and a.called_out)
            day = working(self.stored, number, *HOURS[choice % 5])
            hours = (*day.availability, *called_out)
            self.stored = replace(day, availability=hours, shifts=shifts_of(hours))
        self._record("roster_change", clinician_id=clinician_id, changed=field)

    def add_visit(self, like: Visit, choice: int) -> None:
        if len(self.stored.visits) >= MOST_VISITS:
            return
        number = VisitId(max(self.stored.visits) + 1)
        changes = {"external_id": f"V-{number:02}", "status": VisitStatus.REQUESTED, "held": False}
        new = visit(number, **{**changes, "patient_id": like.patient_id, "place_id": like.place_id})
        new = replace(new, priority=Priority(1 + choice % 3), kind=VisitKind.HOME_VISIT)
        self.stored = replace(self.stored, visits={**self.stored.visits, number: new})
        self._record("new_visit", visit_id=number)

    def _record(self, kind: str, **body: Any) -> None:
        self._records += 1
        self.tell(kind, f"record-{self._records}", **body)


class CoreMode(PlayedDay):
    """The machine of core mode."""

    world: Core

    @initialize(
        free=free_days(), book=st.sampled_from(sorted(BOOKS)), start=st.sampled_from(("15:30", "06:00", "07:30"))
    )
    def a_day(self, free: FreeDay, book: str, start: str) -> None:
        self.world = Core(free.day, BOOKS[book], self.decided)
        self.world.plan()
        if start != "15:30":  # on the day before: still a draft
            self.world.publish()
            self.world.wait_until(at(start))

    @precondition(lambda self: self.world.now < at("04:00"))
    @rule()
    def the_night_passes(self) -> None:
        self.world.wait_until(at("06:30"))

    @rule(which=ANY)
    def a_person_pins(self, which: int) -> None:
        """Clinician and start of a visit are fixed by hand."""
        day = self.world.stored
        if not day.plan.assignments:
            return
        key = sorted(day.plan.assignments)[which % len(day.plan.assignments)]
        if day.visits[key.visit_id].status in (VisitStatus.SCHEDULED, VisitStatus.CONFIRMED):
            fixed = replace(day.plan.assignments[key], pinned=True, source=Source.HUMAN)
            plan = replace(day.plan, assignments={**day.plan.assignments, key: fixed})
            self.world.stored = replace(day, plan=plan)

    def decided(self, before: Day, healed: Day, decision: Decision, signals: Sequence[Signal]) -> None:
        """Look at one decision from all sides; where it is wrong, say what the day was like."""
        note(f"{self.world.now:%H:%M} UTC decided: {decision.because} {must.moves(decision)}")
        try:
            self._look_at(before, healed, decision, signals)
        except AssertionError:
            note(f"before:\n{in_words(before)}\nafter:\n{in_words(healed)}")
            raise

    def _look_at(self, before: Day, healed: Day, decision: Decision, signals: Sequence[Signal]) -> None:
        now, book = self.world.now, self.world.book
        must.no_one_is_lost(healed)
        must.every_case_says_why(decision)
        must.no_hard_rule_is_broken(healed, decision, book, now)
        must.facts_only_grow(before, healed)
        must.nothing_fixed_moves(before, healed, signals)
        must.time_critical_care_is_dispatched(healed)
        must.no_case_outlives_its_cause(healed)
        if healed.plan.stage is Stage.PUBLISHED:
            must.a_yes_opens_the_gate(healed)
            must.a_gate_binds_only_who_was_asked(before, healed, signals)
        self._look_at_offers(before, healed, decision, signals)
        if signals:
            must.who_called_out_is_gone(before, healed, decision, signals)
            must.silence_moves_nobody(before, healed, signals)
            self._again(before, healed, decision, signals)

    def _look_at_offers(self, before: Day, healed: Day, decision: Decision, signals: Sequence[Signal]) -> None:
        now, book = self.world.now, self.world.book
        offers.what_is_over_stays_over(before, healed)
        offers.a_position_is_won_once(before, healed, decision, signals)
        offers.a_winner_may_have_it(before, healed, decision, book, now)
        offers.no_one_is_asked_who_should_not_be(healed, decision, book, now)
        offers.whoever_answers_hears_the_truth(healed, signals, self.world.outbox.of_offers())

    def _again(self, before: Day, healed: Day, decision: Decision, signals: Sequence[Signal]) -> None:
        decide = self.world.decide
        assert decide(before, signals) == decision, "the same inputs give the same decision"
        published = healed.plan.stage is Stage.PUBLISHED  # of a draft no one holds anything to
        if published and len(signals) == 1 and not takes_over_from_who_is_late(decision, signals[0]):
            again = decide(healed, signals)
            must.handled_twice_is_handled_once(healed, again)
            offers.said_twice_is_said_once(again)
        if len(signals) > 1 and len({s.occurred_at for s in signals}) == len(signals):
            other_way = decide(before, signals[::-1])
            same = (other_way.assignments, other_way.visit_updates, set(other_way.cases_closed), other_way.offers)
            this_way = (decision.assignments, decision.visit_updates, set(decision.cases_closed), decision.offers)
            assert same == this_way, "the order in which reports come matters"


def takes_over_from_who_is_late(decision: Decision, signal: Signal) -> bool:
    """A declared tie: somebody else has the visit that its clinician is late for, so that now she is late for the next.

    Said again, it means that one.
    """
    taken = (
        c for c in decision.changes if c.before and (c.after is None or c.after.clinician_id != c.before.clinician_id)
    )
    return isinstance(signal, RunningLate) and any(taken)


def in_words(day: Day) -> str:
    """Who is where, for a person who looks for a fault."""
    lines = []
    for v in day.visits.values():
        seats = [a for key in v.position_keys() if (a := day.plan.assignments.get(key))]
        who = ", ".join(f"{a.clinician_id} {_span(a.starts_at, a.ends_at)}{' pinned' * a.pinned}" for a in seats)
        facts = {"held": v.held, "late": v.expected_start, "began": v.started_at, "ended": v.ended_at}
        known = {k: f"{f:%H:%M}" if isinstance(f, datetime) else f for k, f in facts.items() if f}
        hours = f"{_span(v.window.earliest_start, v.window.latest_start)} x{v.positions} {v.duration_minutes} min"
        lines.append(f"  {v.external_id} {v.status} {v.gate}, {hours}, place {v.place_id}: {who or 'nobody'} {known}")
    lines += [f"  {s.clinician_id} works {_span(s.starts_at, s.ends_at)}" for s in day.shifts]
    return "\n".join(lines)


def _span(since: datetime, until: datetime) -> str:
    return f"{since:%H:%M}-{until:%H:%M}"
