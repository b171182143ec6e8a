"""The processes of an installation: the supervisor, the web server, the worker, and the demo's mail catcher."""

import os
import secrets
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import click
import uvicorn
from pydantic import SecretStr

from suture.bootstrap import build_app, build_public_app, demo_phones, mail_server, run_catcher
from suture.cli.errors import WrongRequest
from suture.cli.home import Home, check_owner, context_of, data_folder, read_settings
from suture.cli.options import DATA, DEMO
from suture.cli.outreach import hold_note
from suture.cli.users import welcome_address
from suture.cli.whose import open_to_write
from suture.model.actors import COMMAND_LINE, SYSTEM
from suture.outreach.template_lint import AFTER_BASE_URL, LONGEST_LINK, too_long_with
from suture.outreach.templates import LONGEST_AGENCY
from suture.planner.warmup import load_kernels
from suture.service.agencies import tenants
from suture.service.caller import Caller
from suture.service.connections import BadConnection, check_all
from suture.service.keys import BadKey, set_bootstrap
from suture.service.processes import STOP_LIMIT_S, Child, ChildKeepsDying, supervise
from suture.service.welcome import first_link
from suture.service.worker import Role, run_worker
from suture.settings import Settings
from suture.sim.phone_line import TOKEN_VARIABLE, disconnect_phones
from suture.store.branches import agency_name
from suture.web.security import UVICORN_OPTIONS
from suture.words.catalog import _

HOST = "127.0.0.1"
MAIL_LIMIT_S = 2.0
SENDER_STOP_LIMIT_S = 60.0
"""A mail server may take its time to take a message that has been handed to it; one that takes longer is left."""
A_PORT = click.IntRange(1, 65535)
PORT = click.option("--port", type=A_PORT, default=8000, show_default=True, help="The port of the page.")


@click.command()
@DATA
@DEMO
@PORT
@click.option(
    "--public-port",
    type=A_PORT,
    help="The port for the links of patients and clinicians, with nothing of the desk behind it; TLS goes in front.",
)
def serve(data: Path | None, demo: bool, port: int, public_port: int | None) -> None:
    """Run the page, the API and the worker, and PostgreSQL where DATABASE_URL names none."""
    settings = read_settings()
    check_ports(port, public_port)
    with open_to_write(settings, data_folder(settings, data, demo=demo), demo=demo) as home:
        check_owner(home)
        click.echo(_("Data folder: {folder}", folder=home.data_dir))
        token = settings.api_token or SecretStr(secrets.token_urlsafe(24))
        tools = context_of(home, settings)  # what a first start refuses is said here, once, and not by dying children
        callers = [Caller(tools, COMMAND_LINE, tenant=tenant) for tenant in tenants(home.engine)]
        if demo:
            disconnect_phones(callers[0])  # no phone company runs here: texts are written to a file, as an agency's are
        for caller in callers:
            _check_connections(caller)
        set_token(callers[0], token)
        click.echo(token_line(settings, token))
        begin = base_url(settings, public_port or port)
        for note in (*_notes(callers, begin), mail_note(settings), config_note(settings)):
            if note:
                click.echo(note)
        desk = desk_url(settings, port)
        for caller in () if demo else callers:
            _say_first_link(caller, desk)
        env = child_env(home, token, settings.smtp_port, begin, desk, demo=demo)
        run_children(home, [*workers(env), *web_sides(env, port, public_port)], SayWhenReady(port, public_port))


def _say_first_link(caller: Caller, desk: str) -> None:
    """How an agency without accounts gets its first administrator."""
    if not (first := first_link(caller)):
        return
    with caller.transaction() as tx:
        agency = agency_name(tx)
    click.echo(
        _(
            "No one can sign in to {agency} yet. This link makes you its administrator; it works once, for a day:",
            agency=agency or "Suture",
        )
    )
    click.echo(f"  {welcome_address(desk, first)}")


