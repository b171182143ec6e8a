"""Recounts a branch-day from its rows alone: what the figures claim must be true of the tables, not of counters."""

from dataclasses import dataclass
from datetime import date, datetime

from suture.model.day import ConfirmationState
from suture.model.funnel import Asked
from suture.model.ids import BranchId, PartyId, PositionKey
from suture.model.messages import Channel
from suture.model.plan import Assignment
from suture.store.day import ON_HOLD, as_assignment
from suture.store.transaction import Tx


@dataclass(frozen=True, slots=True)
class FirstPass:
    """Positions the first pass looked at, those it filled, and the cases it opened for the rest."""

    positions: int
    assigned: int
    exceptions: int


@dataclass(frozen=True, slots=True)
class CallOutFacts:
    """What the first call-out of the day did, read from the versions around it. `decide_ms` is CPU time."""

    clinician: str
    hit: int
    reassigned: int
    others_moved: int
    decide_ms: float


@dataclass(frozen=True, slots=True)
class Confirmations:
    """Answers to the current promises that asked for one."""

    asked: int
    confirmed: int
    declined: int

    @property
    def silent(self) -> int:
        """Asked, and no answer yet."""
        return self.asked - self.confirmed - self.declined


def first_pass(tx: Tx, branch_id: BranchId, service_date: date) -> FirstPass:
    """Recounted from version 1, its cases, and what the log says the day wanted then.

    Of a day without such a line, all its visits but those that a signal brought, which came later.
    """
    row = tx.row(
        """SELECT
             (SELECT coalesce(
                (SELECT (SELECT coalesce(sum((pair ->> 1)::int), 0) FROM jsonb_array_elements(e.data -> 'asked') pair)
                 FROM event e WHERE e.tenant = app_tenant() AND e.branch_id = :branch AND e.service_date = :date
                   AND e.kind = 'plan.made' AND e.subject_id = 1 AND e.data ? 'asked' ORDER BY e.seq LIMIT 1),
                sum(positions), 0) FROM visit v
              WHERE v.tenant = app_tenant() AND v.branch_id = :branch AND v.service_date = :date
                AND NOT EXISTS (SELECT FROM inbox i WHERE i.tenant = v.tenant AND i.kind = 'new_visit'
                                AND (i.body ->> 'visit_id')::bigint = v.id)) AS positions,
             (SELECT count(*) FROM assignment
              WHERE tenant = app_tenant() AND branch_id = :branch AND service_date = :date
                AND from_version = 1) AS assigned,
             (SELECT count(*) FROM exception_case
              WHERE tenant = app_tenant() AND branch_id = :branch AND service_date = :date AND opened_version = 1
                AND kind IN ('uncovered_visit', 'uncovered_shift')) AS exceptions""",
        branch=branch_id,
        date=service_date,
    )
    return FirstPass(row["positions"], row["assigned"], row["exceptions"]) if row else FirstPass(0, 0, 0)


LOST = f"""
  FROM visit v CROSS JOIN LATERAL generate_series(1, v.positions) AS seat
  WHERE v.tenant = app_tenant() AND NOT {ON_HOLD}
    AND EXISTS (SELECT FROM plan p WHERE p.tenant = v.tenant AND p.branch_id = v.branch_id
                AND p.service_date = v.service_date)
    AND v.status NOT IN ('completed', 'cancelled', 'no_show', 'missed')
    AND NOT EXISTS (SELECT FROM assignment a WHERE a.tenant = v.tenant AND a.visit_id = v.id
                    AND a.position = seat AND a.to_version IS NULL AND a.branch_id = v.branch_id
                    AND a.service_date = v.service_date)
    AND NOT EXISTS (SELECT FROM exception_case c WHERE c.tenant = v.tenant AND c.subject_kind = 'visit'
                    AND c.subject_id = v.id AND c.subject_position = seat AND c.state <> 'closed'
                    AND c.kind IN ('uncovered_visit', 'uncovered_shift'))"""  # noqa: S608 - our own words
"""Positions that are neither assigned, nor in an open case of group Cover, nor closed: there must be none.

A day that has not been planned yet has lost nothing.
"""


