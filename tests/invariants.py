"""What holds of a branch-day whatever has happened to it: shared by every test that plays days.

Each function takes the day after a decision and fails with what is wrong. Sums are done by hand here, or by the
planner's own check: never by the code that made the plan.
"""

from collections.abc import Container, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from suture.dispatch.day_cases import risk_of
from suture.dispatch.gate import TIME_TO_ANSWER
from suture.dispatch.outcome import SMALLEST_RETIMING
from suture.model.cases import CaseKind
from suture.model.day import ConfirmationState, Day
from suture.model.decision import Change, Decision
from suture.model.ids import PositionKey, VisitId
from suture.model.plan import Assignment, Source
from suture.model.signals import (
    CallOut,
    CheckIn,
    CheckOut,
    ClinicianFree,
    LateStart,
    NoReply,
    Reply,
    RosterChange,
    Signal,
    SiteClosed,
    VisitChanged,
)
from suture.model.visit import GateState, Visit, VisitStatus
from suture.planner.day.check import check
from suture.planner.day.problem import build
from suture.planner.day.reference import Violation
from suture.planner.day.solution import from_assignments
from suture.rules.book import Rulebook
from suture.rules.evaluate import evaluate
from suture.words.reason import Reason

NOT_A_BREACH = {"lost", "twice"}
"""Checked by itself: an uncovered position has an open case of group Cover."""
UNCOVERED = (CaseKind.UNCOVERED_VISIT, CaseKind.UNCOVERED_SHIFT)
BY_TIME = ("travel", "shift_end", "patient_twice")
DONE = (VisitStatus.COMPLETED, VisitStatus.NO_SHOW)
NEVER_HELD_RISK = 8

# --- every position is accounted for ----------------------------------------------------------------------------------


def no_one_is_lost(day: Day) -> None:
    """Each position is in a route or in an open case that asks for someone, never in both; others are in neither."""
    covered = {(c.subject.id, c.subject.position) for c in day.cases if c.kind in UNCOVERED}
    for key in day.open_positions():
        assert (key in day.plan.assignments) != (key in covered), f"{key} is assigned or a case, and never both"
    assert covered <= set(day.open_positions()), "a case that asks for someone whom nobody needs"
    for key in day.plan.assignments:
        visit = day.visits[key.visit_id]
        worked = visit.is_started or visit.status in DONE
        assert worked or (visit.is_plannable and key.position <= visit.positions), f"{key} is in a route for nothing"


def holds_wait(day: Day) -> None:
    """A visit on hold whose patient was told a time has its case: somebody must call them."""
    cases = {c.subject.id for c in day.cases if c.kind is CaseKind.ON_HOLD_REVIEW}
    for visit in day.visits.values():
        promised = visit.patient_id is not None and day.promise_of(visit.id, visit.patient_id)
        if visit.held and not visit.is_closed and not visit.is_started and promised:
            assert visit.id in cases, f"{visit.external_id} is on hold, its patient waits, and nobody knows"


# --- no hard rule is broken -------------------------------------------------------------------------------------------


def no_hard_rule_is_broken(day: Day, decision: Decision, book: Rulebook, now: datetime) -> None:
    """Of a plan that was looked at: time alone makes a visit late, and no rule binds what people did."""
    if decision.run:
        found = breaches(day, book, now)
        assert not found, f"the plan breaks {found}"
        nobody_is_in_two_places(day, {c.key for c in decision.changes}, now)
    changed = {c.key for c in decision.changes if _is_decided(c)}
    rules = evaluate(book, day) if changed else None
    for key in changed:
        visit, assignment = day.visits[key.visit_id], decision.assignments[key]
        if rules and assignment.source is Source.AUTO and visit.is_plannable and not visit.is_started:
            starts_at, window = assignment.starts_at, visit.window
            assert rules.pairs[assignment.clinician_id, key.visit_id].eligible, f"{key} is with who may not"
            assert (assignment.clinician_id, key.visit_id) not in day.declined, f"{key} is with who said no"
            assert window.earliest_start <= starts_at <= window.latest_start, f"{key} is at {starts_at:%H:%M} UTC"
            assert assignment.told.contains(starts_at), f"{key} begins outside what its patient is told"


