"""Files of an agency's configuration on the command line: read them, and show every fault where it is."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import click

from suture.cli.errors import WrongRequest
from suture.rules.errors import FileRefused, Problem
from suture.rules.loader import MAX_PROBLEMS
from suture.rules.source import MAX_BYTES, Source
from suture.words.catalog import _, plural
from suture.words.os_errors import why_of

T = TypeVar("T")

FILES = click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE…")


def read_files(read: Callable[[Sequence[Source]], T], files: Sequence[Path]) -> T:
    """What is read from these files together; where they cannot be used, every fault is printed, and it is exit 1."""
    sources = [source_of(file) for file in files]
    try:
        return read(sources)
    except FileRefused as refused:
        report(refused.problems, sources, refused.cut)
        raise SystemExit(1) from None


def source_of(file: Path) -> Source:
    """A file's text, no more of it than it may have; bytes that are not UTF-8 are reported with their place."""
    try:
        with file.open("rb") as opened:
            found = opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise WrongRequest(_("{file} cannot be read: {why}.", file=file, why=why_of(error))) from None
    return Source(str(file), found.decode("utf-8", "surrogateescape"))


def report(problems: Sequence[Problem], sources: Sequence[Source], cut: int) -> None:
    """Print the problems; `cut`: how many there are that were not kept."""
    show(problems[:MAX_PROBLEMS], sources)
    count = len(problems) + cut
    if count > MAX_PROBLEMS:
        found = _("{n} problems found, {hidden} of them not shown.", n=count, hidden=count - MAX_PROBLEMS)
    else:
        found = plural("{n} problem found.", "{n} problems found.", count)
    click.echo(found, err=True)


def show(problems: Iterable[Problem], sources: Sequence[Source]) -> None:
    """Print problems, each with the line it is in."""
    lines = {source.name: source.text.split("\n") for source in sources}
    for problem in problems:
        click.echo(str(problem).encode("utf-8", "replace").decode())
        own = lines.get(problem.file, [])
        if 0 < problem.line <= len(own) and len(shown := own[problem.line - 1].rstrip()) <= 160:
            click.echo(f"    {shown}".encode("utf-8", "replace").decode())
            click.echo("    " + " " * (problem.column - 1) + "^")
