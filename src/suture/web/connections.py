"""How long a client may take, and how many may be connected: limits that uvicorn has no settings for.

Whoever sends a request byte by byte, or nothing at all, or reads no answer, holds a connection; enough of them would
keep everyone else out. So each of these has a limit, and where all connections are taken, the one that has been
sending its request for longest makes room.
"""

import asyncio
from enum import Enum
from typing import Any, ClassVar, NamedTuple

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

_TEXT = b"Too many connections are open. Try again in a moment."
_TOO_MANY = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\nRetry-After: 2\r\n"
    b"Connection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(_TEXT), _TEXT)
)


class Limits(NamedTuple):
    """Seconds for the head of a request, for its body, and for taking the answer; and connections at a time."""

    head_s: float = 10.0
    body_s: float = 30.0
    answer_s: float = 30.0
    connections: int = 200


class _Awaited(Enum):
    """What the client still owes us."""

    HEAD = "head"
    BODY = "body"
    NOTHING = "nothing"


class LimitedProtocol(H11Protocol):
    """Uvicorn's protocol with limits; `http` of its settings. A subclass may have other `limits`."""

    limits: ClassVar[Limits] = Limits()

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._awaited = _Awaited.NOTHING
        self._awaited_since = 0.0
        self._deadline: asyncio.TimerHandle | None = None
        self._answer_deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Admit the client where there is room, or can be made."""
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=0)  # so that `pause_writing` says whenever the client takes nothing
        if len(self.connections) > self.limits.connections and not self._make_room():
            transport.write(_TOO_MANY)
            transport.close()
            return
        self._await(_Awaited.HEAD)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the deadlines."""
        self._await(_Awaited.NOTHING)
        self.resume_writing()
        super().connection_lost(exc)

    def handle_events(self) -> None:
        """Look after each piece of a request whether all of it is there."""
        super().handle_events()
        if self.transport.is_closing():
            return
        if self.conn.their_state is h11.IDLE:
            self._await(_Awaited.HEAD)
        elif self.conn.their_state is h11.SEND_BODY:
            self._await(_Awaited.BODY)
        else:
            self._await(_Awaited.NOTHING)

    def pause_writing(self) -> None:
        """The client does not take its answer."""
        super().pause_writing()
        if self._answer_deadline is None:
            self._answer_deadline = self.loop.call_later(self.limits.answer_s, self.transport.abort)

    def resume_writing(self) -> None:
        """It has taken it."""
        super().resume_writing()
        if self._answer_deadline is not None:
            self._answer_deadline.cancel()
            self._answer_deadline = None

    def _await(self, what: _Awaited) -> None:
        if what is self._awaited:
            return
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        self._awaited, self._awaited_since = what, self.loop.time()
        if what is not _Awaited.NOTHING:
            limit_s = self.limits.head_s if what is _Awaited.HEAD else self.limits.body_s
            self._deadline = self.loop.call_later(limit_s, self.transport.abort)

    def _make_room(self) -> bool:
        """End the connection that has been sending its request for longest; False where all have sent theirs."""
        sending = [c for c in self.connections if isinstance(c, LimitedProtocol) and c.is_sending]
        if not sending:
            return False
        min(sending, key=lambda c: c._awaited_since).transport.abort()
        return True

    @property
    def is_sending(self) -> bool:
        """Whether a request, or the rest of one, is still to come."""
        return self._awaited is not _Awaited.NOTHING and not self.transport.is_closing()
