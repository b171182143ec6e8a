"""`suture rules import|list|preview|activate|rollback`: the stored versions of the rulebook."""

import json
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import click

from suture.cli.errors import WrongRequest
from suture.cli.home import context_of, data_folder, open_home, read_settings
from suture.cli.options import DATA, DEMO
from suture.cli.rules import BRANCH, FILES, read_rulebook
from suture.cli.values import SERVICE_DATE, WORD
from suture.cli.whose import open_to_write
from suture.cli.why import fix_in_words, terminal_width, trace_in_words
from suture.model.actors import COMMAND_LINE
from suture.model.calendar import full_date, full_moment
from suture.rules.lint import objections
from suture.service import rulebooks
from suture.service.context import Context
from suture.service.errors import ServiceError
from suture.service.preview import Preview, preview
from suture.service.why_pair import why_pair

DRAFT = click.argument("draft", metavar="DRAFT")


def _hash_of(ctx: Context, draft: str) -> str:
    """The hash, or its start, that names a version; a rule file in its place is imported first."""
    if not _is_file(file := Path(draft)):
        if not draft.isprintable():
            raise WrongRequest("DRAFT: holds characters that cannot be read.")
        return draft
    version, is_new = rulebooks.import_rulebook(ctx, read_rulebook([file]), COMMAND_LINE)
    click.echo(f"{file} is {'a new draft' if is_new else 'here already'}: {version.hash[:12]}", err=True)
    return version.hash


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # such as a name that is too long for one
        return False


@contextmanager
def _to_read(data: Path | None, demo: bool) -> Iterator[Context]:
    settings = read_settings()
    with open_home(settings, data_folder(settings, data, demo=demo)) as home, _refusals():
        yield context_of(home, settings)


@contextmanager
def _to_write(data: Path | None, demo: bool) -> Iterator[Context]:
    settings = read_settings()
    with open_to_write(settings, data_folder(settings, data, demo=demo), demo=demo) as home, _refusals():
        yield context_of(home, settings)


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except ServiceError as error:
        raise WrongRequest(str(error)) from None


@click.command("import")
@FILES
@DATA
@DEMO
def import_files(files: tuple[Path, ...], data: Path | None, demo: bool) -> None:
    """Store FILEs, together one rulebook, as a draft; prints its hash. Exit 1 where they cannot be read."""
    book = read_rulebook(files)
    with _to_write(data, demo) as ctx:
        version, is_new = rulebooks.import_rulebook(ctx, book, COMMAND_LINE)
    click.echo(version.hash)
    said = "a new draft" if is_new else f"here already, {version.state}"
    click.echo(f"{version.rules} rules, {said}. Next: suture rules preview {version.hash[:12]} --day …", err=True)
    for line in (*objections(book), *rulebooks.untested_rules(book)):
        click.echo(f"Before it can be activated: {line}", err=True)


@click.command("list")
@DATA
@DEMO
def list_versions(data: Path | None, demo: bool) -> None:
    """List the newest versions, newest first."""
    with _to_read(data, demo) as ctx:
        for v in rulebooks.versions(ctx):
            click.echo(
                f"{v.hash[:12]}  {v.state:<10}  {full_moment(v.at):<19}  {v.rules:>4} rules  {v.actor}  {v.name}"
            )


@click.command("activate")
@DRAFT
@DATA
@DEMO
def activate(draft: str, data: Path | None, demo: bool) -> None:
    """Put DRAFT (the start of its hash, or a rule file) in force; running processes decide by it at once."""
    with _to_write(data, demo) as ctx:
        version = rulebooks.activate(ctx, _hash_of(ctx, draft), COMMAND_LINE)
    click.echo(f"{version.hash[:12]} is in force: the next decision is made by it.")


@click.command("rollback")
@DATA
@DEMO
def rollback(data: Path | None, demo: bool) -> None:
    """Put the version in force that was before this one."""
    with _to_write(data, demo) as ctx:
        version = rulebooks.roll_back(ctx, COMMAND_LINE)
    click.echo(f"{version.hash[:12]} is in force again.")


@click.command("preview")
@DRAFT
@click.option("--day", "day_", type=SERVICE_DATE, required=True, help="A stored day, past or coming.")
@BRANCH
@click.option("--json", "as_json", is_flag=True, help="Print the figures as one JSON object.")
@DATA
@DEMO
def show_preview(draft: str, day_: date, branch: str | None, as_json: bool, data: Path | None, demo: bool) -> None:
    """Show what DRAFT (the start of its hash, or a file) would change on a day: fill, continuity, travel, overtime."""
    opened = _to_write if _is_file(Path(draft)) else _to_read  # a file becomes a stored draft
    with opened(data, demo) as ctx:
        shown = preview(ctx, _hash_of(ctx, draft), branch, day_)
    if as_json:
        click.echo(json.dumps(shown.as_dict()))
        return
    for line in _lines(shown):
        click.echo(line)


@click.command("why")
@click.argument("clinician", type=WORD)
@click.argument("visit", type=WORD)
@click.option("--day", "day_", type=SERVICE_DATE, required=True, help="A stored day.")
@BRANCH
@DATA
@DEMO
def why(clinician: str, visit: str, day_: date, branch: str | None, data: Path | None, demo: bool) -> None:
    """Show what every rule says of CLINICIAN and VISIT (their ids in the files), the cheapest fix and its price."""
    with _to_read(data, demo) as ctx:
        trace, fix = why_pair(ctx, branch, day_, clinician, visit)
    for line in (*trace_in_words(trace, width := terminal_width()), *textwrap.wrap(fix_in_words(trace, fix), width)):
        click.echo(line)


def _lines(shown: Preview) -> Iterator[str]:
    now, then = shown.now, shown.then
    if not now.positions and not then.positions:
        yield f"{full_date(shown.service_date)} has no visits that need a clinician: there is nothing to compare."
        return
    yield f"{full_date(shown.service_date)}: {shown.hashes[0][:12]} (in force) → {shown.hashes[1][:12]}"
    yield _line("fill", f"{now.filled} of {now.positions}", f"{then.filled} of {then.positions}")
    yield _line("continuity", f"{now.continuity} of {now.continuity_of}", f"{then.continuity} of {then.continuity_of}")
    yield _line("travel", f"{now.travel_minutes} min", f"{then.travel_minutes} min")
    yield _line("overtime", f"{now.overtime_minutes} min", f"{then.overtime_minutes} min")
    yield f"{shown.blocked} pairs newly blocked, {shown.freed} freed; {shown.moved} positions with someone else."


def _line(name: str, now: str, then: str) -> str:
    return f"{name:<11}{now} → {then}" if now != then else f"{name:<11}{now}, unchanged"
