"""The console's sentences."""

from typing import Any

import pytest
from tests.builders import TZ, at

from suture.model.cases import ASKED_FOR_ANOTHER_TIME, CASE_WORDS, Band, CaseKind
from suture.model.events import EventKind
from suture.store.views import CaseView, MomentView, MoveView
from suture.web.desk.words import BANDS, HEADINGS, heading, move_sentence, tell, worth_telling
from suture.words.reason import Reason, as_written, reason

CALLED_OUT = as_written("nora called out")


def a_case(kind: CaseKind, **changes: Any) -> CaseView:
    fields: dict[str, Any] = {"visit_starts": at("09:00"), "visit_ends": at("09:20"), "who": "Ivy W.", "visit": "V-1"}
    rest = {"id": 1, "kind": kind, "band": Band.HIGH, "reasons": (), "deadline_at": None, "opened_at": at("07:00")}
    return CaseView(**{**rest, **fields, **changes})


def a_move(kind: EventKind, **changes: Any) -> MoveView:
    fields: dict[str, Any] = {"who": "Ivy W.", "visit": "V-1", "from_name": "Nora", "to_name": "Judith"}
    rest = {"old_start": at("09:00"), "new_start": at("09:30"), "old_end": at("09:20"), "new_end": at("09:50")}
    why = {"told_changed": True, "because": reason("changed.reassigned")}
    return MoveView(**{"kind": kind, **fields, **rest, **why, **changes})


def test_every_kind_of_case_and_band_has_words() -> None:
    assert set(HEADINGS) == set(CASE_WORDS) == set(CaseKind) and set(BANDS) == set(Band)
    assert len({icon for icon, _ in BANDS.values()}) == len(Band)


@pytest.mark.parametrize("kind", CaseKind)
def test_a_heading_is_a_sentence_with_and_without_somebody(kind: CaseKind) -> None:
    for case in (a_case(kind), a_case(kind, who="", visit="", visit_starts=None, visit_ends=None)):
        text = heading(case, TZ)
        assert text[0].isupper() and "{" not in text


def test_a_no_is_not_told_of_the_window_that_the_plan_has_now() -> None:
    assert heading(a_case(CaseKind.PATIENT_DECLINED, who="Andrés F."), TZ) == "Andrés F. said no"
    assert heading(a_case(CaseKind.PATIENT_DECLINED, who=""), TZ) == "A patient said no"


def a_moment(kind: EventKind | None, *moves: MoveView, because: Reason | None = None, closed: int = 0) -> MomentView:
    return MomentView(at("07:40"), kind, 1 if kind else None, because, moves, (), (CaseKind.REPLY_UNCLEAR,) * closed)


def test_answers_do_not_push_out_what_moved_people() -> None:
    answers = [a_moment(None, closed=1)] * 3
    retimed = [a_moment(EventKind.PLAN_REPAIRED, a_move(EventKind.VISIT_RETIMED))] * 9
    call_out = a_moment(EventKind.PLAN_REPAIRED, a_move(EventKind.VISIT_REASSIGNED), because=CALLED_OUT)
    told = worth_telling([*answers, *retimed, *answers, call_out, a_moment(EventKind.PLAN_PUBLISHED)])
    assert [m.because for m in told if m.because] == [CALLED_OUT]
    assert (len(told), len(told[0].closed)) == (9, 3)
    assert len(worth_telling([call_out] * 50)) == 20


def test_a_text_names_whose_number_it_came_from() -> None:
    assert heading(a_case(CaseKind.REPLY_UNCLEAR), TZ) == "A text from Ivy W. needs to be read"
    assert heading(a_case(CaseKind.REPLY_UNCLEAR, who=""), TZ) == "A text from an unknown number needs to be read"


