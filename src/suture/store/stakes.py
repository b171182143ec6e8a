"""Reads what an import may take away: who is at work, and the seats of published days from today on."""

from suture.model.people import AvailabilityKind, Credential
from suture.model.stakes import PublishedSeat, Stakes, StoredCredential, StoredHours
from suture.model.visit import VisitStatus
from suture.store.transaction import Tx

PUBLISHED_FROM_TODAY = """
    SELECT h.branch_id, b.external_id AS branch, h.service_date FROM plan_head h
    JOIN branch b ON b.tenant = h.tenant AND b.id = h.branch_id
    WHERE h.tenant = app_tenant() AND h.stage = 'published' AND h.service_date >= (:now AT TIME ZONE b.tz)::date"""
"""The published days of every branch that are not over by its own calendar; a part of other queries."""

_AT_STAKE = f"""
    SELECT a.clinician_id, min(a.starts_at) AS begins, max(a.ends_at) AS ends
    FROM ({PUBLISHED_FROM_TODAY}) d
    JOIN assignment a ON a.tenant = app_tenant() AND a.branch_id = d.branch_id AND a.service_date = d.service_date
      AND a.to_version IS NULL
    GROUP BY a.clinician_id"""  # noqa: S608 - our own text


def load_stakes(tx: Tx) -> Stakes:
    """Everything there is to lose, of all branches: a file of one may name the people of another."""
    return Stakes(_active(tx), _seats(tx), _hours(tx), _credentials(tx))


def _active(tx: Tx) -> dict[str, str]:
    rows = tx.rows(
        """SELECT p.external_id, c.role FROM clinician c JOIN party p ON p.tenant = c.tenant AND p.id = c.party_id
           WHERE c.tenant = app_tenant() AND c.status = 'active'"""
    )
    return {r["external_id"]: r["role"] for r in rows}


def _seats(tx: Tx) -> tuple[PublishedSeat, ...]:
    rows = tx.rows(
        f"""SELECT d.branch, v.service_date, v.external_id AS visit, n AS position, q.external_id AS patient,
                   coalesce(t.status = 'active', true) AS patient_is_active, v.status, v.held, v.earliest_start,
                   v.latest_end, v.required_skills, s.roles, v.source_updated_at, c.external_id AS clinician,
                   a.starts_at, a.ends_at
            FROM ({PUBLISHED_FROM_TODAY}) d
            JOIN visit v ON v.tenant = app_tenant() AND v.branch_id = d.branch_id AND v.service_date = d.service_date
            JOIN service s ON s.tenant = v.tenant AND s.code = v.service_code
            CROSS JOIN LATERAL generate_series(1, v.positions) n
            LEFT JOIN patient t ON t.tenant = v.tenant AND t.party_id = v.patient_id
            LEFT JOIN party q ON q.tenant = v.tenant AND q.id = v.patient_id
            LEFT JOIN assignment a ON a.tenant = v.tenant AND a.visit_id = v.id AND a.position = n
              AND a.to_version IS NULL
            LEFT JOIN party c ON c.tenant = a.tenant AND c.id = a.clinician_id
            WHERE v.status NOT IN ('completed', 'cancelled', 'no_show', 'missed') ORDER BY v.id, n"""  # noqa: S608 - our own text
    )
    return tuple(
        PublishedSeat(
            branch=r["branch"],
            day=r["service_date"],
            visit=r["visit"],
            position=r["position"],
            patient=r["patient"],
            patient_is_active=r["patient_is_active"],
            status=VisitStatus(r["status"]),
            held=r["held"],
            earliest_start=r["earliest_start"],
            latest_end=r["latest_end"],
            required_skills=tuple(r["required_skills"]),
            roles=tuple(r["roles"]),
            updated_at=r["source_updated_at"],
            clinician=r["clinician"],
            starts_at=r["starts_at"],
            ends_at=r["ends_at"],
        )
        for r in rows
    )


def _hours(tx: Tx) -> tuple[StoredHours, ...]:
    rows = tx.rows(
        f"""SELECT p.external_id, v.starts_at, v.ends_at, v.kind, v.source LIKE 'file:%' AS from_file
            FROM ({_AT_STAKE}) a
            JOIN availability v ON v.tenant = app_tenant() AND v.clinician_id = a.clinician_id
              AND v.starts_at < a.ends AND v.ends_at > a.begins
            JOIN party p ON p.tenant = v.tenant AND p.id = v.clinician_id"""  # noqa: S608 - our own text
    )
    return tuple(
        StoredHours(r["external_id"], r["starts_at"], r["ends_at"], AvailabilityKind(r["kind"]), r["from_file"])
        for r in rows
    )


def _credentials(tx: Tx) -> tuple[StoredCredential, ...]:
    rows = tx.rows(
        f"""SELECT p.external_id, c.jurisdiction, c.number, c.code, c.valid_from, c.valid_until, c.status
            FROM ({_AT_STAKE}) a
            JOIN credential c ON c.tenant = app_tenant() AND c.clinician_id = a.clinician_id
            JOIN party p ON p.tenant = c.tenant AND p.id = c.clinician_id"""  # noqa: S608 - our own text
    )
    return tuple(
        StoredCredential(
            r["external_id"],
            r["jurisdiction"],
            r["number"],
            Credential(r["code"], r["valid_from"], r["valid_until"], r["status"]),
        )
        for r in rows
    )
