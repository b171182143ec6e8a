"""Calls by Twilio (ports.MessageChannel): one keypad, no recording, what is said made ready in TwiML."""

from functools import partial
from urllib.parse import urlencode

from twilio.twiml.voice_response import Gather, VoiceResponse

from suture.integrations.phone.twilio.account import Account, receipt_of
from suture.model.connections import Sender
from suture.model.hooks import KeyNews, Spoken
from suture.model.messages import Channel, Receipt, Send

RINGS_S, WAITS_S = 25, 8
_LANGUAGES = {"en": "en-US", "es": "es-US"}


class TwilioCalls:
    """Makes the calls of one sender: a number."""

    def __init__(self, account: Account, sender: Sender, hooks_url: str) -> None:
        self._account = account
        self._sender = sender
        self._hooks_url = hooks_url

    @property
    def channel(self) -> Channel:
        """Voice."""
        return Channel.VOICE

    def send(self, message: Send) -> Receipt:
        """Call once. The first line of the message asks for a key, the rest is said where none is pressed."""
        asks, _line, otherwise = message.body.partition("\n")
        about = {"touch": message.touch_id, "try": message.attempt_no}
        spoken = Spoken(message.lang, asks, turn=1, otherwise=otherwise)
        return receipt_of(
            partial(
                self._account.client.calls.create,
                to=message.to,
                from_=self._sender.address,
                twiml=twiml(spoken, f"{self._hooks_url}/call?{urlencode(about)}"),
                timeout=RINGS_S,
                status_callback=f"{self._hooks_url}/ended?{urlencode(about)}",
            )
        )


def key_url(hooks_url: str, news: KeyNews) -> str:
    """Where the next key of a call is reported."""
    return f"{hooks_url}/call?{urlencode({'touch': news.touch_id, 'try': news.attempt_no})}"


def twiml(spoken: Spoken, url: str) -> str:
    """What is said, and where a key is reported; the vendor's own writer escapes whatever is in it."""
    answer, language = VoiceResponse(), _LANGUAGES.get(spoken.lang, _LANGUAGES["en"])
    if spoken.turn:
        asked = Gather(num_digits=1, timeout=WAITS_S, action=f"{url}&turn={spoken.turn}", method="POST")
        asked.say(spoken.text, language=language)
        answer.append(asked)
        if spoken.otherwise:
            answer.say(spoken.otherwise, language=language)
    else:
        answer.say(spoken.text, language=language)
    answer.hangup()
    return str(answer)
