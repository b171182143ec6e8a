"""How the demo agency and its phone company find each other: a connection, and what is called back."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from suture.model.actors import PROVIDER
from suture.model.connections import Audience
from suture.model.hooks import HookRequest
from suture.model.messages import Channel
from suture.model.phone_events import PHONES_FILE
from suture.service.caller import Caller
from suture.service.connections import NewSender, connect, connected_now, disconnect
from suture.service.take_hook import Outcome, take_hook
from suture.sim.phone_company import AGENCY, PhoneCompany
from suture.sim.phone_http import Post
from suture.sim.phone_log import PhoneLog

ACCOUNT_SID = "AC" + "614" * 10 + "55"
TOKEN_VARIABLE = "SUTURE_DEMO_PHONES_TOKEN"
CONNECTION = "demo-phones"
MOST_A_SECOND = 1000


def connect_phones(caller: Caller, url: str) -> str:
    """Texts and calls leave by the phone company at `url` from now on; where what people write is handed in."""
    settings, text_hook = {"account_sid": ACCOUNT_SID, "base_url": url}, ""
    for channel in (Channel.SMS, Channel.VOICE):
        new = NewSender(channel, Audience.EVERYONE, AGENCY, MOST_A_SECOND, MOST_A_SECOND)
        connected = connect(caller, CONNECTION, "twilio", settings, TOKEN_VARIABLE, new)
        text_hook = f"{connected.hook_url}/text"
    return text_hook


def disconnect_phones(caller: Caller) -> None:
    """Texts of a demo stay on this machine again, where no phone company runs."""
    if any(c.connection.name == CONNECTION for c in connected_now(caller)):
        disconnect(caller, CONNECTION)


@contextmanager
def phones_here(caller: Caller, now: Callable[[], datetime], folder: Path, token: str) -> Iterator[PhoneCompany]:
    """A phone company in this process while the block runs, which hands everything to the agency directly.

    It calls back when the played morning tells it to.
    """
    before = os.environ.get(TOKEN_VARIABLE)
    os.environ[TOKEN_VARIABLE] = token
    log = PhoneLog(folder / PHONES_FILE)
    try:
        with PhoneCompany(ACCOUNT_SID, token, now=now, post=handing_to(caller), waits=True, log=log) as company:
            company.texts_to = connect_phones(caller, company.url)
            yield company
    finally:
        if before is None:
            del os.environ[TOKEN_VARIABLE]
        else:
            os.environ[TOKEN_VARIABLE] = before


def handing_to(caller: Caller) -> Post:
    """What the public side does with a call of a provider, without the public side."""
    provider = Caller(caller.tools, PROVIDER)

    def post(url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
        *_, hook_id, path = urlsplit(url).path.split("/")
        form = parse_qsl(body.decode(), keep_blank_values=True)
        request = HookRequest(url, path, tuple(form), tuple((name.lower(), v) for name, v in headers.items()))
        taken = take_hook(provider, hook_id, request)
        return (200, taken.answer) if taken.outcome is Outcome.KEPT else (403, "")

    return post
