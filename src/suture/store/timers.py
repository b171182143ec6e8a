"""What is due because nothing happened: read off the rows it is about, stored once as a signal of the source `timer`.

A timer is no row of its own: it is an instant that a row has already (an answer that is due, a start, a time something
was told) and a wait. Its signal's id names what it is about, so it counts once, whatever the clock does: an hour that
comes twice fires nothing twice, and after a gap everything fires once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from suture.model.ids import BranchId
from suture.store import inbox
from suture.store.inbox import Arrival
from suture.store.transaction import Row, Tx

SOURCE = "timer"
LONGEST_AGO = timedelta(hours=36)
"""What was due longer ago is history: no one acts on a missing check-in of last week."""


@dataclass(frozen=True, slots=True)
class Waits:
    """How long silence is silence."""

    late_start: timedelta
    """From the planned start to `late_start`."""
    absent: timedelta
    """From there to the second one, with `absent`."""
    no_check_out: timedelta
    """From when a clinician should have left a visit to the missing check-out."""
    change_by_sms: timedelta
    change_by_email: timedelta
    """From a message about a changed list to the clinician's silence."""
    day_by: timedelta
    """The time of day by which a published list is to be accepted, after midnight of the day."""
    ask_after: timedelta | None = None
    """From the opening of a case without a clinician until people are asked; None: never by itself."""
    ask_from: timedelta = timedelta()
    """The time of day from which people are asked who are not on call, after midnight."""


@dataclass(frozen=True, slots=True)
class Due:
    """One timer that has run out, or will."""

    kind: str
    branch_id: BranchId
    service_date: date
    due_at: datetime
    source_id: str
    body: dict[str, object]


_LIVE = """JOIN plan_head h ON h.tenant = {0}.tenant AND h.branch_id = {0}.branch_id
             AND h.service_date = {0}.service_date AND h.stage = 'published'"""
_STOP_LIVE, _VISIT_LIVE, _TOUCH_LIVE = (_LIVE.format(name) for name in ("a", "v", "t"))

_DECLINED = """EXISTS (
        SELECT FROM promise p JOIN confirmation c ON c.tenant = p.tenant AND c.promise_id = p.id
        WHERE p.tenant = v.tenant AND p.visit_id = v.id AND p.party_id = v.patient_id AND c.state = 'declined'
          AND NOT EXISTS (SELECT FROM promise n WHERE n.tenant = p.tenant AND n.visit_id = p.visit_id
                            AND n.party_id = p.party_id AND n.seq > p.seq))"""
"""Whether the patient of a visit `v` said no to what they were told last: a person decides, no one is missed there."""

_STARTS = f"""
    SELECT 'late_start' AS kind, a.branch_id, a.service_date, w.at AS due_at, w.id AS source_id,
           jsonb_build_object('visit_id', a.visit_id, 'position', a.position, 'absent', w.absent) AS body
    FROM assignment a {_STOP_LIVE}
    JOIN visit v ON v.tenant = a.tenant AND v.id = a.visit_id
    CROSS JOIN LATERAL (SELECT 'late_start:' || a.visit_id || ':' || a.position || ':' || a.clinician_id AS id) stop
    LEFT JOIN inbox first ON first.tenant = a.tenant AND first.source = 'timer' AND first.source_id = stop.id
    CROSS JOIN LATERAL (
      SELECT a.starts_at + cast(:late_start AS interval) AS at, stop.id AS id, false AS absent
      UNION ALL SELECT greatest(first.received_at + cast(:absent AS interval),
                                a.starts_at + cast(:late_start AS interval)), stop.id || ':' || 'absent', true
                WHERE first.id IS NOT NULL) AS w
    WHERE a.tenant = app_tenant() AND a.to_version IS NULL AND v.status IN ('requested', 'scheduled', 'confirmed')
      AND NOT v.held AND v.gate IN ('open', 'released') AND NOT {_DECLINED}
      AND a.starts_at > cast(:now AS timestamptz) - cast(:ago AS interval)"""  # noqa: S608 - our own words

