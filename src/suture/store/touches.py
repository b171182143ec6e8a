"""Touches: messages planned in the transaction that causes them, then claimed once, under a lease, by whoever sends.

planned → claimed → sending → sent. A lease that runs out while claimed goes back to planned, since nothing has left;
while sending it becomes `unknown`, since it may have. A living sender renews its lease, so only a dead one's runs out.
Due times compare with `:now`; only leases use the database's clock.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from suture.model.ids import BranchId, PartyId, TouchId, VisitId
from suture.model.messages import GATE_STEPS, Channel, Step, SubjectKind, Touch, TouchState
from suture.store import outreach, undecided
from suture.store.transaction import Tx
from suture.words.reason import Reason, from_json, to_json

PRESSING_FIRST = (0, 1, 2, 3)
_NOT_TO_PATIENTS = """AND NOT EXISTS (SELECT FROM party p WHERE p.tenant = t.tenant AND p.id = t.party_id
                                       AND p.kind = 'patient')"""
DAYS = frozenset({SubjectKind.CLINICIAN_DAY, SubjectKind.PATIENT_DAY})


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to send one touch. `fence` must still match whenever something is written for it."""

    touch_id: TouchId
    fence: int
    branch_id: BranchId
    service_date: date


@dataclass(frozen=True, slots=True)
class StoredTouch:
    """A touch as it stands."""

    id: TouchId
    fence: int
    branch_id: BranchId
    service_date: date
    subject: SubjectKind
    subject_id: int
    subject_rev: int
    party_id: PartyId
    step: Step
    ordinal: int
    channel: Channel
    urgent: bool
    due_at: datetime
    not_after: datetime
    state: TouchState
    idem_key: str
    because: Reason | None


def plan(tx: Tx, branch_id: BranchId, service_date: date, touches: Sequence[Touch]) -> tuple[TouchId, ...]:
    """Write touches to send later; a newer message about someone's day replaces the unsent older one.

    A patient's day also takes over the unsent questions and notices about single visits of it.

    The same touch again is the same row: it is refreshed while it waits, comes back where it had been superseded
    unsent, and is left alone in every other state. Returns the ids of those that wait because of this call.
    No two of `touches` may be the same one. New rows are numbered in their order.
    """
    _supersede_days(tx, branch_id, service_date, [t for t in touches if t.subject in DAYS])
    if not touches:
        return ()
    rows = tx.rows(
        """INSERT INTO touch (tenant, branch_id, service_date, subject, subject_id, subject_rev, party_id, step,
                  ordinal, channel, priority, urgent, due_at, not_after, why, planned_at)
           SELECT app_tenant(), :branch, :date, subject, subject_id, subject_rev, party_id, step, ordinal, channel,
                  priority, urgent, due_at, not_after, because, :now
           FROM jsonb_to_recordset(cast(:touches AS jsonb)) AS r(subject text, subject_id bigint, subject_rev int,
                  party_id bigint, step text, ordinal smallint, channel text, priority smallint, urgent boolean,
                  due_at timestamptz, not_after timestamptz, because jsonb)
           ON CONFLICT (tenant, subject, subject_id, subject_rev, party_id, step, ordinal) DO UPDATE
             SET due_at = CASE WHEN touch.state = 'planned' THEN least(touch.due_at, excluded.due_at)
                               ELSE excluded.due_at END,
                 state = 'planned', not_after = excluded.not_after, channel = excluded.channel, urgent = excluded.urgent
             WHERE touch.state IN ('planned', 'superseded')
           RETURNING id""",
        branch=branch_id,
        date=service_date,
        touches=json.dumps([_as_row(t) for t in touches]),
    )
    return tuple(TouchId(r["id"]) for r in rows)


def _as_row(touch: Touch) -> dict[str, object]:
    return {
        "subject": touch.subject,
        "subject_id": touch.subject_id,
        "subject_rev": touch.subject_rev,
        "party_id": touch.party_id,
        "step": touch.step,
        "ordinal": touch.ordinal,
        "channel": touch.channel,
        "priority": touch.priority,
        "urgent": touch.urgent,
        "due_at": touch.due_at.isoformat(),
        "not_after": touch.not_after.isoformat(),
        "because": to_json(touch.because),
    }


