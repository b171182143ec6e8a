"""The running demo's texts: out by the phone company, delivered, answered from the page; and what no kill loses."""

import os
import signal
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from tests.flow.a_web_morning import hidden
from tests.flow.processes import Demo, a_prepared_folder, wait_for

from suture.model.phone_events import PHONES_FILE, Happening, PhoneEvent, events_in


@pytest.fixture(scope="module")
def demo(pytestconfig: pytest.Config) -> Iterator[Demo]:
    with a_prepared_folder(pytestconfig) as data, Demo(data) as running:
        running.wait_until_ready()
        yield running


def page(demo: Demo, path: str, form: dict[str, str] | None = None) -> str:
    """What the desk answers a browser of this machine."""
    body = urlencode(form).encode() if form is not None else None
    headers = {"Sec-Fetch-Site": "same-origin", "Cookie": demo.cookie()}
    request = urllib.request.Request(f"http://localhost:{demo.port}{path}", body, headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return str(answer.read().decode())


def play(demo: Demo, what: str, **fields: str) -> str:
    """Press a button of the page with the phones."""
    form = hidden(page(demo, "/dev/inbox"))
    return page(demo, f"/dev/inbox/{what}", {"csrf": form["csrf"], **fields})


def happened(demo: Demo, number: str, what: Happening) -> list[PhoneEvent]:
    """What the phone company has in its file."""
    events = events_in((demo.data / PHONES_FILE).read_bytes())
    return [event for event in events if event.number == number and event.happened is what]


def phones(demo: Demo) -> list[str]:
    """The numbers of patients who were asked something and have not answered."""
    rows = demo.rows(
        """SELECT DISTINCT a.value FROM open_prompt o JOIN address a ON a.party_id = o.party_id AND a.channel = 'sms'
           JOIN party p ON p.id = o.party_id AND p.kind = 'patient' WHERE o.closed_at IS NULL ORDER BY a.value"""
    )
    return [r["value"] for r in rows]


def attempt(demo: Demo, sid: str) -> dict[str, Any]:
    """What is known of a text."""
    [row] = demo.rows("SELECT outcome, delivery FROM message_attempt WHERE provider_sid = %s", sid) or [{}]
    return row


def test_a_text_leaves_is_delivered_and_answered_from_the_page(demo: Demo) -> None:
    number = phones(demo)[0]
    before = len(happened(demo, number, Happening.TEXT))
    assert '"mine"' in play(demo, "reply", to=number, body="HELP")
    wait_for(lambda: len(happened(demo, number, Happening.TEXT)) > before, "the answer arrived")
    sid = happened(demo, number, Happening.TEXT)[-1].sid
    wait_for(lambda: attempt(demo, sid) == {"outcome": "accepted", "delivery": "delivered"}, "its receipt was read")
    assert f"{number[-4:]}" in page(demo, f"/dev/inbox?channel=sms&to=%2B{number[1:]}")

    play(demo, "reply", to=number, body="2")
    came = "SELECT body FROM inbox WHERE kind = 'reply' AND source_id = %s"
    written = happened(demo, number, Happening.WROTE)[-1].sid
    [reply] = wait_for(lambda: demo.rows(came, written), "the answer is a signal")
    assert reply["body"]["answer"] == "decline"


def test_links_in_messages_begin_at_the_public_side(demo: Demo) -> None:
    told = Path(f"/proc/{demo.children()['public']}/cmdline").read_text().split("\0")
    port = int(told[told.index("--port") + 1])
    assert port > demo.port
    assert (
        f"PUBLIC_BASE_URL=http://localhost:{port}\0" in Path(f"/proc/{demo.children()['sender']}/environ").read_text()
    )
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"http://localhost:{port}/dev/inbox", timeout=30)


def test_a_killed_phone_company_has_every_text_it_answered_for_and_still_tells_of_it(demo: Demo) -> None:
    number, before = phones(demo)[0], demo.children()
    had = len(happened(demo, number, Happening.TEXT))
    os.kill(before["public"], signal.SIGSTOP)  # nothing can be called back
    try:
        play(demo, "reply", to=number, body="HELP")
        written = happened(demo, number, Happening.WROTE)[-1].sid
        demo.kill("phones")
    finally:
        os.kill(before["public"], signal.SIGCONT)
    wait_for(lambda: demo.children().get("phones", before["phones"]) != before["phones"], "a new phone company")
    taken = "SELECT action FROM inbound WHERE provider_msg_id = %s"
    assert wait_for(lambda: demo.rows(taken, written), "what was written came in") == [{"action": "helped"}]
    wait_for(lambda: len(happened(demo, number, Happening.TEXT)) > had, "help was sent")
    sid = happened(demo, number, Happening.TEXT)[-1].sid
    wait_for(lambda: attempt(demo, sid).get("delivery") == "delivered", "its receipt")
    assert demo.children().keys() == before.keys()
