"""E-mail over SMTP (ports.MessageChannel). One connection a message.

A refusal with a code says what happened. Up to the message itself the server gets 5 s, and silence is `transient`; then
it gets the ten minutes of RFC 5321 (4.5.3.2.6), and silence is `unknown`: it may have taken the message, and only a
human or another channel may try again.
"""

import asyncio
import hashlib
import re
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime, parseaddr

import aiosmtplib
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from suture.model.addresses import is_mailbox
from suture.model.messages import Channel, Receipt, Refusal, Send, SendOutcome

PROVIDER = "smtp"
START_INPUT = 354
BEFORE_DATA_S, AFTER_DATA_S = 5.0, 600.0
GONE_CODES = frozenset({550, 551, 553})
_ENHANCED = re.compile(r"5\.(\d{1,3}\.\d{1,3})\b")
_GONE_SUBJECT = re.compile(r"1\.(?!7$|8$)\d+|2\.1")
"""RFC 3463: 5.1.x is about the recipient's address, apart from 7 and 8, which are ours; 5.2.1 is a closed mailbox."""
_ABOUT_US = re.compile(r"relay|rcpthosts|spam|spf|dkim|dmarc|block|black|list|polic|authenti|reputation", re.IGNORECASE)
_PLAIN_KEY = re.compile(r"[A-Za-z0-9\-]{1,64}")


class SmtpSettings(BaseSettings):
    """What an administrator can set beside host and port; the password is only sent over TLS."""

    model_config = SettingsConfigDict(env_prefix="SUTURE_SMTP_")

    username: str = Field(default="", description="Whom to be at the mail server; with it TLS is required.")
    password: SecretStr = Field(default=SecretStr(""), description="The password of that user.")
    starttls: bool | None = Field(
        default=None, description="`true` insists on TLS, `false` never uses it; unset: where the server offers it."
    )


@dataclass(frozen=True, slots=True)
class _Server:
    host: str
    port: int
    settings: SmtpSettings
    before_data_s: float
    after_data_s: float


class SmtpChannel:
    """Sends plain text, and what goes with it, through one mail server."""

    def __init__(
        self,
        host: str,
        port: int,
        settings: SmtpSettings,
        *,
        before_data_s: float = BEFORE_DATA_S,
        after_data_s: float = AFTER_DATA_S,
    ) -> None:
        self._server = _Server(host, port, settings, before_data_s, after_data_s)

    @property
    def channel(self) -> Channel:
        """E-mail."""
        return Channel.EMAIL

    def send(self, message: Send) -> Receipt:
        """Try once. Must not be called from inside a running event loop."""
        if not is_mailbox(message.to):
            return Receipt(SendOutcome.PERMANENT, PROVIDER, code="invalid_address")
        try:
            mail = compose(message)
        except ValueError:
            return Receipt(SendOutcome.PERMANENT, PROVIDER, code="invalid_header")
        return asyncio.run(_Attempt(self._server, mail).run())


def compose(message: Send) -> EmailMessage:
    """The mail itself; the same key makes the same Message-ID. Raises ValueError for a line break in a header."""
    mail = EmailMessage(policy=SMTP_POLICY)
    mail["From"] = message.sender
    mail["To"] = message.to
    mail["Subject"] = message.subject
    mail["Date"] = format_datetime(message.at)
    mail["Message-ID"] = message_id(message.idem_key, message.sender)
    mail["Auto-Submitted"] = "auto-generated"
    if message.unsubscribe:  # RFC 8058; both must be under the DKIM signature of the server
        mail["List-Unsubscribe"] = f"<{message.unsubscribe}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(message.body, charset="utf-8", cte="quoted-printable")
    if message.calendar:
        entries, method = message.calendar.content.decode(), {"method": message.calendar.method.value}
        mail.add_alternative(entries, subtype="calendar", charset="utf-8", cte="quoted-printable", params=method)
    return mail


