"""Plays the demo's people at real speed, beside whoever sits at the screen."""

import time
from collections.abc import Callable

import structlog
from sqlalchemy.exc import SQLAlchemyError

from suture.model.phone_events import PhonesAway
from suture.service.caller import Caller
from suture.service.errors import ServiceError
from suture.sim.world import World

log = structlog.get_logger(__name__)

EVERY_S = 1.0


def live(caller: Caller, world: World, stopping: Callable[[], bool]) -> None:
    """Let people act when it is time, until told to stop. What is refused, or whoever is away, is tried again."""
    while not stopping():
        try:
            with caller.transaction() as tx:
                now = tx.now
            world.look(now)
            world.next_at(now)
            world.act(now)
        except (ServiceError, SQLAlchemyError, PhonesAway) as error:
            log.warning("people_wait", error=type(error).__name__)
        time.sleep(EVERY_S)
