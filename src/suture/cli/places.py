"""`suture places missing > places.csv`, then `suture places load places.csv`: what is not on the map yet."""

from collections.abc import Iterator
from pathlib import Path

import click

from suture.cli.errors import WrongRequest, why_unread
from suture.cli.home import caller_of, data_folder, open_home, read_settings
from suture.cli.options import AGENCY, DATA, DEMO
from suture.cli.whose import open_to_write
from suture.service.places import NotAPlacesFile, PlacesLoaded, as_csv, load_places, missing_places
from suture.words.catalog import _, plural


@click.group()
def places() -> None:
    """Look up where patients and clinics are on the map."""


@places.command()
@DATA
@AGENCY
@DEMO
def missing(data: Path | None, demo: bool) -> None:
    """Write the places without coordinates as CSV, one a line, for a geocoder or a person to fill in lat and lon.

    The output holds addresses: put it into a file that only you can read, such as with umask 077.
    """
    settings = read_settings()
    with open_home(settings, data_folder(settings, data, demo=demo), create=False) as home:
        found = missing_places(caller_of(home, settings))
    click.echo(as_csv(found), nl=False)
    if not found:
        click.echo(_("No place is missing."), err=True)
    else:
        many = plural(
            "{n} place to look up. These are addresses: keep the file where only you can read it.",
            "{n} places to look up. These are addresses: keep the file where only you can read it.",
            len(found),
        )
        click.echo(many, err=True)


@places.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@DATA
@AGENCY
@DEMO
def load(file: Path, data: Path | None, demo: bool) -> None:
    """Load a FILE of places with lat and lon filled in; lines where both are empty wait.

    Exit 1 when a line cannot be used.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise WrongRequest(_("{file} cannot be read: {why}.", file=file, why=why_unread(error))) from None
    settings = read_settings()
    with open_to_write(settings, data_folder(settings, data, demo=demo), demo=demo, create=False) as home:
        try:
            done = load_places(caller_of(home, settings), text)
        except NotAPlacesFile as error:
            raise WrongRequest(str(error)) from None
    for line in done.lines:
        click.echo(f"{file.name}: {line}")
    click.echo(" ".join(_what_became(done)), err=True)
    if done.lines:
        raise SystemExit(1)


def _what_became(done: PlacesLoaded) -> Iterator[str]:
    yield plural("{n} place found.", "{n} places found.", done.located)
    if done.missing:
        yield plural("{n} still to look up.", "{n} still to look up.", done.missing)
    if done.asked:
        yield plural(
            "Looking for a clinician for {n} visit on planned days.",
            "Looking for a clinician for {n} visits on planned days.",
            done.asked,
        )
