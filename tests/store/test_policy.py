"""The outreach policy: kept in versions as the rulebook is, and followed from one message to the next."""

from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine
from tests.conftest import RIVERBEND, THE_DAY_BEFORE
from tests.fakes.callers import with_tools
from tests.store.a_riverbend import Riverbend

from suture.cli import main
from suture.outreach.policy import OutreachPolicy
from suture.rules.errors import SettingsRefused
from suture.rules.source import Source
from suture.service import versions
from suture.service.configuration import POLICY, Document
from suture.service.in_force import policy_in_force
from suture.service.send_messages import send_due

TEXT = (RIVERBEND / "outreach.yaml").read_text(encoding="utf-8")
CLOSED = TEXT.replace(
    'patient_hours: {opens: "08:00", closes: "21:00"}', 'patient_hours: {opens: "03:00", closes: "03:01"}'
)
CLOSED = CLOSED.replace(
    'staff_hours: {opens: "05:30", closes: "21:00"}', 'staff_hours: {opens: "03:00", closes: "03:01"}'
)


def read(text: str, name: str = "outreach.yaml") -> Document[OutreachPolicy]:
    return POLICY.read([Source(name, text)])


def test_the_hash_is_of_what_it_says_and_not_of_how() -> None:
    assert read(TEXT).hash == read("# the defaults").hash == read("max_changes_per_day: 3\n").hash
    assert read("max_changes_per_day: 4").hash != read(TEXT).hash
    assert (read(TEXT).entries, read("").entries) == (7, 0)


def test_it_is_one_file() -> None:
    with pytest.raises(SettingsRefused, match=r"b\.yaml:1:1: an outreach policy is one file"):
        POLICY.read([Source("a.yaml", ""), Source("b.yaml", "")])


def test_a_change_holds_back_the_next_message_of_a_process_that_runs_on(riverbend: Riverbend) -> None:
    other = with_tools(riverbend.caller, versions={})
    [first] = versions.versions(riverbend.caller, POLICY)
    with other.transaction() as tx:
        assert policy_in_force(tx, other.tools) == read(TEXT).content
    riverbend.run("UPDATE touch SET due_at = :now WHERE state = 'planned'")
    versions.import_document(riverbend.caller, POLICY, read(CLOSED))
    versions.activate(riverbend.caller, POLICY, read(CLOSED).hash)
    assert send_due(other) > 0
    assert riverbend.rows("SELECT count(*) AS n FROM message_attempt") == [{"n": 0}], "it is quiet until three"
    versions.roll_back(riverbend.caller, POLICY)
    riverbend.run("UPDATE touch SET due_at = :now WHERE state = 'planned'")
    assert send_due(other) > 0
    attempts = riverbend.rows("SELECT DISTINCT policy_hash FROM message_attempt")
    assert attempts == [{"policy_hash": first.hash}]
    codes = riverbend.rows("SELECT code FROM audit_row WHERE subject_kind = 'policy' ORDER BY id")
    assert [r["code"].removeprefix("policy.") for r in codes] == [
        "imported", "activated", "imported", "activated", "rolled_back"]  # fmt: skip


def test_messages_are_planned_by_the_policy_that_is_in_force_when_the_day_is_published(database: Engine) -> None:
    agency = Riverbend(database, THE_DAY_BEFORE)
    agency.import_files()
    agency.plan()
    held = read(TEXT.replace("person: 20", "person: 7200"))
    versions.import_document(agency.caller, POLICY, held)
    versions.activate(agency.caller, POLICY, held.hash)
    agency.publish()
    [told] = agency.rows("SELECT policy_hash, min(due_at) - :now AS wait FROM touch GROUP BY policy_hash")
    assert told["policy_hash"] == held.hash and told["wait"] == timedelta(hours=2)


def test_the_commands(riverbend: Riverbend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", riverbend.engine.url.render_as_string(hide_password=False))
    file = tmp_path / "ours.yaml"
    file.write_text("max_changes_per_day: 4\n")

    def run(*words: str) -> tuple[int, str]:
        data = () if words[0] == "check" else ("--data", str(tmp_path))
        done = CliRunner().invoke(main, ["policy", *words, *data])
        return done.exit_code, done.output

    assert run("check", str(file)) == (0, f"1 setting, no problems found. {read(file.read_text()).hash[:12]}\n")
    start = read(file.read_text()).hash[:12]
    code, said = run("import", str(file))
    assert (code, f"1 setting, a new draft. Next: suture policy activate {start}" in said) == (0, True), said
    assert run("activate", start) == (0, f"{start} is in force: the next message follows it.\n")
    assert run("show")[1] == f"# {start}, active: {file}\nmax_changes_per_day: 4\n"
    first = run("list")[1].splitlines()[1].split()[0]
    assert "hold_back:" in run("show", first)[1]
    assert run("rollback") == (0, f"{first} is in force again.\n")
    assert [line.split()[0] for line in run("history")[1].splitlines()] == [first, start, first]
    assert run("activate", "ffff0000")[0] == 2
    file.write_text("max_changes_per_day: 0\n")
    code, said = run("check", str(file))
    assert (code, said.splitlines()[1:]) == (
        1,
        ["    max_changes_per_day: 0", "                         ^", "1 problem found."],
    ), said
    assert said.startswith(f"{file}:1:22: max_changes_per_day must be 1 or more") and run("import", str(file))[0] == 1
    assert run("import", str(file), str(file))[0] == 1
