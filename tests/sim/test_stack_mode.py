"""The same on a real PostgreSQL: what is stored, sent and shown is what was decided."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import RIVERBEND
from tests.sim.plays import play
from tests.sim.stack_mode import StackMode, rules_that_hold
from tests.sim.stacks import Stacks

from suture.store.embedded import EmbeddedPostgres

SEED = 1


@pytest.fixture
def machine(postgres: EmbeddedPostgres, tmp_path: Path) -> Iterator[type[StackMode]]:
    """Played under Riverbend's rules, whose gate lets through, and under rules whose gate holds."""
    StackMode.stacks, StackMode.folders = Stacks(postgres), (RIVERBEND, rules_that_hold(tmp_path))
    yield StackMode
    del StackMode.stacks, StackMode.folders


def test_a_day_on_the_stack_keeps_its_invariants_whatever_happens_to_it(machine: type[StackMode]) -> None:
    played = play(machine, SEED, days=4, moves=15)
    assert played.is_good, f"seed {SEED}: {played.fault}"
    assert played.steps >= 60
