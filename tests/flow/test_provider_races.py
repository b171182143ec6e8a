"""What may happen to texts on their way to a phone company: two hosts at once, clocks that change, visits that move."""

import threading
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine
from tests.fakes.callers import with_tools
from tests.flow.a_told_visit import plan, state
from tests.flow.test_texts_by_provider import ANN, BASE, Line
from tests.store import a_branch
from tests.store.a_branch import Branch, a_touch, add_address, add_party, at
from tests.store.a_shell import Shell, emptied

from suture.integrations.phone.twilio.adapter import Twilio
from suture.model.ids import PartyId, VisitId
from suture.model.messages import Channel, Step
from suture.service.caller import Caller
from suture.service.read_hooks import read_hooks
from suture.service.reconcile import LOOKS, reconcile
from suture.service.send_messages import send_due
from suture.sim.phone_company import Phone, PhoneCompany
from suture.store import promises
from suture.store.transaction import open_engine

HOSTS, PATIENTS = 2, 60


@pytest.fixture
def line(shell: Shell) -> Iterator[Line]:
    line = Line(shell)
    with line.company:
        line.connect()
        yield line


def patient(line: Line, branch: Branch, n: int, tz: str = "America/New_York") -> PartyId:
    """One more patient with a number of their own."""
    with line.shell.caller.transaction() as tx:
        party = add_party(tx, branch.id, branch.place, f"P{n}", "patient")
        add_address(tx, party, Channel.SMS, f"+1614555{2000 + n}")
        tx.run("UPDATE party SET tz = :tz WHERE id = :id", tz=tz, id=party)
    return party


def asked_about(line: Line, branch: Branch, party: PartyId, start: str, step: Step = Step.P_CONFIRM) -> None:
    """A question about a visit, or its new time, that is due now."""
    with line.shell.caller.transaction() as tx:
        visit = a_branch.add_visit(tx, branch, party, start)
        a_branch.assign(tx, branch, visit, branch.nora, start)
    plan(line.shell, branch, a_touch(step, party, visit, due=line.shell.clock.now(), not_after=a_branch.at(start)))


# two hosts -------------------------------------------------------------------------------------------


def a_host(line: Line) -> Caller:
    """A server of its own: its own connections to the database, and its own client of the phone company."""
    tools = line.shell.caller.tools
    twilio = Twilio(lambda name: SecretStr("a-token-for-tests"), lambda hook: f"{BASE}/hooks/{hook}")
    engine = open_engine(tools.engine.url.render_as_string(hide_password=False))
    return with_tools(line.shell.caller, engine=engine, providers={"twilio": twilio})


def test_two_hosts_that_send_at_once_send_no_text_twice(line: Line, branch: Branch) -> None:
    for n in range(PATIENTS):
        asked_about(line, branch, patient(line, branch, n), "09:00")
    together, sent = threading.Barrier(HOSTS), Counter[int]()

    def send_all(n: int, host: Caller) -> None:
        together.wait(60)
        while some := send_due(host, 5):
            sent[n] += some
        host.tools.engine.dispose()

    hosts = [threading.Thread(target=send_all, args=(n, a_host(line))) for n in range(HOSTS)]
    for host in hosts:
        host.start()
    for host in hosts:
        host.join(120)
    assert Counter(one.to for one in line.company.taken) == {f"+1614555{2000 + n}": 1 for n in range(PATIENTS)}
    assert line.shell.rows("SELECT state, count(*) AS n FROM touch GROUP BY state") == [
        {"state": "sent", "n": PATIENTS}
    ]
    assert len(sent) == HOSTS and sum(sent.values()) == PATIENTS, "both had a part in it"


# clocks that change ------------------------------------------------------------------------------------

ZONES = ("America/New_York", "America/Chicago", "America/Los_Angeles")


