"""What a command says to the person at the keyboard when it cannot do its work."""

import os

import click

from suture.words.catalog import _
from suture.words.os_errors import why_of


class WrongRequest(click.ClickException):
    """Something the person at the keyboard must change; printed without a traceback, exit 2."""

    exit_code = 2


class DatabaseAway(click.ClickException):
    """The database does not answer now; the same request may succeed later, so this is no exit 2."""

    exit_code = os.EX_TEMPFAIL


def why_unread(error: OSError | UnicodeDecodeError) -> str:
    """Why a file cannot be read, in words."""
    return why_of(error) if isinstance(error, OSError) else _("it is not UTF-8 text")


def warn(text: str) -> None:
    """A line for people; standard output is for data."""
    click.echo(text, err=True)
