"""Whatever may happen to a day, as rules that Hypothesis plays in any order: all kinds of signals, answers and time.

A rule reads its target off the day as it stands: mostly one that makes sense, sometimes any, also one that is over, or
not there. `more`: what happens next comes in the same moment and is decided together with it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from suture.model.day import ConfirmationState, Day, Promise
from suture.model.ids import OfferId, PartyId, PositionKey, VisitId
from suture.model.offers import Offer, OfferAnswer, OfferMode
from suture.model.plan import Assignment, Stage
from suture.model.signals import Answer, Outcome
from suture.model.visit import Visit, VisitStatus

ANY = st.integers(0, 60)
MINUTES = st.sampled_from((0, 0, 0, 5, 20, 45, 90))
"""How long ago it happened of which is heard now."""
MORE = st.sampled_from((False, False, False, True))
MODES = st.sampled_from((None, *OfferMode))
ANSWERS = st.sampled_from((OfferAnswer.TAKE, OfferAnswer.TAKE, OfferAnswer.PASS))
SAID = st.tuples(st.sampled_from((0, 1, 4, 6)), ANY, ANSWERS)
"""Someone's answer to an offer: after how many minutes, whose, and which."""
NOWHERE, NOBODY, NO_OFFER = VisitId(999_999), PartyId(999_999), OfferId(999_999)


class World(Protocol):
    """Where a day is played."""

    @property
    def now(self) -> datetime:
        """By the clock that everything reads."""

    def day(self) -> Day:
        """The day as it stands."""

    def tell(self, kind: str, source_id: str, late: timedelta, **body: Any) -> bool:
        """Something is reported; False where that id has been seen."""

    def settle(self) -> None:
        """Decide what has been reported."""

    def wait(self, minutes: int) -> None:
        """Time passes, and everything that falls due meanwhile happens at its time."""

    def jump(self, minutes: int) -> None:
        """The clock is set."""

    def publish(self) -> None:
        """Tell everybody the draft."""

    def plan(self) -> None:
        """Make the draft again."""

    def change_visit(self, visit: Visit, choice: int) -> None:
        """A file says otherwise of a visit."""

    def change_staff(self, clinician_id: PartyId, choice: int) -> None:
        """A file says otherwise of a clinician."""

    def add_visit(self, like: Visit, choice: int) -> None:
        """A visit comes in that nobody knew of."""

    def check(self) -> None:
        """Fail where anything is not as it must be."""

    def end(self) -> None:
        """Give back what it needed."""


