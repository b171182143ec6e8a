"""`suture user add|list|disable|reset`: who may sign in, and as what."""

from datetime import UTC, datetime
from pathlib import Path

import click

from suture.cli.home import read_settings
from suture.cli.options import AGENCY, DATA, DEMO
from suture.cli.values import WORD
from suture.cli.whose import agency
from suture.model.accounts import Account
from suture.model.actors import Role
from suture.service.accounts import WELCOME_HOURS, add_user, disable_user, reset_user, user_named, users_now
from suture.service.caller import Caller
from suture.words.catalog import _
from suture.words.dates import full_moment

EMAIL = click.argument("email", type=WORD)


@click.group()
def user() -> None:
    """Say who may sign in, and as what."""


@user.command()
@EMAIL
@click.option("--name", required=True, type=WORD, help="What they are called.")
@click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    type=click.Choice([str(role) for role in Role]),
    help="What they may do; may be repeated.",
)
@click.option("--branch", "branches", multiple=True, type=WORD, help="In this branch only; may be repeated.")
@click.option("--clinician", type=WORD, help="Whose own day it is: the id in staff.csv.")
@DATA
@AGENCY
@DEMO
def add(
    email: str,
    name: str,
    roles: tuple[str, ...],
    branches: tuple[str, ...],
    clinician: str | None,
    data: Path | None,
    demo: bool,
) -> None:
    """Make an account for EMAIL. The link by which they choose a password is on the last line."""
    with agency(data, demo=demo) as caller:
        _say_link(caller, add_user(caller, email, name, [Role(role) for role in roles], branches or None, clinician))


@user.command("list")
@DATA
@AGENCY
@DEMO
def list_(data: Path | None, demo: bool) -> None:
    """Say who may sign in, as what, and when they were here last."""
    with agency(data, demo=demo, writes=False) as caller:
        found = users_now(caller)
    for one in found:
        _say(one)
    if not found:
        click.echo(_("There is no account: suture user add makes one."))


@user.command()
@EMAIL
@DATA
@AGENCY
@DEMO
def disable(email: str, data: Path | None, demo: bool) -> None:
    """Sign EMAIL out everywhere at once, and let them in no more. `reset` lets them come back."""
    with agency(data, demo=demo) as caller:
        disable_user(caller, user_named(caller, email).id)
    click.echo(_("{email} is signed out everywhere, and can no longer sign in.", email=email))


@user.command()
@EMAIL
@DATA
@AGENCY
@DEMO
def reset(email: str, data: Path | None, demo: bool) -> None:
    """Make a new link for EMAIL, to choose a password and set up a second factor; the old ones no longer work."""
    with agency(data, demo=demo) as caller:
        _say_link(caller, reset_user(caller, user_named(caller, email).id))


def welcome_address(desk_url: str, token: str) -> str:
    """The link by which someone chooses a password."""
    return f"{desk_url.rstrip('/')}/welcome/{token}"


def _say_link(caller: Caller, token: str) -> None:
    click.echo(_("Give them this link. It works once, within {hours} hours.", hours=WELCOME_HOURS))
    if not read_settings().names_desk:
        click.echo(
            _(
                "It leads to port 8000 of this machine. If suture serve has another port, put it there, or set "
                "SUTURE_DESK_URL to where your people sign in."
            )
        )
    click.echo(welcome_address(caller.tools.desk_url, token))


def _say(one: Account) -> None:
    click.echo(_("{email} ({name}):", email=one.email, name=one.name))
    for line in (
        _("Account: {number}", number=one.id),
        _("Roles: {roles}", roles=", ".join(sorted(one.roles))),
        _("Branches: {branches}", branches=", ".join(one.branches) if one.branch_ids is not None else _("all")),
        _("Password: {state}", state=_("chosen") if one.has_password else _("not chosen yet")),
        _("Second factor: {state}", state=_("set up") if one.has_second_factor else _("not set up yet")),
        _("Last here: {at}", at=_moment(one.seen_at)),
        *([_("Disabled: {at}", at=_moment(one.disabled_at))] if one.disabled_at else []),
    ):
        click.echo(f"  {line}")


def _moment(at: datetime | None) -> str:
    return f"{full_moment(at.astimezone(UTC))} UTC" if at else _("never")
