"""`suture agency add|list`: the agencies that share this server. They never see each other."""

from pathlib import Path

import click

from suture.cli.errors import WrongRequest
from suture.cli.home import context_of, data_folder, open_home, read_settings
from suture.cli.options import DATA
from suture.cli.values import WORD
from suture.cli.whose import open_to_write
from suture.model.actors import COMMAND_LINE
from suture.service.add_agency import add_agency
from suture.service.caller import Caller
from suture.service.errors import ServiceError
from suture.store.agencies import all_agencies
from suture.words.catalog import _


@click.group()
def agency() -> None:
    """Add an agency to this server, or list those that share it."""


@agency.command()
@click.argument("name", type=WORD)
@DATA
def add(name: str, data: Path | None) -> None:
    """Add an agency, with the rules and policy that a new one starts under; prints its number.

    Its messages are on hold until suture outreach release. A server that runs notices it within seconds.
    """
    settings = read_settings()
    with open_to_write(settings, data_folder(settings, data), demo=False) as home:
        tools = context_of(home, settings)
        try:
            number = add_agency(Caller(tools, COMMAND_LINE), name, settings.config_dir)
        except ServiceError as error:
            raise WrongRequest(str(error)) from None
    click.echo(_("{name} is agency {number}. Commands for it: --agency {number}.", name=name, number=number))
    click.echo(
        _("Its first administrator: suture user add EMAIL --name NAME --role admin --agency {number}", number=number)
    )


@agency.command("list")
@DATA
def list_(data: Path | None) -> None:
    """List the agencies: number and name."""
    settings = read_settings()
    with open_home(settings, data_folder(settings, data), create=False) as home:
        known = all_agencies(home.engine)
    for one in known:
        click.echo(f"{one.tenant}  {one.name}")
    if not known:
        click.echo(_("No agency yet. Import one with suture import csv, or add one with suture agency add NAME."))
