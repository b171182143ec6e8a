"""The heart of the live loop: waiting signals of one branch-day in, one Decision out. Pure and repeatable.

Each signal is looked at by its own file, in the order things happened; then the day is repaired once for all of them.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import assert_never

from suture.dispatch import outcome, standing
from suture.dispatch.call_out import call_out
from suture.dispatch.cancellation import cancellation
from suture.dispatch.check_in import check_in
from suture.dispatch.check_out import check_out
from suture.dispatch.effect import Effect, about_another_day, is_about
from suture.dispatch.new_visit import new_visit
from suture.dispatch.repair import repair
from suture.dispatch.reply import reply
from suture.dispatch.roster_change import roster_change
from suture.dispatch.run_over import run_over
from suture.dispatch.visit_changed import visit_changed
from suture.model.day import Day
from suture.model.decision import Cause, Decision
from suture.model.signals import (
    CallOut,
    Cancellation,
    CheckIn,
    CheckOut,
    NewVisit,
    Reply,
    RosterChange,
    RunOver,
    Signal,
    VisitChanged,
)
from suture.planner.budget import Budget
from suture.rules.book import Rulebook
from suture.words.reason import all_of


def decide(
    signals: Sequence[Signal], state: Day, rulebook: Rulebook, now: datetime, budget: Budget, seed: int
) -> Decision:
    """Decide all signals together. Same signals, state, rulebook, seed and iterations: the same decision."""
    day, effects = state, []
    for signal in sorted(signals, key=_when):
        effect = _effect(signal, day, now) if is_about(signal, day) else about_another_day(signal, day)
        effects.append(effect)
        day = effect.day
    return _decision(signals, effects, state, day, rulebook, now, budget, seed)


def _when(signal: Signal) -> tuple[datetime, bool]:
    """By the time it is about, not the time it came; of the same minute a check-in first, others build on it."""
    return signal.occurred_at, not isinstance(signal, CheckIn)


def _effect(signal: Signal, day: Day, now: datetime) -> Effect:
    match signal:
        case CallOut():
            return call_out(signal, day, now)
        case Cancellation():
            return cancellation(signal, day, now)
        case RunOver():
            return run_over(signal, day, now)
        case NewVisit():
            return new_visit(signal, day, now)
        case VisitChanged() | RosterChange():
            return _of_record(signal, day, now)
        case CheckIn():
            return check_in(signal, day, now)
        case CheckOut():
            return check_out(signal, day, now)
        case Reply():
            return reply(signal, day, now)
        case _:
            assert_never(signal)


def _of_record(signal: VisitChanged | RosterChange, day: Day, now: datetime) -> Effect:
    return visit_changed(signal, day, now) if isinstance(signal, VisitChanged) else roster_change(signal, day, now)


def _decision(
    signals: Sequence[Signal],
    effects: Sequence[Effect],
    before: Day,
    day: Day,
    rulebook: Rulebook,
    now: datetime,
    budget: Budget,
    seed: int,
) -> Decision:
    first = sorted(effects, key=lambda e: not e.hit)  # the title begins with what took visits away
    because = all_of(e.because for e in first)
    freed = tuple(key for e in effects for key in e.freed)
    repaired = repair(day, freed, rulebook, now, budget, seed) if any(e.replans for e in effects) else None
    absences = tuple(a for e in effects for a in e.absences)
    new_times = {a.clinician_id for a in absences} | {c for e in effects for c in e.no_old_times}
    after = (
        outcome.final_assignments(before.plan, repaired.assignments, day, new_times)
        if repaired
        else before.plan.assignments
    )
    reasons = {key: e.because for e in effects for key in e.freed}
    changes = outcome.changes_between(before.plan, after, day, reasons)
    why = repaired.why_uncovered if repaired else {}
    on_roster = any(isinstance(signal, RosterChange) for signal in signals)
    opened, closed = standing.cases(day, after, why, credentials=on_roster)
    updates = outcome.merged(
        [u for e in effects for u in e.updates]
        + outcome.tell_updates(changes, day)
        + outcome.status_updates(day, after)
    )
    told = {u.visit_id for u in updates if u.tell}
    hits = {
        s.id: hit
        for s, e in zip(sorted(signals, key=_when), effects, strict=True)
        if (hit := outcome.displaced(e.hit, before.plan, after, day))
    }
    return Decision(
        branch_id=before.branch.id,
        service_date=before.service_date,
        cause=Cause.SIGNALS,
        stage=before.plan.stage,
        base_version=before.plan.version,
        version=before.plan.version + bool(changes),
        signal_ids=tuple(s.id for s in signals),
        assignments=after,
        changes=changes,
        revs={v.id: v.visit_rev + (v.id in told) for v in day.visits.values()},
        visit_updates=updates,
        absences=absences,
        confirmations=tuple(c for e in effects for c in e.confirmations),
        answered_touches=tuple(t for e in effects for t in e.answered_touches),
        cases_opened=(*(c for e in effects for c in e.opened), *(opened if repaired else ())),
        cases_closed=(*(c for e in effects for c in e.closed), *closed),
        hits=hits,
        tell_cancelled=tuple(v for e in effects for v in e.tell_cancelled),
        heard_again=tuple(dict.fromkeys(c for e in effects for c in e.heard_again)),
        because=because,
        run=repaired.run if repaired else {},
    )
