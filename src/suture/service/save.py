"""Saves a Decision whole: plan, visits, answers, cases, messages, events and audit in the caller's one transaction.

Lock order, the same everywhere: plan head, visits by id, touches, branch_dirty, and the event counter last.
"""

from collections.abc import Mapping, Sequence

from suture.model.audit import AuditCode
from suture.model.cases import CaseKind, CaseSubject, CaseToClose, CaseToOpen
from suture.model.day import Day
from suture.model.decision import Cause, ChangeKind, Decision
from suture.model.events import EventKind, NewEvent
from suture.model.ids import VisitId
from suture.model.messages import Touch
from suture.model.plan import Stage
from suture.model.visit import CLOSED_STATUSES, Visit, VisitStatus
from suture.outreach.compose import cases_of, compose
from suture.outreach.policy import OutreachPolicy
from suture.store import absences, audit, cases, plans, touches, visits
from suture.store.contacts import load_contacts
from suture.store.inbox import StoredSignal
from suture.store.transaction import Tx
from suture.words.reason import reason

_CHANGE_EVENTS = {
    ChangeKind.ASSIGNED: EventKind.VISIT_ASSIGNED,
    ChangeKind.REASSIGNED: EventKind.VISIT_REASSIGNED,
    ChangeKind.RETIMED: EventKind.VISIT_RETIMED,
    ChangeKind.UNCOVERED: EventKind.VISIT_UNCOVERED,
    ChangeKind.RELEASED: EventKind.VISIT_RELEASED,
}
_PLAN_EVENTS = {
    Cause.FIRST_PASS: EventKind.PLAN_MADE,
    Cause.PUBLISH: EventKind.PLAN_PUBLISHED,
    Cause.SIGNALS: EventKind.PLAN_REPAIRED,
}
_PLAN_CODES = {
    Cause.FIRST_PASS: AuditCode.DAY_PLANNED,
    Cause.PUBLISH: AuditCode.DAY_PUBLISHED,
    Cause.SIGNALS: AuditCode.DAY_REPAIRED,
}


def save_decision(
    tx: Tx,
    day: Day,
    decision: Decision,
    policy: OutreachPolicy,
    *,
    cpu_ms: float,
    signals: Sequence[StoredSignal] = (),
) -> list[NewEvent]:
    """Write all that a decision means; the events of it, to be appended last. Raises PlanMovedOn or VisitMovedOn."""
    plans.save(tx, day, decision, cpu_ms=cpu_ms)
    visits.apply_updates(tx, day, decision.visit_updates)
    plans.vacate_started(tx, day.branch.id, day.service_date)
    absences.record(tx, decision.absences, source=f"version:{decision.version}")
    visits.record_confirmations(tx, day, decision.confirmations)
    visits.close_prompts(tx, decision.answered_touches)
    planned, more_cases = _compose(tx, day, decision, policy)
    touches.supersede_stale(tx, decision.revs)
    touches.plan(tx, day.branch.id, day.service_date, planned)
    closed = (
        *decision.cases_closed,
        *_no_longer_missing(decision),
        *_told_by_uncovered(day, decision),
        *_told_again(tx, day, decision),
    )
    log = cases.close_cases(tx, closed)
    opened = (*decision.cases_opened, *more_cases)
    log += cases.open_cases(tx, day.branch.id, day.service_date, opened, decision.version)
    _audit(tx, day, decision)
    changed = [_visit_changed(day, s) for s in signals if s.kind == "visit_changed"]
    return [*changed, *_signal_events(tx, decision, signals), *_events(tx, day, decision), *log]


def _no_longer_missing(decision: Decision) -> list[CaseToClose]:
    """A full export that leaves out a closed visit asks nothing."""
    return [
        CaseToClose(CaseKind.UPSTREAM_MISSING, CaseSubject("visit", u.visit_id), reason("closed.visit_over"))
        for u in decision.visit_updates
        if u.status in CLOSED_STATUSES
    ]


def _told_again(tx: Tx, day: Day, decision: Decision) -> list[CaseToClose]:
    """A message that was stopped while the clinician's status could not be read: what is news of it goes out now."""
    stopped = touches.stopped_about_day(tx, day.branch.id, day.service_date, decision.heard_again)
    because = reason("closed.status_known")
    return [CaseToClose(CaseKind.MESSAGE_UNDELIVERABLE, CaseSubject("touch", t), because) for t in stopped]


def _told_by_uncovered(day: Day, decision: Decision) -> list[CaseToClose]:
    """What a file leaves open of a visit is asked once: by the case of the uncovered visit as soon as it has one."""
    return [
        CaseToClose(CaseKind.VISIT_UNCLEAR, CaseSubject("visit", c.subject.id), reason("closed.said_by_uncovered"))
        for c in decision.cases_opened
        if c.kind in (CaseKind.UNCOVERED_VISIT, CaseKind.UNCOVERED_SHIFT)
        and day.visits[VisitId(c.subject.id)].file_gaps
    ]


