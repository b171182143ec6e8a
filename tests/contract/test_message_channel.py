"""What every message channel promises, whatever is behind it; and what each says when the other side misbehaves."""

import email
import email.policy
import json
import mailbox
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr
from tests.fakes.ports import FakeChannel
from tests.fakes.smtp_script import HANG_UP, SILENCE, ScriptedSmtp

from suture.bootstrap import channels
from suture.integrations.dev_inbox import read_messages
from suture.integrations.email.catcher import MAIL_FOLDER, Catcher
from suture.integrations.email.smtp.adapter import SmtpChannel, SmtpSettings
from suture.integrations.sms.console.adapter import SMS_FILE, ConsoleSms
from suture.model.ids import TouchId
from suture.model.messages import CalendarFile, CalendarMethod, Channel, Refusal, Send, SendOutcome
from suture.ports import MessageChannel
from suture.settings import Settings

MESSAGE = Send(
    touch_id=TouchId(7),
    idem_key="0b0e7f1c-6a3b-4f5e-9d7a-1c2b3a4d5e6f",
    channel=Channel.SMS,
    to="+16145550111",
    sender="+16145550100",
    subject="",
    body="Riverbend: mañana 9:00–10:00. Sí: responda 1. http://localhost:8000/p/abc.",
    at=datetime(2026, 3, 23, 19, tzinfo=UTC),
    not_after=datetime(2026, 3, 24, tzinfo=UTC),
)
MAIL = replace(
    MESSAGE,
    channel=Channel.EMAIL,
    to="p-01@example.org",
    sender="Riverbend Home Care <visits@riverbend.example>",
    subject="Your schedule for tomorrow",
)


@dataclass
class Setup:
    """A channel, a message it can carry, and how to count what has arrived."""

    channel: MessageChannel
    message: Send
    arrived: Callable[[], int]
    sends_a_key_once: bool = True


@pytest.fixture(params=["console", "smtp", "fake sms", "fake email"])
def setup(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Setup]:
    match request.param:
        case "console":
            file = tmp_path / SMS_FILE
            yield Setup(ConsoleSms(file), MESSAGE, lambda: len(file.read_bytes().splitlines()))
        case "smtp":
            with Catcher(tmp_path / MAIL_FOLDER) as catcher:
                channel = SmtpChannel(catcher.host, catcher.port, SmtpSettings())
                yield Setup(channel, MAIL, lambda: mails(tmp_path), sends_a_key_once=False)
        case "fake sms":
            fake = FakeChannel(Channel.SMS)
            yield Setup(fake, MESSAGE, lambda: len(fake.sent))
        case "fake email":
            other = FakeChannel(Channel.EMAIL)
            yield Setup(other, MAIL, lambda: len(other.sent))
        case unknown:
            raise AssertionError(f"no such channel: {unknown}")


def mails(data_dir: Path) -> int:
    return len(mailbox.Maildir(str(data_dir / MAIL_FOLDER)))


def test_it_says_which_channel_it_serves(setup: Setup) -> None:
    assert setup.channel.channel is setup.message.channel


def test_an_accepted_message_has_arrived_and_has_a_provider_id(setup: Setup) -> None:
    receipt = setup.channel.send(setup.message)
    assert receipt.outcome is SendOutcome.ACCEPTED
    assert receipt.provider and receipt.provider_sid
    assert setup.arrived() == 1


def test_the_same_key_gets_the_same_receipt_and_never_harms(setup: Setup) -> None:
    first, second = setup.channel.send(setup.message), setup.channel.send(setup.message)
    assert first == second
    assert setup.arrived() == (1 if setup.sends_a_key_once else 2)


def test_another_key_is_another_message(setup: Setup) -> None:
    first = setup.channel.send(setup.message)
    second = setup.channel.send(replace(setup.message, idem_key="another"))
    assert first.provider_sid != second.provider_sid
    assert setup.arrived() == 2


# --- what arrives is what was given ----------------------------------------------------------------------------------


def test_the_inbox_shows_both_newest_first_with_their_links(tmp_path: Path) -> None:
    early, late = datetime(2026, 3, 23, 19, tzinfo=UTC), datetime(2026, 3, 24, 11, 40, tzinfo=UTC)
    with Catcher(tmp_path / MAIL_FOLDER) as catcher:
        SmtpChannel(catcher.host, catcher.port, SmtpSettings()).send(replace(MAIL, at=early))
    ConsoleSms(tmp_path / SMS_FILE).send(replace(MESSAGE, at=late))
    text, mail = read_messages(tmp_path)
    assert (text.channel, text.to, text.at, text.body) == (Channel.SMS, MESSAGE.to, late, MESSAGE.body)
    assert (mail.channel, mail.to, mail.at, mail.subject) == (Channel.EMAIL, MAIL.to, early, MAIL.subject)
    assert mail.body.rstrip("\n") == MAIL.body
    assert text.links == mail.links == ("http://localhost:8000/p/abc",)


