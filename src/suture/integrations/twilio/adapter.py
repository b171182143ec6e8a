"""Twilio (ports.Provider): texts out, receipts and texts in, and its lists of both."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

from requests.exceptions import RequestException
from twilio.base.exceptions import TwilioException
from twilio.request_validator import RequestValidator
from twilio.rest.api.v2010.account.message import MessageInstance

from suture.integrations.twilio.account import PROVIDER, REFUSALS, Account, Secret
from suture.integrations.twilio.texts import TwilioTexts
from suture.model.connections import Connection, Sender
from suture.model.hooks import Delivery, HookNews, HookRequest, ReceiptNews, SentMessage
from suture.model.ids import ConnectionId, TouchId
from suture.model.messages import Channel, InboundText, Refusal
from suture.ports import MessageChannel, PermanentAdapterError, TransientAdapterError

SIGNATURE = "x-twilio-signature"
MOST_LISTED, PAGE = 20_000, 1_000
_DELIVERIES: Mapping[str, Delivery] = {
    "accepted": Delivery.QUEUED,
    "scheduled": Delivery.QUEUED,
    "queued": Delivery.QUEUED,
    "sending": Delivery.SENDING,
    "sent": Delivery.SENT,
    "delivered": Delivery.DELIVERED,
    "read": Delivery.DELIVERED,
    "undelivered": Delivery.FAILED,
    "failed": Delivery.FAILED,
    "canceled": Delivery.FAILED,
}


class Twilio:
    """All connections to Twilio. `hooks_url` says where a connection is called back, by its `hook_id`."""

    def __init__(self, secret: Secret, hooks_url: Callable[[str], str]) -> None:
        self._secret = secret
        self._hooks_url = hooks_url
        self._accounts: dict[tuple[ConnectionId, str], Account] = {}

    @property
    def keeps_list(self) -> bool:
        """Yes."""
        return True

    def channel(self, sender: Sender) -> MessageChannel:
        """Texts of this sender. Raises PermanentAdapterError."""
        if sender.channel is not Channel.SMS:
            raise PermanentAdapterError(f"Twilio does not carry {sender.channel} here")
        account, hooks_url = self._account(sender.connection), self._hooks_url(sender.connection.hook_id)
        if account.is_live and urlsplit(hooks_url).scheme != "https":
            raise PermanentAdapterError("Twilio calls this server: PUBLIC_BASE_URL must be its https address")
        return TwilioTexts(account, sender, hooks_url)

    def read(self, connection: Connection, request: HookRequest) -> HookNews | None:
        """A receipt or a text, if Twilio signed it for this account."""
        account, form = self._account(connection), dict(request.form)
        is_genuine = len(form) == len(request.form) and RequestValidator(account.secret.get_secret_value()).validate(
            request.url, form, dict(request.headers).get(SIGNATURE, "")
        )
        if not is_genuine or form.get("AccountSid") != account.sid:
            return None
        if request.path == "receipt":
            return _receipt(form, request.url)
        if request.path == "text":
            return _text(form)
        raise PermanentAdapterError("unknown hook")

    def sent_since(self, connection: Connection, instant: datetime) -> Sequence[SentMessage]:
        """Our texts since, the newest first. Raises TransientAdapterError."""
        listed = self._listed(connection, instant)
        return [
            SentMessage(str(m.sid), str(m.to), str(m.body), m.date_created or instant)
            for m in listed
            if not str(m.direction).startswith("inbound")
        ]

    def received_since(self, connection: Connection, instant: datetime) -> Sequence[InboundText]:
        """Texts to us since. Raises TransientAdapterError."""
        listed = self._listed(connection, instant)
        return [
            InboundText(PROVIDER, str(m.sid), str(m.from_), str(m.body))
            for m in listed
            if str(m.direction).startswith("inbound")
        ]

    def _listed(self, connection: Connection, instant: datetime) -> Sequence[MessageInstance]:
        """Everything created since, read from the newest on: one that waits to be sent has no date of sending yet."""
        found: list[MessageInstance] = []
        try:
            for message in self._account(connection).client.messages.stream(limit=MOST_LISTED, page_size=PAGE):
                if message.date_created is not None and message.date_created < instant:
                    return found
                found.append(message)
        except (TwilioException, RequestException) as error:
            raise TransientAdapterError(type(error).__name__) from None
        if len(found) == MOST_LISTED:
            raise TransientAdapterError("the list is longer than can be read")
        return found

    def _account(self, connection: Connection) -> Account:
        secret = self._secret(connection.secret_env)
        key = (connection.id, f"{sorted(connection.settings.items())}{hash(secret.get_secret_value())}")
        if key not in self._accounts:
            self._accounts[key] = Account(connection, secret)
        return self._accounts[key]


def _receipt(form: Mapping[str, str], url: str) -> ReceiptNews:
    delivery = _DELIVERIES.get(form.get("MessageStatus", ""))
    if delivery is None or not form.get("MessageSid"):
        raise PermanentAdapterError("a receipt without a known status")
    asked = parse_qs(urlsplit(url).query)
    touch, attempt = _number(asked, "touch"), _number(asked, "try")
    code = form.get("ErrorCode", "")
    refusal = REFUSALS.get(int(code), Refusal.NONE) if code.isascii() and code.isdigit() else Refusal.NONE
    return ReceiptNews(form["MessageSid"], delivery, code, refusal, TouchId(touch) if touch else None, attempt or 0)


def _text(form: Mapping[str, str]) -> InboundText:
    if not form.get("MessageSid") or not form.get("From"):
        raise PermanentAdapterError("a text without an id or a sender")
    return InboundText(PROVIDER, form["MessageSid"], form["From"], form.get("Body", ""))


def _number(asked: Mapping[str, Sequence[str]], name: str) -> int | None:
    given = asked.get(name, [""])[0]
    return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else None
