"""Changes to visits that a decision makes, guarded by the revision that was read."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime

from suture.model.day import Day
from suture.model.decision import ConfirmationUpdate, VisitUpdate
from suture.model.ids import BranchId, TouchId, VisitId
from suture.model.people import PartyKind
from suture.store.transaction import Tx


class VisitMovedOn(Exception):
    """A visit was written since the day was loaded: load it again and decide again."""


def apply_updates(tx: Tx, updates: Sequence[VisitUpdate], revs: Mapping[VisitId, int]) -> None:
    """Write new facts, in id order so that two writers never wait for each other in a circle. `revs`: the `rev` of each
    visit that was read. Raises VisitMovedOn."""
    if not updates:
        return
    written = tx.rows(
        """WITH new AS (
             SELECT r.*, coalesce(r.status IN ('requested', 'scheduled', 'confirmed'), false) AS waits
             FROM jsonb_to_recordset(cast(:updates AS jsonb)) AS r(visit_id bigint, rev int, status text,
                    started_at timestamptz, ended_at timestamptz, expected_end timestamptz, done_by bigint,
                    cancelled_by text, cancel_reason text, held boolean, expected_start timestamptz,
                    late_from timestamptz, late_by bigint, on_time boolean, gate text, gate_else text,
                    answer_by timestamptz, tell boolean)),
           held AS (
             SELECT id FROM visit WHERE tenant = app_tenant() AND id = ANY(:ids) ORDER BY id FOR UPDATE)
           UPDATE visit v SET status = coalesce(n.status, v.status), started_at = coalesce(n.started_at, v.started_at),
                  ended_at = coalesce(n.ended_at, v.ended_at), expected_end = coalesce(n.expected_end, v.expected_end),
                  done_by = coalesce(n.done_by, v.done_by),
                  cancelled_by = CASE WHEN n.waits THEN NULL ELSE coalesce(n.cancelled_by, v.cancelled_by) END,
                  cancel_reason = CASE WHEN n.waits THEN NULL ELSE coalesce(n.cancel_reason, v.cancel_reason) END,
                  held = coalesce(n.held, v.held), held_at = CASE WHEN n.held AND NOT v.held THEN :now
                                                                  WHEN NOT n.held THEN NULL ELSE v.held_at END,
                  expected_start = CASE WHEN n.on_time THEN NULL ELSE coalesce(n.expected_start, v.expected_start) END,
                  late_from = CASE WHEN n.on_time THEN NULL ELSE coalesce(n.late_from, v.late_from) END,
                  late_by = CASE WHEN n.on_time THEN NULL ELSE coalesce(n.late_by, v.late_by) END,
                  gate = coalesce(n.gate, v.gate),
                  gate_else = coalesce(n.gate_else, v.gate_else), answer_by = coalesce(n.answer_by, v.answer_by),
                  cancelled_at = CASE WHEN n.status = 'cancelled' THEN :now
                                      WHEN n.waits THEN NULL ELSE v.cancelled_at END,
                  visit_rev = v.visit_rev + cast(n.tell AS int), rev = v.rev + 1
           FROM held JOIN new n ON n.visit_id = held.id
           WHERE v.tenant = app_tenant() AND v.id = held.id AND v.rev = n.rev RETURNING v.id""",
        ids=[u.visit_id for u in updates],
        updates=json.dumps([asdict(u) | {"rev": revs[u.visit_id]} for u in updates], default=str),
    )
    if moved_on := {u.visit_id for u in updates} - {r["id"] for r in written}:
        raise VisitMovedOn(f"visit {min(moved_on)} was changed by someone else")


def record_confirmations(tx: Tx, day: Day, updates: Sequence[ConfirmationUpdate]) -> None:
    """Write answers; a later answer to the same promise replaces the earlier one."""
    tx.run_many(
        """INSERT INTO confirmation (promise_id, participant, state, via, at, other_time)
           VALUES (:promise, :participant, :state, :via, :at, :other_time)
           ON CONFLICT (tenant, promise_id, participant) DO UPDATE
             SET state = excluded.state, via = excluded.via, at = excluded.at, other_time = excluded.other_time""",
        [
            {
                "promise": u.promise_id,
                "participant": PartyKind.CLINICIAN if u.party_id in day.clinicians else PartyKind.PATIENT,
                "state": u.state,
                "via": u.via,
                "at": u.at,
                "other_time": u.other_time,
            }
            for u in updates
        ],
    )


def close_prompts(tx: Tx, touch_ids: Sequence[TouchId]) -> None:
    """An answered question is no longer open on its number; one about several visits is once each is answered."""
    tx.run(
        """UPDATE open_prompt o SET closed_at = :now FROM promise p
           WHERE o.tenant = app_tenant() AND p.tenant = o.tenant AND p.id = o.promise_id
             AND p.touch_id = ANY(:touches) AND o.closed_at IS NULL
             AND NOT EXISTS (
               SELECT FROM prompt_promise a JOIN promise q ON q.tenant = a.tenant AND q.id = a.promise_id
               JOIN visit v ON v.tenant = q.tenant AND v.id = q.visit_id AND v.patient_id = q.party_id
                 AND v.status IN ('requested', 'scheduled', 'confirmed', 'en_route')
               LEFT JOIN confirmation c ON c.tenant = q.tenant AND c.promise_id = q.id
               WHERE a.tenant = o.tenant AND a.prompt_id = o.id AND coalesce(c.state, 'needs_action') = 'needs_action'
                 AND NOT EXISTS (SELECT FROM promise n WHERE n.tenant = q.tenant AND n.visit_id = q.visit_id
                                   AND n.party_id = q.party_id AND n.seq > q.seq))""",
        touches=list(touch_ids),
    )


@dataclass(frozen=True, slots=True)
class NewDemand:
    """One visit to add to a published day; instants are aware."""

    external_id: str
    branch_id: BranchId
    patient: str | None
    service: str
    site: str | None
    service_date: date
    earliest_start: datetime
    latest_end: datetime
    duration_minutes: int | None
    required_skills: tuple[str, ...]
    priority: int
    positions: int


def add(tx: Tx, demand: NewDemand) -> VisitId | None:
    """Insert a visit at its patient's place, or its site's; None where one of them is unknown, or the visit exists."""
    row = tx.row(
        """INSERT INTO visit (external_id, branch_id, service_date, service_code, patient_id, place_id, earliest_start,
                  latest_start, latest_end, duration_min, documentation_min, positions, required_skills, priority,
                  status, source_updated_at)
           SELECT :external_id, :branch, :date,
                  s.code, t.party_id, coalesce(site.id, t.place_id), :earliest,
                  :latest_end - make_interval(mins => m.care), :latest_end, m.care, s.documentation_min, :positions,
                  :skills, :priority, 'requested', :now
           FROM service s
           CROSS JOIN LATERAL (SELECT coalesce(:duration, s.duration_min) AS care) m
           LEFT JOIN party p ON p.tenant = s.tenant AND p.kind = 'patient' AND p.external_id = :patient
           LEFT JOIN patient t ON t.tenant = p.tenant AND t.party_id = p.id
           LEFT JOIN place site ON site.tenant = s.tenant AND site.owner_key = 'site:' || :site
           WHERE s.tenant = app_tenant() AND s.code = :service
             AND (t.party_id IS NOT NULL) = (s.kind <> 'open_shift') AND coalesce(site.id, t.place_id) IS NOT NULL
             AND cast(:earliest AS timestamptz) <= :latest_end - make_interval(mins => m.care)
           ON CONFLICT (tenant, external_id) DO NOTHING RETURNING id""",
        external_id=demand.external_id,
        branch=demand.branch_id,
        date=demand.service_date,
        earliest=demand.earliest_start,
        latest_end=demand.latest_end,
        duration=demand.duration_minutes,
        positions=demand.positions,
        skills=list(demand.required_skills),
        priority=demand.priority,
        patient=demand.patient,
        site=demand.site,
        service=demand.service,
    )
    return VisitId(row["id"]) if row else None
