"""Versions of the rulebook: kept for good, put in force without a restart, and named by what is decided under them.

The outreach policy goes the same way: test_policy.py. What is in force first: test_first_start.py.
"""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy.exc import DBAPIError
from tests.conftest import RIVERBEND
from tests.fakes.callers import with_tools
from tests.store.a_riverbend import BRANCH, THE_DAY, Riverbend

from suture.cli import main
from suture.model.ids import SignalId
from suture.model.signals import Cancellation
from suture.rules.book import Rulebook, Source
from suture.service import versions
from suture.service.branch_named import find_branch
from suture.service.configuration import RULES, Document
from suture.service.in_force import rulebook_in_force
from suture.service.preview import preview
from suture.service.recheck import hard_rule_breaches
from suture.service.versions import NoSuchVersion, NotReady

BOOK = Source("rulebook.yaml", (RIVERBEND / "rulebook.yaml").read_text(encoding="utf-8"))
NO_NORA = """
- id: no-nora
  kind: forbid
  when: "c.id == 'E-01'"
  because: Nora is in court that day.
  owner: scheduling
"""


def changed(more: str = NO_NORA) -> Document[Rulebook]:
    """The rulebook of the files with further rules."""
    return RULES.read([Source(BOOK.name, BOOK.text + more)])


def test_a_first_start_puts_the_rulebook_of_the_files_in_force(riverbend: Riverbend):
    (only,) = versions.versions(riverbend.caller, RULES)
    assert (only.state, only.hash) == ("active", RULES.read([BOOK]).hash)
    for table in ("plan", "decision", "event", "exception_case"):
        named = riverbend.rows(f"SELECT DISTINCT rulebook_hash FROM {table}")
        assert {row["rulebook_hash"] for row in named} <= {only.hash, None}, table  # None: imported before it
    assert riverbend.rows("SELECT count(*) AS n FROM plan WHERE rulebook_hash IS NOT NULL")[0]["n"] >= 1


def test_activating_a_draft_changes_the_next_plan_and_rolling_back_the_one_after(riverbend: Riverbend):
    first = versions.versions(riverbend.caller, RULES)[0]
    book = changed()
    draft, is_new = versions.import_document(riverbend.caller, RULES, book)
    assert (draft.state, is_new) == ("draft", True)
    assert versions.import_document(riverbend.caller, RULES, book) == (draft, False)
    shown = preview(riverbend.caller, draft.hash[:8], BRANCH, THE_DAY)
    assert shown.blocked > 0 == shown.freed
    assert shown.then.filled <= shown.now.filled <= shown.now.positions
    assert shown.as_dict()["service_date"] == "2026-03-24"

    other = with_tools(riverbend.caller, versions={})  # another process, started long before
    with other.transaction() as tx:
        assert rulebook_in_force(tx, other.tools).hash == first.hash
    versions.activate(riverbend.caller, RULES, draft.hash[:8])
    with other.transaction() as tx:
        assert rulebook_in_force(tx, other.tools).hash == book.hash
        assert rulebook_in_force(tx, other.tools).rule("no-nora") is not None
        branch = find_branch(tx, BRANCH)
        assert hard_rule_breaches(tx, other.tools, branch, THE_DAY) == [], (
            "old versions are judged by their own rulebook"
        )
    states = {v.hash: v.state for v in versions.versions(riverbend.caller, RULES)}
    assert states == {book.hash: "active", first.hash: "superseded"}

    assert versions.roll_back(riverbend.caller, RULES).hash == first.hash
    with other.transaction() as tx:
        assert rulebook_in_force(tx, other.tools).hash == first.hash
    with pytest.raises(NoSuchVersion, match="No other version"):
        versions.roll_back(riverbend.caller, RULES)
    codes = [
        r["code"] for r in riverbend.rows("SELECT code FROM audit_row WHERE subject_kind = 'rulebook' ORDER BY id")
    ]
    assert codes[-3:] == ["rulebook.imported", "rulebook.activated", "rulebook.rolled_back"]


def test_rolling_back_twice_goes_two_steps_back(riverbend: Riverbend):
    books = [changed(NO_NORA.replace("no-nora", f"no-{n}").replace("E-01", f"E-{n}")) for n in ("1a", "2b")]
    first = versions.versions(riverbend.caller, RULES)[0].hash
    for book in books:
        versions.import_document(riverbend.caller, RULES, book)
        versions.activate(riverbend.caller, RULES, book.hash)
    assert [versions.roll_back(riverbend.caller, RULES).hash for _ in range(2)] == [books[0].hash, first]


def test_a_law_without_a_test_that_passes_and_one_that_fails_is_not_put_in_force(riverbend: Riverbend):
    law = NO_NORA + "  severity: law\n  tests:\n  - {given: {c: {id: E-02}}, expect: pass}\n"
    draft, _ = versions.import_document(riverbend.caller, RULES, changed(law))
    with pytest.raises(NotReady, match=r"rule no-nora \(law\) has no test that says fail"):
        versions.activate(riverbend.caller, RULES, draft.hash)
    with pytest.raises(NoSuchVersion, match="There is no rulebook 'ffff'"):
        versions.activate(riverbend.caller, RULES, "ffff")


def test_a_rulebook_that_says_what_cannot_be_meant_is_not_put_in_force(riverbend: Riverbend):
    never = NO_NORA.replace("c.id == 'E-01'", "c.role == 'LPNN' || v.dur / 0 > 1")
    draft, _ = versions.import_document(riverbend.caller, RULES, changed(never))
    with pytest.raises(
        NotReady, match=r"(?s)cannot be put in force yet.*never 'LPNN' – did you mean LPN.*division by 0 fails"
    ):
        versions.activate(riverbend.caller, RULES, draft.hash)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE configuration SET sources = '[]'", "never changes"),
        ("DELETE FROM configuration_activation; DELETE FROM configuration", "never deleted"),
        ("UPDATE configuration SET state = 'draft'", "no draft again"),
    ],
)
def test_the_database_keeps_a_version_as_it_is(riverbend: Riverbend, statement: str, said: str):
    with pytest.raises(DBAPIError, match=said), riverbend.caller.transaction() as tx:
        for part in statement.split("; "):
            tx.run(part)


