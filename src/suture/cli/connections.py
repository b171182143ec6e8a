"""`suture connection add|list|remove`: who carries the agency's messages."""

from collections.abc import Sequence
from pathlib import Path

import click

from suture.cli.errors import WrongRequest, warn
from suture.cli.home import read_settings
from suture.cli.options import AGENCY, DATA, DEMO
from suture.cli.values import WORD
from suture.cli.whose import agency
from suture.model.connections import Audience, Sender
from suture.model.messages import Channel
from suture.service.connections import Connected, NewSender, connect, connected_now, disconnect
from suture.words.catalog import _, marked

_CHANNELS = {Channel.SMS: marked("text message"), Channel.EMAIL: marked("e-mail"), Channel.VOICE: marked("phone call")}
_AUDIENCES = {
    Audience.PATIENTS: marked("to patients"),
    Audience.STAFF: marked("to staff"),
    Audience.EVERYONE: marked("to everyone"),
}


@click.group()
def connection() -> None:
    """Say who carries texts, calls and e-mail for the agency."""


@connection.command()
@click.argument("provider", type=click.Choice(["twilio", "smtp"]))
@click.argument("name", type=WORD)
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="A setting, such as account_sid=AC….")
@click.option("--secret-env", default="", help="The environment variable that holds the secret. It is never stored.")
@click.option("--channel", type=click.Choice([str(c) for c in _CHANNELS]), required=True, help="What it carries.")
@click.option("--from", "address", required=True, help="Who writes: a messaging service, a number or a mailbox.")
@click.option(
    "--to",
    "audience",
    type=click.Choice([str(a) for a in Audience]),
    default=str(Audience.EVERYONE),
    show_default=True,
    help="Whom it writes to. Patients and staff may have a sender each.",
)
@click.option(
    "--per-second",
    type=click.FloatRange(0.01, 10_000),
    default=1.0,
    show_default=True,
    help="How many may leave a second; of texts, segments.",
)
@click.option(
    "--burst", type=click.IntRange(1, 10_000), default=1, show_default=True, help="How many may leave at once."
)
@DATA
@AGENCY
@DEMO
def add(
    provider: str,
    name: str,
    settings: tuple[str, ...],
    secret_env: str,
    channel: str,
    address: str,
    audience: str,
    per_second: float,
    burst: int,
    data: Path | None,
    demo: bool,
) -> None:
    """Write by PROVIDER from now on, under a NAME of your own. The same NAME again changes it, or adds a sender."""
    new = NewSender(Channel(channel), Audience(audience), address, per_second, burst)
    with agency(data, demo=demo) as caller:
        connected = connect(caller, name, provider, dict(map(_pair, settings)), secret_env, new)
    _say(connected)
    _say_whose_address([connected])


@connection.command("list")
@DATA
@AGENCY
@DEMO
def list_(data: Path | None, demo: bool) -> None:
    """Say who carries what, and the addresses that a provider is to call."""
    with agency(data, demo=demo, writes=False) as caller:
        found = connected_now(caller)
    for connected in found:
        _say(connected)
    _say_whose_address(found)
    if not found:
        click.echo(_("There is no connection: e-mail leaves by the environment's mail server, and texts stay here."))


@connection.command()
@click.argument("name", type=WORD)
@DATA
@AGENCY
@DEMO
def remove(name: str, data: Path | None, demo: bool) -> None:
    """Write by it no longer."""
    with agency(data, demo=demo) as caller:
        disconnect(caller, name)
    click.echo(_("Nothing leaves by {name} anymore.", name=name))


def _pair(written: str) -> tuple[str, str]:
    key, equals, value = written.partition("=")
    if not equals or not key:
        raise WrongRequest(_("--set takes KEY=VALUE, not {given}.", given=repr(written)))
    return key, value


def _say(connected: Connected) -> None:
    one = connected.connection
    click.echo(_("{name} ({provider}):", name=one.name, provider=one.provider))
    for sender in connected.senders:
        click.echo(f"  {_line(sender)}")
    if _is_called_back(connected):
        calls = _("It calls {url}/…", url=connected.hook_url)
        click.echo(f"  {calls}")


def _say_whose_address(found: Sequence[Connected]) -> None:
    """The address that was shown is made in this shell, which may not have what the server was started with."""
    if any(map(_is_called_back, found)) and not read_settings().names_public_side:
        said = _(
            "PUBLIC_BASE_URL is not set here: the address that is called begins with this machine's own name, which no "
            "provider reaches. Set it as for suture serve, and ask again with suture connection list."
        )
        warn(said)


def _is_called_back(connected: Connected) -> bool:
    return any(sender.channel is not Channel.EMAIL for sender in connected.senders)


def _line(sender: Sender) -> str:
    return _(
        "{channel} {audience}, from {address}: {per_second} a second, {burst} at once",
        channel=_(_CHANNELS[sender.channel]),
        audience=_(_AUDIENCES[sender.audience]),
        address=sender.address,
        per_second=f"{sender.per_second:g}",
        burst=sender.burst,
    )
