"""The demo's phone company: what it has answered for it still has after a kill, and only the demo plays its phones."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from pydantic import SecretStr
from tests.contract.test_twilio import ACCOUNT, NUMBER, TOKEN, message, sender, twilio
from tests.flow.processes import wait_for

from suture.integrations.demo_phones import DemoPhones, PhonesFile
from suture.integrations.dev_inbox import read_messages
from suture.integrations.phone.twilio.calls import twiml
from suture.model.hooks import Spoken
from suture.model.messages import Channel, SendOutcome
from suture.model.phone_events import PHONES_FILE, Happening, PhonesAway
from suture.sim.phone_company import Phone, PhoneCompany
from suture.sim.phone_log import PhoneLog

HOOK = "https://care.example/hooks/opaque"


@dataclass
class Agency:
    """What the agency was told; `status` is what it answers, `says` what a call goes on with."""

    told: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)
    status: int = 200
    says: str = ""

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
        if self.status == 200:
            self.told.append((url, dict(parse_qsl(body.decode()))))
        return self.status, self.says


@pytest.fixture
def agency() -> Agency:
    return Agency()


@pytest.fixture
def company(tmp_path: Path, agency: Agency) -> Callable[..., PhoneCompany]:
    """Opens a phone company on the same file again and again, as a supervisor does."""

    def opened(**more: object) -> PhoneCompany:
        log = PhoneLog(tmp_path / PHONES_FILE)
        found = PhoneCompany(ACCOUNT, TOKEN, post=agency.post, log=log, **{"waits": True, **more})  # type: ignore[arg-type]
        found.texts_to = f"{HOOK}/text"
        return found

    return opened


def phones_of(tmp_path: Path, company: PhoneCompany, token: str = TOKEN) -> DemoPhones:
    return DemoPhones(PhonesFile(tmp_path / PHONES_FILE), company.url, SecretStr(token))


def send(company: PhoneCompany, body: str = "Reply 1 yes") -> SendOutcome:
    return twilio().channel(sender(company.url)).send(message(body=body)).outcome


def call(company: PhoneCompany) -> str:
    spoken = Spoken("en", "Press 1.", turn=1, otherwise="Goodbye.")
    fields = {
        "to": NUMBER,
        "from_": "+16145550100",
        "twiml": twiml(spoken, f"{HOOK}/call?touch=7"),
        "status_callback": f"{HOOK}/ended?touch=7",
    }
    return str(twilio()._account(sender(company.url).connection).client.calls.create(**fields).sid)


# --- after a kill --------------------------------------------------------------------------------------


def test_what_was_taken_is_there_again_and_is_still_called_back_about(
    tmp_path: Path, company: Callable[..., PhoneCompany], agency: Agency
) -> None:
    with company() as first:
        assert send(first) is SendOutcome.ACCEPTED
    with company() as second:
        assert [(one.to, one.body) for one in second.taken] == [(NUMBER, "Reply 1 yes")]
        assert second.call_back_now()
    states = ["queued", "sent", "delivered"]
    assert [told["MessageStatus"] for _url, told in agency.told] == states
    assert {url for url, _told in agency.told} == {f"{HOOK}/receipt?touch=7&try=1"}
    with company() as third:
        assert not third.call_back_now()  # nothing is open


def test_what_someone_wrote_while_the_agency_was_away_is_handed_in_after_a_kill(
    company: Callable[..., PhoneCompany], agency: Agency
) -> None:
    agency.status = 0
    with company() as first:
        sid = first.write(NUMBER, "STOP")
    agency.status = 200
    with company() as second:
        wait_for(lambda: agency.told, "the text was handed in")
        [(url, told)] = agency.told
        assert (url, told["MessageSid"], told["Body"], told["From"]) == (f"{HOOK}/text", sid, "STOP", NUMBER)
        assert send(second) is SendOutcome.PERMANENT  # the carrier has not forgotten it either


def test_a_phone_still_misbehaves_after_a_kill(company: Callable[..., PhoneCompany]) -> None:
    with company() as first:
        first.behave(NUMBER, Phone.LANDLINE)
    with company() as second:
        assert send(second) is SendOutcome.PERMANENT
        second.behave(NUMBER, Phone.RECEIVES)
        assert send(second) is SendOutcome.ACCEPTED


def test_a_torn_line_is_passed_over(tmp_path: Path, company: Callable[..., PhoneCompany]) -> None:
    with company() as first:
        send(first, "one")
    with (tmp_path / PHONES_FILE).open("ab") as file:
        file.write(b'{"happened": "text", "at": "2026')
    with company() as second:
        send(second, "two")
        assert [one.body for one in second.taken] == ["one", "two"]
    assert sorted(m.body for m in read_messages(tmp_path)) == ["one", "two"]


# --- as people play phones -----------------------------------------------------------------------------


def test_a_call_waits_for_keys_and_goes_on_after_a_kill(
    tmp_path: Path, company: Callable[..., PhoneCompany], agency: Agency
) -> None:
    with company(rings_s=60) as first:
        sid = call(first)
        first.call_back_now()
        assert agency.told == []
        agency.says = twiml(
            Spoken("en", "Your visit is at 9. Press 1.", turn=2, otherwise="Goodbye."), f"{HOOK}/call?touch=7"
        )
        assert phones_of(tmp_path, first).press(sid, "1")
    agency.says = twiml(Spoken("en", "Thank you."), "")
    with company(rings_s=60) as second:
        phones = phones_of(tmp_path, second)
        assert phones.press(sid, "2") and not phones.press(sid, "2")  # it is over
        said = [(e.happened, e.text) for e in phones.happened() if e.sid == sid][1:]
    assert said == [
        (Happening.SAID, "Press 1."),
        (Happening.KEY, "1"),
        (Happening.SAID, "Your visit is at 9. Press 1."),
        (Happening.KEY, "2"),
        (Happening.SAID, "Thank you."),
        (Happening.ENDED, ""),
    ]
    asked = [(url.partition("/opaque")[2], told.get("Digits", told.get("CallStatus"))) for url, told in agency.told]
    assert asked == [("/call?touch=7&turn=1", "1"), ("/call?touch=7&turn=2", "2"), ("/ended?touch=7", "completed")]


def test_a_call_that_no_one_answers_is_heard_by_a_machine(
    tmp_path: Path, company: Callable[..., PhoneCompany], agency: Agency
) -> None:
    with company(rings_s=60) as here:
        sid = call(here)
        here.call_back_now()
        assert phones_of(tmp_path, here).press(sid, "")
        assert here.heard[NUMBER] == ["Press 1.", "Goodbye."]
    assert [told["CallStatus"] for _url, told in agency.told] == ["completed"]


def test_texts_that_reach_no_phone_are_in_no_ones_hands(tmp_path: Path, company: Callable[..., PhoneCompany]) -> None:
    with company() as here:
        here.behave(NUMBER, Phone.UNREACHED)
        send(here)
        assert read_messages(tmp_path) == []
        phones_of(tmp_path, here).behave(NUMBER, "receives")
        send(here)
        [seen] = read_messages(tmp_path)
        assert (seen.channel, seen.to) == (Channel.SMS, NUMBER)


def test_only_whoever_has_the_token_plays_phones(
    tmp_path: Path, company: Callable[..., PhoneCompany], agency: Agency
) -> None:
    with company() as here:
        for token in ("", "another", TOKEN + " "):
            stranger = phones_of(tmp_path, here, token)
            assert not stranger.write(NUMBER, "STOP") and not stranger.behave(NUMBER, "silent")
        known = phones_of(tmp_path, here)
        assert not known.behave(NUMBER, "explodes")
        assert (agency.told, list(known.happened()), here.journal) == ([], [], [])
        assert known.write(NUMBER, "1", "SM" + "1" * 32) and known.write(NUMBER, "1", "SM" + "1" * 32)
        assert [t["Body"] for t in here.texts_in] == ["1"]


def test_a_phone_company_that_is_away_is_no_answer(tmp_path: Path, company: Callable[..., PhoneCompany]) -> None:
    with company() as here:
        phones = phones_of(tmp_path, here)
    with pytest.raises(PhonesAway):
        phones.write(NUMBER, "1")
