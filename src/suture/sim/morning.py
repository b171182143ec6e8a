"""Plays a day on the virtual clock with the same code that serves it: drain, then jump to whatever happens next."""

from collections.abc import Callable
from datetime import datetime

from suture.service.caller import Caller
from suture.service.clock import VirtualClock
from suture.service.worker import drain, next_due
from suture.sim.world import World

MOST_MOMENTS = 5_000


def play(
    caller: Caller, clock: VirtualClock, world: World, until: datetime, call_back: Callable[[], bool] = lambda: False
) -> None:
    """Go on until `until`. `call_back`: those who carry messages say how far these are; False: no news.

    Raises RuntimeError after MOST_MOMENTS moments: a played day has a few hundred.
    """
    for _ in range(MOST_MOMENTS):
        drain(caller)
        while call_back():
            drain(caller)
        now = clock.now()
        world.look(now)
        moments = [m for m in (world.next_at(now), next_due(caller)) if m is not None]
        upcoming = min(moments, default=until)
        if upcoming >= until:
            clock.advance_to(until)
            drain(caller)
            return
        clock.advance_to(max(now, upcoming))
        world.act(clock.now())
    raise RuntimeError(f"the day has had {MOST_MOMENTS} moments and is not over: something repeats for ever")
