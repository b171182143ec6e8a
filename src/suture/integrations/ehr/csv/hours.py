"""Rows that say when: availability and visits."""

from contextlib import suppress
from datetime import date, datetime, timedelta

from suture.integrations.ehr.csv.fields import FieldError
from suture.integrations.ehr.csv.localtime import to_utc, whole_day
from suture.integrations.ehr.csv.recurrence import parse_recurrence
from suture.integrations.ehr.csv.surroundings import NO_ZONE, Fault, Surroundings, needed_zone
from suture.integrations.ehr.csv.tables import Row
from suture.model.imports import AvailabilityRecord, VisitRecord
from suture.model.people import FIRST_TIER, AvailabilityKind
from suture.model.visit import VisitStatus
from suture.words.reason import reason

ENTERED_IN_ERROR = "entered_in_error"
STATUS_OF_WORD = {
    "requested": VisitStatus.REQUESTED,
    "booked": VisitStatus.SCHEDULED,
    "held": VisitStatus.REQUESTED,
    "in_progress": VisitStatus.IN_PROGRESS,
    "done": VisitStatus.COMPLETED,
    "cancelled": VisitStatus.CANCELLED,
    "noshow": VisitStatus.NO_SHOW,
    "void": VisitStatus.CANCELLED,
}
_WHEN = ("kind", "rrule", "date", "start", "end", "timezone", "tier")
_WINDOW = ("window_start", "window_end")
_TIMED_WORDS = ("booked", "in_progress", "done")


def availability(row: Row, around: Surroundings) -> AvailabilityRecord:
    """Working hours, on-call hours or time off, expanded for the days that are wanted. Raises Fault."""
    v = row.values
    if row.unreadable.keys() & {*_WHEN}:
        return _in_doubt(row, around)
    zone = around.zone(row)
    if not zone:
        raise Fault("timezone", NO_ZONE)
    if v["tier"] is not None and v["kind"] is not AvailabilityKind.ON_CALL:
        what = reason("file.tier_of_other_hours", kind=v["kind"])
        raise Fault("tier", FieldError("conflict", what, reason("file.hint.tier_of_on_call")))
    start, end = v["start"], v["end"]
    if end <= start:
        what = reason("file.not_after_start", end=_clock(end), start=_clock(start))
        raise Fault("end", FieldError("order", what, reason("file.hint.end_of_shift")))
    recurring = v["rrule"] is not None
    spans: list[tuple[datetime, datetime]] = []
    for day in _days_of(row, around, zone):
        try:
            begins, ends = (to_utc(day, minutes, zone, shift_gap=recurring) for minutes in (start, end))
        except FieldError as error:
            raise Fault("start", error) from None
        if begins < ends:
            spans.append((begins, ends))
    return AvailabilityRecord(
        line=row.line,
        raw=row.raw,
        staff=v["employee_id"],
        kind=v["kind"],
        spans=tuple(spans),
        reason=v["reason"],
        tier=v["tier"] or FIRST_TIER,
    )


def _in_doubt(row: Row, around: Surroundings) -> AvailabilityRecord:
    """A row that cannot be used as it is: with the whole days on which it may be time off, as far as they are known."""
    v, zone = row.values, around.zone(row)
    days: list[date] = []
    if v["kind"] is AvailabilityKind.UNAVAILABLE and zone and "rrule" not in row.unreadable:
        with suppress(Fault):
            days = _days_of(row, around, zone)
    spans = tuple(whole_day(day, zone) for day in days)
    return AvailabilityRecord(
        line=row.line, raw=row.raw, staff=v["employee_id"], kind=AvailabilityKind.UNAVAILABLE, spans=spans, reason=""
    )


def _days_of(row: Row, around: Surroundings, zone: str) -> list[date]:
    rule, first = row.values["rrule"], row.values["date"]
    if rule is None:
        if first is None:
            what = reason("file.no_date_and_no_rrule")
            raise Fault("date", FieldError("missing", what, reason("file.hint.date_of")))
        return [first]
    try:
        recurrence = parse_recurrence(rule, zone, row.values["start"] or 0)
    except FieldError as error:
        raise Fault("rrule", error) from None
    if first is None:
        if recurrence.needs_first_day:
            raise Fault("date", FieldError("missing", reason("file.empty_cell"), reason("file.hint.first_day")))
        first = min(around.days, default=date.min)
    return recurrence.days(first, around.days)


