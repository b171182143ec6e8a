"""The picture of a day: where a bar lies, which state it shows, what is drawn between and on top."""

import re
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from tests.builders import SERVICE_DATE, a_branch, at

from suture.model.cases import Band, CaseKind
from suture.model.day import ConfirmationState
from suture.model.ids import PartyId, VisitId
from suture.model.plan import ToldWindow
from suture.model.visit import CLOSED_STATUSES, VisitKind, VisitStatus
from suture.store.views import CaseView, ClinicianView, DayView, HeadView, SeatView, SpanView, StopView, WaitingView
from suture.web.desk.timeline import Away, Row, State, Timeline, lay_out, minutes_css, state_of
from suture.words.reason import reason

NORA, JUDITH = PartyId(1), PartyId(2)


def a_seat(start: str = "09:00", end: str = "09:20", **changes: Any) -> SeatView:
    fields = {"told_open": at(start), "told_close": at(end), "clinician_id": NORA, "order": 1, "pinned": False}
    return SeatView(**{"starts_at": at(start), "ends_at": at(end), **fields, **changes})


def a_stop(number: int = 1, seat: SeatView | None = None, **changes: Any) -> StopView:
    fields: dict[str, Any] = {
        "visit_id": VisitId(number),
        "external_id": f"V-{number}",
        "position": 1,
        "kind": VisitKind.HOME_VISIT,
        "discipline": "SN",
        "who": "Ivy W.",
        "status": VisitStatus.SCHEDULED if seat else VisitStatus.REQUESTED,
        "held": False,
        "earliest_start": at("08:00"),
        "latest_start": at("11:00"),
        "latest_end": at("12:00"),
        "duration_minutes": 20,
        "documentation_minutes": 5,
        "started_at": None,
        "ended_at": None,
        "expected_end": None,
        "seat": seat,
        "patient_answer": None,
        "staff_answer": None,
    }
    return StopView(**{**fields, **changes})


def a_nurse(party: PartyId = NORA, name: str = "Nora Kingfisher", **changes: Any) -> ClinicianView:
    hours = (SpanView(at("07:00"), at("13:00")),)
    return ClinicianView(
        **{
            "id": party,
            "external_id": f"E-{party}",
            "name": name,
            "role": "RN",
            "hours": hours,
            "absences": (),
            **changes,
        }
    )


def a_day(*stops: StopView, **changes: Any) -> DayView:
    fields: dict[str, Any] = {
        "branch": a_branch(),
        "service_date": SERVICE_DATE,
        "head": HeadView(1, "published", reason("plan.published"), "crowfly", at("07:00")),
        "clinicians": (a_nurse(), a_nurse(JUDITH, "Judith Sycamore")),
        "stops": stops,
        "cases": (),
        "moments": (),
        "waiting": WaitingView(0, 0, None),
    }
    return DayView(**{**fields, **changes})


def drawn(*stops: StopView, now: datetime | None = None, **changes: Any) -> Timeline:
    return lay_out(a_day(*stops, **changes), now or at("07:40"))


def row(timeline: Timeline, name: str = "Nora Kingfisher") -> Row:
    return next(r for r in timeline.rows if r.name == name)


def test_a_bar_lies_where_it_belongs_and_includes_documentation() -> None:
    (bar,) = row(drawn(a_stop(seat=a_seat("09:10", "09:30")))).bars
    assert (bar.place.css, bar.starts, bar.label) == ("h2 m10 wh0 wm25", "09:10", "Ivy W.")


def test_ways_are_drawn_between_stops() -> None:
    stops = (a_stop(1, a_seat("09:00", "09:20")), a_stop(2, a_seat("09:40", "10:00", order=2)))
    (drive,) = row(drawn(*stops)).drives
    assert drive.css == "h2 m25 wh0 wm15"
    assert not row(drawn(a_stop(1, a_seat("09:00", "09:20")), a_stop(2, a_seat("09:25", "09:45", order=2)))).drives


