"""Databases to play on: each is a copy of one in which a small agency is planned."""

import itertools
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text
from tests.conftest import RIVERBEND, clone
from tests.fakes.callers import a_caller, fake_channels
from tests.sim.on_the_stack import OnTheStack
from tests.store.a_lakeside import SUNDAY_NOON, Lakeside

from suture.service.clock import VirtualClock
from suture.service.first_start import first_start
from suture.store.embedded import EmbeddedPostgres
from suture.store.transaction import open_engine


class Stacks:
    """Databases with a small agency whose Monday is planned, one for each set of rules; a world is a copy of one."""

    def __init__(self, server: EmbeddedPostgres) -> None:
        self._server, self._templates = server, dict[str, str]()
        self._numbers = itertools.count(1)

    @contextmanager
    def a_world(self, rules: Path = RIVERBEND) -> Iterator[OnTheStack]:
        """A copy for one play."""
        template = self._templates.get(str(rules)) or self._make(rules)
        engine = open_engine(clone(self._server, template, f"sim_{next(self._numbers)}_{id(self)}"))
        try:
            with tempfile.TemporaryDirectory() as folder:
                yield OnTheStack(Lakeside(engine, Path(folder) / "lake"))
        finally:
            engine.dispose()

    def _make(self, rules: Path) -> str:
        name = f"template_sim_{next(self._numbers)}_{id(self)}"
        engine = open_engine(clone(self._server, name=name))
        first_start(a_caller(engine, VirtualClock(SUNDAY_NOON), fake_channels(), started=False), rules)
        with tempfile.TemporaryDirectory() as folder:
            lake = Lakeside(engine, Path(folder) / "lake")
            assert not lake.load().problems
            lake.plan()
        engine.dispose()
        self._wait_until_alone(name)
        self._templates[str(rules)] = name
        return name

    def _wait_until_alone(self, name: str) -> None:
        """A database is copied only while no connection to it is left, and those end a moment after they are closed."""
        admin = open_engine(self._server.url("postgres"))
        ask = text("SELECT count(*) FROM pg_stat_activity WHERE datname = :name")
        with admin.connect() as conn:
            until = time.monotonic() + 10
            while conn.execute(ask, {"name": name}).scalar_one() and time.monotonic() < until:
                conn.rollback()
                time.sleep(0.02)
        admin.dispose()