def visit(row: Row, around: Surroundings) -> VisitRecord:
    """Dated demand. Raises Fault where its day cannot be meant."""
    v = row.values
    word: str | None = v["status"]
    _check_plausible(v["date"], v["updated_at"])
    _check_status(row)
    if both := set(v["preferred_staff"]) & set(v["barred_staff"]):
        what = reason("file.preferred_and_barred", who=min(both))
        error = FieldError("conflict", what, reason("file.hint.keep_in_one_list"))
        row.leave_out("barred_staff", error, "preferred_staff")
    earliest, latest_end = _window(row, around)
    return VisitRecord(
        line=row.line,
        raw=row.raw,
        external_id=v["external_id"],
        patient=v["patient_external_id"],
        service=v["service_code"],
        site=v["site_code"],
        status=STATUS_OF_WORD[word] if word else VisitStatus.REQUESTED,
        held=word == "held",
        cancel_reason=ENTERED_IN_ERROR if word == "void" else None,
        service_date=v["date"],
        earliest_start=earliest,
        latest_end=latest_end,
        duration_minutes=v["duration_min"],
        positions=v["positions"],
        required_skills=v["required_skills"],
        preferred_staff=v["preferred_staff"],
        barred_staff=v["barred_staff"],
        priority=v["priority"],
        done_by=v["staff"],
        updated_at=v["updated_at"] or earliest,
    )


def _check_plausible(day: date, updated_at: datetime | None) -> None:
    if updated_at is None:
        return
    if not timedelta(days=-5 * 366) <= day - updated_at.date() <= timedelta(days=3 * 366):
        what = reason("file.years_from_update", date=str(day), updated=str(updated_at.date()))
        raise Fault("date", FieldError("implausible", what, reason("file.hint.check_year")))


def _check_status(row: Row) -> None:
    """A visit that took place says when and by whom; one that did not, by no one."""
    v, word = row.values, row.values["status"]
    if word is None:
        return
    if word in _TIMED_WORDS and v["window_start"] is None and "window_start" not in row.unreadable:
        what = reason("file.empty_but", status=word)
        row.leave_out("window_start", FieldError("missing", what, reason("file.hint.when_it_begins")))
    if "staff" in row.unreadable:
        return
    if word == "done" and v["staff"] is None:
        what = reason("file.empty_but", status=word)
        row.leave_out("staff", FieldError("missing", what, reason("file.hint.who_did_it")))
    if word not in ("done", "in_progress") and v["staff"] is not None:
        what = reason("file.staff_of_a_visit_to_come", status=word)
        row.leave_out("staff", FieldError("conflict", what, reason("file.hint.leave_empty_or_prefer")))
        v["staff"] = None


def _window(row: Row, around: Surroundings) -> tuple[datetime, datetime]:
    """From when and until when; the whole day where the row does not say, or not so that it can be read."""
    zone = needed_zone(row, around)
    day = whole_day(row.values["date"], zone or "UTC")
    if row.unreadable.keys() & {*_WINDOW}:
        row.lose(*_WINDOW)
        return day
    try:
        return _checked_window(row, zone or "UTC", day)
    except Fault as fault:
        row.leave_out(fault.column, fault.error, *_WINDOW)
        return day


def _checked_window(row: Row, zone: str, day: tuple[datetime, datetime]) -> tuple[datetime, datetime]:
    v = row.values
    start, end = v["window_start"], v["window_end"]
    if start is not None and end is not None and end <= start:
        what = reason("file.not_after_window_start", end=_clock(end), start=_clock(start))
        raise Fault("window_end", FieldError("order", what, reason("file.hint.end_of_window")))
    opens, closes = day
    for column, minutes in (("window_start", start), ("window_end", end)):
        if minutes is None:
            continue
        try:
            instant = to_utc(v["date"], minutes, zone)
        except FieldError as error:
            raise Fault(column, error) from None
        if column == "window_start":
            opens = instant
        else:
            closes = instant
    room = int((closes - opens).total_seconds() // 60)
    if room <= 0 or (v["duration_min"] or 0) > room:
        what = reason("file.short_window", minutes=room)
        raise Fault("window_end", FieldError("window", what, reason("file.hint.end_of_visit")))
    return opens, closes


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
