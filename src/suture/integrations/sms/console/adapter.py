"""Text messages into a file of this machine, one JSON object a line (ports.MessageChannel)."""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from suture.model.messages import Channel, Receipt, Send, SendOutcome

SMS_FILE = "sms.jsonl"
PROVIDER = "console"


class ConsoleSms:
    """Appends to one file, `<data folder>/sms.jsonl`. A key that is there already is never written again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._keys: set[str] = set()
        self._read_to = 0

    @property
    def channel(self) -> Channel:
        """SMS."""
        return Channel.SMS

    def send(self, message: Send) -> Receipt:
        """Write the message down, unless its key is there."""
        sid = f"{PROVIDER}-{hashlib.sha256(message.idem_key.encode()).hexdigest()[:16]}"
        try:
            with self._locked() as file:
                if message.idem_key not in self._known_keys(file) and not self._append(file, message, sid):
                    return Receipt(SendOutcome.UNKNOWN, PROVIDER, code="short_write")
        except OSError as error:
            return Receipt(SendOutcome.TRANSIENT, PROVIDER, code=f"errno_{error.errno}")
        return Receipt(SendOutcome.ACCEPTED, PROVIDER, provider_sid=sid, code="written")

    @contextmanager
    def _locked(self) -> Iterator[int]:
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file
        finally:
            os.close(file)

    def _known_keys(self, file: int) -> set[str]:
        """Every key in the file; only what was added since the last look is read."""
        size = os.fstat(file).st_size
        if size < self._read_to:  # someone emptied the file
            self._keys, self._read_to = set(), 0
        new = os.pread(file, size - self._read_to, self._read_to)
        whole = new[: new.rfind(b"\n") + 1]
        self._keys.update(line["idem_key"] for line in parse_lines(whole) if "idem_key" in line)
        self._read_to += len(whole)
        return self._keys

    def _append(self, file: int, message: Send, sid: str) -> bool:
        line = {
            "at": message.at.isoformat(),
            "to": message.to,
            "from": message.sender,
            "body": message.body,
            "touch_id": message.touch_id,
            "idem_key": message.idem_key,
            "sid": sid,
        }
        content = (json.dumps(line, ensure_ascii=False) + "\n").encode()
        if os.fstat(file).st_size > self._read_to:
            content = b"\n" + content  # the line before is torn: leave it a line of its own
        return os.write(file, content) == len(content)


def parse_lines(content: bytes) -> Iterator[dict[str, str]]:
    """The objects of a JSONL file; a torn or foreign line is passed over."""
    for line in content.split(b"\n"):
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, dict):
            yield found
