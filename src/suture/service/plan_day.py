"""Plans a day and publishes it. The search runs outside any transaction, one at a time on a branch-day."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date

import structlog
from sqlalchemy.exc import DBAPIError

from suture.dispatch import first_pass
from suture.dispatch.first_pass import NotPlannable
from suture.model.cases import CaseToOpen
from suture.model.day import Day
from suture.model.decision import Decision
from suture.model.ids import BranchDay
from suture.model.instants import local_date
from suture.model.people import Branch
from suture.rules.evaluate import shape
from suture.service.branch_named import find_branch
from suture.service.caller import Caller
from suture.service.context import Context
from suture.service.in_force import policy_in_force
from suture.service.renewing import RENEWALS_PER_LEASE, renewed
from suture.service.save import append_events, save_decision
from suture.service.state import DayMovedOn, check_still_so, complete, see, timed
from suture.service.worker import decide_on
from suture.store import inbox, lookups, plan_leases, plans
from suture.store.plans import PlanMovedOn
from suture.store.sql_errors import is_double_booked
from suture.store.transaction import Tx
from suture.store.visits import VisitMovedOn
from suture.words.catalog import _
from suture.words.dates import full_date

log = structlog.get_logger(__name__)

MOST_TRIES = 3
"""A draft that is overtaken this often is given up: whoever asked can ask again."""


def plan_day(caller: Caller, branch_external_id: str, service_date: date) -> Decision:
    """Make or remake the draft of one branch-day.

    Raises UnknownBranch, and NotPlannable once it is published or while someone else plans it.
    """
    with caller.transaction() as tx:
        branch = find_branch(tx, branch_external_id)
        today = local_date(tx.now, branch.tz)
    if service_date < today:
        past, now = full_date(service_date), full_date(today)
        raise NotPlannable(
            _("{date} is in the past: today is {today} in {branch}.", date=past, today=now, branch=branch.name)
        )
    with _planning(caller, branch, service_date):
        for _try in range(MOST_TRIES):
            try:
                return _plan_once(caller, branch, service_date)
            except (DayMovedOn, PlanMovedOn, VisitMovedOn) as moved:
                log.info("plan_again", because=type(moved).__name__, service_date=str(service_date))
    raise NotPlannable(_("{date} kept changing while it was planned: plan it again.", date=full_date(service_date)))


def _plan_once(caller: Caller, branch: Branch, service_date: date) -> Decision:
    with caller.transaction() as tx:
        seen = see(tx, caller.tools, branch, service_date)
    day = complete(caller.tools, seen)
    decision, cpu_ms = timed(
        lambda: first_pass.plan(day, seen.book, seen.now, caller.tools.plan_budget, caller.tools.seed)
    )
    with caller.transaction() as tx:
        plans.lock_days(tx, [day.key])
        check_still_so(tx, caller.tools, seen)
        _save(tx, caller.tools, day, decision, cpu_ms)
    return decision


@contextmanager
def _planning(caller: Caller, branch: Branch, service_date: date) -> Iterator[None]:
    """The right to plan a branch-day, kept while the block runs. Raises NotPlannable where someone else has it."""
    with caller.transaction() as tx:
        number = plan_leases.take(tx, branch.id, service_date, caller.tools.lease_seconds)
    if number is None:
        raise NotPlannable(
            _("{date} is being planned right now. Look at it in a minute.", date=full_date(service_date))
        )

    def renew() -> None:
        with caller.transaction() as tx:
            plan_leases.renew(tx, branch.id, service_date, number, caller.tools.lease_seconds)

    try:
        with renewed(renew, every_s=caller.tools.lease_seconds / RENEWALS_PER_LEASE):
            yield
    finally:
        with caller.transaction() as tx:
            plan_leases.give_back(tx, branch.id, service_date, number)


def publish_day(caller: Caller, branch_external_id: str, service_date: date) -> Decision:
    """Publish the draft, with all that has changed since it was made: patients and clinicians are told.

    Raises UnknownBranch, and NotPlannable without a draft or while changes are being worked in.
    """
    with caller.transaction() as tx:
        branch = find_branch(tx, branch_external_id)
    for _try in range(MOST_TRIES):
        if not decide_on(caller.as_system(), BranchDay(branch.id, service_date)):
            break
    try:
        with caller.transaction() as tx:
            plans.lock_days(tx, [BranchDay(branch.id, service_date)])
            if inbox.waiting(tx, [BranchDay(branch.id, service_date)]):
                raise NotPlannable(
                    _("{date} is being adjusted right now: publish it again in a minute.", date=full_date(service_date))
                )
            seen = see(tx, caller.tools, branch, service_date)
            day = shape(seen.book, seen.raw)
            decision = first_pass.publish(day)
            _save(tx, caller.tools, day, decision, cpu_ms=0.0)
    except PlanMovedOn:
        raise NotPlannable(
            _("{date} was just planned by someone else. Look at it again.", date=full_date(service_date))
        ) from None
    except DBAPIError as error:
        if is_double_booked(error):
            raise NotPlannable(
                _(
                    "{date} was not published: a clinician in this plan has a visit for another branch at the same "
                    "time. Plan it again.",
                    date=full_date(service_date),
                )
            ) from None
        raise
    return decision


def _save(tx: Tx, tools: Context, day: Day, decision: Decision, cpu_ms: float) -> None:
    append_events(tx, save_decision(tx, day, decision, policy_in_force(tx, tools), cpu_ms=cpu_ms))


def names_of(caller: Caller, cases: Sequence[CaseToOpen]) -> list[str]:
    """What each case is about, by the agency's own ids."""
    visits = [c.subject.id for c in cases if c.subject.kind == "visit"]
    people = [c.subject.id for c in cases if c.subject.kind in ("clinician", "patient")]
    with caller.transaction() as tx:
        of_visits, of_people = lookups.external_ids(tx, visits=visits, parties=people)
    return [(of_visits if c.subject.kind == "visit" else of_people).get(c.subject.id, str(c.subject.id)) for c in cases]
