"""`suture case …`: what is open on a day's board, and who takes it."""

from datetime import time
from pathlib import Path
from typing import Any

import click

from suture.cli.errors import WrongRequest
from suture.cli.options import AGENCY, BRANCH, DATA, DATE, DEMO
from suture.cli.whose import agency
from suture.cli.words import checked_words
from suture.model.cases import CASE_WORDS
from suture.model.ids import CaseId
from suture.model.instants import local_date, wall_clock
from suture.model.people import Branch
from suture.service import case_work
from suture.service.branch_named import find_branch
from suture.service.on_call import unheard
from suture.store import access
from suture.store.views import CaseView
from suture.words.catalog import _, marked, plural
from suture.words.dates import short_date

NUMBER = click.argument("number", type=click.IntRange(1, 2**63 - 1), metavar="ID")
NAME = click.option("--name", help="Who you are.")


LONGEST_TIME = len("HH:MM")


class _Clock(click.ParamType[time]):
    """A time of day."""

    name = "HH:MM"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> time:
        try:
            return time.fromisoformat(value if len(value) == LONGEST_TIME else f"0{value}")
        except ValueError:
            self.fail(_("{value} is not a time; write HH:MM, such as 08:30", value=repr(value)), param, ctx)


@click.group()
def case() -> None:
    """See what is open on a day's board, take a case, or put it off."""


@case.command("list")
@BRANCH
@DATE
@DATA
@AGENCY
@DEMO
def list_open(branch: str, service_date: Any, data: Path | None, demo: bool) -> None:
    """List the open cases of a day, worst first, without patients' names; those of no single day are in every list."""
    with agency(data, demo=demo, writes=False) as caller, caller.transaction() as tx:
        found = find_branch(tx, branch)
        there = access.open_cases(tx, found, service_date)
        waiting = [CaseId(one.id) for one in there if one.waits_for_someone]
        problem = unheard(tx, caller.tools, found, waiting)
        today = local_date(tx.now, found.tz)
    for one in there:  # once it is stored who was shown
        click.echo(_line(one, found))
        click.echo("        " + str(one.reasons[0]))
    if not there:
        click.echo(_("No case is open."))
    if problem is not None:
        click.echo(problem.in_words(found, today), err=True)


@case.command("take")
@NUMBER
@NAME
@click.option("--over", is_flag=True, help="Take it even where someone else has it.")
@DATA
@AGENCY
@DEMO
def take(number: int, name: str | None, over: bool, data: Path | None, demo: bool) -> None:
    """Take the case ID: the board says who has it, and no one on call is told of it any longer."""
    with agency(data, demo=demo) as caller:
        name = _who(name)
        taken = case_work.take(caller, number, name, over=over)
    if taken.before and taken.before != taken.by:
        click.echo(_("{name} has taken case {case} over from {before}.", case=number, name=name, before=taken.before))
    else:
        click.echo(_("{name} has taken case {case}.", case=number, name=name))


@case.command("snooze")
@NUMBER
@click.option("--until", type=_Clock(), required=True, help="When it is back, on the branch's clock.")
@click.option("--reason", required=True, help="Why, for the audit trail.")
@NAME
@DATA
@AGENCY
@DEMO
def snooze(number: int, until: time, reason: str, name: str | None, data: Path | None, demo: bool) -> None:
    """Put the case ID off: it leaves the board, and is back by itself. Never past its deadline."""
    with agency(data, demo=demo) as caller:
        local = case_work.put_off(caller, number, until, _who(name), checked_words(reason))
    back = {"day": short_date(local.date()), "at": f"{local:%H:%M}"}
    click.echo(_("Case {case} is back on the board at {at} ({day}).", case=number, **back))


def _who(name: str | None) -> str:
    """Whose work it is, asked for where it is missing."""
    known = checked_words(name or click.prompt(_("Who are you (name)")))
    if not known:
        raise WrongRequest(_("--name is empty."))
    return known


_DUE, _FREE = marked("decide by {at}"), marked("no deadline")


def _line(case: CaseView, branch: Branch) -> str:
    """One case: its number and band, what it is, which visit, until when, and whose it is."""
    due = f"{wall_clock(case.deadline_at, branch.tz):%H:%M}" if case.deadline_at else ""
    taken = f"{wall_clock(case.taken_at, branch.tz):%H:%M}" if case.taken_at else ""
    words = [
        f"{case.id:>6}",
        f"{case.band:<8}",
        plural(*CASE_WORDS[case.kind], 1),
        case.visit,
        _(_DUE, at=due) if due else _(_FREE),
        _("taken by {name} at {at}", name=case.taken_by, at=taken) if case.taken_by else "",
    ]
    return "  ".join(word for word in words if word)
