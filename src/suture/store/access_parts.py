"""The parts of a branch-day that pages show. Only `store.access` calls these: it asks who is asking."""

from collections.abc import Iterable, Mapping
from datetime import date
from itertools import groupby
from typing import NamedTuple

from suture.model.day import ConfirmationState
from suture.model.events import EventKind
from suture.model.ids import BranchId, PartyId, VisitId
from suture.model.people import Branch, initial
from suture.model.plan import ToldWindow
from suture.model.visit import GateState, VisitKind, VisitStatus
from suture.store import views
from suture.store.day import ON_HOLD, day_bounds
from suture.store.inbox import OF_DAY
from suture.store.transaction import Row, Tx
from suture.words.reason import from_json


class _Answers(NamedTuple):
    """What each party was last told of each visit, by (visit, party): the window, and the answer, None where none was
    asked."""

    of: Mapping[tuple[int, int], ConfirmationState | None]
    told: Mapping[tuple[int, int], ToldWindow]


def head_of(tx: Tx, branch_id: BranchId, service_date: date) -> views.HeadView | None:
    r = tx.row(
        """SELECT h.version, h.stage, coalesce(p.why, to_jsonb(p.because)) AS why, p.at,
                  coalesce(d.travel_version, '') AS travel
           FROM plan_head h
           JOIN plan p ON p.tenant = h.tenant AND p.branch_id = h.branch_id AND p.service_date = h.service_date
             AND p.version = h.version
           LEFT JOIN decision d ON d.tenant = p.tenant AND d.branch_id = p.branch_id
             AND d.service_date = p.service_date AND d.version = p.version
           WHERE h.tenant = app_tenant() AND h.branch_id = :branch AND h.service_date = :date
           ORDER BY h.stage = 'published' DESC LIMIT 1""",
        branch=branch_id,
        date=service_date,
    )
    return views.HeadView(r["version"], r["stage"], from_json(r["why"]), r["travel"], r["at"]) if r else None


def stops_of(tx: Tx, branch_id: BranchId, service_date: date) -> tuple[views.StopView, ...]:
    """Every position of the day: planned ones by start, then the rest by window.

    Who has left, or works for another branch now, will not come: such a position has no one, whatever the plan says.
    """
    answers = _answers(tx, branch_id, service_date)
    rows = tx.rows(
        f"""SELECT v.*, {ON_HOLD} AS on_hold, seat.n AS position, s.kind, s.discipline, p.given, p.family,
                  o.clinician_id IS NOT NULL AS set_out, a.clinician_id,
                  a.route_order, a.starts_at, a.ends_at, a.told_open, a.told_close, a.pinned
           FROM visit v
           JOIN service s ON s.tenant = v.tenant AND s.code = v.service_code
           CROSS JOIN LATERAL generate_series(1, v.positions) AS seat (n)
           LEFT JOIN party p ON p.tenant = v.tenant AND p.id = v.patient_id
           LEFT JOIN assignment a ON a.tenant = v.tenant AND a.visit_id = v.id AND a.position = seat.n
             AND a.to_version IS NULL AND a.branch_id = v.branch_id AND a.service_date = v.service_date
             AND (v.status NOT IN ('requested', 'scheduled', 'confirmed')
                  OR EXISTS (SELECT FROM clinician c WHERE c.tenant = a.tenant AND c.party_id = a.clinician_id
                               AND c.status = 'active' AND c.branch_id = a.branch_id))
           LEFT JOIN (
             SELECT DISTINCT e.subject_id, cast(e.data ->> 'clinician_id' AS bigint) AS clinician_id FROM event e
             WHERE e.tenant = app_tenant() AND e.branch_id = :branch AND e.service_date = :date AND e.kind = :set_out) o
             ON o.subject_id = v.id AND o.clinician_id = a.clinician_id
           WHERE v.tenant = app_tenant() AND v.branch_id = :branch AND v.service_date = :date
           ORDER BY coalesce(a.starts_at, v.earliest_start), v.id, seat.n""",  # noqa: S608 - our own words
        branch=branch_id,
        date=service_date,
        set_out=EventKind.VISIT_SET_OUT,
    )
    tx.shows(branch_id, (r["patient_id"] for r in rows))
    return tuple(_stop(r, answers) for r in rows)


def _stop(r: Row, answers: _Answers) -> views.StopView:
    seat = None
    if r["clinician_id"] is not None:
        seat = views.SeatView(
            clinician_id=PartyId(r["clinician_id"]),
            order=r["route_order"],
            starts_at=r["starts_at"],
            ends_at=r["ends_at"],
            told_open=r["told_open"],
            told_close=r["told_close"],
            pinned=r["pinned"],
        )
    return views.StopView(
        visit_id=VisitId(r["id"]),
        external_id=r["external_id"],
        position=r["position"],
        kind=VisitKind(r["kind"]),
        discipline=r["discipline"],
        who=short_name(r["given"], r["family"]),
        status=VisitStatus(r["status"]),
        held=r["on_hold"],
        earliest_start=r["earliest_start"],
        latest_start=r["latest_start"],
        latest_end=r["latest_end"],
        duration_minutes=r["duration_min"],
        documentation_minutes=r["documentation_min"],
        started_at=r["started_at"],
        ended_at=r["ended_at"],
        expected_end=r["expected_end"],
        seat=seat,
        patient_answer=answers.of.get((r["id"], r["patient_id"])),
        staff_answer=answers.of.get((r["id"], r["clinician_id"])),
        patient_told=answers.told.get((r["id"], r["patient_id"])),
        gate=GateState(r["gate"]),
        set_out=r["set_out"],
    )


