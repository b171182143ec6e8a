"""One branch-day as the store keeps it, in memory: its facts, its inbox, its timers, its messages and its clock.

What is decided, worded and let out is the product's own code; only the rows are replaced, by as little as will do.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from tests.sim.an_outbox import Outbox
from tests.unit.dispatch.a_morning import BUDGET, saved

from suture.dispatch import first_pass
from suture.dispatch.decide import decide
from suture.dispatch.disrupted import disrupted
from suture.model.cases import UNCOVERED, CaseKind, CaseSubject, CaseToOpen, OpenCase
from suture.model.day import ConfirmationState, Day, Promise, not_to_be_asked
from suture.model.decision import Decision, OfferNews
from suture.model.ids import CaseId, PartyId, PositionKey, PromiseId, SignalId, TouchId, VisitId
from suture.model.instants import local_date, midnight
from suture.model.offers import PastAnswers
from suture.model.plan import Stage
from suture.model.signals import SIGNAL_KINDS, Signal
from suture.model.visit import WAITING_STATUSES, GateState
from suture.outreach.policy import OutreachPolicy
from suture.rules.book import Rulebook
from suture.rules.evaluate import shape
from suture.service.timers import waits_of

Decided = Callable[[Day, Day, Decision, tuple[Signal, ...]], None]
"""Told of each decision: the day before it, the day after it, itself, and what it decided."""
MOST_MOMENTS = 2_000


@dataclass(frozen=True)
class Timer:
    """Something that is due because nothing happened; its id names what it is about."""

    at: datetime
    id: str
    kind: str
    body: Mapping[str, Any]


class InMemory:
    """The world of core mode."""

    def __init__(self, day: Day, book: Rulebook, policy: OutreachPolicy, now: datetime, decided: Decided) -> None:
        self.stored, self.book, self.policy, self.now, self.seed = day, book, policy, now, 1
        self.outbox = Outbox(policy)
        self.waiting: list[Signal] = []
        self.decisions = 0
        self._decided = decided
        self._known: set[str] = set()
        self._fired: dict[str, datetime] = {}
        self._answers: dict[PromiseId, Promise] = {}
        self._uncovered_since: dict[CaseSubject, tuple[datetime, int]] = {}

    def day(self) -> Day:
        """The day as a decision would see it."""
        return shape(self.book, disrupted(replace(self.stored, past_answers=self._past_answers())))

    def _past_answers(self) -> dict[PartyId, PastAnswers]:
        """How often each was asked today."""
        day, today = self.stored, local_date(self.now, self.stored.branch.tz)
        asked = Counter(
            a.clinician_id for o in day.offers if local_date(o.opened_at, day.branch.tz) == today for a in o.asked
        )
        return {c: PastAnswers(today=n) for c, n in sorted(asked.items())}

    # --- signals --------------------------------------------------------------------------------------------------

    def tell(self, kind: str, source_id: str, late: timedelta = timedelta(), **body: Any) -> bool:
        """Store a signal, once for each id. False where it is known."""
        if source_id in self._known:
            return False
        self._known.add(source_id)
        came: dict[str, Any] = {
            "id": SignalId(len(self._known)),
            "received_at": self.now,
            "occurred_at": self.now - late,
        }
        self.waiting.append(SIGNAL_KINDS[kind](**came, **body))
        return True

    def settle(self) -> None:
        """Decide all that waits."""
        if not self.waiting:
            return
        signals, self.waiting = tuple(self.waiting), []
        before = self.day()
        decision = self.decide(before, signals)
        self._save(decision)
        self._decided(before, self.day(), decision, signals)

    def decide(self, day: Day, signals: Iterable[Signal]) -> Decision:
        """What would be decided; nothing is saved."""
        return decide(tuple(signals), day, self.book, self.now, BUDGET, self.seed)

    def plan(self) -> None:
        """Make the draft, or make it again."""
        before = self.day()
        decision = first_pass.plan(before, self.book, self.now, BUDGET, self.seed)
        self._save(decision)
        self._decided(before, self.day(), decision, ())

    def publish(self) -> None:
        """Make the draft the plan that people are told, with all that has been reported."""
        self.settle()
        before = self.day()
        decision = first_pass.publish(before)
        self._save(decision)
        self._decided(before, self.day(), decision, ())

    def _save(self, decision: Decision) -> None:
        self.decisions += 1
        self.stored = saved(self.stored, decision)
        self._uncovered_since = {
            c.subject: self._uncovered_since.get(c.subject, (self.now, self.decisions))
            for c in self.stored.cases
            if c.kind in UNCOVERED
        }
        for answer in decision.confirmations:
            known = self._answers[answer.promise_id]
            self._answers[answer.promise_id] = replace(known, answer=answer.state)
        self._declined()
        if decision.stage is Stage.PUBLISHED:
            self._open(self.outbox.plan(self.stored, decision, self.now))
            self.outbox.plan_offers(self._news(decision), self.stored, self.now)

    def _news(self, decision: Decision) -> tuple[OfferNews, ...]:
        """What is said of offers, which are known by their ids once they are stored."""
        ids = {(o.key, o.round): o.id for o in self.stored.offers}
        return tuple(
            replace(n, offer=replace(n.offer, id=ids[n.offer.key, n.offer.round])) for n in decision.offer_news
        )

    def _declined(self) -> None:
        day = self.stored
        said_no = frozenset(
            (p.party_id, p.visit_id)
            for p in self._answers.values()
            if p.answer is ConfirmationState.DECLINED and (p.party_id in day.clinicians or p.party_id in day.away)
        )
        self.stored = replace(day, declined=not_to_be_asked(said_no, day.plan, day.visits))

    # --- cases ----------------------------------------------------------------------------------------------------

    def _open(self, cases: Iterable[CaseToOpen]) -> None:
        known = {(c.kind, c.subject) for c in self.stored.cases}
        for case in cases:
            if (case.kind, case.subject) not in known:
                known.add((case.kind, case.subject))
                opened = OpenCase(CaseId(len(known) + 1000 * self.decisions), case.kind, case.subject)
                self.stored = replace(self.stored, cases=(*self.stored.cases, opened))

    def _close(self, cases: Iterable[tuple[CaseKind, CaseSubject]]) -> None:
        gone = set(cases)
        kept = tuple(c for c in self.stored.cases if (c.kind, c.subject) not in gone)
        self.stored = replace(self.stored, cases=kept)

    # --- time -----------------------------------------------------------------------------------------------------

    def wait_until(self, instant: datetime) -> None:
        """Time passes: what falls due is fired, decided and sent at its own moment."""
        for _moment in range(MOST_MOMENTS):
            self.act()
            due = [at for at in (self.outbox.next_due(), self._next_timer()) if at is not None and at <= instant]
            if not due:
                break
            self.now = max(self.now, min(due))
        else:
            raise AssertionError("something is due at the same instant for ever")
        self.now = max(self.now, instant)
        self.act()

    def act(self) -> None:
        """Do all that is due now."""
        self.settle()
        while self._fire():
            self.settle()
        for promises, told in self.outbox.send(self.day, self.now):
            self._told(promises, told)

    def told(self) -> list[Promise]:
        """All that was promised, in order."""
        return sorted(self._answers.values(), key=lambda p: (p.visit_id, p.party_id, p.seq))

    def set_clock(self, to: datetime) -> None:
        """Set the clock, back or forward."""
        self.now = to
        self.act()

    def _told(self, promises: Iterable[Promise], visits: Iterable[VisitId]) -> None:
        current = {(p.visit_id, p.party_id): p for p in self.stored.promises}
        for promise in promises:
            current[promise.visit_id, promise.party_id] = promise
            self._answers[promise.id] = promise
        self.stored = replace(self.stored, promises=tuple(current[k] for k in sorted(current)))
        settled = (CaseKind.PROMISE_AT_RISK, CaseKind.MESSAGE_UNDELIVERABLE)
        self._close((kind, CaseSubject("visit", v)) for v in visits for kind in settled)

    # --- timers ---------------------------------------------------------------------------------------------------

    def _fire(self) -> bool:
        fired = False
        for timer in sorted(self._timers(), key=lambda t: (t.at, t.id)):
            if timer.at <= self.now and timer.id not in self._fired:
                self._fired[timer.id] = self.now
                fired |= self.tell(timer.kind, timer.id, **timer.body)
        return fired

    def _next_timer(self) -> datetime | None:
        return min((t.at for t in self._timers() if t.id not in self._fired), default=None)

    def _timers(self) -> Iterable[Timer]:
        if self.stored.plan.stage is Stage.PUBLISHED:
            yield from self._starts()
            yield from self._ends()
            yield from self._silent_patients()
            yield from self._silent_staff()
            yield from self._rounds_that_end()
            yield from self._uncovered()

    def _starts(self) -> Iterable[Timer]:
        waits = waits_of(self.policy)
        for stop in self.stored.plan.assignments.values():
            visit = self.stored.visits[stop.key.visit_id]
            if visit.status not in WAITING_STATUSES or visit.held or not visit.gate.is_dispatched:
                continue
            promise = self.stored.promise_of(visit.id, visit.patient_id) if visit.patient_id is not None else None
            if promise and promise.answer is ConfirmationState.DECLINED:  # a person decides
                continue
            name = f"late_start:{stop.key.visit_id}:{stop.key.position}:{stop.clinician_id}"
            due = stop.starts_at + waits.late_start
            seat = {"visit_id": visit.id, "position": stop.key.position}
            yield Timer(due, name, "late_start", seat)
            if name in self._fired:
                again = max(self._fired[name] + waits.absent, due)
                yield Timer(again, f"{name}:absent", "late_start", {**seat, "absent": True})

    def _ends(self) -> Iterable[Timer]:
        for visit in self.stored.visits.values():
            if visit.is_started and visit.started_at is not None:
                ends = max(
                    visit.started_at + timedelta(minutes=visit.duration_minutes), visit.expected_end or visit.started_at
                )
                left_by = ends + timedelta(minutes=visit.documentation_minutes)
                name = f"no_check_out:{visit.id}:{left_by.timestamp():.0f}"
                yield Timer(left_by + waits_of(self.policy).no_check_out, name, "no_check_out", {"visit_id": visit.id})

    def _silent_patients(self) -> Iterable[Timer]:
        for visit in self.stored.visits.values():
            if visit.answer_by is None or visit.patient_id is None or visit.held:
                continue
            promise = self.stored.promise_of(visit.id, visit.patient_id)
            asked = promise and promise.asks and promise.answer is ConfirmationState.NEEDS_ACTION
            if visit.status in WAITING_STATUSES and (visit.gate in ("waits", "waitlist") or asked):
                body = {"party_id": visit.patient_id, "visit_id": visit.id}
                yield Timer(visit.answer_by, f"silent:{visit.id}:{visit.answer_by.timestamp():.0f}", "no_reply", body)

    def _silent_staff(self) -> Iterable[Timer]:
        wait = waits_of(self.policy).change_by_email
        told: dict[TouchId, datetime] = {}
        for p in self._answers.values():
            if p.party_id in self.stored.clinicians and p.asks and p.answer is ConfirmationState.NEEDS_ACTION:
                told[p.touch_id] = min(p.told_at, told.get(p.touch_id, p.told_at))
        for touch_id, told_at in told.items():
            party, step = self.outbox.about(touch_id)
            due = told_at + wait if step == "s.changed" else max(told_at + wait, self._day_by())
            body = {"party_id": party, "touch_id": touch_id}
            yield Timer(due, f"day:{touch_id}:{due.timestamp():.0f}", "no_reply", body)

    def _rounds_that_end(self) -> Iterable[Timer]:
        for offer in self.stored.offers:
            if offer.is_pending:
                yield Timer(offer.expires_at, f"offer:{offer.id}", "offer_expired", {"offer_id": offer.id})

    def _uncovered(self) -> Iterable[Timer]:
        """People are asked some minutes after, when staff may be asked again, and on the day."""
        waits, asked = waits_of(self.policy), {o.key for o in self.stored.offers if o.is_pending}
        assert waits.ask_after is not None
        for subject, (since, number) in self._uncovered_since.items():
            visit, key = self.stored.visits[VisitId(subject.id)], PositionKey(VisitId(subject.id), subject.position)
            soon, latest = since + waits.ask_after, visit.window.latest_start
            today = self._opening(soon, waits.ask_from)
            opening = today if soon < today else today + timedelta(days=1)
            on_the_day = self._opening(visit.window.earliest_start, waits.ask_from)
            body = {"visit_id": key.visit_id, "position": key.position}
            for which, due in (("soon", soon), ("open", opening), ("day", max(soon, on_the_day))):
                held = visit.gate in (GateState.HELD, GateState.WAITLIST)
                if key not in asked and not held and self.now < latest and due < latest:
                    yield Timer(due, f"fill:{subject.id}:{subject.position}:{number}:{which}", "ask_to_fill", body)

    def _opening(self, instant: datetime, ask_from: timedelta) -> datetime:
        """When staff may be asked on the local day of an instant."""
        tz = self.stored.branch.tz
        return midnight(local_date(instant, tz), tz) + ask_from

    def _day_by(self) -> datetime:
        midnight = datetime.combine(self.stored.service_date, datetime.min.time(), self.now.tzinfo)
        return midnight + timedelta(hours=4) + waits_of(self.policy).day_by  # 06:30 in Columbus, whose zone is UTC−4