def _is_decided(change: Change) -> bool:
    """Somebody else, or another time: not where only the number in the route is another, or what is told of it."""
    old, new = change.before, change.after
    return new is not None and (old is None or (old.clinician_id, old.starts_at) != (new.clinician_id, new.starts_at))


def nobody_is_in_two_places(day: Day, changed: Container[PositionKey], now: datetime) -> None:
    """Counted by hand, from what is known of each stop: care, documentation and the drive fit before the next one."""
    for clinician_id in day.clinicians:
        route = day.plan.route(clinician_id)
        if any(a.pinned for a in route):  # what people fix may not fit
            continue
        for here, then in pairwise(route):
            visit_here, visit_then = day.visits[here.key.visit_id], day.visits[then.key.visit_id]
            if then.key not in changed or visit_then.is_started or visit_then.is_closed:
                continue
            cared = visit_here.ended_at or here.ends_at
            if visit_here.expected_end and not visit_here.is_closed and here.starts_at <= now:
                cared = max(cared, visit_here.expected_end)
            if visit_here.is_started:
                cared = max(cared, now)
            drive = timedelta(seconds=day.travel.seconds(visit_here.place_id, visit_then.place_id))
            ready = cared + timedelta(minutes=visit_here.documentation_minutes) + drive
            assert ready < then.starts_at + SMALLEST_RETIMING, f"{then.key} begins before anyone can be there"


def breaches(day: Day, book: Rulebook, now: datetime) -> list[Violation]:
    """What the planner's own check finds. A route may run a few minutes late: it keeps old times up to ten minutes.

    The times of a route in which a person fixed a stop may not fit, for instance once its clinician is late; and who
    works with somebody who is late waits for them.
    """
    problem = build(day, evaluate(book, day), now=now)
    late = SMALLEST_RETIMING.total_seconds()
    fixed = {a.clinician_id for a in day.plan.assignments.values() if a.pinned}

    def is_allowed(v: Violation) -> bool:
        if v.rule == "window" and v.key is not None:
            return v.excess < late and day.visits[v.key.visit_id].late_by not in (None, v.clinician_id)
        return v.rule in NOT_A_BREACH or (v.rule in BY_TIME and (v.excess < late or v.clinician_id in fixed))

    return [v for v in check(problem, from_assignments(problem, day.plan)) if not is_allowed(v)]


# --- what is fixed stays ----------------------------------------------------------------------------------------------


def nothing_fixed_moves(before: Day, healed: Day, signals: Sequence[Signal]) -> None:
    """What has begun stays where it is, and so does what a person pinned, as long as it can."""
    gone = {s.clinician_id for s in signals if isinstance(s, CallOut | RosterChange)}
    came = {s.visit_id for s in signals if isinstance(s, CheckIn | CheckOut) and s.clinician_id is not None}
    for key, old in before.plan.assignments.items():
        then, now = before.visits[key.visit_id], healed.visits[key.visit_id]
        new = healed.plan.assignments.get(key)
        if then.is_started or then.status in DONE:
            assert new is not None, f"{key} was done, and is gone"
            assert new.clinician_id == old.clinician_id or key.visit_id in came, f"{key} was done by somebody else"
            assert new.starts_at in (old.starts_at, then.started_at), f"{key} has begun, and moves"
        elif old.pinned and old.clinician_id not in gone and not _is_unfixed(then, now, signals):
            assert new is not None, f"{key} was pinned, and is gone"
            same = (new.clinician_id, new.starts_at) == (old.clinician_id, old.starts_at)
            assert same, f"{key} was pinned, and moves to {new.clinician_id} at {new.starts_at:%H:%M} UTC"


def nothing_begun_moves(before: Day, healed: Day) -> None:
    """What has begun is not given to anybody else by itself, and is done where it began."""
    for key, old in before.plan.assignments.items():
        then, new = before.visits[key.visit_id], healed.plan.assignments.get(key)
        if then.is_started or then.status in DONE:
            assert new is not None, f"{key} was done, and is gone"
            assert new.starts_at in (old.starts_at, then.started_at), f"{key} has begun, and moves"


