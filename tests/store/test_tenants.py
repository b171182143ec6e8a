"""Between agencies: row-level security on every table, and a runtime role that cannot pass it."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DBAPIError, ProgrammingError
from tests.conftest import as_owner, clone, owner_of, owner_url
from tests.store.a_riverbend import Riverbend

from suture.cli import main
from suture.model.actors import FIRST_TENANT, Permission
from suture.service.clock import VirtualClock
from suture.service.keys import add_key, revoke_key
from suture.store.agencies import NO_TENANT, tenants_of
from suture.store.embedded import EmbeddedPostgres
from suture.store.migrate import Stage, migrate, schema_of
from suture.store.roles import (
    RUNTIME,
    UnfitDatabase,
    check_runtime_role,
    open_owner_engine,
    open_runtime_engine,
    sees_all,
    take_stock,
)
from suture.store.tokens import hashed
from suture.store.transaction import Tx, transaction

OTHER = 2
KNOWN_TO_ALL = {
    "agency": "a process has to know whom it serves: a number and a name",
    "whose": "says whose a secret is before it is known which agency to ask: hashes only",
}
APPEND_ONLY = {"audit_row", "access_log"}
NOT_ALLOWED = "42501"
OF_AGENCIES = """SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity FROM pg_class c
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant' AND NOT a.attisdropped
  WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY c.relname"""

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def tables(shared_database: Engine) -> list[str]:
    """Every table that has a tenant."""
    with shared_database.connect() as conn:
        return list(conn.execute(text(OF_AGENCIES)).scalars())


@pytest.fixture
def full(riverbend: Riverbend) -> Engine:
    """A database of agency 1 in which as many tables as can be have a row."""
    with riverbend.caller.transaction() as tx:
        tx.run("INSERT INTO outreach (on_hold, cause, since) VALUES (false, 'new', :now) ON CONFLICT DO NOTHING")
    add_key(riverbend.caller, "program", [Permission.READ], ["COLUMBUS"])
    return riverbend.engine


def count(tx: Tx, table: str) -> int:
    found: int = tx.scalar(f'SELECT count(*) FROM "{table}"')
    return found


# every table ------------------------------------------------------------------------------------------------


def test_every_table_with_a_tenant_is_sealed(tx: Tx, tables: list[str]) -> None:
    assert len(tables) >= 58
    assert {
        r["relname"] for r in tx.rows(OF_AGENCIES) if not (r["relrowsecurity"] and r["relforcerowsecurity"])
    } == set()
    policies = tx.rows(
        "SELECT tablename, policyname, cmd, qual, with_check FROM pg_policies WHERE schemaname = 'public'"
    )
    own = {p["tablename"]: (p["cmd"], p["qual"], p["with_check"]) for p in policies if p["policyname"] == "own_agency"}
    condition = "(tenant = ( SELECT app_tenant() AS app_tenant))"
    assert own == dict.fromkeys(tables, ("ALL", condition, condition))
    others = {(p["tablename"], p["policyname"]) for p in policies} - {(t, "own_agency") for t in tables}
    assert others == {(t, "whole") for t in tables} | {(t, "known_to_all") for t in KNOWN_TO_ALL}


def test_a_table_that_a_later_migration_adds_is_sealed_by_migrating(database: Engine, clock: VirtualClock) -> None:
    as_owner(database, "CREATE TABLE later (tenant integer NOT NULL DEFAULT app_tenant(), n integer)")
    as_owner(database, "CREATE VIEW later_seen AS SELECT * FROM later")
    owner = open_owner_engine(owner_url(database))
    migrate(owner)
    with transaction(database, clock) as tx:
        tx.run("INSERT INTO later (n) VALUES (1)")
        assert (count(tx, "later"), count(tx, "later_seen")) == (1, 1)


def test_of_another_agency_there_is_no_row_in_any_table(full: Engine, tables: list[str], clock: VirtualClock) -> None:
    with transaction(full, clock) as tx:
        filled = {table for table in tables if count(tx, table)}
    assert len(filled) >= 30
    for tenant in (OTHER, NO_TENANT):
        with transaction(full, clock, tenant) as tx:
            assert {t for t in filled if count(tx, t)} == set(KNOWN_TO_ALL) & filled
            views = tx.rows("SELECT viewname FROM pg_views WHERE schemaname = 'public'")
            assert [r["viewname"] for r in views if count(tx, r["viewname"])] == []


def test_without_a_tenant_there_is_no_row_in_any_table(full: Engine, tables: list[str]) -> None:
    with full.connect() as conn:
        found = {t for t in tables if conn.execute(text(f'SELECT count(*) FROM "{t}"')).scalar_one()}
    assert found == set(KNOWN_TO_ALL)


def test_a_connection_forgets_its_tenant_with_its_transaction(full: Engine, clock: VirtualClock) -> None:
    one = create_engine(full.url, pool_size=1, max_overflow=0)
    with transaction(one, clock) as tx:
        assert count(tx, "visit") > 0
    with one.connect() as conn:
        assert conn.execute(text("SELECT count(*) FROM visit")).scalar_one() == 0
    one.dispose()


def test_no_row_can_be_written_for_another_agency(full: Engine, tables: list[str], clock: VirtualClock) -> None:
    with transaction(full, clock, OTHER) as tx:
        for table in tables:
            refused(tx, lambda: tx.run(f'INSERT INTO "{table}" (tenant) VALUES (1)'))  # noqa: B023
            if table not in APPEND_ONLY:
                assert tx.run(f'DELETE FROM "{table}"') == 0, table
                assert tx.run(f'UPDATE "{table}" SET tenant = 2 WHERE tenant = 1') == 0, table


def test_no_row_can_be_handed_to_another_agency(full: Engine, tables: list[str], clock: VirtualClock) -> None:
    with transaction(full, clock) as tx:
        filled = [t for t in tables if t not in APPEND_ONLY and count(tx, t)]
        for table in filled:
            if table not in ("visit", "configuration"):  # a trigger refuses that before
                refused(tx, lambda: tx.run(f'UPDATE "{table}" SET tenant = 2'))  # noqa: B023
    assert len(filled) >= 30


def test_the_trail_is_never_changed(full: Engine, clock: VirtualClock) -> None:
    with transaction(full, clock) as tx:
        for change in ("UPDATE audit_row SET actor = 'no one'", "DELETE FROM audit_row", "TRUNCATE audit_row"):
            refused(tx, lambda: tx.run(change))  # noqa: B023


def refused(tx: Tx, attempt: Callable[[], object]) -> None:
    with pytest.raises(DBAPIError) as refusal, tx.conn.begin_nested():
        attempt()
    assert getattr(refusal.value.orig, "sqlstate", "") == NOT_ALLOWED, refusal.value


# the role ---------------------------------------------------------------------------------------------------


def test_the_tests_work_as_the_runtime_role(tx: Tx) -> None:
    assert tx.row(
        """SELECT current_user AS role, session_user AS login, rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb
           AS may FROM pg_roles WHERE rolname = current_user"""
    ) == {"role": RUNTIME, "login": RUNTIME, "may": False}


@pytest.mark.parametrize(
    "attempt",
    [
        "ALTER TABLE visit DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE visit NO FORCE ROW LEVEL SECURITY",
        "DROP POLICY own_agency ON visit",
        "CREATE POLICY mine ON visit USING (true)",
        "SET ROLE postgres",
        "SET SESSION AUTHORIZATION postgres",
        "ALTER ROLE suture_app BYPASSRLS",
        "CREATE TABLE mine (n integer)",
        "CREATE FUNCTION mine() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "TRUNCATE visit",
        "INSERT INTO alembic_version VALUES ('9999')",
        "SELECT found_by('visit', 'external_id', false)",
    ],
)
def test_the_runtime_role_may_not(tx: Tx, attempt: str) -> None:
    refused(tx, lambda: tx.run(attempt))


def test_the_runtime_role_does_not_see_all_by_asking_for_the_whole(full: Engine) -> None:
    with full.connect() as conn:
        conn.execute(text("SELECT set_config('app.whole', 'on', true), set_config('row_security', 'off', true)"))
        with pytest.raises(ProgrammingError, match="row-level security"):
            conn.execute(text("SELECT count(*) FROM visit"))
    with full.connect() as conn:
        conn.execute(text("SELECT set_config('app.whole', 'on', true)"))
        assert conn.execute(text("SELECT count(*) FROM visit")).scalar_one() == 0


def test_whoever_logs_in_becomes_the_runtime_role_and_stays_it(full: Engine) -> None:
    engine = open_runtime_engine(owner_url(full))
    for _ in range(2):  # the second time it is a connection of the pool, that was rolled back
        with engine.connect() as conn:
            assert conn.execute(text("SELECT current_user")).scalar_one() == RUNTIME
            assert conn.execute(text("SELECT count(*) FROM visit")).scalar_one() == 0
            conn.rollback()
    engine.dispose()


# logins that an operator gives ------------------------------------------------------------------------------


@pytest.fixture
def login(postgres: EmbeddedPostgres) -> Iterator[str]:
    """A login that is no superuser, as hosted servers give it."""
    name = f"operator_{next(_numbers)}"
    admin = create_engine(postgres.url(), isolation_level="AUTOCOMMIT")
    with admin.connect() as conn:
        conn.execute(text(f"CREATE ROLE {name} LOGIN"))
    yield name
    with admin.connect() as conn:
        conn.execute(text(f"DROP DATABASE IF EXISTS of_{name} WITH (FORCE)"))
        conn.execute(text(f"DROP OWNED BY {name}"))
        conn.execute(text(f"DROP ROLE {name}"))
    admin.dispose()


@pytest.fixture
def their_database(postgres: EmbeddedPostgres, login: str) -> Iterator[Engine]:
    """An empty database of that login's own."""
    admin = create_engine(postgres.url(), isolation_level="AUTOCOMMIT")
    with admin.connect() as conn:
        conn.execute(text(f"CREATE DATABASE of_{login} OWNER {login}"))
    admin.dispose()
    engine = open_owner_engine(postgres.url(f"of_{login}", login))
    yield engine
    engine.dispose()


