"""`suture places missing > places.csv`, then `suture places load places.csv`: what is not on the map yet."""

from pathlib import Path

import click

from suture.cli.errors import WrongRequest, why_unread
from suture.cli.home import caller_of, data_folder, open_home, read_settings
from suture.cli.options import DATA, DEMO
from suture.cli.whose import open_to_write
from suture.service.places import NotAPlacesFile, as_csv, load_places, missing_places


@click.group()
def places() -> None:
    """Look up where patients and clinics are on the map."""


@places.command()
@DATA
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
        click.echo("No place is missing.", err=True)
    else:
        many = "1 place" if len(found) == 1 else f"{len(found)} places"
        click.echo(f"{many} to look up. These are addresses: keep the file where only you can read it.", err=True)


@places.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@DATA
@DEMO
def load(file: Path, data: Path | None, demo: bool) -> None:
    """Take in a FILE of places with lat and lon filled in; lines where both are empty wait.

    Exit 1 when a line cannot be used.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise WrongRequest(f"{file} cannot be read: {why_unread(error)}.") from None
    settings = read_settings()
    with open_to_write(settings, data_folder(settings, data, demo=demo), demo=demo, create=False) as home:
        try:
            done = load_places(caller_of(home, settings), text)
        except NotAPlacesFile as error:
            raise WrongRequest(str(error)) from None
    for line in done.lines:
        click.echo(f"{file.name}: {line}")
    wait = f" {done.missing} still to look up." if done.missing else ""
    visits = "1 visit" if done.asked == 1 else f"{done.asked} visits"
    asked = f" Looking for a clinician for {visits} on planned days." if done.asked else ""
    found = "1 place" if done.located == 1 else f"{done.located} places"
    click.echo(f"{found} found.{wait}{asked}", err=True)
    if done.lines:
        raise SystemExit(1)