def _supersede_days(tx: Tx, branch_id: BranchId, service_date: date, newer: Sequence[Touch]) -> None:
    if not newer:
        return
    tx.run(
        """UPDATE touch t SET state = 'superseded', lease_until = NULL
           FROM jsonb_to_recordset(cast(:newer AS jsonb))
                AS d(subject text, id bigint, party bigint, rev int, step text)
           WHERE t.tenant = app_tenant() AND t.party_id = d.party AND t.state IN ('planned', 'claimed')
             AND ((t.subject = d.subject AND t.subject_id = d.id AND t.subject_rev < d.rev
                   AND (d.subject = 'clinician_day' OR t.step = d.step))
               OR (d.subject = 'patient_day' AND t.subject = 'visit' AND t.step = d.step AND t.branch_id = :branch
                   AND t.service_date = :date))""",
        newer=json.dumps([_day(t) for t in newer]),
        branch=branch_id,
        date=service_date,
    )


def _day(touch: Touch) -> dict[str, object]:
    return {
        "subject": touch.subject,
        "id": touch.subject_id,
        "party": touch.party_id,
        "rev": touch.subject_rev,
        "step": touch.step,
    }


def supersede_notices(tx: Tx, touch: StoredTouch) -> None:
    """End what has not left yet and would tell this party of this day what the question in `touch` says as well."""
    tx.run(
        """UPDATE touch SET state = 'superseded', lease_until = NULL
           WHERE tenant = app_tenant() AND party_id = :party AND branch_id = :branch AND service_date = :date
             AND step = 'p.notice' AND state IN ('planned', 'claimed')""",
        party=touch.party_id,
        branch=touch.branch_id,
        date=touch.service_date,
    )


def was_mailed(tx: Tx, visit_id: VisitId, party_id: PartyId, steps: Collection[Step]) -> bool:
    """Whether one of these messages about a visit has gone to a party by e-mail."""
    found: bool = tx.scalar(
        """SELECT EXISTS (
             SELECT FROM touch t LEFT JOIN touch_visit s
               ON s.tenant = t.tenant AND s.touch_id = t.id AND s.visit_id = :visit
             WHERE t.tenant = app_tenant() AND t.party_id = :party AND t.channel = 'email' AND t.state = 'sent'
               AND t.step = ANY(:steps)
               AND (s.visit_id IS NOT NULL OR (t.subject = 'visit' AND t.subject_id = :visit)))""",
        visit=visit_id,
        party=party_id,
        steps=[str(step) for step in steps],
    )
    return found


def note_visits(tx: Tx, touch: StoredTouch, revs: Mapping[VisitId, int]) -> None:
    """Keep of which visits a message about a patient's day speaks that is about to leave, each at its `visit_rev`."""
    tx.run("DELETE FROM touch_visit WHERE tenant = app_tenant() AND touch_id = :touch", touch=touch.id)
    tx.run(
        """INSERT INTO touch_visit (tenant, touch_id, visit_id, visit_rev)
           SELECT app_tenant(), :touch, v.id, v.rev
           FROM unnest(cast(:ids AS bigint[]), cast(:revs AS int[])) AS v(id, rev)""",
        touch=touch.id,
        ids=list(revs.keys()),
        revs=list(revs.values()),
    )


def visit_revs(tx: Tx, touch: StoredTouch) -> Mapping[VisitId, int]:
    """The visits a message is about, each with the `visit_rev` it told, as it left."""
    if touch.subject is SubjectKind.VISIT:
        return {VisitId(touch.subject_id): touch.subject_rev}
    rows = tx.rows(
        """SELECT visit_id, visit_rev FROM touch_visit
           WHERE tenant = app_tenant() AND touch_id = :touch ORDER BY visit_id""",
        touch=touch.id,
    )
    return {VisitId(r["visit_id"]): r["visit_rev"] for r in rows}