def test_a_login_that_may_not_become_the_role_is_told_the_one_statement(
    postgres: EmbeddedPostgres, their_database: Engine, login: str
) -> None:
    with pytest.raises(UnfitDatabase) as why:
        migrate(their_database)
    said = str(why.value)
    statement = f'GRANT suture_app TO "{login}"'
    assert said.endswith(f"to run: {statement}") and login in said
    assert schema_of(their_database).stage is Stage.EMPTY, "nothing was made"
    admin = create_engine(postgres.url(), isolation_level="AUTOCOMMIT")
    with admin.connect() as conn:
        conn.execute(text(statement))
    admin.dispose()
    migrate(their_database)
    check_runtime_role(their_database)


@pytest.fixture
def owned(postgres: EmbeddedPostgres, their_database: Engine, login: str) -> Engine:
    """A database that this login migrated."""
    admin = create_engine(postgres.url(), isolation_level="AUTOCOMMIT")
    with admin.connect() as conn:
        conn.execute(text(f"GRANT suture_app TO {login}"))
    admin.dispose()
    migrate(their_database)
    return their_database


def test_an_owner_sees_one_agency_until_it_asks_for_the_whole(owned: Engine, clock: VirtualClock) -> None:
    for tenant in (1, 2):
        with transaction(owned, clock, tenant) as tx:
            tx.run("INSERT INTO agency (tenant, name) VALUES (app_tenant(), 'Same Name')")
            tx.run("INSERT INTO outreach (on_hold, cause, since) VALUES (true, 'new', :now)")
    with owned.connect() as conn:
        assert conn.execute(text("SELECT count(*) FROM outreach")).scalar_one() == 0
        conn.execute(text("SET app.whole = 'on'"))
        assert conn.execute(text("SELECT count(*) FROM outreach")).scalar_one() == 2
        assert sees_all(conn)
        assert conn.execute(text("UPDATE outreach SET on_hold = false")).rowcount == 2, "as a migration may have to"


