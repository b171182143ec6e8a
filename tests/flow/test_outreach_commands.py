"""`suture outreach …` and what other commands and the board say of a hold, as an administrator meets them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, text
from tests.conftest import RIVERBEND, as_owner, clone, owner_of
from tests.flow.a_web_morning import WebMorning, at, web_morning
from tests.flow.test_command_line import Cli, assert_refused, cli_on, logs_as_before

from suture.cli import main
from suture.cli.serve import links_note
from suture.service.configuration import RULES
from suture.service.versions import activate, versions
from suture.store.embedded import EmbeddedPostgres
from suture.store.transaction import open_engine

__all__ = ["logs_as_before"]  # a fixture that must hold here too

WHO_AND_WHY = ("--name", "Dana Park", "--reason", "the texts were checked")


@pytest.fixture
def new(postgres: EmbeddedPostgres) -> Iterator[Engine]:
    """A database into which nothing was ever imported."""
    engine = open_engine(clone(postgres))
    as_owner(engine, "DELETE FROM outreach")
    as_owner(engine, "DELETE FROM agency")
    yield engine
    engine.dispose()


@pytest.fixture
def cli(new: Engine, tmp_path: Path) -> Cli:
    run = cli_on(new.url.render_as_string(hide_password=False), tmp_path)
    assert run("import", "csv", RIVERBEND).exit_code == 0
    return run


def last_line(said: Result) -> str:
    assert said.exit_code == 0, said.output
    return said.stdout.strip().splitlines()[-1]


def test_a_new_agency_starts_on_hold_and_whoever_publishes_is_told_so(cli: Cli, new: Engine) -> None:
    on_hold = "Messages are on hold: a new agency starts that way. Nothing is sent, except to test recipients, until"
    coming = datetime.now(UTC).date() + timedelta(days=30)
    with owner_of(new) as conn:  # the demo's visits lie in the past
        conn.execute(text("UPDATE visit SET service_date = :d, rev = rev + 1"), {"d": coming})
    assert cli("day", "plan", "COLUMBUS", str(coming)).exit_code == 0
    assert last_line(cli("day", "publish", "COLUMBUS", str(coming))).startswith(f"Version 1 is published. {on_hold}")
    said = cli("outreach", "status").stdout.splitlines()
    assert said[0].startswith("Messages are on hold since ") and said[1:] == [
        "No message is due.",
        "There are no test recipients.",
    ]


def test_released_by_a_person_with_a_reason_and_held_again_at_once(cli: Cli) -> None:
    assert last_line(cli("outreach", "release", *WHO_AND_WHY)) == "Messages go out from now on."
    assert cli("outreach", "status").stdout.startswith("Messages are going out.\n")
    assert_refused_last(cli("outreach", "release", *WHO_AND_WHY), "not on hold")
    assert "on hold" in last_line(cli("outreach", "hold", "--reason", "wrong number"))
    assert "someone asked for it" in cli("outreach", "status").stdout


def test_without_a_name_and_a_reason_no_one_is_released(cli: Cli, new: Engine, tmp_path: Path) -> None:
    url = new.url.render_as_string(hide_password=False)
    for given in ("", "x\n"):
        words = ["outreach", "release", "--data", str(tmp_path)]
        said = CliRunner(env={"DATABASE_URL": url}).invoke(main, words, input=given)
        assert said.exit_code == 1, said.output
    assert cli("outreach", "release", "--name", " ", "--reason", "y").exit_code == 2
    assert "on hold" in cli("outreach", "status").stdout


def test_after_a_restore_it_asks_for_the_stops_and_says_who_still_waits(cli: Cli, new: Engine, tmp_path: Path) -> None:
    as_owner(new, "DELETE FROM outreach")  # as a backup leaves it
    as_owner(
        new,
        """INSERT INTO audit_row (tenant, at, actor, code, subject_kind, subject_id)
           SELECT tenant, '2026-11-30T02:48Z', 'system', 'data.backed_up', 'agency', 1 FROM agency""",
    )
    assert "it was restored from a backup" in cli("outreach", "status").stdout
    assert_refused_last(cli("outreach", "release", *WHO_AND_WHY), "after Nov 29, 2026, 21:48")
    assert_refused_last(cli("outreach", "release", *WHO_AND_WHY), "--stops FILE", "--no-stops-known")
    stops = tmp_path / "stops.txt"
    stops.write_text("+16145550111\nnobody\n")
    assert_refused_last(cli("outreach", "release", *WHO_AND_WHY, "--stops", stops), "line 2")
    stops.write_text("+16145550111\n")
    assert_refused_last(cli("outreach", "release", "--stops", stops, "--no-stops-known"), "either")
    said = cli("outreach", "release", *WHO_AND_WHY, "--stops", stops).stdout.splitlines()
    assert said[1:] == [
        "Messages go out from now on.",
        "No more messages go to 1 number or address of --stops.",
        "Patients get no messages until a full import: suture import csv DIR --full.",
    ]
    assert "Patients get messages again after a full import." in cli("outreach", "status").stdout
    cli("import", "csv", RIVERBEND)
    assert "after a full import" in cli("outreach", "status").stdout, "a delta says nothing of those it leaves out"
    cli("import", "csv", RIVERBEND, "--full")
    assert cli("outreach", "status").stdout.startswith("Messages are going out.\n")


def test_test_recipients_are_named_by_their_ids(cli: Cli) -> None:
    assert last_line(cli("outreach", "test-recipients", "--add", "E-01", "--add", "P-02")) == (
        "Test recipients: clinician E-01, patient P-02."
    )
    assert last_line(cli("outreach", "test-recipients", "--remove", "P-02")) == "Test recipients: clinician E-01."
    assert_refused(cli("outreach", "test-recipients", "--add", "E-99"), "E-99")


def assert_refused_last(said: Result, *named: str) -> None:
    """Exit 2 and a last line that names what is wrong; what is due was listed before it."""
    assert said.exit_code == 2, said.output
    last = said.stderr.strip().splitlines()[-1]
    assert last.startswith("Error: ") and all(word in last for word in named), last


# the board --------------------------------------------------------------------------------------------


def test_the_board_says_on_hold_and_why(postgres: EmbeddedPostgres) -> None:
    for web in web_morning(postgres):
        assert "on hold" not in web.browser.get("/").text
        web.run("UPDATE outreach SET on_hold = true")
        html = web.browser.get("/").text
        assert '<span class="held">on hold</span>' in html
        assert "Messages are on hold, as they are for every new agency. Nothing is sent, except to test" in html
        web.run("UPDATE outreach SET on_hold = false, awaits_import = true")
        assert "Patients get no messages before a full import" in web.browser.get("/").text


def test_the_empty_board_of_a_new_agency_says_it_too(new: Engine) -> None:
    web = WebMorning(new, at("07:40"))
    assert "No agency yet" in web.browser.get("/").text
    web.plan_and_publish()
    web.run("DELETE FROM plan_head")
    html = web.browser.get("/?date=2026-03-25").text
    assert "No visits on" in html or "No day is planned yet" in html
    assert "Messages are on hold" in html


def test_the_board_names_the_defaults_until_the_agency_has_chosen(postgres: EmbeddedPostgres) -> None:
    both = "Your rules and messages follow Suture’s defaults until your administrator sets your own."
    for web in web_morning(postgres):
        assert "default" not in web.browser.get("/").text
        web.run("UPDATE configuration_activation SET cause = 'default'")
        for page in ("/", "/?date=2036-03-24"):
            html = web.browser.get(page).text
            assert f'<p class="quiet">{both}</p>' in html and " activate " not in html, "one calm line, no command"
        [active] = versions(web.caller, RULES)
        activate(web.caller, RULES, active.hash)
        html = web.browser.get("/").text
        assert both not in html and "Your messages follow Suture’s defaults" in html


# what texts say, without an agency ------------------------------------------------------------------


def templates(*argv: str) -> Result:
    return CliRunner().invoke(main, ["outreach", "templates", *argv])


def test_the_address_a_provider_is_to_call_is_not_guessed_in_silence(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHONES_TOKEN", "x")
    of_phones = ("--set", f"account_sid=AC{'0' * 32}", "--set", "base_url=http://localhost:9", "--channel", "sms")
    guessed = "PUBLIC_BASE_URL is not set here: the address that is called begins with this machine's own name"
    given = ("--secret-env", "PHONES_TOKEN", *of_phones, "--from", "+16145550100")
    added = cli("connection", "add", "twilio", "texts", *given)
    assert added.exit_code == 0, added.output
    for said in (added, cli("connection", "list")):
        assert "It calls http://localhost:8000/hooks/" in said.stdout and said.stderr.startswith(guessed)
    monkeypatch.setenv("PUBLIC_BASE_URL", "https://care.example.org")
    listed = cli("connection", "list")
    assert "It calls https://care.example.org/hooks/" in listed.stdout and listed.stderr == ""


def test_mail_alone_is_called_by_no_one(cli: Cli) -> None:
    cli("connection", "add", "smtp", "mail", "--channel", "email", "--from", "a@example.org", "--set", "host=localhost")
    assert cli("connection", "list").stderr == ""


def test_links_that_make_texts_take_two_segments_are_named_at_the_start() -> None:
    long = "https://home-visits.sunrise-home-care.example.org"
    assert links_note("https://visits.example.or", "R" * 36) == "" == links_note(f"{long[:34]}/", "Short")
    assert "p.changed, s.published, s.changed, s.offer, s.offer_won." in links_note(long, ""), (
        "by the longest name, while it has none"
    )
    assert links_note(long, "Riverbend Home Care") == (
        f"Links begin with {long}. Texts that take two segments for it, and cost twice: p.confirm, s.offer. They take "
        "one where PUBLIC_BASE_URL has at most 25 characters."
    )


def test_every_text_is_printed_at_its_longest_with_what_it_takes() -> None:
    said = templates()
    assert said.exit_code == 0 and said.stderr == ""
    heads = [line for line in said.stdout.splitlines() if not line.startswith(" ")]
    assert len(heads) == 2 * 27
    assert all(" 1 segment, " in head or " several " in head for head in heads)
    assert all(head.endswith(" in GSM-7") for head in heads)


def test_one_step_in_one_language_is_printed_as_a_phone_shows_it() -> None:
    said = templates("--lang", "es", "--step", "p.changed")
    head, body = said.stdout.splitlines()
    assert head.startswith("p.changed es: 1 segment, ")
    assert f"{len(body.strip())} characters in GSM-7" in head
    assert ": nueva hora el miércoles " in body and "11:30am-12:30pm" in body


def test_a_name_that_makes_texts_too_long_ends_in_exit_1() -> None:
    said = templates("--step", "p.changed", "--lang", "en", "--agency", "R" * 80)
    assert said.exit_code == 1
    assert said.stderr == ("p.changed en: it takes 2 segments at its longest (195 places in GSM-7), and may take 1.\n")
    assert templates("--step", "p.chnaged").exit_code == 2
