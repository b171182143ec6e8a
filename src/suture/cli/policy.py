"""`suture policy …`: check an outreach policy, keep its versions, and put one in force."""

from pathlib import Path

import click

from suture.cli.config_files import FILES, read_files
from suture.cli.versioned import Versioned
from suture.service.configuration import POLICY
from suture.words.catalog import marked_pair, plural


@click.group(cls=Versioned, module="suture.cli.policies")
def policy() -> None:
    """Check outreach policies, keep their versions, and put one in force."""


@policy.command("check")
@FILES
def check(files: tuple[Path, ...]) -> None:
    """Check the FILE of an outreach policy; exit 1 if anything is found."""
    document = read_files(POLICY.read, files)
    none = marked_pair("{n} setting, no problems found. {hash}", "{n} settings, no problems found. {hash}")
    click.echo(plural(*none, document.entries, hash=document.hash[:12]))
