"""Clients that dawdle, and too many of them, by real sockets: they are cut off, and the others are served."""

import asyncio
import logging
import socket
import threading
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import pytest
import uvicorn
from tests.conftest import as_owner
from tests.flow.a_web_morning import BEARER, WebMorning, web_morning
from tests.flow.processes import wait_for

from suture.store.embedded import EmbeddedPostgres
from suture.web.connections import LimitedProtocol, Limits
from suture.web.security import UVICORN_OPTIONS

PATIENT_S = 30.0
"""How long a test waits for what must happen; machines are shared."""
NEVER_S = 3600.0
HEAD = b"GET / HTTP/1.1\r\nHost: localhost\r\n"
ANSWER = b"x" * 20_000_000
"""More than the kernel takes for someone who does not read."""


class Served:
    """A server on a free port, and clients of it."""

    def __init__(self, port: int, connections: Collection[Any], clients: ExitStack) -> None:
        self.port = port
        self.connections = connections
        self._clients = clients

    def connect(self) -> socket.socket:
        """A client of our own making, which says only what it is told to."""
        return self._clients.enter_context(socket.create_connection(("127.0.0.1", self.port), timeout=PATIENT_S))

    def get(self, head: bytes = HEAD) -> bytes:
        """What an ordinary client is told."""
        client = self.connect()
        client.sendall(head + b"Connection: close\r\n\r\n")
        return everything(client)


def everything(client: socket.socket) -> bytes:
    """All that comes until the server ends the connection; TimeoutError where it does not."""
    got = bytearray()
    with suppress(ConnectionResetError):
        while piece := client.recv(65536):
            got += piece
    return bytes(got)