def _is_unfixed(then: Visit, now: Visit, signals: Iterable[Signal]) -> bool:
    """Whether somebody said of a visit what its pin cannot hold against."""
    if not now.is_plannable or now.is_started or now.gate is GateState.WAITLIST:
        return True
    if then.window != now.window or now.expected_start is not None:
        return True
    refused = any(isinstance(s, Reply | SiteClosed) for s in signals)
    return refused or any(isinstance(s, VisitChanged) and s.visit_id == now.id for s in signals)


def who_called_out_is_gone(before: Day, healed: Day, decision: Decision, signals: Sequence[Signal]) -> None:
    """What was hit is with somebody else, or at another time; nobody is sent while absent."""
    for key in decision.hit:
        new, old = healed.plan.assignments.get(key), before.plan.assignments[key]
        stays = new is not None and (new.clinician_id, new.starts_at) == (old.clinician_id, old.starts_at)
        assert not stays, f"{key} was hit, and nothing changes"
    back = {s.clinician_id for s in signals if isinstance(s, ClinicianFree)}
    for s in signals:
        if isinstance(s, CallOut) and s.clinician_id not in back:
            for a in healed.plan.route(s.clinician_id):
                of = healed.visits[a.key.visit_id]
                if not of.is_started and not of.is_closed:
                    there = a.ends_at <= s.from_at or a.starts_at >= s.until
                    assert there, f"{a.key} at {a.starts_at:%H:%M}-{a.ends_at:%H:%M} UTC, while its clinician is absent"


def silence_moves_nobody(before: Day, healed: Day, signals: Sequence[Signal]) -> None:
    """Whoever does not check in, or does not answer, is not taken as gone: only a person gives their visits away."""
    if not all(isinstance(s, NoReply | LateStart) for s in signals):
        return
    for key, old in before.plan.assignments.items():
        new, visit = healed.plan.assignments.get(key), healed.visits[key.visit_id]
        if any(isinstance(s, LateStart) and s.visit_id == key.visit_id for s in signals) and new is not None:
            assert new.clinician_id == old.clinician_id, f"{key} was given away for a missing check-in"
        if all(isinstance(s, NoReply) for s in signals) and visit.gate is not GateState.WAITLIST:
            dropped = any(v.gate is GateState.WAITLIST for v in healed.visits.values())
            assert dropped or new == old, f"{key} moved because somebody was silent"


# --- the gate ---------------------------------------------------------------------------------------------------------


def time_critical_care_is_dispatched(day: Day) -> None:
    """A gate never holds a visit of risk 8, whatever its patient says or does not."""
    for visit in day.visits.values():
        if visit.is_plannable and risk_of(visit) >= NEVER_HELD_RISK and first_stop(day, visit):
            assert visit.gate.is_dispatched, f"{visit.external_id} is time-critical, and held at its gate"


def a_gate_binds_only_who_was_asked(before: Day, healed: Day, signals: Sequence[Signal]) -> None:
    """What silence holds back was asked about, with time to answer."""
    said_no = {s.promise_id for s in signals if isinstance(s, Reply)}
    for visit_id, visit in healed.visits.items():
        was = before.visits.get(visit_id)
        held = visit.gate in (GateState.HELD, GateState.WAITLIST)
        if was is None or visit.patient_id is None or not held or was.gate is visit.gate:
            continue
        promise = before.promise_of(visit_id, visit.patient_id)
        assert promise is not None, f"{visit.external_id} is held, and its patient knows of nothing"
        if promise.id not in said_no:
            assert was.answer_by is not None, f"{visit.external_id} is held, and nobody said until when to answer"
            in_time = promise.asks and promise.told_at + TIME_TO_ANSWER <= was.answer_by
            assert in_time, f"{visit.external_id} is held, and its patient had no time to answer"


def a_yes_opens_the_gate(day: Day) -> None:
    """A confirmed visit is dispatched."""
    for visit in day.visits.values():
        stop, patient = first_stop(day, visit), visit.patient_id
        promise = day.promise_of(visit.id, patient) if patient is not None else None
        if stop and promise and visit.is_plannable and not visit.is_started:
            said_yes = promise.answer is ConfirmationState.ACCEPTED and promise.window == stop.told
            assert visit.gate.is_dispatched or not said_yes, f"{visit.external_id} is confirmed, and held at its gate"