def test_hours_that_are_not_worked_are_shaded_and_absences_drawn() -> None:
    gone = (SpanView(at("07:40"), at("00:00", days=1)),)
    away = a_nurse(absences=gone, called_out=gone)
    nora = row(drawn(clinicians=(away,)))
    assert [p.css for p in nora.off] == ["h6 m0 wh4 wm0"]
    assert [p.css for p in nora.absent] == ["h0 m40 wh9 wm20"] and nora.away is Away.CALLED_OUT


def test_leave_by_the_roster_is_away_and_no_call_out() -> None:
    hour = row(drawn(clinicians=(a_nurse(absences=(SpanView(at("12:00"), at("13:00")),)),)))
    assert (hour.away, hour.away_when, hour.absent) == (Away.AWAY, "12:00–13:00", ())
    assert [p.css for p in hour.leave] == ["h5 m0 wh1 wm0"]
    day = row(drawn(clinicians=(a_nurse(absences=(SpanView(at("00:00"), at("00:00", days=1)),)),)))
    assert day.away_when == "all day"


def test_what_says_away_differs_from_every_state() -> None:
    assert len({x.icon for x in (*State, *Away)}) == len({x.word for x in (*State, *Away)}) == len(State) + len(Away)


def test_two_visits_begun_at_once_are_both_to_be_seen() -> None:
    both = [
        a_stop(1, a_seat("09:00", "09:40")),
        a_stop(2, a_seat("09:10", "09:40")),
        a_stop(3, a_seat("10:00", "10:20")),
    ]
    nora = row(drawn(*both))
    assert [[b.starts for b in lane] for lane in nora.lanes] == [["09:00", "10:00"], ["09:10"]]
    assert nora.visits == 3


def test_the_scale_grows_for_early_and_late_visits() -> None:
    assert drawn().hours == tuple(range(7, 18))
    long = drawn(a_stop(1, a_seat("05:30", "06:00")), a_stop(2, a_seat("18:30", "19:10")))
    assert (long.hours[0], long.hours[-1]) == (5, 20)


def test_now_is_drawn_only_on_the_day_and_the_scale() -> None:
    assert drawn(now=at("09:15")).now and drawn(now=at("09:15")).now.css == "h2 m15"  # type: ignore[union-attr]
    assert drawn(now=at("06:00")).now is None
    assert drawn(now=at("09:15", days=-1)).now is None


def test_what_no_one_covers_lies_in_lanes_without_overlap() -> None:
    stops = [a_stop(n, earliest_start=at(start)) for n, start in enumerate(("08:00", "08:10", "08:25"), 1)]
    timeline = drawn(*stops)
    assert [[b.starts for b in lane] for lane in timeline.holding] == [["08:00", "08:25"], ["08:10"]]
    assert all(b.state is State.EXCEPTION for lane in timeline.holding for b in lane)


@pytest.mark.parametrize("status", sorted(CLOSED_STATUSES))
def test_what_is_closed_or_held_wants_no_one(status: VisitStatus) -> None:
    assert not drawn(a_stop(1, status=status), a_stop(2, held=True)).holding


@pytest.mark.parametrize(
    ("status", "now", "state"),
    [
        (VisitStatus.SCHEDULED, "08:00", State.UNCONFIRMED),
        (VisitStatus.CONFIRMED, "08:00", State.CONFIRMED),
        (VisitStatus.CONFIRMED, "09:59", State.CONFIRMED),
        (VisitStatus.CONFIRMED, "10:01", State.LATE),
        (VisitStatus.EN_ROUTE, "09:00", State.EN_ROUTE),
        (VisitStatus.EN_ROUTE, "10:01", State.LATE),
        (VisitStatus.IN_PROGRESS, "10:01", State.IN_PROGRESS),
        (VisitStatus.COMPLETED, "10:01", State.DONE),
        (VisitStatus.NO_SHOW, "10:01", State.MISSED),
        (VisitStatus.CANCELLED, "10:01", State.CANCELLED),
    ],
)
def test_the_state_of_a_visit_told_nine_to_ten(status: VisitStatus, now: str, state: State) -> None:
    stop = a_stop(seat=a_seat("09:15", "09:35", told_open=at("09:00"), told_close=at("10:00")), status=status)
    assert state_of(stop, at(now)) is state