def lost_visits(tx: Tx, branch_id: BranchId, service_date: date) -> int:
    """The lost positions of one branch-day."""
    lost: int = tx.scalar(
        f"SELECT count(*) {LOST} AND v.branch_id = :branch AND v.service_date = :date",
        branch=branch_id,
        date=service_date,
    )
    return lost


def duplicate_messages(tx: Tx, branch_id: BranchId, service_date: date) -> int:
    """Accepted attempts beyond the first for one subject, revision, party, step and channel: there must be none."""
    duplicates: int = tx.scalar(
        """SELECT coalesce(sum(n - 1), 0)::int FROM (
             SELECT count(*) AS n FROM message_attempt m JOIN touch t ON t.tenant = m.tenant AND t.id = m.touch_id
             WHERE m.tenant = app_tenant() AND m.outcome = 'accepted' AND t.branch_id = :branch
               AND t.service_date = :date
             GROUP BY t.subject, t.subject_id, t.subject_rev, t.party_id, t.step, t.channel) sent""",
        branch=branch_id,
        date=service_date,
    )
    return duplicates


def sent_by_channel(tx: Tx, branch_id: BranchId, service_date: date) -> dict[str, int]:
    """Messages that reached `sent`, by channel."""
    rows = tx.rows(
        """SELECT channel, count(*) AS n FROM touch
           WHERE tenant = app_tenant() AND branch_id = :branch AND service_date = :date AND state = 'sent'
           GROUP BY channel""",
        branch=branch_id,
        date=service_date,
    )
    return {r["channel"]: r["n"] for r in rows}


def asked(tx: Tx, branch_id: BranchId, service_date: date) -> tuple[Asked, ...]:
    """The current promise of every patient, where it asked for an answer.

    A message has arrived when a receipt says so; where none can come, when it was accepted: of e-mail, and of what
    leaves by no sender of its own.
    """
    rows = tx.rows(
        """SELECT current.channel, current.window_open - current.told_at AS ahead,
                  coalesce(c.state, 'needs_action') AS answer,
                  EXISTS (SELECT FROM message_attempt m
                          WHERE m.tenant = current.tenant AND m.touch_id = current.touch_id
                            AND (m.delivery = 'delivered'
                              OR (m.outcome = 'accepted' AND m.delivery <> 'failed'
                                AND (m.sender_id IS NULL OR current.channel = 'email')))) AS delivered
           FROM (SELECT DISTINCT ON (p.visit_id, p.party_id) p.*
                 FROM promise p JOIN visit v ON v.tenant = p.tenant AND v.id = p.visit_id
                 WHERE p.tenant = app_tenant() AND v.branch_id = :branch AND v.service_date = :date
                   AND p.party_id = v.patient_id
                 ORDER BY p.visit_id, p.party_id, p.seq DESC) current
           LEFT JOIN confirmation c ON c.tenant = current.tenant AND c.promise_id = current.id
             AND c.participant = 'patient'
           WHERE current.asks ORDER BY current.id""",
        branch=branch_id,
        date=service_date,
    )
    return tuple(Asked(Channel(r["channel"]), r["ahead"], r["delivered"], ConfirmationState(r["answer"])) for r in rows)


def confirmations(tx: Tx, branch_id: BranchId, service_date: date) -> Confirmations:
    """Over the current promise of every patient, where it asked for an answer."""
    answers = [a.answer for a in asked(tx, branch_id, service_date)]
    said = (answers.count(state) for state in (ConfirmationState.ACCEPTED, ConfirmationState.DECLINED))
    return Confirmations(len(answers), *said)


def plan_versions(tx: Tx, branch_id: BranchId, service_date: date) -> int:
    """How many versions the day's plan had."""
    count: int = tx.scalar(
        "SELECT count(*) FROM plan WHERE tenant = app_tenant() AND branch_id = :branch AND service_date = :date",
        branch=branch_id,
        date=service_date,
    )
    return count


