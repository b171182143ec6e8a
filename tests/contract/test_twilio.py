"""Texts by Twilio: the vendor's own client against a phone company that behaves, and one that does not."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl
from xml.etree import ElementTree

import pytest
from pydantic import SecretStr
from tests.contract.test_message_channel import MESSAGE
from twilio.request_validator import RequestValidator

from suture.integrations.phone.twilio.adapter import Twilio
from suture.model.connections import Audience, Connection, Sender
from suture.model.hooks import Delivery, HookRequest, KeyNews, ReceiptNews, Spoken
from suture.model.ids import ConnectionId, SenderId, TouchId
from suture.model.messages import Channel, InboundText, Receipt, Refusal, Send, SendOutcome
from suture.ports import PermanentAdapterError, TransientAdapterError
from suture.sim.phone_company import Phone, PhoneCompany

ACCOUNT, TOKEN = "AC" + "5" * 32, "a-token-for-tests"
HOOKS = "https://care.example/hooks/opaque"
NUMBER = "+16145550111"


@pytest.fixture
def company() -> Iterator[PhoneCompany]:
    with PhoneCompany(ACCOUNT, TOKEN, waits=True) as company:
        yield company


def connection(url: str, **settings: str) -> Connection:
    return Connection(
        ConnectionId(3), "texts", "twilio", {"account_sid": ACCOUNT, "base_url": url, **settings}, "A_TOKEN", "opaque"
    )


def twilio(token: str = TOKEN) -> Twilio:
    return Twilio(
        lambda name: SecretStr(token if name == "A_TOKEN" else ""), lambda hook: f"https://care.example/hooks/{hook}"
    )


def sender(url: str, address: str = "MG" + "7" * 32) -> Sender:
    return Sender(SenderId(1), connection(url), Channel.SMS, Audience.PATIENTS, address)


def message(**changes: object) -> Send:
    now = datetime.now(UTC)
    return replace(MESSAGE, to=NUMBER, at=now, not_after=now + timedelta(hours=2), **changes)  # type: ignore[arg-type]


def send(company: PhoneCompany, **changes: object) -> Receipt:
    return twilio().channel(sender(company.url)).send(message(**changes))


# --- out -----------------------------------------------------------------------------------------------


def test_a_text_leaves_once_with_where_to_call_back_and_how_long_it_is_of_use(company: PhoneCompany) -> None:
    receipt = send(company, attempt_no=2)
    [taken] = company.taken
    assert (receipt.outcome, receipt.provider, receipt.provider_sid) == (SendOutcome.ACCEPTED, "twilio", taken.sid)
    assert (taken.to, taken.body) == (NUMBER, MESSAGE.body)
    assert taken.fields["MessagingServiceSid"] == "MG" + "7" * 32
    assert taken.fields["StatusCallback"] == f"{HOOKS}/receipt?touch=7&try=2"
    assert taken.fields["ValidityPeriod"] == "7200"


def test_it_is_never_valid_for_longer_than_ten_hours(company: PhoneCompany) -> None:
    now = datetime.now(UTC)
    twilio().channel(sender(company.url)).send(replace(message(), at=now, not_after=now + timedelta(days=3)))
    assert company.taken[0].fields["ValidityPeriod"] == "36000"


def test_what_is_of_no_use_anymore_does_not_leave(company: PhoneCompany) -> None:
    now = datetime.now(UTC)
    receipt = twilio().channel(sender(company.url)).send(replace(message(), at=now, not_after=now))
    assert (receipt.outcome, receipt.code, company.taken) == (SendOutcome.PERMANENT, "too_late", [])


def test_a_number_is_a_sender_as_well(company: PhoneCompany) -> None:
    twilio().channel(sender(company.url, "+16145550100")).send(message())
    assert company.taken[0].fields["From"] == "+16145550100" and "MessagingServiceSid" not in company.taken[0].fields


@pytest.mark.parametrize(
    ("phone", "outcome", "code", "refusal"),
    [
        (Phone.OPTED_OUT, SendOutcome.PERMANENT, "21610", Refusal.OPTED_OUT),
        (Phone.LANDLINE, SendOutcome.PERMANENT, "21614", Refusal.NOT_BY_THIS_CHANNEL),
        (Phone.BUSY, SendOutcome.TRANSIENT, "20429", Refusal.NONE),
        (Phone.BROKEN, SendOutcome.UNKNOWN, "500", Refusal.NONE),
        (Phone.SWALLOWED, SendOutcome.UNKNOWN, "ConnectionError", Refusal.NONE),
    ],
)
def test_what_is_known_after_an_error(
    company: PhoneCompany, phone: Phone, outcome: SendOutcome, code: str, refusal: Refusal
) -> None:
    company.phones[NUMBER] = phone
    assert send(company) == Receipt(outcome, "twilio", code=code, refusal=refusal)
    assert len(company.journal) == 1  # tried once


def test_a_company_that_is_not_there_is_tried_later() -> None:
    with PhoneCompany(ACCOUNT, TOKEN) as gone:
        url = gone.url
    receipt = twilio().channel(sender(url)).send(message())
    assert (receipt.outcome, receipt.code) == (SendOutcome.TRANSIENT, "not_connected")


def test_a_wrong_token_is_ours_to_mend_and_closes_no_number(company: PhoneCompany) -> None:
    receipt = twilio("another").channel(sender(company.url)).send(message())
    assert (receipt.outcome, receipt.code, receipt.refusal) == (SendOutcome.TRANSIENT, "auth_401", Refusal.NONE)


@pytest.mark.parametrize(
    "settings",
    [{"account_sid": "AC5"}, {"unknown": "1"}, {"base_url": "http://api.example"}, {"base_url": "ftp://localhost"}],
)
def test_settings_that_cannot_be_used_are_named(company: PhoneCompany, settings: dict[str, str]) -> None:
    faulty = replace(sender(company.url), connection=connection(company.url, **settings))
    with pytest.raises(PermanentAdapterError, match=r"account_sid|unknown|base_url"):
        twilio().channel(faulty)
    with pytest.raises(PermanentAdapterError, match="A_TOKEN is not set"):
        Twilio(lambda name: SecretStr(""), str).channel(sender(company.url))


# --- back ----------------------------------------------------------------------------------------------


def called(path: str, fields: dict[str, str], *, token: str = TOKEN, query: str = "", url: str = "") -> HookRequest:
    asked = f"{HOOKS}/{path}{query}"
    signature = RequestValidator(token).compute_signature(asked, fields)
    return HookRequest(url or asked, path, tuple(fields.items()), (("x-twilio-signature", signature),))


RECEIPT = {"MessageSid": "SM1", "MessageStatus": "undelivered", "ErrorCode": "30006", "AccountSid": ACCOUNT}
TEXT = {"MessageSid": "SM2", "From": NUMBER, "Body": "1", "AccountSid": ACCOUNT, "NumMedia": "0"}


def test_a_receipt_says_how_far_which_message_is() -> None:
    news = twilio().read(connection("https://x.example"), called("receipt", RECEIPT, query="?touch=7&try=2"))
    assert news == ReceiptNews("SM1", Delivery.FAILED, "30006", Refusal.NOT_BY_THIS_CHANNEL, TouchId(7), 2)


def test_a_text_is_read() -> None:
    assert twilio().read(connection("https://x.example"), called("text", TEXT)) == InboundText(
        "twilio", "SM2", NUMBER, "1"
    )


@pytest.mark.parametrize(
    "request_",
    [
        called("text", TEXT, token="forged"),
        called("text", {**TEXT, "AccountSid": "AC" + "6" * 32}),
        called("text", TEXT, url="https://attacker.example/hooks/opaque/text"),
        called("text", TEXT, url=f"{HOOKS}/text?more=1"),
        replace(called("text", TEXT), headers=()),
        replace(called("text", TEXT), form=(*TEXT.items(), ("Body", "2"))),
        replace(called("text", TEXT), form=tuple({**TEXT, "Body": "2"}.items())),
    ],
    ids=["token", "account", "host", "query", "no signature", "a field twice", "changed"],
)
def test_what_twilio_did_not_sign_for_this_account_is_not_read(request_: HookRequest) -> None:
    assert twilio().read(connection("https://x.example"), request_) is None


@pytest.mark.parametrize(
    "request_",
    [
        called("receipt", {**RECEIPT, "MessageStatus": "vanished"}),
        called("receipt", {"AccountSid": ACCOUNT}),
        called("text", {"AccountSid": ACCOUNT, "Body": "1"}),
        called("elsewhere", TEXT),
    ],
)
def test_a_genuine_call_without_sense_says_so(request_: HookRequest) -> None:
    with pytest.raises(PermanentAdapterError):
        twilio().read(connection("https://x.example"), request_)


def test_its_own_list_has_what_left_and_what_came_in(company: PhoneCompany) -> None:
    began = datetime.now(UTC) - timedelta(seconds=5)
    company.phones["+16145550112"] = Phone.SWALLOWED
    send(company)
    twilio().channel(sender(company.url)).send(replace(message(), to="+16145550112", body="lost on the way"))
    company.write(NUMBER, "1", sid="SM9")
    listed = twilio().sent_since(connection(company.url), began)
    assert {(m.to, m.body, m.provider_sid) for m in listed} == {(t.to, t.body, t.sid) for t in company.taken}
    assert twilio().received_since(connection(company.url), began) == [InboundText("twilio", "SM9", NUMBER, "1")]
    assert twilio().sent_since(connection(company.url), datetime.now(UTC) + timedelta(minutes=1)) == []


def test_a_list_that_cannot_be_had_is_asked_for_again(company: PhoneCompany) -> None:
    with pytest.raises(TransientAdapterError):
        twilio("another").sent_since(connection(company.url), datetime.now(UTC))


def test_the_form_is_read_as_the_vendor_writes_it() -> None:
    """A plus is a space, %2B a plus: the signature covers the text that was meant."""
    assert parse_qsl("From=%2B1614&Body=a+b%26c") == [("From", "+1614"), ("Body", "a b&c")]


# --- calls ------------------------------------------------------------------------------------------------


def test_a_call_says_who_calls_and_asks_for_a_key(company: PhoneCompany) -> None:
    caller = replace(sender(company.url, "+16145550100"), channel=Channel.VOICE)
    body = 'This is A <Dial>+1900</Dial> & "B". Press 1.\nCall us.'
    receipt = twilio().channel(caller).send(message(body=body, lang="es"))
    [taken] = company.taken
    assert (receipt.outcome, receipt.provider_sid) == (SendOutcome.ACCEPTED, taken.sid)
    said = ElementTree.fromstring(taken.fields["Twiml"])
    assert [e.tag for e in said] == ["Gather", "Say", "Hangup"]  # a name is read out, whatever is in it
    assert said[0].attrib["action"] == f"{HOOKS}/call?touch=7&try=1&turn=1"
    [asked] = said[0]
    assert (asked.text, asked.attrib["language"]) == ('This is A <Dial>+1900</Dial> & "B". Press 1.', "es-US")
    assert (taken.fields["From"], taken.fields["StatusCallback"]) == ("+16145550100", f"{HOOKS}/ended?touch=7&try=1")


KEY = {"CallSid": "CA1", "AccountSid": ACCOUNT, "Digits": "12"}


def test_a_key_says_which_question_it_answers() -> None:
    news = twilio().read(connection("https://x.example"), called("call", KEY, query="?touch=7&try=1&turn=2"))
    assert news == KeyNews("CA1", TouchId(7), 1, 2, "1")
    with pytest.raises(PermanentAdapterError):
        twilio().read(connection("https://x.example"), called("call", KEY, query="?try=1&turn=2"))


def test_what_is_said_next_asks_again_or_ends() -> None:
    news = KeyNews("CA1", TouchId(7), 1, 1, "1")
    asks = twilio().say(connection("https://x.example"), news, Spoken("en", "Press 1 & go", turn=2, otherwise="Bye"))
    assert f"{HOOKS}/call?touch=7&amp;try=1&amp;turn=2" in asks and "Press 1 &amp; go" in asks
    ends = ElementTree.fromstring(twilio().say(connection("https://x.example"), news, Spoken("en", "Thank you.")))
    assert [e.tag for e in ends] == ["Say", "Hangup"]


def test_a_call_that_is_over_was_not_heard_by_that_alone() -> None:
    ended = {"CallSid": "CA1", "AccountSid": ACCOUNT, "CallStatus": "no-answer"}
    news = twilio().read(connection("https://x.example"), called("ended", ended, query="?touch=7&try=1"))
    assert news == ReceiptNews("CA1", Delivery.FAILED, "no-answer", Refusal.NONE, TouchId(7), 1)
