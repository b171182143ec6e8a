"""Stack mode: the machine on a real PostgreSQL."""

import contextlib
from pathlib import Path
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule
from tests.conftest import RIVERBEND
from tests.sim.a_played_day import PlayedDay
from tests.sim.on_the_stack import OnTheStack
from tests.sim.stacks import Stacks
from tests.store.a_lakeside import at

GATE = """
version: 1
rules:
- {id: gate, title: Asked first, kind: gate, needs: patient_confirmed, by: "-90min", else: hold_and_flag,
   because: A wasted trip., owner: tests}
"""


def rules_that_hold(folder: Path) -> Path:
    """Riverbend's outreach, and a gate in front of every visit that holds without a yes."""
    (folder / "rulebook.yaml").write_text(GATE, encoding="utf-8")
    (folder / "outreach.yaml").write_bytes((RIVERBEND / "outreach.yaml").read_bytes())
    return folder


class StackMode(PlayedDay):
    """The machine of stack mode; whoever runs it gives `stacks`, and the folders of rules to play under."""

    world: OnTheStack
    stacks: ClassVar[Stacks]
    folders: ClassVar[tuple[Path, ...]]

    @initialize(which=st.integers(0, 9), start=st.sampled_from(("draft", "published", "morning", "morning")))
    def a_day(self, which: int, start: str) -> None:
        self._open = contextlib.ExitStack()
        self.world = self._open.enter_context(self.stacks.a_world(self.folders[which % len(self.folders)]))
        if start != "draft":
            self.world.publish()
        if start == "morning":
            self.world.the_night_passes()

    def teardown(self) -> None:
        if hasattr(self, "_open"):
            with self._open:
                super().teardown()

    @precondition(lambda self: self.world.now < at("04:00"))
    @rule()
    def the_night_passes(self) -> None:
        self.world.the_night_passes()
