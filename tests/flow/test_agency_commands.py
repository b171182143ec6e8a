"""`suture agency …`, and how every other command is told which of several agencies it is for."""

import json
from pathlib import Path

import click
import pytest
from click.testing import Result
from sqlalchemy import Engine, text
from tests.conftest import RIVERBEND, owner_of, owner_url
from tests.flow.test_command_line import Cli, assert_refused, cli_on, logs_as_before

from suture.cli import main
from suture.store import demo as demo_store
from suture.store.agencies import Agency, all_agencies
from suture.store.transaction import transaction

__all__ = ["logs_as_before"]  # a fixture that must hold here too

OF_THE_WHOLE_DATABASE = {"agency", "bench", "db", "demo", "serve", "web", "worker", "catcher", "people", "phones"}
ON_FILES = {"check", "explain", "plan", "rebalance", "warmup"}


@pytest.fixture
def cli(database: Engine, tmp_path: Path) -> Cli:
    """Commands with the login that an operator gives, who owns the tables."""
    return cli_on(owner_url(database), tmp_path)


@pytest.fixture
def two(cli: Cli) -> Cli:
    assert done(cli("agency", "add", "Lakeside Care")) == [
        "Lakeside Care is agency 2. Commands for it: --agency 2.",
        "Its first administrator: suture user add EMAIL --name NAME --role admin --agency 2",
    ]
    return cli


def refused(said: Result) -> str:
    assert_refused(said)
    return said.stderr.strip().splitlines()[-1]


def done(said: Result) -> list[str]:
    assert said.exit_code == 0, said.output
    return said.stdout.splitlines()


def test_an_agency_that_is_added_is_listed_and_on_hold_under_the_defaults(two: Cli, database: Engine) -> None:
    assert done(two("agency", "list")) == ["1  Riverbend Home Care", "2  Lakeside Care"]
    assert done(two("outreach", "status", "--agency", "2"))[0].startswith("Messages are on hold since ")
    assert done(two("outreach", "status", "--agency", "1"))[0] == "Messages are going out."
    [rules] = done(two("rules", "list", "--agency", "Lakeside Care"))
    assert " active " in rules
    with owner_of(database) as conn:
        trail = conn.execute(text("SELECT tenant, actor FROM audit_row WHERE code = 'agency.added'")).one()
    assert tuple(trail) == (2, "command_line")


def test_with_one_agency_none_has_to_be_named(cli: Cli) -> None:
    assert done(cli("key", "list")) == done(cli("key", "list", "--agency", "1"))


@pytest.mark.parametrize(
    "words",
    [
        ("import", "csv", RIVERBEND),
        ("case", "list", "COLUMBUS", "2026-03-24"),
        ("key", "list"),
        ("outreach", "status"),
        ("day", "plan", "COLUMBUS", "2026-03-24"),
        ("rules", "list"),
        ("places", "missing"),
        ("signal", "call-out", "E-01"),
    ],
)
def test_with_several_the_commands_list_them(two: Cli, words: tuple[str | Path, ...]) -> None:
    line = refused(two(*words))
    assert "The database of DATABASE_URL holds several agencies: say which with --agency." in line
    assert line.endswith("They are: 1 Riverbend Home Care, 2 Lakeside Care.")


@pytest.mark.parametrize("given", ["3", "Elm Home Care", ""])
def test_an_agency_that_is_not_there_is_refused(two: Cli, given: str) -> None:
    line = refused(two("key", "list", "--agency", given))
    assert f"has no agency {given!r}. There are: 1 Riverbend Home Care, 2 Lakeside Care." in line


def test_files_that_give_both_the_same_name_leave_them_their_numbers(two: Cli, database: Engine) -> None:
    done(two("import", "csv", RIVERBEND, "--agency", "lakeside care"))
    assert all_agencies(database) == (Agency(1, "Riverbend Home Care"), Agency(2, "Riverbend Home Care"))
    line = refused(two("key", "list", "--agency", "Riverbend Home Care"))
    assert "Several agencies are called 'Riverbend Home Care': say --agency with a number." in line
    with owner_of(database) as conn:
        assert conn.execute(text("SELECT tenant FROM branch")).scalars().all() == [2]


def test_a_key_of_one_is_not_listed_for_the_other(two: Cli) -> None:
    done(two("key", "add", "rota", "--scope", "read", "--agency", "2"))
    assert not [line for line in done(two("key", "list", "--agency", "1")) if "rota" in line]
    assert [line for line in done(two("key", "list", "--agency", "2")) if "rota" in line]


@pytest.mark.parametrize(
    ("name", "why"), [("riverbend home care", "already"), ("Лейк", "cannot be called"), (" ", "needs a name")]
)
def test_a_name_that_cannot_be_is_refused(cli: Cli, database: Engine, name: str, why: str) -> None:
    assert why in refused(cli("agency", "add", name))
    assert len(all_agencies(database)) == 1


def test_a_demo_has_one_agency_only(cli: Cli, database: Engine, clock) -> None:
    with transaction(database, clock) as tx:
        demo_store.mark(tx)
    assert "holds the demo, not an agency" in refused(cli("agency", "add", "Lakeside Care"))
    assert len(all_agencies(database)) == 1


def test_the_check_looks_at_every_agency(two: Cli) -> None:
    report = json.loads(two("db", "check", "--json").stdout)
    of = {f["agency"]: f["says"] for f in report["findings"] if f["about"] == "messages"}
    assert of.keys() == {"Riverbend Home Care", "Lakeside Care"} and "on hold" in of["Lakeside Care"]


def test_every_command_that_works_on_an_agency_takes_its_name() -> None:
    """A command that takes --data works on an installation: on one agency of it, or on all, as the list above says."""
    without = [path for path, options in _commands(main) if "--data" in options and "--agency" not in options]
    assert {path[0] for path in without} <= OF_THE_WHOLE_DATABASE
    with_it = {path[0] for path, options in _commands(main) if "--agency" in options}
    assert not with_it & (OF_THE_WHOLE_DATABASE | ON_FILES) and len(with_it) >= 12


def _commands(group, path: tuple[str, ...] = ()):
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from _commands(command, (*path, name))
        else:
            yield (*path, name), {option for p in command.params for option in p.opts}
