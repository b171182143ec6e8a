"""The schema: the dump beside the code is what the migrations make, and every table belongs to a tenant."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from suture.store import schema_dump
from suture.store.embedded import Binaries, EmbeddedPostgres, NoPostgresFound, find_binaries
from suture.store.migrate import is_current, migrate
from suture.store.transaction import Tx, open_engine

SCHEMA = Path(schema_dump.__file__).with_name("schema.sql")
NOWHERE = Path("/nonexistent")

NOT_LED_BY_TENANT = {
    "patient_token": "token_hash",  # who follows a link names no tenant; the token finds it
    "connection": "hook_id",  # nor does a provider that calls
    "whose": "hash",  # which says whose these are
}

TABLES = {
    "party": "tenant id kind external_id lang tz",
    "patient": "tenant party_id place_id status",
    "clinician": "tenant party_id role home_place_id max_weekly_min status",
    "credential": "tenant clinician_id code jurisdiction number valid_from valid_until status",
    "availability": "tenant clinician_id starts_at ends_at kind",
    "place": "tenant lat lon tz line1",
    "branch": "tenant name phone tz week_start place_id",
    "visit_order": "tenant external_id",
    "pair_rule": "tenant patient_id clinician_id kind",
    "quarantine": "tenant file line field code reason raw at",
    "exception_case": """tenant kind subject_kind subject_id severity band reasons deadline_at state opened_version
        closed_at closed_why""",
    "visit": "tenant id branch_id service_date status held positions rev visit_rev",
    "plan": "tenant branch_id service_date version base_version why actor at",
    "plan_head": "tenant branch_id service_date stage version",
    "decision": """tenant branch_id service_date version signal_ids input_sha engine seed iterations patch_points
        rulebook_hash travel_version why""",
    "assignment": """tenant branch_id service_date visit_id position from_version to_version clinician_id route_order
        starts_at ends_at pinned source""",
    "occupancy": "tenant layer subject_id position clinician_id busy subject_rev plan_version",
    "inbox": """tenant branch_id service_date source source_id kind body body_sha received_at state tries
        handled_version""",
    "branch_dirty": "tenant branch_id service_date gen done since lease_until lease_no",
    "event": "tenant branch_id seq xid kind subject_id data actor at",
    "branch_seq": "tenant branch_id last",
    "touch": """tenant id subject subject_id party_id step ordinal channel priority due_at not_after state attempts
        lease_until idem_key provider_sid why""",
    "message_attempt": """tenant touch_id attempt_no provider request_sha started_at outcome code latency_ms
        provider_sid""",
    "promise": """tenant id visit_id party_id seq visit_rev window_open window_close who_told channel touch_id told_at
        supersedes""",
    "confirmation": "tenant promise_id participant state via at",
    "inbound": "tenant provider provider_msg_id from_hash prompt_id action at",
    "open_prompt": "tenant addr_hash promise_id asked_at expires_at closed_at",
    "address": "tenant party_id channel value value_hash",
    "suppression": "tenant addr_hash channel reason source at lifted_at",
    "consent": "tenant party_id channel granted wording source at",
    "patient_token": "token_hash tenant purpose visit_id expires_at used_at",
    "audit_row": "tenant id xid at actor",
}


def _wheel() -> Binaries | None:
    try:
        return find_binaries(system_root=NOWHERE, search_path="")
    except NoPostgresFound:
        return None


def _usual() -> Binaries | None:
    try:
        return find_binaries()
    except NoPostgresFound:
        return None


SERVERS = {b.version: b for b in (_usual(), _wheel()) if b is not None}


@pytest.fixture(scope="module", params=SERVERS)
def fresh(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """A database made by the migrations on each PostgreSQL of this machine."""
    with tempfile.TemporaryDirectory(prefix="suture-test-") as folder:
        Path(folder).chmod(0o755)
        with EmbeddedPostgres(Path(folder), SERVERS[request.param], extra_options=("fsync=off",)) as server:
            server.ensure_database("fresh")
            engine = open_engine(server.url("fresh"))
            migrate(engine)
            yield engine
            engine.dispose()


def test_the_dump_is_what_the_migrations_make(fresh: Engine) -> None:
    with fresh.connect() as conn:
        made = schema_dump.dump_schema(conn)
    assert made == SCHEMA.read_text(encoding="utf-8"), "the migrations have changed: run scripts/dump-schema"


def test_migrating_again_changes_nothing(fresh: Engine) -> None:
    migrate(fresh)
    assert is_current(fresh)


def test_every_table_and_column_that_was_decided_exists(tx: Tx) -> None:
    found: dict[str, set[str]] = {}
    for r in tx.rows("SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"):
        found.setdefault(r["table_name"], set()).add(r["column_name"])
    missing = {table: set(columns.split()) - found.get(table, set()) for table, columns in TABLES.items()}
    assert {table: columns for table, columns in missing.items() if columns} == {}


@pytest.mark.parametrize("kind", ["primary", "unique"])
def test_the_tenant_leads_every_key(tx: Tx, kind: str) -> None:
    keys = tx.rows(
        """SELECT x.indrelid::regclass::text AS tbl, x.indexrelid::regclass::text AS key,
                  (SELECT attname FROM pg_attribute WHERE attrelid = x.indrelid AND attnum = x.indkey[0]) AS leads
           FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid
           WHERE c.relnamespace = 'public'::regnamespace AND c.relname <> 'alembic_version'
             AND (x.indisprimary OR (x.indisunique AND :kind = 'unique'))""",
        kind=kind,
    )
    assert len(keys) >= 35
    others = {r["tbl"]: r["leads"] for r in keys if r["leads"] != "tenant"}
    assert others == {table: NOT_LED_BY_TENANT[table] for table in others}
    assert others.keys() == ({"patient_token", "whose"} if kind == "primary" else NOT_LED_BY_TENANT.keys())


def test_every_table_has_a_primary_key_and_a_tenant_that_the_transaction_fills_in(tx: Tx) -> None:
    bare = tx.rows(
        """SELECT c.relname FROM pg_class c
           LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant'
           LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
           WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname <> 'alembic_version'
             AND (NOT EXISTS (SELECT FROM pg_index WHERE indrelid = c.oid AND indisprimary)
                  OR pg_get_expr(d.adbin, c.oid) IS DISTINCT FROM 'app_tenant()')"""
    )
    assert [r["relname"] for r in bare] == ["agency", "failed_try"], (
        "an agency is given its tenant by name; guesses belong to none"
    )


def test_the_published_head_and_the_draft_are_two_rows(tx: Tx) -> None:
    columns = tx.rows(
        """SELECT a.attname FROM pg_index x JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = ANY(x.indkey)
           WHERE x.indrelid = 'plan_head'::regclass AND x.indisprimary"""
    )
    assert {r["attname"] for r in columns} == {"tenant", "branch_id", "service_date", "stage"}


def test_triggers_guard_revisions_and_versions_and_note_whose_a_secret_is(tx: Tx) -> None:
    """Assignments, touches, the inbox and the events are their own record: nothing audits them by trigger."""
    triggers = tx.rows("SELECT tgname, tgrelid::regclass::text AS tbl FROM pg_trigger WHERE NOT tgisinternal")
    assert {(r["tgname"], r["tbl"]) for r in triggers} == {
        ("visit_rev_guard", "visit"),
        ("configuration_stays", "configuration"),
        ("note_whose", "patient_token"),
        ("note_whose", "api_key"),
        ("note_whose", "connection"),
        ("note_whose", "session"),
        ("note_whose", "welcome_link"),
        ("note_whose", "oidc_request"),
        ("note_whose", "account"),
    }


def test_every_time_is_stored_with_its_zone(tx: Tx) -> None:
    naive = tx.rows(
        """SELECT table_name, column_name FROM information_schema.columns
           WHERE table_schema = 'public' AND data_type LIKE 'time%without time zone'"""
    )
    assert naive == []