def version_times(tx: Tx, branch_id: BranchId, service_date: date) -> dict[int, datetime]:
    """When each version of the day's plan was made, by version."""
    rows = tx.rows(
        """SELECT version, at FROM plan WHERE tenant = app_tenant() AND branch_id = :branch AND service_date = :date
           ORDER BY version""",
        branch=branch_id,
        date=service_date,
    )
    return {r["version"]: r["at"] for r in rows}


def clinicians_on_duty(tx: Tx, branch_id: BranchId, starts: object, ends: object) -> int:
    """Active clinicians of the branch who offered time between two instants, on-call hours aside."""
    count: int = tx.scalar(
        """SELECT count(DISTINCT c.party_id) FROM clinician c
           JOIN availability a ON a.tenant = c.tenant AND a.clinician_id = c.party_id
             AND a.kind IN ('available', 'preferred')
           WHERE c.tenant = app_tenant() AND c.branch_id = :branch AND c.status = 'active'
             AND a.starts_at < :ends AND a.ends_at > :starts""",
        branch=branch_id,
        starts=starts,
        ends=ends,
    )
    return count


def call_out(tx: Tx, branch_id: BranchId, service_date: date) -> CallOutFacts | None:
    """The first call-out that was decided, None where there was none."""
    row = tx.row(
        """SELECT d.version, d.hit AS all_hit, e.data -> 'hit' AS hit, d.decide_cpu_ms, p.external_id FROM decision d
           JOIN inbox i ON i.tenant = d.tenant AND i.id = ANY(d.signal_ids) AND i.kind = 'call_out'
           JOIN event e ON e.tenant = d.tenant AND e.branch_id = d.branch_id AND e.service_date = d.service_date
             AND e.kind = 'signal.handled' AND e.subject_id = i.id
           JOIN party p ON p.tenant = i.tenant AND p.id = (i.body ->> 'clinician_id')::bigint
           WHERE d.tenant = app_tenant() AND d.branch_id = :branch AND d.service_date = :date
           ORDER BY d.version, i.id LIMIT 1""",
        branch=branch_id,
        date=service_date,
    )
    if row is None:
        return None
    hit, all_hit = ({PositionKey(visit, position) for visit, position in row[c]} for c in ("hit", "all_hit"))
    before = rows_at(tx, branch_id, service_date, row["version"] - 1)
    after = rows_at(tx, branch_id, service_date, row["version"])
    moved = [key for key, a in before.items() if key not in all_hit and key in after and _other(a, after[key])]
    return CallOutFacts(
        row["external_id"], len(hit), len(hit & after.keys()), len(moved), round(row["decide_cpu_ms"], 2)
    )


def _other(before: Assignment, after: Assignment) -> bool:
    return before.clinician_id != after.clinician_id or before.told != after.told


def rows_at(tx: Tx, branch_id: BranchId, service_date: date, version: int) -> dict[PositionKey, Assignment]:
    """The assignments that held at one version."""
    rows = tx.rows(
        """SELECT visit_id, position, clinician_id, route_order, starts_at, ends_at, told_open, told_close, pinned,
                  source
           FROM assignment WHERE tenant = app_tenant() AND branch_id = :branch AND service_date = :date
             AND from_version <= :version AND (to_version IS NULL OR to_version > :version)
           ORDER BY visit_id, position""",
        branch=branch_id,
        date=service_date,
        version=version,
    )
    assignments = [as_assignment(r) for r in rows]
    return {a.key: a for a in assignments}


def absent_from_version(tx: Tx, clinician_ids: list[PartyId]) -> dict[tuple[PartyId, object, object], int]:
    """Absences that a decision wrote, with the version from which they held."""
    rows = tx.rows(
        """SELECT clinician_id, starts_at, ends_at, source FROM availability
           WHERE tenant = app_tenant() AND clinician_id = ANY(:ids) AND kind = 'unavailable'
             AND source LIKE 'version:%'""",
        ids=clinician_ids,
    )
    return {
        (PartyId(r["clinician_id"]), r["starts_at"], r["ends_at"]): int(r["source"].removeprefix("version:"))
        for r in rows
    }
