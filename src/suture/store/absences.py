"""Stretches in which a clinician is not there, from call-outs; and those in which they are back, or have time."""

from collections.abc import Sequence

from suture.model.decision import Absence
from suture.model.people import AvailabilityKind
from suture.store.transaction import Tx


def record(tx: Tx, absences: Sequence[Absence], source: str) -> None:
    """Write them beside the roster's availability, one after the other; the same absence twice is one."""
    for absence in absences:  # a decision has one of them, rarely two
        if absence.kind is AvailabilityKind.AVAILABLE:
            _end_call_outs(tx, absence)
        tx.run(
            """INSERT INTO availability (clinician_id, starts_at, ends_at, kind, reason, source)
               VALUES (:clinician, :starts_at, :ends_at, :kind, :reason, :source)
               ON CONFLICT (tenant, clinician_id, starts_at, ends_at, kind) DO NOTHING""",
            clinician=absence.clinician_id,
            starts_at=absence.starts_at,
            ends_at=absence.ends_at,
            kind=absence.kind,
            reason=absence.reason,
            source=source,
        )


def _end_call_outs(tx: Tx, free: Absence) -> None:
    """Cut call-outs around the hours in which their clinician is back."""
    tx.run(
        """WITH gone AS (
             DELETE FROM availability WHERE tenant = app_tenant() AND clinician_id = :clinician
               AND kind = 'unavailable' AND starts_with(reason, 'call_out:')
               AND starts_at < :ends_at AND ends_at > :starts_at RETURNING *)
           INSERT INTO availability (clinician_id, starts_at, ends_at, kind, reason, source)
           SELECT g.clinician_id, part.starts_at, part.ends_at, g.kind, g.reason, g.source FROM gone g
           CROSS JOIN LATERAL (VALUES (g.starts_at, least(g.ends_at, :starts_at)),
                                      (greatest(g.starts_at, :ends_at), g.ends_at)) AS part(starts_at, ends_at)
           WHERE part.starts_at < part.ends_at ON CONFLICT DO NOTHING""",
        clinician=free.clinician_id,
        starts_at=free.starts_at,
        ends_at=free.ends_at,
    )
