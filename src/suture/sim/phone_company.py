"""A phone company as Twilio's, on this machine: takes texts, calls back, hands in what people write, and misbehaves.

The vendor's own client talks to it, so that fields, paths and error codes are the vendor's. It keeps everything it was
asked in its journal, and what happened at phones in its log, from which it goes on after a kill. Phones behave as they
are told to; a text of STOP closes a number, as carriers do.
"""

import base64
import hmac
import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from http.server import BaseHTTPRequestHandler
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from twilio.request_validator import RequestValidator

from suture.model.phone_events import BROKEN, DELIVERED, NOT_REACHED, UNREACHED, Happening, PhoneEvent
from suture.sim.phone_http import HOST, Post, answer, error, post_form, server
from suture.sim.phone_list import Taken, calls_path, in_list, messages_path, page_of
from suture.sim.phone_log import PhoneLog, remembered
from suture.sim.phone_script import Script, script_of

CARRIERS_STOP = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"})
CARRIERS_START = frozenset({"START", "YES", "UNSTOP"})
AGENCY = "+16145550100"
"""The number that people write to."""
CONTROL = "/control/"
"""Where people of this machine play phones: no path of the vendor's. The token goes with it."""
TRY_AGAIN_S, STOPS_WITHIN_S = 1.0, 0.02


class Phone(StrEnum):
    """How the phone of a number, or the company about it, behaves."""

    RECEIVES = "receives"
    TWICE = "twice"
    """Every callback comes twice."""
    OUT_OF_ORDER = "out_of_order"
    """Delivered first, then sent, then queued."""
    SILENT = "silent"
    """Taken, and nothing more is heard of it."""
    UNREACHED = UNREACHED
    """Taken, then undelivered: 30006, a landline."""
    LANDLINE = "landline"
    """Refused: 21614."""
    OPTED_OUT = "opted_out"
    """Refused: 21610."""
    BUSY = "busy"
    """429 with a code: later."""
    BROKEN = BROKEN
    """A bare 500, and nothing was taken."""
    SWALLOWED = "swallowed"
    """Taken, and the answer never comes: the line is cut."""


REFUSED: Mapping[Phone, tuple[int, int, str]] = {
    Phone.OPTED_OUT: (400, 21610, "Attempt to send to unsubscribed recipient"),
    Phone.LANDLINE: (400, 21614, "'To' number is not a valid mobile number"),
    Phone.BUSY: (429, 20429, "Too Many Requests"),
    Phone.BROKEN: (500, 0, ""),
}
SAYS_NO_MORE = frozenset({Phone.SILENT, Phone.SWALLOWED})


@dataclass(slots=True)
class _Call:
    """A call that waits for a key, and what it has said."""

    one: Taken
    script: Script