def dotted(mail: bytes) -> bytes:
    """The message as it follows DATA: a line that begins with a dot gets another, a dot alone ends it (RFC 5321)."""
    return re.sub(rb"(?m)^\.", b"..", mail.rstrip(b"\r\n") + b"\r\n") + b".\r\n"


def message_id(idem_key: str, sender: str) -> str:
    """Stable over retries: receivers and archives can tell a repetition."""
    key = idem_key if _PLAIN_KEY.fullmatch(idem_key) else hashlib.sha256(idem_key.encode()).hexdigest()[:32]
    domain = parseaddr(sender)[1].rpartition("@")[2]
    return f"<{key}@{domain or 'suture.invalid'}>"


class _Attempt:
    """One try, which remembers how far it got."""

    def __init__(self, server: _Server, mail: EmailMessage) -> None:
        self._server = server
        self._mail = mail
        self._handed_over = False
        self._accepted: int | None = None

    async def run(self) -> Receipt:
        try:
            await self._talk()
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            if self._accepted is None:
                return self._failed(error)  # otherwise only the good-bye went wrong
        return self._receipt(SendOutcome.ACCEPTED, str(self._accepted))

    async def _talk(self) -> None:
        server, own = self._server, self._server.settings
        smtp = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=own.username or None,
            password=own.password.get_secret_value(),
            start_tls=True if own.username else own.starttls,
            timeout=server.before_data_s,
        )
        try:
            async with asyncio.timeout(server.before_data_s):
                await smtp.connect()
                await smtp.mail(parseaddr(self._mail["From"])[1])
                await smtp.rcpt(str(self._mail["To"]))
                begun = await smtp.execute_command(b"DATA")
            if begun.code != START_INPUT or smtp.protocol is None:
                raise aiosmtplib.SMTPDataError(begun.code, begun.message)
            self._handed_over = True
            async with asyncio.timeout(server.after_data_s):
                smtp.protocol.write(dotted(self._mail.as_bytes()))
                said = await smtp.protocol.read_response()
            if said.code != aiosmtplib.SMTPStatus.completed:
                raise aiosmtplib.SMTPDataError(said.code, said.message)
            self._accepted = said.code
            await smtp.quit(timeout=0.5)
        finally:
            smtp.close()

    def _failed(self, error: Exception) -> Receipt:
        if isinstance(error, aiosmtplib.SMTPAuthenticationError):
            return self._receipt(SendOutcome.TRANSIENT, f"auth_{error.code}")  # ours to fix, not the recipient's fault
        if isinstance(error, aiosmtplib.SMTPResponseException):
            outcome = SendOutcome.PERMANENT if 500 <= error.code < 600 else SendOutcome.TRANSIENT
            return self._receipt(outcome, str(error.code), is_gone=_is_gone(error))
        outcome = SendOutcome.UNKNOWN if self._handed_over else SendOutcome.TRANSIENT
        return self._receipt(outcome, type(error).__name__)

    def _receipt(self, outcome: SendOutcome, code: str, *, is_gone: bool = False) -> Receipt:
        sid = self._mail["Message-ID"] if outcome in (SendOutcome.ACCEPTED, SendOutcome.UNKNOWN) else ""
        refusal = Refusal.ADDRESS_GONE if is_gone else Refusal.NONE
        return Receipt(outcome, PROVIDER, provider_sid=sid, code=code, refusal=refusal)


def _is_gone(error: aiosmtplib.SMTPResponseException) -> bool:
    """Whether a refusal says that there is no such mailbox. One about our message, our host or a rule does not: then
    the mailbox may be as good as before, and would be closed for a fault of ours."""
    if not isinstance(error, aiosmtplib.SMTPRecipientRefused) or not 500 <= error.code < 600:
        return False
    enhanced = _ENHANCED.match(error.message)
    if enhanced:
        return _GONE_SUBJECT.fullmatch(enhanced[1]) is not None
    return error.code in GONE_CODES and _ABOUT_US.search(error.message) is None
