"""A published visit behind scripted channels, for the stories of what is sent and what is answered."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine
from tests.store import a_branch
from tests.store.a_branch import AFTERNOON_BEFORE
from tests.store.a_shell import Shell, emptied, module_database

from suture.store.embedded import EmbeddedPostgres


@pytest.fixture(scope="module")
def own_database(request: pytest.FixtureRequest, postgres: EmbeddedPostgres) -> Iterator[Engine]:
    with module_database(postgres, request.module.__name__.rpartition(".")[2]) as engine:
        yield engine


@pytest.fixture
def shell(own_database: Engine) -> Shell:
    return Shell(emptied(own_database), AFTERNOON_BEFORE)


@pytest.fixture
def branch(shell: Shell) -> a_branch.Branch:
    with shell.caller.transaction() as tx:
        return a_branch.make_branch(tx)


@pytest.fixture
def visit(shell: Shell, branch: a_branch.Branch):
    """Ann's visit, planned for Nora at 09:15, told 09:00-10:00."""
    with shell.caller.transaction() as tx:
        visit_id = a_branch.add_visit(tx, branch, branch.ann, "09:00")
        a_branch.assign(tx, branch, visit_id, branch.nora, "09:15", told="09:00")
        return visit_id
