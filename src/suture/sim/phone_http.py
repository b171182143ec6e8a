"""HTTP for the phone company: a small server on loopback, the vendor's way of refusing, and posting forms."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

HOST = "127.0.0.1"
Post = Callable[[str, bytes, Mapping[str, str]], tuple[int, str]]
"""Posts a form with headers to an address; the status and text of the answer, 0 where there is none."""


def server(asked: Callable[[BaseHTTPRequestHandler, str], None], port: int) -> ThreadingHTTPServer:
    """A server of this machine only; port 0 takes a free one. `asked` answers each request, given its method."""

    class Handler(BaseHTTPRequestHandler):
        """One request of the vendor's client."""

        protocol_version = "HTTP/1.1"
        wbufsize = 64 * 1024  # head and body in one packet

        def do_POST(self) -> None:
            asked(self, "POST")

        def do_GET(self) -> None:
            asked(self, "GET")

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    found = ThreadingHTTPServer((HOST, port), Handler)
    found.daemon_threads = True
    return found


def error(status: int, code: int, message: str) -> dict[str, Any]:
    """What the vendor says when it refuses."""
    return {
        "code": code,
        "message": message,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }


def answer(handler: BaseHTTPRequestHandler, status: int, body: Mapping[str, Any] | None) -> None:
    """Answer with JSON, or with nothing at all."""
    content = json.dumps(body).encode() if body is not None else b""
    with suppress(OSError):
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)


def post_form(url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
    """By HTTP."""
    request = urllib.request.Request(url, body, dict(headers))  # noqa: S310 - an address we were given
    try:
        with urllib.request.urlopen(request, timeout=10) as given:  # noqa: S310
            return int(given.status), given.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, ""
    except OSError:
        return 0, ""


def posting_to(port: int) -> Post:
    """By HTTP to a port of this machine, whatever address it is meant for: what is public may lead elsewhere."""

    def post(url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
        here = urlsplit(url)._replace(scheme="http", netloc=f"{HOST}:{port}")
        return post_form(here.geturl(), body, headers)

    return post