def test_an_empty_data_folder_is_an_empty_inbox(tmp_path: Path) -> None:
    assert read_messages(tmp_path) == []


def test_a_mail_says_it_is_automatic_and_keeps_its_id_over_tries(tmp_path: Path) -> None:
    with Catcher(tmp_path / MAIL_FOLDER) as catcher:
        channel = SmtpChannel(catcher.host, catcher.port, SmtpSettings())
        sids = {channel.send(MAIL).provider_sid for _ in range(2)}
    first, second = mailbox.Maildir(str(tmp_path / MAIL_FOLDER))
    assert first["Auto-Submitted"] == "auto-generated"
    assert {first["Message-ID"], second["Message-ID"]} == sids == {f"<{MAIL.idem_key}@riverbend.example>"}
    assert first.get_content_type() == "text/plain" and first.get_content_charset() == "utf-8"


def test_a_mail_carries_its_calendar_beside_its_words_and_says_how_to_end_mail(tmp_path: Path) -> None:
    entries = "BEGIN:VCALENDAR\r\nSUMMARY:Visita – añejo\r\nEND:VCALENDAR\r\n"
    more = replace(
        MAIL,
        calendar=CalendarFile(CalendarMethod.CANCEL, entries.encode()),
        unsubscribe="https://care.example/u/token",
    )
    with Catcher(tmp_path / MAIL_FOLDER) as catcher:
        channel = SmtpChannel(catcher.host, catcher.port, SmtpSettings())
        assert channel.send(more).outcome is SendOutcome.ACCEPTED
    [raw] = mailbox.Maildir(str(tmp_path / MAIL_FOLDER))
    kept = email.message_from_bytes(raw.as_bytes(), policy=email.policy.default)
    assert kept["List-Unsubscribe"] == "<https://care.example/u/token>"
    assert kept["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert kept.get_content_type() == "multipart/alternative"
    words, calendar = kept.iter_parts()
    assert (words.get_content_type(), calendar.get_content_type()) == ("text/plain", "text/calendar")
    assert (calendar["Content-Type"].params["method"], calendar.get_content_charset()) == ("CANCEL", "utf-8")
    assert calendar.get_content().splitlines() == entries.splitlines()
    [seen] = read_messages(tmp_path)
    assert seen.body.rstrip("\n") == MAIL.body and seen.links == ("http://localhost:8000/p/abc",)


def test_a_mail_without_either_is_plain_text(tmp_path: Path) -> None:
    with Catcher(tmp_path / MAIL_FOLDER) as catcher:
        SmtpChannel(catcher.host, catcher.port, SmtpSettings()).send(MAIL)
    [kept] = mailbox.Maildir(str(tmp_path / MAIL_FOLDER))
    assert kept.get_content_type() == "text/plain" and kept["List-Unsubscribe"] is None


# --- when the mail server misbehaves ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("script", "outcome", "code"),
    [
        ({"RCPT": "550 no such mailbox"}, SendOutcome.PERMANENT, "550"),
        ({"RCPT": "451 try later"}, SendOutcome.TRANSIENT, "451"),
        ({"MAIL": "552 over quota"}, SendOutcome.PERMANENT, "552"),
        ({"greeting": "421 busy"}, SendOutcome.TRANSIENT, "421"),
        ({"DATA": "451 disk full"}, SendOutcome.TRANSIENT, "451"),
        ({".": "554 refused as spam"}, SendOutcome.PERMANENT, "554"),
        ({".": "452 disk full"}, SendOutcome.TRANSIENT, "452"),
        ({"greeting": HANG_UP}, SendOutcome.TRANSIENT, None),
        ({"greeting": SILENCE}, SendOutcome.TRANSIENT, None),
        ({"RCPT": HANG_UP}, SendOutcome.TRANSIENT, None),
        ({"RCPT": SILENCE}, SendOutcome.TRANSIENT, None),
        ({"DATA": HANG_UP}, SendOutcome.TRANSIENT, None),
        ({"DATA": SILENCE}, SendOutcome.TRANSIENT, None),
        ({".": HANG_UP}, SendOutcome.UNKNOWN, None),
        ({".": SILENCE}, SendOutcome.UNKNOWN, None),
        ({"QUIT": HANG_UP}, SendOutcome.ACCEPTED, "250"),
        ({"QUIT": SILENCE}, SendOutcome.ACCEPTED, "250"),
    ],
    ids=lambda value: " ".join(f"{k}={v}" for k, v in value.items()) if isinstance(value, dict) else None,
)
def test_smtp_says_what_is_known(script: dict[str, str], outcome: SendOutcome, code: str | None) -> None:
    with ScriptedSmtp(script) as server:
        receipt = SmtpChannel("127.0.0.1", server.port, SmtpSettings(), before_data_s=0.4, after_data_s=0.4).send(MAIL)
    assert receipt.outcome is outcome
    assert code is None or receipt.code == code


