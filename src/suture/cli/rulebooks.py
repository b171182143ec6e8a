"""`suture rules …`: the stored versions of the rulebook, what a draft would change, and why a pair may be or not."""

import json
import textwrap
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import click

from suture.cli.options import AGENCY, DATA, DEMO
from suture.cli.rules import BRANCH
from suture.cli.values import SERVICE_DATE, WORD
from suture.cli.versions import DRAFT, commands_of, hash_of, is_file, to_read, to_write
from suture.cli.why import fix_in_words, terminal_width, trace_in_words
from suture.service.configuration import RULES
from suture.service.preview import Preview, preview
from suture.service.why_pair import why_pair
from suture.words.catalog import _
from suture.words.dates import full_date


@click.command("preview")
@DRAFT
@click.option("--day", "day_", type=SERVICE_DATE, required=True, help="A stored day, past or coming.")
@BRANCH
@click.option("--json", "as_json", is_flag=True, help="Print the figures as one JSON object.")
@DATA
@AGENCY
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
@AGENCY
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
        date = full_date(shown.service_date)
        yield _("{date} has no visits that need a clinician: there is nothing to compare.", date=date)
        return
    old, new = (digest[:12] for digest in shown.hashes)
    yield _("{date}: {old} (in force) → {new}", date=full_date(shown.service_date), old=old, new=new)
    rows = {
        _("fill"): [_of(f.filled, f.positions) for f in (now, then)],
        _("continuity"): [_of(f.continuity, f.continuity_of) for f in (now, then)],
        _("travel"): [f"{f.travel_minutes} min" for f in (now, then)],
        _("overtime"): [f"{f.overtime_minutes} min" for f in (now, then)],
    }
    width = max(map(len, rows)) + 1
    for name, (is_now, is_then) in rows.items():
        change = f"{is_now} → {is_then}" if is_now != is_then else _("{figure}, unchanged", figure=is_now)
        yield f"{name:<{width}}{change}"
    yield _(
        "Pairs newly blocked: {blocked}, freed: {freed}; positions with someone else: {moved}.",
        blocked=shown.blocked,
        freed=shown.freed,
        moved=shown.moved,
    )


def _of(part: int, whole: int) -> str:
    return _("{part} of {whole}", part=part, whole=whole)


COMMANDS = {**commands_of(RULES), "preview": show_preview, "why": why}
