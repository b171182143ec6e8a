"""Loads one branch-day for the core: a fixed number of queries, none in a loop."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from suture.model.day import (
    NEIGHBOUR_DAYS,
    ConfirmationState,
    Day,
    PairKind,
    PairRule,
    PastVisit,
    Promise,
    not_to_be_asked,
)
from suture.model.ids import BranchId, PartyId, PlaceId, PositionKey, PromiseId, TouchId, VisitId
from suture.model.instants import day_span
from suture.model.people import (
    Availability,
    AvailabilityKind,
    Away,
    Branch,
    Clinician,
    Credential,
    Patient,
    Place,
    Traits,
    shifts_of,
)
from suture.model.plan import Assignment, Plan, Source, Stage, ToldWindow
from suture.model.travel import Quality, TravelMatrix, TravelTimes
from suture.model.visit import GateState, Priority, TimeWindow, Visit, VisitKind, VisitStatus
from suture.store import disruptions
from suture.store.cases import still_open
from suture.store.offers import of_day
from suture.store.transaction import Tx

HISTORY_DAYS = 60

ON_HOLD = """(v.held OR EXISTS (SELECT FROM patient h WHERE h.tenant = v.tenant AND h.party_id = v.patient_id
                                AND h.status NOT IN ('active', 'unclear')))"""
"""Whether a visit `v` waits: it is held, or its patient is not active. One of an unclear patient stays uncovered."""

NO_TRAVEL = TravelTimes({}, TravelMatrix((), Quality.ROAD, "none"))
"""In a freshly loaded day until `service.travel` has asked the provider."""


def load_day(tx: Tx, branch: Branch, service_date: date, moving: Collection[VisitId] = ()) -> Day:
    """Everything the core reads of one branch-day; travel is still to be filled in.

    `moving`: visits that leave the plan they are in by the decision that this is loaded for. Those that are to come
    are there already on the day they move to.
    """
    visits = _visits(tx, branch.id, service_date, moving)
    plan = load_plan(tx, branch.id, service_date)
    patients = _patients(tx, [v.patient_id for v in visits.values() if v.patient_id])
    clinicians, away = _staff(tx, branch.id, {a.clinician_id for a in plan.assignments.values()})
    availability = _availability(tx, branch, service_date)
    place_ids = {v.place_id for v in visits.values()} | {c.home_place_id for c in clinicians.values()}
    return Day(
        branch=branch,
        service_date=service_date,
        plan=plan,
        visits=visits,
        patients=patients,
        clinicians=clinicians,
        availability=availability,
        shifts=shifts_of(availability),
        places=_places(tx, branch.id, place_ids),
        pair_rules=_pair_rules(tx, list(patients)),
        past=_past(tx, branch.id, service_date, moving),
        promises=_promises(tx, list(visits)),
        cases=still_open(tx, branch.id, service_date),
        travel=NO_TRAVEL,
        declined=not_to_be_asked(_declined(tx, list(visits)), plan, visits),
        away=away,
        offers=of_day(tx, branch.id, service_date),
        disruptions=disruptions.between(tx, branch.id, *day_bounds(branch, service_date)),
    )


def load_plan(tx: Tx, branch_id: BranchId, service_date: date) -> Plan:
    """The published plan of a branch-day, else its draft, else the empty version 0."""
    head = tx.row(
        """SELECT version, stage FROM plan_head
           WHERE tenant = app_tenant() AND branch_id = :branch AND service_date = :date
           ORDER BY stage = 'published' DESC LIMIT 1""",
        branch=branch_id,
        date=service_date,
    )
    if head is None:
        return Plan(branch_id, service_date, 0, Stage.DRAFT, {})
    rows = tx.rows(
        """SELECT visit_id, position, clinician_id, route_order, starts_at, ends_at, told_open, told_close, pinned,
                  source
           FROM assignment WHERE tenant = app_tenant() AND branch_id = :branch AND service_date = :date
             AND to_version IS NULL ORDER BY visit_id, position""",
        branch=branch_id,
        date=service_date,
    )
    assignments = [as_assignment(r) for r in rows]
    return Plan(branch_id, service_date, head["version"], Stage(head["stage"]), {a.key: a for a in assignments})


def as_assignment(r: Mapping[str, Any]) -> Assignment:
    """An assignment row as the model knows it."""
    return Assignment(
        key=PositionKey(VisitId(r["visit_id"]), r["position"]),
        clinician_id=PartyId(r["clinician_id"]),
        route_order=r["route_order"],
        starts_at=r["starts_at"],
        ends_at=r["ends_at"],
        told=ToldWindow(r["told_open"], r["told_close"]),
        pinned=r["pinned"],
        source=Source(r["source"]),
    )


def _visits(tx: Tx, branch_id: BranchId, service_date: date, moving: Collection[VisitId]) -> dict[VisitId, Visit]:
    """The day's visits. One that was moved away stays here, on hold, while the plan has it, and is not there before."""
    rows = tx.rows(
        f"""SELECT v.*, s.kind, s.discipline, s.visit_type, s.roles,
                  {ON_HOLD} OR (v.branch_id, v.service_date) <> (:branch, :date) AS on_hold,
                  v.unclear || CASE WHEN l.lat IS NULL THEN ARRAY['place'] ELSE '{{}}' END
                            || CASE WHEN t.status = 'unclear' THEN ARRAY['patient'] ELSE '{{}}' END AS gaps
           FROM visit v JOIN service s ON s.tenant = v.tenant AND s.code = v.service_code
           JOIN place l ON l.tenant = v.tenant AND l.id = v.place_id
           LEFT JOIN patient t ON t.tenant = v.tenant AND t.party_id = v.patient_id
           WHERE v.tenant = app_tenant() AND (
             v.id IN (SELECT a.visit_id FROM assignment a WHERE a.tenant = app_tenant() AND a.branch_id = :branch
                        AND a.service_date = :date AND a.to_version IS NULL)
             OR v.branch_id = :branch AND v.service_date = :date
                AND (v.id = ANY(:moving) AND v.status IN ('requested', 'scheduled', 'confirmed')
                  OR NOT EXISTS (SELECT FROM assignment a WHERE a.tenant = v.tenant AND a.visit_id = v.id
                                   AND a.to_version IS NULL AND (a.branch_id, a.service_date) <> (:branch, :date))))
           ORDER BY v.id""",  # noqa: S608 - our own words
        branch=branch_id,
        date=service_date,
        moving=list(moving),
    )
    return {VisitId(r["id"]): _as_visit(r) for r in rows}


