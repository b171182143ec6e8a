"""Says which planned days must be looked at again when a record changes: one signal for each visit, with all days it
was or is on, and for each person and day.

Only days from today on, by the branch's clock, and only those with a plan: any other day reads the record when it is
planned. A change is written once, so its signal is named by the transaction that wrote it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from suture.model.ids import BranchDay, BranchId, PartyId, VisitId
from suture.model.import_runs import ChangedDay
from suture.model.signals import RosterField
from suture.store import inbox
from suture.store.inbox import Arrival
from suture.store.transaction import Row, Tx

SOURCE = "import"

PLANNED_DAYS = """
    SELECT DISTINCT h.branch_id, h.service_date, b.tz FROM plan_head h
    JOIN branch b ON b.tenant = h.tenant AND b.id = h.branch_id
    WHERE h.tenant = app_tenant() AND h.service_date >= cast(cast(:now AS timestamptz) AT TIME ZONE b.tz AS date)"""
"""Every branch-day from today on that has a draft or a published plan."""


class VisitDay(NamedTuple):
    """A visit, and a branch-day that it was on."""

    visit_id: VisitId
    branch_id: BranchId
    service_date: date


class Span(NamedTuple):
    """A stretch of a clinician's time that is new, or gone."""

    clinician_id: PartyId
    starts_at: datetime
    ends_at: datetime


def visits_added(tx: Tx, visit_ids: Sequence[VisitId]) -> None:
    """New demand on days that are planned."""
    _send(tx, "new_visit", "visit_id", _planned(tx, visit_ids), stable=True)


def visits_changed(tx: Tx, visit_ids: Sequence[VisitId], left: Iterable[VisitDay] = ()) -> None:
    """What is asked of these visits is another; `left`: the days that some of them are no longer on.

    Of a visit that moves it is one signal about all its days: it leaves the plan that has it, and is demand of the
    day it moves to.
    """
    days: dict[VisitId, dict[BranchDay, None]] = {}
    planned = _planned(tx, visit_ids)
    gone = {(day.visit_id, day.branch_id, day.service_date) for day in left}
    of_plans = {(r["branch_id"], r["service_date"]) for r in tx.rows(PLANNED_DAYS)} if gone else set()
    for visit_id, branch_id, service_date in sorted(gone):
        if (branch_id, service_date) in of_plans:
            days.setdefault(visit_id, {})[BranchDay(branch_id, service_date)] = None
    for r in planned:
        own = days.setdefault(VisitId(r["id"]), {})
        own[BranchDay(BranchId(r["branch_id"]), r["service_date"])] = None
        if r["is_to_come"]:
            own[BranchDay(BranchId(r["own_branch_id"]), r["own_date"])] = None
    _send_each(tx, "visit_changed", "visit_id", days)


def patients_changed(tx: Tx, patient_ids: Sequence[PartyId]) -> None:
    """Whether these patients are cared for is another: every visit of theirs that is still to come is looked at."""
    if patient_ids:
        rows = tx.rows(
            """SELECT id FROM visit WHERE tenant = app_tenant() AND patient_id = ANY(:ids)
                 AND status IN ('requested', 'scheduled', 'confirmed')""",
            ids=list(patient_ids),
        )
        visits_changed(tx, [VisitId(r["id"]) for r in rows])


def roster_changed(tx: Tx, clinician_ids: Sequence[PartyId], changed: RosterField) -> None:
    """What is known of these clinicians is another: the days they work, and those on which they hold a position."""
    if not clinician_ids:
        return
    found = tx.rows(
        f"""SELECT c.party_id AS id, d.branch_id, d.service_date
            FROM ({PLANNED_DAYS}) d JOIN clinician c ON c.tenant = app_tenant() AND c.party_id = ANY(:ids)
            WHERE EXISTS (SELECT FROM assignment a WHERE a.tenant = c.tenant AND a.branch_id = d.branch_id
                            AND a.service_date = d.service_date AND a.to_version IS NULL
                            AND a.clinician_id = c.party_id)
               OR (c.branch_id = d.branch_id AND EXISTS (
                     SELECT FROM availability v WHERE v.tenant = c.tenant AND v.clinician_id = c.party_id
                       AND v.kind <> 'unavailable'
                       AND v.starts_at < cast(d.service_date + 1 AS timestamp) AT TIME ZONE d.tz
                       AND v.ends_at > cast(d.service_date AS timestamp) AT TIME ZONE d.tz))
            ORDER BY 1, 2, 3""",  # noqa: S608 - our own words
        ids=list(clinician_ids),
    )
    _send(tx, "roster_change", "clinician_id", found, changed=changed)