def first_stop(day: Day, visit: Visit) -> Assignment | None:
    """The lowest seat of a visit that is filled: its window is what the patient is told."""
    return next((a for key in visit.position_keys() if (a := day.plan.assignments.get(key))), None)


# --- once is enough, and the same again -------------------------------------------------------------------------------


def handled_twice_is_handled_once(healed: Day, again: Decision) -> None:
    """Where somebody is still missing, or waits, the search may find a better plan; else nothing changes at all."""
    missing = any(c.kind in UNCOVERED for c in healed.cases)
    if not missing and not any(v.is_waitlisted for v in healed.visits.values()):
        assert not again.changes, f"decided again, something else comes out: {moves(again)}"
    assert again.hit == () or again.changes, "what was hit is hit again"
    for update in again.visit_updates:
        known = healed.visits[update.visit_id]
        assert update.started_at in (None, known.started_at), f"{known.external_id} begins twice"
        assert update.ended_at in (None, known.ended_at), f"{known.external_id} ends twice"
        assert update.cancelled_by is None, f"{known.external_id} is cancelled twice"


def moves(decision: Decision) -> list[str]:
    def said(a: Assignment | None) -> str:
        return f"{a.clinician_id} {a.starts_at:%H:%M}-{a.ends_at:%H:%M} #{a.route_order}" if a else "nobody"

    return [f"{c.key.visit_id}.{c.key.position} {said(c.before)} -> {said(c.after)}" for c in decision.changes]


def facts_only_grow(before: Day, healed: Day) -> None:
    """Versions and revisions never go back, and a visit that is over stays so unless someone reopens or reports it."""
    assert healed.plan.version >= before.plan.version, "the plan's version goes back"
    for visit_id, was in before.visits.items():
        visit = healed.visits[visit_id]
        assert visit.visit_rev >= was.visit_rev, f"the revision of {visit.external_id} goes back"
        if was.started_at is not None and was.status in (VisitStatus.IN_PROGRESS, *DONE):
            assert visit.started_at == was.started_at, f"{visit.external_id} began at another time now"
        if was.status in DONE:
            assert visit.status is was.status, f"{visit.external_id} was {was.status} and is {visit.status}"


# --- cases ------------------------------------------------------------------------------------------------------------


def every_case_says_why(decision: Decision) -> None:
    """In sentences that hold all their values; what closes one says so too."""
    for opened in decision.cases_opened:
        assert opened.reasons, f"{opened.kind} is open for no reason"
        for one in opened.reasons:
            _is_said(one)
    for one in (decision.because, *(c.because for c in decision.cases_closed), *(c.because for c in decision.changes)):
        _is_said(one)


def _is_said(one: Reason) -> None:
    for inner in _reasons_in(one):
        assert str(inner) != inner.code, f"{inner} has no sentence, or lacks a value of it"


def _reasons_in(value: object) -> Iterator[Reason]:
    if isinstance(value, Reason):
        yield value
        for _name, inner in value.values:
            yield from _reasons_in(inner)
    elif isinstance(value, tuple | list):
        for inner in value:
            yield from _reasons_in(inner)


AHEAD = {
    CaseKind.NOT_CLOCKED_IN,
    CaseKind.NCNS,
    CaseKind.PATIENT_SILENT,
    CaseKind.PROMISE_AT_RISK,
}
"""Kinds about a visit that is still to come: once it has begun or is over, nobody has anything to do any more."""


def no_case_outlives_its_cause(day: Day) -> None:
    """A visit that is under way or over is in no case about its beginning; what is over, in none about its end."""
    for case in day.cases:
        if case.kind in AHEAD and case.subject.kind == "visit" and VisitId(case.subject.id) in day.visits:
            visit = day.visits[VisitId(case.subject.id)]
            assert not visit.is_started and not visit.is_closed, f"{case.kind} of {visit.external_id}: {visit.status}"
        if case.kind is CaseKind.NOT_CLOCKED_OUT and VisitId(case.subject.id) in day.visits:
            visit = day.visits[VisitId(case.subject.id)]
            assert visit.is_started, f"{case.kind} of {visit.external_id}: {visit.status}"
