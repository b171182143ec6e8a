"""Stretches in which a clinician is not there, from call-outs."""

from collections.abc import Sequence

from suture.model.decision import Absence
from suture.store.transaction import Tx


def record(tx: Tx, absences: Sequence[Absence], source: str) -> None:
    """Write them beside the roster's availability; the same absence twice is one."""
    tx.run_many(
        """INSERT INTO availability (clinician_id, starts_at, ends_at, kind, reason, source)
           VALUES (:clinician, :starts_at, :ends_at, 'unavailable', :reason, :source)
           ON CONFLICT (tenant, clinician_id, starts_at, ends_at, kind) DO NOTHING""",
        [
            {
                "clinician": a.clinician_id,
                "starts_at": a.starts_at,
                "ends_at": a.ends_at,
                "reason": a.reason,
                "source": source,
            }
            for a in absences
        ],
    )