class PhoneCompany:
    """Serves one account while the block runs. `texts_to` is where what people write is handed in.

    `waits`: it calls back only when it is told to (`call_back_now`), not by itself. Otherwise an agency that does not
    answer is called back again, `patience` times. `rings_s`: how long a call waits for someone to press keys; without,
    it is answered at once by `keys`, else by a machine.
    """

    def __init__(
        self,
        account_sid: str,
        token: str,
        *,
        now: Callable[[], datetime] | None = None,
        post: Post | None = None,
        waits: bool = False,
        log: PhoneLog | None = None,
        port: int = 0,
        patience: int = 0,
        rings_s: float | None = None,
    ) -> None:
        self.account_sid = account_sid
        self._token = token
        self._now = now or (lambda: datetime.now(UTC))
        self._post = post or post_form
        self._waits, self._patience, self._rings_s = waits, patience, rings_s
        self._log = log or PhoneLog()
        self.phones: dict[str, Phone] = {}
        self.taken: list[Taken] = []
        self.texts_in: list[Mapping[str, str]] = []
        self.journal: list[tuple[str, str, Mapping[str, str]]] = []
        self.texts_to = ""
        self.keys: dict[str, str] = {}
        """What someone at a number presses, one key a question; no one is there otherwise, but a machine."""
        self.heard: dict[str, list[str]] = {}
        """What was said in calls to a number, sentence by sentence."""
        self._stopped: set[str] = set()
        self._to_call_back: list[tuple[Taken, Phone]] = []
        self._calls: dict[str, _Call] = {}
        self._lock = threading.Lock()
        self._server = server(self._asked, port)
        self.url = f"http://{HOST}:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._remember()
        threading.Thread(target=self._server.serve_forever, args=(STOPS_WITHIN_S,), daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    def write(self, number: str, body: str, sid: str = "", *, media: int = 0) -> str:
        """Someone writes to the agency; the id of the text. The same `sid` again is the same text again."""
        self._note_carriers_words(number, body)
        event = PhoneEvent(Happening.WROTE, self._now(), number, sid or _sid("SM"), body, {"NumMedia": str(media)})
        fields = self._text_in(event)
        if all(t["MessageSid"] != event.sid for t in self.texts_in):
            self._log.append(event)
            self.texts_in.append({**fields, "at": event.at.isoformat()})
        if self.texts_to:
            self._now_or_later(lambda: self._hand_in(fields))
        return event.sid

    def call_back(self, url: str, fields: Mapping[str, str], *, token: str = "") -> int:
        """Call an address of the agency's, signed; the status it answers, 0 where no one does."""
        return self._called(url, fields, token)[0]

    def call_back_now(self) -> bool:
        """Call back about everything that was taken since, and let calls be answered; whether there was anything."""
        had_any = False
        while True:
            with self._lock:
                if not self._to_call_back:
                    return had_any
                one, phone = self._to_call_back.pop(0)
            had_any = True
            self._follow_up(one, phone)

    def press(self, sid: str, key: str) -> bool:
        """Someone who picked a call up presses a key, or with no key hangs up: a machine answers. False: it is over."""
        with self._lock:
            call = self._calls.pop(sid, None)
        if call is None:
            return False
        if not key:
            self._say(call.one, call.script.otherwise)
            self._end(call.one)
            return True
        self._note(Happening.KEY, call.one.to, sid, key)
        status, twiml = self._called(call.script.action, {**self._about_call(call.one), "Digits": key})
        if status != 200:
            self._end(call.one)
        else:
            self._wait_for_key(call.one, twiml)
        return True

    def behave(self, number: str, phone: Phone) -> None:
        """The phone of a number behaves so from now on; one that receives again has not opted out either."""
        self._note(Happening.SET, number, "", phone)
        self.phones[number] = phone
        self._stopped.discard(number)

    # what the demo's people do --------------------------------------------------------------------------

    def _control(self, handler: BaseHTTPRequestHandler, what: str, fields: Mapping[str, str]) -> None:
        given = handler.headers.get("Authorization", "").encode()
        if not hmac.compare_digest(given, f"Bearer {self._token}".encode()):
            answer(handler, 401, {"done": False})
            return
        try:
            done = self._play(what, fields)
        except (KeyError, ValueError):
            answer(handler, 400, {"done": False})
            return
        answer(handler, 200, {"done": done})

    def _play(self, what: str, fields: Mapping[str, str]) -> bool:
        """Raises KeyError or ValueError for what makes no sense."""
        match what:
            case "write":
                self.write(fields["number"], fields["body"], fields.get("sid", ""))
            case "press":
                return self.press(fields["call"], fields["key"])
            case "behave":
                self.behave(fields["number"], Phone(fields["phone"]))
            case _:
                raise ValueError(what)
        return True

    # the vendor's API ---------------------------------------------------------------------------------

    def _asked(self, handler: BaseHTTPRequestHandler, method: str) -> None:
        length = int(handler.headers.get("Content-Length") or 0)
        fields = dict(parse_qsl(handler.rfile.read(length).decode(), keep_blank_values=True))
        path = urlsplit(handler.path)
        if path.path.startswith(CONTROL) and method == "POST":
            self._control(handler, path.path.removeprefix(CONTROL), fields)
            return
        self.journal.append((method, path.path, fields))
        if not self._is_known(handler.headers.get("Authorization", "")):
            answer(handler, 401, error(401, 20003, "Authenticate"))
        elif path.path == calls_path(self.account_sid) and method == "POST":
            self._call(handler, fields)
        elif path.path != messages_path(self.account_sid):
            answer(handler, 404, error(404, 20404, "The requested resource was not found"))
        elif method == "GET":
            asked = parse_qs(path.query)
            answer(handler, 200, page_of(self.account_sid, self.taken, self.texts_in, asked))
        else:
            self._take(handler, fields)

    def _is_known(self, authorization: str) -> bool:
        expected = base64.b64encode(f"{self.account_sid}:{self._token}".encode()).decode()
        return authorization == f"Basic {expected}"

    def _take(self, handler: BaseHTTPRequestHandler, fields: Mapping[str, str]) -> None:
        to = fields.get("To", "")
        phone = Phone.OPTED_OUT if to in self._stopped else self.phones.get(to, Phone.RECEIVES)
        if not to:
            answer(handler, 400, error(400, 21604, "A 'To' phone number is required."))
        elif phone in REFUSED:
            status, code, words = REFUSED[phone]
            self._note(Happening.REFUSED, to, "", fields.get("Body", ""), phone=phone)
            answer(handler, status, error(status, code, words) if code else None)
        else:
            self._keep(handler, phone, to, fields)

    def _keep(self, handler: BaseHTTPRequestHandler, phone: Phone, to: str, fields: Mapping[str, str]) -> None:
        one = Taken(_sid("SM"), to, fields.get("Body", ""), self._now(), fields)
        self._note(Happening.TEXT, to, one.sid, one.body, at=one.at, **_kept(fields), phone=phone)
        with self._lock:
            self.taken.append(one)
        if phone is Phone.SWALLOWED:
            handler.close_connection = True
            handler.connection.close()
        else:
            answer(handler, 201, in_list(one, self.account_sid, "queued"))
        if fields.get("StatusCallback") and phone not in SAYS_NO_MORE:
            self._call_back_later(one, phone)

    def _call(self, handler: BaseHTTPRequestHandler, fields: Mapping[str, str]) -> None:
        one = Taken(_sid("CA"), fields.get("To", ""), fields.get("Twiml", ""), self._now(), fields)
        self._note(Happening.CALL, one.to, one.sid, one.body, at=one.at, **_kept(fields))
        with self._lock:
            self.taken.append(one)
        answer(handler, 201, {"sid": one.sid, "status": "queued", "to": one.to, "account_sid": self.account_sid})
        self._call_back_later(one, self.phones.get(one.to, Phone.RECEIVES))

    # calling back ---------------------------------------------------------------------------------------

    def _call_back_later(self, one: Taken, phone: Phone) -> None:
        if self._waits:
            with self._lock:
                self._to_call_back.append((one, phone))
        else:
            _aside(self._follow_up, one, phone)

    def _follow_up(self, one: Taken, phone: Phone) -> None:
        if not one.sid.startswith("CA"):
            self._call_back_about(one, phone)
        elif self._rings_s is None:
            self._answer_by_keys(one)
        else:
            self._wait_for_key(one, one.body)

    def _call_back_about(self, one: Taken, phone: Phone) -> None:
        states = ["queued", "sent", NOT_REACHED if phone is Phone.UNREACHED else DELIVERED]
        if phone is Phone.OUT_OF_ORDER:
            states.reverse()
        for state in states * (2 if phone is Phone.TWICE else 1):
            code = {"ErrorCode": "30006"} if state == NOT_REACHED else {}
            told = {"MessageSid": one.sid, "MessageStatus": state, "AccountSid": self.account_sid, "To": one.to, **code}
            if self._tell(one, told):
                self._note(Happening.STATE, one.to, one.sid, state)

    def _tell(self, one: Taken, told: Mapping[str, str]) -> bool:
        url = one.fields["StatusCallback"]
        return self._patiently(lambda: _is_taken(self.call_back(url, told)))

    def _now_or_later(self, what: Callable[[], bool]) -> None:
        if not what() and self._patience:
            _aside(self._patiently, what)

    def _patiently(self, what: Callable[[], bool]) -> bool:
        for _ in range(self._patience):
            if what():
                return True
            time.sleep(TRY_AGAIN_S)
        return what()

    def _called(self, url: str, fields: Mapping[str, str], token: str = "") -> tuple[int, str]:
        signature = RequestValidator(token or self._token).compute_signature(url, dict(fields))
        headers = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
        return self._post(url, urlencode(fields).encode(), headers)

    def _text_in(self, event: PhoneEvent) -> dict[str, str]:
        """What is handed in of a text that someone wrote."""
        about = {"MessageSid": event.sid, "AccountSid": self.account_sid, "From": event.number, "To": AGENCY}
        return about | {"Body": event.text, **event.more}

    def _hand_in(self, fields: Mapping[str, str]) -> bool:
        is_taken = _is_taken(self.call_back(self.texts_to, fields))
        if is_taken:
            self._note(Happening.HANDED_IN, fields["From"], fields["MessageSid"])
        return is_taken

    def _note_carriers_words(self, number: str, body: str) -> None:
        word = body.strip().upper()
        if word in CARRIERS_STOP:
            self._stopped.add(number)
        elif word in CARRIERS_START:
            self._stopped.discard(number)

    # calls ----------------------------------------------------------------------------------------------

    def _answer_by_keys(self, one: Taken) -> None:
        """Someone listens and presses keys; without any left, the rest is said to whoever is there."""
        script, keys = script_of(one.body), list(self.keys.get(one.to, ""))
        while script.action and keys:
            self._say(one, script.says)
            said = self._called(script.action, {**self._about_call(one), "Digits": keys.pop(0)})[1]
            script = script_of(said)
        self._say(one, script.says + script.otherwise)
        self._end(one)

    def _wait_for_key(self, one: Taken, twiml: str, *, is_said: bool = False) -> None:
        """Say what is next, and wait for someone; a call without a question is over."""
        call = _Call(one, script_of(twiml))
        if not is_said:
            self._say(one, call.script.says, twiml)
        if not call.script.action:
            self._end(one)
            return
        with self._lock:
            self._calls[one.sid] = call
        self._give_up_later(call)

    def _give_up_later(self, call: _Call) -> None:
        def give_up() -> None:
            with self._lock:
                waits = self._calls.get(call.one.sid) is call
            if waits:
                self.press(call.one.sid, "")

        timer = threading.Timer(self._rings_s or 0, give_up)
        timer.daemon = True
        timer.start()

    def _say(self, one: Taken, says: Sequence[str], twiml: str = "") -> None:
        self.heard.setdefault(one.to, []).extend(says)
        if says:
            self._note(Happening.SAID, one.to, one.sid, " ".join(says), twiml=twiml)

    def _end(self, one: Taken) -> None:
        self._note(Happening.ENDED, one.to, one.sid)
        told = {**self._about_call(one), "CallStatus": "completed"}
        self._now_or_later(lambda: _is_taken(self.call_back(one.fields["StatusCallback"], told)))

    def _about_call(self, one: Taken) -> dict[str, str]:
        return {"CallSid": one.sid, "AccountSid": self.account_sid, "To": one.to}

    # what is remembered -----------------------------------------------------------------------------------

    def _note(
        self, what: Happening, number: str, sid: str, text: str = "", *, at: datetime | None = None, **more: str
    ) -> None:
        self._log.append(PhoneEvent(what, at or self._now(), number, sid, text, more))

    def _remember(self) -> None:
        """Go on where the log ends: what was not called back about yet is now, and calls wait for someone again."""
        found = remembered(self._log.events())
        self.taken += map(_again, found.taken)
        for event in found.people_did:
            self._do_again(event)
        for text in found.untold.values():
            phone = Phone(text.more["phone"])
            if "StatusCallback" in text.more and phone not in SAYS_NO_MORE:
                self._call_back_later(_again(text), phone)
        for written in found.not_handed_in.values():
            fields = self._text_in(written)
            _aside(self._patiently, lambda fields=fields: self._hand_in(fields))
        for call, twiml in found.calls.values():
            self._wait_for_key(_again(call), twiml or call.text, is_said=bool(twiml))

    def _do_again(self, event: PhoneEvent) -> None:
        if event.happened is Happening.SET:
            self.phones[event.number] = Phone(event.text)
            self._stopped.discard(event.number)
            return
        self._note_carriers_words(event.number, event.text)
        self.texts_in.append({**self._text_in(event), "at": event.at.isoformat()})


def _sid(kind: str) -> str:
    return kind + secrets.token_hex(16)


def _kept(fields: Mapping[str, str]) -> dict[str, str]:
    """The fields of a request that an event does not hold already."""
    return {name: value for name, value in fields.items() if name not in ("To", "Body", "Twiml")}


def _again(event: PhoneEvent) -> Taken:
    """A text or a call as it was taken."""
    body = "Twiml" if event.happened is Happening.CALL else "Body"
    return Taken(event.sid, event.number, event.text, event.at, {**event.more, "To": event.number, body: event.text})


def _is_taken(status: int) -> bool:
    """Whether an agency has heard it: one that refuses it will do so again."""
    return 200 <= status < 500


def _aside(what: Callable[..., object], *given: object) -> None:
    threading.Thread(target=what, args=given, daemon=True).start()
