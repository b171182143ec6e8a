"""`./run`: the demo agency's morning, live from 07:35 on, or played to its end with --headless."""

import json
import os
import secrets
import shutil
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from pathlib import Path

import click
from pydantic import SecretStr
from sqlalchemy.exc import DBAPIError

from suture.bootstrap import catching_mail, demo_phones, inbox_reader
from suture.cli.errors import WrongRequest
from suture.cli.files import import_into
from suture.cli.home import Home, caller_of, context_of, data_folder, read_settings, translated_errors
from suture.cli.seeds import SEED
from suture.cli.serve import (
    A_PORT,
    HOST,
    PORT,
    SayWhenReady,
    base_url,
    check_port,
    check_ports,
    child,
    child_env,
    desk_url,
    run_children,
    set_token,
    token_line,
    web_sides,
    workers,
)
from suture.cli.whose import mark_demo, open_demo, open_to_write
from suture.model.actors import SYSTEM
from suture.model.people import Branch
from suture.model.phone_events import PHONES_FILE
from suture.planner.warmup import load_kernels
from suture.service.branch_named import find_branch
from suture.service.caller import Caller
from suture.service.clock import VirtualClock
from suture.service.plan_day import plan_day, publish_day
from suture.service.processes import Child
from suture.settings import Settings
from suture.sim import riverbend
from suture.sim.chance import Chance
from suture.sim.figures import figures
from suture.sim.live import live
from suture.sim.morning import play
from suture.sim.phone_line import ACCOUNT_SID, TOKEN_VARIABLE, connect_phones, phones_here
from suture.sim.script import Script, Scripted
from suture.sim.world import World
from suture.store import demo as demo_store
from suture.words.catalog import _
from suture.words.dates import full_date

SERVICE_DATE = date(2026, 3, 24)
BRANCH = "COLUMBUS"
# 15:00 of the day before, 7:35 and 17:30 in Columbus
PUBLISHED_AT = datetime(2026, 3, 23, 19, 0, tzinfo=UTC)
LIVE_FROM = datetime(2026, 3, 24, 11, 35, tzinfo=UTC)
PLAYED_UNTIL = datetime(2026, 3, 24, 21, 30, tzinfo=UTC)
HEARTBEAT_SECONDS = 2.0
SMS_FILE = "sms.jsonl"
"""What a demo of an earlier release, or one that is served, has written."""
LAST_PORT = 65535


@click.command()
@click.option("--headless", is_flag=True, help="Play the morning to its end, print its figures as JSON, and stop.")
@click.option("--fresh", is_flag=True, help="Throw the demo's data away and start over.")
@click.option(
    "--seed", type=SEED, default=1, show_default=True, help="The seed of the played world and of every search."
)
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="The demo's own data folder (default ./.suture-demo, as root /var/lib/suture-demo).",
)
@PORT
@click.option(
    "--public-port",
    type=A_PORT,
    help="The port for the links of patients and clinicians [default: the next free one after --port].",
)
def demo(headless: bool, fresh: bool, seed: int, data: Path | None, port: int, public_port: int | None) -> None:
    """Run the demo agency: 30 visits before noon, and a nurse who calls out at 07:40."""
    settings = read_settings().model_copy(update={"seed": seed})
    load_kernels(lambda text: click.echo(text, err=True))
    if headless:
        play_headless(settings, data)
    else:
        run_live(settings, data_folder(settings, data, demo=True), port, public_port, fresh=fresh)


@click.command(hidden=True)
@click.option("--phones", required=True, help="Where the demo's phone company listens.")
def people(phones: str) -> None:
    """Play the demo's people at real speed (started by `demo`)."""
    settings, stop = read_settings(), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with open_to_write(settings, data_folder(settings, None), demo=True) as home:
        caller = Caller(context_of(home, settings), SYSTEM)
        with caller.transaction() as tx:
            branch = find_branch(tx, BRANCH)
        read, chance = inbox_reader(home.data_dir), Chance(settings.seed)
        write = demo_phones(home.data_dir, phones, TOKEN_VARIABLE).write
        live(caller, World(caller, branch, SERVICE_DATE, read, write, (), chance, live=True), stop.is_set)


def play_headless(settings: Settings, data: Path | None) -> None:
    """The whole morning on the virtual clock, in this process; the figures go to standard output."""
    with translated_errors():
        holds_something = data is not None and data.exists() and any(data.iterdir())
    if holds_something:
        raise WrongRequest(
            _(
                "{folder} is not empty: a played morning starts from scratch. Name a new folder with --data, or none.",
                folder=data,
            )
        )
    with _folder(data) as folder, open_demo(settings, folder, lasting=False, empty=True) as home:
        clock = VirtualClock(PUBLISHED_AT)
        with catching_mail(folder) as smtp_port:
            caller, branch = _publish(home, settings.model_copy(update={"smtp_port": smtp_port}), clock)
            chance = Chance(settings.seed)
            script = Script(caller, branch, SERVICE_DATE, chance).events()
            _play(caller, branch, folder, clock, script, chance, PLAYED_UNTIL)
        click.echo(json.dumps(figures(caller, branch, SERVICE_DATE), indent=2))


def _play(
    caller: Caller,
    branch: Branch,
    folder: Path,
    clock: VirtualClock,
    script: Sequence[Scripted],
    chance: Chance,
    until: datetime,
) -> None:
    """Let the day pass, with everyone's phones in this process."""
    with phones_here(caller, clock.now, folder, secrets.token_urlsafe(24)) as company:
        world = World(caller, branch, SERVICE_DATE, inbox_reader(folder), company.write, script, chance)
        play(caller, clock, world, until.astimezone(UTC), company.call_back_now)


