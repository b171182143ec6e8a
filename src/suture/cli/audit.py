"""`suture audit search`: who did what, and who looked at whom."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import click

from suture.cli.errors import WrongRequest
from suture.cli.options import AGENCY, DATA, DEMO
from suture.cli.values import SERVICE_DATE, WORD
from suture.cli.whose import agency
from suture.model.audit import AuditCode
from suture.service.search_trail import Trail, search_trail
from suture.store.audit import sentence, who
from suture.store.trail import Asked
from suture.words.catalog import _, plural
from suture.words.dates import full_moment

MOST_ROWS = 10_000


class _Subject(click.ParamType[tuple[str, int]]):
    """A kind and a number, as rows of the trail have them."""

    name = "KIND:ID"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, int]:
        kind, _colon, number = str(value).partition(":")
        if not kind.isidentifier() or not (number.isascii() and number.isdigit()) or int(number) >= 2**63:
            self.fail(_("must be a kind and a number, such as visit:12."), param, ctx)
        return kind, int(number)


@click.group()
def audit() -> None:
    """Look into the audit trail, and into who was shown which patients."""


@audit.command()
@click.option("--reads", is_flag=True, help="Who was shown which patients, instead of who did what.")
@click.option("--patient", type=WORD, help="About this patient, by the agency's own id.")
@click.option("--subject", type=_Subject(), help="About this, such as visit:12. Not with --reads.")
@click.option("--actor", type=WORD, help="By this actor: a kind such as api_key, or one, such as api_key:7:board.")
@click.option("--code", type=click.Choice([str(code) for code in AuditCode]), help="Only this code. Not with --reads.")
@click.option("--from", "since", type=SERVICE_DATE, metavar="YYYY-MM-DD", help="From this day on (UTC).")
@click.option("--until", type=SERVICE_DATE, metavar="YYYY-MM-DD", help="Up to and including this day (UTC).")
@click.option("--limit", type=click.IntRange(1, MOST_ROWS), default=200, show_default=True, help="How many at most.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line instead of text.")
@DATA
@AGENCY
@DEMO
def search(
    reads: bool,
    patient: str | None,
    subject: tuple[str, int] | None,
    actor: str | None,
    code: str | None,
    since: date | None,
    until: date | None,
    limit: int,
    as_json: bool,
    data: Path | None,
    demo: bool,
) -> None:
    """Say who did what, the newest first; with --reads, who was shown which patients. The search is recorded, too."""
    if reads and (subject or code):
        raise WrongRequest(_("--reads goes with --patient, --actor and dates, not with --subject or --code."))
    kind, number = subject or ("", None)
    end = until + timedelta(days=1) if until else None
    asked = Asked(actor or "", code or "", kind, number, None, _midnight(since), _midnight(end), limit)
    with agency(data, demo=demo, writes=False) as caller:
        found = search_trail(caller, asked, patient or "", reads=reads)
    for line in _as_json(found) if as_json else _in_words(found, patient or ""):
        click.echo(line)
    if found.is_cut:
        more = _("There are more than {n}: narrow the search, or say --limit.", n=limit)
        click.echo(more, err=True)
    elif not (found.done or found.shown) and not as_json:
        click.echo(_("Nothing was found."), err=True)


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), UTC) if day else None


def _in_words(found: Trail, patient: str) -> Iterator[str]:
    for did in found.done:
        yield f"{_moment(did.at)}  {sentence(did.code, did.actor, dict(did.data))} [{did.code}, {did.actor}]"
    for saw in found.shown:
        n = len(saw.patients)
        whom = patient if patient else plural("{n} patient", "{n} patients", n)
        if patient and n > 1:
            whom = plural("{patient} and {n} more", "{patient} and {n} more", n - 1, patient=patient)
        said = _("{actor} was shown {whom}: {route}", actor=who(saw.actor), whom=whom, route=saw.route)
        yield f"{_moment(saw.at)}  {said} [{saw.actor}]"


def _as_json(found: Trail) -> Iterator[str]:
    for did in found.done:
        said = sentence(did.code, did.actor, dict(did.data))
        facts = {"at": did.at.astimezone(UTC).isoformat(), "actor": did.actor, "code": did.code}
        about = {"subject": f"{did.subject_kind}:{did.subject_id}", "sentence": said, "data": did.data}
        yield json.dumps(facts | about)
    for saw in found.shown:
        facts = {"at": saw.at.astimezone(UTC).isoformat(), "actor": saw.actor, "route": saw.route}
        yield json.dumps({**facts, "branch": saw.branch, "patients": list(saw.patients), "reason": saw.reason})


def _moment(at: datetime) -> str:
    return f"{full_moment(at.astimezone(UTC))} UTC"
