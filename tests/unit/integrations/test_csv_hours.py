"""Local hours to instants: clock changes, recurrence, and the window of a visit."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from tests.unit.integrations.test_csv_bad_input import read, write

from suture.integrations.ehr.csv.adapter import CsvFolder
from suture.integrations.ehr.csv.fields import FieldError
from suture.integrations.ehr.csv.localtime import to_utc, whole_day
from suture.integrations.ehr.csv.recurrence import parse_recurrence
from suture.model.imports import AvailabilityRecord, VisitRecord
from suture.model.people import AvailabilityKind

NEW_YORK = "America/New_York"
MONDAY = date(2026, 3, 2)


def days(rule: str, first: date = MONDAY, span: int = 28, start: int = 8 * 60) -> list[str]:
    wanted = {MONDAY + timedelta(days=n) for n in range(span)}
    return [f"{d:%m-%d}" for d in parse_recurrence(rule, NEW_YORK, start).days(first, wanted)]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=WEEKLY;BYDAY=MO,WE", "03-02 03-04 03-09 03-11 03-16 03-18 03-23 03-25"),
        ("RRULE:FREQ=WEEKLY;BYDAY=SU", "03-08 03-15 03-22 03-29"),
        ("FREQ=WEEKLY", "03-02 03-09 03-16 03-23"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU", "03-02 03-08 03-16 03-22"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;WKST=SU", "03-02 03-15 03-16 03-29"),
        ("FREQ=WEEKLY;BYDAY=MO;UNTIL=20260316", "03-02 03-09 03-16"),
        ("FREQ=WEEKLY;BYDAY=MO;UNTIL=20260316T035959Z", "03-02 03-09"),
        ("FREQ=WEEKLY;BYDAY=MO,TU;COUNT=3", "03-02 03-03 03-09"),
        ("FREQ=DAILY;INTERVAL=10", "03-02 03-12 03-22"),
        ("FREQ=DAILY;BYDAY=SA", "03-07 03-14 03-21 03-28"),
    ],
)
def test_recurrence(rule: str, expected: str) -> None:
    assert days(rule) == expected.split()


@pytest.mark.parametrize(
    ("until", "start", "last"),
    [
        ("20260316T110000Z", 8 * 60, "03-09"),  # 07:00 local, before the shift begins
        ("20260316T120000Z", 8 * 60, "03-16"),  # 08:00 local, as it begins
        ("20260316T075959", 8 * 60, "03-09"),  # told in the zone of the row
        ("20260316T080000", 8 * 60, "03-16"),
        ("20260316", 23 * 60, "03-16"),  # a date means its whole day
        ("20260317T023000Z", 23 * 60, "03-09"),  # still the 16th here, half an hour before the shift
        ("20260303T044500Z", 24 * 60 - 30, "03-02"),  # winter time: 23:45 local
    ],
)
def test_until_is_an_instant_unless_it_is_a_date(until: str, start: int, last: str) -> None:
    assert days(f"FREQ=WEEKLY;BYDAY=MO;UNTIL={until}", start=start)[-1] == last


def test_counting_begins_at_the_first_day_however_long_ago_that_was() -> None:
    assert days("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", first=date(1999, 1, 4)) == ["03-09", "03-23"]
    assert days("FREQ=DAILY;COUNT=10", first=MONDAY - timedelta(days=8)) == ["03-02", "03-03"]


@pytest.mark.parametrize("rule", ["FREQ=WEEKLY;COUNT=0", "FREQ=WEEKLY;INTERVAL=x", "FREQ=WEEKLY;UNTIL=soon", "FREQ="])
def test_a_rule_that_means_nothing_is_refused(rule: str) -> None:
    with pytest.raises(FieldError):
        parse_recurrence(rule, NEW_YORK, 0)


def test_a_time_that_clocks_skip_is_refused_or_moved_by_as_much() -> None:
    spring = date(2026, 3, 8)
    with pytest.raises(FieldError) as refused:
        to_utc(spring, 150, NEW_YORK)
    assert refused.value.code == "dst_gap"
    assert to_utc(spring, 150, NEW_YORK, shift_gap=True) == datetime(2026, 3, 8, 7, 30, tzinfo=UTC)  # 03:30 local


def test_a_time_that_occurs_twice_is_the_first() -> None:
    assert to_utc(date(2026, 11, 1), 90, NEW_YORK) == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)  # still summer time


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-08", 23), ("2026-11-01", 25), ("2026-03-24", 24), ("2028-02-29", 24)]
)
def test_a_whole_day_is_as_long_as_it_is(day: str, hours: int) -> None:
    begins, ends = whole_day(date.fromisoformat(day), NEW_YORK)
    assert (ends - begins) == timedelta(hours=hours)


def test_where_clocks_change_at_midnight_the_day_begins_at_one() -> None:
    begins, _ = whole_day(date(2026, 4, 24), "Africa/Cairo")
    assert begins == datetime(2026, 4, 23, 22, tzinfo=UTC)


def test_2400_is_the_next_midnight_also_at_the_end_of_the_year() -> None:
    assert to_utc(date(2026, 12, 31), 1440, "UTC") == datetime(2027, 1, 1, tzinfo=UTC)


# --- availability ----------------------------------------------------------------------------------------------------


def spans(folder: Path, **cells: str) -> list[tuple[datetime, datetime]]:
    write(folder, "availability.csv", **cells)
    (record,) = read(folder, "availability.csv").records
    assert isinstance(record, AvailabilityRecord)
    return list(record.spans)


def test_a_weekly_shift_keeps_its_local_hours_across_the_clock_change(tmp_path: Path) -> None:
    hours = {f"{start:%m-%d %H}" for start, _ in spans(tmp_path)}
    assert {"03-16 11", "03-23 11"} <= hours  # 07:00 in summer …
    winter = spans(tmp_path, date="2026-02-02", updated_at="2026-02-20T12:00:00-05:00")
    assert f"{winter[0][0]:%m-%d %H}" == "02-16 12"  # … and in winter


def test_availability_is_expanded_around_the_dates_the_export_speaks_of(tmp_path: Path) -> None:
    write(tmp_path, "visits.csv", date="2026-05-12", updated_at="2026-05-01T12:00:00-04:00")
    starts = [f"{start:%m-%d}" for start, _ in spans(tmp_path, date="2019-01-07")]
    assert starts[0] == "03-16" and starts[-1] == "06-08"  # from the row's updated_at − 7 days to the visit + 28


def test_a_visit_far_away_in_time_costs_days_not_years(tmp_path: Path) -> None:
    write(tmp_path, "visits.csv", date="2028-05-12")
    assert len(spans(tmp_path, rrule="FREQ=DAILY")) == 2 * 36


def test_one_date_needs_no_rule_and_a_rule_needs_no_date(tmp_path: Path) -> None:
    assert spans(tmp_path, rrule="", start="00:00", end="24:00") == [
        (datetime(2026, 3, 2, 5, tzinfo=UTC), datetime(2026, 3, 3, 5, tzinfo=UTC))
    ]
    assert len(spans(tmp_path, date="")) == 6  # Mondays from 7 days before updated_at to 28 after


def test_a_recurring_row_survives_the_one_day_on_which_its_start_is_skipped(tmp_path: Path) -> None:
    found = spans(tmp_path, rrule="FREQ=DAILY", start="02:30", end="10:00", updated_at="2026-03-09T12:00:00-04:00")
    assert (datetime(2026, 3, 8, 7, 30, tzinfo=UTC), datetime(2026, 3, 8, 14, tzinfo=UTC)) in found


@pytest.mark.parametrize(("cells", "tier"), [({}, 1), ({"tier": ""}, 1), ({"tier": "3"}, 3)])
def test_who_is_on_call_is_called_first_unless_the_file_says_otherwise(
    tmp_path: Path, cells: dict[str, str], tier: int
) -> None:
    write(tmp_path, "availability.csv", kind="on_call", **cells)
    (record,) = read(tmp_path, "availability.csv").records
    assert isinstance(record, AvailabilityRecord)
    assert (record.kind, record.tier) == (AvailabilityKind.ON_CALL, tier)


@pytest.mark.parametrize("tier", ["second", "2"])
def test_time_off_with_a_tier_may_be_all_of_that_day(tmp_path: Path, tier: str) -> None:
    off = {"kind": "unavailable", "rrule": "", "date": "2026-03-24", "start": "08:00", "end": "10:00"}
    assert spans(tmp_path, **off, tier=tier) == [
        (datetime(2026, 3, 24, 4, tzinfo=UTC), datetime(2026, 3, 25, 4, tzinfo=UTC))
    ]


# --- visits ----------------------------------------------------------------------------------------------------------


def visit(folder: Path, **cells: str) -> VisitRecord:
    write(folder, "visits.csv", **cells)
    (record,) = read(folder, "visits.csv").records
    assert isinstance(record, VisitRecord)
    return record


@pytest.mark.parametrize(
    ("word", "status", "held", "reason"),
    [
        ("requested", "requested", False, None),
        ("booked", "scheduled", False, None),
        ("held", "requested", True, None),
        ("cancelled", "cancelled", False, None),
        ("noshow", "no_show", False, None),
        ("void", "cancelled", False, "entered_in_error"),
    ],
)
def test_status_words(tmp_path: Path, word: str, status: str, held: bool, reason: str | None) -> None:
    found = visit(tmp_path, status=word)
    assert (found.status, found.held, found.cancel_reason) == (status, held, reason)


@pytest.mark.parametrize(("word", "status"), [("done", "completed"), ("in_progress", "in_progress")])
def test_status_words_of_visits_that_began(tmp_path: Path, word: str, status: str) -> None:
    found = visit(tmp_path, status=word, staff="E-1")
    assert (found.status, found.done_by) == (status, "E-1")


@pytest.mark.parametrize(
    ("start", "end", "window"),
    [
        ("", "", "04:00 04:00"),
        ("09:00", "", "13:00 04:00"),
        ("", "12:00", "04:00 16:00"),
        ("09:00", "24:00", "13:00 04:00"),
    ],
)
def test_an_open_window_ends_with_the_agency_day(tmp_path: Path, start: str, end: str, window: str) -> None:
    found = visit(tmp_path, window_start=start, window_end=end)
    assert f"{found.earliest_start:%H:%M} {found.latest_end:%H:%M}" == window


def test_the_zone_is_the_rows_own_or_its_sites_or_the_branchs(tmp_path: Path) -> None:
    assert visit(tmp_path).earliest_start.hour == 13
    assert visit(tmp_path, timezone="America/Chicago").earliest_start.hour == 14
    write(tmp_path, "sites.csv", timezone="America/Denver")
    assert visit(tmp_path, site_code="NORTH").earliest_start.hour == 15


def test_without_any_zone_a_time_means_nothing(tmp_path: Path) -> None:
    write(tmp_path, "visits.csv")
    (batch,) = CsvFolder().read(tmp_path)
    assert [str(p) for p in batch.problems] == [
        "visits.csv:2: timezone: is empty; write it as America/New_York, or add branch.csv"
    ]
