"""Keeps the processes of an installation alive, and stops them together."""

import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from os import killpg
from types import FrameType
from typing import Protocol

import structlog

from suture.store.tied_child import start_tied
from suture.words.catalog import _

log = structlog.get_logger(__name__)

TICK_S = 0.1
BACK_OFF_S = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0)  # one more quick death and we give up
QUICK_DEATH_S = 10.0
STOP_LIMIT_S = 10.0
EXIT_CODE_OF_WRONG_USAGE = 2  # starting again cannot help


class ChildKeepsDying(Exception):
    """A child cannot be kept alive; all the others were stopped."""


@dataclass(frozen=True, slots=True)
class Child:
    """One process to keep alive. `env` replaces the environment, None hands on ours.

    Told to stop, it is given `stop_limit_s` to finish what it has begun.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] | None = None
    stop_limit_s: float = STOP_LIMIT_S


class Postgres(Protocol):
    """The part of EmbeddedPostgres that the loop needs."""

    def restart_if_dead(self) -> bool: ...


class StopEvent(Protocol):
    """Something like threading.Event."""

    def is_set(self) -> bool: ...


def supervise(
    children: Sequence[Child],
    *,
    postgres: Postgres | None = None,
    on_tick: Callable[[], None] | None = None,
    stop_event: StopEvent | None = None,
) -> None:
    """Start the children in order and keep them and PostgreSQL alive until SIGINT, SIGTERM, SIGHUP or the stop event.

    Then stops the children in reverse order and returns; PostgreSQL is the caller's to stop, after this. A dead child
    comes back after 0.1 to 5 s. Raises ChildKeepsDying when one dies quickly ten times in a row or exits with code 2.
    Main thread only. `on_tick` is called about every 0.1 s.
    """
    running: list[_Running] = []
    with _stop_signals() as signalled:
        try:
            for child in children:
                if not signalled:
                    running.append(_Running(child))
            while not signalled and not (stop_event is not None and stop_event.is_set()):
                if postgres is not None:
                    postgres.restart_if_dead()
                for one in running:
                    one.restart_if_dead()
                if on_tick is not None:
                    on_tick()
                time.sleep(TICK_S)
        finally:
            for one in reversed(running):
                one.stop()


class _Running:
    """A child, its present process and its record of quick deaths."""

    def __init__(self, child: Child) -> None:
        self.child = child
        self.quick_deaths = 0
        self.start_again_at: float | None = None
        self._start()

    def _start(self) -> None:
        self.process: subprocess.Popen[bytes] = start_tied(
            self.child.argv, death_signal=signal.SIGTERM, env=self.child.env
        )
        self.started_at = time.monotonic()
        log.info("process.started", process=self.child.name, pid=self.process.pid)

    def restart_if_dead(self) -> None:
        if self.process.poll() is None:
            return
        now = time.monotonic()
        if self.start_again_at is None:
            self.start_again_at = now + self._back_off(self.process.returncode, now)
        if now >= self.start_again_at:
            self.start_again_at = None
            self._start()

    def _back_off(self, code: int, now: float) -> float:
        if code == EXIT_CODE_OF_WRONG_USAGE:
            raise ChildKeepsDying(
                _("The process {name} refused to run; its own message says why.", name=self.child.name)
            )
        self.quick_deaths = self.quick_deaths + 1 if now - self.started_at < QUICK_DEATH_S else 1
        if self.quick_deaths > len(BACK_OFF_S):
            said = _(
                "The process {name} died {n} times in a row, last with exit code {code}. Maybe its own messages above "
                "say why.",
                name=self.child.name,
                n=self.quick_deaths,
                code=code,
            )
            raise ChildKeepsDying(said)
        wait_s = BACK_OFF_S[self.quick_deaths - 1]
        log.warning("process.died", process=self.child.name, code=code, restart_in_s=wait_s)
        return wait_s

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(self.child.stop_limit_s)
        if self.process.poll() is None:
            log.warning("process.killed", process=self.child.name, after_s=self.child.stop_limit_s)
            with suppress(ProcessLookupError):
                killpg(self.process.pid, signal.SIGKILL)  # its session, so its own children go too
            self.process.wait()
        log.info("process.stopped", process=self.child.name, code=self.process.returncode)


@contextmanager
def _stop_signals() -> Iterator[list[int]]:
    """Collect stop signals in the list given out. A list, since a handler must not wait for a lock as an Event does."""
    signalled: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        signalled.append(number)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield signalled
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