@pytest.mark.parametrize(
    ("move", "sentence"),
    [
        (a_move(EventKind.VISIT_REASSIGNED), "Ivy W., 09:00 → 09:30: Nora → Judith"),
        (a_move(EventKind.VISIT_REASSIGNED, new_start=at("09:00")), "Ivy W., 09:00: Nora → Judith"),
        (a_move(EventKind.VISIT_ASSIGNED, old_start=None, from_name=""), "Ivy W., 09:30: Judith"),
        (a_move(EventKind.VISIT_RETIMED), "Ivy W., 09:00 → 09:30: stays with Judith"),
        (
            a_move(EventKind.VISIT_RETIMED, new_start=at("09:00")),
            "Ivy W., 09:00: stays with Judith, ends 09:20 → 09:50",
        ),
        (
            a_move(EventKind.VISIT_RETIMED, new_start=at("09:00"), new_end=at("09:20")),
            "Ivy W., 09:00: stays with Judith, the patient is told another time",
        ),
        (a_move(EventKind.VISIT_UNCOVERED, new_start=None, to_name=""), "Ivy W., 09:00: Nora → no clinician"),
        (a_move(EventKind.VISIT_RELEASED, new_start=None, to_name=""), "Ivy W., 09:00: taken off Nora’s list"),
        (a_move(EventKind.VISIT_REASSIGNED, who="", visit="V-9"), "Visit V-9, 09:00 → 09:30: Nora → Judith"),
    ],
)
def test_a_move_is_told_from_and_to(move: MoveView, sentence: str) -> None:
    assert move_sentence(move, TZ) == sentence


def test_a_decision_is_told_with_hands_before_times() -> None:
    order_only = {"new_start": at("09:00"), "new_end": at("09:20"), "told_changed": False}
    moves = (
        a_move(EventKind.VISIT_RETIMED, **order_only),
        a_move(EventKind.VISIT_RETIMED),
        a_move(EventKind.VISIT_REASSIGNED),
    )
    opened = (CaseKind.UNCOVERED_VISIT, CaseKind.UNCOVERED_VISIT)
    told = tell(MomentView(at("07:40"), EventKind.PLAN_REPAIRED, 2, CALLED_OUT, moves, opened, ()), TZ)
    assert (told.title, len(told.hands)) == ("Nora called out", 1)
    assert told.times == ("Ivy W., 09:00 → 09:30: stays with Judith",)
    assert told.order == ("Ivy W., 09:00: stays with Judith",)
    assert told.cases == "Exceptions opened: 2 visits without a clinician"
    bare = tell(MomentView(at("07:40"), None, None, None, (), (), (CaseKind.REPLY_UNCLEAR,)), TZ)
    assert (bare.title, bare.cases) == ("The list of exceptions changed", "Exceptions closed: 1 text to read")


def test_a_patient_who_asks_for_another_time_did_not_say_no():
    asks = a_case(CaseKind.PATIENT_DECLINED, reasons=(reason(ASKED_FOR_ANOTHER_TIME),), who="Mary-Kate O.")
    assert heading(asks, TZ) == "Mary-Kate O. asked for another time"
    assert heading(a_case(CaseKind.PATIENT_DECLINED), TZ) == "Ivy W. said no"


def test_what_no_one_reported_is_told_of_whoever_it_is_about():
    headings = {
        CaseKind.CLINICIAN_SILENT: ("Ivy W. has not answered", "A clinician has not answered"),
        CaseKind.NOT_CLOCKED_IN: ("No check-in yet for Ivy W., 09:00–09:20", "No check-in yet for an open shift, "),
        CaseKind.NCNS: ("No clinician has come to Ivy W., 09:00–09:20", "No clinician has come to an open shift, "),
        CaseKind.NOT_CLOCKED_OUT: ("No check-out yet for Ivy W., 09:00–09:20", "No check-out yet for an open shift, "),
        CaseKind.PATIENT_SILENT: ("Ivy W. has not confirmed, 09:00–09:20", "A patient has not confirmed, "),
        CaseKind.INFEASIBLE_SET: (
            "Ivy W. and others cannot all be covered, 09:00–09:20",
            "An open shift and others cannot all be covered, ",
        ),
        CaseKind.RULE_UNKNOWN: (
            "Missing facts keep clinicians from Ivy W., 09:00–09:20",
            "Missing facts keep clinicians from an open shift, ",
        ),
    }
    for kind, (named, unnamed) in headings.items():
        assert heading(a_case(kind), TZ) == named
        assert heading(a_case(kind, who="", visit_starts=None), TZ).startswith(unnamed)


def test_a_case_tells_its_default_and_the_repair_that_is_ready_apart_from_why_it_is_open():
    why, ready = reason("watch.not_asked"), (reason("prepared.at", at=at("06:30")), reason("prepared.nothing"))
    case = a_case(CaseKind.CLINICIAN_SILENT, reasons=(why, *ready))
    assert (case.short, case.prepared, str(case.default)) == ((why,), ready, "Their list stays as it is.")
    own = reason("default.released")
    asked = a_case(CaseKind.PATIENT_SILENT, reasons=(why, own))
    assert (asked.short, asked.default) == ((why,), own)
