"""The gate in numbers: how many visits waited for their patients' yes, and how many were dispatched without one."""

from collections.abc import Iterable
from dataclasses import dataclass

from suture.model.events import Event, EventKind
from suture.model.visit import GateState


@dataclass(frozen=True, slots=True)
class Gates:
    """`held`: unconfirmed at publishing. `released`: dispatched without a yes, of those `dispatched` behind a gate."""

    held: int
    released: int
    dispatched: int

    @property
    def leak(self) -> float:
        """The share of the dispatched that went without a yes; 0 where none was dispatched."""
        return round(self.released / self.dispatched, 4) if self.dispatched else 0.0


def gates(events: Iterable[Event]) -> Gates:
    """Fold the log once. A yes that comes after a visit was dispatched does not change that it went without one."""
    held: set[int] = set()
    without: set[int] = set()
    last: dict[int, GateState] = {}
    publishing = False
    for event in events:
        publishing = event.kind is EventKind.PLAN_PUBLISHED or (publishing and event.kind is EventKind.VISIT_GATED)
        if event.kind is not EventKind.VISIT_GATED:
            continue
        visit, state = event.subject_id, GateState(str(event.data["state"]))
        last[visit] = state
        if publishing:
            held.add(visit)
        if state is GateState.RELEASED:
            without.add(visit)
    dispatched = {visit for visit, state in last.items() if state.is_dispatched}
    return Gates(len(held), len(without & dispatched), len(dispatched))
