"""Hours of one clinician that are added or taken by a person, beside those of files."""

from suture.model.people import AvailabilityKind
from suture.store import waking
from suture.store.transaction import Tx
from suture.store.waking import Span

SOURCE = "roster_change"


def record(tx: Tx, hours: Span, kind: AvailabilityKind) -> None:
    """Store hours, or time off, and have the planned days looked at; what is stored already stays as it is.

    Hours win over time off at the same time. A call-out stays: it ends by the signal of who is back.
    """
    span = {"clinician": hours.clinician_id, "starts_at": hours.starts_at, "ends_at": hours.ends_at}
    cut = _cut_time_off(tx, hours) if kind is AvailabilityKind.AVAILABLE else 0
    written = tx.run(
        """INSERT INTO availability (clinician_id, starts_at, ends_at, kind, reason, source)
           VALUES (:clinician, :starts_at, :ends_at, :kind, '', :source) ON CONFLICT DO NOTHING""",
        **span,
        kind=kind,
        source=SOURCE,
    )
    if cut + written:
        waking.hours_changed(tx, [hours])


def _cut_time_off(tx: Tx, hours: Span) -> int:
    """Time off around the hours, without them; how many stretches there were."""
    gone = tx.rows(
        """DELETE FROM availability WHERE tenant = app_tenant() AND clinician_id = :clinician
             AND kind = 'unavailable' AND NOT starts_with(reason, 'call_out:')
             AND starts_at < :ends_at AND ends_at > :starts_at RETURNING starts_at, ends_at, reason, source""",
        clinician=hours.clinician_id,
        starts_at=hours.starts_at,
        ends_at=hours.ends_at,
    )
    parts = [
        {"clinician": hours.clinician_id, "from": start, "until": end, "reason": r["reason"], "source": r["source"]}
        for r in gone
        for start, end in ((r["starts_at"], hours.starts_at), (hours.ends_at, r["ends_at"]))
        if start < end
    ]
    tx.run_many(
        """INSERT INTO availability (clinician_id, starts_at, ends_at, kind, reason, source)
           VALUES (:clinician, :from, :until, 'unavailable', :reason, :source) ON CONFLICT DO NOTHING""",
        parts,
    )
    return len(gone)
