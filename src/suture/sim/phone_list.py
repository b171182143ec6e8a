"""The phone company's list of texts, as the vendor's client reads it, and the paths of its API."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode


@dataclass(frozen=True, slots=True)
class Taken:
    """One text that was taken, or one call."""

    sid: str
    to: str
    body: str
    at: datetime
    fields: Mapping[str, str] = field(repr=False)


def messages_path(account_sid: str) -> str:
    """Where texts are sent and listed."""
    return f"/2010-04-01/Accounts/{account_sid}/Messages.json"


def calls_path(account_sid: str) -> str:
    """Where calls are made."""
    return f"/2010-04-01/Accounts/{account_sid}/Calls.json"


def page_of(
    account_sid: str,
    taken: Sequence[Taken],
    texts_in: Sequence[Mapping[str, str]],
    asked: Mapping[str, Sequence[str]],
) -> dict[str, Any]:
    """Everything that went either way, the newest first, a page at a time."""
    out = [in_list(one, account_sid, "delivered") for one in taken]
    back = [_written(text, account_sid) for text in texts_in]
    newest = sorted([*out, *back], key=lambda m: m["_at"], reverse=True)
    size, page = int(asked.get("PageSize", ["50"])[0]), int(asked.get("Page", ["0"])[0])
    shown, rest = newest[page * size : (page + 1) * size], newest[(page + 1) * size :]
    path = messages_path(account_sid)
    return {
        "messages": shown,
        "page": page,
        "page_size": size,
        "uri": path,
        "next_page_uri": f"{path}?{urlencode({'PageSize': size, 'Page': page + 1})}" if rest else None,
    }


def _written(text: Mapping[str, str], account_sid: str) -> dict[str, Any]:
    one = Taken(text["MessageSid"], text["To"], text["Body"], datetime.fromisoformat(text["at"]), text)
    return {**in_list(one, account_sid, "received"), "direction": "inbound", "from": text["From"]}


def in_list(one: Taken, account_sid: str, status: str) -> dict[str, Any]:
    """One text as the vendor shows it."""
    return {
        "_at": one.at.isoformat(),
        "sid": one.sid,
        "account_sid": account_sid,
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
