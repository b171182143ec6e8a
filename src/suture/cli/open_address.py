"""`suture outreach open`: messages go to an address again that a provider or its owner had closed."""

from pathlib import Path

import click

from suture.cli.options import AGENCY, DATA, DEMO
from suture.cli.values import WORD
from suture.cli.whose import agency
from suture.cli.words import checked_words
from suture.model.messages import Channel
from suture.service.open_address import open_address
from suture.words.catalog import _, marked

_CHANNELS = {Channel.SMS: marked("text message"), Channel.EMAIL: marked("e-mail"), Channel.VOICE: marked("phone call")}


@click.command("open")
@click.argument("who", type=WORD)
@click.option(
    "--channel", type=click.Choice([str(c) for c in _CHANNELS]), help="Only this one; all that is closed if none."
)
@click.option("--asked", is_flag=True, help="Whoever has the address has asked for messages there again.")
@click.option("--name", help="Who decides it.")
@click.option("--reason", help="Why, for the audit trail.")
@DATA
@AGENCY
@DEMO
def open_(
    who: str, channel: str | None, asked: bool, name: str | None, reason: str | None, data: Path | None, demo: bool
) -> None:
    """Send to WHO again where nothing arrived, or where they wanted no more and have asked for it since.

    WHO is the agency's own id of a patient or clinician, a phone number or an e-mail address. What STOP by text closed,
    only START opens, texted from that phone.
    """
    with agency(data, demo=demo) as caller:
        name = name or click.prompt(_("Who decides it (name)"))
        reason = reason or click.prompt(_("Why"))
        only = Channel(channel) if channel else None
        opened = open_address(caller, who, checked_words(name or ""), checked_words(reason or ""), only, asked=asked)
    for one in opened:
        click.echo(_("Messages by {channel} go there again.", channel=_(_CHANNELS.get(one, str(one)))))
