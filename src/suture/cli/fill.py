"""`suture fill …`: who could take a visit that has no clinician, and asking them."""

from collections.abc import Iterator
from pathlib import Path

import click

from suture.cli.errors import WrongRequest
from suture.cli.options import AGENCY, DATA, DEMO
from suture.cli.signals import report
from suture.cli.whose import agency
from suture.model.instants import wall_clock
from suture.model.offers import OfferMode
from suture.service.errors import ServiceError
from suture.service.fill import FillList, fill_list
from suture.words.catalog import _, plural

VISIT = click.argument("visit")
POSITION = click.option("--position", type=click.IntRange(1, 9), default=1, help="Which of the people a visit needs.")


@click.group()
def fill() -> None:
    """See who could take a visit that has no clinician, and ask them."""


@fill.command("list")
@VISIT
@POSITION
@DATA
@AGENCY
@DEMO
def list_people(visit: str, position: int, data: Path | None, demo: bool) -> None:
    """List who could take VISIT, best first, and what keeps the others from it."""
    with agency(data, demo=demo, writes=False) as caller:
        try:
            found = fill_list(caller, visit, position)
        except ServiceError as error:
            raise WrongRequest(str(error)) from None
    for line in _lines(found):
        click.echo(line)


@fill.command("start")
@VISIT
@POSITION
@click.option("--mode", type=click.Choice([m.value for m in OfferMode]), help="How to ask, if not as usual.")
@DATA
@AGENCY
@DEMO
def start(visit: str, position: int, mode: str | None, data: Path | None, demo: bool) -> None:
    """Ask people to take VISIT now, whoever fits best first."""
    report(data, demo, {"kind": "ask_to_fill", "visit": visit, "position": position, "mode": mode})


def _lines(found: FillList) -> Iterator[str]:
    for n, one in enumerate(found.could, start=1):
        at = f"{wall_clock(one.starts_at, found.branch.tz):%H:%M}"
        yield f"{n:>2}. {one.clinician}  " + _("{who} at {at}: {why}.", who=one.name, at=at, why=one.why)
        if one.not_now is not None:
            yield "        " + _("Not asked now: {why}.", why=one.not_now)
    if found.on_hold:
        yield _("Messages are on hold: no one is asked until they are released.")
    for offer in found.offers:
        until = f"{wall_clock(offer.expires_at, found.branch.tz):%H:%M}"
        n = len(offer.asked)
        if offer.is_pending:
            yield plural(
                "Offer {offer}: {n} person is being asked until {at}.",
                "Offer {offer}: {n} people are being asked until {at}.",
                n,
                offer=offer.id,
                at=until,
            )
    if not found.could:
        yield _("No one can take visit {visit} within the rules.", visit=found.visit)
    if found.cannot:
        n = len(found.cannot)
        yield plural("{n} person cannot take it:", "{n} people cannot take it:", n)
    for other in found.cannot:
        yield f"    {other.clinician}  {other.why}"