def test_a_login_that_owns_nothing_does_not_see_all(shared_database: Engine) -> None:
    with shared_database.connect() as conn:
        assert not sees_all(conn)


@pytest.mark.parametrize("gift", ["GRANT {login} TO suture_app", "ALTER ROLE suture_app BYPASSRLS"])
def test_a_runtime_role_that_passes_row_level_security_is_refused(
    postgres: EmbeddedPostgres, owned: Engine, login: str, gift: str
) -> None:
    admin = create_engine(postgres.url())
    with admin.connect() as conn:
        if "GRANT" in gift:  # no role may be a member of its own member
            conn.execute(text(f"REVOKE suture_app FROM {login}"))
            conn.execute(text(gift.format(login=login)))
            conn.commit()
            with pytest.raises(UnfitDatabase, match="suture_app"):
                check_runtime_role(open_owner_engine(postgres.url(f"of_{login}")))
            conn.execute(text(f"REVOKE {login} FROM suture_app"))
        else:
            conn.execute(text(gift))
            conn.commit()
            with pytest.raises(UnfitDatabase, match="can pass row-level security"):
                check_runtime_role(owned)
            conn.execute(text("ALTER ROLE suture_app NOBYPASSRLS"))
        conn.commit()
    admin.dispose()


@pytest.mark.parametrize(
    "taken",
    [
        "ALTER TABLE visit DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE visit NO FORCE ROW LEVEL SECURITY",
        "DROP POLICY own_agency ON visit",
        "REVOKE ALL ON visit FROM suture_app",
    ],
)
def test_a_start_without_row_level_security_is_refused_and_migrating_brings_it_back(
    database: Engine, taken: str
) -> None:
    owner = open_owner_engine(owner_url(database))
    as_owner(database, taken)
    with pytest.raises(UnfitDatabase, match=r"missing on tables \(visit\): run suture db migrate\."):
        check_runtime_role(owner)
    migrate(owner)
    check_runtime_role(owner)


