"""A mail server that is slow, or hangs up on the sender, and remembers what it received."""

import socket
import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from email import message_from_bytes
from enum import StrEnum
from random import Random
from types import TracebackType
from typing import Self

HOST = "127.0.0.1"
_LOOK_AGAIN_S = 0.1
_CLIENT_LIMIT_S = 60.0


class Death(StrEnum):
    """When the server dies on the sender."""

    REFUSING = "refuses connections"
    BEFORE_DATA = "hangs up before DATA"
    IN_DATA = "hangs up in the middle of DATA"
    AFTER_DATA = "keeps the message, then hangs up"


@dataclass(frozen=True, slots=True)
class Manner:
    """How the server behaves: seconds between a message's last line and the answer, and how it dies, if it does.

    It dies on every second connection; while it refuses connections it refuses them all.
    """

    least_s: float = 0.0
    most_s: float = 0.0
    death: Death | None = None

    def __str__(self) -> str:
        if self.death:
            return str(self.death)
        return f"takes {self.least_s:g} to {self.most_s:g} s" if self.most_s else "is fast"


FAST = Manner()


class MailServer:
    """Listens on a free port of this machine, for as long as the block runs."""

    def __init__(self, manner: Manner = FAST, seed: int = 0) -> None:
        self.kept: Counter[str] = Counter()
        """How often each message was taken in full, by the local part of its Message-ID."""
        self.cut: set[str] = set()
        """Messages during or after which the server hung up."""
        self._manner = manner
        self._listens = False
        self._random = Random(seed)
        self._lock = threading.Lock()
        self._working_on = 0
        self._over = threading.Event()
        self._listener = _bound(0)
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, name="mail-server", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self.behave(self._manner)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._over.set()
        self._thread.join(10 * _LOOK_AGAIN_S)
        self._listener.close()

    def behave(self, manner: Manner) -> None:
        """Another manner from the next connection on. Raises RuntimeError where the server is no longer at work."""
        self._manner = manner
        while self._listens is (manner.death is Death.REFUSING):
            if not self._thread.is_alive():
                raise RuntimeError("the mail server of the soak has ended")
            self._over.wait(_LOOK_AGAIN_S)

    def is_after_data(self) -> bool:
        """Whether it has a whole message that it has not answered yet."""
        with self._lock:
            return self._working_on > 0

    def _serve(self) -> None:
        connections = 0
        while not self._over.is_set():
            manner = self._manner
            if self._listens is (manner.death is Death.REFUSING):
                self._turn()
            if not self._listens:
                self._over.wait(_LOOK_AGAIN_S)
                continue
            try:
                client, _ = self._listener.accept()
            except TimeoutError:
                continue
            connections += 1
            death = manner.death if connections % 2 else None
            threading.Thread(target=self._talk, args=(client, manner, death), daemon=True).start()

    def _turn(self) -> None:
        """Listen, or stop listening and stay bound: nobody else gets the port meanwhile."""
        self._listener.close()
        self._listener = _bound(self.port)
        if not self._listens:
            self._listener.listen()
        self._listens = not self._listens

    def _talk(self, client: socket.socket, manner: Manner, death: Death | None) -> None:
        client.settimeout(_CLIENT_LIMIT_S)
        try:
            with client, client.makefile("rb") as lines:
                client.sendall(b"220 localhost\r\n")
                for line in lines:
                    word = line[:4].upper()
                    if word == b"RCPT" and death is Death.BEFORE_DATA:
                        return
                    if word == b"DATA":
                        client.sendall(b"354 go on\r\n")
                        if not self._receive(lines, manner, death):
                            return
                    client.sendall(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
        except OSError:
            return  # the sender was killed

    def _receive(self, lines: Iterable[bytes], manner: Manner, death: Death | None) -> bool:
        """Whether the message is to be answered. One that came to its end is kept, also where its sender is gone."""
        content = b""
        for line in lines:
            if line == b".\r\n":
                return self._keep(_key(content), manner, death)
            content += line
            if line == b"\r\n" and death is Death.IN_DATA:
                with self._lock:
                    self.cut.add(_key(content))
                return False
        return False

    def _keep(self, key: str, manner: Manner, death: Death | None) -> bool:
        with self._lock:
            self.kept[key] += 1
            self._working_on += 1
            if death is Death.AFTER_DATA:
                self.cut.add(key)
            work_s = self._random.uniform(manner.least_s, manner.most_s)
        self._over.wait(work_s)
        with self._lock:
            self._working_on -= 1
        return death is not Death.AFTER_DATA


def _bound(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.settimeout(_LOOK_AGAIN_S)
    listener.bind((HOST, port))
    return listener


def _key(content: bytes) -> str:
    return str(message_from_bytes(content)["Message-ID"]).strip().lstrip("<").partition("@")[0]
