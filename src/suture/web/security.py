"""What every request passes and every response carries: host, size, headers; and tokens kept out of logs.

Both sides are bound to loopback, with a server for TLS in front. A page in someone's browser must not be able to drive
the desk: foreign host names are refused (DNS rebinding), and so are its forms from any other page. A page behind a link
needs no such check: its address is a secret, and no cookie travels with it.
"""

import hashlib
import hmac
import logging
import re
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.responses import PlainTextResponse, Response
from pydantic import SecretStr
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from suture.web.connections import LimitedProtocol
from suture.words.catalog import _

MAX_BODY_BYTES = 64 * 1024
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; "
        "base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}
HSTS = "max-age=31536000"
"""A year of TLS alone, for a browser that has come by it once."""
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

UVICORN_OPTIONS: Mapping[str, Any] = {
    "access_log": False,  # a patient's token sits in the path
    "proxy_headers": False,  # X-Forwarded-* is anyone's claim
    "server_header": False,
    "http": LimitedProtocol,
    "ws": "none",  # nothing here speaks WebSocket
}
"""How `uvicorn` must be started: without these, addresses of patients' pages reach the log."""

LARGEST_PORT = 65535
_HOST = re.compile(r"(?:(?P<name>[A-Za-z0-9._-]+)|\[(?P<ipv6>[0-9A-Fa-f:.]+)\])(?::(?P<port>[0-9]{1,5}))?")
_TOKEN_IN_PATH = re.compile(r"(/(?:p|u|welcome)/)[^/?#\s\"']+")


class TokenFilter(logging.Filter):
    """Replaces the token of a patient's page by `*` in whatever is logged; a second lock behind `access_log=False`."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always lets the record pass, changed."""
        record.msg = without_token(str(record.msg))
        if isinstance(record.args, tuple):
            record.args = tuple(without_token(a) if isinstance(a, str) else a for a in record.args)
        return True


def without_token(text: str) -> str:
    """The text with every patient token replaced."""
    return _TOKEN_IN_PATH.sub(r"\1*", text)


class Guard:
    """Runs before the whole application and decides from the request line and headers alone."""

    def __init__(self, app: ASGIApp, *, base_urls: Collection[str]) -> None:
        self._app = app
        ours = [urlsplit(url) for url in base_urls]
        self._hosts = LOOPBACK | {url.hostname or "localhost" for url in ours}
        self._origins = frozenset(f"{url.scheme}://{url.netloc}" for url in ours)
        by_tls = all(url.scheme == "https" for url in ours)
        self._headers = {**HEADERS, "Strict-Transport-Security": HSTS} if by_tls else HEADERS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on and dress the response."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                dress(MutableHeaders(scope=message), scope["path"], self._headers)
            await send(message)

        scope = {**scope, "state": {**scope.get("state", {}), "origins": self._origins}}
        refusal = self._refusal(Headers(scope=scope))
        await (refusal or self._app)(scope, receive, dressed)

    def _refusal(self, headers: Headers) -> Response | None:
        hosts = headers.getlist("host")
        if len(hosts) != 1 or host_name(hosts[0]) not in self._hosts:
            return PlainTextResponse(_("This server is not known under that name."), 400)
        if "chunked" in headers.get("transfer-encoding", "").lower():
            return PlainTextResponse(_("Send a Content-Length."), 411)
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()) or int(length) > MAX_BODY_BYTES:
            return PlainTextResponse(_("A request may hold at most {limit} bytes.", limit=MAX_BODY_BYTES), 413)
        return None


def dress(headers: MutableHeaders, path: str, ours: Mapping[str, str] = HEADERS) -> None:
    """Put on what every response carries; only static files may be kept by a browser."""
    for name, value in ours.items():
        headers[name] = value
    headers["Cache-Control"] = "no-cache" if path.startswith("/static/") else "no-store"


def host_name(host_header: str) -> str:
    """The name in a Host header, without its port; empty for whatever is not exactly a name and maybe a port."""
    found = _HOST.fullmatch(host_header)
    if found is None or (found["port"] and not 1 <= int(found["port"]) <= LARGEST_PORT):
        return ""
    return (found["name"] or found["ipv6"]).lower()


def csrf_token(secret: SecretStr, form: str) -> str:
    """What proves that a form came from our own page: made from what only we and its reader know, one for each form."""
    return hmac.new(secret.get_secret_value().encode(), f"form:{form}".encode(), hashlib.sha256).hexdigest()


def comes_from_own_page(request: Request, given: str, expected: str) -> bool:
    """Whether a browser's form was sent by our own page. Anything unsaid counts as foreign."""
    return is_same_origin(request) and hmac.compare_digest(given.encode(), expected.encode())


def is_same_origin(request: Request) -> bool:
    """Whether a browser sent this from our own page.

    Browsers say Sec-Fetch-Site; where one does not, Origin must be this very server, by the address that it has with
    TLS in front, too.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin, host = request.headers.get("origin", ""), request.headers.get("host", "")
    known: frozenset[str] = getattr(request.state, "origins", frozenset())
    return origin == f"{request.url.scheme}://{host}" or (origin in known and origin.partition("://")[2] == host)