@pytest.mark.parametrize(
    ("script", "refusal"),
    [
        ({"RCPT": "550 no such mailbox"}, Refusal.ADDRESS_GONE),
        ({"RCPT": "550 5.1.1 user unknown"}, Refusal.ADDRESS_GONE),
        ({"RCPT": "551 user not local"}, Refusal.ADDRESS_GONE),
        ({"RCPT": "553 5.1.3 bad address syntax"}, Refusal.ADDRESS_GONE),
        ({"RCPT": "554 5.1.2 no such host"}, Refusal.ADDRESS_GONE),
        ({"RCPT": "550 5.2.1 mailbox disabled"}, Refusal.ADDRESS_GONE),
        ({"RCPT": "550-5.1.1 The account that you tried to reach\r\n550 5.1.1 does not exist"}, Refusal.ADDRESS_GONE),
        ({"RCPT": "552 5.2.2 mailbox full"}, Refusal.NONE),
        ({"RCPT": "550 5.7.1 refused by policy"}, Refusal.NONE),
        ({"RCPT": "550 5.7.26 not authenticated"}, Refusal.NONE),
        ({"RCPT": "550 5.1.8 bad sender"}, Refusal.NONE),
        ({"RCPT": "550 relaying denied"}, Refusal.NONE),
        ({"RCPT": "553 sorry, that domain is not in my rcpthosts"}, Refusal.NONE),
        ({"RCPT": "554 refused as spam"}, Refusal.NONE),
        ({"RCPT": "451 4.1.1 later"}, Refusal.NONE),
        ({"MAIL": "550 5.1.1 who are you"}, Refusal.NONE),
        ({".": "550 5.7.1 refused as spam"}, Refusal.NONE),
        ({}, Refusal.NONE),
    ],
    ids=lambda value: " ".join(f"{k}={v}" for k, v in value.items()) if isinstance(value, dict) else None,
)
def test_only_a_refused_recipient_is_an_address_that_is_gone(script: dict[str, str], refusal: Refusal) -> None:
    with ScriptedSmtp(script) as server:
        receipt = SmtpChannel("127.0.0.1", server.port, SmtpSettings()).send(MAIL)
    assert receipt.refusal is refusal


def test_after_data_a_slow_server_gets_the_time_it_needs() -> None:
    with ScriptedSmtp({}, slow_s={".": 1.0}) as server:
        receipt = SmtpChannel("127.0.0.1", server.port, SmtpSettings(), before_data_s=0.5).send(MAIL)
    assert receipt.outcome is SendOutcome.ACCEPTED


@pytest.mark.parametrize(
    "address", ["t:;@example.org", "%).*@example.org", "a@b@example.org", "<p@example.org>", "p", ""]
)
def test_what_is_no_single_address_is_never_handed_to_the_server(address: str) -> None:
    with ScriptedSmtp({}) as server:
        receipt = SmtpChannel("127.0.0.1", server.port, SmtpSettings()).send(replace(MAIL, to=address))
    assert (receipt.outcome, receipt.code) == (SendOutcome.PERMANENT, "invalid_address")


def test_lines_that_begin_with_a_dot_arrive_as_they_are(tmp_path: Path) -> None:
    with Catcher(tmp_path / MAIL_FOLDER) as catcher:
        SmtpChannel(catcher.host, catcher.port, SmtpSettings()).send(replace(MAIL, body=".\n..two\n.end"))
    [mail] = read_messages(tmp_path)
    assert mail.body.rstrip("\n") == ".\n..two\n.end"


def test_no_one_listening_is_transient() -> None:
    with ScriptedSmtp({}) as server:
        port = server.port
    assert SmtpChannel("127.0.0.1", port, SmtpSettings()).send(MAIL).outcome is SendOutcome.TRANSIENT


def test_a_server_without_tls_never_sees_the_password(tmp_path: Path) -> None:
    with Catcher(tmp_path / MAIL_FOLDER) as catcher:
        known = SmtpSettings(username="suture", password=SecretStr("hunter2"))
        receipt = SmtpChannel(catcher.host, catcher.port, known).send(MAIL)
    assert receipt.outcome is SendOutcome.TRANSIENT
    assert "hunter2" not in repr(known)