def supersede_stale(tx: Tx, revs: Mapping[VisitId, int]) -> int:
    """End unsent touches about an older `visit_rev` of these visits; what is under way or sent is left alone.

    What tells a clinician of a gate is looked at when it leaves: it says nothing of the time alone.
    """
    return tx.run(
        """UPDATE touch t SET state = 'superseded', lease_until = NULL
           FROM unnest(cast(:ids AS bigint[]), cast(:revs AS int[])) AS v(id, rev)
           WHERE t.tenant = app_tenant() AND t.subject = 'visit' AND t.subject_id = v.id AND t.subject_rev < v.rev
             AND t.state IN ('planned', 'claimed') AND t.step <> ALL(:gates)""",
        ids=list(revs.keys()),
        revs=list(revs.values()),
        gates=[str(step) for step in GATE_STEPS],
    )


def said_again(tx: Tx, wanted: Sequence[Touch]) -> list[Touch]:
    """The same touches; what says of a gate what was sent before, and was not so in between, is one more message."""
    gates = [t for t in wanted if t.step in GATE_STEPS]
    if not gates:
        return list(wanted)
    rows = tx.rows(
        """SELECT subject_id, party_id, step, max(ordinal) AS last FROM touch
           WHERE tenant = app_tenant() AND subject = 'visit' AND subject_id = ANY(:visits) AND step = ANY(:steps)
             AND state NOT IN ('planned', 'superseded') GROUP BY subject_id, party_id, step""",
        visits=[t.subject_id for t in gates],
        steps=[str(step) for step in GATE_STEPS],
    )
    last = {(r["subject_id"], r["party_id"], r["step"]): r["last"] for r in rows}
    return [
        replace(t, ordinal=last.get((t.subject_id, t.party_id, t.step), -1) + 1) if t.step in GATE_STEPS else t
        for t in wanted
    ]


def claim(
    tx: Tx, limit: int, lease_seconds: float, channels: Sequence[Channel] = tuple(Channel), *, starting: bool = False
) -> tuple[Claim, ...]:
    """Take up to `limit` due touches for `lease_seconds`, most pressing first; two callers never take the same one.

    While messages are on hold only those to test recipients; before an awaited import, none to patients. None about a
    branch-day for which something is still to be decided; for how long, `undecided` says.
    """
    allowed = outreach.state(tx)
    recipients = [r.party_id for r in outreach.test_recipients(tx)] if allowed.on_hold else []
    if allowed.on_hold and not recipients:
        return ()
    one = len(channels) == 1
    rows = tx.rows(
        f"""WITH due AS (
             SELECT d.id FROM unnest(cast(:priorities AS smallint[])) AS p(priority)
             CROSS JOIN LATERAL (
               SELECT id FROM touch t
               WHERE tenant = app_tenant() AND state = 'planned' AND priority = p.priority AND due_at <= :now
                 AND {"channel = :channel" if one else "channel = ANY(:channels)"}
                 {"AND party_id = ANY(:recipients)" if allowed.on_hold else ""}
                 {_NOT_TO_PATIENTS if allowed.awaits_import else ""}
                 AND NOT {undecided.WAITS}
               ORDER BY due_at, id LIMIT :limit FOR UPDATE SKIP LOCKED) d
             LIMIT :limit)
           UPDATE touch t SET state = 'claimed', attempts = attempts + 1,
                  lease_until = clock_timestamp() + make_interval(secs => :lease)
           FROM due WHERE t.tenant = app_tenant() AND t.id = due.id
           RETURNING t.id, t.attempts, t.branch_id, t.service_date, t.priority, t.due_at""",  # noqa: S608 - our own words
        priorities=list(PRESSING_FIRST),
        limit=limit,
        lease=lease_seconds,
        **({"channel": channels[0]} if one else {"channels": [str(c) for c in channels]}),
        **({"recipients": recipients} if allowed.on_hold else {}),
        **undecided.values(allowed, tx.now, starting=starting),
    )
    ordered = sorted(rows, key=lambda r: (r["priority"], r["due_at"], r["id"]))
    return tuple(Claim(TouchId(r["id"]), r["attempts"], BranchId(r["branch_id"]), r["service_date"]) for r in ordered)


