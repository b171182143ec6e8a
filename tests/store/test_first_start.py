"""What is in force before anyone has chosen anything: the agency's folder, read once, or what comes with Suture."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine
from tests.conftest import RIVERBEND, as_owner
from tests.fakes.callers import a_caller, fake_channels
from tests.store.a_riverbend import BRANCH, Riverbend
from tests.store.an_older_schema import bring_in_an_agency, bring_to, empty_database, url_of

from suture.cli import main
from suture.cli.home import read_settings
from suture.cli.serve import config_note
from suture.model.configuration import Cause, ConfigKind
from suture.outreach.policy import OutreachPolicy
from suture.rules.packs import PACKS
from suture.rules.source import Source
from suture.service import versions
from suture.service.caller import Caller
from suture.service.clock import VirtualClock
from suture.service.configuration import KINDS, POLICY, RULES
from suture.service.errors import NothingInForce
from suture.service.first_start import DEFAULTS, BadFolder, first_start
from suture.service.in_force import policy_in_force, rulebook_in_force
from suture.service.plan_day import plan_day
from suture.service.send_messages import send_due
from suture.service.signal_requests import CallOutRequest, receive_signal
from suture.service.worker import decide_next
from suture.store import configuration
from suture.store.embedded import EmbeddedPostgres

FACTS = "SELECT kind, name, state FROM configuration ORDER BY kind, id"
WITHOUT = "TRUNCATE configuration_activation, configuration"


@pytest.fixture
def fresh(database: Engine, clock: VirtualClock) -> Caller:
    """An agency before its first start."""
    caller = a_caller(database, clock, fake_channels())
    as_owner(database, WITHOUT)
    return caller


def stored(caller: Caller) -> list[tuple[str, ...]]:
    with caller.transaction() as tx:
        return [tuple(row.values()) for row in tx.rows(FACTS)]


def defaults(caller: Caller) -> tuple[ConfigKind, ...]:
    with caller.transaction() as tx:
        return configuration.under_defaults(tx)


def folder_of(path: Path, rules: str, policy: str) -> Path:
    (path / "rulebook.yaml").write_text(rules, encoding="utf-8")
    (path / "outreach.yaml").write_text(policy, encoding="utf-8")
    return path


GOOD_RULES = "version: 1\npacks: [agency-defaults]\n"


# --- with nothing of its own ---------------------------------------------------------------------------


def test_a_new_agency_starts_under_the_packs_and_a_policy_that_come_with_suture(fresh: Caller) -> None:
    first_start(fresh, None)
    assert stored(fresh) == [("policy", "outreach.yaml", "active"), ("rules", "rulebook.yaml", "active")]
    with fresh.transaction() as tx:
        book = rulebook_in_force(tx, fresh.tools)
        assert policy_in_force(tx, fresh.tools) == OutreachPolicy()
    assert {s.name for s in book.sources} == {"rulebook.yaml", *(f"packs/{name}.yaml" for name in PACKS)}
    assert defaults(fresh) == (ConfigKind.RULES, ConfigKind.POLICY)


def test_the_default_policy_says_every_setting() -> None:
    said = POLICY.read([Source(POLICY.file, (DEFAULTS / POLICY.file).read_text(encoding="utf-8"))])
    assert said.content == OutreachPolicy()
    assert said.content.model_fields_set == set(OutreachPolicy.model_fields)


def test_once_an_agency_has_chosen_it_is_no_longer_under_defaults_and_a_rollback_is_again(fresh: Caller) -> None:
    first_start(fresh, None)
    first_start(fresh, RIVERBEND)  # too late
    assert defaults(fresh) == (ConfigKind.RULES, ConfigKind.POLICY)
    own, _ = versions.import_document(fresh, RULES, RULES.read([Source("mine.yaml", GOOD_RULES)]))
    assert ConfigKind.RULES in defaults(fresh), "a draft decides nothing"
    versions.activate(fresh, RULES, own.hash)
    assert defaults(fresh) == (ConfigKind.POLICY,)
    versions.roll_back(fresh, RULES)
    assert defaults(fresh) == (ConfigKind.RULES, ConfigKind.POLICY)


def test_an_agency_may_choose_what_came_with_suture(fresh: Caller) -> None:
    first_start(fresh, None)
    [policy] = versions.versions(fresh, POLICY)
    assert versions.activate(fresh, POLICY, policy.hash).state == "active"
    assert defaults(fresh) == (ConfigKind.RULES,)
    assert [a.cause for a in versions.history(fresh, POLICY)] == [Cause.ACTIVATE, Cause.DEFAULT]
    with pytest.raises(versions.NoSuchVersion, match="No other version"):
        versions.roll_back(fresh, POLICY)


# --- with a folder of its own --------------------------------------------------------------------------


def test_the_folder_is_imported_once(fresh: Caller, tmp_path: Path) -> None:
    folder_of(tmp_path, GOOD_RULES, "max_changes_per_day: 7")
    first_start(fresh, tmp_path)
    assert defaults(fresh) == ()
    folder_of(tmp_path, "nonsense: [", "max_changes_per_day: 9")
    first_start(fresh, tmp_path)
    assert [kind for kind, *_ in stored(fresh)] == ["policy", "rules"]
    with fresh.transaction() as tx:
        assert policy_in_force(tx, fresh.tools).max_changes_per_day == 7
        assert [a.cause for a in configuration.activations(tx, ConfigKind.RULES)] == [Cause.FIRST_START]


@pytest.mark.parametrize(
    ("rules", "policy", "says"),
    [
        (
            "version: 1\nrules:\n- {id: xx}\n",
            "",
            r"rulebook\.yaml cannot be used:\nrulebook\.yaml:3:3: rule xx: the kind is missing",
        ),
        (
            GOOD_RULES,
            "caps: {per_day: 1}\npatient_hours: 8",
            r"outreach\.yaml cannot be used:\noutreach\.yaml:2:16: patient_hours must be a mapping",
        ),
    ],
)
def test_a_fault_refuses_the_whole_first_start_with_file_and_line(
    fresh: Caller, tmp_path: Path, rules: str, policy: str, says: str
) -> None:
    with pytest.raises(BadFolder, match=says):
        first_start(fresh, folder_of(tmp_path, rules, policy))
    assert stored(fresh) == []


def test_a_folder_without_one_of_its_files_is_refused(fresh: Caller, tmp_path: Path) -> None:
    (tmp_path / "rulebook.yaml").write_text(GOOD_RULES)
    with pytest.raises(BadFolder, match=r"outreach\.yaml cannot be read: No such file"):
        first_start(fresh, tmp_path)
    assert stored(fresh) == []


def test_what_could_not_be_activated_cannot_be_started_with(fresh: Caller, tmp_path: Path) -> None:
    law = "version: 1\nrules:\n- {id: law, kind: forbid, when: 'c.id == \"E\"', because: b, owner: o, severity: law}\n"
    with pytest.raises(versions.NotReady, match="rule law"):
        first_start(fresh, folder_of(tmp_path, law, ""))
    assert stored(fresh) == []


def test_two_processes_that_start_at_once_store_one_of_each(fresh: Caller) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: first_start(fresh, RIVERBEND), range(4)))
    names = [[a.name for a in versions.history(fresh, kind)] for kind in KINDS]
    assert names == [["rulebook.yaml"], ["outreach.yaml"], ["on-call.yaml"]]


def test_serve_says_that_a_folder_is_no_longer_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SUTURE_CONFIG_DIR", raising=False)
    assert config_note(read_settings()) == ""
    monkeypatch.setenv("SUTURE_CONFIG_DIR", "/etc/suture/config")
    note = config_note(read_settings())
    assert "/etc/suture/config) is read at the first start only" in note and "suture policy activate FILE" in note


# --- fail closed ---------------------------------------------------------------------------------------


def test_without_a_rulebook_nothing_is_planned_and_no_one_gets_one_by_the_way(riverbend: Riverbend) -> None:
    as_owner(riverbend.engine, WITHOUT)
    first_start(riverbend.caller, None)
    assert stored(riverbend.caller) == [("policy", "outreach.yaml", "active")], "it has planned: its rulebook was lost"
    with pytest.raises(
        NothingInForce, match=r"^No rulebook is in force, so nothing is planned\. Put one in force: sut"
    ):
        plan_day(riverbend.caller, BRANCH, date(2026, 3, 25))


def test_without_a_rulebook_a_signal_waits_and_counts_no_failure(riverbend: Riverbend) -> None:
    request = CallOutRequest(kind="call_out", clinician="E-01", source="phone", source_id="call-1")
    receive_signal(riverbend.caller, request)
    as_owner(riverbend.engine, WITHOUT)
    with pytest.raises(NothingInForce):
        decide_next(riverbend.caller)
    [signal] = riverbend.rows("SELECT state, tries FROM inbox")
    assert signal == {"state": "new", "tries": 0}


def test_without_a_policy_no_message_leaves_and_none_is_given_up(riverbend: Riverbend) -> None:
    riverbend.run("UPDATE touch SET due_at = :now")
    as_owner(riverbend.engine, WITHOUT)
    with pytest.raises(NothingInForce, match="No policy is in force, so no message is planned or sent"):
        send_due(riverbend.caller)
    states = {row["state"] for row in riverbend.rows("SELECT DISTINCT state FROM touch")}
    assert states <= {"planned", "claimed"}


# --- an agency of an earlier release -------------------------------------------------------------------

EARLIER = """
INSERT INTO rulebook (tenant, hash, name, sources, rules, engine, actor, at, state) VALUES
  (1, repeat('a', 64), 'old.yaml', '[{"name": "old.yaml", "text": ""}]', 0, 'e', 'a', now(), 'superseded'),
  (1, repeat('b', 64), 'new.yaml', '[{"name": "new.yaml", "text": ""}]', 0, 'e', 'a', now(), 'active');
