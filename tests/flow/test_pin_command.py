"""`suture clinician pin`: made once, shown once, replaced, removed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.flow.a_clinicians_day import Her, a_clinician
from tests.flow.a_web_morning import WebMorning, web_morning
from tests.flow.test_command_line import Cli, assert_refused, cli_on, logs_as_before

from suture.store.embedded import EmbeddedPostgres

__all__ = ["logs_as_before"]  # a fixture that must hold here too


@pytest.fixture
def web(postgres: EmbeddedPostgres) -> Iterator[WebMorning]:
    yield from web_morning(postgres)


@pytest.fixture
def cli(web: WebMorning, tmp_path: Path) -> Cli:
    return cli_on(web.engine.url.render_as_string(hide_password=False), tmp_path)


def external_id(her: Her) -> str:
    return str(her.web.rows("SELECT external_id FROM party WHERE id = :id", id=her.id)[0]["external_id"])


def test_the_pin_is_the_last_line_and_opens_her_day_until_the_next_one(web: WebMorning, cli: Cli) -> None:
    her = a_clinician(web).sign_in()
    who = external_id(her)
    made = cli("clinician", "pin", who)
    assert made.exit_code == 0, made.output
    her.pin = made.stdout.splitlines()[-1]
    assert her.pin.isdigit() and len(her.pin) == 6
    assert her.get().status_code == 303, "what the old PIN opened is closed"
    assert her.sign_in().get().status_code == 200
    [said] = web.rows("SELECT actor, data FROM audit_row WHERE code = 'pin.set' AND actor = 'command_line'")
    assert said["data"] == {"clinician": who}
    removed = cli("clinician", "pin", who, "--remove")
    assert (removed.exit_code, removed.stdout) == (0, f"Clinician {who} has no PIN anymore.\n")
    assert her.get().status_code == 303 and her.enter().status_code == 403
    assert_refused(cli("clinician", "pin", who, "--remove"), "has no PIN")


def test_who_is_no_clinician_gets_none(cli: Cli) -> None:
    for who in ("P-01", "nobody"):
        assert_refused(cli("clinician", "pin", who), "There is no active clinician")
