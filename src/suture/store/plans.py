"""Saves what decisions make of plans: versions, their rows, who is busy when. Refuses a base that has moved on."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import date
from typing import NamedTuple

from suture.model.day import Day
from suture.model.decision import Cause, Change, Decision
from suture.model.ids import BranchDay, BranchId, PartyId
from suture.model.plan import Assignment, Stage
from suture.store.day import as_assignment
from suture.store.transaction import Tx
from suture.words.reason import to_json


class PlanMovedOn(Exception):
    """Someone else has written a version since this decision was made: load the day again and decide again."""


class Saved(NamedTuple):
    """A decision about a branch-day, the day it was made of, and the CPU milliseconds that deciding took."""

    day: Day
    decision: Decision
    cpu_ms: float


def lock_days(tx: Tx, days: Sequence[BranchDay]) -> None:
    """Until the end of this transaction no one else writes a plan of these days, or what plans of them read.

    The first of all locks. A day that has no plan yet has no head to lock, and may get one just now.
    """
    tx.run(
        """SELECT pg_advisory_xact_lock(hashtextextended(
             cast(jsonb_build_array('day', app_tenant(), d.branch, d.date) AS text), 0))
           FROM unnest(cast(:branches AS bigint[]), cast(:dates AS date[])) AS d(branch, date)""",
        branches=[day.branch_id for day in sorted(days)],
        dates=[day.service_date for day in sorted(days)],
    )


def save(tx: Tx, parts: Sequence[Saved]) -> None:
    """Write versions and their rows. Raises PlanMovedOn when a head is no longer its decision's base.

    Whatever ends is ended before anything begins: a visit may leave one of these days for another.
    """
    for part in parts:
        _lock_head(tx, part.day, part.decision)
    changed = [part for part in parts if part.decision.changes_plan]
    for day, decision, cpu_ms in changed:
        _write_version(tx, day, decision, cpu_ms)
        _end_rows(tx, decision)
        if decision.stage is Stage.PUBLISHED:
            _vacate(tx, decision.changes)
    for day, decision, _ in changed:
        _write_rows(tx, decision)
        _move_head(tx, decision)
        if decision.stage is Stage.PUBLISHED:
            _occupy(tx, day, [c.after for c in decision.changes if c.after is not None], decision.version)
    for day, decision, _ in parts:
        if decision.cause is Cause.PUBLISH:
            _move_head(tx, decision)
            _occupy(tx, day, decision.assignments.values(), decision.version)


def _lock_head(tx: Tx, day: Day, decision: Decision) -> None:
    """Take the row lock on the head that was loaded, before any row of the plan, and compare."""
    head = tx.row(
        """SELECT version FROM plan_head
           WHERE tenant = app_tenant() AND branch_id = :branch AND service_date = :date AND stage = :stage
           FOR UPDATE""",
        branch=decision.branch_id,
        date=decision.service_date,
        stage=day.plan.stage,
    )
    if (head["version"] if head else 0) != decision.base_version:
        raise _moved_on(decision)


def _moved_on(decision: Decision) -> PlanMovedOn:
    return PlanMovedOn(f"the plan of {decision.service_date} is no longer at version {decision.base_version}")


def _write_version(tx: Tx, day: Day, decision: Decision, cpu_ms: float) -> None:
    key = {"branch": decision.branch_id, "date": decision.service_date, "version": decision.version}
    written = tx.run(
        """INSERT INTO plan (branch_id, service_date, version, base_version, why, actor, at)
           VALUES (:branch, :date, :version, :base, cast(:why AS jsonb), :actor, :now) ON CONFLICT DO NOTHING""",
        base=decision.base_version,
        why=json.dumps(to_json(decision.because)),
        actor=str(tx.actor),
        **key,
    )
    if written != 1:  # two first passes at once: before the first version there is no head to lock
        raise _moved_on(decision)
    run = decision.run
    tx.run(
        """INSERT INTO decision (branch_id, service_date, version, cause, signal_ids, input_sha, engine, seed,
                  iterations, rulebook_hash, travel_version, why, hit, score, decide_cpu_ms, at)
           VALUES (:branch, :date, :version, :cause, :signals, :sha, :engine, :seed, :iterations, :rulebook, :travel,
                  cast(:why AS jsonb), cast(:hit AS jsonb), cast(:score AS jsonb), :cpu_ms, :now)""",
        cause=decision.cause,
        signals=list(decision.signal_ids),
        sha=input_sha(day),
        engine=run["engine"],
        seed=run["seed"],
        iterations=run["iterations"],
        rulebook=run["rulebook_hash"],
        travel=run["travel"],
        why=json.dumps(to_json(decision.because)),
        hit=json.dumps(decision.hit),
        score=json.dumps(run["score"]),
        cpu_ms=cpu_ms,
        **key,
    )


def input_sha(day: Day) -> str:
    """A digest of everything a decision could read of the day: equal digests, seed and rulebook give equal plans.

    Sets are put in order first: they have another one in every process.
    """
    facts = [getattr(day, field.name) for field in fields(day)]
    ordered = [sorted(map(repr, fact)) if isinstance(fact, frozenset) else fact for fact in facts]
    return hashlib.sha256(repr(ordered).encode()).hexdigest()


def _end_rows(tx: Tx, decision: Decision) -> None:
    """End the rows that no longer hold; unchanged rows stay as they are."""
    key = {"branch": decision.branch_id, "date": decision.service_date, "version": decision.version}
    tx.run_many(
        """UPDATE assignment SET to_version = :version
           WHERE tenant = app_tenant() AND branch_id = :branch AND service_date = :date AND visit_id = :visit
             AND position = :position AND to_version IS NULL""",
        [{"visit": c.key.visit_id, "position": c.key.position, **key} for c in decision.changes if c.before],
    )


def _write_rows(tx: Tx, decision: Decision) -> None:
    """Write the rows that now hold and did not."""
    key = {"branch": decision.branch_id, "date": decision.service_date, "version": decision.version}
    tx.run_many(
        """INSERT INTO assignment (branch_id, service_date, visit_id, position, from_version, clinician_id, route_order,
                  starts_at, ends_at, told_open, told_close, pinned, source)
           VALUES (:branch, :date, :visit, :position, :version, :clinician, :route_order, :starts_at, :ends_at,
                  :told_open, :told_close, :pinned, :source)""",
        [{**_columns(c.after), **key} for c in decision.changes if c.after],
    )


def _columns(a: Assignment) -> dict[str, object]:
    return {
        "visit": a.key.visit_id,
        "position": a.key.position,
        "clinician": a.clinician_id,
        "route_order": a.route_order,
        "starts_at": a.starts_at,
        "ends_at": a.ends_at,
        "told_open": a.told.open,
        "told_close": a.told.close,
        "pinned": a.pinned,
        "source": a.source,
    }


def _move_head(tx: Tx, decision: Decision) -> None:
    """Put the head at the new version, guarded by the lock of `_lock_head`; a published plan has no draft beside it."""
    key = {"branch": decision.branch_id, "date": decision.service_date}
    if decision.cause is Cause.PUBLISH:
        tx.run(
            """DELETE FROM plan_head
               WHERE tenant = app_tenant() AND branch_id = :branch AND service_date = :date AND stage = 'draft'""",
            **key,
        )
    moved = tx.run(
        """INSERT INTO plan_head (branch_id, service_date, stage, version)
           VALUES (:branch, :date, :stage, :version)
           ON CONFLICT (tenant, branch_id, service_date, stage) DO UPDATE SET version = :version
           WHERE plan_head.version = :base""",
        stage=decision.stage,
        version=decision.version,
        base=decision.base_version,
        **key,
    )
    if moved != 1:
        raise _moved_on(decision)


def _vacate(tx: Tx, changes: tuple[Change, ...]) -> None:
    tx.run_many(
        """DELETE FROM occupancy
           WHERE tenant = app_tenant() AND layer = 'visit' AND subject_id = :visit AND position = :position""",
        [{"visit": c.key.visit_id, "position": c.key.position} for c in changes if c.before],
    )


def vacate_started(tx: Tx, branch_id: BranchId, service_date: date) -> None:
    """Begun and closed visits no longer claim anyone's time: what they really take is a fact, not a plan to guard."""
    tx.run(
        """DELETE FROM occupancy o USING visit v
           WHERE o.tenant = app_tenant() AND o.layer = 'visit' AND v.tenant = o.tenant AND v.id = o.subject_id
             AND v.branch_id = :branch AND v.service_date = :date
             AND v.status IN ('en_route', 'in_progress', 'completed', 'cancelled', 'no_show', 'missed')""",
        branch=branch_id,
        date=service_date,
    )


