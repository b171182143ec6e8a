"""Whatever happens to a day, in any order and at any time: its invariants hold. And where one is broken, it is seen."""

from pathlib import Path

import pytest
from tests.sim.core_mode import CoreMode
from tests.sim.planted import FAULTS, Fault
from tests.sim.plays import first_fault, play

SEED = 1


def test_a_day_keeps_its_invariants_whatever_happens_to_it() -> None:
    played = play(CoreMode, SEED, days=30, moves=40)
    assert played.is_good, f"seed {SEED}: {played.fault}"
    assert played.steps >= 1_000


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_planted_fault_is_found(fault: Fault) -> None:
    """The seed is where to look first: after another change of Suture the same seed may be another day."""
    with fault.planted():
        assert not first_fault(CoreMode, range(fault.seed, fault.seed + 20), days=20, moves=30).is_good


def test_the_document_lists_each_planted_fault_with_its_seed() -> None:
    said = (Path(__file__).parents[2] / "docs" / "testing.md").read_text(encoding="utf-8")
    assert [f.name for f in FAULTS if f"| {f.name} | {f.seed} |" not in said] == []
