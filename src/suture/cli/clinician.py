"""`suture clinician pin`: what a clinician enters beside the link of a message, to see names and addresses."""

from pathlib import Path

import click

from suture.cli.options import AGENCY, DATA, DEMO
from suture.cli.values import WORD
from suture.cli.whose import agency
from suture.service.pins import clinician_named, remove_pin, set_pin
from suture.words.catalog import _


@click.group()
def clinician() -> None:
    """Give clinicians what they need to see their own day."""


@clinician.command()
@click.argument("clinician_id", metavar="CLINICIAN", type=WORD)
@click.option("--remove", is_flag=True, help="End the PIN instead: names and addresses stay closed.")
@DATA
@AGENCY
@DEMO
def pin(clinician_id: str, remove: bool, data: Path | None, demo: bool) -> None:
    """Make a new PIN for CLINICIAN. It is shown on the last line, this once; an earlier one ends.

    Say it to them in person or on the phone, never by the text or e-mail that brings their link.
    """
    with agency(data, demo=demo) as caller:
        who = clinician_named(caller, clinician_id)
        if remove:
            remove_pin(caller, who)
            click.echo(_("Clinician {clinician} has no PIN anymore.", clinician=clinician_id))
            return
        value = set_pin(caller, who)
    click.echo(
        _("The PIN of clinician {clinician}. Say it to them now: it is not shown again.", clinician=clinician_id)
    )
    click.echo(value.get_secret_value())
