"""A branch-day as a problem for the commands on files: it changes nothing."""

from datetime import date
from typing import Any

from suture.planner.day.problem import build
from suture.planner.day.rows import TO_BE_PLANNED
from suture.planner.formats import day_export
from suture.rules.evaluate import evaluate
from suture.service.branch_named import find_branch
from suture.service.caller import Caller
from suture.service.state import complete, see
from suture.store import access


def export_day(caller: Caller, branch_external_id: str, service_date: date) -> dict[str, Any]:
    """The day as it stands, under the rulebook in force, as `suture-problem/1`. Raises UnknownBranch."""
    with caller.transaction() as tx:
        branch = find_branch(tx, branch_external_id)
        seen = see(tx, caller.tools, branch, service_date)
        access.asks_of_day(tx, branch, service_date)
    day = complete(caller.tools, seen)
    return day_export.export(build(day, evaluate(seen.book, day), now=seen.now, weights=TO_BE_PLANNED))