_ENDS = f"""
    SELECT 'no_check_out', v.branch_id, v.service_date, left_by.at + cast(:no_check_out AS interval),
           'no_check_out:' || v.id || ':' || extract(epoch FROM left_by.at)::bigint,
           jsonb_build_object('visit_id', v.id)
    FROM visit v {_VISIT_LIVE}
    CROSS JOIN LATERAL (SELECT greatest(v.started_at + v.duration_min * interval '1 minute', v.expected_end)
                                 + v.documentation_min * interval '1 minute' AS at) left_by
    WHERE v.tenant = app_tenant() AND v.status IN ('en_route', 'in_progress') AND v.started_at IS NOT NULL
      AND left_by.at > cast(:now AS timestamptz) - cast(:ago AS interval)"""  # noqa: S608 - our own words

_ANSWERS = f"""
    SELECT 'no_reply', v.branch_id, v.service_date, v.answer_by,
           'silent:' || v.id || ':' || extract(epoch FROM v.answer_by)::bigint,
           jsonb_build_object('party_id', v.patient_id, 'visit_id', v.id)
    FROM visit v {_VISIT_LIVE}
    LEFT JOIN LATERAL (
      SELECT p.asks, coalesce(c.state, 'needs_action') AS answer FROM promise p
      LEFT JOIN confirmation c ON c.tenant = p.tenant AND c.promise_id = p.id
      WHERE p.tenant = v.tenant AND p.visit_id = v.id AND p.party_id = v.patient_id
      ORDER BY p.seq DESC LIMIT 1) q ON true
    WHERE v.tenant = app_tenant() AND v.answer_by > cast(:now AS timestamptz) - cast(:ago AS interval)
      AND v.patient_id IS NOT NULL AND NOT v.held AND v.status IN ('requested', 'scheduled', 'confirmed')
      AND (v.gate IN ('waits', 'waitlist') OR q.asks AND q.answer = 'needs_action')"""  # noqa: S608 - our own words

_LISTS = f"""
    SELECT 'no_reply', t.branch_id, t.service_date, due.at,
           'day:' || t.id || ':' || extract(epoch FROM due.at)::bigint,
           jsonb_build_object('party_id', t.party_id, 'touch_id', t.id)
    FROM touch t {_TOUCH_LIVE}
    JOIN branch b ON b.tenant = t.tenant AND b.id = t.branch_id
    CROSS JOIN LATERAL (SELECT min(p.told_at) AS told_at FROM promise p
                        LEFT JOIN confirmation c ON c.tenant = p.tenant AND c.promise_id = p.id
                        WHERE p.tenant = t.tenant AND p.touch_id = t.id AND p.asks
                          AND coalesce(c.state, 'needs_action') = 'needs_action') told
    CROSS JOIN LATERAL (SELECT CASE
        WHEN t.step = 's.changed' THEN told.told_at + CASE t.channel WHEN 'sms' THEN cast(:change_by_sms AS interval)
                                                           ELSE cast(:change_by_email AS interval) END
        ELSE greatest(told.told_at + cast(:change_by_email AS interval),
                      (t.service_date::timestamp + cast(:day_by AS interval)) AT TIME ZONE b.tz) END AS at) due
    WHERE t.tenant = app_tenant() AND t.subject = 'clinician_day' AND t.step IN ('s.published', 's.changed')
      AND t.state = 'sent' AND told.told_at IS NOT NULL
      AND due.at > cast(:now AS timestamptz) - cast(:ago AS interval)
      AND t.service_date >= cast(cast(:now AS timestamptz) AT TIME ZONE b.tz AS date) - 1"""  # noqa: S608 - our own words

_OFFERS = """
    SELECT 'offer_expired', o.branch_id, o.service_date, o.expires_at, 'offer:' || o.id,
           jsonb_build_object('offer_id', o.id)
    FROM offer o
    WHERE o.tenant = app_tenant() AND o.state = 'pending'
      AND o.expires_at > cast(:now AS timestamptz) - cast(:ago AS interval)"""

