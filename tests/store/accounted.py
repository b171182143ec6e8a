"""Every position of a day is in a route, uncovered with a case, or wanted by nobody: by each view, and by the rows."""

from tests.store.a_lakeside import MONDAY, Lakeside

from suture.service.figures import day_figures
from suture.store.views import StopView

CLOSED = {"completed", "cancelled", "no_show", "missed"}


def accounted(lake: Lakeside) -> None:
    """By the API's view, by the board's, and by the rows themselves."""
    view, board = lake.view(), lake.board()
    for stops in (view.stops, board.stops):
        routed = [(s.visit_id, s.position) for s in stops if s.seat]
        open_ = [(s.visit_id, s.position) for s in stops if s.wants_cover]
        unwanted = [(s.visit_id, s.position) for s in stops if not s.seat and (s.held or s.status in CLOSED)]
        assert sorted(routed + open_ + unwanted) == sorted((s.visit_id, s.position) for s in stops)
    known = {c.id for c in view.clinicians}
    assert {s.seat.clinician_id for s in view.stops if s.seat} <= known, "a route that no page shows"
    assert {(s.visit_id, s.position) for s in view.uncovered} <= set(view.reasons), "uncovered, and no case says why"
    assert lake.lost() == 0
    wanted = board.wanted
    assert sorted(map(key_of, wanted)) == sorted(map(key_of, (s for s in board.stops if not is_gone(s))))
    has = sum(s.seat is not None or s.status == "completed" for s in wanted)
    assert board.filled == (has / len(wanted) if wanted else None)
    figures = day_figures(lake.caller, board.branch, MONDAY).numbers
    assert figures.fill.required - figures.fill.late == len(wanted), "due by the figures is what the board lists"
    assert figures.fill.auto is None or figures.fill.auto <= 1
    assert figures.no_show.due == len({s.visit_id for s in wanted})


def is_gone(stop: StopView) -> bool:
    return stop.held or stop.status == "cancelled"


def key_of(stop: StopView) -> tuple[int, int]:
    return stop.visit_id, stop.position