def _as_visit(r: Mapping[str, Any]) -> Visit:
    return Visit(
        id=VisitId(r["id"]),
        external_id=r["external_id"],
        branch_id=BranchId(r["branch_id"]),
        service_date=r["service_date"],
        patient_id=PartyId(r["patient_id"]) if r["patient_id"] else None,
        place_id=PlaceId(r["place_id"]),
        kind=VisitKind(r["kind"]),
        discipline=r["discipline"],
        visit_type=r["visit_type"],
        roles=tuple(r["roles"]),
        required_skills=tuple(r["required_skills"]),
        window=TimeWindow(r["earliest_start"], r["latest_start"], r["latest_end"]),
        duration_minutes=r["duration_min"],
        documentation_minutes=r["documentation_min"],
        positions=r["positions"],
        priority=Priority(r["priority"]),
        status=VisitStatus(r["status"]),
        held=r["on_hold"],
        rev=r["rev"],
        visit_rev=r["visit_rev"],
        started_at=r["started_at"],
        ended_at=r["ended_at"],
        expected_end=r["expected_end"],
        expected_start=r["expected_start"],
        late_from=r["late_from"],
        late_by=PartyId(r["late_by"]) if r["late_by"] else None,
        gate=GateState(r["gate"]),
        gate_else=r["gate_else"],
        answer_by=r["answer_by"],
        done_by=PartyId(r["done_by"]) if r["done_by"] else None,
        unclear=tuple(r["gaps"]),
    )


