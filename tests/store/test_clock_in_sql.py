"""What may stand in SQL, and where SQL may stand: `now` is bound, tenants are named, and only `store` speaks SQL."""

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

import suture

SOURCE = Path(suture.__file__).parent
STORE = SOURCE / "store"

DATABASE_CLOCK = {  # where the database's own clock may be asked, how often, and why
    "store/attempts.py": (1, "the lease of a message that is leaving"),
    "store/demo.py": (4, "the demo's clock is told beside the database's"),
    "store/health.py": (3, "leases that have run out, and how old the last backup truly is"),
    "store/inbox.py": (2, "branch_dirty.since, which orders what waits"),
    "store/leases.py": (7, "leases of branch-days, and branch_dirty.since, which orders them"),
    "store/migrations/versions/0001_first.sql": (1, "audit_row.at: true time, also in a demo"),
    "store/migrations/versions/0003_safe.sql": (1, "since when an agency that was there before sends: true time"),
    "store/migrations/versions/0014_reads.sql": (1, "access_log.at: true time, also in a demo"),
    "store/plan_leases.py": (6, "leases of days that are being planned"),
    "store/touches.py": (6, "leases of messages"),
    "store/transaction.py": (2, "the one source of now"),
}

WITHOUT_TENANT = {  # statements on tables without the tenant of the transaction, how many, and why
    "store/agencies.py": (2, "which agencies there are, and whose a secret is"),
    "store/backup.py": (2, "after a restore nobody may send, of whatever tenant"),
    "store/configuration.py": (1, "the beginning of statements that name it"),
    "store/contacts.py": (1, "the beginning of two statements that name it"),
    "store/demo.py": (3, "whose the database is, of whatever tenant"),
    "store/embedded.py": (2, "reads the catalog"),
    "store/failed_tries.py": (4, "guesses are counted before it is known whose they are"),
    "store/migrate.py": (2, "reads the catalog"),
    "store/moments.py": (1, "reads which transactions have ended, no table"),
    "store/roles.py": (3, "reads the catalog"),
    "store/schema_dump.py": (8, "reads the catalog"),
    "store/timers.py": (2, "the beginning of statements whose parts name it"),
    "store/upsert.py": (1, "reads the rows that it is given"),
}

_SQL = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH|DROP|CREATE|ALTER|TRUNCATE)\s")
_FIXED_NOW = re.compile(r"\bnow\(\)|\b(current_timestamp|current_date|current_time|localtimestamp|localtime)\b", re.I)
_OTHER_CLOCKS = re.compile(r"\b(statement_timestamp|transaction_timestamp|timeofday)\(|'(now|today|tomorrow)'", re.I)


def name(file: Path) -> str:
    return file.relative_to(SOURCE).as_posix()


def python_files() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


def statements(file: Path) -> list[str]:
    """Every SQL statement in a Python file: string constants that begin like one, f-strings by their constant parts."""
    nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    composed = [node for node in nodes if isinstance(node, ast.JoinedStr)]
    parts = {id(part) for node in composed for part in ast.walk(node)}
    texts = [node.value for node in nodes if isinstance(node, ast.Constant) and id(node) not in parts]
    texts += [
        "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values) for node in composed
    ]
    return [t for t in texts if isinstance(t, str) and _SQL.match(t)]


def sql_of(file: Path) -> str:
    """All SQL of a file without comments."""
    if file.suffix == ".sql":
        return re.sub(r"--.*", "", file.read_text(encoding="utf-8"))
    return "\n".join(statements(file))


def sql_files() -> list[Path]:
    """Python and migrations; the dump says nothing of its own."""
    return sorted({*STORE.rglob("*.py"), *STORE.rglob("*.sql")} - {STORE / "schema.sql"})


@pytest.mark.parametrize("clock", [_FIXED_NOW, _OTHER_CLOCKS], ids=["now()", "other clocks"])
def test_no_statement_asks_the_database_what_time_it_is(clock: re.Pattern[str]) -> None:
    """Every due time, window and instant is the bound `:now`; else a played morning would hold today's date."""
    assert {name(f): found for f in sql_files() if (found := clock.findall(sql_of(f)))} == {}


def test_the_databases_clock_is_asked_only_for_leases_the_demo_and_the_audit_trail() -> None:
    asked = Counter({name(f): sql_of(f).count("clock_timestamp()") for f in sql_files()})
    assert +asked == Counter({file: times for file, (times, _) in DATABASE_CLOCK.items()})


def test_only_the_store_speaks_sql() -> None:
    elsewhere = {name(f): found for f in python_files() if STORE not in f.parents and (found := statements(f))}
    assert elsewhere == {}


def test_every_statement_names_the_tenant() -> None:
    """Row-level security would find nothing without it; an index that begins with the tenant finds it sooner."""
    asks_a_table = re.compile(r"^\s*(UPDATE (?!SET)|DELETE\b)|(?<!DISTINCT )\bFROM\b")
    loose = Counter(
        name(f)
        for f in STORE.rglob("*.py")
        for statement in statements(f)
        if asks_a_table.search(statement) and "app_tenant()" not in statement
    )
    assert loose == Counter({file: times for file, (times, _) in WITHOUT_TENANT.items()})


def test_statements_are_found_where_they_are() -> None:
    """The tests above would pass on nothing."""
    found = Counter({name(f): len(statements(f)) for f in python_files()})
    assert found["store/inbox.py"] >= 8
    assert found["store/plans.py"] >= 8
    assert found.total() > 100