class PlayedDay(RuleBasedStateMachine):
    """The machine; `world` is put there by an `initialize` of a subclass."""

    world: World
    steps = 0
    """Counted over all days, for whoever wants to know how much was played."""

    def __init__(self) -> None:
        super().__init__()
        self._told: list[tuple[str, str, dict[str, Any]]] = []

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.end()

    @invariant()
    def everything_holds(self) -> None:
        if hasattr(self, "world"):
            type(self).steps += 1
            self.world.check()

    # --- what is reported of visits -------------------------------------------------------------------------------

    @rule(which=ANY, by=st.sampled_from(("patient", "agency")), late=MINUTES, more=MORE)
    def cancellation(self, which: int, by: str, late: int, more: bool) -> None:
        self._tell("cancellation", late, more, visit_id=self._visit(which), by=by, reason="")

    @rule(which=ANY, late=MINUTES, more=MORE)
    def reopened(self, which: int, late: int, more: bool) -> None:
        over = [v.id for v in self._visits() if v.status is VisitStatus.CANCELLED]
        self._tell("reopened", late, more, visit_id=self._one(over, which))

    @rule(which=ANY, late=MINUTES, more=MORE)
    def visit_held(self, which: int, late: int, more: bool) -> None:
        self._tell("visit_held", late, more, visit_id=self._visit(which))

    @rule(which=ANY, late=MINUTES, more=MORE)
    def visit_released(self, which: int, late: int, more: bool) -> None:
        held = [v.id for v in self._visits() if v.held]
        self._tell("visit_released", late, more, visit_id=self._one(held, which))

    @rule(which=ANY, choice=ANY)
    def new_visit(self, which: int, choice: int) -> None:
        visits = self._visits()
        self.world.add_visit(visits[which % len(visits)], choice)
        self._settle(more=choice % 4 == 0)

    @rule(which=ANY, choice=ANY, more=MORE)
    def visit_changed(self, which: int, choice: int, more: bool) -> None:
        visits = self._visits()
        self.world.change_visit(visits[which % len(visits)], choice)
        self._settle(more)

    # --- who can work, and how fast they get around ---------------------------------------------------------------

    @rule(which=ANY, since=st.integers(-60, 180), hours=st.sampled_from((1, 2, 4, 12)), late=MINUTES, more=MORE)
    def call_out(self, which: int, since: int, hours: int, late: int, more: bool) -> None:
        starts = self.world.now + timedelta(minutes=since)
        until = starts + timedelta(hours=hours)
        self._tell("call_out", late, more, clinician_id=self._clinician(which), from_at=starts, until=until)

    @rule(which=ANY, minutes=st.sampled_from((5, 10, 20, 40, 90, 180)), late=MINUTES, more=MORE)
    def running_late(self, which: int, minutes: int, late: int, more: bool) -> None:
        self._tell("running_late", late, more, clinician_id=self._clinician(which), minutes=minutes)

    @rule(which=ANY, since=st.integers(-60, 120), hours=st.sampled_from((1, 2, 4)), more=MORE)
    def clinician_free(self, which: int, since: int, hours: int, more: bool) -> None:
        starts = self.world.now + timedelta(minutes=since)
        until = starts + timedelta(hours=hours)
        self._tell("clinician_free", 0, more, clinician_id=self._clinician(which), from_at=starts, until=until)

    @rule(which=ANY, choice=ANY, more=MORE)
    def roster_change(self, which: int, choice: int, more: bool) -> None:
        people = sorted({*self.world.day().clinicians, *self.world.day().away})
        self.world.change_staff(people[which % len(people)], choice)
        self._settle(more)

    @rule(which=ANY, since=st.integers(-60, 120), hours=st.sampled_from((1, 2, 4)), more=MORE)
    def site_closed(self, which: int, since: int, hours: int, more: bool) -> None:
        places = sorted(self.world.day().places)
        starts = self.world.now + timedelta(minutes=since)
        until = starts + timedelta(hours=hours)
        self._tell("site_closed", 0, more, place_id=places[which % len(places)], from_at=starts, until=until)

    @rule(
        percent=st.sampled_from((None, 120, 150, 200)),
        code=st.sampled_from(("", "432", "43201", "9")),
        since=st.integers(-60, 120),
        hours=st.sampled_from((1, 2, 4)),
        more=MORE,
    )
    def travel_disruption(self, percent: int | None, code: str, since: int, hours: int, more: bool) -> None:
        starts = self.world.now + timedelta(minutes=since)
        until, codes = starts + timedelta(hours=hours), (code,) if code else ()
        body = {"postal_codes": codes, "percent": percent, "from_at": starts, "until": until}
        self._tell("travel_disruption", 0, more, **body)

    # --- at the doors ---------------------------------------------------------------------------------------------

    @rule(which=ANY, who=st.sampled_from(("planned", "planned", "nobody", "other")), late=MINUTES, more=MORE)
    def check_in(self, which: int, who: str, late: int, more: bool) -> None:
        visit_id = self._one([a.key.visit_id for a in self._due()], which)
        self._tell("check_in", late, more, visit_id=visit_id, clinician_id=self._who(who, visit_id, which))

    @rule(
        which=ANY,
        who=st.sampled_from(("planned", "planned", "nobody", "other")),
        outcome=st.sampled_from((Outcome.DONE, Outcome.DONE, Outcome.NOT_HOME)),
        late=MINUTES,
        more=MORE,
    )
    def check_out(self, which: int, who: str, outcome: Outcome, late: int, more: bool) -> None:
        begun = [v.id for v in self._visits() if v.is_started]
        visit_id = self._one(begun, which)
        body = {"outcome": outcome, "clinician_id": self._who(who, visit_id, which)}
        self._tell("check_out", late, more, visit_id=visit_id, **body)

    @rule(which=ANY, minutes=st.sampled_from((5, 20, 45, 120)), counted=st.booleans(), late=MINUTES, more=MORE)
    def run_over(self, which: int, minutes: int, counted: bool, late: int, more: bool) -> None:
        visit_id = self._one([v.id for v in self._visits() if v.is_started], which)
        ends = None if counted else self.world.now + timedelta(minutes=minutes)
        body = {"expected_end": ends, "minutes": minutes if counted else None}
        self._tell("run_over", late, more, visit_id=visit_id, **body)

    @rule(which=ANY, absent=st.booleans(), more=MORE)
    def late_start(self, which: int, absent: bool, more: bool) -> None:
        visit_id = self._one([a.key.visit_id for a in self._due()], which)
        self._tell("late_start", 0, more, visit_id=visit_id, position=1, absent=absent)

    @rule(which=ANY, more=MORE)
    def no_check_out(self, which: int, more: bool) -> None:
        visit_id = self._one([v.id for v in self._visits() if v.is_started], which)
        self._tell("no_check_out", 0, more, visit_id=visit_id)

    # --- who answers ----------------------------------------------------------------------------------------------

    @rule(which=ANY, more=MORE)
    def no_reply(self, which: int, more: bool) -> None:
        visit = self.world.day().visits.get(self._visit(which))
        party = visit.patient_id if visit and visit.patient_id else NOBODY
        self._tell("no_reply", 0, more, party_id=party, visit_id=visit.id if visit else NOWHERE, touch_id=None)

    @rule(which=ANY, answer=st.sampled_from((Answer.ACCEPT, *Answer)), late=MINUTES, more=MORE)
    def a_patient_answers(self, which: int, answer: Answer, late: int, more: bool) -> None:
        day = self.world.day()
        asked = [p for p in day.promises if p.party_id in day.patients]
        if promise := self._promise(asked, which):
            body = {"party_id": promise.party_id, "promise_id": promise.id, "touch_id": promise.touch_id}
            self._tell("reply", late, more, answer=answer, via="sms", **body)

    @rule(which=ANY, answer=st.sampled_from((Answer.ACCEPT, Answer.ACCEPT, Answer.DECLINE)), late=MINUTES, more=MORE)
    def a_clinician_answers(self, which: int, answer: Answer, late: int, more: bool) -> None:
        day = self.world.day()
        told = [p for p in day.promises if p.party_id in day.clinicians]
        if promise := self._promise(told, which):
            body = {"party_id": promise.party_id, "promise_id": None, "touch_id": promise.touch_id}
            self._tell("reply", late, more, answer=answer, via="link", **body)

    # --- who is asked to take what has no clinician, and what they say --------------------------------------------

    @rule(which=ANY, mode=MODES, late=MINUTES, more=MORE, answers=st.lists(SAID, max_size=4))
    def ask_to_fill(
        self, which: int, mode: OfferMode | None, late: int, more: bool, answers: list[tuple[int, int, OfferAnswer]]
    ) -> None:
        """A person has people asked; some of them answer, after a while or at once."""
        open_now = self._uncovered()
        key = open_now[which % len(open_now)] if open_now and which % 20 else PositionKey(self._visit(which), 1)
        body = {"visit_id": key.visit_id, "position": key.position, "mode": mode, "by_person": True}
        self._tell("ask_to_fill", late, more, **body)
        self._answers(which, answers, more)

    @precondition(lambda self: any(o.is_pending for o in self._offers()))
    @rule(which=ANY, answers=st.lists(SAID, min_size=1, max_size=4), more=MORE)
    def some_answer(self, which: int, answers: list[tuple[int, int, OfferAnswer]], more: bool) -> None:
        """One after the other, the same person maybe twice."""
        self._answers(which, answers, more)

    @precondition(lambda self: bool(self._offers()))
    @rule(which=ANY, who=ANY, answer=ANSWERS, late=MINUTES, more=MORE)
    def someone_who_was_asked_answers(self, which: int, who: int, answer: OfferAnswer, late: int, more: bool) -> None:
        """To a round that lasts or one that is over."""
        self._answer(self._offer(which), who, answer, late, more)

    @precondition(lambda self: any(o.is_pending for o in self._offers()))
    @rule(backward=st.booleans(), apart=st.booleans(), more=MORE)
    def everyone_takes_everything(self, backward: bool, apart: bool, more: bool) -> None:
        """Yeses at once: in one moment, or a minute apart and decided together."""
        pending = [(o, who) for o in self._offers() if o.is_pending for who in range(len(o.asked))]
        for n, (offer, who) in enumerate(pending[::-1] if backward else pending):
            self._answer(offer, 1 + who, OfferAnswer.TAKE, n * apart, more=True)
        self._settle(more)

    def _answers(self, which: int, answers: list[tuple[int, int, OfferAnswer]], more: bool) -> None:
        for minutes, who, answer in answers if self._offers() else ():
            if minutes:
                self.world.wait(minutes)
            self._answer(self._offer(which), who, answer, late=0, more=True)
        self._settle(more)

    def _answer(self, offer: Offer | None, who: int, answer: OfferAnswer, late: int, more: bool) -> None:
        """Someone who was asked answers; sometimes someone whom no one asked."""
        was_asked = offer is not None and who != 60
        clinician = offer.asked[who % len(offer.asked)].clinician_id if offer and was_asked else self._clinician(who)
        body = {"offer_id": offer.id if offer else NO_OFFER, "clinician_id": clinician, "answer": answer}
        self._tell("offer_answered", late, more, **body)

    # --- the same again, time, and what people do with the plan ---------------------------------------------------

    @precondition(lambda self: bool(self._told))
    @rule(which=ANY)
    def the_same_again(self, which: int) -> None:
        """What came before comes again under its own id: a repeat, or one under another: somebody reports it too."""
        kind, source_id, body = self._told[-1 - which % min(6, len(self._told))]
        if which % 2:
            assert not self.world.tell(kind, source_id, timedelta(), **body), "a signal handled twice is once"
        else:
            self._tell(kind, 0, more=False, **body)

    @rule(minutes=st.sampled_from((1, 5, 15, 15, 30, 60)))
    def time_passes(self, minutes: int) -> None:
        self.world.wait(minutes)

    @rule(minutes=st.sampled_from((-60, 60)))
    def the_clock_jumps(self, minutes: int) -> None:
        self.world.jump(minutes)

    @precondition(lambda self: self._is_draft())
    @rule(again=st.booleans())
    def publish(self, again: bool) -> None:
        self.world.plan() if again else self.world.publish()

    # --- targets --------------------------------------------------------------------------------------------------

    def _tell(self, kind: str, late: int, more: bool, **body: Any) -> None:
        source_id = f"{kind}-{len(self._told)}"
        note(f"{self.world.now:%H:%M} UTC, {late} min ago: {source_id} {body}")
        self._told.append((kind, source_id, body))
        assert self.world.tell(kind, source_id, timedelta(minutes=late), **body)
        self._settle(more)

    def _settle(self, more: bool) -> None:
        if not more:
            self.world.settle()

    def _is_draft(self) -> bool:
        return hasattr(self, "world") and self.world.day().plan.stage is Stage.DRAFT

    def _visits(self) -> list[Visit]:
        return list(self.world.day().visits.values())

    def _visit(self, which: int) -> VisitId:
        visits = self._visits()
        return NOWHERE if which == 60 else visits[which % len(visits)].id

    def _one(self, fitting: Sequence[VisitId], which: int) -> VisitId:
        """Mostly one that fits, sometimes any."""
        return fitting[which % len(fitting)] if fitting and which % 4 else self._visit(which)

    def _clinician(self, which: int) -> PartyId:
        people = sorted({*self.world.day().clinicians, *self.world.day().away})
        return NOBODY if which == 60 else people[which % len(people)]

    def _offers(self) -> tuple[Offer, ...]:
        return self.world.day().offers if hasattr(self, "world") else ()

    def _offer(self, which: int) -> Offer | None:
        """Mostly one that can be answered, sometimes any."""
        offers = self._offers()
        pending = [o for o in offers if o.is_pending]
        of = pending if pending and which % 20 else offers
        return of[which % len(of)] if of else None

    def _uncovered(self) -> list[PositionKey]:
        """Positions without a clinician that someone could still begin."""
        day, now = self.world.day(), self.world.now
        ahead = [key for key in day.open_positions() if day.visits[key.visit_id].window.latest_start > now]
        return [key for key in ahead if key not in day.plan.assignments]

    def _promise(self, promises: Sequence[Promise], which: int) -> Promise | None:
        waiting = [p for p in promises if p.answer is ConfirmationState.NEEDS_ACTION]
        of = waiting if waiting and which % 4 else promises
        return of[which % len(of)] if of else None

    def _due(self) -> list[Assignment]:
        """Stops that are to begin about now and have not."""
        day, soon = self.world.day(), self.world.now + timedelta(minutes=10)
        stops = [a for a in day.plan.assignments.values() if a.starts_at <= soon]
        return [a for a in stops if (v := day.visits[a.key.visit_id]).is_plannable and not v.is_started]

    def _who(self, who: str, visit_id: VisitId, which: int) -> PartyId | None:
        planned = [a.clinician_id for a in self.world.day().plan.assignments.values() if a.key.visit_id == visit_id]
        if who == "nobody":
            return None
        return planned[which % len(planned)] if planned and who == "planned" else self._clinician(which % 60)
