"""What would change if a clinician is not coming: the repair that a call-out now would bring, made ready as sentences.

Nothing is changed by it. A person reports the call-out once they know.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from suture.model.cases import CaseKind, CaseToOpen
from suture.model.day import Day
from suture.model.decision import Change, Decision
from suture.model.ids import PartyId, PositionKey, SignalId, VisitId
from suture.model.instants import midnight, wall_clock
from suture.model.plan import Assignment, Plan
from suture.model.signals import CallOut
from suture.words.reason import Reason, reason

PREPARED = (CaseKind.NCNS, CaseKind.CLINICIAN_SILENT)
MOST_AT_ONCE = 3
"""At most this many are worked out in one decision: each is a repair."""
MOST_GIVEN = 5
"""At most this many visits that go to others have a line of their own, of eight in all."""
MOST_NAMED = 7

Would = Callable[[CallOut, Day], Decision]


def with_repairs(
    opened: Sequence[CaseToOpen], before: Plan, day: Day, now: datetime, would: Would
) -> tuple[CaseToOpen, ...]:
    """The cases, with the repair of those about a clinician who may not be coming.

    `before`: the plan they are about; `day`: as it is once they are open. `would`: what is decided of a call-out.
    """
    asking = [case for case in opened if case.kind in PREPARED]
    urgent = sorted(asking, key=lambda c: (PREPARED.index(c.kind), c.deadline_at or now, c.subject.id))[:MOST_AT_ONCE]
    ready = {id(case): tuple(_repair(_who(case, before), day, now, would)) for case in urgent}
    late = (reason("prepared.not_worked_out", n=len(asking)),)
    return tuple(
        replace(case, reasons=(*case.reasons, *ready.get(id(case), late))) if case.kind in PREPARED else case
        for case in opened
    )


def _repair(clinician_id: PartyId | None, day: Day, now: datetime, would: Would) -> Iterator[Reason]:
    if clinician_id is None:
        return
    until = midnight(day.service_date + timedelta(days=1), day.branch.tz)
    signal = CallOut(
        id=SignalId(0), received_at=now, occurred_at=now, clinician_id=clinician_id, from_at=now, until=until
    )
    yield reason("prepared.at", at=wall_clock(now, day.branch.tz))
    yield from _said_of(would(signal, day).changes, day)


def _who(case: CaseToOpen, before: Plan) -> PartyId | None:
    if case.subject.kind == "clinician":
        return PartyId(case.subject.id)
    stop = before.assignments.get(PositionKey(VisitId(case.subject.id), case.subject.position))
    return stop.clinician_id if stop else None


def _said_of(changes: Sequence[Change], day: Day) -> Iterator[Reason]:
    given = sorted((a for c in changes if (a := c.after) and _is_another(c)), key=lambda a: (a.starts_at, a.key))
    lost = [day.visits[c.key.visit_id].external_id for c in changes if c.after is None]
    moved = sum(c.after is not None and not _is_another(c) and _starts_otherwise(c) for c in changes)
    few = given if len(given) <= MOST_GIVEN else given[: MOST_GIVEN - 1]
    yield from (_given(a, day) for a in few)
    if len(few) < len(given):
        yield reason("prepared.more", n=len(given) - len(few))
    if lost:
        more = (reason("who.more", n=len(lost) - MOST_NAMED),) if len(lost) > MOST_NAMED else ()
        yield reason("prepared.lost", visits=(*lost[:MOST_NAMED], *more))
    if moved:
        yield reason("prepared.moved", n=moved)
    if not (given or lost or moved):
        yield reason("prepared.nothing")


def _given(stop: Assignment, day: Day) -> Reason:
    visit, who = day.visits[stop.key.visit_id], day.clinicians[stop.clinician_id].name
    return reason("prepared.given", visit=visit.external_id, who=who, at=wall_clock(stop.starts_at, day.branch.tz))


def _is_another(change: Change) -> bool:
    before, after = change.before, change.after
    return after is not None and (before is None or before.clinician_id != after.clinician_id)


def _starts_otherwise(change: Change) -> bool:
    before, after = change.before, change.after
    return before is not None and after is not None and before.starts_at != after.starts_at
