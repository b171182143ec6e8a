"""Twilio (ports.Provider): texts and calls out, receipts, texts and keys in, and its lists of texts."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

from requests.exceptions import RequestException
from twilio.base.exceptions import TwilioException
from twilio.request_validator import RequestValidator
from twilio.rest.api.v2010.account.message import MessageInstance

from suture.integrations.phone.twilio.account import PROVIDER, REFUSALS, Account, Secret
from suture.integrations.phone.twilio.calls import TwilioCalls, key_url, twiml
from suture.integrations.phone.twilio.texts import TwilioTexts
from suture.model.connections import Connection, Sender
from suture.model.hooks import Delivery, HookNews, HookRequest, KeyNews, ReceiptNews, SentMessage, Spoken
from suture.model.ids import ConnectionId, TouchId
from suture.model.messages import Channel, InboundText, Refusal
from suture.ports import MessageChannel, PermanentAdapterError, TransientAdapterError
from suture.words.catalog import _

SIGNATURE = "x-twilio-signature"
LONGEST_COUNT = 4
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
        """Texts or calls of this sender. Raises PermanentAdapterError."""
        account, hooks_url = self._account(sender.connection), self._hooks_url(sender.connection.hook_id)
        if account.is_live and urlsplit(hooks_url).scheme != "https":
            raise PermanentAdapterError(_("Twilio calls this server: PUBLIC_BASE_URL must be its https address"))
        if sender.channel is Channel.SMS:
            return TwilioTexts(account, sender, hooks_url)
        if sender.channel is Channel.VOICE:
            return TwilioCalls(account, sender, hooks_url)
        raise PermanentAdapterError(_("Twilio carries texts and calls only"))

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
        if request.path == "ended":
            return _ended(form, request.url)
        if request.path == "call":
            return _key(form, request.url)
        raise PermanentAdapterError("unknown_hook")

    def say(self, connection: Connection, news: KeyNews, spoken: Spoken) -> str:
        """In TwiML."""
        return twiml(spoken, key_url(self._hooks_url(connection.hook_id), news))

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
            InboundText(PROVIDER, str(m.sid), str(m.from_), str(m.body), attachments=_count(str(m.num_media)))
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
            raise TransientAdapterError("list_too_long")
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
        raise PermanentAdapterError("unknown_status")
    touch, attempt = _ours(url)
    code = form.get("ErrorCode", "")
    refusal = REFUSALS.get(int(code), Refusal.NONE) if code.isascii() and code.isdigit() else Refusal.NONE
    return ReceiptNews(form["MessageSid"], delivery, code, refusal, touch, attempt)


def _ended(form: Mapping[str, str], url: str) -> ReceiptNews:
    """A call that is over: whoever has heard it has pressed a key before."""
    touch, attempt = _ours(url)
    if not form.get("CallSid"):
        raise PermanentAdapterError("call_without_id")
    return ReceiptNews(form["CallSid"], Delivery.FAILED, form.get("CallStatus", ""), Refusal.NONE, touch, attempt)


def _key(form: Mapping[str, str], url: str) -> KeyNews:
    touch, attempt = _ours(url)
    turn = _number(parse_qs(urlsplit(url).query), "turn")
    if not form.get("CallSid") or touch is None or not turn:
        raise PermanentAdapterError("key_of_no_call")
    return KeyNews(form["CallSid"], touch, attempt, turn, form.get("Digits", "")[:1])


def _ours(url: str) -> tuple[TouchId | None, int]:
    """The message and attempt that an address of ours names."""
    asked = parse_qs(urlsplit(url).query)
    touch = _number(asked, "touch")
    return (TouchId(touch) if touch else None), _number(asked, "try") or 0


def _text(form: Mapping[str, str]) -> InboundText:
    if not form.get("MessageSid") or not form.get("From"):
        raise PermanentAdapterError("text_without_id")
    pictures = _count(form.get("NumMedia", ""))
    return InboundText(PROVIDER, form["MessageSid"], form["From"], form.get("Body", ""), attachments=pictures)


def _count(said: str) -> int:
    return int(said) if said.isascii() and said.isdigit() and len(said) < LONGEST_COUNT else 0


def _number(asked: Mapping[str, Sequence[str]], name: str) -> int | None:
    given = asked.get(name, [""])[0]
    return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else None
