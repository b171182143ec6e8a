"""`suture day plan|publish|sheet`: the steps of the day before."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path

import click

from suture.cli.errors import WrongRequest
from suture.cli.export import export
from suture.cli.home import Home, caller_of, data_folder, read_settings
from suture.cli.options import AGENCY, BRANCH, DATA, DATE, DEMO
from suture.cli.outreach import hold_note
from suture.cli.sheet import sheet
from suture.cli.whose import open_to_write
from suture.dispatch.first_pass import NotPlannable
from suture.model.cases import CASE_WORDS, RULE_TEXT, CaseKind, CaseToOpen
from suture.model.decision import Decision
from suture.service.caller import Caller
from suture.service.errors import ServiceError
from suture.service.plan_day import names_of, plan_day, publish_day
from suture.words.catalog import _, marked, plural
from suture.words.reason import Reason, listed

SOON = marked("Messages go out within a minute.")
STOPPED = marked("Suture is not running on that folder: messages go out once you start it with suture serve or ./run.")
SUBJECTS = {
    "visit": marked("visit {id}"),
    "clinician": marked("clinician {id}"),
    "patient": marked("patient {id}"),
}
MOST_REASONS = 4
"""How many reasons of one exception are printed: the board has them all."""


@click.group()
def day() -> None:
    """Plan a day, publish it, and print it."""


day.add_command(sheet)
day.add_command(export)


@day.command("plan")
@BRANCH
@DATE
@DATA
@AGENCY
@DEMO
def plan(branch: str, service_date: date, data: Path | None, demo: bool) -> None:
    """Propose a plan for a day at BRANCH, such as COLUMBUS; repeat it as often as you like until you publish."""
    decision, names, _leave = _on_day(plan_day, branch, service_date, data, demo)
    planned = len(decision.assignments)
    said = plural(
        "Version {version}: {n} position assigned.",
        "Version {version}: {n} positions assigned.",
        planned,
        version=decision.version,
    )
    click.echo(said)
    for line in case_lines(decision.cases_opened, names):
        click.echo(line)
    if planned:
        untold = _(
            "No one has been told yet. To tell everyone: suture day publish {branch} {date}",
            branch=branch,
            date=service_date,
        )
        click.echo(untold, err=True)


@day.command("publish")
@BRANCH
@DATE
@DATA
@AGENCY
@DEMO
def publish(branch: str, service_date: date, data: Path | None, demo: bool) -> None:
    """Publish a day at BRANCH: patients and clinicians are told."""
    decision, _names, leaving = _on_day(publish_day, branch, service_date, data, demo)
    published = _("Version {version} is published.", version=decision.version)
    click.echo(f"{published} {leaving}")


def case_lines(cases: Sequence[CaseToOpen], names: Sequence[str]) -> Iterator[str]:
    """Exceptions with the agency's own ids for names; what several have in common is printed once."""
    alike: dict[tuple[CaseKind, str, tuple[Reason, ...]], Counter[str]] = {}
    for case, name in zip(cases, names, strict=True):
        alike.setdefault((case.kind, case.subject.kind, case.reasons), Counter())[name] += 1
    for (kind, noun, reasons), about in alike.items():
        people = [_("{name} ({n} positions)", name=name, n=n) if n > 1 else name for name, n in about.items()]
        words = _(CASE_WORDS[kind][len(people) > 1])
        whom = _about(noun, people[0]) if len(people) == 1 else listed(people)
        yield f"{words[:1].upper()}{words[1:]}: {whom}"
        yield from _reason_lines([r for r in reasons if r.code != RULE_TEXT])


def _about(noun: str, name: str) -> str:
    return _(SUBJECTS[noun], id=name) if noun in SUBJECTS else f"{noun} {name}"


def _reason_lines(reasons: Sequence[Reason]) -> Iterator[str]:
    yield from (f"  {reason}" for reason in reasons[:MOST_REASONS])
    if len(reasons) > MOST_REASONS:
        more = plural(
            "{n} more reasons are on the board.", "{n} more reasons are on the board.", len(reasons) - MOST_REASONS
        )
        yield f"  {more}"


def _leaving(caller: Caller, home: Home) -> str:
    """What keeps what was published from being told, if anything does: a hold, or that nothing runs that sends."""
    nothing_runs = home.postgres is not None and home.postgres.is_owner
    notes = [hold_note(caller), _(STOPPED) if nothing_runs else ""]
    return " ".join(note for note in notes if note) or _(SOON)


def _on_day(
    step: Callable[[Caller, str, date], Decision],
    branch: str,
    service_date: date,
    data: Path | None,
    demo: bool,
) -> tuple[Decision, list[str], str]:
    """The decision, what each of its cases is about, and when messages leave."""
    settings = read_settings()
    with open_to_write(settings, data_folder(settings, data, demo=demo), demo=demo, create=False) as home:
        try:
            caller = caller_of(home, settings)
            decision = step(caller, branch, service_date)
            return decision, names_of(caller, decision.cases_opened), _leaving(caller, home)
        except (ServiceError, NotPlannable) as error:
            raise WrongRequest(str(error)) from None
