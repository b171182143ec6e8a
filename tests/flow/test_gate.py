"""A visit behind its gate, end to end: what patients say, and what the aide who would drive there hears and sees."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from tests.conftest import RIVERBEND
from tests.flow.a_morning import BASE_URL, BRANCH, THE_DAY, Morning, a_morning, at

from suture.model.outreach_state import HoldCause, OutreachState
from suture.service.day_sheet import day_sheet
from suture.service.worker import drain
from suture.store import outreach
from suture.web.desk.sheet import sheet_page

AIDE = "e-06@example.org"
EARLY, LATER = "V-0324-16", "V-0324-15"
"""Two of her visits: at 08:34 and at 09:45 by the plan; the gate's word is due two hours before."""
GATE = """
- {{id: confirm-first, kind: gate, when: "v.kind == 'home_visit' && v.discipline == 'HHA'", needs: patient_confirmed,
   by: -2h, else: {word}, replaces: confirm-gate, scope: {{branch: [COLUMBUS]}}, because: A test needs it.,
   owner: tests}}
"""
DO_NOT, GO = "do not set out for", "please go to your visit"
HER_PHONE = "+16145550106"
Open = Callable[[str], Morning]


@pytest.fixture
def opened(database: Engine, tmp_path: Path) -> Iterator[Open]:
    """The demo agency under a gate with this word, published on the afternoon before."""
    with_these = []

    def a_day(word: str) -> Morning:
        config = tmp_path / "config"
        config.mkdir()
        rules = (RIVERBEND / "rulebook.yaml").read_text("utf-8")
        (config / "rulebook.yaml").write_text(rules + GATE.format(word=word), "utf-8")
        (config / "outreach.yaml").write_bytes((RIVERBEND / "outreach.yaml").read_bytes())
        folder = tmp_path / "data"
        folder.mkdir()
        running = a_morning(database, folder, config)
        with_these.append(running)
        morning = running.__enter__()
        morning.import_files()
        return morning

    yield a_day
    for running in with_these:
        running.__exit__(None, None, None)


def planned_and_published(morning: Morning) -> None:
    morning.api.post(f"/api/v1/days/{BRANCH}/{THE_DAY}/plan")
    assert morning.api.post(f"/api/v1/days/{BRANCH}/{THE_DAY}/publish").status_code == 200


def published(morning: Morning) -> Morning:
    """Everyone has been asked."""
    planned_and_published(morning)
    morning.wait_until(at("15:01", THE_DAY.replace(day=23)))
    return morning


def phone_of(morning: Morning, visit: str) -> str:
    with morning.caller.transaction() as tx:
        number = tx.scalar(
            """SELECT a.value FROM address a JOIN visit v ON v.patient_id = a.party_id
               WHERE v.external_id = :visit AND a.channel = 'sms'""",
            visit=visit,
        )
    return str(number)


def gate_of(morning: Morning, visit: str) -> str:
    with morning.caller.transaction() as tx:
        return str(tx.scalar("SELECT gate FROM visit WHERE external_id = :visit", visit=visit))


def cases_of(morning: Morning, visit: str) -> set[str]:
    with morning.caller.transaction() as tx:
        rows = tx.rows(
            """SELECT c.kind FROM exception_case c JOIN visit v ON c.subject_kind = 'visit' AND c.subject_id = v.id
               WHERE v.external_id = :visit AND c.state = 'open'""",
            visit=visit,
        )
    return {r["kind"] for r in rows}


def heard(morning: Morning) -> list[str]:
    """What the aide was told of single visits, in order: "go" or "do not"."""
    texts = sorted((m for m in morning.messages() if m.to == HER_PHONE), key=lambda m: m.at)
    return ["go" if GO in m.body else "do not" for m in texts if GO in m.body or DO_NOT in m.body]


def her_list(morning: Morning) -> str:
    """Her list as she sees it behind the link of the first message about it."""
    (mail,) = [m for m in morning.messages() if m.to == AIDE and "is ready" in m.body]
    page = morning.browser.get(mail.links[0].removeprefix(BASE_URL))
    assert page.status_code == 200
    return page.text


def not_yet(morning: Morning) -> int:
    """How many visits of her list are not confirmed."""
    return her_list(morning).count("not confirmed: do not set out yet")


def on_paper(morning: Morning) -> int:
    with morning.caller.transaction() as tx:
        return sheet_page(day_sheet(tx, BRANCH, THE_DAY)).count("Not confirmed: do not set out yet")


def on_the_board(morning: Morning) -> int:
    page = morning.browser.get("/").text
    return len(re.findall(r'<li class="bar at kept-back [^"]*" title="[^"]*not confirmed: not dispatched', page))


