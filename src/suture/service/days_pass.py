"""Opens and closes the cases of what only comes with the days: a hold that no one lifts, a credential that runs out.

What is open is compared with what is so: looked at twice, or by two at once, or after the clock was set, the same case
is there once.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import groupby

from suture.dispatch.day_cases import expiry
from suture.model.cases import CaseKind, CaseSubject, CaseToClose, CaseToOpen, last_useful_minute
from suture.model.events import NewEvent
from suture.model.ids import BranchId
from suture.model.instants import midnight
from suture.outreach.policy import OutreachPolicy
from suture.store import cases, days_pass, events
from suture.store.days_pass import OpenReview, RunningOut
from suture.store.transaction import Tx
from suture.words.reason import reason, to_json

FIRST_NOTICE, LONG_AGO = timedelta(days=30), timedelta(days=7)
MARKS = ((7, 3), (14, 2), (30, 1))
"""Days left of a credential, and the risk from then on: its case gets louder at each, and at the end."""


def look_again(tx: Tx, policy: OutreachPolicy) -> int:
    """Open and close what the days have brought; how many cases were opened or closed."""
    return _holds(tx, timedelta(days=policy.watch.hold_days)) + _credentials(tx)


def _holds(tx: Tx, wait: timedelta) -> int:
    number = 0
    for hold in days_pass.long_holds(tx, wait):
        case = CaseToOpen(
            CaseKind.ON_HOLD_REVIEW,
            hold.subject,
            3,
            (reason("held.long", day=hold.held_on),),
            deadline_at=last_useful_minute(hold.latest_start) if hold.service_date else None,
        )
        happened = cases.open_cases(tx, hold.branch_id, hold.service_date, [case])
        events.append(tx, branch_id=hold.branch_id, service_date=hold.service_date, events=happened)
        number += len(happened)
    for branch_id, subject in days_pass.holds_that_ended(tx):
        number += _close(tx, branch_id, CaseToClose(CaseKind.ON_HOLD_REVIEW, subject, reason("closed.off_hold")))
    return number


def _credentials(tx: Tx) -> int:
    wanted = {
        (branch_id, case.subject): case
        for branch_id, case in _by_clinician(days_pass.credentials_running_out(tx, FIRST_NOTICE, LONG_AGO))
    }
    there = {(r.branch_id, r.subject): r for r in days_pass.open_reviews(tx, CaseKind.CREDENTIAL_EXPIRING, "clinician")}
    because, number = reason("closed.renewed"), 0
    for branch_id, subject in there.keys() - wanted.keys():
        number += _close(tx, branch_id, CaseToClose(CaseKind.CREDENTIAL_EXPIRING, subject, because))
    for (branch_id, subject), case in wanted.items():
        if _is_news(tx, case, there.get((branch_id, subject))):
            number += _append(tx, branch_id, cases.open_cases(tx, branch_id, None, [case]))
    return number


def _by_clinician(running_out: Sequence[RunningOut]) -> Iterable[tuple[BranchId, CaseToOpen]]:
    for clinician_id, group in groupby(running_out, key=lambda c: c.clinician_id):
        own = list(group)
        first = own[0]
        case = CaseToOpen(
            CaseKind.CREDENTIAL_EXPIRING,
            CaseSubject("clinician", clinician_id),
            _risk_at(first.until, first.today),
            tuple(expiry(c.name, c.role, c.code, c.until, c.today) for c in own),
            deadline_at=midnight(first.until + timedelta(days=1), first.tz),
        )
        yield first.branch_id, case


def _risk_at(until: date, today: date) -> int:
    """How much it matters, by the days that are left."""
    left = (until - today).days
    return next(risk for days, risk in MARKS if left <= days)


def _is_news(tx: Tx, case: CaseToOpen, there: OpenReview | None) -> bool:
    if there is None:
        return True
    return there.severity != case.severity(tx.now) or there.reasons != to_json(case.reasons)


def _close(tx: Tx, branch_id: BranchId, case: CaseToClose) -> int:
    return _append(tx, branch_id, cases.close_cases(tx, [case]))


def _append(tx: Tx, branch_id: BranchId, happened: Sequence[NewEvent]) -> int:
    events.append(tx, branch_id=branch_id, service_date=None, events=happened)
    return len(happened)