def _patients(tx: Tx, ids: list[PartyId]) -> dict[PartyId, Patient]:
    rows = tx.rows(
        """SELECT p.id, p.external_id, p.given, p.family, p.lang, t.place_id, t.gender_preference, t.traits, t.status
           FROM patient t JOIN party p ON p.tenant = t.tenant AND p.id = t.party_id
           WHERE t.tenant = app_tenant() AND t.party_id = ANY(:ids) ORDER BY p.id""",
        ids=ids,
    )
    return {
        PartyId(r["id"]): Patient(
            PartyId(r["id"]),
            r["external_id"],
            _name(r),
            r["lang"],
            PlaceId(r["place_id"]),
            r["gender_preference"],
            _traits(r["traits"]),
            r["status"],
        )
        for r in rows
    }


def _staff(
    tx: Tx, branch_id: BranchId, planned: Collection[PartyId]
) -> tuple[dict[PartyId, Clinician], dict[PartyId, Away]]:
    """Who may be assigned; and who may not, of the branch and of the plan."""
    everyone = tx.rows(
        """SELECT p.id, p.external_id, p.given, p.family, c.role, c.home_place_id, c.max_weekly_min, c.languages,
                  c.traits, CASE WHEN c.branch_id = :branch OR c.status <> 'active' THEN c.status
                                 ELSE 'elsewhere' END AS status
           FROM clinician c JOIN party p ON p.tenant = c.tenant AND p.id = c.party_id
           WHERE c.tenant = app_tenant() AND (c.branch_id = :branch OR p.id = ANY(:planned)) ORDER BY p.id""",
        branch=branch_id,
        planned=list(planned),
    )
    away = {PartyId(r["id"]): Away(_name(r), r["status"]) for r in everyone if r["status"] != "active"}
    rows = [r for r in everyone if r["status"] == "active"]
    return _clinicians(tx, rows), away


def _name(r: Mapping[str, Any]) -> str:
    return f"{r['given']} {r['family']}".strip()


