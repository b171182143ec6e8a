"""Mail servers of connections (ports.Provider). A mail server calls no one back and keeps no list of what left."""

from collections.abc import Callable, Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from suture.integrations.email.smtp.adapter import SmtpChannel, SmtpSettings
from suture.model.addresses import is_mailbox
from suture.model.connections import Connection, Sender
from suture.model.hooks import HookNews, HookRequest, KeyNews, SentMessage, Spoken
from suture.model.messages import Channel, InboundText
from suture.ports import MessageChannel, PermanentAdapterError
from suture.words.catalog import _


class ServerSettings(BaseModel):
    """What a connection holds about a mail server."""

    model_config = ConfigDict(extra="forbid")

    host: str = Field(min_length=1)
    port: int = Field(default=587, ge=1, le=65535)
    username: str = ""
    starttls: bool | None = None


class MailServers:
    """All connections to mail servers."""

    def __init__(self, secret: Callable[[str], SecretStr]) -> None:
        self._secret = secret

    @property
    def keeps_list(self) -> bool:
        """No."""
        return False

    def channel(self, sender: Sender) -> MessageChannel:
        """E-mail from this sender's mailbox. Raises PermanentAdapterError."""
        if sender.channel is not Channel.EMAIL:
            raise PermanentAdapterError(_("a mail server carries e-mail only"))
        if not is_mailbox(sender.address):
            raise PermanentAdapterError(_("the sender must be a mailbox, such as visits@example.org"))
        connection = sender.connection
        try:
            server = ServerSettings.model_validate({**connection.settings})
        except ValidationError as error:
            fields = ", ".join(str(e["loc"][0]) for e in error.errors())
            raise PermanentAdapterError(_("these settings are missing or wrong: {fields}", fields=fields)) from None
        password = self._secret(connection.secret_env)
        if server.username and not password.get_secret_value():
            raise PermanentAdapterError(
                _("the environment variable {name} is not set", name=connection.secret_env or "–")
            )
        settings = SmtpSettings(username=server.username, password=password, starttls=server.starttls)
        return SmtpChannel(server.host, server.port, settings)

    def read(self, connection: Connection, request: HookRequest) -> HookNews | None:
        """Nothing: no mail server calls."""
        return None

    def say(self, connection: Connection, news: KeyNews, spoken: Spoken) -> str:
        """Nothing."""
        return ""

    def sent_since(self, connection: Connection, instant: datetime) -> Sequence[SentMessage]:
        """Nothing."""
        return ()

    def received_since(self, connection: Connection, instant: datetime) -> Sequence[InboundText]:
        """Nothing."""
        return ()
