"""Lets time pass: what was due and did not happen becomes a signal, and a deadline that was not met is said louder."""

from datetime import datetime, timedelta

from suture.model.cases import Band
from suture.model.events import EventKind, NewEvent
from suture.model.ids import BranchId
from suture.outreach.policy import OutreachPolicy
from suture.service.caller import Caller
from suture.service.days_pass import look_again
from suture.service.errors import NothingInForce
from suture.service.in_force import policy_in_force
from suture.service.on_call import call_on_call, next_on_call
from suture.store import cases, events, outreach, timers
from suture.store.timers import Waits
from suture.store.transaction import Tx


def fire_timers(caller: Caller) -> bool:
    """Let what has run out happen: signals, louder cases, cases of what comes with the days, and calls to those on
    call. False when there was nothing."""
    with caller.transaction() as tx:
        try:
            policy = policy_in_force(tx, caller.tools)
        except NothingInForce:  # nothing is planned, and nothing is told
            return False
        fired = timers.fire_due(tx, waits_of(policy, on_hold=outreach.state(tx).on_hold))
        raised = _raise_overdue(tx)
        looked = look_again(tx, policy)
    return fired + raised + looked + call_on_call(caller) > 0


def next_timer(caller: Caller) -> datetime | None:
    """When the next timer runs out, as things stand."""
    with caller.transaction() as tx:
        try:
            policy = policy_in_force(tx, caller.tools)
            first = timers.next_due(tx, waits_of(policy, on_hold=outreach.state(tx).on_hold))
        except NothingInForce:
            return None
    return min((at for at in (first, next_on_call(caller)) if at is not None), default=None)


def waits_of(policy: OutreachPolicy, *, on_hold: bool = False) -> Waits:
    """The waits of the agency's policy. `on_hold`: no message leaves, so that no one is asked anything."""
    watch, asked, opens = policy.watch, policy.offers, policy.staff_hours.opens
    return Waits(
        late_start=timedelta(minutes=watch.late_start_minutes),
        absent=timedelta(minutes=watch.absent_minutes),
        no_check_out=timedelta(minutes=watch.no_check_out_minutes),
        change_by_sms=timedelta(minutes=watch.change_by_sms_minutes),
        change_by_email=timedelta(minutes=watch.change_by_email_minutes),
        day_by=timedelta(hours=watch.day_by.hour, minutes=watch.day_by.minute),
        ask_after=None if on_hold or asked.after_minutes is None else timedelta(minutes=asked.after_minutes),
        ask_from=timedelta(hours=opens.hour, minutes=opens.minute),
    )


def _raise_overdue(tx: Tx) -> int:
    """An uncovered position whose last useful minute has passed is critical, whatever its risk; so is a check-out that
    is still missing then."""
    overdue = timers.overdue_cases(tx)
    for row in overdue:
        cases.raise_to(tx, row["id"], Band.CRITICAL)
        raised = NewEvent(EventKind.CASE_RAISED, row["id"], {"case": row["kind"], "band": Band.CRITICAL})
        events.append(tx, branch_id=BranchId(row["branch_id"]), service_date=row["service_date"], events=[raised])
    return len(overdue)