@pytest.mark.parametrize("day", [date(2026, 3, 8), date(2026, 11, 1)], ids=["spring", "autumn"])
def test_on_a_day_whose_clock_changes_a_text_goes_once_and_at_its_hour_wherever_its_reader_is(
    own_database: Engine, monkeypatch: pytest.MonkeyPatch, day: date
) -> None:
    """New times that are known at midnight wait until eight, on the clock of whoever reads them."""
    monkeypatch.setattr(a_branch, "THE_DAY", day)
    monkeypatch.setattr(a_branch, "at", lambda clock: at(clock, day))
    shell = Shell(emptied(own_database), at("00:00", day))
    with shell.caller.transaction() as tx:
        branch = a_branch.make_branch(tx)
    line = Line(shell)
    with line.company:
        line.connect()
        for n, tz in enumerate(ZONES):
            asked_about(line, branch, patient(line, branch, n, tz), "17:00", Step.P_CHANGED)
        while shell.clock.now() < at("12:00", day):
            send_due(shell.caller)
            line.pass_time(timedelta(minutes=10))
    clock = {f"+1614555{2000 + n}": ZoneInfo(tz) for n, tz in enumerate(ZONES)}
    left = [(one.to, one.at.astimezone(clock[one.to])) for one in line.company.taken]
    assert [(to, f"{when:%m-%d %H:%M}") for to, when in left] == [(to, f"{day:%m-%d} 08:00") for to in clock]
    assert len({when.astimezone(ZoneInfo("UTC")) for _to, when in left}) == len(ZONES), "each at an instant of its own"


# moved while it is being sent ------------------------------------------------------------------------------


@pytest.fixture
def moves_meanwhile(line: Line, branch: Branch, visit: VisitId, monkeypatch: pytest.MonkeyPatch) -> None:
    """The visit gets another time while the phone company is taking the first text about it."""
    keep, waiting = PhoneCompany._keep, [True]

    def move_and_keep(company: PhoneCompany, *rest: Any) -> None:
        if waiting and waiting.pop():
            with line.shell.caller.transaction() as tx:
                a_branch.move_visit_rev(tx, visit)
                a_branch.assign(tx, branch, visit, branch.nora, "10:15", told="10:00")
            plan(line.shell, branch, a_touch(Step.P_CHANGED, branch.ann, visit, rev=2, due=line.shell.clock.now()))
        keep(company, *rest)

    monkeypatch.setattr(PhoneCompany, "_keep", move_and_keep)


def told_last(line: Line, branch: Branch, visit: VisitId) -> str:
    with line.shell.caller.transaction() as tx:
        last = promises.current(tx, visit, branch.ann)
    assert last
    return f"{last.window.open.astimezone(a_branch.NEW_YORK):%H:%M}"


@pytest.mark.usefixtures("moves_meanwhile")
def test_a_visit_that_moves_while_its_question_is_being_sent_is_told_again(
    line: Line, branch: Branch, visit: VisitId
) -> None:
    touch = line.ask(branch, visit)
    assert (state(line.shell, touch), told_last(line, branch, visit)) == ("sent", "09:00"), "that is what was told"
    send_due(line.shell.caller)
    [question, change] = [one.body for one in line.company.taken]
    assert "visit Tue Mar 24, 9:00-10:00am" in question and "new time Tue Mar 24, 10:00-11:00am" in change
    assert told_last(line, branch, visit) == "10:00"
    line.pass_time(timedelta(minutes=1))
    line.company.write(ANN, "1")
    read_hooks(line.shell.caller)
    [reply] = line.shell.rows("SELECT body FROM inbox WHERE kind = 'reply'")
    newest = line.shell.rows("SELECT max(id) AS id FROM promise")[0]["id"]
    assert reply["body"]["promise_id"] == newest, "a yes is to the new time"


@pytest.mark.usefixtures("moves_meanwhile")
def test_the_older_time_is_no_newer_news_where_it_is_known_late_to_have_arrived(
    line: Line, branch: Branch, visit: VisitId
) -> None:
    line.company.phones[ANN] = Phone.SWALLOWED
    touch = line.ask(branch, visit)
    assert state(line.shell, touch) == "unknown"
    line.company.phones.clear()
    send_due(line.shell.caller)
    assert told_last(line, branch, visit) == "10:00"
    line.pass_time(LOOKS[0])
    assert reconcile(line.shell.caller) == 1
    assert (state(line.shell, touch), told_last(line, branch, visit)) == ("sent", "10:00")
    assert len(line.company.taken) == 2
    assert len(line.shell.rows("SELECT id FROM open_prompt WHERE closed_at IS NULL")) == 1