_CASE_LIVE = _LIVE.format("c")
_FILLS = f"""
    SELECT 'ask_to_fill', c.branch_id, c.service_date, due.at, 'fill:' || c.id || ':' || due.which,
           jsonb_build_object('visit_id', c.subject_id, 'position', c.subject_position)
    FROM exception_case c {_CASE_LIVE}
    JOIN visit v ON v.tenant = c.tenant AND v.id = c.subject_id
    JOIN branch b ON b.tenant = c.tenant AND b.id = c.branch_id
    CROSS JOIN LATERAL (SELECT c.opened_at + cast(:ask_after AS interval) AS at) first
    CROSS JOIN LATERAL (SELECT first.at AT TIME ZONE b.tz AS wall) said
    CROSS JOIN LATERAL (
      SELECT 'soon' AS which, first.at AS at
      UNION ALL SELECT 'open', (said.wall::date + cast(:ask_from AS interval)
                                 + CASE WHEN said.wall < said.wall::date + cast(:ask_from AS interval)
                                        THEN interval '0' ELSE interval '1 day' END) AT TIME ZONE b.tz
      UNION ALL SELECT 'day', greatest(first.at, (c.service_date + cast(:ask_from AS interval)) AT TIME ZONE b.tz)) due
    WHERE c.tenant = app_tenant() AND c.state = 'open' AND c.kind IN ('uncovered_visit', 'uncovered_shift')
      AND c.subject_kind = 'visit' AND cast(:ask_after AS interval) IS NOT NULL
      AND v.gate NOT IN ('held', 'waitlist') AND v.latest_start > :now AND due.at < v.latest_start
      AND due.at > cast(:now AS timestamptz) - cast(:ago AS interval)
      AND NOT EXISTS (SELECT FROM offer o WHERE o.tenant = c.tenant AND o.visit_id = c.subject_id
                        AND o.position = c.subject_position AND o.state = 'pending')"""  # noqa: S608 - our own words
"""Positions without a clinician: people are asked some minutes after, when staff may be asked again, and on the day."""

_ALL = f"""SELECT * FROM ({_STARTS} UNION ALL {_ENDS} UNION ALL {_ANSWERS}
                          UNION ALL {_LISTS} UNION ALL {_OFFERS} UNION ALL {_FILLS}) d"""  # noqa: S608 - our own words
_NEW = """NOT EXISTS (SELECT FROM inbox i WHERE i.tenant = app_tenant() AND i.source = 'timer'
                        AND i.source_id = d.source_id)"""


def _params(waits: Waits) -> dict[str, object]:
    return {
        "late_start": waits.late_start,
        "absent": waits.absent,
        "no_check_out": waits.no_check_out,
        "change_by_sms": waits.change_by_sms,
        "change_by_email": waits.change_by_email,
        "day_by": waits.day_by,
        "ago": LONGEST_AGO,
        "ask_after": waits.ask_after,
        "ask_from": waits.ask_from,
    }


def fire_due(tx: Tx, waits: Waits, most: int = 200) -> int:
    """Store a signal for every timer that has run out and has none yet; how many there were, at most `most`."""
    rows = tx.rows(
        f"{_ALL} WHERE d.due_at <= :now AND {_NEW} ORDER BY d.due_at, d.source_id LIMIT :most",
        most=most,
        **_params(waits),
    )
    inbox.receive_all(tx, SOURCE, [_arrival(r) for r in rows])
    return len(rows)


def next_due(tx: Tx, waits: Waits) -> datetime | None:
    """When the next timer runs out."""
    row = tx.row(f"SELECT min(d.due_at) AS at FROM ({_ALL}) d WHERE {_NEW}", **_params(waits))  # noqa: S608
    return row["at"] if row else None


def _arrival(r: Row) -> Arrival:
    return Arrival(r["kind"], BranchId(r["branch_id"]), r["service_date"], r["source_id"], r["body"])


def overdue_cases(tx: Tx) -> Sequence[Row]:
    """Cases of missing cover or check-outs whose deadline has passed, not critical yet: locked, to be raised."""
    return tx.rows(
        """SELECT id, branch_id, service_date, kind FROM exception_case
           WHERE tenant = app_tenant() AND state = 'open' AND deadline_at <= :now AND band <> 'critical'
             AND kind IN ('uncovered_visit', 'uncovered_shift', 'not_clocked_out')
             AND deadline_at > cast(:now AS timestamptz) - cast(:ago AS interval)
           ORDER BY id FOR UPDATE SKIP LOCKED LIMIT 200""",
        ago=LONGEST_AGO,
    )
