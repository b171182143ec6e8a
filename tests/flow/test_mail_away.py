"""A mail server that is not there: the board says so after the first failure, and no longer once a mail has left."""

import socket
from collections.abc import Iterator
from datetime import timedelta

import pytest
from starlette.testclient import TestClient
from tests.fakes.callers import with_tools
from tests.fakes.sessions import signed_in
from tests.flow.a_told_visit import plan
from tests.flow.a_web_morning import WebMorning, web_morning
from tests.store.a_branch import Branch, a_touch
from tests.store.a_shell import Shell

from suture.cli.serve import mail_note
from suture.model.messages import Channel, Receipt, SendOutcome, Step
from suture.service.send_messages import send_due
from suture.settings import Settings
from suture.store import attempts
from suture.store.attempts import Away
from suture.store.embedded import EmbeddedPostgres
from suture.web.app import create_app
from suture.web.desk.words import mail_words

REFUSED = Receipt(SendOutcome.TRANSIENT, "smtp", code="SMTPConnectError")
BUSY = Receipt(SendOutcome.TRANSIENT, "smtp", code="451")
NO_SIGN_IN = Receipt(SendOutcome.TRANSIENT, "smtp", code="auth_535")


def away(shell: Shell, channel: Channel = Channel.EMAIL) -> Away | None:
    with shell.caller.transaction() as tx:
        return attempts.away(tx, channel)


def a_mail(shell: Shell, branch: Branch) -> None:
    plan(shell, branch, a_touch(Step.S_PUBLISHED, branch.nora, channel=Channel.EMAIL))


def test_the_first_refused_connection_is_known_and_a_mail_that_leaves_ends_it(shell, branch, visit):
    assert away(shell) is None, "nothing was tried yet"
    shell.email.script = [REFUSED, REFUSED]
    a_mail(shell, branch)
    first_try = shell.clock.now()
    send_due(shell.caller)
    known = away(shell)
    assert known is not None and (known.since, known.waiting, known.refuses_us) == (first_try, 1, False)
    assert away(shell, Channel.SMS) is None
    for minutes in (1, 5):
        shell.clock.advance_to(first_try + timedelta(minutes=minutes))
        send_due(shell.caller)
        again = away(shell)
        assert (again.since if again else None) == (first_try if minutes == 1 else None)


@pytest.mark.parametrize("receipt", [BUSY, Receipt(SendOutcome.PERMANENT, "smtp", code="550")])
def test_a_server_that_says_no_is_there(shell, branch, visit, receipt):
    shell.email.script = [receipt]
    a_mail(shell, branch)
    send_due(shell.caller)
    assert away(shell) is None


def test_a_server_that_lets_no_one_in_is_told_apart(shell, branch, visit):
    shell.email.script = [NO_SIGN_IN]
    a_mail(shell, branch)
    send_due(shell.caller)
    known = away(shell)
    assert known is not None and known.refuses_us
    said = mail_words(known, "mail.example.org:587", shell.clock.now(), "America/New_York")
    assert said == (
        "E-mail is not going out: the mail server mail.example.org:587 does not let Suture sign in (since 15:00; 1 "
        "e-mail waits). Maybe SUTURE_SMTP_USERNAME or SUTURE_SMTP_PASSWORD is wrong."
    )
    shell.clock.advance_to(shell.clock.now() + timedelta(days=8))
    assert away(shell) is None, "what was a week ago says nothing of today"


@pytest.fixture
def web(postgres: EmbeddedPostgres) -> Iterator[WebMorning]:
    yield from web_morning(postgres)


def test_the_board_says_at_once_that_mail_does_not_leave(web: WebMorning) -> None:
    assert "E-mail is not going out" not in web.browser.get("/").text
    web.run(
        """INSERT INTO message_attempt (touch_id, attempt_no, provider, request_sha, started_at, outcome, code)
           SELECT id, 9, 'smtp', '', :now, 'transient', 'SMTPConnectError' FROM touch WHERE channel = 'email' LIMIT 1"""
    )
    caller = with_tools(web.caller, mail_server="127.0.0.1:8025")
    app = create_app(caller.tools)
    page = TestClient(app, base_url="http://localhost:8000", headers=signed_in(caller)).get("/").text
    assert "E-mail is not going out: the mail server 127.0.0.1:8025 does not answer (since " in page
    assert "Maybe SUTURE_SMTP_HOST or SUTURE_SMTP_PORT is wrong" in page


def test_the_start_says_where_no_one_listens_and_nothing_where_somebody_does():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
        said = mail_note(Settings(smtp_host="127.0.0.1", smtp_port=port))
        assert said.startswith(f"The mail server 127.0.0.1:{port} does not answer: e-mail waits until it does.")
        server.listen()
        assert mail_note(Settings(smtp_host="127.0.0.1", smtp_port=port)) == ""
    assert "does not answer" in mail_note(Settings(smtp_host="no such host", smtp_port=25))