def _notes(callers: Sequence[Caller], begin: str) -> Iterator[str]:
    """What to say of each agency, with its name where there are several."""
    for caller in callers:
        with caller.transaction() as tx:
            agency = agency_name(tx)
        for note in (hold_note(caller), links_note(begin, agency)):
            yield f"{agency}: {note}" if note and len(callers) > 1 else note


def set_token(caller: Caller, token: SecretStr) -> None:
    """Make the token a key of the API: `bootstrap` of the first agency, which may do what there are routes for."""
    try:
        set_bootstrap(caller, token.get_secret_value())
    except BadKey as error:
        raise WrongRequest(str(error)) from None


def _check_connections(caller: Caller) -> None:
    """Refuse to start where a sender could not write: its messages would wait, and no one would know."""
    try:
        check_all(caller)
    except BadConnection as error:
        raise WrongRequest(str(error)) from None


def mail_note(settings: Settings) -> str:
    """What to say where the mail server does not answer; empty where it does."""
    try:
        socket.create_connection((settings.smtp_host, settings.smtp_port), timeout=MAIL_LIMIT_S).close()
    except (OSError, ValueError):  # ValueError: a host that is no name
        return _(
            "The mail server {server} does not answer: e-mail waits until it does. Maybe SUTURE_SMTP_HOST and "
            "SUTURE_SMTP_PORT are not set yet.",
            server=mail_server(settings),
        )
    return ""


def config_note(settings: Settings) -> str:
    """What to say where a folder of configuration is named, which only a first start reads."""
    if settings.config_dir is None:
        return ""
    return _(
        "SUTURE_CONFIG_DIR ({folder}) is read at the first start only. To change what is in force now: suture rules "
        "activate FILE, suture policy activate FILE.",
        folder=settings.config_dir,
    )


def links_note(begin: str, agency: str) -> str:
    """What to say where links are so long that texts with one take two segments; empty where they fit."""
    texts = too_long_with(begin, agency or "x" * LONGEST_AGENCY)
    if not texts:
        return ""
    return _(
        "Links begin with {url}. Texts that take two segments for it, and cost twice: {texts}. They take one where "
        "PUBLIC_BASE_URL has at most {most} characters.",
        url=begin,
        texts=", ".join(texts),
        most=LONGEST_LINK - AFTER_BASE_URL,
    )


def base_url(settings: Settings, port: int) -> str:
    """What links in messages begin with: PUBLIC_BASE_URL, or the port of this machine that has them."""
    return settings.public_base_url if settings.names_public_side else f"http://localhost:{port}"


def desk_url(settings: Settings, port: int) -> str:
    """Where people sign in: SUTURE_DESK_URL, or this machine."""
    return settings.desk_url if settings.names_desk else f"http://localhost:{port}"


def token_line(settings: Settings, token: SecretStr) -> str:
    """Where the API token is to be had: the one we made is shown, the operator's own never is."""
    if settings.api_token:
        return _("API token: that of SUTURE_API_TOKEN")
    return _("API token: {token}", token=token.get_secret_value())


class SayWhenReady:
    """Called at every tick; prints the address once, as soon as someone answers there."""

    def __init__(self, port: int, public_port: int | None = None) -> None:
        self._port = port
        self._public_port = public_port
        self._said = False

    def __call__(self) -> None:
        if self._said:
            return
        with socket.socket() as probe:
            probe.settimeout(0.2)
            self._said = probe.connect_ex((HOST, self._port)) == 0
        if self._said:
            address = f"http://localhost:{self._port}"
            click.echo(_("Suture is ready: {address}   (Ctrl-C stops everything)", address=address))
        if self._said and self._public_port:
            address = f"http://localhost:{self._public_port}"
            click.echo(_("Links of patients and clinicians: {address}   (TLS goes in front)", address=address))


def run_children(home: Home, children: list[Child], on_tick: Callable[[], None] | None = None) -> None:
    """Keep the children and our PostgreSQL alive until Ctrl-C."""
    try:
        supervise(children, postgres=home.postgres, on_tick=on_tick)
    except ChildKeepsDying as error:
        raise click.ClickException(str(error)) from None


