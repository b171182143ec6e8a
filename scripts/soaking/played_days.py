"""`scripts/soak --play N`: days in which anything may happen at any time, and planted faults that must be seen."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from scripts.soaking.installation import Say
from tests.conftest import RIVERBEND, a_postgres
from tests.sim.a_played_day import PlayedDay
from tests.sim.core_mode import CoreMode
from tests.sim.planted import FAULTS, Fault
from tests.sim.plays import Play, first_fault, play
from tests.sim.stack_mode import StackMode, rules_that_hold
from tests.sim.stacks import Stacks

ON_THE_STACK = 20
"""One in so many steps is played on PostgreSQL."""
SEEDS = 20
"""From so many seeds at most a planted fault is found."""


@dataclass(frozen=True, slots=True)
class PlayedDays:
    """The figures. `broken`: what did not hold. `found`: each planted fault, and by which seed after how many steps."""

    seed: int
    in_memory: int
    on_the_stack: int
    broken: tuple[str, ...]
    found: Mapping[str, str]
    unseen: tuple[str, ...]

    @property
    def is_good(self) -> bool:
        """Whether the bar holds."""
        return not self.broken and not self.unseen

    def figures(self) -> dict[str, object]:
        """For a machine."""
        return asdict(self)

    def words(self) -> str:
        """For a person."""
        held = "every invariant held." if not self.broken else "an invariant was broken:"
        return "\n".join(
            (
                f"{self.in_memory} steps in memory and {self.on_the_stack} on PostgreSQL from seed {self.seed}: {held}",
                *self.broken,
                f"{len(self.found)} of {len(self.found) + len(self.unseen)} planted faults were seen:",
                *(f"  {name}: {by}" for name, by in self.found.items()),
                *(f"  {name}: NOT SEEN" for name in self.unseen),
            )
        )


def played_days(folder: Path, say: Say, *, steps: int, seed: int) -> PlayedDays:
    """Play so many steps from a seed on, and plant each fault once."""
    say(f"{steps} steps in memory, from seed {seed}")
    core = _played(CoreMode, seed, steps, days=25, moves=40)
    say(f"{steps // ON_THE_STACK} steps on PostgreSQL")
    with a_postgres() as server:
        StackMode.stacks, StackMode.folders = Stacks(server), (RIVERBEND, rules_that_hold(folder))
        stack = _played(StackMode, seed, steps // ON_THE_STACK, days=4, moves=20)
    say(f"{len(FAULTS)} planted faults")
    plays = {fault.name: _found(fault) for fault in FAULTS}
    return PlayedDays(
        seed=seed,
        in_memory=core.steps,
        on_the_stack=stack.steps,
        broken=tuple(f"seed {p.seed}: {p.fault}" for p in (core, stack) if not p.is_good),
        found={name: f"seed {p.seed}, {p.steps} steps" for name, p in plays.items() if not p.is_good},
        unseen=tuple(name for name, p in plays.items() if p.is_good),
    )


def _played(machine: type[PlayedDay], seed: int, steps: int, *, days: int, moves: int) -> Play:
    """Seed after seed until so many steps were played, or something is wrong; the steps of all."""
    played = 0
    while True:
        last = play(machine, seed, days=days, moves=moves)
        played += last.steps
        if played >= steps or not last.is_good:
            return Play(last.seed, played, last.fault)
        seed += 1


def _found(fault: Fault) -> Play:
    with fault.planted():
        return first_fault(CoreMode, range(fault.seed, fault.seed + SEEDS), days=20, moves=30)
