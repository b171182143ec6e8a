"""The console's sentences."""

from typing import Any

import pytest
from tests.builders import TZ, at

from suture.model.cases import Band, CaseKind
from suture.model.events import EventKind
from suture.store.views import CaseView, MomentView, MoveView
from suture.web.console_words import BANDS, HEADINGS, heading, move_sentence, tell


def a_case(kind: CaseKind, **changes: Any) -> CaseView:
    fields: dict[str, Any] = {"visit_starts": at("09:00"), "visit_ends": at("09:20"), "who": "Ivy W.", "visit": "V-1"}
    rest = {"id": 1, "kind": kind, "band": Band.HIGH, "reasons": (), "deadline_at": None, "opened_at": at("07:00")}
    return CaseView(**{**rest, **fields, **changes})


def a_move(kind: EventKind, **changes: Any) -> MoveView:
    fields: dict[str, Any] = {"who": "Ivy W.", "visit": "V-1", "from_name": "Nora", "to_name": "Judith"}
    rest = {"old_start": at("09:00"), "new_start": at("09:30"), "told_changed": True, "because": ""}
    return MoveView(**{"kind": kind, **fields, **rest, **changes})


def test_every_kind_of_case_and_band_has_words() -> None:
    assert set(HEADINGS) == set(CaseKind) and set(BANDS) == set(Band)
    assert len({icon for icon, _ in BANDS.values()}) == len(Band)


@pytest.mark.parametrize("kind", CaseKind)
def test_a_heading_is_a_sentence_with_and_without_somebody(kind: CaseKind) -> None:
    for case in (a_case(kind), a_case(kind, who="", visit="", visit_starts=None, visit_ends=None)):
        text = heading(case, TZ)
        assert text[0].isupper() and "{" not in text


@pytest.mark.parametrize(
    ("move", "sentence"),
    [
        (a_move(EventKind.VISIT_REASSIGNED), "Ivy W., 09:00 → 09:30: Nora → Judith"),
        (a_move(EventKind.VISIT_REASSIGNED, new_start=at("09:00")), "Ivy W., 09:00: Nora → Judith"),
        (a_move(EventKind.VISIT_ASSIGNED, old_start=None, from_name=""), "Ivy W., 09:30: Judith"),
        (a_move(EventKind.VISIT_RETIMED), "Ivy W., 09:00 → 09:30: stays with Judith"),
        (a_move(EventKind.VISIT_UNCOVERED, new_start=None, to_name=""), "Ivy W., 09:00: Nora → nobody"),
        (a_move(EventKind.VISIT_RELEASED, new_start=None, to_name=""), "Ivy W., 09:00: taken off Nora’s list"),
        (a_move(EventKind.VISIT_REASSIGNED, who="", visit="V-9"), "V-9, 09:00 → 09:30: Nora → Judith"),
    ],
)
def test_a_move_is_told_from_and_to(move: MoveView, sentence: str) -> None:
    assert move_sentence(move, TZ) == sentence


def test_a_decision_is_told_with_hands_before_times() -> None:
    moves = (a_move(EventKind.VISIT_RETIMED), a_move(EventKind.VISIT_REASSIGNED))
    opened = (CaseKind.UNCOVERED_VISIT, CaseKind.UNCOVERED_VISIT)
    told = tell(MomentView(at("07:40"), EventKind.PLAN_REPAIRED, 2, "nora called out", moves, opened, ()), TZ)
    assert (told.title, len(told.hands), len(told.times)) == ("Nora called out", 1, 1)
    assert told.cases == "Exceptions opened: 2 uncovered visit"
    bare = tell(MomentView(at("07:40"), None, None, "", (), (), (CaseKind.REPLY_UNCLEAR,)), TZ)
    assert (bare.title, bare.cases) == ("The list of exceptions changed", "Exceptions closed: 1 reply unclear")