def _compose(
    tx: Tx, day: Day, decision: Decision, policy: OutreachPolicy
) -> tuple[tuple[Touch, ...], tuple[CaseToOpen, ...]]:
    if decision.stage is not Stage.PUBLISHED:
        return (), ()
    contacts = load_contacts(tx, day.branch.id, day.service_date, decision.heard_again)
    return compose(decision, contacts, policy, tx.now), cases_of(decision, contacts, policy, tx.now)


def _audit(tx: Tx, day: Day, decision: Decision) -> None:
    if decision.changes_plan or decision.cause is Cause.PUBLISH:
        facts: Mapping[str, object] = {
            "date": decision.service_date,
            "version": decision.version,
            "assigned": len(decision.assignments),
            "positions": _positions(day, decision),
            "because": decision.because,
        }
        audit.record(tx, _PLAN_CODES[decision.cause], "branch", day.branch.id, **facts)
    for update in decision.visit_updates:
        if update.status is VisitStatus.CANCELLED:
            audit.record(tx, AuditCode.VISIT_CANCELLED, "visit", update.visit_id, by=update.cancelled_by)
    for answer in decision.confirmations:
        audit.record(tx, AuditCode.REPLY_RECEIVED, "visit", answer.visit_id, via=answer.via, answer=answer.state)


def _visit_changed(day: Day, signal: StoredSignal) -> NewEvent:
    visit = day.visits.get(signal.body["visit_id"])
    data = {"positions": _asked(visit) if visit else 0, "t_signal": signal.received_at}
    return NewEvent(EventKind.VISIT_CHANGED, signal.body["visit_id"], data)


def _asked(visit: Visit) -> int:
    """How many people a visit needs on its day, or needed where it is over."""
    return 0 if visit.held or visit.status is VisitStatus.CANCELLED else visit.positions


def _positions(day: Day, decision: Decision) -> int:
    """How many positions the plan knows of: what it assigns, done work among it, and what needs someone."""
    closed = {u.visit_id for u in decision.visit_updates if u.status in CLOSED_STATUSES}
    return len({*decision.assignments, *(key for key in day.open_positions() if key.visit_id not in closed)})


def _signal_events(tx: Tx, decision: Decision, signals: Sequence[StoredSignal]) -> list[NewEvent]:
    return [
        NewEvent(
            EventKind.SIGNAL_HANDLED,
            s.id,
            {
                "signal": s.kind,
                "t_true": s.occurred_at,
                "t_signal": s.received_at,
                "t_decided": tx.now,
                "hit": [list(key) for key in decision.hits.get(s.id, ())],
            },
        )
        for s in signals
    ]


def _events(tx: Tx, day: Day, decision: Decision) -> list[NewEvent]:
    log: list[NewEvent] = []
    if decision.changes_plan or decision.cause is Cause.PUBLISH:
        facts: dict[str, object] = {
            "version": decision.version,
            "positions": _positions(day, decision),
            "assigned": len(decision.assignments),
            "because": decision.because,
            "t_decided": tx.now,
        }
        if decision.cause is Cause.FIRST_PASS:  # files may have said otherwise since each visit became known
            facts["asked"] = [[v.id, _asked(v)] for _, v in sorted(day.visits.items()) if _asked(v)]
        log.append(NewEvent(_PLAN_EVENTS[decision.cause], decision.version, facts))
    for change in decision.changes:
        at = change.after or change.before
        data = {
            "position": change.key.position,
            "clinician_id": change.after.clinician_id if change.after else None,
            "from_clinician_id": change.before.clinician_id if change.before else None,
            "t_start": at.starts_at if at else None,
            "t_decided": tx.now,
            "told_changed": change.told_changed,
            "because": change.because,
        }
        log.append(NewEvent(_CHANGE_EVENTS[change.kind], change.key.visit_id, data))
    return log + _visit_events(tx, day, decision)


def _visit_events(tx: Tx, day: Day, decision: Decision) -> list[NewEvent]:
    log: list[NewEvent] = []
    for u in decision.visit_updates:
        ends = {"clinician_id": u.done_by, "t_start": u.started_at, "t_end": u.ended_at}
        match u.status:
            case VisitStatus.CANCELLED:
                data: dict[str, object] = {"by": u.cancelled_by, "t_signal": tx.now, "t_decided": tx.now}
                log.append(NewEvent(EventKind.VISIT_CANCELLED, u.visit_id, data))
            case VisitStatus.IN_PROGRESS:
                log.append(NewEvent(EventKind.VISIT_STARTED, u.visit_id, {"t_start": u.started_at}))
            case VisitStatus.COMPLETED:
                log.append(NewEvent(EventKind.VISIT_COMPLETED, u.visit_id, ends))
            case VisitStatus.NO_SHOW:
                log.append(NewEvent(EventKind.VISIT_NOT_HOME, u.visit_id, {"t_end": u.ended_at}))
            case _:
                pass
    for answer in decision.confirmations:
        who = "clinician" if answer.party_id in day.clinicians else "patient"
        told = {"party_id": answer.party_id, "participant": who, "state": answer.state, "via": answer.via}
        log.append(NewEvent(EventKind.CONFIRMATION, answer.visit_id, {**told, "t_accepted": answer.at}))
    return log
