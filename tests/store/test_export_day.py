"""`suture day export`: the day as a planner file, with nothing about anyone but ids and times."""

import json

import pytest
from sqlalchemy import Engine
from tests.conftest import THE_DAY_BEFORE
from tests.store.a_riverbend import BRANCH, THE_DAY, Riverbend

from suture.planner.budget import Iterations
from suture.planner.first_pass import first_pass
from suture.planner.formats import suture_json
from suture.planner.rebalance import cover_first
from suture.planner.reference import breaches
from suture.service.errors import UnknownBranch
from suture.service.export_day import export_day


@pytest.fixture
def loaded(database: Engine) -> Riverbend:
    """The agency with its files, nothing planned."""
    agency = Riverbend(database, THE_DAY_BEFORE)
    agency.import_files()
    return agency


def test_the_file_can_be_planned_as_the_day_can(loaded: Riverbend) -> None:
    document = suture_json.read(json.dumps(export_day(loaded.caller, BRANCH, THE_DAY)).encode())
    plan = first_pass(cover_first(document.problem), budget=Iterations(300), seed=1)
    assert (len(document.visits), breaches(document.problem, plan), plan.uncovered) == (34, [], ())


def test_the_published_plan_is_in_it(riverbend: Riverbend) -> None:
    told = export_day(riverbend.caller, BRANCH, THE_DAY)["published_plan"]
    assert sum(len(route["stops"]) for route in told["routes"]) == 34


def test_nothing_in_it_says_who_anybody_is_or_where(riverbend: Riverbend) -> None:
    text = json.dumps(export_day(riverbend.caller, BRANCH, THE_DAY))
    people = riverbend.rows("SELECT family, given FROM party WHERE kind IN ('patient', 'clinician')")
    streets = riverbend.rows("SELECT line1 FROM place WHERE line1 <> ''")
    assert people
    assert not [p for p in people if p["family"] in text or p["given"] in text]
    assert not [s for s in streets if s["line1"] in text]
    assert '"lat"' not in text


def test_a_branch_that_is_not_there_is_named(loaded: Riverbend) -> None:
    with pytest.raises(UnknownBranch, match="NOWHERE"):
        export_day(loaded.caller, "NOWHERE", THE_DAY)
