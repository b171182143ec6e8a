"""Texts by Twilio (ports.MessageChannel)."""

from datetime import timedelta
from functools import partial
from urllib.parse import urlencode

from suture.integrations.phone.twilio.account import PROVIDER, Account, receipt_of
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
        return receipt_of(
            partial(
                self._account.client.messages.create,
                to=message.to,
                body=message.body,
                status_callback=self._callback(message),
                validity_period=int(of_use.total_seconds()),
                **{origin: address},
            )
        )

    def _callback(self, message: Send) -> str:
        return f"{self._hooks_url}/receipt?{urlencode({'touch': message.touch_id, 'try': message.attempt_no})}"
