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

BRANCH = click.argument("branch", type=WORD)
DATE = click.argument("service_date", type=SERVICE_DATE, metavar="YYYY-MM-DD")
