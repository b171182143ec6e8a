"""kill -9, anywhere, at any time: nothing is lost, nothing leaves twice, and nobody has to repair anything by hand."""

import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from tests.flow.processes import (
    START_LIMIT_S,
    Demo,
    Installation,
    a_prepared_folder,
    child_ids,
    environment,
    is_gone,
    its_postgres,
    suture,
    wait_for,
)

from suture.bootstrap import catching_mail
from suture.model.phone_events import PHONES_FILE
from suture.sim.phone_company import PhoneCompany
from suture.sim.phone_line import ACCOUNT_SID, TOKEN_VARIABLE
from suture.sim.phone_log import PhoneLog
from suture.words.reason import from_json

TOKEN = "a-token-for-tests"

# --- the worker, at its two most delicate moments ------------------------------------------------------


class Morning(Installation):
    """A prepared morning with its database, mail server and phone company, and no worker but those a test starts."""

    def __init__(self, data: Path, url: str, smtp_port: int, company: PhoneCompany) -> None:
        super().__init__(data)
        self.env = {"DATABASE_URL": url, "SUTURE_SMTP_PORT": str(smtp_port), TOKEN_VARIABLE: TOKEN}
        self.company = company
        self.rows(
            "UPDATE connection SET settings = settings || jsonb_build_object('base_url', %s::text)", self.company.url
        )

    @contextmanager
    def worker(self, failpoint: str = "") -> Iterator[subprocess.Popen[bytes]]:
        """A worker that runs during the block, or until it comes to the fail point."""
        argv = [sys.executable, "-m", "suture.cli", "worker", "--demo", "--data", str(self.data)]
        process = subprocess.Popen(argv, env=environment(**self.env, SUTURE_FAILPOINT=failpoint))
        try:
            yield process
        finally:
            process.terminate()
            process.wait(START_LIMIT_S)

    def work_until_killed(self, failpoint: str) -> None:
        """A worker that dies at the fail point."""
        with self.worker(failpoint) as process:
            assert process.wait(START_LIMIT_S) == -signal.SIGKILL

    def publish(self, day: str) -> None:
        """A day, by the command line."""
        for step in ("plan", "publish"):
            said = suture("day", step, "COLUMBUS", day, "--demo", "--data", self.data, env=self.env)
            assert said.returncode == 0, said.stderr

    def heads(self) -> dict[str, int]:
        """The version of each day's plan."""
        rows = self.rows("SELECT service_date, version FROM plan_head")
        return {str(r["service_date"]): r["version"] for r in rows}

    def call_out(self, *options: str) -> int:
        """The busiest nurse calls out, by the command line; the signal's id."""
        said = suture("signal", "call-out", self.busiest_rn(), *options, "--demo", "--data", self.data, env=self.env)
        assert said.returncode == 0, said.stderr
        return int(said.stdout.split()[1].rstrip(":"))

    def let_pass(self, time_: timedelta) -> None:
        """The demo's time jumps ahead."""
        self.rows("UPDATE demo_clock SET shown_at = shown_at + %s", time_)

    def touches(self, *states: str) -> list[dict[str, object]]:
        """Messages by their state."""
        return self.rows("SELECT * FROM touch WHERE state = ANY(%s) ORDER BY id", list(states))

    def mails_in(self, state: str) -> list[dict[str, object]]:
        """Those that go by mail; a text may be on its way beside them, in a lane of its own."""
        return [touch for touch in self.touches(state) if touch["channel"] == "email"]

    def is_idle(self) -> bool:
        """Whether nothing is left to do at this instant."""
        waiting = """SELECT id FROM inbox WHERE state = 'new' UNION ALL
                     SELECT id FROM touch WHERE state IN ('claimed', 'sending') OR state = 'planned' AND due_at <= %s"""
        return not self.rows(waiting, self.now())

    def left(self) -> Counter[str]:
        """How often each message has left, by its touch's key: mails at the catcher, texts at the phone company."""
        letters = Counter(str(mail["Message-ID"]) for mail in self.mails())
        texts = Counter(re.findall(r"touch=(\d+)", one.fields["StatusCallback"])[0] for one in self.company.taken)
        found: Counter[str] = Counter()
        for touch in self.rows("SELECT id, idem_key::text AS key FROM touch"):
            found[touch["key"]] = letters[f"<{touch['key']}@localhost>"] + texts[str(touch["id"])]
        return found


