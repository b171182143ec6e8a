"""Plans a day and publishes it: load, propose, save, in one transaction each."""

from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

from suture.dispatch import first_pass
from suture.dispatch.first_pass import NotPlannable
from suture.model.actors import Actor
from suture.model.cases import CaseToOpen
from suture.model.day import Day
from suture.model.decision import Decision
from suture.model.people import Branch
from suture.service.context import Context
from suture.service.errors import UnknownBranch
from suture.service.save import save_decision
from suture.service.state import load_state, timed
from suture.store import events, lookups
from suture.store.branches import all_branches, branch_by_external_id
from suture.store.plans import PlanMovedOn
from suture.store.transaction import Tx


def plan_day(ctx: Context, branch_external_id: str, service_date: date, actor: Actor) -> Decision:
    """Make or remake the draft of one branch-day. Raises UnknownBranch, and NotPlannable once it is published."""
    with ctx.transaction() as tx:
        branch = find_branch(tx, branch_external_id)
        today = tx.now.astimezone(ZoneInfo(branch.tz)).date()
        if service_date < today:
            raise NotPlannable(f"{service_date} is past: today is {today} in {branch.name}.")
        day, book = load_state(ctx, tx, branch, service_date)
        decision, cpu_ms = timed(lambda: first_pass.plan(day, book, tx.now, ctx.plan_budget, ctx.seed))
        _save(ctx, tx, day, decision, actor, cpu_ms)
    return decision


def publish_day(ctx: Context, branch_external_id: str, service_date: date, actor: Actor) -> Decision:
    """Publish the draft: patients and clinicians are told. Raises UnknownBranch, and NotPlannable without a draft."""
    with ctx.transaction() as tx:
        day, _ = load_state(ctx, tx, find_branch(tx, branch_external_id), service_date)
        decision = first_pass.publish(day)
        _save(ctx, tx, day, decision, actor, cpu_ms=0.0)
    return decision


def _save(ctx: Context, tx: Tx, day: Day, decision: Decision, actor: Actor, cpu_ms: float) -> None:
    try:
        happened = save_decision(tx, day, decision, ctx.policy, actor=actor, cpu_ms=cpu_ms)
    except PlanMovedOn:
        raise NotPlannable(f"{day.service_date} was planned by somebody else just now: look again.") from None
    events.append(tx, branch_id=day.branch.id, service_date=day.service_date, events=happened, actor=actor)


def names_of(ctx: Context, cases: Sequence[CaseToOpen]) -> list[str]:
    """What each case is about, by the agency's own ids."""
    visits = [c.subject.id for c in cases if c.subject.kind == "visit"]
    people = [c.subject.id for c in cases if c.subject.kind in ("clinician", "patient")]
    with ctx.transaction() as tx:
        of_visits, of_people = lookups.external_ids(tx, visits=visits, parties=people)
    return [(of_visits if c.subject.kind == "visit" else of_people).get(c.subject.id, str(c.subject.id)) for c in cases]


def the_branch(tx: Tx, external_id: str | None) -> Branch:
    """The branch of that id, or the only one there is. Raises UnknownBranch."""
    known = all_branches(tx)
    if external_id is None and len(known) == 1:
        return known[0]
    if external_id is None and known:
        raise UnknownBranch(f"Name a branch: there are {', '.join(b.external_id for b in known)}.")
    return find_branch(tx, external_id or "")


def find_branch(tx: Tx, external_id: str) -> Branch:
    """The branch of that id. Raises UnknownBranch."""
    branch = branch_by_external_id(tx, external_id) if external_id.isprintable() else None
    if branch is None:
        known = ", ".join(b.external_id for b in all_branches(tx)) or "none yet: import its files first"
        raise UnknownBranch(f"There is no branch {external_id!r}. Known: {known}.")
    return branch
