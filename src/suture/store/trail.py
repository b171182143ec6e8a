"""Searches the audit trail and the access log, newest first; every search is narrowed by the caller's agency."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from suture.store.transaction import Tx


@dataclass(frozen=True, slots=True)
class Asked:
    """What is searched for; None and empty match everything. `actor`: a kind, or one of it, such as `api_key:7:board`.

    `since` .. `until`: the latter is not part of it. `patient`: the number of a person.
    """

    actor: str = ""
    code: str = ""
    subject_kind: str = ""
    subject_id: int | None = None
    patient: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    limit: int = 200


@dataclass(frozen=True, slots=True)
class Done:
    """One row of the audit trail."""

    at: datetime
    actor: str
    code: str
    subject_kind: str
    subject_id: int
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Shown:
    """One row of the access log. `patients`: by their ids in the files; `branch`: empty where not of one."""

    at: datetime
    actor: str
    route: str
    branch: str
    patients: Sequence[str]
    reason: str


_WHEN_AND_WHO = """t.tenant = app_tenant()
             AND (cast(:actor AS text) = '' OR t.actor = :actor OR starts_with(t.actor, :actor || ':'))
             AND (cast(:since AS timestamptz) IS NULL OR t.at >= :since)
             AND (cast(:until AS timestamptz) IS NULL OR t.at < :until)"""


def done(tx: Tx, asked: Asked) -> tuple[Done, ...]:
    """Rows of the audit trail, at most one more than the limit: then there are others."""
    rows = tx.rows(
        f"""SELECT t.at, t.actor, t.code, t.subject_kind, t.subject_id, t.data FROM audit_row t
           WHERE {_WHEN_AND_WHO} AND (:code = '' OR t.code = :code)
             AND (:kind = '' OR (t.subject_kind = :kind AND t.subject_id = :subject))
             AND (cast(:patient AS bigint) IS NULL OR (t.subject_kind IN ('party', 'patient')
                                                       AND t.subject_id = :patient)
                  OR (t.subject_kind = 'visit' AND t.subject_id IN (
                    SELECT id FROM visit WHERE tenant = app_tenant() AND patient_id = :patient))
                  OR (t.subject_kind = 'touch' AND t.subject_id IN (
                    SELECT id FROM touch WHERE tenant = app_tenant() AND party_id = :patient))
                  OR (t.subject_kind = 'case' AND t.subject_id IN (
                    SELECT c.id FROM exception_case c WHERE c.tenant = app_tenant() AND (
                      (c.subject_kind = 'patient' AND c.subject_id = :patient)
                      OR (c.subject_kind = 'visit' AND c.subject_id IN (
                        SELECT id FROM visit WHERE tenant = app_tenant() AND patient_id = :patient))))))
           ORDER BY t.id DESC LIMIT :limit + 1""",  # noqa: S608 - our own words
        actor=asked.actor,
        since=asked.since,
        until=asked.until,
        code=asked.code,
        kind=asked.subject_kind,
        subject=asked.subject_id,
        patient=asked.patient,
        limit=asked.limit,
    )
    return tuple(Done(r["at"], r["actor"], r["code"], r["subject_kind"], r["subject_id"], r["data"]) for r in rows)


def shown(tx: Tx, asked: Asked) -> tuple[Shown, ...]:
    """Rows of the access log, at most one more than the limit: then there are others."""
    rows = tx.rows(
        f"""WITH found AS MATERIALIZED (
             SELECT t.id, t.at, t.actor, t.route, t.branch_id, t.patient_ids, t.reason FROM access_log t
             WHERE {_WHEN_AND_WHO} AND (cast(:patient AS bigint) IS NULL OR :patient = ANY(t.patient_ids))
             ORDER BY t.at DESC, t.id DESC LIMIT :limit + 1)
           SELECT f.*, coalesce(b.external_id, '') AS branch, n.names
           FROM found f LEFT JOIN branch b ON b.tenant = app_tenant() AND b.id = f.branch_id
           CROSS JOIN LATERAL (SELECT array_agg(p.external_id ORDER BY p.external_id) AS names FROM party p
                               WHERE p.tenant = app_tenant() AND p.id = ANY(f.patient_ids)) n
           ORDER BY f.at DESC, f.id DESC""",  # noqa: S608 - our own words
        actor=asked.actor,
        since=asked.since,
        until=asked.until,
        patient=asked.patient,
        limit=asked.limit,
    )
    return tuple(
        Shown(r["at"], r["actor"], r["route"], r["branch"], tuple(r["names"] or ()), r["reason"]) for r in rows
    )


def patient_number(tx: Tx, external_id: str) -> int | None:
    """The number of a patient by the id in the files, whoever cares for them now; None where there is none."""
    row = tx.row(
        "SELECT id FROM party WHERE tenant = app_tenant() AND kind = 'patient' AND external_id = :id", id=external_id
    )
    return int(row["id"]) if row else None
