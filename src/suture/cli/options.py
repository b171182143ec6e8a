"""Options that several commands share; this file imports nothing heavy, so that light commands stay light."""

from pathlib import Path

import click

from suture.cli.values import SERVICE_DATE, WORD

DATA = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="The data folder (default ./.suture, as root /var/lib/suture).",
)

DEMO = click.option(
    "--demo",
    is_flag=True,
    help="Work on the demo's data (default folder ./.suture-demo, as root /var/lib/suture-demo).",
)

_AGENCY = "suture.agency"


def _remember(ctx: click.Context, _param: click.Parameter, value: str | None) -> None:
    ctx.meta[_AGENCY] = value


AGENCY = click.option(
    "--agency",
    metavar="NAME|NUMBER",
    expose_value=False,
    callback=_remember,
    help="Which agency, where the database holds several: suture agency list.",
)
"""No command is handed it: `cli.home.tenant_of` asks for it where a caller is made."""


def given_agency() -> str | None:
    """What the command that runs was given as --agency."""
    ctx = click.get_current_context(silent=True)
    return ctx.meta.get(_AGENCY) if ctx else None


BRANCH = click.argument("branch", type=WORD)
DATE = click.argument("service_date", type=SERVICE_DATE, metavar="YYYY-MM-DD")