@pytest.fixture
def morning(pytestconfig: pytest.Config) -> Iterator[Morning]:
    with a_prepared_folder(pytestconfig) as data, its_postgres(data) as postgres, catching_mail(data) as smtp_port:
        log = PhoneLog(data / PHONES_FILE)
        with PhoneCompany(ACCOUNT_SID, TOKEN, waits=True, log=log) as company:
            yield Morning(data, postgres.url, smtp_port, company)


def test_killed_after_the_plan_is_committed_its_messages_leave_exactly_once(morning: Morning) -> None:
    version, before = morning.version(), morning.left()
    called_out = morning.call_out()
    morning.work_until_killed("after_plan_commit")

    assert (morning.version(), morning.signal_state(called_out)) == (version + 1, "handled")
    planned = {str(t["idem_key"]) for t in morning.touches("planned")}
    assert planned and morning.left() == before

    morning.let_pass(timedelta(minutes=2))
    with morning.worker():
        wait_for(morning.is_idle, "the new worker did what was left")
    sent = {str(t["idem_key"]): t["channel"] for t in morning.touches("sent")}
    assert {sent[key] for key in planned} == {"email", "sms"}
    assert morning.left() - before == Counter(planned)  # each of them once, and nothing else
    assert morning.version() == version + 1  # the signal was not decided a second time


@pytest.mark.parametrize("moment", ["after_lease", "before_plan_commit"])
def test_killed_while_it_decides_an_absence_of_two_days_both_are_still_to_do(morning: Morning, moment: str) -> None:
    """Taken and not decided, or written and not committed: neither day has changed; the next worker decides both."""
    morning.publish("2026-03-25")
    before, events = morning.heads(), morning.rows("SELECT count(*) AS n FROM event")
    called_out = morning.call_out("--until", "2026-03-25T20:00-04:00")
    morning.work_until_killed(moment)

    assert morning.signal_state(called_out) == "new"
    assert (morning.heads(), morning.rows("SELECT count(*) AS n FROM event")) == (before, events)
    leased = "SELECT service_date FROM branch_dirty WHERE lease_until IS NOT NULL AND gen > done ORDER BY 1"
    assert [str(r["service_date"]) for r in morning.rows(leased)] == ["2026-03-24", "2026-03-25"]

    with morning.worker():
        wait_for(lambda: morning.signal_state(called_out) == "handled", "the leases ran out")
    handled = "SELECT service_date FROM event WHERE kind = 'signal.handled' AND subject_id = %s ORDER BY 1"
    assert [str(r["service_date"]) for r in morning.rows(handled, called_out)] == ["2026-03-24", "2026-03-25"]
    assert morning.heads()["2026-03-24"] == before["2026-03-24"] + 1
    assert morning.rows("SELECT tries FROM inbox WHERE id = %s", called_out) == [{"tries": 0}]


def test_killed_after_the_mail_was_accepted_it_is_unknown_with_a_case_and_never_sent_again(morning: Morning) -> None:
    morning.call_out()
    with morning.worker():
        wait_for(morning.is_idle, "the call-out was decided")
    morning.let_pass(timedelta(minutes=2))
    morning.work_until_killed("after_smtp_accept")

    [touch] = morning.mails_in("sending")
    key = str(touch["idem_key"])
    assert morning.left()[key] == 1

    with morning.worker():
        wait_for(lambda: morning.mails_in("unknown"), "the lease ran out")
        wait_for(morning.is_idle, "all the others left")
    case = "SELECT reasons FROM exception_case WHERE state = 'open' AND subject_kind = 'touch' AND subject_id = %s"
    [opened] = morning.rows(case, touch["id"])
    assert "may or may not have arrived" in str(from_json(opened["reasons"][0]))

    morning.let_pass(timedelta(minutes=10))
    with morning.worker():
        wait_for(morning.is_idle, "another worker found nothing to send again")
    [still] = morning.mails_in("unknown")
    assert (still["id"], morning.left()[key]) == (touch["id"], 1)
    attempts = morning.rows("SELECT outcome FROM message_attempt WHERE touch_id = %s", touch["id"])
    assert attempts == [{"outcome": "unknown"}]
    assert set(morning.left().values()) <= {0, 1}


# --- the processes of a running demo -------------------------------------------------------------------


