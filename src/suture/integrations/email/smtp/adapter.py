"""E-mail over SMTP (ports.MessageChannel). One connection a message, 5 s in all.

A refusal with a code says what happened. Silence before the message was handed over is `transient`; after, `unknown`:
the server may have taken it, and only a human or another channel may try again.
"""

import asyncio
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime, parseaddr

import aiosmtplib
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from suture.model.messages import Channel, Receipt, Send, SendOutcome

PROVIDER = "smtp"
_PLAIN_KEY = re.compile(r"[A-Za-z0-9\-]{1,64}")


def _real_now() -> datetime:
    return datetime.now(UTC)


class SmtpSettings(BaseSettings):
    """What an administrator can set beside host and port; the password is only sent over TLS."""

    model_config = SettingsConfigDict(env_prefix="SUTURE_SMTP_")

    username: str = Field(default="", description="Whom to be at the mail server; with it TLS is insisted on.")
    password: SecretStr = Field(default=SecretStr(""), description="The password of that user.")
    starttls: bool | None = Field(
        default=None, description="`true` insists on TLS, `false` never uses it; unset: where the server offers it."
    )


@dataclass(frozen=True, slots=True)
class _Server:
    host: str
    port: int
    settings: SmtpSettings
    timeout_s: float


class SmtpChannel:
    """Sends plain text through one mail server. `now` gives the Date header."""

    def __init__(
        self,
        host: str,
        port: int,
        settings: SmtpSettings,
        *,
        timeout_s: float = 5.0,
        now: Callable[[], datetime] = _real_now,
    ) -> None:
        self._server = _Server(host, port, settings, timeout_s)
        self._now = now

    @property
    def channel(self) -> Channel:
        """E-mail."""
        return Channel.EMAIL

    def send(self, message: Send) -> Receipt:
        """Try once. Must not be called from inside a running event loop."""
        try:
            mail = compose(message, self._now())
        except ValueError:
            return Receipt(SendOutcome.PERMANENT, PROVIDER, code="invalid_header")
        return asyncio.run(_Attempt(self._server, mail).run())


def compose(message: Send, now: datetime) -> EmailMessage:
    """The mail itself; the same key makes the same Message-ID. Raises ValueError for a line break in a header."""
    mail = EmailMessage(policy=SMTP_POLICY)
    mail["From"] = message.sender
    mail["To"] = message.to
    mail["Subject"] = message.subject
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = message_id(message.idem_key, message.sender)
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.body, charset="utf-8", cte="quoted-printable")
    return mail


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
            async with asyncio.timeout(self._server.timeout_s):
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
            timeout=server.timeout_s,
        )
        try:
            await smtp.connect()
            await smtp.mail(parseaddr(self._mail["From"])[1])
            await smtp.rcpt(parseaddr(self._mail["To"])[1])
            self._handed_over = True
            self._accepted = (await smtp.data(self._mail.as_bytes())).code
            await smtp.quit(timeout=0.5)
        finally:
            smtp.close()

    def _failed(self, error: Exception) -> Receipt:
        if isinstance(error, aiosmtplib.SMTPAuthenticationError):
            return self._receipt(SendOutcome.TRANSIENT, f"auth_{error.code}")  # ours to mend, not the recipient's fault
        if isinstance(error, aiosmtplib.SMTPResponseException):
            outcome = SendOutcome.PERMANENT if 500 <= error.code < 600 else SendOutcome.TRANSIENT
            return self._receipt(outcome, str(error.code))
        outcome = SendOutcome.UNKNOWN if self._handed_over else SendOutcome.TRANSIENT
        return self._receipt(outcome, type(error).__name__)

    def _receipt(self, outcome: SendOutcome, code: str) -> Receipt:
        sid = self._mail["Message-ID"] if outcome in (SendOutcome.ACCEPTED, SendOutcome.UNKNOWN) else ""
        return Receipt(outcome, PROVIDER, provider_sid=sid, code=code)
