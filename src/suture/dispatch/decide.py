"""The heart of the live loop: waiting signals of one branch-day in, one Decision out. Pure and repeatable.

Each signal is looked at by its own file, in the order things happened; then the day is repaired once for all of them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import assert_never

from suture.dispatch import day_cases, gate, on_call, outcome
from suture.dispatch.ask_to_fill import ask_to_fill
from suture.dispatch.call_out import call_out
from suture.dispatch.cancellation import cancellation
from suture.dispatch.check_in import check_in
from suture.dispatch.check_out import check_out
from suture.dispatch.clinician_free import clinician_free
from suture.dispatch.effect import Effect, about_another_day, is_about
from suture.dispatch.ladder import ladders
from suture.dispatch.late_start import late_start
from suture.dispatch.new_visit import new_visit
from suture.dispatch.no_check_out import no_check_out
from suture.dispatch.no_reply import no_reply
from suture.dispatch.offer_answered import offer_answered
from suture.dispatch.offer_expired import offer_expired
from suture.dispatch.offers import changed_offers, news_of, offers_after
from suture.dispatch.over import over
from suture.dispatch.prepared import with_repairs
from suture.dispatch.promises import at_risk
from suture.dispatch.reopened import reopened
from suture.dispatch.repair import repair
from suture.dispatch.reply import reply
from suture.dispatch.roster_change import roster_change
from suture.dispatch.run_over import run_over
from suture.dispatch.running_late import running_late
from suture.dispatch.site_closed import site_closed
from suture.dispatch.travel_disruption import travel_disruption
from suture.dispatch.visit_changed import visit_changed
from suture.dispatch.visit_held import visit_held
from suture.dispatch.visit_released import visit_released
from suture.model.cases import CaseKind, CaseSubject, CaseToOpen
from suture.model.day import Day
from suture.model.decision import Cause, Decision
from suture.model.signals import (
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
    OfDoor,
    OfferAnswered,
    OfferExpired,
    OfOffer,
    OfStaff,
    OfVisit,
    Reopened,
    Reply,
    RosterChange,
    RunningLate,
    RunOver,
    Signal,
    SiteClosed,
    TravelDisruption,
    VisitChanged,
    VisitHeld,
    VisitReleased,
)
from suture.planner.budget import Budget
from suture.rules.book import Rulebook
from suture.words.reason import all_of


def decide(
    signals: Sequence[Signal], state: Day, rulebook: Rulebook, now: datetime, budget: Budget, seed: int
) -> Decision:
    """Decide all signals together. Same signals, state, rulebook, seed and iterations: the same decision."""
    effects = effects_of(signals, state, rulebook, now)
    day = effects[-1].day if effects else state
    decision = _decision(signals, effects, state, day, rulebook, now, budget, seed)
    plan = replace(state.plan, version=decision.version, assignments=decision.assignments)

    def would(signal: CallOut, then: Day) -> Decision:
        return decide([signal], then, rulebook, now, budget, seed)

    after = replace(day, plan=plan)
    return replace(decision, cases_opened=with_repairs(decision.cases_opened, state.plan, after, now, would))


def effects_of(signals: Sequence[Signal], state: Day, rulebook: Rulebook, now: datetime) -> list[Effect]:
    """What each signal does to the day, in the order they happened; the day of the last is the day after all."""
    day, effects = state, []
    for signal in sorted(signals, key=_when):
        effect = _effect(signal, day, rulebook, now) if is_about(signal, day) else about_another_day(signal, day)
        effects.append(effect)
        day = effect.day
    return effects


_READ_WHEN_PLANNED = OfStaff | VisitChanged
"""Signals that leave a day without a plan as it is: it reads who works, and which visits it has, once it is planned."""


def repairs(signals: Sequence[Signal], state: Day) -> bool:
    """Whether deciding these signals may change the plan of the day."""
    return state.is_planned or not all(isinstance(signal, _READ_WHEN_PLANNED) for signal in signals)


def _when(signal: Signal) -> tuple[bool, datetime, bool]:
    """By the time it is about, not the time it came; of the same minute a check-in first, others build on it.

    Answers to offers come last: whoever says yes has it only if it still fits all that is known.
    """
    return isinstance(signal, OfOffer), signal.occurred_at, not isinstance(signal, CheckIn)


def _effect(signal: Signal, day: Day, rulebook: Rulebook, now: datetime) -> Effect:
    if isinstance(signal, OfOffer):
        return _of_offer(signal, day, rulebook, now)
    if isinstance(signal, OfVisit):
        return _of_visit(signal, day, now)
    return _of_staff(signal, day, now) if isinstance(signal, OfStaff) else _of_door(signal, day, now)


def _of_visit(signal: OfVisit, day: Day, now: datetime) -> Effect:
    match signal:
        case Cancellation():
            return cancellation(signal, day, now)
        case Reopened():
            return reopened(signal, day, now)
        case VisitHeld():
            return visit_held(signal, day, now)
        case VisitReleased():
            return visit_released(signal, day, now)
        case NewVisit():
            return new_visit(signal, day, now)
        case VisitChanged():
            return visit_changed(signal, day, now)
        case _:
            assert_never(signal)


def _of_staff(signal: OfStaff, day: Day, now: datetime) -> Effect:
    match signal:
        case CallOut():
            return call_out(signal, day, now)
        case RunningLate():
            return running_late(signal, day, now)
        case ClinicianFree():
            return clinician_free(signal, day, now)
        case RosterChange():
            return roster_change(signal, day, now)
        case SiteClosed():
            return site_closed(signal, day, now)
        case TravelDisruption():
            return travel_disruption(signal, day, now)
        case _:
            assert_never(signal)


def _of_door(signal: OfDoor, day: Day, now: datetime) -> Effect:
    match signal:
        case CheckIn():
            return check_in(signal, day, now)
        case CheckOut():
            return check_out(signal, day, now)
        case RunOver():
            return run_over(signal, day, now)
        case LateStart():
            return late_start(signal, day, now)
        case NoCheckOut():
            return no_check_out(signal, day, now)
        case Reply():
            return reply(signal, day, now)
        case NoReply():
            return no_reply(signal, day, now)
        case _:
            assert_never(signal)


def _of_offer(signal: OfOffer, day: Day, rulebook: Rulebook, now: datetime) -> Effect:
    """A yes is taken where the rulebook still allows it."""
    match signal:
        case AskToFill():
            return ask_to_fill(signal, day, now)
        case OfferAnswered():
            return offer_answered(signal, day, rulebook, now)
        case OfferExpired():
            return offer_expired(signal, day, rulebook, now)
        case _:
            assert_never(signal)


def _to_open(effects: Iterable[Effect]) -> tuple[CaseToOpen, ...]:
    """What the signals ask a person, without what a later one of them answers."""
    wanted: dict[tuple[CaseKind, CaseSubject], CaseToOpen] = {}
    for effect in effects:
        for gone in effect.closed:
            wanted.pop((gone.kind, gone.subject), None)
        wanted |= {(case.kind, case.subject): case for case in effect.opened}
    return tuple(wanted.values())


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
    if any(e.frees for e in effects):
        day = replace(day, tried=gate.to_try(before, now))
    replans = any(e.replans for e in effects) and repairs(signals, before)
    repaired = repair(day.with_taken(), freed, rulebook, now, budget, seed) if replans else None
    absences = tuple(a for e in effects for a in e.absences)
    new_times = {a.clinician_id for a in absences} | {c for e in effects for c in e.no_old_times}
    after = (
        outcome.final_assignments(before.plan, repaired.assignments, day, new_times)
        if repaired
        else before.plan.assignments
    )
    reasons = {key: e.because for e in effects for key in (*e.freed, *e.won)}
    changes = on_call.called_in(outcome.changes_between(before.plan, after, day, reasons), day)
    because = all_of((because, *on_call.who_is_called_in(changes, day)))
    why = repaired.why_uncovered if repaired else {}
    on_roster = any(isinstance(signal, RosterChange) for signal in signals)
    opened, closed = day_cases.cases(day, after, why, repaired.obstacles if repaired else None, credentials=on_roster)
    risky = at_risk(changes, after, day) if any(e.late for e in effects) else ()
    gated = tuple(gate.updates(day, after, repaired.gates, now)) if repaired else ()
    updates = outcome.merged(
        [u for e in effects for u in e.updates]
        + outcome.tell_updates(changes, day)
        + outcome.on_time_updates(after, day)
        + outcome.status_updates(day, after)
        + [*gated]
    )
    flagged = tuple(gate.flags(before, gated, after))
    told = {u.visit_id for u in updates if u.tell}
    hits = {
        s.id: hit
        for s, e in zip(sorted(signals, key=_when), effects, strict=True)
        if (hit := outcome.displaced(e.hit, before.plan, after, day))
    }
    whys = {s.id: e.because for s, e in zip(sorted(signals, key=_when), effects, strict=True)}
    all_opened = (*_to_open(effects), *(opened if repaired else ()), *risky, *flagged)
    offers = offers_after(day, after, effects, rulebook, now)
    all_opened, gone = over(day, before.plan, after, all_opened)
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
        cases_opened=all_opened,
        cases_closed=(*(c for e in effects for c in e.closed), *closed, *gone),
        hits=hits,
        whys=whys,
        tell_cancelled=tuple(v for e in effects for v in e.tell_cancelled if day.visits[v].is_closed),
        disruptions=tuple(d for e in effects for d in e.disruptions),
        cleared=tuple(gate.cleared(before, updates)),
        called_in=on_call.called(changes, day),
        offers=changed_offers(before.offers, offers),
        offer_news=news_of(before.offers, offers, effects),
        ladders=ladders(replace(day, offers=offers), before.offers, after, [a for e in effects for a in e.asks]),
        heard_again=tuple(dict.fromkeys(c for e in effects for c in e.heard_again)),
        because=because,
        run=repaired.run if repaired else {},
    )
