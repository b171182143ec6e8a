"""The first pass and its publication, as Decisions: they are saved on the same path as every repair."""

from datetime import datetime

from suture.dispatch import day_cases, gate, outcome
from suture.dispatch.repair import propose
from suture.model.day import Day
from suture.model.decision import Cause, Decision
from suture.model.plan import Stage
from suture.planner.budget import DayBudget
from suture.rules.book import Rulebook
from suture.words.catalog import _
from suture.words.dates import full_date
from suture.words.reason import reason


class NotPlannable(Exception):
    """The day is not in the stage that this asks for; the message says what to do instead."""


def plan(day: Day, rulebook: Rulebook, now: datetime, budget: DayBudget, seed: int) -> Decision:
    """Propose the day. Raises NotPlannable once it is published: from then on signals repair it."""
    if day.plan.stage is Stage.PUBLISHED:
        raise NotPlannable(_("{day} is published. Report changes with suture signal.", day=full_date(day.service_date)))
    solved = propose(day, rulebook, now, budget, seed)
    after = outcome.final_assignments(day.plan, solved.assignments, day)
    changes = outcome.changes_between(day.plan, after, day, {})
    opened, closed = day_cases.cases(day, after, solved.why_uncovered, solved.obstacles, credentials=True)
    return Decision(
        branch_id=day.branch.id,
        service_date=day.service_date,
        cause=Cause.FIRST_PASS,
        stage=Stage.DRAFT,
        base_version=day.plan.version,
        version=day.plan.version + 1,
        signal_ids=(),
        assignments=after,
        changes=changes,
        revs={v.id: v.visit_rev for v in day.visits.values()},
        visit_updates=outcome.merged(
            [*outcome.status_updates(day, after), *gate.updates(day, after, solved.gates, now)]
        ),
        cases_opened=opened,
        cases_closed=closed,
        because=reason("plan.first_pass"),
        run=solved.run,
    )


def publish(day: Day) -> Decision:
    """Make the draft the plan that people are told. Raises NotPlannable where there is none."""
    if day.plan.version == 0:
        raise NotPlannable(_("{day} has no plan yet: plan the day first.", day=full_date(day.service_date)))
    if day.plan.stage is Stage.PUBLISHED:
        published = full_date(day.service_date)
        raise NotPlannable(_("{day} is already published, as version {n}.", day=published, n=day.plan.version))
    return Decision(
        branch_id=day.branch.id,
        service_date=day.service_date,
        cause=Cause.PUBLISH,
        stage=Stage.PUBLISHED,
        base_version=day.plan.version,
        version=day.plan.version,
        signal_ids=(),
        assignments=day.plan.assignments,
        changes=(),
        revs={v.id: v.visit_rev for v in day.visits.values()},
        because=reason("plan.published"),
    )
