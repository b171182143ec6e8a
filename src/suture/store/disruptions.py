"""Closed sites and slow or closed areas, for as long as they last."""

from collections.abc import Sequence
from datetime import datetime

from suture.model.disruption import Disruption
from suture.model.ids import BranchId, PlaceId
from suture.store.transaction import Tx


def record(tx: Tx, branch_id: BranchId, disruptions: Sequence[Disruption]) -> None:
    """Write them; what one signal said is written once."""
    tx.run_many(
        """INSERT INTO disruption (branch_id, starts_at, ends_at, percent, place_id, postal_codes, source)
           VALUES (:branch, :starts_at, :ends_at, :percent, :place, :postal_codes, :source) ON CONFLICT DO NOTHING""",
        [
            {
                "branch": branch_id,
                "starts_at": d.starts_at,
                "ends_at": d.ends_at,
                "percent": d.percent,
                "place": d.place_id,
                "postal_codes": list(d.postal_codes),
                "source": d.source,
            }
            for d in disruptions
        ],
    )


def between(tx: Tx, branch_id: BranchId, starts: datetime, ends: datetime) -> tuple[Disruption, ...]:
    """Those of a branch that last at any time of a span."""
    rows = tx.rows(
        """SELECT starts_at, ends_at, percent, place_id, postal_codes, source FROM disruption
           WHERE tenant = app_tenant() AND branch_id = :branch AND starts_at < :ends AND ends_at > :starts
           ORDER BY id""",
        branch=branch_id,
        starts=starts,
        ends=ends,
    )
    return tuple(
        Disruption(
            r["starts_at"],
            r["ends_at"],
            r["percent"],
            PlaceId(r["place_id"]) if r["place_id"] else None,
            tuple(r["postal_codes"]),
            r["source"],
        )
        for r in rows
    )
