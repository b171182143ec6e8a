"""Leases for planning: one plan of a branch-day at a time, while its search runs outside any transaction."""

from datetime import date

from suture.model.ids import BranchId
from suture.store.transaction import Tx


def take(tx: Tx, branch_id: BranchId, service_date: date, seconds: float) -> int | None:
    """Take the lease of a branch-day; its number, or None while someone else holds it.

    A lease that ends further ahead than its own length, because the clock was set back, is cut to that length.
    """
    key = {"branch": branch_id, "date": service_date, "seconds": seconds}
    tx.run(
        """UPDATE plan_lease SET lease_until = clock_timestamp() + make_interval(secs => :seconds)
           WHERE tenant = app_tenant() AND branch_id = :branch AND service_date = :date
             AND lease_until > clock_timestamp() + make_interval(secs => :seconds)""",
        **key,
    )
    row = tx.row(
        """INSERT INTO plan_lease (branch_id, service_date, lease_until)
           VALUES (:branch, :date, clock_timestamp() + make_interval(secs => :seconds))
           ON CONFLICT (tenant, branch_id, service_date) DO UPDATE
             SET lease_until = excluded.lease_until, lease_no = plan_lease.lease_no + 1
             WHERE plan_lease.lease_until <= clock_timestamp()
           RETURNING lease_no""",
        **key,
    )
    return row["lease_no"] if row else None


def renew(tx: Tx, branch_id: BranchId, service_date: date, number: int, seconds: float) -> None:
    """Hold the lease for longer, unless someone else has it by now."""
    tx.run(
        """UPDATE plan_lease SET lease_until = clock_timestamp() + make_interval(secs => :seconds)
           WHERE tenant = app_tenant() AND branch_id = :branch AND service_date = :date AND lease_no = :number""",
        branch=branch_id,
        date=service_date,
        number=number,
        seconds=seconds,
    )


def give_back(tx: Tx, branch_id: BranchId, service_date: date, number: int) -> None:
    """End the lease: the next one may plan."""
    tx.run(
        """UPDATE plan_lease SET lease_until = clock_timestamp()
           WHERE tenant = app_tenant() AND branch_id = :branch AND service_date = :date AND lease_no = :number""",
        branch=branch_id,
        date=service_date,
        number=number,
    )
