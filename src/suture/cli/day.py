"""`suture day plan|publish`: the two steps of the day before."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import click

from suture.cli.errors import WrongRequest
from suture.cli.home import context_of, data_folder, open_home, read_settings
from suture.cli.options import DATA
from suture.cli.values import SERVICE_DATE, WORD
from suture.dispatch.first_pass import NotPlannable
from suture.model.actors import COMMAND_LINE, Actor
from suture.model.decision import Decision
from suture.service.context import Context
from suture.service.errors import ServiceError
from suture.service.plan_day import names_of, plan_day, publish_day

BRANCH = click.argument("branch", type=WORD)
DATE = click.argument("service_date", type=SERVICE_DATE, metavar="YYYY-MM-DD")


@click.group()
def day() -> None:
    """Plan a day, and publish it."""


@day.command("plan")
@BRANCH
@DATE
@DATA
def plan(branch: str, service_date: date, data: Path | None) -> None:
    """Propose the day of BRANCH, such as COLUMBUS; it can be repeated until it is published."""
    decision, names = _on_day(plan_day, branch, service_date, data)
    click.echo(f"Version {decision.version}: {len(decision.assignments)} positions assigned.")
    for case, name in zip(decision.cases_opened, names, strict=True):
        click.echo(f"{case.kind} ({case.subject.kind} {name}): {case.reasons[0]}")


@day.command("publish")
@BRANCH
@DATE
@DATA
def publish(branch: str, service_date: date, data: Path | None) -> None:
    """Publish the day of BRANCH: patients and clinicians are told."""
    decision, _ = _on_day(publish_day, branch, service_date, data)
    click.echo(f"Version {decision.version} is published; messages leave within a minute.")


def _on_day(
    step: Callable[[Context, str, date, Actor], Decision], branch: str, service_date: date, data: Path | None
) -> tuple[Decision, list[str]]:
    """The decision, and what each of its cases is about."""
    settings = read_settings()
    with open_home(settings, data_folder(settings, data), create=False) as home:
        try:
            ctx = context_of(home, settings)
            decision = step(ctx, branch, service_date, COMMAND_LINE)
            return decision, names_of(ctx, decision.cases_opened)
        except (ServiceError, NotPlannable) as error:
            raise WrongRequest(str(error)) from None