def published_visits(tx: Tx, clinician_ids: Sequence[PartyId]) -> Sequence[Row]:
    """How many visits these clinicians have, that have not begun, on each published day from today on."""
    return tx.rows(
        f"""SELECT a.clinician_id, a.service_date, count(DISTINCT a.visit_id) AS visits
            FROM ({PLANNED_DAYS}) d
            JOIN plan_head h ON h.tenant = app_tenant() AND h.branch_id = d.branch_id
             AND h.service_date = d.service_date AND h.stage = 'published'
            JOIN assignment a ON a.tenant = h.tenant AND a.branch_id = h.branch_id AND a.service_date = h.service_date
             AND a.to_version IS NULL AND a.clinician_id = ANY(:ids)
            JOIN visit v ON v.tenant = a.tenant AND v.id = a.visit_id
             AND v.status IN ('requested', 'scheduled', 'confirmed')
            GROUP BY 1, 2 ORDER BY 1, 2""",  # noqa: S608 - our own words
        ids=list(clinician_ids),
    )


def hours_changed(tx: Tx, spans: Sequence[Span]) -> None:
    """These stretches of time are new or gone: the planned days that they touch."""
    if not spans:
        return
    found = tx.rows(
        f"""SELECT DISTINCT c.party_id AS id, d.branch_id, d.service_date
            FROM ({PLANNED_DAYS}) d
            JOIN unnest(cast(:ids AS bigint[]), cast(:starts AS timestamptz[]), cast(:ends AS timestamptz[]))
                 AS s(clinician, starts_at, ends_at)
              ON s.starts_at < cast(d.service_date + 1 AS timestamp) AT TIME ZONE d.tz
             AND s.ends_at > cast(d.service_date AS timestamp) AT TIME ZONE d.tz
            JOIN clinician c ON c.tenant = app_tenant() AND c.party_id = s.clinician
            WHERE c.branch_id = d.branch_id
               OR EXISTS (SELECT FROM assignment a WHERE a.tenant = c.tenant AND a.branch_id = d.branch_id
                            AND a.service_date = d.service_date AND a.to_version IS NULL
                            AND a.clinician_id = c.party_id)
            ORDER BY 1, 2, 3""",  # noqa: S608 - our own words
        ids=[s.clinician_id for s in spans],
        starts=[s.starts_at for s in spans],
        ends=[s.ends_at for s in spans],
    )
    _send(tx, "roster_change", "clinician_id", found, changed=RosterField.HOURS)


def last_signal(tx: Tx) -> int:
    """The number of the newest signal; the next one has a higher one."""
    newest: int = tx.scalar("SELECT coalesce(max(id), 0) FROM inbox WHERE tenant = app_tenant()")
    return newest


def published_days_changed(tx: Tx, since: int) -> tuple[ChangedDay, ...]:
    """The published days that imports have changed by signals with a higher number than `since`."""
    rows = tx.rows(
        """SELECT b.external_id AS branch, i.service_date, count(DISTINCT i.body ->> 'visit_id') AS visits,
                  count(DISTINCT i.body ->> 'clinician_id') AS staff
           FROM (SELECT tenant, id, source, body, branch_id, service_date FROM inbox
                 UNION ALL SELECT n.tenant, n.id, n.source, n.body, d.branch_id, d.service_date
                 FROM inbox n JOIN inbox_day d ON d.tenant = n.tenant AND d.inbox_id = n.id) i
           JOIN branch b ON b.tenant = i.tenant AND b.id = i.branch_id
           JOIN plan_head h ON h.tenant = i.tenant AND h.branch_id = i.branch_id AND h.service_date = i.service_date
           WHERE i.tenant = app_tenant() AND i.id > :since AND i.source = :source AND h.stage = 'published'
           GROUP BY 1, 2 ORDER BY 2, 1""",
        since=since,
        source=SOURCE,
    )
    return tuple(ChangedDay(r["branch"], r["service_date"], r["visits"], r["staff"]) for r in rows)


