"""`suture on-call …`: check on-call lists, see who is on call, keep their versions, and put one in force."""

from pathlib import Path

import click

from suture.cli.config_files import FILES, read_files
from suture.cli.versioned import KEPT, Versioned
from suture.service.configuration import ON_CALL
from suture.words.catalog import marked_pair, plural


@click.group("on-call", cls=Versioned, module="suture.cli.on_call_lists", names=(*KEPT, "preview"))
def on_call() -> None:
    """Check on-call lists, keep their versions, and put one in force."""


@on_call.command("check")
@FILES
def check(files: tuple[Path, ...]) -> None:
    """Check the FILE of an on-call list; exit 1 if anything is found."""
    document = read_files(ON_CALL.read, files)
    none = marked_pair("{n} turn, no problems found. {hash}", "{n} turns, no problems found. {hash}")
    click.echo(plural(*none, document.entries, hash=document.hash[:12]))
