"""Stretches in which a clinician is not there, from call-outs; and those in which they are back, or have time."""

from collections.abc import Sequence

from suture.model.decision import Absence
from suture.model.people import AvailabilityKind
from suture.store.transaction import Tx


def record(tx: Tx, absences: Sequence[Absence], source: str) -> None:
    """Write them beside the roster's availability; the same absence twice is one."""
    _end_call_outs(tx, [a for a in absences if a.kind is AvailabilityKind.AVAILABLE])
    tx.run_many(
        """INSERT INTO availability (clinician_id, starts_at, ends_at, kind, reason, source)
           VALUES (:clinician, :starts_at, :ends_at, :kind, :reason, :source)
           ON CONFLICT (tenant, clinician_id, starts_at, ends_at, kind) DO NOTHING""",
        [
            {
                "clinician": a.clinician_id,
                "starts_at": a.starts_at,
                "ends_at": a.ends_at,
                "kind": a.kind,
                "reason": a.reason,
                "source": source,
            }
            for a in absences
        ],
    )


def _end_call_outs(tx: Tx, free: Sequence[Absence]) -> None:
    """Cut call-outs around the hours in which their clinician is back."""
    for hours in free:  # a decision has one of them, rarely two
        span = {"clinician": hours.clinician_id, "starts_at": hours.starts_at, "ends_at": hours.ends_at}
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
            **span,
        )