def pass_on(tx: Tx, branch_id: BranchId, service_date: date, visit_ids: Sequence[VisitId]) -> None:
    """Visits that have left the plan of a day and were moved to another: they are demand there now."""
    if visit_ids:
        elsewhere = tx.rows(
            """SELECT v.id FROM visit v WHERE v.tenant = app_tenant() AND v.id = ANY(:ids)
                 AND (v.branch_id, v.service_date) <> (:branch, :date)
                 AND NOT EXISTS (SELECT FROM assignment a WHERE a.tenant = v.tenant AND a.visit_id = v.id
                                   AND a.to_version IS NULL)""",
            ids=list(visit_ids),
            branch=branch_id,
            date=service_date,
        )
        visits_changed(tx, [VisitId(r["id"]) for r in elsewhere])


def _planned(tx: Tx, visit_ids: Sequence[VisitId]) -> Sequence[Row]:
    """The planned day of each visit: the one whose plan it is in, else its own."""
    if not visit_ids:
        return ()
    return tx.rows(
        f"""SELECT v.id, d.branch_id, d.service_date, v.branch_id AS own_branch_id, v.service_date AS own_date,
                   v.service_date >= cast(cast(:now AS timestamptz) AT TIME ZONE o.tz AS date) AS is_to_come
            FROM visit v JOIN branch o ON o.tenant = v.tenant AND o.id = v.branch_id
            LEFT JOIN LATERAL (SELECT branch_id, service_date FROM assignment a
                               WHERE a.tenant = v.tenant AND a.visit_id = v.id AND a.to_version IS NULL LIMIT 1) a
              ON true
            JOIN ({PLANNED_DAYS}) d ON d.branch_id = coalesce(a.branch_id, v.branch_id)
             AND d.service_date = coalesce(a.service_date, v.service_date)
            WHERE v.tenant = app_tenant() AND v.id = ANY(:ids) ORDER BY v.id""",  # noqa: S608 - our own words
        ids=list(visit_ids),
    )


def _send(tx: Tx, kind: str, about: str, found: Iterable[Row], *, stable: bool = False, **more: Any) -> None:
    """A signal for each row: one day of one visit, or person."""
    rows = {(r["id"], BranchDay(BranchId(r["branch_id"]), r["service_date"])) for r in found}
    if not rows:
        return
    written_by = "" if stable else ":" + _written_by(tx)
    arrivals = [
        Arrival(
            kind=kind,
            branch_id=day.branch_id,
            service_date=day.service_date,
            source_id=f"{kind}:{number}" if stable else f"{kind}:{number}:{day.service_date}{written_by}",
            body={about: number, **more},
        )
        for number, day in sorted(rows)
    ]
    inbox.receive_all(tx, SOURCE, arrivals)


def _send_each(tx: Tx, kind: str, about: str, days: Mapping[VisitId, Collection[BranchDay]]) -> None:
    """One signal for each visit, about all its days."""
    if not days:
        return
    written_by, arrivals = _written_by(tx), []
    for visit_id in sorted(days):
        first, *also = days[visit_id]
        source_id = f"{kind}:{visit_id}:{first.service_date}:{written_by}"
        arrivals.append(Arrival(kind, first.branch_id, first.service_date, source_id, {about: visit_id}, tuple(also)))
    inbox.receive_all(tx, SOURCE, arrivals)


def _written_by(tx: Tx) -> str:
    """The transaction that wrote the change, by number."""
    number: str = tx.scalar("SELECT cast(pg_current_xact_id() AS text)")
    return number