def _occupy(tx: Tx, day: Day, assignments: Iterable[Assignment], version: int) -> None:
    tx.run_many(
        """INSERT INTO occupancy (layer, subject_id, position, clinician_id, busy, subject_rev, plan_version)
           VALUES ('visit', :visit, :position, :clinician, tstzrange(:starts_at, :ends_at), :rev, :version)""",
        [{**_columns(a), "rev": day.visits[a.key.visit_id].rev, "version": version} for a in assignments],
    )


def last_lists(
    tx: Tx, branch_id: BranchId, service_date: date, clinicians: Sequence[PartyId]
) -> dict[PartyId, tuple[Assignment, ...]]:
    """What each of them was last told of their day, in order: their stops in the version of the last message sent."""
    told = tx.rows(
        """SELECT party_id, max(subject_rev) AS version FROM touch
           WHERE tenant = app_tenant() AND subject = 'clinician_day' AND branch_id = :branch AND service_date = :date
             AND party_id = ANY(:ids) AND state = 'sent' GROUP BY party_id""",
        branch=branch_id,
        date=service_date,
        ids=list(clinicians),
    )
    rows = tx.rows(
        """SELECT a.* FROM assignment a
           JOIN unnest(cast(:ids AS bigint[]), cast(:versions AS int[])) AS t(party, version)
             ON t.party = a.clinician_id AND a.from_version <= t.version
            AND (a.to_version IS NULL OR a.to_version > t.version)
           WHERE a.tenant = app_tenant() AND a.branch_id = :branch AND a.service_date = :date
           ORDER BY a.starts_at, a.visit_id, a.position""",
        branch=branch_id,
        date=service_date,
        ids=[r["party_id"] for r in told],
        versions=[r["version"] for r in told],
    )
    stops = [as_assignment(r) for r in rows]
    return {PartyId(r["party_id"]): tuple(a for a in stops if a.clinician_id == r["party_id"]) for r in told}
