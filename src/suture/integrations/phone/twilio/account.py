"""An account at Twilio: its settings, its client with limits of time, and what its errors mean."""

import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from requests.exceptions import ConnectionError as NotConnected
from requests.exceptions import ConnectTimeout, RequestException
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from suture.model.connections import Connection
from suture.model.messages import Receipt, Refusal, SendOutcome
from suture.ports import PermanentAdapterError
from suture.words.catalog import _

PROVIDER = "twilio"
TIMEOUT_S = 5.0
API = "https://api.twilio.com"
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

OPTED_OUT = 21610
REFUSALS: dict[int, Refusal] = {
    OPTED_OUT: Refusal.OPTED_OUT,
    21211: Refusal.ADDRESS_GONE,  # not a phone number
    21217: Refusal.ADDRESS_GONE,
    30003: Refusal.NONE,  # the phone is off, or out of reach: it may be there again tomorrow
    30005: Refusal.ADDRESS_GONE,  # the number does not exist
    21614: Refusal.NOT_BY_THIS_CHANNEL,  # not a mobile number
    30006: Refusal.NOT_BY_THIS_CHANNEL,  # a landline, or a carrier that takes no texts
    21612: Refusal.NOT_BY_THIS_CHANNEL,
    21265: Refusal.NOT_BY_THIS_CHANNEL,
}
"""What a code says of the address. Codes: twilio.com/docs/api/errors."""
TRY_LATER = frozenset({14107, 20429, 21611, 30001, 30022})
"""Codes that say "not now": too many requests, a queue that is full."""
TOO_MANY_REQUESTS, UNAVAILABLE, OWN_CODES = 429, 503, 10_000


class AccountSettings(BaseModel):
    """What a connection holds about an account. `base_url` leads elsewhere for trials and tests."""

    model_config = ConfigDict(extra="forbid")

    account_sid: str = Field(pattern=r"^AC[0-9a-fA-F]{32}$")
    base_url: str = API

    @field_validator("base_url")
    @classmethod
    def _is_safe(cls, url: str) -> str:
        """The secret goes there: over TLS, or not beyond this machine."""
        there = urlsplit(url)
        if there.scheme != "https" and (there.scheme != "http" or there.hostname not in LOOPBACK):
            raise ValueError("must be https")
        return url


class HttpClient(TwilioHttpClient):  # type: ignore[misc]
    """The vendor's HTTP client, led to `base_url`. It logs nothing: addresses and texts are in what it would log."""

    def __init__(self, base_url: str) -> None:
        super().__init__(timeout=TIMEOUT_S, max_retries=0)
        self._base = urlsplit(base_url)

    def request(self, method: str, url: str, *rest: Any, **more: Any) -> Any:
        """One request, never repeated."""
        there = urlsplit(url)._replace(scheme=self._base.scheme, netloc=self._base.netloc)
        return super().request(method, there.geturl(), *rest, **more)

    def log_request(self, kwargs: Any) -> None:
        """Nothing."""

    def log_response(self, status_code: int, response: Any) -> None:
        """Nothing."""


class Account:
    """A connection's account, ready to be asked."""

    def __init__(self, connection: Connection, secret: SecretStr) -> None:
        """Raises PermanentAdapterError for settings that cannot be used, or without a secret."""
        if not connection.secret_env:
            raise PermanentAdapterError(_("the variable with its secret is missing: give --secret-env"))
        if not secret.get_secret_value():
            raise PermanentAdapterError(_("the environment variable {name} is not set", name=connection.secret_env))
        try:
            self.settings = AccountSettings.model_validate({**connection.settings})
        except ValidationError as error:
            fields = ", ".join(str(e["loc"][0]) for e in error.errors())
            raise PermanentAdapterError(_("these settings are missing or wrong: {fields}", fields=fields)) from None
        self.secret = secret
        self.client = Client(
            self.settings.account_sid, secret.get_secret_value(), http_client=HttpClient(self.settings.base_url)
        )
        logging.getLogger("twilio.http_client").setLevel(logging.CRITICAL)

    @property
    def is_live(self) -> bool:
        """Whether it is asked beyond this machine, so that it must be able to call back."""
        return urlsplit(self.settings.base_url).hostname not in LOOPBACK

    @property
    def sid(self) -> str:
        """The account's own id."""
        return self.settings.account_sid


Secret = Callable[[str], SecretStr]
"""The value of an environment variable, by its name; empty where it is not set."""


def outcome_of(error: Exception) -> tuple[SendOutcome, str, Refusal]:
    """What is known after an error: whether the request may have been carried out, its code, what it says of a number.

    An error of Twilio's own says that nothing was done. A bare 5xx, or a connection that broke, says nothing at all.
    """
    if isinstance(error, TwilioRestException):
        return _of_answer(error)
    if isinstance(error, ConnectTimeout):
        return SendOutcome.TRANSIENT, "connect_timeout", Refusal.NONE
    if isinstance(error, NotConnected) and "NewConnectionError" in repr(error):
        return SendOutcome.TRANSIENT, "not_connected", Refusal.NONE
    if isinstance(error, RequestException):
        return SendOutcome.UNKNOWN, type(error).__name__, Refusal.NONE
    raise error


def _of_answer(error: TwilioRestException) -> tuple[SendOutcome, str, Refusal]:
    code = (
        error.code if (error.code or 0) >= OWN_CODES else 0
    )  # the vendor's client puts the status where it finds none
    if error.status == TOO_MANY_REQUESTS or code in TRY_LATER or (error.status == UNAVAILABLE and code):
        return SendOutcome.TRANSIENT, str(code or error.status), Refusal.NONE
    if error.status >= 500:
        outcome = SendOutcome.TRANSIENT if code else SendOutcome.UNKNOWN
        return outcome, str(code or error.status), Refusal.NONE
    if error.status == 401:
        return SendOutcome.TRANSIENT, "auth_401", Refusal.NONE  # ours to fix, not the recipient's fault
    return SendOutcome.PERMANENT, str(code or error.status), REFUSALS.get(code, Refusal.NONE)


def receipt_of(create: Callable[[], Any]) -> Receipt:
    """Ask Twilio once for a text or a call, and say what is known of it."""
    try:
        made = create()
    except (TwilioRestException, RequestException) as error:
        outcome, code, refusal = outcome_of(error)
        return Receipt(outcome, PROVIDER, code=code, refusal=refusal)
    except TwilioException as error:  # an answer without sense: it may have been taken
        return Receipt(SendOutcome.UNKNOWN, PROVIDER, code=type(error).__name__)
    return Receipt(SendOutcome.ACCEPTED, PROVIDER, provider_sid=str(made.sid), code=str(made.status))
