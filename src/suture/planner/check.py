"""A hand-made plan: every breach of a hard rule, and what it costs."""

from suture.planner.plan import Plan
from suture.planner.problem import Problem
from suture.planner.reference import Breach, Parts, breaches, price


def check(problem: Problem, plan: Plan) -> tuple[tuple[Breach, ...], Parts]:
    """(breaches, price by part) of a plan at its own starts; the plan's own figures are not looked at."""
    found = tuple(breaches(problem, plan))
    known = not any(b.rule == "unknown_node" for b in found)
    return found, price(problem, plan) if known else Parts()
