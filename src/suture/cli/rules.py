"""`suture rules …`: check a rulebook, keep its versions, see what a draft would change, and put it in force."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from importlib import import_module
from pathlib import Path

import click

from suture.cli.errors import WrongRequest
from suture.cli.options import DATA, DEMO
from suture.cli.values import SERVICE_DATE, WORD
from suture.model.calendar import full_date
from suture.rules.book import Rulebook, Source, read
from suture.rules.errors import Problem
from suture.rules.lint import lint, notes
from suture.rules.loader import MAX_PROBLEMS
from suture.rules.source import MAX_BYTES

FILES = click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE…")
DAY = click.option("--day", "day_", type=SERVICE_DATE, help="A day stored in the database.")
BRANCH = click.option("--branch", type=WORD, help="The branch of that day; needed only where there are several.")


_OF_THE_DATABASE = {
    "activate": "activate",
    "import": "import_files",
    "list": "list_versions",
    "preview": "show_preview",
    "rollback": "rollback",
    "why": "why",
}
"""Functions of `cli.rulebooks`, which is imported by the command that needs it: checking a file wants neither planner
nor database, and they take a second to import."""


class _Rules(click.Group):
    """Commands by name; those that want a database come when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*self.commands, *_OF_THE_DATABASE])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _OF_THE_DATABASE:
            return super().get_command(ctx, cmd_name)
        command: click.Command = getattr(import_module("suture.cli.rulebooks"), _OF_THE_DATABASE[cmd_name])
        return command


@click.group(cls=_Rules)
def rules() -> None:
    """Check rulebooks, keep their versions, and put one in force."""


@rules.command("check")
@FILES
@DAY
@BRANCH
@DATA
@DEMO
def check(files: tuple[Path, ...], day_: date | None, branch: str | None, data: Path | None, demo: bool) -> None:
    """Check rulebook FILEs, together one rulebook; exit 1 where anything was found.

    With --day also: rules that contradict each other or never fire on that stored day. Notes tell what does not bind
    yet; they are no faults.
    """
    today = day_ or datetime.now().astimezone().date()
    sources = [_read(file) for file in files]
    reading = read(sources)
    book = reading.book
    problems = [*reading.problems, *lint(book, today, reading.halves)]
    if day_ and not reading.problems:
        problems += import_module("suture.cli.rules_day").problems_on(book, today, branch, data, demo=demo)
    _show(sorted([*notes(book), *(problem for problem in problems if problem.level == "note")]), sources)
    if mistakes := sorted(problem for problem in problems if problem.level != "note"):
        _report(mistakes, sources, reading.cut)
        if day_ and reading.problems:
            click.echo(f"What the rules say on {full_date(today)} is looked at once all of them can be read.", err=True)
        raise SystemExit(1)
    waivers = f", {len(book.waivers)} waivers" if book.waivers else ""
    click.echo(f"{len(book.rules)} rules{waivers}, no problems found. {book.hash[:12]}")


def read_rulebook(files: Sequence[Path]) -> Rulebook:
    """The rulebook of these files; where they cannot be read, every fault is printed, and it is exit 1."""
    sources = [_read(file) for file in files]
    reading = read(sources)
    if reading.problems:
        _report(sorted(reading.problems), sources, reading.cut)
        raise SystemExit(1)
    return reading.book


def _read(file: Path) -> Source:
    """A file's text, no more of it than a rulebook may have; bytes that are not UTF-8 are reported where they stand."""
    try:
        with file.open("rb") as opened:
            found = opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise WrongRequest(f"{file} cannot be read: {error.strerror}.") from None
    return Source(str(file), found.decode("utf-8", "surrogateescape"))


def _report(problems: Sequence[Problem], sources: Sequence[Source], cut: int) -> None:
    """Print the problems; `cut`: how many there are that were not kept."""
    _show(problems[:MAX_PROBLEMS], sources)
    count = len(problems) + cut
    more = f", {count - MAX_PROBLEMS} of them not shown" if count > MAX_PROBLEMS else ""
    click.echo(f"{count} {'problem' if count == 1 else 'problems'} found{more}.", err=True)


def _show(problems: Iterable[Problem], sources: Sequence[Source]) -> None:
    lines = {source.name: source.text.split("\n") for source in sources}
    for problem in problems:
        click.echo(str(problem).encode("utf-8", "replace").decode())
        own = lines.get(problem.file, [])
        if 0 < problem.line <= len(own) and len(shown := own[problem.line - 1].rstrip()) <= 160:
            click.echo(f"    {shown}".encode("utf-8", "replace").decode())
            click.echo("    " + " " * (problem.column - 1) + "^")
