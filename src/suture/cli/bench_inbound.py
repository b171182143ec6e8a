"""The part of `suture bench outreach` about what providers call: nothing is lost, nothing doubled, at little CPU."""

import asyncio
import os
import random
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message

from suture.bootstrap import build_public_app
from suture.model.connections import Connection
from suture.service.caller import Caller
from suture.sim.phone_company import PhoneCompany
from suture.store import connections, hooks
from suture.store.server_cpu import cpu_seconds

CALLS, OF_THEM_AGAIN = 30_000, 0.1
AT_ONCE = 8
SECRET = "SUTURE_BENCH_SECRET"
OTHER_FIELDS = {
    "ApiVersion": "2010-04-01",
    "FromCity": "COLUMBUS",
    "FromCountry": "US",
    "FromState": "OH",
    "FromZip": "43201",
    "MessagingServiceSid": "MG" + "7" * 32,
    "NumMedia": "0",
    "NumSegments": "1",
    "SmsStatus": "received",
    "To": "+16145550100",
    "ToCountry": "US",
}
"""What else a provider says in each call."""


@dataclass(frozen=True, slots=True)
class _Call:
    """One call as it comes in."""

    path: str
    query: bytes
    body: bytes
    headers: Sequence[tuple[bytes, bytes]]


def inbound(caller: Caller, postgres_pid: int) -> dict[str, float]:
    """Have the public side called by a provider, one call in ten once more; CPU is this process's and PostgreSQL's."""
    account = "AC" + secrets.token_hex(16)
    os.environ[SECRET] = secrets.token_hex(16)
    with caller.transaction() as tx:
        connection = connections.add(tx, "bench", "twilio", {"account_sid": account}, SECRET)
    base_url = f"{caller.tools.public_base_url.rstrip('/')}/hooks/{connection.hook_id}"
    different = list(_calls(account, base_url, round(CALLS * (1 - OF_THEM_AGAIN))))
    chance = random.Random(1)  # noqa: S311 - made-up data
    calls = [*different, *chance.sample(different, CALLS - len(different))]
    chance.shuffle(calls)
    app = build_public_app(caller.tools)

    def cpu() -> float:
        return time.process_time() + cpu_seconds(postgres_pid)

    began = cpu()
    asyncio.run(_make(app, calls))
    used = cpu() - began
    return {
        "sent": len(calls),
        "cpu_ms_each": round(1000 * used / len(calls), 2),
        **_compare(caller, connection, len(different)),
    }


def _compare(caller: Caller, connection: Connection, sent: int) -> dict[str, int]:
    with caller.transaction() as tx:
        rows, different = hooks.count(tx, connection.id)
    return {"lost": sent - different, "duplicated": rows - different}


def _calls(account: str, base_url: str, count: int) -> Iterator[_Call]:
    """Receipts and texts in turn, each signed as the provider signs it."""
    made: list[_Call] = []

    def note(url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
        parts = urlsplit(url)
        named = {**headers, "Host": parts.netloc, "Content-Length": str(len(body))}
        raw = [(name.lower().encode(), value.encode()) for name, value in named.items()]
        made.append(_Call(parts.path, parts.query.encode(), body, raw))
        return 200, ""

    with PhoneCompany(account, os.environ[SECRET], post=note, waits=True) as company:
        for n in range(count):
            about = {**OTHER_FIELDS, "AccountSid": account, "MessageSid": f"SM{n:032x}", "From": f"+1614555{n:04}"[:12]}
            if n % 2:
                company.call_back(f"{base_url}/receipt?touch={n}&try=1", {**about, "MessageStatus": "delivered"})
            else:
                company.call_back(f"{base_url}/text", {**about, "Body": "1"})
    yield from made


async def _make(app: ASGIApp, calls: Sequence[_Call]) -> None:
    """Make the calls, some at once. Raises RuntimeError where one is refused."""
    waiting = iter(calls)

    async def caller_of_hooks() -> None:
        for call in waiting:
            status = await _call(app, call)
            if status != HTTPStatus.OK:
                raise RuntimeError(f"a call was answered with {status}")

    async with asyncio.TaskGroup() as group:
        for _caller in range(AT_ONCE):
            group.create_task(caller_of_hooks())


async def _call(app: ASGIApp, call: _Call) -> int:
    statuses: list[int] = []
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": call.path,
        "raw_path": call.path.encode(),
        "query_string": call.query,
        "root_path": "",
        "headers": call.headers,
        "server": ("127.0.0.1", 80),
        "client": ("127.0.0.1", 1),
    }

    async def receive() -> Message:
        return {"type": "http.request", "body": call.body, "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    await app(scope, receive, send)
    return statuses[0]