# whose a secret is ------------------------------------------------------------------------------------------


def test_a_key_is_found_before_its_agency_is_known(riverbend: Riverbend) -> None:
    value = add_key(riverbend.caller, "program", [Permission.READ])
    assert tenants_of(riverbend.engine, value) == (FIRST_TENANT,)
    assert tenants_of(riverbend.engine, "suture_unknown") == (NO_TENANT,)
    revoke_key(riverbend.caller, "program")
    assert tenants_of(riverbend.engine, value) == (FIRST_TENANT,), "whether it opens anything says its agency"


def test_what_is_gone_is_forgotten_and_what_is_changed_is_found_as_it_is(database: Engine, clock: VirtualClock) -> None:
    with transaction(database, clock) as tx:
        add = "INSERT INTO connection (name, provider, settings, secret_env, hook_id) VALUES ('c', 'p', '{}', 'S', :h)"
        tx.run(add, h="first")
    assert tenants_of(database, "first") == (FIRST_TENANT,)
    with transaction(database, clock) as tx:
        tx.run("UPDATE connection SET hook_id = 'second' WHERE tenant = app_tenant()")
    assert (tenants_of(database, "first"), tenants_of(database, "second")) == ((NO_TENANT,), (FIRST_TENANT,))
    with transaction(database, clock) as tx:
        tx.run("DELETE FROM connection WHERE tenant = app_tenant()")
    assert tenants_of(database, "second") == (NO_TENANT,)


def test_several_agencies_may_know_the_same_secret(database: Engine, clock: VirtualClock) -> None:
    for tenant in (1, 2):
        with transaction(database, clock, tenant) as tx:
            tx.run(
                """INSERT INTO api_key (name, hint, key_hash, permissions, every_branch, made_at)
                   VALUES ('k', '', :hash, '{read}', true, :now)""",
                hash=hashed("theirs"),
            )
    assert tenants_of(database, "theirs") == (1, 2)


def test_secrets_of_before_the_migration_are_found_and_a_new_kind_takes_one_call(
    database: Engine, clock: VirtualClock
) -> None:
    as_owner(
        database,
        """CREATE TABLE newcomer (tenant integer NOT NULL DEFAULT app_tenant(), email text,
                                 PRIMARY KEY (tenant, email));
           INSERT INTO newcomer VALUES (1, 'ann@example.org'), (2, 'ann@example.org'), (2, 'bo@example.org');
           SELECT found_by('newcomer', 'email', false)""",
    )
    migrate(open_owner_engine(owner_url(database)))
    assert tenants_of(database, "ann@example.org") == (1, 2)
    assert tenants_of(database, "bo@example.org") == (2,)
    with transaction(database, clock, 1) as tx:
        tx.run("INSERT INTO newcomer (email) VALUES ('cy@example.org')")
    assert tenants_of(database, "cy@example.org") == (1,)


def test_every_link_that_was_sent_is_known(riverbend: Riverbend) -> None:
    with owner_of(riverbend.engine) as conn:
        missing = """SELECT count(*) FROM patient_token k
                     WHERE NOT EXISTS (SELECT FROM whose w WHERE w.tenant = k.tenant AND w.hash = k.token_hash)"""
        assert conn.execute(text(missing)).scalar_one() == 0


def test_a_copy_of_a_template_keeps_what_the_role_may_do(postgres: EmbeddedPostgres, clock: VirtualClock) -> None:
    engine = create_engine(clone(postgres))
    with transaction(engine, clock) as tx:
        assert count(tx, "agency") == 1
    engine.dispose()


# the whole database -----------------------------------------------------------------------------------------


