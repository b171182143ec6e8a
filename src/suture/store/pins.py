"""PINs of clinicians, wrong tries, and the passes that a link and a PIN open: hashes only."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from suture.model.ids import BranchId, PartyId
from suture.store.tokens import Token
from suture.store.transaction import Tx

KEPT = timedelta(days=1)
"""How long what has ended stays: nothing reads it anymore."""


@dataclass(frozen=True, slots=True)
class PinHolder:
    """A clinician as the commands about PINs need to know them."""

    id: PartyId
    external_id: str
    name: str
    branch_id: BranchId


@dataclass(frozen=True, slots=True)
class DayPass:
    """What a link and a PIN have opened: one clinician's own day, until it ends."""

    clinician_id: PartyId
    service_date: date


def holder(tx: Tx, clinician_id: PartyId) -> PinHolder | None:
    """A clinician who is at work, in the caller's branches."""
    row = tx.row(
        """SELECT p.external_id, p.given, p.family, c.branch_id
           FROM clinician c JOIN party p ON p.tenant = c.tenant AND p.id = c.party_id
           WHERE c.tenant = app_tenant() AND c.party_id = :id AND c.status = 'active'""",
        id=clinician_id,
    )
    if row is None or not tx.scope.has(BranchId(row["branch_id"])):
        return None
    name = f"{row['given']} {row['family']}".strip()
    return PinHolder(clinician_id, row["external_id"], name, BranchId(row["branch_id"]))


def save(tx: Tx, clinician_id: PartyId, pin_hash: str) -> None:
    """Make this the PIN of a clinician; whatever was opened or tried by an earlier one ends."""
    tx.run(
        """INSERT INTO clinician_pin (clinician_id, pin_hash, set_at, set_by) VALUES (:id, :hash, :now, :actor)
           ON CONFLICT (tenant, clinician_id) DO UPDATE SET
             pin_hash = excluded.pin_hash, set_at = excluded.set_at, set_by = excluded.set_by""",
        id=clinician_id,
        hash=pin_hash,
        actor=str(tx.actor),
    )
    _begin_anew(tx, clinician_id)


def remove(tx: Tx, clinician_id: PartyId) -> bool:
    """Forget the PIN of a clinician; whether there was one."""
    removed = tx.run("DELETE FROM clinician_pin WHERE tenant = app_tenant() AND clinician_id = :id", id=clinician_id)
    _begin_anew(tx, clinician_id)
    return removed > 0


def _begin_anew(tx: Tx, clinician_id: PartyId) -> None:
    tx.run(
        """UPDATE day_pass SET ended_at = :now
           WHERE tenant = app_tenant() AND clinician_id = :id AND ended_at IS NULL""",
        id=clinician_id,
    )
    tx.run("DELETE FROM wrong_pin WHERE tenant = app_tenant() AND clinician_id = :id", id=clinician_id)
    tx.run(
        """UPDATE patient_token SET wrong_pins = 0
           WHERE tenant = app_tenant() AND party_id = :id AND purpose = 'clinician_day' AND wrong_pins > 0
             AND ended_at IS NULL""",
        id=clinician_id,
    )


def hash_of(tx: Tx, clinician_id: PartyId) -> str | None:
    """What is stored of a clinician's PIN; None where she has none."""
    row = tx.row(
        "SELECT pin_hash FROM clinician_pin WHERE tenant = app_tenant() AND clinician_id = :id", id=clinician_id
    )
    return row["pin_hash"] if row else None


def hold_tries(tx: Tx, link: Token) -> int | None:
    """How many wrong PINs a link has had; None where it has ended. No one else tries until this transaction ends.

    The clinician's row is held before the link's, as by whoever sets her PIN: tries at all her links wait for each
    other.
    """
    hold(tx, link.party_id)
    row = tx.row(
        """SELECT wrong_pins, ended_at FROM patient_token
           WHERE tenant = app_tenant() AND token_hash = :hash FOR NO KEY UPDATE""",
        hash=link.token_hash,
    )
    return row["wrong_pins"] if row and row["ended_at"] is None else None


def hold(tx: Tx, clinician_id: PartyId) -> None:
    """Let no one else set or try the PIN of a clinician until this transaction ends."""
    tx.run(
        """SELECT pg_advisory_xact_lock(hashtextextended('pin:' || app_tenant() || ':' || cast(:id AS bigint), 0))""",
        id=clinician_id,
    )


def wrong_since(tx: Tx, clinician_id: PartyId, span: timedelta) -> int:
    """How many wrong PINs came for a clinician in the last `span`, by whatever link."""
    return int(
        tx.scalar(
            """SELECT count(*) FROM wrong_pin
               WHERE tenant = app_tenant() AND clinician_id = :id AND at > :since""",
            id=clinician_id,
            since=tx.now - span,
        )
    )


def count_wrong(tx: Tx, link: Token, *, ends: bool) -> None:
    """Count a wrong PIN; where it `ends` the link, what the link has opened ends, too."""
    tx.run(
        "DELETE FROM wrong_pin WHERE tenant = app_tenant() AND clinician_id = :id AND at < :old",
        id=link.party_id,
        old=tx.now - KEPT,
    )
    tx.run("INSERT INTO wrong_pin (clinician_id, at) VALUES (:id, :now)", id=link.party_id)
    tx.run(
        """UPDATE patient_token SET wrong_pins = wrong_pins + 1,
                  ended_at = CASE WHEN :ends THEN cast(:now AS timestamptz) END
           WHERE tenant = app_tenant() AND token_hash = :hash""",
        hash=link.token_hash,
        ends=ends,
    )
    if ends:
        tx.run(
            """UPDATE day_pass SET ended_at = :now
               WHERE tenant = app_tenant() AND link_hash = :hash AND ended_at IS NULL""",
            hash=link.token_hash,
        )


def forgive(tx: Tx, link: Token) -> None:
    """A right PIN came: earlier slips at this link no longer count."""
    tx.run(
        "UPDATE patient_token SET wrong_pins = 0 WHERE tenant = app_tenant() AND token_hash = :hash",
        hash=link.token_hash,
    )


def add_pass(tx: Tx, link: Token, pass_hash: str, ends_at: datetime) -> None:
    """Remember what a right PIN opened; it ends with the day, and with its link at the latest."""
    tx.run(
        "DELETE FROM day_pass WHERE tenant = app_tenant() AND clinician_id = :id AND ends_at < :old",
        id=link.party_id,
        old=tx.now - KEPT,
    )
    tx.run(
        """INSERT INTO day_pass (token_hash, link_hash, clinician_id, service_date, made_at, ends_at)
           SELECT :hash, k.token_hash, k.party_id, :date, :now, least(k.expires_at, cast(:ends AS timestamptz))
           FROM patient_token k WHERE k.tenant = app_tenant() AND k.token_hash = :link""",
        hash=pass_hash,
        link=link.token_hash,
        date=link.service_date,
        ends=ends_at,
    )


def find_pass(tx: Tx, link: Token, pass_hash: str) -> DayPass | None:
    """What a cookie opens behind this very link; None for one that is unknown, has ended, or is of another link."""
    row = tx.row(
        """SELECT clinician_id, service_date FROM day_pass
           WHERE tenant = app_tenant() AND token_hash = :hash AND link_hash = :link AND clinician_id = :clinician
             AND ended_at IS NULL AND ends_at > :now""",
        hash=pass_hash,
        link=link.token_hash,
        clinician=link.party_id,
    )
    return DayPass(PartyId(row["clinician_id"]), row["service_date"]) if row else None
