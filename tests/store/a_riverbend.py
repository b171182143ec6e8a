"""The demo agency of examples/riverbend in a database, published, with the shell's real tools around it."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Engine
from tests.conftest import RIVERBEND
from tests.fakes.callers import a_caller, fake_channels

from suture.dispatch.decide import decide
from suture.integrations.ehr.csv.adapter import CsvFolder
from suture.model.day import Day
from suture.model.decision import Decision
from suture.model.ids import VisitId
from suture.model.people import Branch
from suture.model.signals import Signal
from suture.service.branch_named import find_branch
from suture.service.clock import VirtualClock
from suture.service.import_files import import_folder
from suture.service.in_force import policy_in_force, rulebook_in_force
from suture.service.plan_day import plan_day, publish_day
from suture.service.save import append_events, save_decision
from suture.service.state import complete, see
from suture.store import lookups
from suture.store.transaction import Tx

BRANCH = "COLUMBUS"
THE_DAY = date(2026, 3, 24)


def at(clock: str, day: date = THE_DAY) -> datetime:
    """An instant by the clock of Columbus."""
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=ZoneInfo("America/New_York"))


class Riverbend:
    """The agency on one database, at one time: what a test does to it goes through the same code as in production."""

    def __init__(self, engine: Engine, now: datetime) -> None:
        self.engine, self.clock = engine, VirtualClock(now)
        self.caller = a_caller(engine, self.clock, fake_channels())

    def import_files(self) -> None:
        """Load the agency's files."""
        assert not import_folder(self.caller, CsvFolder(), RIVERBEND).problems

    def plan(self) -> Decision:
        """Make the first pass over the day."""
        return plan_day(self.caller, BRANCH, THE_DAY)

    def publish(self) -> Decision:
        """Tell everyone."""
        return publish_day(self.caller, BRANCH, THE_DAY)

    def branch(self, tx: Tx) -> Branch:
        """The one branch."""
        return find_branch(tx, BRANCH)

    def day(self, tx: Tx) -> Day:
        """The branch-day as it stands in this transaction."""
        return complete(self.caller.tools, see(tx, self.caller.tools, self.branch(tx), THE_DAY))

    def decide(self, tx: Tx, day: Day, signals: Iterable[Signal]) -> Decision:
        """What the live loop would decide; nothing is saved."""
        book = rulebook_in_force(tx, self.caller.tools)
        return decide(tuple(signals), day, book, tx.now, self.caller.tools.repair_budget, self.caller.tools.seed)

    def save(self, tx: Tx, day: Day, decision: Decision) -> Decision:
        """Save a decision whole, as the worker does."""
        append_events(tx, save_decision(tx, day, decision, policy_in_force(tx, self.caller.tools), cpu_ms=1.0))
        return decision

    def rows(self, sql: str, **params: object) -> list[dict[str, Any]]:
        """Look at what is committed."""
        with self.caller.transaction() as tx:
            return [dict(r) for r in tx.rows(sql, **params)]

    def run(self, sql: str, **params: object) -> None:
        """Change what is stored, as no command would."""
        with self.caller.transaction() as tx:
            tx.run(sql, **params)

    def visit(self, tx: Tx, external_id: str) -> VisitId:
        """A visit by the id that the files give it."""
        found = lookups.visit(tx, external_id)
        assert found is not None
        return found.id
