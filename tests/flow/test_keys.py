"""API keys from the command line to the audit trail: made once, shown once, used, revoked, expired."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.flow.a_web_morning import API_TOKEN, BEARER, THE_DAY, WebMorning, web_morning
from tests.flow.test_command_line import Cli, assert_refused, cli_on, logs_as_before

from suture.model.actors import Permission, Scope
from suture.service.keys import BOOTSTRAP, BadKey, add_key, keys_now, revoke_key, set_bootstrap
from suture.store import audit
from suture.store.embedded import EmbeddedPostgres
from suture.words.catalog import speaking

__all__ = ["logs_as_before"]  # a fixture that must hold here too

PLAN = f"/api/v1/days/COLUMBUS/{THE_DAY}/plan"
LATE = {"kind": "running_late", "clinician": "E-01", "minutes": 5}


@pytest.fixture
def web(postgres: EmbeddedPostgres) -> Iterator[WebMorning]:
    yield from web_morning(postgres)


@pytest.fixture
def cli(web: WebMorning, tmp_path: Path) -> Cli:
    return cli_on(web.engine.url.render_as_string(hide_password=False), tmp_path)


def status(web: WebMorning, key: str, path: str = PLAN) -> int:
    return int(web.browser.get(path, headers={"Authorization": f"Bearer {key}"}).status_code)


def newest(web: WebMorning) -> str:
    with web.caller.transaction() as tx:
        return audit.latest(tx, 1)[0][1]


# --- making, listing, revoking -------------------------------------------------------------------------


def test_a_key_is_the_last_line_and_opens_at_once_until_it_is_revoked(web: WebMorning, cli: Cli) -> None:
    made = cli("key", "add", "intake", "--scope", "read", "--branch", "COLUMBUS")
    assert made.exit_code == 0, made.output
    key = made.stdout.splitlines()[-1]
    assert key.startswith("suture_") and len(key) == len("suture_") + 43, "256 bits"
    assert status(web, key) == 200
    revoked = cli("key", "revoke", "intake")
    assert (revoked.exit_code, revoked.stdout) == (0, "The key intake opens nothing anymore.\n")
    assert status(web, key) == 401


def test_only_the_hash_of_a_key_is_kept(web: WebMorning) -> None:
    key = add_key(web.caller, "intake", [Permission.READ])
    [row] = web.rows("SELECT * FROM api_key WHERE name = 'intake'")
    assert row["key_hash"] == hashlib.sha256(key.encode()).hexdigest()
    assert row["hint"] == key[:12]
    assert not any(key in str(r) for r in web.rows("SELECT * FROM audit_row"))


def test_the_list_says_what_each_may_do_and_when_it_was_used_but_never_the_key(web: WebMorning, cli: Cli) -> None:
    made = cli(
        "key", "add", "intake", "--scope", "signal", "--scope", "read", "--branch", "COLUMBUS", "--expires", "30"
    )
    key = made.stdout.splitlines()[-1]
    said = cli("key", "list").stdout
    assert key not in said and API_TOKEN not in said
    lines = said.splitlines()
    begins = lines.index(f"intake ({key[:12]}…):")
    assert lines[begins + 1 : begins + 3] == ["  Scopes: read, signal", "  Branches: COLUMBUS"]
    assert lines[begins + 3].startswith("  Made: ") and lines[begins + 4].startswith("  Expires: ")
    assert lines[begins + 5] == "  Last used: never"
    assert lines[: lines.index("  Branches: all") + 1] == [
        "bootstrap:",
        "  Scopes: command, read, signal",
        "  Branches: all",
    ]
    status(web, key)
    assert "  Last used: Mar 24, 2026, 11:40 UTC" in cli("key", "list").stdout


def test_a_key_that_is_used_all_the_time_is_noted_once_a_minute(web: WebMorning) -> None:
    key, used = add_key(web.caller, "intake", [Permission.READ]), []
    for _ in range(4):
        status(web, key)
        used.append(web.rows("SELECT last_used_at FROM api_key WHERE name = 'intake'")[0]["last_used_at"])
        web.clock.advance_to(web.clock.now() + timedelta(seconds=40))
    assert used[0] == used[1] < used[2] == used[3]


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("add", "intake", "--scope", "write"), ("write",)),
        (("add", "two words", "--scope", "read"), ("letters",)),
        (("add", "bootstrap", "--scope", "read"), ("bootstrap", "serve")),
        (("add", "intake", "--scope", "read", "--branch", "NOWHERE"), ("NOWHERE", "COLUMBUS")),
        (("add", "intake", "--scope", "read", "--expires", "0"), ("0",)),
        (("add", "intake", "--scope", "read", "--expires", "2026-02-30"), ("2026-03-24",)),
        (("revoke", "intake"), ("intake",)),
    ],
)
def test_what_cannot_be_a_key_is_refused(cli: Cli, words: tuple[str, ...], named: tuple[str, ...]) -> None:
    assert_refused(cli("key", *words), *named)


def test_a_key_for_nothing_is_not_made(web: WebMorning, cli: Cli) -> None:
    assert cli("key", "add", "intake").exit_code == 2
    assert [key.name for key in keys_now(web.caller)] == [BOOTSTRAP]


def test_a_name_is_one_keys_at_a_time(web: WebMorning) -> None:
    first = add_key(web.caller, "intake", [Permission.READ])
    with pytest.raises(BadKey, match="There is a key 'intake' already"):
        add_key(web.caller, "intake", [Permission.READ])
    revoke_key(web.caller, "intake")
    second = add_key(web.caller, "intake", [Permission.READ])
    assert (status(web, first), status(web, second)) == (401, 200)


# --- time ----------------------------------------------------------------------------------------------


def test_a_key_opens_nothing_from_the_second_it_expires(web: WebMorning) -> None:
    begun = web.clock.now()
    key = add_key(web.caller, "intake", [Permission.READ], expires=1)
    web.clock.advance_to(begun + timedelta(days=1, seconds=-1))
    assert status(web, key) == 200
    web.clock.advance_to(begun + timedelta(days=1))
    assert status(web, key) == 401


def test_a_date_is_the_last_day_of_a_key(web: WebMorning) -> None:
    add_key(web.caller, "intake", [Permission.READ], expires=THE_DAY)
    [key] = [k for k in keys_now(web.caller) if k.name == "intake"]
    assert key.expires_at is not None and key.expires_at.isoformat() == "2026-03-25T00:00:00+00:00"
    with pytest.raises(BadKey, match=r"Mar 23, 2026 is past"):
        add_key(web.caller, "late", [Permission.READ], expires=THE_DAY - timedelta(days=1))


# --- bootstrap -----------------------------------------------------------------------------------------


def test_each_start_sets_the_bootstrap_key_and_ends_the_one_before(web: WebMorning) -> None:
    set_bootstrap(web.caller, API_TOKEN)
    set_bootstrap(web.caller, API_TOKEN)
    assert len(web.rows("SELECT id FROM api_key")) == 1, "the same value again is the same key"
    set_bootstrap(web.caller, "another")
    assert (status(web, API_TOKEN), status(web, "another")) == (401, 200)
    revoke_key(web.caller, BOOTSTRAP)
    assert status(web, "another") == 401
    set_bootstrap(web.caller, "another")
    assert status(web, "another") == 200


def test_the_token_of_the_settings_is_no_other_programs_key(web: WebMorning) -> None:
    key = add_key(web.caller, "intake", [Permission.READ])
    with pytest.raises(BadKey, match="SUTURE_API_TOKEN is the value of the key intake"):
        set_bootstrap(web.caller, key)


# --- who did it ----------------------------------------------------------------------------------------


def test_the_audit_trail_names_the_program(web: WebMorning) -> None:
    key = add_key(web.caller, "intake", [Permission.SIGNAL], ["COLUMBUS"])
    assert newest(web).endswith("made the API key intake. Scopes: signal. Branches: COLUMBUS.")
    sent = web.browser.post("/api/v1/signals", json=LATE, headers={"Authorization": f"Bearer {key}"})
    assert sent.status_code == 202
    [row] = web.rows("SELECT actor FROM audit_row ORDER BY id DESC LIMIT 1")
    [stored] = web.rows("SELECT id FROM api_key WHERE name = 'intake'")
    assert row["actor"] == f"api_key:{stored['id']}:intake"
    assert newest(web) == "A program (intake) reported: a clinician is running late."
    with speaking("es"):
        assert newest(web).startswith("Un programa (intake) ")
    revoke_key(web.caller, "intake")
    assert newest(web).endswith("revoked the API key intake.")


def test_a_plan_and_what_was_told_name_the_program_that_asked(web: WebMorning) -> None:
    key = add_key(web.caller, "night", [Permission.COMMAND], ["COLUMBUS"])
    day = "/api/v1/days/COLUMBUS/2026-03-25"
    out = {"kind": "call_out", "clinician": "E-01", "from": "2026-03-25T07:00:00-04:00"}
    for path, body, bearer in (
        (f"{day}/plan", None, key),
        ("/api/v1/signals", out, API_TOKEN),
        (f"{day}/publish", None, key),
    ):
        answer = web.browser.post(path, json=body, headers={"Authorization": f"Bearer {bearer}"})
        assert answer.status_code in (200, 202), answer.text
    found = web.rows("SELECT DISTINCT actor FROM plan WHERE service_date = '2026-03-25'")
    assert [r["actor"].rpartition(":")[2] for r in found] == ["night"]
    found = web.rows("SELECT actor FROM event WHERE service_date = '2026-03-25' AND kind = 'signal.handled'")
    assert found == [{"actor": "system"}], "what waited is decided by Suture itself, for every branch it moves"
    web.run("UPDATE api_key SET every_branch = false WHERE name = 'night'")
    web.run("DELETE FROM api_key_branch")
    assert status(web, key) == 404, "no row and not every branch is no branch"


def test_bootstrap_may_do_what_the_one_token_could(web: WebMorning) -> None:
    [key] = keys_now(web.caller)
    assert key.scope == Scope(None, frozenset({Permission.READ, Permission.SIGNAL, Permission.COMMAND}))
    assert web.browser.post("/api/v1/signals", json=LATE, headers=BEARER).status_code == 202
    assert newest(web) == "A program (bootstrap) reported: a clinician is running late."
