"""What a full export leaves out: found, asked about, and never cancelled or ended by that alone."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from suture.model.cases import CaseSubject
from suture.model.ids import BranchId
from suture.model.people import PartyKind
from suture.store.transaction import Tx


@dataclass(frozen=True, slots=True)
class Missing:
    """Something stored that an export does not name. `day`, `starts_at`: of a visit; `is_needed`: plans rest on it."""

    subject: CaseSubject
    external_id: str
    is_needed: bool
    day: date | None = None
    starts_at: datetime | None = None


def missing_visits(tx: Tx, branch_id: BranchId, named: Collection[str], first: date, last: date) -> Sequence[Missing]:
    """Open visits of the branch, from today on and between two days, that are not `named`."""
    rows = tx.rows(
        """SELECT v.id, v.external_id, v.service_date, coalesce(min(a.starts_at), v.latest_start) AS starts_at
           FROM visit v JOIN branch b ON b.tenant = v.tenant AND b.id = v.branch_id
           LEFT JOIN assignment a ON a.tenant = v.tenant AND a.visit_id = v.id AND a.to_version IS NULL
           WHERE v.tenant = app_tenant() AND v.branch_id = :branch
             AND v.service_date BETWEEN greatest(:first, (:now AT TIME ZONE b.tz)::date) AND :last
             AND v.status NOT IN ('completed', 'cancelled', 'no_show', 'missed')
             AND NOT EXISTS (SELECT FROM unnest(cast(:named AS text[])) n WHERE n = v.external_id)
           GROUP BY v.tenant, v.id ORDER BY v.service_date, v.external_id""",
        branch=branch_id,
        first=first,
        last=last,
        named=list(named),
    )
    return [
        Missing(CaseSubject("visit", r["id"]), r["external_id"], True, r["service_date"], r["starts_at"]) for r in rows
    ]


_PEOPLE = {
    PartyKind.PATIENT: """
        SELECT p.id, p.external_id, EXISTS (
                 SELECT FROM visit v WHERE v.tenant = app_tenant() AND v.patient_id = x.party_id
                   AND v.service_date >= (:now AT TIME ZONE b.tz)::date
                   AND v.status NOT IN ('completed', 'cancelled', 'no_show', 'missed')) AS is_needed
        FROM patient x""",
    PartyKind.CLINICIAN: """
        SELECT p.id, p.external_id, EXISTS (
                 SELECT FROM assignment a WHERE a.tenant = app_tenant() AND a.clinician_id = x.party_id
                   AND a.to_version IS NULL AND a.service_date >= (:now AT TIME ZONE b.tz)::date) AS is_needed
        FROM clinician x""",
}


def missing_people(tx: Tx, branch_id: BranchId, kind: PartyKind, named: Collection[str]) -> Sequence[Missing]:
    """Active patients or staff of the branch who are not `named`."""
    rows = tx.rows(
        f"""{_PEOPLE[kind]} JOIN party p ON p.tenant = x.tenant AND p.id = x.party_id
            JOIN branch b ON b.tenant = x.tenant AND b.id = x.branch_id
            WHERE x.tenant = app_tenant() AND x.branch_id = :branch AND x.status = 'active'
              AND NOT EXISTS (SELECT FROM unnest(cast(:named AS text[])) n WHERE n = p.external_id)
            ORDER BY p.external_id""",
        branch=branch_id,
        named=list(named),
    )
    return [Missing(CaseSubject(kind, r["id"]), r["external_id"], r["is_needed"]) for r in rows]


@dataclass(frozen=True, slots=True)
class Asked:
    """Something a case asks about because of a file. `is_over`: it is cancelled or closed, or no longer active."""

    subject: CaseSubject
    external_id: str
    is_over: bool


def asked_about(tx: Tx, kind: str) -> Sequence[Asked]:
    """The visits, patients and staff that open cases of this kind are about."""
    rows = tx.rows(
        """SELECT e.subject_kind, e.subject_id, coalesce(v.external_id, p.external_id, '') AS external_id,
                  coalesce(v.status IN ('completed', 'cancelled', 'no_show', 'missed'), t.status <> 'active',
                           c.status <> 'active', false) AS is_over
           FROM exception_case e
           LEFT JOIN visit v ON e.subject_kind = 'visit' AND v.tenant = e.tenant AND v.id = e.subject_id
           LEFT JOIN party p ON e.subject_kind IN ('patient', 'clinician') AND p.tenant = e.tenant
             AND p.id = e.subject_id
           LEFT JOIN patient t ON t.tenant = p.tenant AND t.party_id = p.id
           LEFT JOIN clinician c ON c.tenant = p.tenant AND c.party_id = p.id
           WHERE e.tenant = app_tenant() AND e.kind = :kind AND e.state <> 'closed' ORDER BY e.id""",
        kind=kind,
    )
    return [Asked(CaseSubject(r["subject_kind"], r["subject_id"]), r["external_id"], r["is_over"]) for r in rows]
