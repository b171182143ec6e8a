"""Saves decisions whole: plans, visits, answers, cases, messages, events and audit in the caller's one transaction.

Lock order, the same everywhere, several days in theirs: days, plan heads, visits by id, touches, branch_dirty, and the
event counters last.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from suture.dispatch.outcome import merged
from suture.model.audit import AuditCode
from suture.model.cases import UNCOVERED, CaseKind, CaseSubject, CaseToClose, CaseToOpen
from suture.model.day import ConfirmationState, Day
from suture.model.decision import Cause, ChangeKind, Decision, VisitUpdate
from suture.model.events import EventKind, NewEvent
from suture.model.ids import BranchDay, VisitId
from suture.model.messages import Touch
from suture.model.offers import AskedState, Offer
from suture.model.plan import Stage
from suture.model.visit import CLOSED_STATUSES, GateState, Visit, VisitStatus
from suture.outreach.compose import cases_of, compose
from suture.outreach.offer_messages import offer_messages
from suture.outreach.policy import OutreachPolicy
from suture.store import absences, audit, cases, disruptions, events, offers, plans, touches, visits, waking
from suture.store.contacts import load_contacts
from suture.store.inbox import StoredSignal
from suture.store.plans import Saved
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


@dataclass(frozen=True, slots=True)
class Part:
    """One branch-day of what is saved: the day as it was seen, the decision about it, and the signals that led to it.

    `cpu_ms`: of the whole decision, all its days.
    """

    day: Day
    decision: Decision
    cpu_ms: float
    signals: Sequence[StoredSignal] = ()


Happened = dict[BranchDay, list[NewEvent]]
"""What is to be appended to the log of each branch-day, in the order of the days."""


def save_decision(tx: Tx, day: Day, decision: Decision, policy: OutreachPolicy, *, cpu_ms: float) -> Happened:
    """`save_parts` of the one day that was planned or published."""
    return save_parts(tx, [Part(day, decision, cpu_ms)], policy)


def save_parts(tx: Tx, parts: Sequence[Part], policy: OutreachPolicy) -> Happened:
    """Write all that decisions of some branch-days mean, these in order; what happened is to be appended last.

    Each kind of row is written of every day before the next kind, so that several days keep the order of locks, and
    what one of them ends makes room for what another begins. Raises PlanMovedOn or VisitMovedOn.
    """
    plans.save(tx, [Saved(p.day, p.decision, p.cpu_ms) for p in parts])
    revs = {visit.id: visit.rev for p in parts for visit in p.day.visits.values()}
    visits.apply_updates(tx, merged(u for p in parts for u in p.decision.visit_updates), revs)
    for p in parts:
        _save_facts(tx, p)
    parts = [_with_offers(tx, p) for p in parts]
    composed = [_compose(tx, p.day, p.decision, policy) for p in parts]
    touches.supersede_stale(tx, _newest(p.decision.revs for p in parts))
    for p, (planned, _) in zip(parts, composed, strict=True):
        touches.plan(tx, p.day.branch.id, p.day.service_date, touches.said_again(tx, planned))
    closed = [cases.close_cases(tx, _to_close(tx, p)) for p in parts]
    happened: Happened = {}
    for p, log, (_, more_cases) in zip(parts, closed, composed, strict=True):
        opened = (*p.decision.cases_opened, *more_cases)
        log += cases.open_cases(tx, p.day.branch.id, p.day.service_date, opened, p.decision.version)
        _audit(tx, p.day, p.decision)
        changed = [_visit_changed(p.day, s) for s in p.signals if s.kind == "visit_changed"]
        handled = _signal_events(tx, p.decision, p.signals)
        told = [*_events(tx, p.day, p.decision), *_offer_events(tx, p.day, p.decision)]
        happened[p.decision.day] = [*changed, *handled, *told, *log]
        cases.note_ladders(tx, p.decision.ladders)
    _pass_on(tx, parts)
    return happened


def append_events(tx: Tx, happened: Happened) -> None:
    """Write the log: last in a transaction."""
    for (branch_id, service_date), events_ in happened.items():
        events.append(tx, branch_id=branch_id, service_date=service_date, events=events_)


def _with_offers(tx: Tx, part: Part) -> Part:
    """The part with its offers stored, and known by their ids."""
    decision = part.decision
    if not decision.offers:
        return part
    ids = offers.save(tx, decision.branch_id, decision.service_date, decision.offers)

    def stored(offer: Offer) -> Offer:
        return replace(offer, id=ids.get((offer.key, offer.round), offer.id))

    news = tuple(replace(n, offer=stored(n.offer)) for n in decision.offer_news)
    return replace(part, decision=replace(decision, offers=tuple(map(stored, decision.offers)), offer_news=news))


def _save_facts(tx: Tx, part: Part) -> None:
    day, decision = part.day, part.decision
    plans.vacate_started(tx, day.branch.id, day.service_date)
    absences.record(tx, decision.absences, source=f"version:{decision.version}")
    disruptions.record(tx, day.branch.id, decision.disruptions)
    visits.record_confirmations(tx, day, decision.confirmations)
    visits.close_prompts(tx, decision.answered_touches)


def _newest(revs: Iterable[Mapping[VisitId, int]]) -> Mapping[VisitId, int]:
    """The revision of each visit after everything; one that moves is in two days."""
    newest: dict[VisitId, int] = {}
    for of_day in revs:
        newest |= {visit_id: max(rev, newest.get(visit_id, rev)) for visit_id, rev in of_day.items()}
    return newest


def _to_close(tx: Tx, part: Part) -> list[CaseToClose]:
    return [
        *part.decision.cases_closed,
        *_no_longer_missing(part.decision),
        *_told_by_uncovered(part.day, part.decision),
        *_told_again(tx, part.day, part.decision),
    ]


def _pass_on(tx: Tx, parts: Sequence[Part]) -> None:
    """A visit that left a plan for a day that was not decided with it is demand there now."""
    known = {(visit.id, p.day.key) for p in parts for visit in p.day.visits.values()}
    for p in parts:
        released = [p.day.visits[c.key.visit_id] for c in p.decision.changes if c.kind is ChangeKind.RELEASED]
        gone = [v.id for v in released if (v.id, BranchDay(v.branch_id, v.service_date)) not in known]
        waking.pass_on(tx, p.day.branch.id, p.day.service_date, gone)


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
        if c.kind in UNCOVERED and day.visits[VisitId(c.subject.id)].file_gaps
    ]


def _offer_events(tx: Tx, day: Day, decision: Decision) -> Iterator[NewEvent]:
    """Who was asked, what became of each, and which rounds ended."""
    known = {offer.id: offer for offer in day.offers}
    for offer in decision.offers:
        old, about = known.get(offer.id), {"offer_id": offer.id, "position": offer.key.position}
        when = {"t_decided": tx.now}
        if old is None:
            asked = [a.clinician_id for a in offer.asked]
            data = {**about, "round": offer.round, "mode": offer.mode, "asked": asked, "by_person": offer.by_person}
            yield NewEvent(EventKind.OFFER_OPENED, offer.key.visit_id, {**data, **when})
            continue
        for before, now in zip(old.asked, offer.asked, strict=True):
            if before.state is not now.state:
                data = {**about, "clinician_id": now.clinician_id, "state": now.state}
                yield NewEvent(EventKind.OFFER_ANSWERED, offer.key.visit_id, {**data, **when})
            if before.state is not now.state is AskedState.ACCEPTED:  # a yes that is taken is the yes to the visit
                yes = {"state": ConfirmationState.ACCEPTED, "via": "offer", "t_accepted": tx.now}
                data = {"party_id": now.clinician_id, "participant": "clinician", **yes}
                yield NewEvent(EventKind.CONFIRMATION, offer.key.visit_id, data)
        if old.state is not offer.state:
            data = {**about, "state": offer.state}
            yield NewEvent(EventKind.OFFER_CLOSED, offer.key.visit_id, {**data, **when})


def _compose(
    tx: Tx, day: Day, decision: Decision, policy: OutreachPolicy
) -> tuple[tuple[Touch, ...], tuple[CaseToOpen, ...]]:
    if decision.stage is not Stage.PUBLISHED:
        return (), ()
    contacts = load_contacts(tx, day.branch.id, day.service_date, decision.heard_again)
    news = offer_messages(decision.offer_news, contacts, tx.now)
    return (*compose(decision, contacts, policy, tx.now), *news), cases_of(decision, contacts, policy, tx.now)


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
                "because": decision.whys.get(s.id),
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
    if decision.cause is Cause.PUBLISH:
        waits = (v for _, v in sorted(day.visits.items()) if v.gate is GateState.WAITS)
        log += [NewEvent(EventKind.VISIT_GATED, v.id, {"state": v.gate}) for v in waits]
    for u in decision.visit_updates:
        if u.gate is not None and u.gate is not day.visits[u.visit_id].gate and decision.stage is Stage.PUBLISHED:
            log.append(NewEvent(EventKind.VISIT_GATED, u.visit_id, {"state": u.gate}))
        log += _asked_otherwise(tx, day, u)
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


def _asked_otherwise(tx: Tx, day: Day, update: VisitUpdate) -> Iterator[NewEvent]:
    """A visit that a signal puts on hold is not asked for, and one that it releases or reopens is again."""
    visit = day.visits[update.visit_id]
    patient = day.patients.get(visit.patient_id) if visit.patient_id else None
    held = visit.held if update.held is None else update.held or (patient is not None and not patient.is_active)
    status = update.status or visit.status
    if update.held is not None or (visit.status is VisitStatus.CANCELLED and status not in CLOSED_STATUSES):
        asked = _asked(replace(visit, held=held, status=status))
        yield NewEvent(EventKind.VISIT_CHANGED, visit.id, {"positions": asked, "t_signal": tx.now})