def test_the_environment_says_whom_to_be_at_the_mail_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def sent() -> SendOutcome:
        wired = channels(tmp_path, settings)
        return next(a for a in wired if a.channel is Channel.EMAIL).send(MAIL).outcome

    with Catcher(tmp_path / MAIL_FOLDER) as catcher:  # it knows no TLS
        settings = Settings().model_copy(update={"smtp_host": catcher.host, "smtp_port": catcher.port})
        assert sent() is SendOutcome.ACCEPTED
        monkeypatch.setenv("SUTURE_SMTP_STARTTLS", "true")
        assert sent() is SendOutcome.TRANSIENT
        monkeypatch.setenv("SUTURE_SMTP_STARTTLS", "false")
        assert sent() is SendOutcome.ACCEPTED
        monkeypatch.setenv("SUTURE_SMTP_USERNAME", "suture")
        assert sent() is SendOutcome.TRANSIENT


def test_a_line_break_in_a_header_is_refused_before_anything_is_sent() -> None:
    receipt = SmtpChannel("127.0.0.1", 1, SmtpSettings()).send(replace(MAIL, subject="Hi\r\nBcc: all@example.org"))
    assert (receipt.outcome, receipt.code) == (SendOutcome.PERMANENT, "invalid_header")


# --- the catcher -----------------------------------------------------------------------------------------------------


def test_the_catcher_refuses_as_real_servers_do(tmp_path: Path) -> None:
    with Catcher(tmp_path / MAIL_FOLDER) as catcher:
        channel = SmtpChannel(catcher.host, catcher.port, SmtpSettings())
        gone = channel.send(replace(MAIL, to="bounce-1@example.org"))
        later = channel.send(replace(MAIL, to="grey-1@example.org"))
        huge = channel.send(replace(MAIL, body="x" * 1_100_000))
    assert (gone.outcome, later.outcome) == (SendOutcome.PERMANENT, SendOutcome.TRANSIENT)
    assert (gone.refusal, later.refusal, huge.refusal) == (Refusal.ADDRESS_GONE, Refusal.NONE, Refusal.NONE)
    assert (huge.outcome, huge.code) == (SendOutcome.PERMANENT, "552")
    assert mails(tmp_path) == 0


def test_the_catcher_listens_on_this_machine_only(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="on this machine only"), Catcher(tmp_path, host="0.0.0.0"):
        pass


def test_as_a_process_of_its_own_it_keeps_mail_until_it_is_asked_to_stop(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    script = (
        "from pathlib import Path; from suture.integrations.email.catcher import main; "
        f"main('127.0.0.1', {port}, Path({str(tmp_path / MAIL_FOLDER)!r}))"
    )
    with subprocess.Popen([sys.executable, "-c", script]) as process:
        channel = SmtpChannel("127.0.0.1", port, SmtpSettings())
        deadline = time.monotonic() + 120
        while channel.send(MAIL).outcome is not SendOutcome.ACCEPTED and time.monotonic() < deadline:
            time.sleep(0.05)
        process.terminate()
        assert process.wait(120) == 0
    assert mails(tmp_path) == 1


def test_a_taken_port_is_an_error_that_leaves_nothing_behind(tmp_path: Path) -> None:
    with (
        Catcher(tmp_path) as first,
        pytest.raises(OSError, match="address already in use"),
        Catcher(tmp_path, port=first.port),
    ):
        pass
    assert not [t for t in threading.enumerate() if t.name == "mail-catcher"]


# --- the console file ------------------------------------------------------------------------------------------------


def test_two_processes_write_one_line_for_one_key(tmp_path: Path) -> None:
    one, other = ConsoleSms(tmp_path / SMS_FILE), ConsoleSms(tmp_path / SMS_FILE)
    assert one.send(MESSAGE) == other.send(MESSAGE) == one.send(MESSAGE)
    (line,) = (tmp_path / SMS_FILE).read_bytes().splitlines()
    assert json.loads(line)["body"] == MESSAGE.body


def test_a_torn_line_spoils_neither_the_next_one_nor_the_inbox(tmp_path: Path) -> None:
    file = tmp_path / SMS_FILE
    channel = ConsoleSms(file)
    channel.send(MESSAGE)
    with file.open("ab") as out:
        out.write(b'{"at": "2026-03-2')  # a process was killed while it wrote
    channel.send(replace(MESSAGE, idem_key="another", body="second"))
    assert channel.send(replace(MESSAGE, idem_key="another")).outcome is SendOutcome.ACCEPTED
    assert sorted(m.body for m in read_messages(tmp_path)) == [MESSAGE.body, "second"]


def test_a_file_that_cannot_be_written_is_transient(tmp_path: Path) -> None:
    receipt = ConsoleSms(tmp_path / "missing" / SMS_FILE).send(MESSAGE)
    assert (receipt.outcome, receipt.code) == (SendOutcome.TRANSIENT, "errno_2")


def test_texts_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    ConsoleSms(tmp_path / SMS_FILE).send(MESSAGE)
    assert (tmp_path / SMS_FILE).stat().st_mode & 0o077 == 0