def test_an_exact_time_leaves_a_quarter_of_an_hour() -> None:
    stop = a_stop(seat=a_seat("09:00", "09:20", told_close=at("09:00")))
    assert state_of(stop, at("09:15")) is State.UNCONFIRMED
    assert state_of(stop, at("09:16")) is State.LATE


def test_states_differ_in_word_icon_and_class() -> None:
    for part in ("word", "icon", "css"):
        assert len({getattr(state, part) for state in State}) == len(State)


def test_a_bar_says_everything_it_shows() -> None:
    seat = a_seat("09:00", "09:20", told_close=at("10:00"))
    no, yes = ConfirmationState.DECLINED, ConfirmationState.ACCEPTED
    told = ToldWindow(at("09:00"), at("10:00"))
    answered = a_stop(seat=seat, patient_answer=no, staff_answer=yes, patient_told=told)
    about_it = CaseView(1, CaseKind.PATIENT_DECLINED, Band.MEDIUM, (), None, at("07:00"), "Ivy W.", "V-1", None, None)
    (bar,) = row(drawn(answered, cases=(about_it,))).bars
    assert bar.flagged and bar.sentence == (
        "09:00 Ivy W.: not confirmed yet, told 09:00–10:00, patient said no, clinician said yes, has an open exception"
    )
    (lane,) = drawn(replace(answered, seat=None)).holding
    assert "may start 08:00–11:00" in lane[0].sentence


def test_a_new_time_waits_to_be_told_beside_the_one_that_was_told_and_answered() -> None:
    seat = a_seat("11:10", "11:30", told_open=at("11:00"), told_close=at("12:00"))
    told = ToldWindow(at("09:00"), at("10:00"))
    (bar,) = row(drawn(a_stop(seat=seat, patient_told=told, patient_answer=ConfirmationState.ACCEPTED))).bars
    assert bar.sentence == (
        "11:10 Ivy W.: not confirmed yet, told 09:00–10:00, 11:00–12:00 not told yet, patient said yes to the time told"
    )
    told = ToldWindow(at("11:00", days=-1), at("12:00", days=-1))
    (bar,) = row(drawn(a_stop(seat=seat, patient_told=told))).bars
    assert bar.sentence.endswith("told Mon, Mar 23, 11:00–12:00, 11:00–12:00 not told yet"), "another day is named"
    (bar,) = row(drawn(a_stop(seat=seat))).bars
    assert bar.sentence.endswith("not confirmed yet, 11:00–12:00 not told yet")
    (bar,) = row(drawn(a_stop(seat=seat, who="", kind=VisitKind.OPEN_SHIFT))).bars
    assert "told" not in bar.sentence


def test_only_whoever_works_that_day_has_a_row() -> None:
    off = a_nurse(JUDITH, "Judith Sycamore", hours=())
    assert [r.name for r in drawn(clinicians=(a_nurse(), off)).rows] == ["Nora Kingfisher"]
    busy = a_stop(seat=a_seat(clinician_id=JUDITH))
    assert len(drawn(busy, clinicians=(a_nurse(), off)).rows) == 2


def test_the_sheet_knows_every_hour_and_minute() -> None:
    sheet = minutes_css()
    assert set(re.findall(r"\.wh(\d+)\{", sheet)) == {str(n) for n in range(25)}
    assert set(re.findall(r"\.m(\d+)\{", sheet)) == {str(n) for n in range(60)}
    assert len(sheet) < 4000


def test_who_is_on_call_has_a_row_that_says_so_and_no_working_hours() -> None:
    evening = (SpanView(at("18:00"), at("22:00")),)
    nurses = (a_nurse(on_call=evening), a_nurse(JUDITH, "Judith Sycamore", hours=(), on_call=evening))
    first, second = lay_out(a_day(clinicians=nurses), at("07:00")).rows
    assert (first.hours, second.hours) == ("07:00–13:00, on call 18:00–22:00", "on call 18:00–22:00")
    assert [place.minutes for place in second.off] == [10 * 60], "all of what is drawn"