def give_back(tx: Tx, claims: Sequence[Claim]) -> int:
    """Free what was claimed and has not begun to leave, as far as it still is of these claims; it stays due."""
    return tx.run(
        """UPDATE touch t SET state = 'planned', lease_until = NULL
           FROM unnest(cast(:ids AS bigint[]), cast(:fences AS int[])) AS c(id, fence)
           WHERE t.tenant = app_tenant() AND t.id = c.id AND t.attempts = c.fence AND t.state = 'claimed'""",
        ids=[c.touch_id for c in claims],
        fences=[c.fence for c in claims],
    )


def due_since(tx: Tx, instant: datetime) -> tuple[StoredTouch, ...]:
    """Lock the planned touches that have become due since an instant."""
    rows = tx.rows(
        """SELECT * FROM touch WHERE tenant = app_tenant() AND state = 'planned' AND due_at > :instant
             AND due_at <= :now ORDER BY id FOR UPDATE""",
        instant=instant,
    )
    return tuple(stored(r) for r in rows)


def next_due(tx: Tx) -> datetime | None:
    """When the next planned touch is due."""
    due: datetime | None = tx.scalar("SELECT min(due_at) FROM touch WHERE tenant = app_tenant() AND state = 'planned'")
    return due


def hold(tx: Tx, claim: Claim, *states: TouchState) -> StoredTouch | None:
    """Lock a claimed touch; None when it is no longer this claim's, or no longer in one of `states`."""
    row = tx.row(
        """SELECT * FROM touch WHERE tenant = app_tenant() AND id = :id AND attempts = :fence AND state = ANY(:states)
           FOR UPDATE""",
        id=claim.touch_id,
        fence=claim.fence,
        states=[str(s) for s in states],
    )
    return stored(row) if row else None


def hold_by_id(tx: Tx, touch_id: TouchId, *states: TouchState) -> StoredTouch | None:
    """Lock a touch whoever sends it; None when it is in none of `states`."""
    row = tx.row(
        "SELECT * FROM touch WHERE tenant = app_tenant() AND id = :id AND state = ANY(:states) FOR UPDATE",
        id=touch_id,
        states=[str(s) for s in states],
    )
    return stored(row) if row else None


def find(tx: Tx, touch_id: TouchId) -> StoredTouch:
    """A touch as it stands, without a lock. Raises LookupError."""
    row = tx.row("SELECT * FROM touch WHERE tenant = app_tenant() AND id = :id", id=touch_id)
    if row is None:
        raise LookupError(f"touch {touch_id} does not exist")
    return stored(row)


def end(tx: Tx, touch: StoredTouch, state: TouchState, *, sid: str = "", trace: Sequence[tuple[str, str]] = ()) -> None:
    """Put a held touch into a state it leaves no more by itself."""
    tx.run(
        """UPDATE touch SET state = :state, lease_until = NULL, provider_sid = nullif(:sid, ''),
                  sent_at = CASE WHEN :state = 'sent' THEN :now ELSE sent_at END,
                  gates = CASE WHEN :trace = '[]' THEN gates ELSE cast(:trace AS jsonb) END
           WHERE tenant = app_tenant() AND id = :id""",
        id=touch.id,
        state=state,
        sid=sid,
        trace=json.dumps(trace),
    )


def note_gates(tx: Tx, touch: StoredTouch, trace: Sequence[tuple[str, str]]) -> None:
    """Keep what the gates said of a touch that is about to leave."""
    tx.run(
        "UPDATE touch SET gates = cast(:trace AS jsonb) WHERE tenant = app_tenant() AND id = :id",
        id=touch.id,
        trace=json.dumps(trace),
    )


