"""A mail server that keeps what it gets in a Maildir and passes nothing on: where e-mail ends in `./run` and in tests.

Addresses that begin with `bounce` are refused for good (550), with `grey` for now (451).
"""

import asyncio
import ipaddress
import logging
import mailbox
import signal
import threading
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from aiosmtpd.smtp import SMTP, Envelope, Session

MAIL_FOLDER = "mail"
LARGEST_BYTES = 1024 * 1024
_START_LIMIT_S = 10.0


class _KeepInMaildir:
    """What aiosmtpd calls while it talks; a message is acknowledged after it is on disk."""

    def __init__(self, folder: Path) -> None:
        self._maildir = mailbox.Maildir(str(folder), create=True)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("bounce"):
            return "550 no such mailbox"
        if address.startswith("grey"):
            return "451 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content
        self._maildir.add(content.encode() if isinstance(content, str) else content or b"")
        return "250 kept"


async def _listen(folder: Path, host: str, port: int) -> asyncio.Server:
    if not _is_loopback(host):
        raise ValueError(f"the mail catcher listens on this machine only, not on {host}. Maybe use 127.0.0.1.")
    logging.getLogger("mail").setLevel(logging.CRITICAL)  # aiosmtpd's own; its lines hold addresses
    handler = _KeepInMaildir(folder)
    protocol = partial(SMTP, handler, data_size_limit=LARGEST_BYTES, enable_SMTPUTF8=True, hostname="localhost")
    return await asyncio.get_running_loop().create_server(protocol, host, port)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def main(host: str, port: int, maildir: Path) -> None:
    """Catch mail until SIGINT or SIGTERM. Raises OSError where the port is taken."""

    async def run() -> None:
        server = await _listen(maildir, host, port)
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        async with server:
            await stop.wait()

    asyncio.run(run())


class Catcher:
    """The same server in a thread of this process, for headless runs and tests. Port 0 takes a free one: see `port`."""

    def __init__(self, maildir: Path, host: str = "127.0.0.1", port: int = 0) -> None:
        self._maildir = maildir
        self.host = host
        self.port = port
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, name="mail-catcher", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            listening = asyncio.run_coroutine_threadsafe(_listen(self._maildir, self.host, self.port), self._loop)
            self._server = listening.result(_START_LIMIT_S)
        except BaseException:
            self._end_loop()
            raise
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(_START_LIMIT_S)
        self._end_loop()

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
        others = [t for t in asyncio.all_tasks() if t is not asyncio.current_task()]
        for task in others:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*others, return_exceptions=True)

    def _end_loop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_START_LIMIT_S)
        self._loop.close()