def _clinicians(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> dict[PartyId, Clinician]:
    held: dict[int, list[Credential]] = {r["id"]: [] for r in rows}
    for r in tx.rows(
        """SELECT clinician_id, code, valid_from, valid_until, status FROM credential
           WHERE tenant = app_tenant() AND clinician_id = ANY(:ids) ORDER BY clinician_id, code, number""",
        ids=list(held),
    ):
        held[r["clinician_id"]].append(Credential(r["code"], r["valid_from"], r["valid_until"], r["status"]))
    return {
        PartyId(r["id"]): Clinician(
            PartyId(r["id"]),
            r["external_id"],
            _name(r),
            r["role"],
            PlaceId(r["home_place_id"]),
            r["max_weekly_min"],
            tuple(r["languages"]),
            tuple(held[r["id"]]),
            _traits(r["traits"]),
        )
        for r in rows
    }


def _traits(stored: Mapping[str, Any]) -> Traits:
    return {name: tuple(fact) if isinstance(fact, list) else fact for name, fact in sorted(stored.items())}


def day_bounds(branch: Branch, service_date: date) -> tuple[datetime, datetime]:
    """The first and the last instant of a service date in the branch's zone; 23 or 25 hours on clock changes."""
    return day_span(service_date, branch.tz)


def _availability(tx: Tx, branch: Branch, service_date: date) -> tuple[Availability, ...]:
    """Hours and absences, on-call hours too; what a clinician does that day for another branch is time away."""
    starts, ends = day_bounds(branch, service_date)
    rows = tx.rows(
        """SELECT a.clinician_id, a.kind, starts_with(coalesce(a.reason, ''), 'call_out:') AS called_out,
                  greatest(a.starts_at, :starts) AS starts_at, least(a.ends_at, :ends) AS ends_at, a.tier
           FROM availability a JOIN clinician c ON c.tenant = a.tenant AND c.party_id = a.clinician_id
           WHERE a.tenant = app_tenant() AND c.branch_id = :branch AND c.status = 'active'
             AND a.starts_at < :ends AND a.ends_at > :starts
           UNION ALL
           SELECT a.clinician_id, 'unavailable', false, greatest(a.starts_at, :starts),
                  least(a.ends_at + make_interval(mins => v.documentation_min), :ends), 1
           FROM assignment a
           JOIN clinician c ON c.tenant = a.tenant AND c.party_id = a.clinician_id
           JOIN visit v ON v.tenant = a.tenant AND v.id = a.visit_id
           JOIN plan_head h ON h.tenant = a.tenant AND h.branch_id = a.branch_id AND h.service_date = a.service_date
             AND h.stage = 'published'
           WHERE a.tenant = app_tenant() AND c.branch_id = :branch AND c.status = 'active'
             AND a.branch_id IN (SELECT id FROM branch WHERE tenant = app_tenant() AND id <> :branch)
             AND a.service_date BETWEEN cast(:date AS date) - 1 AND cast(:date AS date) + 1 AND a.to_version IS NULL
             AND v.status NOT IN ('cancelled', 'no_show', 'missed') AND a.starts_at < :ends AND a.ends_at > :starts
           ORDER BY clinician_id, starts_at, ends_at""",
        branch=branch.id,
        date=service_date,
        starts=starts,
        ends=ends,
    )
    return tuple(
        Availability(
            PartyId(r["clinician_id"]),
            r["starts_at"],
            r["ends_at"],
            AvailabilityKind(r["kind"]),
            r["called_out"],
            r["tier"],
        )
        for r in rows
    )


def _places(tx: Tx, branch_id: BranchId, ids: set[PlaceId]) -> dict[PlaceId, Place]:
    rows = tx.rows(
        """SELECT l.id, coalesce(l.lat, o.lat) AS lat, coalesce(l.lon, o.lon) AS lon, l.tz,
                  coalesce(substring(l.owner_key FROM '^site:(.*)$'), '') AS site, l.postal_code
           FROM place l JOIN branch b ON b.tenant = l.tenant AND b.id = :branch
           JOIN place o ON o.tenant = b.tenant AND o.id = b.place_id
           WHERE l.tenant = app_tenant() AND l.id = ANY(:ids) ORDER BY l.id""",
        branch=branch_id,
        ids=sorted(ids),
    )
    return {
        PlaceId(r["id"]): Place(PlaceId(r["id"]), r["lat"], r["lon"], r["tz"], r["site"], r["postal_code"])
        for r in rows
    }


def _pair_rules(tx: Tx, patient_ids: list[PartyId]) -> frozenset[PairRule]:
    rows = tx.rows(
        """SELECT patient_id, clinician_id, kind FROM pair_rule
           WHERE tenant = app_tenant() AND patient_id = ANY(:ids)""",
        ids=patient_ids,
    )
    return frozenset(PairRule(PartyId(r["patient_id"]), PartyId(r["clinician_id"]), PairKind(r["kind"])) for r in rows)


def _past(tx: Tx, branch_id: BranchId, service_date: date, moving: Collection[VisitId]) -> tuple[PastVisit, ...]:
    rows = tx.rows(
        """SELECT v.patient_id, v.done_by AS clinician_id, v.place_id, s.discipline, v.started_at AS starts_at,
                  coalesce(v.ended_at, v.latest_end) + make_interval(mins => v.documentation_min) AS ends_at
           FROM visit v JOIN service s ON s.tenant = v.tenant AND s.code = v.service_code
           WHERE v.tenant = app_tenant() AND v.branch_id = :branch AND v.status = 'completed'
             AND v.done_by IS NOT NULL AND v.started_at IS NOT NULL
             AND v.service_date BETWEEN :first AND :last AND v.service_date <> :date
           UNION ALL
           SELECT v.patient_id, a.clinician_id, v.place_id, s.discipline, a.starts_at,
                  a.ends_at + make_interval(mins => v.documentation_min)
           FROM assignment a
           JOIN visit v ON v.tenant = a.tenant AND v.id = a.visit_id
           JOIN service s ON s.tenant = v.tenant AND s.code = v.service_code
           WHERE a.tenant = app_tenant() AND a.branch_id = :branch AND a.to_version IS NULL
             AND v.status NOT IN ('completed', 'cancelled', 'no_show', 'missed')
             AND a.service_date BETWEEN :near_first AND :last AND a.service_date <> :date
             AND (a.visit_id <> ALL(:moving) OR v.service_date <> :date)
           UNION ALL
           SELECT v.patient_id, a.clinician_id, v.place_id, s.discipline, a.starts_at,
                  a.ends_at + make_interval(mins => v.documentation_min)
           FROM assignment a
           JOIN clinician c ON c.tenant = a.tenant AND c.party_id = a.clinician_id AND c.branch_id = :branch
           JOIN visit v ON v.tenant = a.tenant AND v.id = a.visit_id
           JOIN service s ON s.tenant = v.tenant AND s.code = v.service_code
           JOIN plan_head h ON h.tenant = a.tenant AND h.branch_id = a.branch_id AND h.service_date = a.service_date
             AND h.stage = 'published'
           WHERE a.tenant = app_tenant() AND a.to_version IS NULL
             AND a.branch_id IN (SELECT id FROM branch WHERE tenant = app_tenant() AND id <> :branch)
             AND v.status NOT IN ('cancelled', 'no_show', 'missed')
             AND a.service_date BETWEEN :near_first AND :last AND a.service_date <> :date
             AND (a.visit_id <> ALL(:moving) OR v.service_date <> :date)
           ORDER BY starts_at, clinician_id""",
        branch=branch_id,
        date=service_date,
        first=service_date - timedelta(days=HISTORY_DAYS),
        near_first=service_date - timedelta(days=NEIGHBOUR_DAYS),
        last=service_date + timedelta(days=NEIGHBOUR_DAYS),
        moving=list(moving),
    )
    return tuple(
        PastVisit(
            PartyId(r["patient_id"]) if r["patient_id"] else None,
            PartyId(r["clinician_id"]),
            PlaceId(r["place_id"]),
            r["discipline"],
            r["starts_at"],
            r["ends_at"],
        )
        for r in rows
    )


def _promises(tx: Tx, visit_ids: list[VisitId]) -> tuple[Promise, ...]:
    rows = tx.rows(
        """SELECT DISTINCT ON (p.visit_id, p.party_id) p.id, p.visit_id, p.party_id, p.touch_id, p.seq,
                  p.window_open, p.window_close, p.asks, p.told_at, coalesce(c.state, 'needs_action') AS answer
           FROM promise p LEFT JOIN confirmation c ON c.tenant = p.tenant AND c.promise_id = p.id
           WHERE p.tenant = app_tenant() AND p.visit_id = ANY(:ids) ORDER BY p.visit_id, p.party_id, p.seq DESC""",
        ids=visit_ids,
    )
    return tuple(
        Promise(
            PromiseId(r["id"]),
            VisitId(r["visit_id"]),
            PartyId(r["party_id"]),
            TouchId(r["touch_id"]),
            r["seq"],
            ToldWindow(r["window_open"], r["window_close"]),
            r["asks"],
            r["told_at"],
            ConfirmationState(r["answer"]),
        )
        for r in rows
    )


def _declined(tx: Tx, visit_ids: list[VisitId]) -> frozenset[tuple[PartyId, VisitId]]:
    rows = tx.rows(
        """SELECT p.party_id, p.visit_id FROM confirmation c
           JOIN promise p ON p.tenant = c.tenant AND p.id = c.promise_id
           WHERE c.tenant = app_tenant() AND c.participant = 'clinician' AND c.state = 'declined'
             AND p.visit_id = ANY(:ids)""",
        ids=visit_ids,
    )
    return frozenset((PartyId(r["party_id"]), VisitId(r["visit_id"])) for r in rows)
