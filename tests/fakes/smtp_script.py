"""A mail server that misbehaves on purpose: it answers as scripted, or not at all."""

import socket
import threading
from collections.abc import Mapping
from types import MappingProxyType, TracebackType
from typing import Self

HANG_UP = "hang up"
SILENCE = "silence"
_USUAL = {
    "greeting": "220 hi",
    "EHLO": "250 ok",
    "MAIL": "250 ok",
    "RCPT": "250 ok",
    "DATA": "354 go on",
    ".": "250 kept",
}


class ScriptedSmtp:
    """Serves one client at a time. `script` replaces answers by command; "." is the answer to the message itself.

    `slow_s` says how long an answer takes, in seconds.
    """

    def __init__(self, script: Mapping[str, str], slow_s: Mapping[str, float] = MappingProxyType({})) -> None:
        self._answers = {**_USUAL, **script}
        self._slow_s = slow_s
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._over.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(60)
        self._listener.close()

    def _serve(self) -> None:
        while not self._over.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with client:
                self._talk(client)

    def _talk(self, client: socket.socket) -> None:
        client.settimeout(60)
        reader = client.makefile("rb")
        try:
            if not self._say(client, "greeting"):
                return
            in_data = False
            for line in reader:
                word = line.decode("ascii", "replace").strip().upper().split(":")[0].split(" ")[0]
                if in_data and line != b".\r\n":
                    continue
                if not self._say(client, "." if in_data else word):
                    return
                in_data = word == "DATA" and not in_data and self._answers["DATA"].startswith("354")
        except OSError:
            return
        finally:
            reader.close()

    def _say(self, client: socket.socket, word: str) -> bool:
        answer = self._answers.get(word, "221 bye" if word == "QUIT" else "250 ok")
        self._over.wait(self._slow_s.get(word, 0.0))
        if answer == SILENCE:
            self._over.wait(60)
        if answer in (SILENCE, HANG_UP):
            return False
        client.sendall(f"{answer}\r\n".encode())
        return word != "QUIT"
