"""`suture rules …`: the stored versions of the rulebook, what a draft would change, and why a pair may be or not."""

import json
import textwrap
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import click

from suture.cli.options import DATA, DEMO
from suture.cli.rules import BRANCH
from suture.cli.values import SERVICE_DATE, WORD
from suture.cli.versions import DRAFT, commands_of, hash_of, is_file, to_read, to_write
from suture.cli.why import fix_in_words, terminal_width, trace_in_words
from suture.service.configuration import RULES
from suture.service.preview import Preview, preview
from suture.service.why_pair import why_pair
from suture.words.dates import full_date


@click.command("preview")
@DRAFT
@click.option("--day", "day_", type=SERVICE_DATE, required=True, help="A stored day, past or coming.")
@BRANCH
@click.option("--json", "as_json", is_flag=True, help="Print the figures as one JSON object.")
@DATA
@DEMO
def show_preview(draft: str, day_: date, branch: str | None, as_json: bool, data: Path | None, demo: bool) -> None:
    """Show what DRAFT (a file, or the start of its hash) would change on a day: fill, continuity, travel, overtime."""
    opened = to_write if is_file(Path(draft)) else to_read  # a file becomes a stored draft
    with opened(data, demo) as ctx:
        shown = preview(ctx, hash_of(ctx, RULES, draft), branch, day_)
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
    """Show what every rule says about CLINICIAN and VISIT (their ids in the files), the cheapest fix and its price."""
    with to_read(data, demo) as ctx:
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


COMMANDS = {**commands_of(RULES), "preview": show_preview, "why": why}
