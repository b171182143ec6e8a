"""The demo's agency for tests of the store: imported, planned and published once a run, then cloned or rolled back."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine
from tests.conftest import THE_DAY_BEFORE, clone, rolled_back
from tests.store.a_riverbend import Riverbend

from suture.store.embedded import EmbeddedPostgres
from suture.store.transaction import Tx, open_engine

PUBLISHED = "template_riverbend"


@pytest.fixture(scope="session")
def published_template(postgres: EmbeddedPostgres) -> str:
    """The name of a database that holds the published day; nobody may connect to it, so that it can be cloned."""
    engine = open_engine(clone(postgres, name=PUBLISHED))
    agency = Riverbend(engine, THE_DAY_BEFORE)
    agency.import_files()
    agency.plan()
    agency.publish()
    engine.dispose()
    return PUBLISHED


@pytest.fixture
def riverbend(postgres: EmbeddedPostgres, published_template: str) -> Iterator[Riverbend]:
    """The published day in a database of this test's own, for tests that commit."""
    engine = open_engine(clone(postgres, published_template))
    yield Riverbend(engine, THE_DAY_BEFORE)
    engine.dispose()


@pytest.fixture(scope="session")
def _shared_riverbend(postgres: EmbeddedPostgres, published_template: str) -> Iterator[Engine]:
    engine = open_engine(clone(postgres, published_template))
    yield engine
    engine.dispose()


@pytest.fixture
def agency(_shared_riverbend: Engine) -> Riverbend:
    """The published day in a database in which nobody commits: to be used with `day_tx` only."""
    return Riverbend(_shared_riverbend, THE_DAY_BEFORE)


@pytest.fixture
def day_tx(agency: Riverbend) -> Iterator[Tx]:
    """An open transaction on the published day that is rolled back after the test."""
    with rolled_back(agency.engine, agency.clock) as open_tx:
        yield open_tx
