"""`suture rules …`: check a rulebook, keep its versions, see what a draft would change, and put it in force."""

from datetime import date, datetime
from importlib import import_module
from pathlib import Path

import click

from suture.cli.config_files import FILES, report, show, source_of
from suture.cli.options import AGENCY, DATA, DEMO
from suture.cli.values import SERVICE_DATE, WORD
from suture.cli.versioned import KEPT, Versioned
from suture.rules.book import read
from suture.rules.lint import lint, notes
from suture.words.catalog import _, plural
from suture.words.dates import full_date

DAY = click.option("--day", "day_", type=SERVICE_DATE, help="A day stored in the database.")
BRANCH = click.option("--branch", type=WORD, help="The branch of that day; needed only where there are several.")


@click.group(cls=Versioned, module="suture.cli.rulebooks", names=(*KEPT, "preview", "why"))
def rules() -> None:
    """Check rulebooks, keep their versions, and put one in force."""


@rules.command("check")
@FILES
@DAY
@BRANCH
@DATA
@AGENCY
@DEMO
def check(files: tuple[Path, ...], day_: date | None, branch: str | None, data: Path | None, demo: bool) -> None:
    """Check rulebook FILEs, together one rulebook; exit 1 if anything is found.

    With --day also: rules that contradict each other or never fire on that stored day. Notes say what does not bind
    yet; they are not faults.
    """
    today = day_ or datetime.now().astimezone().date()
    sources = [source_of(file) for file in files]
    reading = read(sources)
    book = reading.book
    problems = [*reading.problems, *lint(book, today, reading.halves)]
    if day_ and not reading.problems:
        problems += import_module("suture.cli.rules_day").problems_on(book, today, branch, data, demo=demo)
    show(sorted([*notes(book), *(problem for problem in problems if problem.level == "note")]), sources)
    if mistakes := sorted(problem for problem in problems if problem.level != "note"):
        report(mistakes, sources, reading.cut)
        if day_ and reading.problems:
            later = _("What the rules say on {date} is checked once all of them can be read.", date=full_date(today))
            click.echo(later, err=True)
        raise SystemExit(1)
    n, waivers, digest = len(book.rules), len(book.waivers), book.hash[:12]
    if waivers:
        counted = plural("{n} rule", "{n} rules", n), plural("{n} waiver", "{n} waivers", waivers)
        said = _("{rules}, {waivers}, no problems found. {hash}", rules=counted[0], waivers=counted[1], hash=digest)
    else:
        said = plural("{n} rule, no problems found. {hash}", "{n} rules, no problems found. {hash}", n, hash=digest)
    click.echo(said)
