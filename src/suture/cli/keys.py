"""`suture key add|list|revoke`: which programs may ask the API, and for what."""

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click

from suture.cli.options import AGENCY, DATA, DEMO
from suture.cli.values import SERVICE_DATE, WORD
from suture.cli.whose import agency
from suture.model.actors import OF_KEYS, Permission
from suture.model.keys import ApiKey
from suture.service.keys import add_key, keys_now, revoke_key
from suture.words.catalog import _
from suture.words.dates import full_moment

MOST_DAYS = 3650
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")


class _KeyName(click.ParamType[str]):
    """What a program is called in the audit trail."""

    name = "name"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not isinstance(value, str) or not _NAME.fullmatch(value):
            self.fail(_("must be 1 to 40 letters, digits, dots, hyphens or underscores."), param, ctx)
        return value


class _Expiry(click.ParamType["int | date"]):
    """A number of days, or a date."""

    name = "days|date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | date:
        if isinstance(value, str) and value.isascii() and value.isdigit():
            return click.IntRange(1, MOST_DAYS).convert(int(value), param, ctx)
        return SERVICE_DATE.convert(value, param, ctx)


@click.group()
def key() -> None:
    """Say which programs may ask the API, and for what."""


@key.command()
@click.argument("name", type=_KeyName())
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice([str(p) for p in OF_KEYS]),
    help="What it may do; may be repeated. Whoever may command or admin may read, too.",
)
@click.option("--branch", "branches", multiple=True, type=WORD, help="For this branch only; may be repeated.")
@click.option(
    "--expires", type=_Expiry(), metavar="DAYS|DATE", help="After this many days, or at the end of a date (UTC)."
)
@DATA
@AGENCY
@DEMO
def add(
    name: str,
    scopes: tuple[str, ...],
    branches: tuple[str, ...],
    expires: int | date | None,
    data: Path | None,
    demo: bool,
) -> None:
    """Make a key for the program NAME. It is shown on the last line, this once."""
    with agency(data, demo=demo) as caller:
        value = add_key(caller, name, [Permission(scope) for scope in scopes], branches, expires)
    click.echo(_("The key of {name}. Keep it now: it is not shown again.", name=name))
    click.echo(value)


@key.command("list")
@DATA
@AGENCY
@DEMO
def list_(data: Path | None, demo: bool) -> None:
    """Say which keys there are, what each may do, and when it was last used. The keys themselves are kept nowhere."""
    with agency(data, demo=demo, writes=False) as caller:
        found = keys_now(caller)
    for one in found:
        _say(one)
    if not found:
        click.echo(_("There is no key: suture key add makes one."))


@key.command()
@click.argument("name", type=WORD)
@DATA
@AGENCY
@DEMO
def revoke(name: str, data: Path | None, demo: bool) -> None:
    """Refuse the key NAME from now on."""
    with agency(data, demo=demo) as caller:
        revoke_key(caller, name)
    click.echo(_("The key {name} opens nothing anymore.", name=name))


def _say(one: ApiKey) -> None:
    click.echo(_("{name} ({hint}…):", name=one.name, hint=one.hint) if one.hint else _("{name}:", name=one.name))
    for line in (
        _("Scopes: {scopes}", scopes=", ".join(sorted(one.scope.permissions))),
        _("Branches: {branches}", branches=", ".join(one.branches) or _("all")),
        _("Made: {at}", at=_moment(one.made_at)),
        _("Expires: {at}", at=_moment(one.expires_at)),
        _("Last used: {at}", at=_moment(one.last_used_at)),
    ):
        click.echo(f"  {line}")


def _moment(at: datetime | None) -> str:
    return f"{full_moment(at.astimezone(UTC))} UTC" if at else _("never")
