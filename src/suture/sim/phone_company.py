"""A phone company as Twilio's, on this machine: takes texts, calls back, hands in what people write, and misbehaves.

The vendor's own client talks to it, so that fields, paths and error codes are the vendor's. It keeps everything it was
asked in its journal. Phones behave as they are told to; a text of STOP closes a number, as carriers do.
"""

import base64
import json
import secrets
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit
from xml.etree import ElementTree

from twilio.request_validator import RequestValidator

CARRIERS_STOP = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"})
CARRIERS_START = frozenset({"START", "YES", "UNSTOP"})


class Phone(StrEnum):
    """How the phone of a number, or the company about it, behaves."""

    RECEIVES = "receives"
    TWICE = "twice"
    """Every callback comes twice."""
    OUT_OF_ORDER = "out_of_order"
    """Delivered first, then sent, then queued."""
    SILENT = "silent"
    """Taken, and nothing more is heard of it."""
    UNREACHED = "unreached"
    """Taken, then undelivered: 30006, a landline."""
    LANDLINE = "landline"
    """Refused: 21614."""
    OPTED_OUT = "opted_out"
    """Refused: 21610."""
    BUSY = "busy"
    """429 with a code: later."""
    BROKEN = "broken"
    """A bare 500, and nothing was taken."""
    SWALLOWED = "swallowed"
    """Taken, and the answer never comes: the line is cut."""


@dataclass(frozen=True, slots=True)
class Taken:
    """One text that was taken."""

    sid: str
    to: str
    body: str
    at: datetime
    fields: Mapping[str, str] = field(repr=False)


Post = Callable[[str, bytes, Mapping[str, str]], tuple[int, str]]
"""Posts a form with headers to an address; the status and text of the answer, 0 where there is none."""