def test_unconfirmed_is_planned_not_dispatched_and_a_yes_lets_her_go(opened: Open) -> None:
    morning = published(opened("hold_and_flag"))
    assert (not_yet(morning), on_paper(morning), on_the_board(morning)) == (5, 5, 5)
    assert "sin confirmar: no salga todavía" in morning.browser.get(link_to_her_list(morning) + "?lang=es").text

    morning.text(phone_of(morning, EARLY), "1")
    morning.wait_until(at("15:03", THE_DAY.replace(day=23)))
    assert (gate_of(morning, EARLY), heard(morning)) == ("open", ["go"])
    assert (not_yet(morning), on_paper(morning), on_the_board(morning)) == (4, 4, 4)
    with morning.caller.transaction() as tx:  # it promises nothing, and asks nothing
        assert not tx.rows("SELECT p.id FROM promise p JOIN touch t ON t.id = p.touch_id WHERE t.step = 's.set_out'")


def link_to_her_list(morning: Morning) -> str:
    (mail,) = [m for m in morning.messages() if m.to == AIDE and "is ready" in m.body]
    return mail.links[0].removeprefix(BASE_URL)


def test_without_an_answer_it_is_held_and_a_late_yes_and_every_change_of_mind_is_told(opened: Open) -> None:
    morning = published(opened("hold_and_flag"))
    morning.wait_until(at("06:33"))
    before = heard(morning)
    assert (gate_of(morning, EARLY), cases_of(morning, EARLY)) == ("waits", set())
    morning.wait_until(at("06:36"))
    assert (gate_of(morning, EARLY), cases_of(morning, EARLY)) == ("held", {"patient_silent"})
    assert heard(morning) == [*before, "do not"]

    for minute, word in ((40, "1"), (42, "2"), (44, "1")):
        morning.wait_until(at(f"06:{minute}"))
        morning.text(phone_of(morning, EARLY), word)
    morning.wait_until(at("06:46"))
    assert (gate_of(morning, EARLY), cases_of(morning, EARLY)) == ("open", set())
    assert heard(morning) == [*before, "do not", "go", "do not", "go"]
    assert morning.lost_and_doubled() == (0, 2), "the same visit, the same person, the same words: each was true"


def test_what_is_no_longer_so_when_it_could_leave_is_not_said(opened: Open) -> None:
    """Both change their minds at night; she hears at half past five, and only what is so then."""
    morning = published(opened("hold_and_flag"))
    for minute, word in ((10, "1"), (20, "2")):
        morning.wait_until(at(f"04:{minute}"))
        morning.text(phone_of(morning, LATER), word)
    morning.wait_until(at("05:31"))
    assert (gate_of(morning, LATER), heard(morning)) == ("held", ["do not"])


def test_released_without_an_answer_she_goes_and_a_person_may_call(opened: Open) -> None:
    morning = published(opened("release_and_flag"))
    morning.wait_until(at("06:36"))
    assert (gate_of(morning, EARLY), cases_of(morning, EARLY)) == ("released", {"patient_silent"})
    assert heard(morning)[-1] == "go"
    assert EARLY in morning.route("E-06")


def test_dropped_to_the_waitlist_it_takes_what_becomes_free(opened: Open) -> None:
    morning = published(opened("drop_to_waitlist"))
    morning.wait_until(at("06:36"))
    assert (gate_of(morning, EARLY), cases_of(morning, EARLY)) == ("waitlist", {"uncovered_visit"})
    assert EARLY not in morning.route("E-06")
    assert heard(morning)[-1] == "do not"

    morning.wait_until(at("07:35"))
    morning.send("cancellation", visit=LATER, by="patient")
    assert EARLY in morning.route("E-06")
    assert (gate_of(morning, EARLY), cases_of(morning, EARLY)) == ("waitlist", set())
    morning.wait_until(at("07:37"))
    told = [m for m in morning.messages() if m.to == phone_of(morning, EARLY)]
    assert len(told) == 2 and "new time" in told[0].body, "its patient is asked with the real window"
    morning.text(phone_of(morning, EARLY), "1")
    morning.wait_until(at("07:39"))
    assert (gate_of(morning, EARLY), heard(morning)[-1]) == ("open", "go")


def test_it_binds_no_one_who_could_not_be_asked(opened: Open) -> None:
    morning = opened("hold_and_flag")
    with morning.caller.transaction() as tx:
        tx.run(
            """UPDATE consent SET granted = false
               WHERE party_id = (SELECT patient_id FROM visit WHERE external_id = :visit)""",
            visit=EARLY,
        )
    published(morning)
    assert "message_undeliverable" in cases_of(morning, EARLY)
    morning.wait_until(at("06:36"))
    assert gate_of(morning, EARLY) == "released"
    assert cases_of(morning, EARLY) == {"message_undeliverable", "patient_silent"}
    assert heard(morning)[-1] == "go"


def test_it_binds_no_one_while_the_agencys_messages_are_on_hold(opened: Open) -> None:
    morning = opened("hold_and_flag")
    with morning.caller.transaction() as tx:
        outreach.put(tx, OutreachState(on_hold=True, cause=HoldCause.ASKED, since=tx.now))
    planned_and_published(morning)
    assert on_paper(morning) == 0, "paper waits for no answer that cannot come"
    morning.clock.advance_to(at("06:36"))
    drain(morning.caller)
    assert (gate_of(morning, EARLY), cases_of(morning, EARLY)) == ("released", {"patient_silent"})
    assert morning.messages() == []