@contextmanager
def _folder(data: Path | None) -> Iterator[Path]:
    """The folder asked for, or a temporary one that PostgreSQL's user may enter."""
    if data is not None:
        yield data.absolute()
        return
    with tempfile.TemporaryDirectory(prefix="suture-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def _publish(home: Home, settings: Settings, clock: VirtualClock) -> tuple[Caller, Branch]:
    """Start the agency under its own rules and policy, import its files, plan the day and publish it."""
    with tempfile.TemporaryDirectory(prefix="suture-") as made:
        folder = Path(made)
        riverbend.write(folder)
        caller = Caller(context_of(home, settings.model_copy(update={"config_dir": folder}), clock), SYSTEM)
        for line in import_into(caller, "csv", folder).lines():
            click.echo(line, err=True)
    plan_day(caller, BRANCH, SERVICE_DATE)
    publish_day(caller, BRANCH, SERVICE_DATE)
    with caller.transaction() as tx:
        return caller, find_branch(tx, BRANCH)


def run_live(settings: Settings, data_dir: Path, port: int, public_port: int | None, *, fresh: bool) -> None:
    """Make the morning ready where it is not yet, then serve it at real speed until Ctrl-C."""
    check_ports(port, public_port)
    public_port = public_port or _next_free(port)
    with open_demo(settings, data_dir) as home:
        click.echo(_("Data folder: {folder}", folder=data_dir))
        links_begin = base_url(settings, public_port)
        if fresh or not _is_ready(home):
            _make_ready(home, settings.model_copy(update={"public_base_url": links_begin}))
        with home.transaction() as tx:
            demo_store.resume_clock(tx)
            ahead = (tx.now - datetime.now(UTC)).total_seconds()
        token = settings.api_token or SecretStr(secrets.token_urlsafe(24))
        smtp_port = _free_port()
        env = child_env(home, token, smtp_port, links_begin, desk_url(settings, port), demo=True) | {
            "SUTURE_SEED": str(settings.seed)
        }
        set_token(caller_of(home, settings), token)
        click.echo(token_line(settings, token))
        phones, url = _phones(home, settings, links_begin, public_port, ahead, env)
        sides = web_sides(env, port, public_port, "--phones", url)
        children = [child("catcher", env), phones, *workers(env), *sides, child("people", env, "--phones", url)]
        say, heartbeat = SayWhenReady(port), _Heartbeat(home)

        def tick() -> None:
            say()
            heartbeat()

        run_children(home, children, tick)
        heartbeat.beat()


def _phones(
    home: Home, settings: Settings, links_begin: str, public_port: int, ahead: float, env: dict[str, str]
) -> tuple[Child, str]:
    """The phone company on a port of its own, by which the agency writes from now on, and its address."""
    env[TOKEN_VARIABLE] = os.environ[TOKEN_VARIABLE] = secrets.token_urlsafe(24)
    port = _free_port()
    url = f"http://{HOST}:{port}"
    here = context_of(home, settings.model_copy(update={"public_base_url": links_begin}))
    texts_to = connect_phones(Caller(here, SYSTEM), url)
    options = {
        "--port": port,
        "--public-port": public_port,
        "--texts-to": texts_to,
        "--account": ACCOUNT_SID,
        "--file": home.data_dir / PHONES_FILE,
        "--ahead": ahead,
        "--token-env": TOKEN_VARIABLE,
    }
    return child("phones", env, *(f"{name}={value}" for name, value in options.items())), url


def _make_ready(home: Home, settings: Settings) -> None:
    """Load, plan, publish and play until 07:35; an earlier attempt that was cut short is thrown away."""
    click.echo(_("Preparing the demo: loading the agency, planning the day, telling everyone …"))
    started = time.monotonic()
    _wipe(home)
    clock = VirtualClock(PUBLISHED_AT)
    with catching_mail(home.data_dir) as smtp_port:
        caller, branch = _publish(home, settings.model_copy(update={"smtp_port": smtp_port}), clock)
        click.echo(_("The evening and the early morning pass: patients and staff answer …"))
        _play(caller, branch, home.data_dir, clock, (), Chance(settings.seed), LIVE_FROM)
        with caller.transaction() as tx:
            demo_store.set_clock(tx, clock.now())
    took = f"{time.monotonic() - started:.0f}"
    click.echo(_("Ready after {seconds} s: it is 07:35 on {date}.", seconds=took, date=full_date(SERVICE_DATE)))


def _wipe(home: Home) -> None:
    """An empty database, the demo's again, and empty outboxes."""
    home.engine.dispose()  # what it knows of the tables that go
    demo_store.wipe(home.owner)
    mark_demo(home)
    shutil.rmtree(home.data_dir / "mail", ignore_errors=True)
    for name in (SMS_FILE, PHONES_FILE):
        (home.data_dir / name).unlink(missing_ok=True)


def _is_ready(home: Home) -> bool:
    with home.transaction() as tx:
        return demo_store.clock_is_set(tx)


def _next_free(port: int) -> int:
    """The next port after this one that no one listens on."""
    for following in range(port + 1, LAST_PORT + 1):
        with suppress(WrongRequest):
            check_port(following)
            return following
    return _free_port()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class _Heartbeat:
    """Stores the demo's time every two seconds, so that even a kill loses no more than that."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._last = time.monotonic()

    def __call__(self) -> None:
        if time.monotonic() - self._last >= HEARTBEAT_SECONDS:
            self._last = time.monotonic()
            self.beat()

    def beat(self) -> None:
        """Store it now; a database that is away gets the next beat."""
        try:
            with self._home.transaction() as tx:
                demo_store.store_clock(tx)
        except DBAPIError:
            pass
