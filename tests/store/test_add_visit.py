"""A visit that intake adds and that cannot be: of what may be wrong with it, the refusal says what is."""

from pathlib import Path

import pytest
from sqlalchemy import Engine
from tests.store.a_lakeside import Lakeside, at

from suture.service.errors import BadSignal


@pytest.fixture
def lake(database: Engine, tmp_path: Path) -> Lakeside:
    return Lakeside(database, tmp_path / "lake").published()


def refused(lake: Lakeside, *, service: str = "SNV", until: str = "10:00", **more: str) -> str:
    times = {"earliest_start": at("09:40").isoformat(), "latest_end": at(until).isoformat()}
    with pytest.raises(BadSignal) as caught:
        lake.signal("new_visit", visit={"external_id": "V9", "service": service, **times, **more})
    return str(caught.value)


def test_what_is_wrong_is_said_and_nothing_else(lake: Lakeside) -> None:
    longer = refused(lake, patient="P1")
    assert longer == "visit.latest_end: the window is shorter than the visit: service 'SNV' takes 30 minutes"
    assert refused(lake, service="SNX", patient="P1", until="12:00") == "visit.service: there is no service 'SNX'"
    lake.rows("UPDATE service SET kind = 'open_shift' WHERE code = 'PTV' RETURNING 1")
    shift = refused(lake, service="PTV", patient="P1", until="12:00")
    assert shift == "visit.patient: service 'PTV' is an open shift at a site; leave patient out"
    lake.rows("UPDATE place SET owner_key = 'site:S1' WHERE id = (SELECT min(id) FROM place) RETURNING 1")
    home = refused(lake, site="S1", until="12:00")
    assert refused(lake, patient="P1", site="S9", until="12:00") == "visit.site: there is no site 'S9'"
    assert home == "visit.patient: service 'SNV' is a visit to a patient; name the patient"
