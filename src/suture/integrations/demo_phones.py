"""The demo's phones: what happened at them, from the phone company's file, and playing them by its address."""

import http.client
import json
import threading
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from pydantic import SecretStr

from suture.model.phone_events import PhoneEvent, PhonesAway, events_in

TIMEOUT_S = 15.0
FORM = "application/x-www-form-urlencoded"


class PhonesFile:
    """Reads the phone company's file; only what was added since the last look is read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._events: list[PhoneEvent] = []
        self._read_to = 0

    def events(self) -> Sequence[PhoneEvent]:
        """Everything that happened, the oldest first."""
        with self._lock:
            if not self._path.is_file() or self._path.stat().st_size < self._read_to:  # someone began again
                self._events, self._read_to = [], 0
            if self._path.is_file():
                self._read_on()
            return tuple(self._events)

    def _read_on(self) -> None:
        with self._path.open("rb") as file:
            file.seek(self._read_to)
            new = file.read()
        whole = new[: new.rfind(b"\n") + 1]
        self._events += events_in(whole)
        self._read_to += len(whole)


class DemoPhones:
    """Plays phones at a phone company of this machine."""

    def __init__(self, file: PhonesFile, url: str, token: SecretStr) -> None:
        self._file = file
        self._address = urlsplit(url)
        self._token = token

    def happened(self) -> Sequence[PhoneEvent]:
        """What happened at all phones, the oldest first."""
        return self._file.events()

    def write(self, number: str, body: str, sid: str = "") -> bool:
        """Send a text from a number; the same `sid` again is the same text. Raises PhonesAway."""
        return self._ask("write", number=number, body=body, sid=sid)

    def press(self, call: str, key: str) -> bool:
        """Press a key in a call, or with no key let a machine answer; False: it is over. Raises PhonesAway."""
        return self._ask("press", call=call, key=key)

    def behave(self, number: str, phone: str) -> bool:
        """Let the phone of a number behave otherwise; False: no phone does that. Raises PhonesAway."""
        return self._ask("behave", number=number, phone=phone)

    def _ask(self, what: str, **fields: str) -> bool:
        connection = http.client.HTTPConnection(self._address.hostname or "", self._address.port, timeout=TIMEOUT_S)
        headers = {"Authorization": f"Bearer {self._token.get_secret_value()}", "Content-Type": FORM}
        try:
            connection.request("POST", f"/control/{what}", urlencode(fields), headers)
            answer = connection.getresponse()
            said = json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise PhonesAway(type(error).__name__) from None
        finally:
            connection.close()
        return answer.status == 200 and bool(said["done"])