def child(
    command: str, env: Mapping[str, str], *options: str, called: str = "", stop_limit_s: float = STOP_LIMIT_S
) -> Child:
    """One of the commands below as a process of its own, named after it unless it is `called` otherwise."""
    return Child(called or command, (sys.executable, "-m", "suture.cli", command, *options), env, stop_limit_s)


def workers(env: Mapping[str, str]) -> list[Child]:
    """Whoever decides, and whoever sends: apart, so that a slow mail server holds no decision."""
    decider = child("worker", env, "--role", Role.DECIDE, called="decider")
    sender = child("worker", env, "--role", Role.SEND, called="sender", stop_limit_s=SENDER_STOP_LIMIT_S)
    return [decider, sender]


def web_sides(env: Mapping[str, str], port: int, public_port: int | None, *options: str) -> list[Child]:
    """The desk with the API, and the public side where it has a port: apart, so that neither can wear out the other."""
    desk = child("web", env, "--port", str(port), *options)
    return [desk, child("web", env, "--public", "--port", str(public_port), called="public")] if public_port else [desk]


def child_env(home: Home, token: SecretStr, smtp_port: int, url: str, desk: str, *, demo: bool) -> dict[str, str]:
    """What a child process needs to find the same installation."""
    return {
        **os.environ,
        "DATABASE_URL": home.url,
        "SUTURE_DATA_DIR": str(home.data_dir),
        "SUTURE_API_TOKEN": token.get_secret_value(),
        "SUTURE_SMTP_PORT": str(smtp_port),
        "SUTURE_DEMO": "1" if demo else "0",
        "PUBLIC_BASE_URL": url,
        "SUTURE_DESK_URL": desk,
    }


def check_ports(port: int, public_port: int | None) -> None:
    """Refuse ports that someone else listens on, or one port for both sides."""
    check_port(port)
    if public_port == port:
        raise WrongRequest(_("--port and --public-port are the same. The public side needs a port of its own."))
    if public_port:
        check_port(public_port, "--public-port")


def check_port(port: int, option: str = "--port") -> None:
    """Refuse a port that someone else listens on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            raise WrongRequest(
                _(
                    "Port {port} is in use. Choose another with {option}, such as {option} {next}.",
                    port=port,
                    option=option,
                    next=port + 1,
                )
            ) from None


@click.command(hidden=True)
@PORT
@click.option("--public", is_flag=True, help="The links alone, instead of the pages and the API.")
@click.option("--phones", default="", help="Where the demo's phone company listens.")
def web(port: int, public: bool, phones: str) -> None:
    """Serve the pages and the API, or the public side (started by `serve` and `demo`)."""
    settings = read_settings()
    with open_to_write(settings, data_folder(settings, None), demo=settings.demo) as home:
        tools = context_of(home, settings)
        played = demo_phones(home.data_dir, phones, TOKEN_VARIABLE) if phones else None
        app = build_public_app(tools) if public else build_app(tools, home.data_dir, settings, played)
        uvicorn.run(app, host=HOST, port=port, log_level="warning", timeout_graceful_shutdown=5, **UVICORN_OPTIONS)


@click.command()
@click.option(
    "--role",
    type=click.Choice([str(r) for r in Role]),
    default=str(Role.ALL),
    show_default=True,
    help="Decide waiting signals, send due messages, or both.",
)
@DATA
@DEMO
def worker(role: str, data: Path | None, demo: bool) -> None:
    """Decide waiting signals and send due messages, until stopped. As many may run as you like."""
    settings = read_settings()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *ignored: stop.set())
    if role != Role.SEND:
        load_kernels(lambda text: click.echo(text, err=True))
    data_dir = data_folder(settings, data, demo=demo)
    with open_to_write(settings, data_dir, demo=demo or settings.demo) as home:
        run_worker(Caller(context_of(home, settings), SYSTEM), Role(role), stop.is_set)


@click.command(hidden=True)
def catcher() -> None:
    """Catch the demo's e-mail into a Maildir (started by `demo`)."""
    settings = read_settings()
    run_catcher(HOST, settings.smtp_port, data_folder(settings, None))
