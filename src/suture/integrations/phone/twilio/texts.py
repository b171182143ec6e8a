"""Texts by Twilio (ports.MessageChannel)."""

from datetime import timedelta
from urllib.parse import urlencode

from requests.exceptions import RequestException
from twilio.base.exceptions import TwilioException, TwilioRestException

from suture.integrations.phone.twilio.account import PROVIDER, Account, outcome_of
from suture.model.connections import Sender
from suture.model.messages import Channel, Receipt, Send, SendOutcome

LONGEST_VALID, SHORTEST_VALID = timedelta(hours=10), timedelta(seconds=10)
MESSAGING_SERVICE = "MG"


class TwilioTexts:
    """Sends the texts of one sender: a messaging service or a number."""

    def __init__(self, account: Account, sender: Sender, hooks_url: str) -> None:
        self._account = account
        self._sender = sender
        self._hooks_url = hooks_url

    @property
    def channel(self) -> Channel:
        """SMS."""
        return Channel.SMS

    def send(self, message: Send) -> Receipt:
        """Try once; what Twilio could not hand over while it is of use it throws away."""
        of_use = min(message.not_after - message.at, LONGEST_VALID)
        if of_use < SHORTEST_VALID:
            return Receipt(SendOutcome.PERMANENT, PROVIDER, code="too_late")
        address = self._sender.address
        origin = "messaging_service_sid" if address.startswith(MESSAGING_SERVICE) else "from_"
        try:
            made = self._account.client.messages.create(
                to=message.to,
                body=message.body,
                status_callback=self._callback(message),
                validity_period=int(of_use.total_seconds()),
                **{origin: address},
            )
        except (TwilioRestException, RequestException) as error:
            outcome, code, refusal = outcome_of(error)
            return Receipt(outcome, PROVIDER, code=code, refusal=refusal)
        except TwilioException as error:  # an answer without sense: it may have been taken
            return Receipt(SendOutcome.UNKNOWN, PROVIDER, code=type(error).__name__)
        return Receipt(SendOutcome.ACCEPTED, PROVIDER, provider_sid=str(made.sid), code=str(made.status))

    def _callback(self, message: Send) -> str:
        return f"{self._hooks_url}/receipt?{urlencode({'touch': message.touch_id, 'try': message.attempt_no})}"
