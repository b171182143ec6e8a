"""`suture outreach templates`: every text to a phone at its longest, and what is wrong with any template."""

from collections.abc import Sequence
from dataclasses import replace

import click

from suture.cli.errors import warn
from suture.model.messages import Step
from suture.outreach.template_lint import Case, Fault, cases, faults, preview
from suture.words.catalog import LANGUAGES, _, plural


@click.command()
@click.option("--lang", type=click.Choice(LANGUAGES), help="One language; all if none.")
@click.option("--step", type=click.Choice([str(s) for s in Step]), help="One message, such as p.confirm; all if none.")
@click.option("--agency", help="Your agency's name in place of the longest that is accepted.")
def templates(lang: str | None, step: str | None, agency: str | None) -> None:
    """Print each text to a phone at its longest, and how many segments it takes; exit 1 if any template is refused.

    Filled in are the longest name of an agency, of a day and of a window, and a link of 50 characters.
    """
    looked_at = [_named(case, agency) for case in cases() if step in (None, case.step)]
    found: list[Fault] = []
    for case in looked_at:
        for language in LANGUAGES if lang is None else (lang,):
            click.echo(_shown(case, language))
            found += faults(case, language)
    _refuse(found)


def _named(case: Case, agency: str | None) -> Case:
    return case if agency is None else replace(case, values=replace(case.values, agency=agency))


def _shown(case: Case, lang: str) -> str:
    seen = preview(case, lang)
    segments = plural("{n} segment", "{n} segments", seen.size.segments)
    head = _(
        "{name} {lang}: {segments}, {places} characters in {encoding}",
        name=case.name,
        lang=lang,
        segments=segments,
        places=seen.size.places,
        encoding=seen.size.encoding.value,
    )
    return f"{head}\n  {seen.body}"


def _refuse(found: Sequence[Fault]) -> None:
    for fault in found:
        warn(_("{name} {lang}: it {why}.", name=fault.case.name, lang=fault.lang, why=str(fault.why)))
    if found:
        raise click.exceptions.Exit(1)
