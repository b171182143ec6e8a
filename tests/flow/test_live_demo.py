"""`./run` as a person meets it: the first start, the next one, what is refused, and how it ends."""

import os
import time
from collections.abc import Iterator
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from tests.flow.processes import (
    CHILDREN,
    PREPARE_LIMIT_S,
    Demo,
    FirstStart,
    a_folder,
    a_prepared_folder,
    at,
    first_start,
    free_port,
    is_gone,
    its_postgres,
    suture,
    wait_for,
)

SECONDS = timedelta(seconds=1)


@pytest.fixture(scope="module")
def first(pytestconfig: pytest.Config) -> FirstStart:
    return first_start(pytestconfig)


@pytest.fixture(scope="module")
def demo(pytestconfig: pytest.Config) -> Iterator[Demo]:
    """The second start. An hour has passed since the first was stopped."""
    with a_prepared_folder(pytestconfig) as data:
        with its_postgres(data) as stopped:
            stopped.rows("UPDATE demo_clock SET real_at = real_at - interval '1 hour'")
        with Demo(data) as running:
            running.wait_until_ready()
            yield running


# --- the first start -----------------------------------------------------------------------------------


def test_a_first_start_in_an_empty_folder_leads_to_a_page(first: FirstStart) -> None:
    assert first.ready_after_s < PREPARE_LIMIT_S
    assert "Riverbend" in first.page
    assert any(line.startswith("Data folder: /") for line in first.output.splitlines()[:3])
    assert "Preparing the demo" in first.output  # a long step says what it does
    assert "Suture is ready: http://localhost:" in first.output
    assert "API token: " in first.output


def test_the_demo_begins_at_0735(first: FirstStart) -> None:
    assert at("07:35") <= first.shown_at_ready <= at("07:35") + timedelta(seconds=first.ready_after_s)


def test_ctrl_c_stops_everything(first: FirstStart) -> None:
    assert first.exit_code in (0, 130)
    assert "Traceback" not in first.output
    assert first.left_over == ()
    assert "database system is shut down" in first.log.splitlines()[-1]


# --- the next start ------------------------------------------------------------------------------------


def test_the_next_start_prepares_nothing(demo: Demo) -> None:
    assert "Preparing" not in demo.output and "Ready after" not in demo.output


def assert_moves_with_the_clock(demo: Demo) -> None:
    """However long a busy machine takes for each look: what passed in the demo lies between what passed around it."""
    before = time.monotonic()
    shown = demo.now()
    after = time.monotonic()
    wait_for(lambda: time.monotonic() > after + 3, "three seconds")
    later_before = time.monotonic()
    passed = (demo.now() - shown).total_seconds()
    later_after = time.monotonic()
    assert later_before - after - 0.1 <= passed <= later_after - before + 0.1


def test_the_demo_goes_on_where_a_stop_left_it_at_real_speed(demo: Demo, first: FirstStart) -> None:
    shown, real = demo.now(), time.monotonic()
    ran_for = timedelta(seconds=real - demo.began) + (first.ready_after_s * SECONDS)
    assert first.shown_before_stop <= shown <= first.shown_before_stop + ran_for  # the hour does not count
    wait_for(lambda: time.monotonic() > real + 5, "five seconds")  # the stored time is renewed every two
    assert_moves_with_the_clock(demo)


def test_a_call_out_by_the_api_mends_the_plan_and_tells_the_staff(demo: Demo) -> None:
    version = demo.version()
    called_out = demo.send("call_out", clinician=demo.busiest_rn(), source="test", source_id="1")
    demo.wait_until_decided(called_out)
    assert demo.version() == version + 1

    told = demo.rows("SELECT * FROM touch WHERE step = 's.changed' AND state = 'planned' ORDER BY due_at")
    assert told
    assert all(t["due_at"] >= demo.now() for t in told[1:])  # held back
    sent = "SELECT provider_sid FROM touch WHERE id = %s AND state = 'sent'"
    [row] = wait_for(lambda: demo.rows(sent, told[0]["id"]), "the message left", limit_s=90)
    [mail] = [m for m in demo.mails() if m["Message-ID"] == row["provider_sid"]]
    assert parsedate_to_datetime(mail["Date"]) >= told[0]["due_at"].replace(microsecond=0)


def test_a_command_is_a_client_of_the_running_demo(demo: Demo) -> None:
    before, visit = demo.children(), demo.waiting_visits()[-1]
    said = suture("signal", "cancellation", visit, "--id", "phone-1", "--demo", "--data", demo.data)
    assert said.returncode == 0 and said.stdout.startswith("Signal "), said
    assert str(demo.data) in said.stderr and "not running" not in said.stderr
    demo.wait_until_decided(int(said.stdout.split()[1].rstrip(":")))
    assert demo.value("SELECT status FROM visit WHERE external_id = %s", visit) == "cancelled"
    assert demo.children() == before


# --- what is refused -----------------------------------------------------------------------------------


def test_a_busy_port_is_refused_naming_the_option(demo: Demo) -> None:
    with a_folder() as folder:
        said = suture("demo", "--port", str(demo.port), "--data", folder / "data")
        assert not (folder / "data").exists()
    assert said.returncode == 2 and said.stdout == ""
    assert said.stderr.strip() == (
        f"Error: Port {demo.port} is in use. Choose another with --port, such as --port {demo.port + 1}."
    )


@pytest.mark.parametrize("command", [("demo",), ("serve", "--demo")], ids=" ".join)
def test_a_second_run_on_one_data_folder_is_refused(demo: Demo, command: tuple[str, ...]) -> None:
    said = suture(*command, "--port", str(free_port()), "--data", demo.data)
    assert said.returncode == 2
    assert said.stderr.strip() == (
        f"Error: Suture is already running on {demo.data}. Stop it first, or choose another --data."
    )
    assert demo.page().status == 200


def test_a_played_morning_wants_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "something").touch()
    said = suture("demo", "--headless", "--data", tmp_path)
    assert (said.returncode, said.stdout) == (2, "")
    assert f"{tmp_path} is not empty" in said.stderr and "Traceback" not in said.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as another user")
def test_as_root_a_data_folder_out_of_reach_is_refused_naming_the_parent() -> None:
    with a_folder() as folder:
        (folder / "closed").mkdir(mode=0o700)
        said = suture("demo", "--headless", "--data", folder / "closed" / "data")
    assert said.returncode == 2
    assert f"cannot enter {folder}/closed," in said.stderr and "Traceback" not in said.stderr


# --- starting over -------------------------------------------------------------------------------------


def test_fresh_starts_over_and_an_interrupted_preparation_does_so_again(pytestconfig: pytest.Config) -> None:
    with a_prepared_folder(pytestconfig) as data:
        old_letter = data / "mail" / "new" / "an-old-letter"
        old_letter.touch()
        with Demo(data, "--fresh") as demo:
            wait_for(lambda: "The evening and the early morning" in demo.output, "half of the preparation", 120)
            running = demo.children()
            demo.process.kill()
            wait_for(lambda: all(map(is_gone, running.values())), "its children ended")
            assert running.keys() == {"postgres"}
        with Demo(data) as demo:
            demo.wait_until_ready(PREPARE_LIMIT_S)
            assert "Preparing the demo" in demo.output
            assert at("07:35") <= demo.now() <= at("07:40")
            assert demo.children().keys() == CHILDREN
        assert not old_letter.exists()
