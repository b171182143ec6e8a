"""`suture sign-in connect|group|list|disconnect`: the agency's own sign-in, by OpenID Connect."""

import re
from pathlib import Path
from typing import Any

import click

from suture.cli.errors import WrongRequest
from suture.cli.home import read_settings
from suture.cli.options import AGENCY, DATA, DEMO
from suture.cli.values import WORD
from suture.cli.whose import agency
from suture.model.actors import Role
from suture.model.identities import Grant
from suture.service.sign_in_settings import (
    back_address,
    connect_sign_in,
    disconnect_sign_in,
    drop_group,
    set_group,
    sign_in_now,
)
from suture.words.catalog import _

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
OF_GROUPS = [str(role) for role in Role if role is not Role.CLINICIAN]


class _Variable(click.ParamType[str]):
    """The name of an environment variable, so that no one gives the secret itself."""

    name = "variable"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not isinstance(value, str) or not _VARIABLE.fullmatch(value):
            self.fail(_("must be the name of an environment variable, not the secret."), param, ctx)
        return value


@click.group("sign-in")
def sign_in() -> None:
    """Let people sign in with the agency's own OpenID provider."""


@sign_in.command()
@click.argument("name", type=WORD)
@click.option("--issuer", required=True, type=WORD, help="What the provider calls itself: an https address.")
@click.option("--client-id", required=True, type=WORD, help="What it calls Suture.")
@click.option(
    "--secret-env",
    required=True,
    type=_Variable(),
    help="The environment variable that holds the client's secret. It is never stored.",
)
@click.option(
    "--trust-second-factor",
    is_flag=True,
    help="Ask for no code where the provider says that it asked for a second factor.",
)
@click.option(
    "--group-claim", default="groups", show_default=True, type=WORD, help="What the ID token calls someone's groups."
)
@DATA
@AGENCY
@DEMO
def connect(
    name: str,
    issuer: str,
    client_id: str,
    secret_env: str,
    trust_second_factor: bool,
    group_claim: str,
    data: Path | None,
    demo: bool,
) -> None:
    """Show a button "Sign in with NAME". The same name again changes what was said before."""
    with agency(data, demo=demo) as caller:
        connect_sign_in(
            caller,
            name,
            issuer,
            client_id,
            secret_env,
            trusts_second_factor=trust_second_factor,
            group_claim=group_claim,
        )
        back = back_address(caller)
    click.echo(_("People can sign in with {name} now. Register this address there:", name=name))
    if not read_settings().names_desk:
        click.echo(_("It leads to this machine: set SUTURE_DESK_URL to where your people sign in."))
    click.echo(back)


@sign_in.command()
@click.argument("group", type=WORD)
@click.option(
    "--role", "roles", multiple=True, type=click.Choice(OF_GROUPS), help="What its people may do; may be repeated."
)
@click.option("--branch", "branches", multiple=True, type=WORD, help="In this branch only; may be repeated.")
@click.option("--remove", is_flag=True, help="It gives nothing anymore.")
@DATA
@AGENCY
@DEMO
def group(
    group: str, roles: tuple[str, ...], branches: tuple[str, ...], remove: bool, data: Path | None, demo: bool
) -> None:
    """Say what the provider's GROUP gives, from the next sign-in of its people on. Other groups give nothing."""
    if remove == bool(roles) or (remove and branches):
        raise WrongRequest(_("Say either --role, or --remove."))
    with agency(data, demo=demo) as caller:
        if remove:
            drop_group(caller, group)
        else:
            set_group(caller, group, [Role(role) for role in roles], branches)
    click.echo(
        _("The group {group} gives nothing from the next sign-in on.", group=group)
        if remove
        else _("The group {group} gives that from the next sign-in on.", group=group)
    )


@sign_in.command("list")
@DATA
@AGENCY
@DEMO
def list_(data: Path | None, demo: bool) -> None:
    """Say which provider is connected, and what its groups give."""
    with agency(data, demo=demo, writes=False) as caller:
        provider, groups = sign_in_now(caller)
        back = back_address(caller)
    if provider is None:
        click.echo(_("No sign-in is connected: suture sign-in connect does that."))
        return
    click.echo(f"{provider.name}:")
    trusts = _("the provider’s, where it says so") if provider.trusts_second_factor else _("Suture’s own")
    for line in (
        _("Issuer: {issuer}", issuer=provider.endpoints.issuer),
        _("Client: {client}", client=provider.client_id),
        _("Secret in: {variable}", variable=provider.secret_env),
        _("Leads back to: {address}", address=back),
        _("Second factor: {state}", state=trusts),
        *(_group_line(name, grant) for name, grant in groups.items()),
    ):
        click.echo(f"  {line}")


@sign_in.command()
@DATA
@AGENCY
@DEMO
def disconnect(data: Path | None, demo: bool) -> None:
    """Let no one in by the provider anymore, and sign out whoever came by it. Passwords work as before."""
    with agency(data, demo=demo) as caller:
        gone = disconnect_sign_in(caller)
    click.echo(_("No one signs in with {name} anymore.", name=gone.name))


def _group_line(name: str, grant: Grant) -> str:
    branches = ", ".join(grant.branches) if grant.branch_ids is not None else _("all")
    roles = ", ".join(sorted(grant.roles))
    return _("Group {group}: {roles}. Branches: {branches}", group=name, roles=roles, branches=branches)