def test_a_window_in_force_shapes_the_day(riverbend: Riverbend):
    closed = """
- id: north-closes
  kind: window
  when: "v.site == 'NORTH'"
  latest_end: "23:00"
- id: all-run-long
  kind: stretch
  duration: {add_min: 5}
"""
    common = "  because: b\n  owner: o\n"
    closed = closed.replace('  latest_end: "23:00"\n', '  latest_end: "23:00"\n' + common) + common
    draft, _ = versions.import_document(riverbend.caller, RULES, changed(closed))
    with riverbend.caller.transaction() as tx:
        before = riverbend.day(tx)
    versions.activate(riverbend.caller, RULES, draft.hash)
    with riverbend.caller.transaction() as tx:
        after = riverbend.day(tx)
    assert all(v.duration_minutes == before.visits[key].duration_minutes + 5 for key, v in after.visits.items())
    assert after.asked == before.visits


def test_the_commands(riverbend: Riverbend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DATABASE_URL", riverbend.engine.url.render_as_string(hide_password=False))
    file = tmp_path / "mine.yaml"
    file.write_text(changed().sources[0].text, encoding="utf-8")

    def run(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(main, ["rules", *words, "--data", str(tmp_path)])
        return done.exit_code, done.output

    assert run("list")[1].count("active") == 1
    code, said = run("import", str(file))
    start = said.split("\n")[0][:12]
    assert code == 0
    assert "a new draft" in said
    assert run("activate", "0000ffff")[0] == 2
    code, said = run("preview", start, "--day", "2026-03-24")
    assert (code, "Pairs newly blocked: " in said) == (0, True), said
    assert run("preview", start, "--day", "2026-03-24", "--branch", "NOWHERE")[0] == 2
    assert "has no visits" in run("preview", start, "--day", "2036-03-24")[1]
    assert run("activate", start) == (0, f"{start} is in force: the next decision is made by it.\n")
    code, said = run("check", str(file), "--day", "2026-03-24")
    assert (code, "it never fires on Mar 24, 2026" in said) == (1, True), said
    visit = riverbend.rows("SELECT external_id FROM visit WHERE service_date = '2026-03-24' LIMIT 1")[0]["external_id"]
    code, said = run("why", "E-01", visit, "--day", "2026-03-24")
    assert (code, "Cheapest fix: relax no-nora" in said or "Blocked by law" in said) == (0, True), said
    assert "min of driving in total." in said or "does not fit" in said or "Blocked" in said
    assert run("why", "E-99", visit, "--day", "2026-03-24")[0] == 2
    assert run("rollback")[1].endswith("is in force again.\n")
    code, said = run("activate", str(file))
    assert (code, f"{start} is in force" in said, "is here already" in said) == (0, True, True), said
    assert run("rollback")[1].endswith("is in force again.\n")
    file.write_text("version: 1\nrules:\n- {id: xx}\n", encoding="utf-8")
    assert run("import", str(file))[0] == 1


def test_a_decision_keeps_its_rulebook_until_it_is_done_and_the_next_one_has_the_new(riverbend: Riverbend):
    first = versions.versions(riverbend.caller, RULES)[0]
    draft, _ = versions.import_document(riverbend.caller, RULES, changed())
    with ThreadPoolExecutor(1) as other:
        with riverbend.caller.transaction() as tx:
            assert rulebook_in_force(tx, riverbend.caller.tools).hash == first.hash
            waiting = other.submit(versions.activate, riverbend.caller, RULES, draft.hash)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.3)
            assert rulebook_in_force(tx, riverbend.caller.tools).hash == first.hash
        assert waiting.result(timeout=120).state == "active"
    with riverbend.caller.transaction() as tx:
        assert rulebook_in_force(tx, riverbend.caller.tools).hash == draft.hash


def test_a_changed_rule_file_changes_the_next_plan_of_a_process_that_runs_on(
    riverbend: Riverbend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("DATABASE_URL", riverbend.engine.url.render_as_string(hide_password=False))
    numbers = riverbend.rows("SELECT id, external_id FROM party WHERE kind = 'clinician'")
    names = {row["id"]: row["external_id"] for row in numbers}
    file = tmp_path / "mine.yaml"

    def planned() -> set[str]:
        """Who has work after the next decision of the process that this test is."""
        with riverbend.caller.transaction() as tx:
            day = riverbend.day(tx)
            first = min(day.visits)
            gone = Cancellation(
                id=SignalId(1), received_at=tx.now, occurred_at=tx.now, visit_id=first, by="agency", reason="test"
            )
            return {names[a.clinician_id] for a in riverbend.decide(tx, day, [gone]).assignments.values()}

    assert {"E-01", "E-02"} <= planned()
    for out in ("E-01", "E-02"):
        file.write_text(changed(NO_NORA.replace("E-01", out)).sources[0].text, encoding="utf-8")
        done = CliRunner().invoke(main, ["rules", "activate", str(file), "--data", str(tmp_path)])
        assert done.exit_code == 0, done.output
        assert out not in planned()
    assert "E-01" in planned()
    assert CliRunner().invoke(main, ["rules", "rollback", "--data", str(tmp_path)]).exit_code == 0
    assert "E-02" in planned()
