"""A caller as tests use it: Riverbend's rules and messages, driving as the crow flies, short searches."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from tests.conftest import RIVERBEND
from tests.fakes.ports import FakeChannel

from suture.integrations.travel.crowfly.adapter import Crowfly
from suture.model.actors import SYSTEM
from suture.model.messages import Channel
from suture.planner.budget import Iterations
from suture.ports import MessageChannel
from suture.service.caller import Caller
from suture.service.clock import VirtualClock
from suture.service.context import Context
from suture.service.first_start import first_start
from suture.service.keys import set_bootstrap


def fake_channels() -> dict[Channel, FakeChannel]:
    """Texts and e-mail that are kept, not sent."""
    return {c: FakeChannel(c) for c in (Channel.SMS, Channel.EMAIL)}


def a_caller(
    engine: Engine,
    clock: VirtualClock,
    channels: Mapping[Channel, MessageChannel],
    *,
    started: bool = True,
    config: Path = RIVERBEND,
) -> Caller:
    """Suture itself as a caller on this database, at this time, whose messages go to these channels.

    An agency that is not `started` has no rules yet, and its database is not asked.
    """
    tools = Context(
        engine=engine,
        clock=clock,
        travel=Crowfly(),
        channels=channels,
        plan_budget=Iterations(1_000),
        repair_budget=Iterations(50),
    )
    caller = Caller(tools, SYSTEM)
    if started:
        first_start(caller, config)
    return caller


def knowing(caller: Caller, token: str) -> Caller:
    """The same caller, on whose database the API knows this token, as after `suture serve`."""
    set_bootstrap(caller, token)
    return caller


def with_tools(caller: Caller, **tools: Any) -> Caller:
    """The same caller with some other tools."""
    return replace(caller, tools=replace(caller.tools, **tools))
