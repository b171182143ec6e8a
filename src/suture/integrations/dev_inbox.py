"""What left on this machine, for /dev/inbox: the catcher's mail, the console's texts and those of the demo's phones."""

import email
import email.policy
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from functools import lru_cache
from pathlib import Path

from suture.integrations.demo_phones import PhonesFile
from suture.integrations.email.catcher import MAIL_FOLDER
from suture.integrations.sms.console.adapter import SMS_FILE, parse_lines
from suture.model.messages import Channel
from suture.model.phone_events import PHONES_FILE, UNREACHED, Happening, PhoneEvent
from suture.model.seen import SeenMessage, links_in


def read_messages(data_dir: Path, phones: PhonesFile | None = None, limit: int = 500) -> list[SeenMessage]:
    """The newest messages, newest first. `phones` remembers what was read of their file."""
    phones = phones or PhonesFile(data_dir / PHONES_FILE)
    seen = [*_mails(data_dir / MAIL_FOLDER, limit), *_texts(data_dir / SMS_FILE), *_received(phones.events())]
    return sorted(seen, key=lambda m: m.at, reverse=True)[:limit]


def _mails(maildir: Path, limit: int) -> Iterator[SeenMessage]:
    files = [f for part in ("new", "cur") if (maildir / part).is_dir() for f in (maildir / part).iterdir()]
    for file in sorted(files, key=lambda f: f.stat().st_mtime_ns, reverse=True)[:limit]:
        yield _parsed(file, file.stat().st_mtime)


@lru_cache(maxsize=2_000)
def _parsed(file: Path, modified: float) -> SeenMessage:
    """One caught mail; a file of a Maildir never changes, so it is read once."""
    mail = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    body = _body(mail)
    at = _date(mail) or datetime.fromtimestamp(modified, UTC)
    return SeenMessage(Channel.EMAIL, str(mail["To"] or ""), at, str(mail["Subject"] or ""), body, links_in(body))


def _body(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    if part is None:
        return ""
    try:
        return str(part.get_content()).replace("\r\n", "\n")
    except LookupError:  # an unknown character set
        return ""


def _date(mail: EmailMessage) -> datetime | None:
    try:
        found = parsedate_to_datetime(str(mail["Date"]))
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _texts(file: Path) -> Iterator[SeenMessage]:
    if not file.is_file():
        return
    for line in parse_lines(file.read_bytes()):
        try:
            at, to, body = datetime.fromisoformat(line["at"]), line["to"], line["body"]
        except (KeyError, ValueError):
            continue
        yield SeenMessage(Channel.SMS, to, at.astimezone(UTC), "", body, links_in(body))


def _received(events: Iterable[PhoneEvent]) -> Iterator[SeenMessage]:
    """The texts that phones really got."""
    for event in events:
        if event.happened is Happening.TEXT and event.more.get("phone") != UNREACHED:
            yield SeenMessage(Channel.SMS, event.number, event.at, "", event.text, links_in(event.text), event.sid)