INSERT INTO rulebook_activation (tenant, rulebook_id, previous_id, cause, actor, at) VALUES
  (1, 1, NULL, 'first_start', 'a', now()), (1, 2, 1, 'activate', 'a', now());
"""


def ask(engine: Engine, folder: Path, *words: str, **env: str) -> Result:
    return CliRunner(env={"DATABASE_URL": url_of(engine), **env}).invoke(main, [*words, "--data", str(folder)])


def test_its_rulebooks_stay_and_its_policy_comes_in_from_its_folder(postgres: EmbeddedPostgres, tmp_path: Path) -> None:
    folder_of(tmp_path, "nonsense: [", "max_changes_per_day: 7")
    with empty_database(postgres, "earlier_release") as engine:
        bring_in_an_agency(bring_to(engine, "0004"))
        with engine.begin() as conn:
            conn.exec_driver_sql(EARLIER)
        assert ask(engine, tmp_path, "db", "migrate").exit_code == 0
        listed = ask(engine, tmp_path, "rules", "list", SUTURE_CONFIG_DIR=str(tmp_path))
        assert [line.split()[:2] for line in listed.output.splitlines()] == [
            ["b" * 12, "active"], ["a" * 12, "superseded"]]  # fmt: skip
        assert "max_changes_per_day: 7" in ask(engine, tmp_path, "policy", "show").output
        assert ask(engine, tmp_path, "rules", "rollback").output == f"{'a' * 12} is in force again.\n"


def test_code_of_the_earlier_release_goes_on_on_the_new_schema(riverbend: Riverbend) -> None:
    """Its own statements: it reads the rulebook in force, stores another and puts it in force, and sees no policy."""
    with riverbend.caller.transaction() as tx:
        held = "SELECT r.id, r.hash, r.name, r.rules, r.state, r.actor, r.at FROM rulebook r WHERE r.state = 'active'"
        [first] = tx.rows(f"{held} AND r.tenant = app_tenant() FOR SHARE")
        assert first["hash"] == rulebook_in_force(tx, riverbend.caller.tools).hash
        new = """INSERT INTO rulebook (hash, name, sources, rules, engine, actor, at)
                 VALUES (repeat('c', 64), 'n', '[{"name": "n", "text": "version: 1\\nrules: []"}]', 0, 'e', 'a', :now)
                 ON CONFLICT DO NOTHING"""
        assert (tx.run(new), tx.run(new)) == (1, 0)
        tx.run("UPDATE rulebook SET state = 'superseded' WHERE tenant = app_tenant() AND state = 'active'")
        tx.run("UPDATE rulebook SET state = 'active' WHERE tenant = app_tenant() AND hash = repeat('c', 64)")
        tx.run(
            """INSERT INTO rulebook_activation (rulebook_id, previous_id, cause, actor, at)
               SELECT id, :previous, 'activate', 'a', :now FROM rulebook WHERE state = 'active'""",
            previous=first["id"],
        )
        active = configuration.hold_active(tx, ConfigKind.RULES)
        assert active is not None and active.hash == "c" * 64
        assert configuration.hold_active(tx, ConfigKind.POLICY) is not None
        before = configuration.before_active(tx, ConfigKind.RULES)
        assert before is not None and before.hash == first["hash"]
