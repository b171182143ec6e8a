"""The only file that picks adapters and wires everything."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

from pydantic import SecretStr, ValidationError
from pydantic_settings import BaseSettings
from sqlalchemy import Engine
from starlette.applications import Starlette

from suture.integrations.demo_phones import DemoPhones, PhonesFile
from suture.integrations.dev_inbox import read_messages
from suture.integrations.ehr.csv.adapter import CsvFolder
from suture.integrations.email.catcher import MAIL_FOLDER, Catcher
from suture.integrations.email.catcher import main as catch_mail
from suture.integrations.email.smtp.adapter import SmtpChannel, SmtpSettings
from suture.integrations.email.smtp.provider import MailServers
from suture.integrations.phone.twilio.adapter import Twilio
from suture.integrations.sign_in.openid.adapter import OpenIdConnect
from suture.integrations.sms.console.adapter import SMS_FILE, ConsoleSms
from suture.integrations.travel.crowfly.adapter import Crowfly
from suture.model.phone_events import PHONES_FILE
from suture.model.seen import SeenMessage
from suture.planner.budget import Iterations, IterationsEach
from suture.ports import DemandAndRosterSource, MessageChannel, Provider
from suture.service.context import Context
from suture.settings import Settings
from suture.store.transaction import Clock
from suture.web.app import create_app
from suture.web.public import create_public_app
from suture.words.catalog import _
from suture.words.expected import refused

PLAN_BUDGET, REPAIR_BUDGET = IterationsEach(200, least=10_000), Iterations(32)


class BadConfiguration(Exception):
    """A setting of an adapter cannot be used; the message names it and says why."""


S = TypeVar("S", bound=BaseSettings)


def read_settings(kind: type[S]) -> S:
    """The settings of the environment. Raises BadConfiguration, which names the variables that cannot be used."""
    try:
        return kind()
    except ValidationError as error:
        faults = "; ".join(f"{_variable(kind, e['loc'])}: {refused(e)}" for e in error.errors())
        said = _("The environment holds a setting that cannot be used: {faults}.", faults=faults)
        raise BadConfiguration(said) from None


def _variable(kind: type[BaseSettings], path: tuple[int | str, ...]) -> str:
    """The variable of a field; one with a name of its own is at that name."""
    name = str(path[0])
    return name if name.isupper() else f"{kind.model_config.get('env_prefix', '')}{name}".upper()


SOURCES: dict[str, DemandAndRosterSource] = {
    "csv": CsvFolder(),
}
"""Where demand and roster come from, by the word that `suture import` takes."""


def channels(data_dir: Path, settings: Settings) -> Iterator[MessageChannel]:
    """How messages leave: one adapter a channel."""
    yield SmtpChannel(settings.smtp_host, settings.smtp_port, read_settings(SmtpSettings))
    yield ConsoleSms(data_dir / SMS_FILE)


def providers(settings: Settings) -> dict[str, Provider]:
    """Who can carry messages for a connection, by the word that `suture connection add` takes."""

    def hooks_url(hook_id: str) -> str:
        return f"{settings.public_base_url.rstrip('/')}/hooks/{hook_id}"

    return {"twilio": Twilio(_secret, hooks_url), "smtp": MailServers(_secret)}


def _secret(variable: str) -> SecretStr:
    return SecretStr(os.environ.get(variable, "") if variable else "")


def build_context(engine: Engine, clock: Clock, data_dir: Path, settings: Settings) -> Context:
    """The shell's tools, wired. Raises BadConfiguration."""
    adapters = {adapter.channel: adapter for adapter in channels(data_dir, settings)}
    return Context(
        engine=engine,
        clock=clock,
        travel=Crowfly(),
        channels=adapters,
        plan_budget=PLAN_BUDGET,
        repair_budget=REPAIR_BUDGET,
        seed=settings.seed,
        public_base_url=settings.public_base_url,
        desk_url=settings.desk_url,
        lease_seconds=settings.lease_seconds,
        mail_server=mail_server(settings),
        providers=providers(settings),
        identities=OpenIdConnect(_secret),
    )


def mail_server(settings: Settings) -> str:
    """Where e-mail leaves, as a person writes it."""
    host = f"[{settings.smtp_host}]" if ":" in settings.smtp_host else settings.smtp_host
    return f"{host}:{settings.smtp_port}"


def inbox_reader(data_dir: Path) -> Callable[[], list[SeenMessage]]:
    """A reader of everything that left on this machine, newest first."""
    return partial(read_messages, data_dir, PhonesFile(data_dir / PHONES_FILE))


def demo_phones(data_dir: Path, url: str, token_variable: str) -> DemoPhones:
    """The phones of the demo's people, at the phone company at `url`."""
    return DemoPhones(PhonesFile(data_dir / PHONES_FILE), url, _secret(token_variable))


@contextmanager
def catching_mail(data_dir: Path) -> Iterator[int]:
    """Catch e-mail in this process while the block runs; yields the port."""
    with Catcher(data_dir / MAIL_FOLDER) as catcher:
        yield catcher.port


def run_catcher(host: str, port: int, data_dir: Path) -> None:
    """Catch e-mail until stopped, as a process of its own."""
    catch_mail(host, port, data_dir / MAIL_FOLDER)


def build_app(ctx: Context, data_dir: Path, settings: Settings, phones: DemoPhones | None = None) -> Starlette:
    """The web application; a demo's with the `phones` of its people, where a phone company runs."""
    read_inbox = inbox_reader(data_dir) if settings.demo else None
    return create_app(ctx, read_inbox=read_inbox, phones=phones, demo=settings.demo, proxy=settings.proxy)


def build_public_app(ctx: Context) -> Starlette:
    """The web application that the world may reach."""
    return create_public_app(ctx)