def is_cut_off(client: socket.socket) -> bool:
    """Whether the server ends the connection without an answer."""
    return everything(client) == b""


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answers with the length of what came, or with very much."""
    if scope["type"] != "http":
        return
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body, more = body + message.get("body", b""), message.get("more_body", False)
    answer = ANSWER if scope["path"] == "/much" else str(len(body)).encode()
    length = (b"content-length", str(len(answer)).encode())
    await send({"type": "http.response.start", "status": 200, "headers": [length]})
    await send({"type": "http.response.body", "body": answer})


@contextmanager
def serving(app: Any, limits: Limits) -> Iterator[Served]:
    """The application behind uvicorn as `suture web` starts it, with other limits."""
    limited = type("Limited", (LimitedProtocol,), {"limits": limits})
    config = uvicorn.Config(
        app,
        port=0,
        log_level="warning",
        log_config=None,
        timeout_graceful_shutdown=5,
        **{**UVICORN_OPTIONS, "http": limited},
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener, ExitStack() as clients:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            wait_for(lambda: server.started, "the server has started")
            yield Served(listener.getsockname()[1], server.server_state.connections, clients)
        finally:
            clients.close()
            server.should_exit = True
            thread.join(PATIENT_S)


def test_the_limits_are_those_of_the_server() -> None:
    assert UVICORN_OPTIONS["http"] is LimitedProtocol
    assert LimitedProtocol.limits == Limits(head_s=10, body_s=30, answer_s=30, connections=200)


@pytest.mark.parametrize("said", [b"", b"G", HEAD, HEAD + b"X-Slow: "])
def test_whoever_does_not_finish_the_head_of_a_request_is_cut_off(said: bytes) -> None:
    with serving(echo, Limits(head_s=0.2, body_s=NEVER_S)) as server:
        client = server.connect()
        client.sendall(said)
        assert is_cut_off(client)


def test_byte_by_byte_is_no_way_around_it() -> None:
    with serving(echo, Limits(head_s=0.3, body_s=NEVER_S)) as server:
        client = server.connect()
        client.settimeout(0.01)
        sent = iter(HEAD + b"X: " + b"y" * 10_000)

        def drips_and_is_cut_off() -> bool:
            try:
                client.send(bytes([next(sent)]))
                return client.recv(1) == b""
            except TimeoutError:
                return False
            except (ConnectionResetError, BrokenPipeError):
                return True

        wait_for(drips_and_is_cut_off, "the dripping client was cut off", PATIENT_S)


def test_a_second_request_on_the_same_connection_has_the_same_limit() -> None:
    with serving(echo, Limits(head_s=2, body_s=NEVER_S)) as server:
        client = server.connect()
        client.sendall(HEAD + b"\r\n" + HEAD)
        got = everything(client)
        assert got.startswith(b"HTTP/1.1 200") and got.count(b"HTTP/1.1") == 1


def test_whoever_does_not_finish_the_body_is_cut_off(caplog: pytest.LogCaptureFixture) -> None:
    with serving(echo, Limits(head_s=NEVER_S, body_s=0.3)) as server:
        client = server.connect()
        client.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n" + b"x" * 99)
        assert is_cut_off(client)
    assert not caplog.records


def test_whoever_takes_no_answer_is_cut_off() -> None:
    with serving(echo, Limits(answer_s=0.3)) as server:
        client = server.connect()
        client.sendall(b"GET /much HTTP/1.1\r\nHost: localhost\r\n\r\n")
        client.recv(1)
        wait_for(lambda: not server.connections, "the server has ended the connection", PATIENT_S)
        assert len(everything(client)) < len(ANSWER)
        assert server.get().endswith(b"0")


def test_whoever_takes_it_gets_all_of_it() -> None:
    with serving(echo, Limits()) as server:
        assert len(server.get(b"GET /much HTTP/1.1\r\nHost: localhost\r\n")) > len(ANSWER)


def test_a_client_that_has_sent_its_request_may_wait_for_its_answer() -> None:
    asked, leave = threading.Event(), threading.Event()

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            asked.set()
        while scope["type"] == "http" and not leave.is_set():
            await asyncio.sleep(0.01)
        await echo(scope, receive, send)

    with serving(slow, Limits()) as server:
        client = server.connect()
        client.sendall(HEAD + b"Connection: close\r\n\r\n")
        assert asked.wait(PATIENT_S)
        wait_for(lambda: not any(c.is_sending for c in server.connections), "nothing is awaited of the client")
        leave.set()
        assert everything(client).endswith(b"0")


def test_where_all_connections_dawdle_the_oldest_makes_room() -> None:
    with serving(echo, Limits(head_s=NEVER_S, body_s=NEVER_S, connections=5)) as server:
        dawdlers = [server.connect() for _ in range(5)]
        for dawdler in dawdlers:
            dawdler.sendall(HEAD)
        assert [server.get()[-1:] for _ in range(3)] == [b"0"] * 3
        assert is_cut_off(dawdlers[0])
        dawdlers[4].sendall(b"Connection: close\r\n\r\n")
        assert everything(dawdlers[4]).endswith(b"0")


def test_where_all_connections_wait_for_an_answer_the_next_is_asked_to_come_back() -> None:
    asked, leave = threading.Semaphore(0), threading.Event()

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        asked.release()
        while scope["type"] == "http" and not leave.is_set():
            await asyncio.sleep(0.01)
        await echo(scope, receive, send)

    with serving(slow, Limits(connections=2)) as server:
        clients = [server.connect() for _ in range(2)]
        for client in clients:
            client.sendall(HEAD + b"Connection: close\r\n\r\n")
        for _ in range(3):  # the two, and the start of the server
            assert asked.acquire(timeout=PATIENT_S)
        refused = everything(server.connect())
        assert refused.startswith(b"HTTP/1.1 503") and b"Retry-After: 2" in refused
        leave.set()
        assert [everything(client)[-1:] for client in clients] == [b"0", b"0"]
        assert server.get().endswith(b"0")


# --- the application itself -----------------------------------------------------------------------------


@pytest.fixture
def web(postgres: EmbeddedPostgres) -> Iterator[WebMorning]:
    yield from web_morning(postgres)


ODD_HEADS = [
    (b"GET / HTTP/1.1\r\n", 400),
    (b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n", 400),
    (b"GET / HTTP/1.1\r\nHost:\r\n", 400),
    (b"GET / HTTP/1.1\r\nHost: evil@localhost\r\n", 400),
    (b"GET / HTTP/1.1\r\nHost: localhost:99999\r\n", 400),
    (b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n", 303),
    (b"GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n", 303),
    (b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n", 303),
    (b"GET /%ff%00 HTTP/1.1\r\nHost: localhost\r\n", 303),
    (b"GET /caf\xe9 HTTP/1.1\r\nHost: localhost\r\n", 400),
    (b"GET /" + b"a" * 10_000 + b" HTTP/1.1\r\nHost: localhost\r\n", 303),
]
"""No one has signed in, so whatever can be read leads to the sign-in."""


@pytest.mark.parametrize(("head", "status"), ODD_HEADS, ids=[repr(head[:50]) for head, _ in ODD_HEADS])
def test_odd_requests_are_answered(web: WebMorning, head: bytes, status: int) -> None:
    with serving(web.app, Limits()) as server:
        assert server.get(head).startswith(b"HTTP/1.1 %d" % status)


def test_an_error_of_the_database_is_logged_without_what_was_written(
    web: WebMorning, caplog: pytest.LogCaptureFixture
) -> None:
    as_owner(web.engine, "ALTER TABLE inbox ADD CONSTRAINT no_walnuts CHECK (source_id NOT LIKE '%Walnut%')")
    body = b'{"kind": "call_out", "clinician": "E-01", "source_id": "Ivy Walnut"}'
    head = f"""POST /api/v1/signals HTTP/1.1
Host: localhost
Authorization: {BEARER["Authorization"]}
Content-Type: application/json
Content-Length: {len(body)}
Connection: close

"""
    with serving(web.app, Limits()) as server, caplog.at_level(logging.DEBUG):
        client = server.connect()
        client.sendall(head.replace("\n", "\r\n").encode() + body)
        got = everything(client).decode()
    assert got.startswith("HTTP/1.1 500") and "Walnut" not in got
    assert "no_walnuts" in caplog.text and "Traceback" in caplog.text and "Walnut" not in caplog.text