class PhoneCompany:
    """Serves one account while the block runs. `texts_to` is where what people write is handed in.

    `waits`: it calls back only when it is told to (`call_back_now`), not by itself.
    """

    def __init__(
        self,
        account_sid: str,
        token: str,
        *,
        now: Callable[[], datetime] | None = None,
        post: Post | None = None,
        waits: bool = False,
    ) -> None:
        self.account_sid = account_sid
        self._token = token
        self._now = now or (lambda: datetime.now(UTC))
        self._post = post or post_form
        self._waits = waits
        self.phones: dict[str, Phone] = {}
        self.taken: list[Taken] = []
        self.texts_in: list[Mapping[str, str]] = []
        self.journal: list[tuple[str, str, Mapping[str, str]]] = []
        self.texts_to = ""
        self.keys: dict[str, str] = {}
        """What someone at a number presses, one key a question; no one is there otherwise, but a machine."""
        self.heard: dict[str, list[str]] = {}
        """What was said in calls to a number, sentence by sentence."""
        self.answered: tuple[int, str] = (0, "")
        self._stopped: set[str] = set()
        self._to_call_back: list[tuple[Taken, Phone]] = []
        self._lock = threading.Lock()
        company = self

        class Handler(BaseHTTPRequestHandler):
            """One request of the vendor's client."""

            protocol_version = "HTTP/1.1"
            wbufsize = 64 * 1024  # head and body in one packet

            def do_POST(self) -> None:
                company._asked(self, "POST")

            def do_GET(self) -> None:
                company._asked(self, "GET")

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    def write(self, number: str, body: str, *, sid: str = "", media: int = 0) -> str:
        """Someone writes to the agency; the id of the text. The same `sid` again is the same text again."""
        word = body.strip().upper()
        if word in CARRIERS_STOP:
            self._stopped.add(number)
        elif word in CARRIERS_START:
            self._stopped.discard(number)
        sid = sid or _sid("SM")
        fields = {"MessageSid": sid, "AccountSid": self.account_sid, "From": number, "To": "+16145550100"}
        fields |= {"Body": body, "NumMedia": str(media)}
        if all(t["MessageSid"] != sid for t in self.texts_in):
            self.texts_in.append({**fields, "at": self._now().isoformat()})
        if self.texts_to:
            self.call_back(self.texts_to, fields)
        return sid

    def call_back(self, url: str, fields: Mapping[str, str], *, token: str = "") -> int:
        """Call an address of the agency's, signed; the status it answers, 0 where no one does."""
        signature = RequestValidator(token or self._token).compute_signature(url, dict(fields))
        headers = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
        self.answered = self._post(url, urlencode(fields).encode(), headers)
        return self.answered[0]

    def call_back_now(self) -> None:
        """Call back about everything that was taken since, and let phones that ring be answered."""
        while self._to_call_back:
            one, phone = self._to_call_back.pop(0)
            if one.sid.startswith("CA"):
                self._ring(one)
            else:
                self._call_back_about(one, phone)

    # the vendor's API ---------------------------------------------------------------------------------

    def _asked(self, handler: BaseHTTPRequestHandler, method: str) -> None:
        length = int(handler.headers.get("Content-Length") or 0)
        fields = dict(parse_qsl(handler.rfile.read(length).decode(), keep_blank_values=True))
        path = urlsplit(handler.path)
        self.journal.append((method, path.path, fields))
        if not self._is_known(handler.headers.get("Authorization", "")):
            _answer(handler, 401, _error(401, 20003, "Authenticate"))
        elif path.path == f"{self._account}/Calls.json" and method == "POST":
            self._call(handler, fields)
        elif path.path != f"{self._account}/Messages.json":
            _answer(handler, 404, _error(404, 20404, "The requested resource was not found"))
        elif method == "GET":
            _answer(handler, 200, self._list(parse_qs(path.query)))
        else:
            self._take(handler, fields)

    @property
    def _account(self) -> str:
        return f"/2010-04-01/Accounts/{self.account_sid}"

    def _is_known(self, authorization: str) -> bool:
        expected = base64.b64encode(f"{self.account_sid}:{self._token}".encode()).decode()
        return authorization == f"Basic {expected}"

    def _take(self, handler: BaseHTTPRequestHandler, fields: Mapping[str, str]) -> None:
        to = fields.get("To", "")
        phone = Phone.OPTED_OUT if to in self._stopped else self.phones.get(to, Phone.RECEIVES)
        if not to:
            _answer(handler, 400, _error(400, 21604, "A 'To' phone number is required."))
        elif phone is Phone.OPTED_OUT:
            _answer(handler, 400, _error(400, 21610, "Attempt to send to unsubscribed recipient"))
        elif phone is Phone.LANDLINE:
            _answer(handler, 400, _error(400, 21614, "'To' number is not a valid mobile number"))
        elif phone is Phone.BUSY:
            _answer(handler, 429, _error(429, 20429, "Too Many Requests"))
        elif phone is Phone.BROKEN:
            _answer(handler, 500, None)
        else:
            self._keep(handler, phone, to, fields)

    def _keep(self, handler: BaseHTTPRequestHandler, phone: Phone, to: str, fields: Mapping[str, str]) -> None:
        one = Taken(_sid("SM"), to, fields.get("Body", ""), self._now(), fields)
        with self._lock:
            self.taken.append(one)
        if phone is Phone.SWALLOWED:
            handler.close_connection = True
            handler.connection.close()
        else:
            _answer(handler, 201, self._as_json(one, "queued"))
        if fields.get("StatusCallback") and phone not in (Phone.SILENT, Phone.SWALLOWED):
            self._to_call_back.append((one, phone))
            if not self._waits:
                threading.Thread(target=self.call_back_now, daemon=True).start()

    def _call_back_about(self, one: Taken, phone: Phone) -> None:
        states = ["queued", "sent", "undelivered" if phone is Phone.UNREACHED else "delivered"]
        if phone is Phone.OUT_OF_ORDER:
            states.reverse()
        for state in states * (2 if phone is Phone.TWICE else 1):
            error = {"ErrorCode": "30006"} if state == "undelivered" else {}
            told = {
                "MessageSid": one.sid,
                "MessageStatus": state,
                "AccountSid": self.account_sid,
                "To": one.to,
                **error,
            }
            self.call_back(one.fields["StatusCallback"], told)

    def _call(self, handler: BaseHTTPRequestHandler, fields: Mapping[str, str]) -> None:
        one = Taken(_sid("CA"), fields.get("To", ""), fields.get("Twiml", ""), self._now(), fields)
        with self._lock:
            self.taken.append(one)
        _answer(handler, 201, {"sid": one.sid, "status": "queued", "to": one.to, "account_sid": self.account_sid})
        self._to_call_back.append((one, self.phones.get(one.to, Phone.RECEIVES)))
        if not self._waits:
            threading.Thread(target=self.call_back_now, daemon=True).start()

    def _ring(self, one: Taken) -> None:
        """Someone listens and presses keys; without any left, the rest is said to whoever is there."""
        script, keys, heard = one.body, list(self.keys.get(one.to, "")), self.heard.setdefault(one.to, [])
        about = {"CallSid": one.sid, "AccountSid": self.account_sid, "To": one.to}
        while script:
            said = ElementTree.fromstring(script)  # noqa: S314 - our own agency's
            asked = said.find("Gather")
            heard += [s.text or "" for s in (asked if asked is not None else said).iter("Say")]
            if asked is None or not keys:
                heard += [s.text or "" for s in said.findall("Say")] if asked is not None else []
                break
            self.call_back(asked.attrib["action"], {**about, "Digits": keys.pop(0)})
            script = self.answered[1]
        self.call_back(one.fields["StatusCallback"], {**about, "CallStatus": "completed"})

    def _list(self, asked: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        """Everything that went either way, the newest first, a page at a time."""
        out = [self._as_json(one, "delivered") for one in self.taken]
        back = [self._in_as_json(text) for text in self.texts_in]
        newest = sorted([*out, *back], key=lambda m: m["_at"], reverse=True)
        size, page = int(asked.get("PageSize", ["50"])[0]), int(asked.get("Page", ["0"])[0])
        shown, rest = newest[page * size : (page + 1) * size], newest[(page + 1) * size :]
        path = f"{self._account}/Messages.json"
        return {
            "messages": shown,
            "page": page,
            "page_size": size,
            "uri": path,
            "next_page_uri": f"{path}?{urlencode({'PageSize': size, 'Page': page + 1})}" if rest else None,
        }

    def _in_as_json(self, text: Mapping[str, str]) -> dict[str, Any]:
        one = Taken(text["MessageSid"], text["To"], text["Body"], datetime.fromisoformat(text["at"]), text)
        return {**self._as_json(one, "received"), "direction": "inbound", "from": text["From"]}

    def _as_json(self, one: Taken, status: str) -> dict[str, Any]:
        return {
            "_at": one.at.isoformat(),
            "sid": one.sid,
            "account_sid": self.account_sid,
            "to": one.to,
            "from": one.fields.get("From"),
            "body": one.body,
            "status": status,
            "direction": "outbound-api",
            "date_created": format_datetime(one.at),
            "date_sent": format_datetime(one.at),
            "date_updated": format_datetime(one.at),
            "num_segments": "1",
            "num_media": "0",
            "error_code": None,
            "error_message": None,
            "messaging_service_sid": one.fields.get("MessagingServiceSid"),
        }


def _sid(kind: str) -> str:
    return kind + secrets.token_hex(16)


def _error(status: int, code: int, message: str) -> dict[str, Any]:
    return {
        "code": code,
        "message": message,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }


def _answer(handler: BaseHTTPRequestHandler, status: int, body: Mapping[str, Any] | None) -> None:
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
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return int(answer.status), answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, ""
    except OSError:
        return 0, ""
