"""Which pg_dump fits a server, and that no password gets where others can read it."""

import sys
from pathlib import Path

import pytest

from suture.store.postgres_binaries import PostgresUnavailable
from suture.store.postgres_tools import ToolFailed, Tools, _connection, find_tools, run


def tools_of(folder: Path, version: str) -> Path:
    folder.mkdir(parents=True)
    for name in ("pg_dump", "pg_restore"):
        (folder / name).write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) {version}'\n")
        (folder / name).chmod(0o755)
    return folder


@pytest.fixture
def system(tmp_path: Path) -> Path:
    for version in ("14.2", "15.8", "17.2"):
        tools_of(tmp_path / "system" / version / "bin", version)
    return tmp_path / "system"


def test_the_servers_own_version_comes_first_then_the_next_newer_one(system: Path, tmp_path: Path) -> None:
    assert find_tools(15, system_root=system, search_path="").version == "15.8"
    assert find_tools(16, system_root=system, search_path="").version == "17.2"
    on_path = tools_of(tmp_path / "path", "16.1")
    assert find_tools(16, system_root=system, search_path=str(on_path)).folder == on_path


def test_a_named_folder_is_tried_first_and_not_insisted_on(system: Path, tmp_path: Path) -> None:
    named = tools_of(tmp_path / "named", "15.1")
    assert find_tools(15, postgres_bin=named, system_root=system, search_path="").folder == named
    assert find_tools(17, postgres_bin=named, system_root=system, search_path="").version == "17.2"


@pytest.mark.parametrize(("major", "exact"), [(99, False), (16, True)])
def test_without_any_that_fits_it_says_which_and_what_to_install(system: Path, major: int, exact: bool) -> None:
    with pytest.raises(PostgresUnavailable) as error:
        find_tools(major, exact=exact, system_root=system, search_path="")
    assert f"The server is PostgreSQL {major}" in str(error.value) and "17.2, 15.8, 14.2" in str(error.value)
    assert f"postgresql-client-{major}" in str(error.value) and "POSTGRES_BIN" in str(error.value)


def test_a_password_is_in_the_environment_and_not_in_the_arguments() -> None:
    words, secrets = _connection(
        "postgresql+psycopg://ann:s3cret%20one@db:5433/suture?sslmode=require&sslpassword=s3cret2"
    )
    assert words == ["--no-password", "--dbname=host=db dbname=suture user=ann port=5433 sslmode=require"]
    assert secrets == {"PGPASSWORD": "s3cret one"}


def failing(folder: Path, says: str) -> Tools:
    folder.mkdir()
    (folder / "pg_restore").write_text(f"#!{sys.executable}\nimport sys\nsys.exit({says!r})\n")
    (folder / "pg_restore").chmod(0o755)
    return Tools(folder, "15.8")


@pytest.mark.parametrize(
    ("says", "told"),
    [
        ("pg_restore: error: permission denied\nDETAIL: more", "permission denied"),
        (
            'pg_restore: error: COPY failed for table "party": ERROR: "Ann"\nCONTEXT: Ann',
            'COPY failed for table "party"',
        ),
        (
            "pg_restore: error: could not execute query: ERROR:  no\nCommand was: INSERT Ann",
            "could not execute query: ERROR:  no",
        ),
        ("Segmentation fault", "pg_restore ended with exit code 1"),
    ],
)
def test_its_first_error_is_told_without_what_a_cell_held(tmp_path: Path, says: str, told: str) -> None:
    with pytest.raises(ToolFailed) as error:
        run(failing(tmp_path / "bin", says), "pg_restore", [])
    assert str(error.value) == told
