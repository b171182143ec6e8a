"""The day on paper, word by word: what a clinician reads at the door, and what a page must never do."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from tests.builders import SERVICE_DATE, TZ, a_branch, at
from tests.unit.web.test_timeline import JUDITH, a_nurse, a_seat, a_stop

from suture.model.cases import Band, CaseKind
from suture.model.day import ConfirmationState
from suture.model.instants import wall_clock
from suture.model.plan import ToldWindow
from suture.model.visit import Priority, VisitKind, VisitStatus
from suture.store.sheet_view import DaySheet, SheetClinician, SheetStop
from suture.store.views import CaseView, ClinicianView, HeadView, SpanView, StopView, TextView
from suture.web.desk.sheet import sheet_page
from suture.words.reason import as_written, reason

DAY = timedelta(days=1)
TOLD = ToldWindow(at("09:00"), at("10:00"))
HOSTILE = "<script>alert(1)</script> \"'&"
RIGHT_TO_LEFT = "\u202eשרה"


def a_sheet_stop(stop: StopView, **changes: Any) -> SheetStop:
    fields: dict[str, Any] = {
        "patient": "Ivy Wren",
        "site": "",
        "address": ("12 Elm Street", "Columbus, OH 43201"),
        "point": (39.99, -83.01),
        "phone": "+16145550111",
        "visit_type": "wound_care",
        "priority": Priority.ROUTINE,
    }
    return SheetStop(**{"stop": stop, **fields, **changes})


def a_sheet(*stops: SheetStop, **changes: Any) -> DaySheet:
    nurses = (a_nurse(), a_nurse(JUDITH, "Judith Sycamore"))
    fields: dict[str, Any] = {
        "branch": a_branch(),
        "service_date": SERVICE_DATE,
        "head": HeadView(3, "published", reason("plan.published"), "crowfly", at("15:00") - DAY),
        "read_at": at("18:05") - DAY,
        "clinicians": tuple(SheetClinician(n, f"+1614555010{n.id}") for n in nurses),
        "cases": (),
    }
    return DaySheet(**{"stops": stops, **fields, **changes})


def told_stop(**changes: Any) -> StopView:
    seat = a_seat("09:10", "09:30", told_open=TOLD.open, told_close=TOLD.close)
    fields = {"seat": seat, "patient_told": TOLD, "patient_answer": ConfirmationState.NEEDS_ACTION}
    return a_stop(**{**fields, **changes})


def words(html: str) -> str:
    """What a reader sees, on one line."""
    body = re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split()).replace(" ,", ",").replace(" :", ":")


def pages(sheet: DaySheet) -> dict[str, str]:
    """The words of the office's page under "", and of each clinician's under the name."""
    first, *rest = sheet_page(sheet).split('<section class="sheet" aria-label="')
    return {"": words(first), **{unescape(p.partition('"')[0]): words(p.partition(">")[2]) for p in rest}}


def nora(*stops: SheetStop, **changes: Any) -> str:
    return pages(a_sheet(*stops, **changes))["Nora Kingfisher"]


# --- a clinician's page --------------------------------------------------------------------------------


def test_a_page_says_whose_it_is_and_which_plan_it_shows() -> None:
    page = nora(a_sheet_stop(told_stop()))
    assert page.startswith("Riverbend · Columbus Nora Kingfisher RN Tuesday, March 24, 2026 ")
    assert "Plan: version 3, made Mon, Mar 23, 3:00 pm Printed Mon, Mar 23, 6:05 pm Office: 614-555-0100" in page
    assert "1 stop · works 7:00 am–1:00 pm" in page


def test_a_stop_says_when_who_where_and_what() -> None:
    page = nora(a_sheet_stop(told_stop(), pets=("dog",), tags=("lift",), priority=Priority.STAT))
    assert "9:10 am to 9:30 am V-1 Ivy Wren STAT 12 Elm Street Columbus, OH 43201 614-555-0111" in page
    assert "SN · Wound care, 20 min Told 9:00–10:00 am, not confirmed Animals: dog Marked: lift In Out Done" in page


def test_stops_stand_in_order_of_time() -> None:
    stops = [a_stop(n, a_seat(f"{hour:02}:00", f"{hour:02}:20")) for n, hour in ((1, 8), (3, 9), (2, 11))]
    page = nora(*map(a_sheet_stop, stops))
    assert re.findall(r"V-\d", page) == ["V-1", "V-3", "V-2"]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (ConfirmationState.ACCEPTED, "confirmed"),
        (ConfirmationState.DECLINED, "said no"),
        (ConfirmationState.NEEDS_ACTION, "not confirmed"),
        (None, "not asked to confirm"),
    ],
)
def test_a_page_says_whether_the_patient_has_confirmed(answer: ConfirmationState | None, said: str) -> None:
    page = nora(a_sheet_stop(told_stop(patient_answer=answer)))
    assert f"Told 9:00–10:00 am, {said} In" in page
    assert "Not told yet" not in page


def test_a_patient_who_knows_another_time_or_none_is_marked() -> None:
    later = a_seat("10:40", "11:00", told_open=at("10:30"), told_close=at("11:30"))
    knows_another = told_stop(seat=later, patient_answer=ConfirmationState.ACCEPTED)
    assert "Told 9:00–10:00 am, confirmed that time only Not told yet: 10:30–11:30 am" in nora(
        a_sheet_stop(knows_another)
    )
    knows_none = nora(a_sheet_stop(told_stop(patient_told=None, patient_answer=None)))
    assert "20 min Not told yet: 9:00–10:00 am In" in knows_none


def test_a_place_without_a_street_is_a_point_of_the_map() -> None:
    assert "Columbus, OH Map: 39.99000, -83.01000" in nora(a_sheet_stop(told_stop(), address=("Columbus, OH",)))
    assert "Wren Map: 39.99000, -83.01000" in nora(a_sheet_stop(told_stop(), address=()))
    at_clinic = nora(a_sheet_stop(told_stop(), site="Clinic North", address=("Columbus, OH",)))
    assert "Clinic North Columbus, OH 614" in at_clinic and "Map" not in at_clinic


def test_a_missing_phone_is_said_of_a_patient_only() -> None:
    assert "No phone number on file" in nora(a_sheet_stop(told_stop(), phone=""))
    shift = a_stop(kind=VisitKind.OPEN_SHIFT, who="", seat=a_seat())
    page = nora(a_sheet_stop(shift, patient="", phone="", site="Clinic North"))
    assert "Open shift Clinic North" in page
    assert "No phone" not in page and "told" not in page.lower()


def test_two_who_go_together_stand_on_each_others_page() -> None:
    both = [told_stop(position=1), told_stop(position=2, seat=a_seat("09:10", "09:30", clinician_id=JUDITH))]
    printed = pages(a_sheet(*map(a_sheet_stop, both)))
    assert "V-1 Ivy" in printed["Nora Kingfisher"]
    assert "Second clinician: Judith Sycamore, 614-555-0102" in printed["Nora Kingfisher"]
    assert "V-1/2 Ivy" in printed["Judith Sycamore"]
    assert "Second clinician: Nora Kingfisher, 614-555-0101" in printed["Judith Sycamore"]
    half = pages(a_sheet(a_sheet_stop(both[0]), a_sheet_stop(a_stop(position=2))))
    assert "Second clinician: no clinician yet" in half["Nora Kingfisher"]
    assert "V-1/2" in half[""] and "Second clinician: Nora Kingfisher" in half[""]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"status": VisitStatus.COMPLETED}, "Done SN"),
        ({"status": VisitStatus.IN_PROGRESS}, "In progress SN"),
        ({"status": VisitStatus.CANCELLED}, "Cancelled SN"),
        ({"held": True}, "On hold SN"),
        ({"status": VisitStatus.CONFIRMED}, "614-555-0111 SN"),
    ],
)
def test_what_has_happened_already_is_said(changes: dict[str, Any], said: str) -> None:
    assert said in nora(a_sheet_stop(told_stop(**changes)))


def test_a_long_route_repeats_its_heading_on_every_page_and_cuts_no_stop() -> None:
    stops = [a_stop(n, a_seat(f"{7 + n // 6:02}:{n % 6}0", f"{7 + n // 6:02}:{n % 6}5")) for n in range(30)]
    html = sheet_page(a_sheet(*map(a_sheet_stop, stops)))
    (sheet,) = html.split('<section class="sheet"')[1:]
    (head,) = re.findall(r"<thead>(.*?)</thead>", sheet, re.DOTALL)
    assert "Nora Kingfisher" in head and "Tuesday, March 24, 2026" in head and "version 3" in head
    assert len(re.findall(r'<tr><td>\s*<article class="stop">', sheet)) == 30  # a row a stop, which is not cut:
    printed = html.partition("@media print {")[2]
    assert "thead { display: table-header-group; }" in printed
    assert re.search(r"\btr, [^}]*\{ break-inside: avoid; \}", printed)
    assert ".sheet { break-before: page; }" in printed


# --- the office's page ---------------------------------------------------------------------------------


def test_what_no_one_covers_is_listed_with_its_window_and_patient() -> None:
    printed = pages(a_sheet(a_sheet_stop(a_stop(7), priority=Priority.URGENT)))
    assert printed.keys() == {""}, "who has no stops has no page"
    page = printed[""]
    assert "0 clinicians with 0 stops. 1 position not covered." in page
    assert "08:00–12:00 Ivy Wren Urgent 12 Elm Street Columbus, OH 43201 614-555-0111 SN · Wound" in page
    assert "V-7" in page


def test_what_does_not_take_place_is_told_apart_from_what_no_one_covers() -> None:
    gone = a_stop(1, status=VisitStatus.CANCELLED)
    page = pages(a_sheet(a_sheet_stop(gone), a_sheet_stop(a_stop(2, held=True))))[""]
    assert "Every position has a clinician." in page
    assert "20 min: Cancelled V-1" in page and "20 min: On hold V-2" in page


def test_everybody_is_listed_with_a_number_to_ring_and_a_count() -> None:
    page = pages(a_sheet(a_sheet_stop(told_stop())))[""]
    assert "Nora Kingfisher, RN E-1 614-555-0101 07:00–13:00 1 " in page
    assert "Judith Sycamore, RN E-2 614-555-0102 07:00–13:00 0 " in page
    assert "Clinicians off None." in page
    assert "Printed Mon, Mar 23, 18:05" in page and " pm" not in page


def test_hours_on_call_are_not_working_hours() -> None:
    evening = (SpanView(at("18:00"), at("22:00")),)
    both, alone = a_nurse(on_call=evening), a_nurse(on_call=evening, hours=())
    found = pages(a_sheet(clinicians=(SheetClinician(both, "614-555-0101"),)))[""]
    assert "614-555-0101 07:00–13:00, on call 18:00–22:00 0 " in found and "Clinicians off None." in found
    found = pages(a_sheet(clinicians=(SheetClinician(alone, "614-555-0101"),)))[""]
    assert "614-555-0101 on call 18:00–22:00 0 " in found and "Clinicians off None." in found


MIDNIGHTS = at("00:00"), at("00:00") + DAY


@pytest.mark.parametrize(
    ("who", "said"),
    [
        (a_nurse(hours=()), "no working hours"),
        (a_nurse(absences=(SpanView(*MIDNIGHTS),)), "away all day"),
        (a_nurse(absences=(SpanView(at("07:40"), MIDNIGHTS[1]),)), "away from 07:40"),
        (a_nurse(absences=(SpanView(MIDNIGHTS[0], at("09:00")),)), "away until 09:00"),
        (a_nurse(absences=(SpanView(at("11:00"), at("12:30")),)), "away 11:00–12:30"),
    ],
)
def test_who_is_off_is_listed_with_when(who: ClinicianView, said: str) -> None:
    page = pages(a_sheet(clinicians=(SheetClinician(who, ""),)))[""]
    assert f"Clinicians off Nora Kingfisher, RN: {said} All clinicians" in page


def a_case(kind: CaseKind, **changes: Any) -> CaseView:
    fields: dict[str, Any] = {
        "id": 1,
        "band": Band.HIGH,
        "reasons": tuple(map(as_written, ("First.", "Second.", "Third."))),
        "deadline_at": at("08:30"),
        "opened_at": at("07:00"),
        "who": "Ivy W.",
        "visit": "V-1",
        "visit_starts": at("09:10"),
        "visit_ends": at("09:30"),
        "phone": "+16145550111",
    }
    return CaseView(**{"kind": kind, **fields, **changes})


def test_an_open_exception_is_told_with_its_deadline_and_number() -> None:
    text = TextView("Ivy W.", HOSTILE, at("07:00"))
    page = pages(a_sheet(cases=(a_case(CaseKind.PROMISE_AT_RISK, text=text),)))[""]
    assert "The time promised to Ivy W. is at risk, 09:10–09:30 High" in page
    default = "If no one acts: The patient hears of the new time by message."
    assert f"{HOSTILE} First. Second. {default} Decide by Tue, Mar 24, 08:30 614-555-0111" in page


def test_a_repair_that_is_ready_is_on_paper() -> None:
    """It is read when nothing else works: who would go where is then worth most."""
    given = reason("prepared.given", visit="V-1", who="Nora Kingfisher", at=wall_clock(at("09:10"), TZ))
    ready = (reason("prepared.at", at=wall_clock(at("06:30"), TZ)), given)
    case = a_case(CaseKind.NCNS, reasons=(as_written("First."), as_written("Second."), as_written("Third."), *ready))
    page = pages(a_sheet(cases=(case,)))[""]
    assert "First. Second. If they are not coming, as worked out at 06:30: V-1 → Nora Kingfisher, 09:10" in page
    assert "If no one acts: Visits that this clinician can still begin in time are not given to anyone else." in page


def test_a_position_without_anybody_is_not_told_twice() -> None:
    case = a_case(CaseKind.UNCOVERED_VISIT)
    listed = pages(a_sheet(a_sheet_stop(a_stop(1)), cases=(case,)))[""]
    assert "0 other exceptions open." in listed and "No clinician for" not in listed
    elsewhere = pages(a_sheet(a_sheet_stop(told_stop()), cases=(case,)))[""]
    assert "1 other exception open." in elsewhere and "No clinician for Ivy W." in elsewhere


def test_a_draft_says_so_on_every_page() -> None:
    head = HeadView(1, "draft", reason("plan.first_pass"), "crowfly", at("15:00"))
    draft, published = a_sheet(a_sheet_stop(told_stop()), head=head), a_sheet(a_sheet_stop(told_stop()))
    assert all("Draft, not published" in page for page in pages(draft).values())
    assert not any("Draft" in page for page in pages(published).values())


# --- what the file must never do -----------------------------------------------------------------------


def test_names_and_addresses_are_text_and_keep_to_themselves() -> None:
    stop = a_sheet_stop(told_stop(), patient=HOSTILE, address=(HOSTILE, RIGHT_TO_LEFT), pets=(HOSTILE,), phone=HOSTILE)
    open_one = a_sheet_stop(a_stop(2), patient=RIGHT_TO_LEFT, address=(HOSTILE,), tags=(HOSTILE,))
    html = sheet_page(
        a_sheet(
            stop,
            open_one,
            branch=a_branch(name=HOSTILE, agency=HOSTILE),
            clinicians=(SheetClinician(a_nurse(name=HOSTILE), ""),),
            cases=(a_case(CaseKind.PATIENT_DECLINED, who=HOSTILE, reasons=(as_written(HOSTILE),)),),
        )
    )
    assert "<script" not in html.lower()
    assert html.count("alert(1)") >= 10
    for name in re.findall(f"[^>]*{RIGHT_TO_LEFT}", html):
        assert name == RIGHT_TO_LEFT  # alone in an element, and that element is one of its own direction:
    assert html.count(f"<bdi>{RIGHT_TO_LEFT}</bdi>") == html.count(RIGHT_TO_LEFT) == 2


def test_the_file_needs_nothing_from_anywhere() -> None:
    html = sheet_page(a_sheet(a_sheet_stop(told_stop())))
    assert """content="default-src 'none'; style-src 'unsafe-inline'">""" in html
    assert not re.search(r"<(script|link|img|iframe|object|form)\b|\bon\w+=|@import|url\(", html)
    assert set(re.findall(r'(?:href|src)="(\w+):', html)) == {"tel"}