@pytest.fixture(scope="module")
def demo(pytestconfig: pytest.Config) -> Iterator[Demo]:
    with a_prepared_folder(pytestconfig) as data, Demo(data) as running:
        running.wait_until_ready()
        yield running


def assert_all_works(demo: Demo) -> None:
    """A signal is taken and decided, and its mail leaves for the catcher."""
    before = len(demo.mails())
    demo.wait_until_decided(demo.send("cancellation", visit=demo.waiting_visits()[-1]))
    assert demo.page().status == 200
    wait_for(demo.catches_mail, "the mail catcher")
    demo.rows("UPDATE touch SET due_at = %s WHERE state = 'planned' AND step = 's.changed'", demo.now())
    wait_for(lambda: len(demo.mails()) > before, "the mail arrived")


@pytest.mark.parametrize("name", ["web", "public", "decider", "sender", "catcher", "phones"])
def test_a_killed_child_is_back_within_seconds(demo: Demo, name: str) -> None:
    before = demo.children()
    killed = demo.kill(name)
    wait_for(lambda: demo.children().get(name, killed) != killed, f"a new {name}")
    wait_for(lambda: demo.page().status == 200, "the page")
    assert_all_works(demo)
    after = demo.children()
    assert {n: pid for n, pid in after.items() if n != name} == {n: pid for n, pid in before.items() if n != name}


LOST_AT_MOST_S = 30.0
"""The time is stored every two seconds; a busy machine may be late."""
COUNTS = """SELECT (SELECT count(*) FROM visit) AS visits, (SELECT count(*) FROM inbox) AS signals,
                   (SELECT count(*) FROM event) AS events, (SELECT count(*) FROM touch) AS touches,
                   (SELECT max(version) FROM plan) AS plans"""


def test_a_killed_postgres_is_back_by_itself_with_all_its_rows(demo: Demo) -> None:
    before = demo.children()
    os.kill(before["decider"], signal.SIGSTOP)  # so that signals wait
    waiting = [demo.send("check_in", visit=visit) for visit in demo.waiting_visits()[:2]]
    [counted] = demo.rows(COUNTS)
    killed = demo.kill("postgres")
    os.kill(before["decider"], signal.SIGCONT)

    wait_for(lambda: demo.children().get("postgres", killed) != killed, "a new PostgreSQL", START_LIMIT_S)
    wait_for(lambda: demo.page().status == 200, "the page", START_LIMIT_S)
    for signal_id in waiting:
        demo.wait_until_decided(signal_id)
    [found] = demo.rows(COUNTS)
    assert all(found[what] >= counted[what] for what in counted)
    assert (found["visits"], found["signals"]) == (counted["visits"], counted["signals"])
    assert_all_works(demo)
    after = demo.children()
    assert after.pop("postgres") != killed
    assert after == {name: pid for name, pid in before.items() if name != "postgres"}  # nobody had to be restarted


def test_a_killed_supervisor_takes_everything_down_cleanly(demo: Demo) -> None:
    running = [*demo.children().values(), *child_ids(demo.children()["postgres"])]
    demo.process.kill()
    wait_for(lambda: all(map(is_gone, running)), "all its children ended")
    assert "database system is shut down" in demo.log().splitlines()[-1]


def test_after_everything_was_killed_a_second_start_recovers_and_loses_seconds(pytestconfig: pytest.Config) -> None:
    with a_prepared_folder(pytestconfig) as data:
        with Demo(data) as demo:
            demo.wait_until_ready()
            os.kill(demo.children()["decider"], signal.SIGSTOP)
            waiting = demo.send("check_in", visit=demo.waiting_visits()[0])
            [counted] = demo.rows(COUNTS)
            shown, real = demo.now(), time.monotonic()
            for pid in (demo.process.pid, *demo.children().values()):
                os.kill(pid, signal.SIGKILL)
            ran_for = time.monotonic() - real
        with Demo(data) as again:
            again.wait_until_ready()
            again.wait_until_decided(waiting)
            before, shown_again, after = time.monotonic(), again.now(), time.monotonic()
            at_most = shown + timedelta(seconds=ran_for + after - again.began + 0.1)
            at_least = shown + timedelta(seconds=before - again.began - again.ready_after_s - LOST_AT_MOST_S)
            assert at_least <= shown_again <= at_most
            assert again.rows(COUNTS)[0]["visits"] == counted["visits"]
            assert_all_works(again)
