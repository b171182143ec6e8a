"""What a person does with an open case: takes it, so that no one else does and no one is called, or puts it off."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from suture.model.audit import AuditCode
from suture.model.events import EventKind, NewEvent
from suture.model.instants import instant_of, wall_clock
from suture.model.people import Branch
from suture.service.caller import Caller
from suture.service.errors import ServiceError
from suture.store import audit, cases, events
from suture.store.branches import branch_by_id
from suture.store.cases import HeldCase
from suture.store.transaction import Tx
from suture.words.catalog import _


class NotTaken(ServiceError):
    """A case stays as it is; the message says why."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Who has a case now, and who had it before (empty: no one)."""

    by: str
    before: str


def take(caller: Caller, case_id: int, name: str, *, over: bool = False) -> Taken:
    """Let an open case be this person's; `over`: even where it is someone else's. Raises NotTaken."""
    with caller.transaction() as tx:
        case, branch = _open_case(tx, case_id)
        if case.taken_by == name:
            return Taken(name, name)
        if case.taken_by and not over:
            at = f"{wall_clock(case.taken_at or tx.now, branch.tz):%H:%M}"
            raise NotTaken(_("Case {case} was taken by {who} at {at}.", case=case_id, who=case.taken_by, at=at))
        cases.take(tx, case, name)
        audit.record(tx, AuditCode.CASE_TAKEN, "case", case.id, name=name)
        _append(tx, case, EventKind.CASE_TAKEN, by=name)
        return Taken(name, case.taken_by)


def put_off(caller: Caller, case_id: int, until: time, name: str, reason: str) -> datetime:
    """Take an open case off the board until the branch's clock shows that time; when that is, on that clock.

    Raises NotTaken.
    """
    with caller.transaction() as tx:
        case, branch = _open_case(tx, case_id)
        back = _next(until, branch.tz, tx.now)
        if case.deadline_at is not None and back > case.deadline_at:
            raise NotTaken(_too_late(case, case.deadline_at, branch, tx.now))
        cases.put_off(tx, case, back)
        local = wall_clock(back, branch.tz)
        audit.record(tx, AuditCode.CASE_SNOOZED, "case", case.id, name=name, until=f"{local:%H:%M}", reason=reason)
        _append(tx, case, EventKind.CASE_SNOOZED, by=name, until=back, reason=reason)
        return local


def _open_case(tx: Tx, case_id: int) -> tuple[HeldCase, Branch]:
    case = cases.hold(tx, case_id)
    if case is None:
        raise NotTaken(_("There is no case {case}.", case=case_id))
    if not case.is_open:
        raise NotTaken(_("Case {case} is closed already.", case=case_id))
    return case, branch_by_id(tx, case.branch_id)


def _next(wall: time, tz: str, now: datetime) -> datetime:
    """When clocks of a zone show a time next."""
    today = wall_clock(now, tz).date()
    shown = (instant_of(today + timedelta(days=n), wall, tz) for n in range(3))
    return next(at for at in shown if at > now)


def _too_late(case: HeldCase, deadline: datetime, branch: Branch, now: datetime) -> str:
    at = f"{wall_clock(deadline, branch.tz):%H:%M}"
    if deadline <= now:
        return _("Case {case} was due at {at}, so it stays on the board.", case=case.id, at=at)
    return _("Case {case} is due at {at}. Put it off until then at most.", case=case.id, at=at)


def _append(tx: Tx, case: HeldCase, kind: EventKind, **data: object) -> None:
    happened = [NewEvent(kind, case.id, {"case": case.kind, **data})]
    events.append(tx, branch_id=case.branch_id, service_date=case.service_date, events=happened)
