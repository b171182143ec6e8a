"""The processes of an installation: the supervisor, the web server, the worker, and the demo's mail catcher."""

import os
import secrets
import signal
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import click
import uvicorn
from pydantic import SecretStr

from suture.bootstrap import build_app, run_catcher
from suture.cli.errors import WrongRequest
from suture.cli.home import Home, context_of, data_folder, open_home, read_settings
from suture.cli.options import DATA
from suture.planner.warmup import load_kernels
from suture.service.processes import Child, ChildKeepsDying, supervise
from suture.service.worker import run_worker
from suture.settings import Settings
from suture.web.security import UVICORN_OPTIONS

HOST = "127.0.0.1"
PORT = click.option(
    "--port", type=click.IntRange(1, 65535), default=8000, show_default=True, help="The port of the page."
)


@click.command()
@DATA
@PORT
def serve(data: Path | None, port: int) -> None:
    """Run the page, the API and the worker, and PostgreSQL where DATABASE_URL names none."""
    settings = read_settings()
    check_port(port)
    with open_home(settings, data_folder(settings, data)) as home:
        check_owner(home)
        click.echo(f"Data folder: {home.data_dir}")
        token = settings.api_token or SecretStr(secrets.token_urlsafe(24))
        context_of(home, settings)  # a faulty rulebook is reported here, once, instead of by dying children
        click.echo(token_line(settings, token))
        env = child_env(home, token, settings.smtp_port, base_url(settings, port), demo=False)
        run_children(home, [child("worker", env), child("web", env, "--port", str(port))], SayWhenReady(port))


def base_url(settings: Settings, port: int) -> str:
    """What links in messages begin with: PUBLIC_BASE_URL, or the page on this machine."""
    return settings.public_base_url if "public_base_url" in settings.model_fields_set else f"http://localhost:{port}"


def token_line(settings: Settings, token: SecretStr) -> str:
    """Where the API token is to be had: the one we made is shown, the operator's own never is."""
    return f"API token: {'that of SUTURE_API_TOKEN' if settings.api_token else token.get_secret_value()}"


class SayWhenReady:
    """Called at every tick; prints the address once, as soon as somebody answers there."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._said = False

    def __call__(self) -> None:
        if self._said:
            return
        with socket.socket() as probe:
            probe.settimeout(0.2)
            self._said = probe.connect_ex((HOST, self._port)) == 0
        if self._said:
            click.echo(f"Suture is ready: http://localhost:{self._port}   (Ctrl-C stops everything)")


def run_children(home: Home, children: list[Child], on_tick: Callable[[], None] | None = None) -> None:
    """Keep the children and our PostgreSQL alive until Ctrl-C."""
    try:
        supervise(children, postgres=home.postgres, on_tick=on_tick)
    except ChildKeepsDying as error:
        raise click.ClickException(str(error)) from None


def child(name: str, env: Mapping[str, str], *options: str) -> Child:
    """One of the commands below as a process of its own."""
    return Child(name, (sys.executable, "-m", "suture.cli", name, *options), env)


def child_env(home: Home, token: SecretStr, smtp_port: int, url: str, *, demo: bool) -> dict[str, str]:
    """What a child process needs to find the same installation."""
    return {
        **os.environ,
        "DATABASE_URL": home.url,
        "SUTURE_DATA_DIR": str(home.data_dir),
        "SUTURE_API_TOKEN": token.get_secret_value(),
        "SUTURE_SMTP_PORT": str(smtp_port),
        "SUTURE_DEMO": "1" if demo else "0",
        "PUBLIC_BASE_URL": url,
    }


def check_port(port: int) -> None:
    """Refuse a port that somebody else listens on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            raise WrongRequest(
                f"Port {port} is in use. Choose another with --port, such as --port {port + 1}."
            ) from None


def check_owner(home: Home) -> None:
    """Refuse to run a second time on one data folder."""
    if home.postgres is not None and not home.postgres.is_owner:
        raise WrongRequest(f"Suture is already running on {home.data_dir}. Stop it first, or choose another --data.")


@click.command(hidden=True)
@PORT
def web(port: int) -> None:
    """Serve the pages and the API (started by `serve` and `demo`)."""
    settings = read_settings()
    with open_home(settings, data_folder(settings, None)) as home:
        ctx = context_of(home, settings)
        token = settings.api_token or SecretStr(secrets.token_urlsafe(24))
        app = build_app(ctx, token, home.data_dir, demo=settings.demo)
        uvicorn.run(app, host=HOST, port=port, log_level="warning", timeout_graceful_shutdown=5, **UVICORN_OPTIONS)


@click.command()
@DATA
def worker(data: Path | None) -> None:
    """Decide waiting signals and send due messages, until stopped."""
    settings = read_settings()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    load_kernels(lambda text: click.echo(text, err=True))
    with open_home(settings, data_folder(settings, data)) as home:
        run_worker(context_of(home, settings), stop.is_set)


@click.command(hidden=True)
def catcher() -> None:
    """Catch the demo's e-mail into a Maildir (started by `demo`)."""
    settings = read_settings()
    run_catcher(HOST, settings.smtp_port, data_folder(settings, None))