def command(engine: Engine, *words: str | Path) -> Result:
    return CliRunner(env={"DATABASE_URL": engine.url.render_as_string(hide_password=False)}).invoke(
        main, [*map(str, words)]
    )


@pytest.fixture
def empty(postgres: EmbeddedPostgres, login: str) -> Iterator[Engine]:
    """Another empty database of that login's own, as on a server that is made again."""
    admin = create_engine(postgres.url(), isolation_level="AUTOCOMMIT")
    with admin.connect() as conn:
        conn.execute(text(f"CREATE DATABASE again_{login} OWNER {login}"))
    yield open_owner_engine(postgres.url(f"again_{login}", login))
    with admin.connect() as conn:
        conn.execute(text(f"DROP DATABASE again_{login} WITH (FORCE)"))
    admin.dispose()


def test_an_owner_that_is_no_superuser_backs_up_and_restores_every_agency(
    owned: Engine, empty: Engine, clock: VirtualClock, tmp_path: Path
) -> None:
    for tenant, name in ((1, "Riverbend"), (2, "Lakeside")):
        with transaction(owned, clock, tenant) as tx:
            tx.run("INSERT INTO agency (tenant, name) VALUES (app_tenant(), :name)", name=name)
            tx.run("INSERT INTO outreach (on_hold, cause, since) VALUES (false, 'new', :now)")
            hook = (
                "INSERT INTO connection (name, provider, settings, secret_env, hook_id) VALUES (:n, 'p', '{}', '', :n)"
            )
            tx.run(hook, n=name)
    folder = ("--data", tmp_path / "outboxes")
    made = command(owned, "db", "backup", tmp_path / "all.dump", *folder)
    assert made.exit_code == 0, made.output
    restored = command(empty, "db", "restore", tmp_path / "all.dump", *folder)
    assert restored.exit_code == 0, restored.output
    for tenant in (1, 2):
        with transaction(empty, clock, tenant) as tx:
            assert count(tx, "connection") == 1
            assert tx.row("SELECT on_hold, cause FROM outreach") == {"on_hold": True, "cause": "restored"}
            codes = [r["code"] for r in tx.rows("SELECT code FROM audit_row ORDER BY id")]
            assert codes == ["data.backed_up", "data.restored"]
    with empty.connect() as conn:
        sealed = conn.execute(text(OF_AGENCIES)).all()
        assert len(sealed) >= 58 and all(row.relrowsecurity and row.relforcerowsecurity for row in sealed)
    assert tenants_of(empty, "Lakeside") == (2,)
    runtime = open_runtime_engine(empty.url.render_as_string(hide_password=False))
    with transaction(runtime, clock, 2) as tx:
        assert count(tx, "connection") == 1
        refused(tx, lambda: tx.run("DELETE FROM audit_row"))
    runtime.dispose()


def test_a_login_that_does_not_own_the_tables_makes_no_backup(database: Engine, tmp_path: Path) -> None:
    said = command(database, "db", "backup", tmp_path / "none.dump", "--data", tmp_path)
    assert said.exit_code == 2 and "does not own Suture's tables" in said.stderr
    assert not (tmp_path / "none.dump").exists()


def test_a_login_that_does_not_own_the_tables_cannot_migrate(postgres: EmbeddedPostgres, tmp_path: Path) -> None:
    admin = create_engine(postgres.url(), isolation_level="AUTOCOMMIT")
    with admin.connect() as conn:
        conn.execute(text("CREATE DATABASE for_no_one"))
    engine = create_engine(postgres.url("for_no_one", RUNTIME))
    said = command(engine, "db", "migrate", "--data", tmp_path)
    assert said.exit_code == 2 and "may not change the tables: run suture db migrate with the login that" in said.stderr
    engine.dispose()
    with admin.connect() as conn:
        conn.execute(text("DROP DATABASE for_no_one WITH (FORCE)"))
    admin.dispose()


def test_tables_are_counted_by_their_owner_and_not_by_the_runtime(database: Engine) -> None:
    def counted() -> bool:
        with database.connect() as conn:
            return bool(conn.execute(text("SELECT reltuples >= 0 FROM pg_class WHERE relname = 'agency'")).scalar_one())

    with owner_of(database) as conn:
        conn.execute(text("UPDATE pg_class SET reltuples = -1 WHERE relname = 'agency'"))
    with database.begin() as conn:
        conn.execute(text("ANALYZE"))
    assert not counted(), "it is ignored, with a warning"
    take_stock(open_owner_engine(owner_url(database)))
    assert counted()
