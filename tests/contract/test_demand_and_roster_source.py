"""What every source of demand and roster promises, whatever the export is made of."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from tests.fakes.ports import FakeSource

from suture.integrations.ehr.csv.adapter import CsvFolder
from suture.model.imports import (
    AvailabilityRecord,
    BranchRecord,
    ConsentRecord,
    CredentialRecord,
    ImportBatch,
    OrderRecord,
    PatientRecord,
    ServiceRecord,
    SiteRecord,
    StaffRecord,
    VisitRecord,
)
from suture.ports import DemandAndRosterSource, PermanentAdapterError

WHOLE = Path(__file__).parents[2] / "src/suture/integrations/ehr/csv/testdata/whole"
PRIVATE = ("Quentin", "Bluestem", "+16145550111", "@example.org")
SAVED_IN_THIS_ORDER = [
    BranchRecord,
    SiteRecord,
    ServiceRecord,
    PatientRecord,
    StaffRecord,
    CredentialRecord,
    AvailabilityRecord,
    OrderRecord,
    ConsentRecord,
    VisitRecord,
]


@dataclass
class Setup:
    """A source, a whole export for it, and what that says of people and nobody may print."""

    source: DemandAndRosterSource
    export: Path
    private: tuple[str, ...] = ()

    def read(self) -> list[ImportBatch]:
        return list(self.source.read(self.export))


@pytest.fixture(params=["csv", "fake"])
def setup(request: pytest.FixtureRequest) -> Setup:
    if request.param == "csv":
        return Setup(CsvFolder(), WHOLE, PRIVATE)
    return Setup(FakeSource(CsvFolder().read(WHOLE)), WHOLE, PRIVATE)


def test_a_whole_export_is_read_without_a_problem(setup: Setup) -> None:
    assert [p for batch in setup.read() for p in batch.problems] == []
    assert not any(batch.refused for batch in setup.read())


def test_whoever_is_referred_to_comes_first(setup: Setup) -> None:
    kinds = [type(batch.records[0]) for batch in setup.read()]
    assert kinds == [kind for kind in SAVED_IN_THIS_ORDER if kind in kinds]


def test_the_folder_of_csv_files_holds_every_kind_of_record() -> None:
    assert [type(batch.records[0]) for batch in CsvFolder().read(WHOLE)] == SAVED_IN_THIS_ORDER


def test_a_file_holds_one_kind_of_record_each_with_its_line(setup: Setup) -> None:
    for batch in setup.read():
        assert len({type(r) for r in batch.records}) == 1
        lines = [r.line for r in batch.records]
        assert lines == sorted(set(lines)) and lines[0] >= 1


def test_the_same_export_reads_the_same(setup: Setup) -> None:
    assert setup.read() == setup.read()
    assert all(len(batch.sha256) == 64 for batch in setup.read())


def test_all_instants_are_aware_utc(setup: Setup) -> None:
    visits = [r for batch in setup.read() for r in batch.records if isinstance(r, VisitRecord)]
    spans = [s for b in setup.read() for r in b.records if isinstance(r, AvailabilityRecord) for s in r.spans]
    instants = [i for v in visits for i in (v.earliest_start, v.latest_end, v.updated_at)] + [
        i for s in spans for i in s
    ]
    assert {i.utcoffset() for i in instants} <= {timedelta(0)}
    assert all(start < end for start, end in spans)


def test_what_is_no_export_is_a_permanent_error(setup: Setup) -> None:
    with pytest.raises(PermanentAdapterError, match="not an export"):
        setup.source.read(setup.export / "nowhere")


def test_no_name_number_or_address_shows_where_records_are_printed(setup: Setup) -> None:
    printed = repr(setup.read())
    assert [word for word in setup.private if word in printed] == []
