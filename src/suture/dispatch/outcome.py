"""From a new set of assignments to what must be recorded: changes, told content and statuses."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import timedelta

from suture.dispatch.gate import stop_of
from suture.model.day import ConfirmationState, Day, Promise
from suture.model.decision import Change, ChangeKind, VisitUpdate
from suture.model.ids import PartyId, PositionKey, VisitId
from suture.model.plan import Assignment, Plan, ToldWindow
from suture.model.visit import Visit, VisitStatus
from suture.words.reason import Reason, reason

SMALLEST_RETIMING = timedelta(minutes=10)
"""A route whose starts all move by less keeps its old times: a new version for a few minutes helps no one."""

Assignments = Mapping[PositionKey, Assignment]
Promises = Mapping[tuple[VisitId, PartyId], Promise]


def final_assignments(
    plan: Plan, planned: Assignments, day: Day, other_hours: Collection[PartyId] = ()
) -> dict[PositionKey, Assignment]:
    """The plan to record: facts for what has started, old times for routes that hardly moved, new ones elsewhere.

    Clinicians with `other_hours` than before keep no old time: it may be outside them.
    """
    worked = {v for v, visit in day.visits.items() if was_worked(visit)}
    final = {key: a for key, a in plan.assignments.items() if not _wants_planning(key, day) and key.visit_id in worked}
    final |= {key: a for key, a in planned.items() if key.visit_id in day.visits}
    final = {key: _as_it_was(_as_told(a, day), day.visits[key.visit_id]) for key, a in final.items()}
    final |= {
        a.key: a for clinician_id in _hardly_moved(plan, final, day, other_hours) for a in plan.route(clinician_id)
    }
    return dict(sorted(_renumbered(final).items()))


def _wants_planning(key: PositionKey, day: Day) -> bool:
    visit = day.visits[key.visit_id]
    return visit.is_plannable and not visit.is_started


def was_worked(visit: Visit) -> bool:
    """Visits under way or ended by work stay in the plan as a record; those cancelled, on hold or moved leave it."""
    return visit.is_started or visit.status in (VisitStatus.COMPLETED, VisitStatus.NO_SHOW)


def _as_told(assignment: Assignment, day: Day) -> Assignment:
    """A visit that had lost its clinician keeps the window its patient still holds, where the new start is in it."""
    held = None if assignment.key in day.plan.assignments else told_before(day, day.visits[assignment.key.visit_id])
    return replace(assignment, told=held) if held and held.contains(assignment.starts_at) else assignment


def _as_it_was(assignment: Assignment, visit: Visit) -> Assignment:
    if visit.started_at is None:
        return assignment
    expected = visit.started_at + timedelta(minutes=visit.duration_minutes)
    ends_at = visit.ended_at or max(visit.expected_end or expected, expected)
    least = visit.started_at + timedelta(minutes=1)
    return replace(assignment, starts_at=visit.started_at, ends_at=max(ends_at, least))


def _hardly_moved(plan: Plan, new: Assignments, day: Day, other_hours: Collection[PartyId]) -> set[PartyId]:
    """Clinicians whose route keeps its old times, unless it shares a visit, or a patient, with one that does not.

    Two carers start together, and of two visits to one patient the second begins when the first has ended.
    """
    routes: dict[PartyId, dict[PositionKey, Assignment]] = {a.clinician_id: {} for a in plan.assignments.values()}
    carers: dict[tuple[str, int], set[PartyId]] = {}
    for a in new.values():
        routes.setdefault(a.clinician_id, {})[a.key] = a
        patient = day.visits[a.key.visit_id].patient_id
        carers.setdefault(("patient", patient) if patient else ("visit", a.key.visit_id), set()).add(a.clinician_id)
    still = {c for c, route in routes.items() if c not in other_hours and _is_nearly(plan.route(c), route)}
    while split := {c for team in carers.values() if team & still and not team <= still for c in team & still}:
        still -= split
    return still


def _is_nearly(old: tuple[Assignment, ...], new: Assignments) -> bool:
    in_order = [a.key for a in sorted(new.values(), key=lambda a: (a.starts_at, a.key))]
    return [a.key for a in old] == in_order and all(
        a.told == new[a.key].told
        and abs(a.starts_at - new[a.key].starts_at) < SMALLEST_RETIMING
        and abs(a.ends_at - new[a.key].ends_at) < SMALLEST_RETIMING
        for a in old
    )


def _renumbered(assignments: Assignments) -> dict[PositionKey, Assignment]:
    """Route orders 1, 2, … per clinician by start."""
    numbered: dict[PositionKey, Assignment] = {}
    stops: dict[PartyId, int] = {}
    for a in sorted(assignments.values(), key=lambda a: (a.starts_at, a.key)):
        stops[a.clinician_id] = stops.get(a.clinician_id, 0) + 1
        order = stops[a.clinician_id]
        numbered[a.key] = a if a.route_order == order else replace(a, route_order=order)
    return numbered


def displaced(hit: Iterable[PositionKey], plan: Plan, after: Assignments, day: Day) -> tuple[PositionKey, ...]:
    """Those of `hit` that needed someone: not begun or closed in the same batch, and not left as they were."""
    return tuple(
        k for k in dict.fromkeys(hit) if _wants_planning(k, day) and not _stands(plan.assignments[k], after.get(k))
    )


def _stands(old: Assignment, new: Assignment | None) -> bool:
    return new is not None and (new.clinician_id, new.starts_at) == (old.clinician_id, old.starts_at)


def changes_between(
    plan: Plan, after: Assignments, day: Day, because: Mapping[PositionKey, Reason]
) -> tuple[Change, ...]:
    """One Change for each position whose row is another, in key order."""
    changes = []
    for key in sorted({*plan.assignments, *after}):
        old, new = plan.assignments.get(key), after.get(key)
        if old != new:
            kind = _kind(key, old, new, day)
            why = because.get(key) or _needed_elsewhere(kind, old, plan, after, day, because)
            tells = _told_changed(key, after, day)
            changes.append(Change(key, kind, old, new, tells, why or _because(key, kind, day)))
    return tuple(changes)


def _needed_elsewhere(
    kind: ChangeKind,
    old: Assignment | None,
    plan: Plan,
    after: Assignments,
    day: Day,
    because: Mapping[PositionKey, Reason],
) -> Reason | None:
    """For which visit a clinician gives this one up, and why that one needed someone; None where for none."""
    if old is None or kind not in (ChangeKind.REASSIGNED, ChangeKind.UNCOVERED):
        return None
    taken = [a for a in after.values() if a.clinician_id == old.clinician_id and not _had(plan, a)]
    clinician = day.clinicians.get(old.clinician_id)
    if not taken or clinician is None:
        return None
    nearest = min(taken, key=lambda a: (abs(a.starts_at - old.starts_at), a.key))
    visit, why = day.visits[nearest.key.visit_id], because.get(nearest.key)
    if why is None:
        return reason("change.needed", who=clinician.name, visit=visit.external_id)
    return reason("change.needed_because", who=clinician.name, visit=visit.external_id, because=why)


def _had(plan: Plan, now: Assignment) -> bool:
    before = plan.assignments.get(now.key)
    return before is not None and before.clinician_id == now.clinician_id


def _because(key: PositionKey, kind: ChangeKind, day: Day) -> Reason:
    visit = day.visits[key.visit_id]
    if kind is ChangeKind.RELEASED:
        if visit.service_date != day.service_date:
            return reason("change.moved_day")
        if visit.held:
            return reason("change.held")
        if not visit.is_closed:
            return reason("change.fewer")
    if kind in (ChangeKind.REASSIGNED, ChangeKind.ASSIGNED) and (visit.is_started or visit.is_closed):
        return reason("change.came")
    return reason(f"changed.{kind}")  # the plain reason for a change that no signal asked for


def _kind(key: PositionKey, old: Assignment | None, new: Assignment | None, day: Day) -> ChangeKind:
    if new is None:
        visit = day.visits[key.visit_id]
        wanted = visit.is_plannable and key.position <= visit.positions
        return ChangeKind.UNCOVERED if wanted else ChangeKind.RELEASED
    if old is None:
        return ChangeKind.ASSIGNED
    return ChangeKind.RETIMED if old.clinician_id == new.clinician_id else ChangeKind.REASSIGNED


def told_before(day: Day, visit: Visit) -> ToldWindow | None:
    """What the patient holds now: the window of the plan, else the last one they were told."""
    planned = stop_of(visit, day.plan.assignments)
    if planned is not None:
        return planned.told
    promise = day.promise_of(visit.id, visit.patient_id) if visit.patient_id else None
    return promise.window if promise else None


def _told_changed(key: PositionKey, after: Assignments, day: Day) -> bool:
    """Whether the patient must hear: there is another window to tell. Losing the clinician alone says nothing yet."""
    visit = day.visits[key.visit_id]
    told, tells = stop_of(visit, day.plan.assignments), stop_of(visit, after)
    if tells is None or visit.patient_id is None or visit.is_started or visit.is_closed:
        return False
    is_left = told is not None and told.key == key and key not in after  # so that another seat tells from now on
    return (tells.key == key or is_left) and told_before(day, visit) != tells.told


def tell_updates(changes: Iterable[Change], day: Day) -> list[VisitUpdate]:
    """Move `visit_rev` where told content changes after something was told or planned to be told."""
    return [
        VisitUpdate(c.key.visit_id, tell=True)
        for c in changes
        if c.told_changed and told_before(day, day.visits[c.key.visit_id]) is not None
    ]


def on_time_updates(after: Assignments, day: Day) -> list[VisitUpdate]:
    """Forget that someone was late for a visit which they no longer do: whoever comes now is not."""
    late = (v for v in day.visits.values() if v.late_by is not None and not was_worked(v))
    return [VisitUpdate(v.id, on_time=True) for v in late if v.late_by not in _carers(v, after)]


def _carers(visit: Visit, assignments: Assignments) -> set[PartyId]:
    return {assignments[key].clinician_id for key in visit.position_keys() if key in assignments}


def status_updates(day: Day, after: Assignments) -> list[VisitUpdate]:
    """requested, scheduled or confirmed, as assignments and current answers say."""
    updates = []
    promises = {(p.visit_id, p.party_id): p for p in reversed(day.promises)}  # of several the first, as `promise_of`
    for visit in day.visits.values():
        if not visit.is_plannable or visit.is_started:
            continue
        status = _status(visit, promises, after)
        if status is not visit.status:
            updates.append(VisitUpdate(visit.id, status))
    return updates


def _status(visit: Visit, promises: Promises, after: Assignments) -> VisitStatus:
    seats = [after.get(key) for key in visit.position_keys()]
    if any(seat is None for seat in seats):
        return VisitStatus.REQUESTED
    staff = all(_accepted(promises, visit.id, seat.clinician_id, None) for seat in seats if seat)
    patient = visit.patient_id is None or _accepted(promises, visit.id, visit.patient_id, seats[0])
    return VisitStatus.CONFIRMED if staff and patient else VisitStatus.SCHEDULED


def _accepted(promises: Promises, visit_id: VisitId, party_id: PartyId, seat: Assignment | None) -> bool:
    promise = promises.get((visit_id, party_id))
    if promise is None or promise.answer is not ConfirmationState.ACCEPTED:
        return False
    return seat is None or promise.window == seat.told


def merged(updates: Iterable[VisitUpdate]) -> tuple[VisitUpdate, ...]:
    """One update a visit: later facts win, and being told once is enough."""
    by_visit: dict[VisitId, VisitUpdate] = {}
    for update in updates:
        old = by_visit.get(update.visit_id)
        if old is None:
            by_visit[update.visit_id] = update
            continue
        facts = {f: getattr(update, f) for f in VisitUpdate.__slots__ if f != "tell" and getattr(update, f) is not None}
        by_visit[update.visit_id] = replace(old, **facts, tell=old.tell or update.tell)
    return tuple(by_visit[v] for v in sorted(by_visit))