def plan_again(tx: Tx, touch: StoredTouch, due_at: datetime, trace: Sequence[tuple[str, str]] = ()) -> None:
    """Put a held touch back to be tried at `due_at`."""
    tx.run(
        """UPDATE touch SET state = 'planned', lease_until = NULL, due_at = :due_at,
                  gates = CASE WHEN :trace = '[]' THEN gates ELSE cast(:trace AS jsonb) END
           WHERE tenant = app_tenant() AND id = :id""",
        id=touch.id,
        due_at=due_at,
        trace=json.dumps(trace),
    )


def renew(tx: Tx, claim: Claim, lease_seconds: float) -> None:
    """Hold a touch that is leaving for longer, unless its lease has run out already."""
    tx.run(
        """UPDATE touch SET lease_until = clock_timestamp() + make_interval(secs => :lease)
           WHERE tenant = app_tenant() AND id = :id AND attempts = :fence AND state = 'sending'""",
        id=claim.touch_id,
        fence=claim.fence,
        lease=lease_seconds,
    )


def stopped_about_day(
    tx: Tx, branch_id: BranchId, service_date: date, clinicians: Sequence[PartyId]
) -> tuple[TouchId, ...]:
    """Messages about the day of these clinicians that were not let out."""
    if not clinicians:
        return ()
    rows = tx.rows(
        """SELECT id FROM touch WHERE tenant = app_tenant() AND subject = 'clinician_day' AND state = 'suppressed'
             AND branch_id = :branch AND service_date = :date AND party_id = ANY(:ids) ORDER BY id""",
        branch=branch_id,
        date=service_date,
        ids=list(clinicians),
    )
    return tuple(TouchId(r["id"]) for r in rows)


def free(tx: Tx, touch: StoredTouch) -> None:
    """Put a touch back that was claimed and has not begun to leave; it stays due."""
    plan_again(tx, touch, touch.due_at)


def sweep_leases(tx: Tx, lease_seconds: float) -> tuple[StoredTouch, ...]:
    """Free what a dead sender held; returns the touches that may or may not have left and are now `unknown`.

    A lease that ends further ahead than its own length, because the clock was set back, is cut to that length.
    """
    tx.run(
        """UPDATE touch SET lease_until = clock_timestamp() + make_interval(secs => :lease)
           WHERE tenant = app_tenant() AND state IN ('claimed', 'sending')
             AND lease_until > clock_timestamp() + make_interval(secs => :lease)""",
        lease=lease_seconds,
    )
    tx.run(
        """UPDATE touch SET state = 'planned', lease_until = NULL
           WHERE tenant = app_tenant() AND state = 'claimed' AND lease_until < clock_timestamp()"""
    )
    rows = tx.rows(
        """UPDATE touch SET state = 'unknown', lease_until = NULL
           WHERE tenant = app_tenant() AND state = 'sending' AND lease_until < clock_timestamp() RETURNING *"""
    )
    if rows:
        tx.run(
            """UPDATE message_attempt SET outcome = 'unknown'
               WHERE tenant = app_tenant() AND touch_id = ANY(:ids) AND outcome IS NULL""",
            ids=[r["id"] for r in rows],
        )
    return tuple(sorted((stored(r) for r in rows), key=lambda t: t.id))


def stored(row: Any) -> StoredTouch:
    """A touch row as the model knows it."""
    return StoredTouch(
        id=TouchId(row["id"]),
        fence=row["attempts"],
        branch_id=BranchId(row["branch_id"]),
        service_date=row["service_date"],
        subject=SubjectKind(row["subject"]),
        subject_id=row["subject_id"],
        subject_rev=row["subject_rev"],
        party_id=PartyId(row["party_id"]),
        step=Step(row["step"]),
        ordinal=row["ordinal"],
        channel=Channel(row["channel"]),
        urgent=row["urgent"],
        due_at=row["due_at"],
        not_after=row["not_after"],
        state=TouchState(row["state"]),
        idem_key=str(row["idem_key"]),
        because=from_json(why) if (why := row["why"] or row["because"]) else None,
    )