def _answers(tx: Tx, branch_id: BranchId, service_date: date) -> _Answers:
    rows = tx.rows(
        """SELECT DISTINCT ON (p.visit_id, p.party_id) p.visit_id, p.party_id, p.asks, c.state,
                  p.window_open, p.window_close
           FROM promise p
           JOIN visit v ON v.tenant = p.tenant AND v.id = p.visit_id
           LEFT JOIN confirmation c ON c.tenant = p.tenant AND c.promise_id = p.id
           WHERE p.tenant = app_tenant() AND v.branch_id = :branch AND v.service_date = :date
           ORDER BY p.visit_id, p.party_id, p.seq DESC""",
        branch=branch_id,
        date=service_date,
    )
    silent = {True: ConfirmationState.NEEDS_ACTION, False: None}
    return _Answers(
        {(r["visit_id"], r["party_id"]): as_answer(r["state"]) or silent[r["asks"]] for r in rows},
        {(r["visit_id"], r["party_id"]): ToldWindow(r["window_open"], r["window_close"]) for r in rows},
    )


def clinicians_of(tx: Tx, branch: Branch, service_date: date) -> tuple[views.ClinicianView, ...]:
    """Who works for the branch, and whoever else has begun or done one of the day's visits."""
    starts, ends = day_bounds(branch, service_date)
    rows = tx.rows(
        """SELECT p.id, p.external_id, p.given, p.family, c.role, a.kind,
                  starts_with(coalesce(a.reason, ''), 'call_out:') AS called_out,
                  greatest(a.starts_at, :starts) AS starts_at, least(a.ends_at, :ends) AS ends_at
           FROM clinician c
           JOIN party p ON p.tenant = c.tenant AND p.id = c.party_id
           LEFT JOIN availability a ON a.tenant = c.tenant AND a.clinician_id = c.party_id
             AND a.starts_at < :ends AND a.ends_at > :starts
           WHERE c.tenant = app_tenant()
             AND (c.branch_id = :branch AND c.status = 'active'
                  OR EXISTS (SELECT FROM assignment h JOIN visit v ON v.tenant = h.tenant AND v.id = h.visit_id
                             WHERE h.tenant = c.tenant AND h.branch_id = :branch AND h.service_date = :date
                               AND h.to_version IS NULL AND h.clinician_id = c.party_id
                               AND v.status NOT IN ('requested', 'scheduled', 'confirmed')))
           ORDER BY p.external_id, p.id, a.starts_at, a.ends_at""",
        branch=branch.id,
        date=service_date,
        starts=starts,
        ends=ends,
    )
    found = []
    for _, group in groupby(rows, key=lambda r: r["id"]):
        own = list(group)
        first = own[0]
        found.append(
            views.ClinicianView(
                id=PartyId(first["id"]),
                external_id=first["external_id"],
                name=f"{first['given']} {first['family']}".strip(),
                role=first["role"],
                hours=_spans(r for r in own if r["kind"] in ("available", "preferred")),
                absences=_spans(r for r in own if r["kind"] == "unavailable"),
                called_out=_spans(r for r in own if r["kind"] == "unavailable" and r["called_out"]),
                on_call=_spans(r for r in own if r["kind"] == "on_call"),
            )
        )
    return tuple(found)


def _spans(rows: Iterable[Row]) -> tuple[views.SpanView, ...]:
    """Stretches in order, joined where they touch."""
    spans: list[views.SpanView] = []
    for r in rows:
        if spans and r["starts_at"] <= spans[-1].ends_at:
            spans[-1] = views.SpanView(spans[-1].starts_at, max(spans[-1].ends_at, r["ends_at"]))
        else:
            spans.append(views.SpanView(r["starts_at"], r["ends_at"]))
    return tuple(spans)


def waiting_of(tx: Tx, branch_id: BranchId, service_date: date) -> views.WaitingView:
    r = tx.row(
        f"""SELECT (SELECT count(*) FROM {OF_DAY} n WHERE n.branch_id = :branch AND n.service_date = :date) AS signals,
                  count(*) AS messages, min(due_at) AS next_at
           FROM touch WHERE tenant = app_tenant() AND branch_id = :branch AND service_date = :date
             AND state IN ('planned', 'claimed', 'sending')""",  # noqa: S608 - our own words
        branch=branch_id,
        date=service_date,
    )
    return views.WaitingView(r["signals"], r["messages"], r["next_at"]) if r else views.WaitingView(0, 0, None)


def as_answer(state: str | None) -> ConfirmationState | None:
    return ConfirmationState(state) if state else None


def short_name(given: str | None, family: str | None) -> str:
    """ "Ivy W." """
    letter = initial(family)
    return f"{given or ''} {letter}.".strip() if letter else (given or "")
