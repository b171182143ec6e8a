"""What left on this machine, for /dev/inbox: the catcher's mail and the console's texts together."""

import email
import email.policy
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from functools import lru_cache
from pathlib import Path

from suture.integrations.email.catcher import MAIL_FOLDER
from suture.integrations.sms.console.adapter import SMS_FILE, parse_lines
from suture.model.messages import Channel
from suture.model.seen import SeenMessage

_LINK = re.compile(r"https?://[^\s<>\"]+")


def read_messages(data_dir: Path, limit: int = 500) -> list[SeenMessage]:
    """The newest messages, newest first."""
    seen = [*_mails(data_dir / MAIL_FOLDER, limit), *_texts(data_dir / SMS_FILE)]
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


def links_in(body: str) -> tuple[str, ...]:
    """The web addresses in a text, in order, without the full stop that ends a sentence."""
    return tuple(link.rstrip(".,;:!?)") for link in _LINK.findall(body))
