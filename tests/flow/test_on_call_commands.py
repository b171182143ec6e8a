"""`suture on-call …` and `suture case …`, and what the board says of a critical case, as people meet them."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.flow.a_web_morning import RIVERBEND, THE_DAY, WebMorning, at, web_morning
from tests.flow.test_command_line import Cli, assert_refused, cli_on, logs_as_before

from suture.cli import main
from suture.model.audit import AuditCode
from suture.model.cases import CaseKind, CaseSubject, CaseToOpen
from suture.model.messages import InboundText
from suture.rules.source import Source
from suture.service import case_work, worker
from suture.service.configuration import ON_CALL
from suture.service.receive_reply import receive_text
from suture.service.versions import activate, import_document
from suture.store import cases
from suture.store.branches import all_branches
from suture.store.embedded import EmbeddedPostgres
from suture.words.reason import reason

__all__ = ["logs_as_before"]  # a fixture that must hold here too

OURS = """
contacts: {dana: {name: Dana Park, sms: 614-555-0155}}
branches:
  COLUMBUS:
    - {who: dana, days: [mon, tue], hours: 17:00-08:00}
    - {who: E-02, channels: [email]}
    - {who: E-99, days: [wed]}
  DUBLIN: [{who: dana}]
"""


@pytest.fixture
def web(postgres: EmbeddedPostgres) -> Iterator[WebMorning]:
    yield from web_morning(postgres)


@pytest.fixture
def cli(web: WebMorning, tmp_path: Path) -> Cli:
    return cli_on(web.engine.url.render_as_string(hide_password=False), tmp_path)


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    file = tmp_path / "ours.yaml"
    file.write_text(OURS)
    return file


def a_critical_case(web: WebMorning) -> int:
    [visit] = web.rows("SELECT id FROM visit WHERE service_date = :day ORDER BY id LIMIT 1", day=THE_DAY)
    case = CaseToOpen(
        CaseKind.UNCOVERED_VISIT, CaseSubject("visit", visit["id"], 1), 8, (reason("cover.no_clinician"),), at("09:10")
    )
    with web.caller.transaction() as tx:
        cases.open_cases(tx, all_branches(tx)[0].id, THE_DAY, [case])
        return int(tx.scalar("SELECT max(id) FROM exception_case"))


def put_in_force(web: WebMorning, said: str) -> None:
    version, _ = import_document(web.caller, ON_CALL, ON_CALL.read([Source("on-call.yaml", said)]))
    activate(web.caller, ON_CALL, version.hash)


# the list -------------------------------------------------------------------------------------------


def test_the_list_is_kept_in_versions_like_every_configuration(cli: Cli, ours: Path) -> None:
    demo = cli("on-call", "list").stdout.split()[0]
    checked = CliRunner().invoke(main, ["on-call", "check", str(ours)])
    assert checked.stdout.startswith("4 turns, no problems found. ")
    said = cli("on-call", "import", ours)
    start = said.stdout[:12]
    assert said.stderr == f"4 turns, a new draft. Next: suture on-call preview {start}\n"
    in_force = f"{start} is in force: the next critical case goes to whoever is on call by it.\n"
    assert cli("on-call", "activate", start).stdout == in_force
    assert cli("on-call", "show").stdout == f"# {start}, active: {ours}\n{OURS}"
    assert cli("on-call", "rollback").stdout == f"{demo} is in force again.\n"
    assert [line.split()[0] for line in cli("on-call", "history").stdout.splitlines()] == [demo, start, demo]


def test_a_fault_is_shown_with_its_line(cli: Cli, ours: Path) -> None:
    ours.write_text("branches:\n  COLUMBUS: [{who: dana, hours: at night}]\n")
    said = cli("on-call", "import", ours)
    assert said.exit_code == 1 and said.stdout.startswith(
        f"{ours}:2:33: branches.COLUMBUS.0.hours: these are not hours; write them as 17:00-08:00 [schema]\n"
    )


def test_the_preview_shows_a_week_who_cannot_be_reached_and_when_no_one_is_on_call(
    cli: Cli, web: WebMorning, ours: Path
) -> None:
    lines = cli("on-call", "preview", ours, "--from", "2026-03-24").stdout.splitlines()
    assert lines[:5] == [
        "There is no branch DUBLIN.",
        "COLUMBUS: a critical case that no one takes for 10 min goes to",
        "  Tue, Mar 24  17:00–08:00  Dana Park  text message",
        "  Tue, Mar 24  all day  Judith Sycamore (E-02)  e-mail",
        "  Wed, Mar 25  all day  Judith Sycamore (E-02)  e-mail",
    ]
    assert "  Wed, Mar 25  all day  E-99  is neither a contact on the list nor a clinician at work" in lines
    web.run("DELETE FROM consent WHERE channel = 'sms'")
    ours.write_text("branches: {COLUMBUS: [{who: E-02, days: [tue], hours: 12:00-13:00, channels: [sms]}]}")
    lines = cli("on-call", "preview", ours, "--from", "2026-03-24").stdout.splitlines()
    assert lines[1:] == [
        "  Tue, Mar 24  12:00–13:00  Judith Sycamore (E-02)  cannot be reached: there is no address that may be used",
        "  no one from Tue, Mar 24, 00:00 to Tue, Mar 24, 12:00",
        "  no one from Tue, Mar 24, 13:00 to Tue, Mar 31, 00:00",
    ]


def test_the_demo_has_a_list_of_its_own(web: WebMorning) -> None:
    [row] = web.rows("SELECT name, state FROM configuration WHERE kind = 'on_call'")
    assert row == {"name": "on-call.yaml", "state": "active"}
    assert (RIVERBEND / "on-call.yaml").exists()


# cases ----------------------------------------------------------------------------------------------


def test_a_case_is_listed_taken_by_name_and_not_taken_twice(cli: Cli, web: WebMorning) -> None:
    number = a_critical_case(web)
    line = cli("case", "list", "COLUMBUS", THE_DAY.isoformat()).stdout.splitlines()[0]
    assert re.fullmatch(rf" +{number}  critical  visit without a clinician  V-0324-\d\d  decide by 09:10", line)
    assert cli("case", "take", str(number), "--name", "Dana Park").stdout == f"Dana Park has taken case {number}.\n"
    listed = cli("case", "list", "COLUMBUS", THE_DAY.isoformat()).stdout.splitlines()[0]
    assert re.search(r"taken by Dana Park at \d\d:\d\d$", listed)
    assert_refused(cli("case", "take", str(number), "--name", "Lee Ward"), f"Case {number} was taken by Dana Park")
    over = cli("case", "take", str(number), "--name", "Lee Ward", "--over")
    assert over.stdout == f"Lee Ward has taken case {number} over from Dana Park.\n"


def test_who_takes_a_case_is_asked_for_a_name(cli: Cli, web: WebMorning, tmp_path: Path) -> None:
    number = a_critical_case(web)
    url = web.engine.url.render_as_string(hide_password=False)
    words = ["case", "take", str(number), "--data", str(tmp_path)]
    said = CliRunner(env={"DATABASE_URL": url}).invoke(main, words, input="Dana Park\n")
    assert said.exit_code == 0 and f"Dana Park has taken case {number}." in said.output
    assert cli("case", "take", str(number), "--name", " ").exit_code == 2


def test_a_case_is_put_off_with_a_reason_and_leaves_the_list(cli: Cli, web: WebMorning) -> None:
    number = a_critical_case(web)
    web.run("UPDATE exception_case SET deadline_at = NULL WHERE id = :id", id=number)
    words = ("case", "snooze", str(number), "--name", "Dana Park", "--until")
    assert_refused(cli(*words, "25:00", "--reason", "later"), "'25:00' is not a time; write HH:MM, such as 08:30")
    assert cli(*words, "08:30").exit_code == 2, "a reason is needed"
    said = cli(*words, "8:30", "--reason", "the clinic opens then").stdout
    assert re.fullmatch(rf"Case {number} is back on the board at 08:30 \(\w{{3}}, \w{{3}} \d+\)\.\n", said)
    assert f" {number}  " not in cli("case", "list", "COLUMBUS", THE_DAY.isoformat()).stdout
    [entry] = web.rows("SELECT data FROM audit_row WHERE code = :code", code=AuditCode.CASE_SNOOZED)
    assert entry["data"]["reason"] == "the clinic opens then"


@pytest.mark.parametrize("number", ["0", "-1", "x", str(2**63)])
def test_what_is_no_number_of_a_case_is_refused(cli: Cli, number: str) -> None:
    assert cli("case", "take", "--name", "Dana Park", "--", number).exit_code == 2


# the board ------------------------------------------------------------------------------------------


def box_of(web: WebMorning, number: int) -> str:
    page = web.browser.get("/").text
    boxes: list[str] = re.findall(r'<li class="case .*?\n</li>', page, re.DOTALL)
    return next(box for box in boxes if f"case {number}<" in box)


def test_the_board_shows_who_on_call_was_told_and_who_took_it(web: WebMorning) -> None:
    put_in_force(web, OURS)
    receive_text(web.caller, InboundText("console", "m1", "+16145559999", "Mom fell and cannot get up"))
    [case] = web.rows("SELECT id FROM exception_case WHERE band = 'critical' AND state = 'open'")
    number = case["id"]
    web.clock.advance_to(at("07:50"))
    worker.drain(web.caller)
    assert "Dana Park, who is on call, was told at 07:50." in box_of(web, number)
    case_work.take(web.caller, number, "Lee Ward")
    box = box_of(web, number)
    assert "Taken by Lee Ward at 07:50." in box and "Dana Park" not in box


def test_the_board_says_that_no_one_is_on_call_only_where_a_critical_case_waits(web: WebMorning) -> None:
    put_in_force(web, "")
    said = "A critical case has not been taken, and no one is on call for Columbus."
    assert said not in web.browser.get("/").text
    number = a_critical_case(web)
    assert f'<p class="strip" role="alert">{said}</p>' in web.browser.get("/").text
    case_work.take(web.caller, number, "Lee Ward")
    assert said not in web.browser.get("/").text


def test_a_credential_that_a_case_of_the_day_tells_of_is_not_told_twice(web: WebMorning) -> None:
    """Judith's ends on the day itself: the day's plan has a case of it, and so has every board."""
    worker.drain(web.caller)
    judith = "SELECT e.id FROM exception_case e JOIN party p ON p.id = e.subject_id AND p.external_id = 'E-02'"
    assert len(web.rows(f"{judith} WHERE e.kind = 'credential_expiring' AND e.state = 'open'")) == 2
    assert web.browser.get("/").text.count("Judith Sycamore has a credential to renew") == 1
