"""The demo's mark, its clock, its start from nothing, and the few questions that only a played morning asks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Connection, Engine, text

from suture.model.actors import FIRST_TENANT
from suture.model.ids import BranchId, PartyId, VisitId
from suture.model.outreach_state import HoldCause, OutreachState
from suture.store import outreach
from suture.store.migrate import holds_tables, migrate
from suture.store.transaction import Tx


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Someone of the demo agency, as the seeded world knows them. `has_sms`: would rather text than write."""

    kind: str
    external_id: str
    has_sms: bool


def be_quiet(tx: Tx, party_id: PartyId) -> None:
    """From now on this person of the demo neither checks in nor answers."""
    tx.run("INSERT INTO demo_quiet (party_id, at) VALUES (:id, :now) ON CONFLICT DO NOTHING", id=party_id)


def quiet(tx: Tx) -> Mapping[PartyId, str]:
    """Who neither checks in nor answers, with the ids of the files."""
    rows = tx.rows(
        """SELECT p.id, p.external_id FROM demo_quiet q JOIN party p ON p.tenant = q.tenant AND p.id = q.party_id
           WHERE q.tenant = app_tenant()"""
    )
    return {PartyId(r["id"]): r["external_id"] for r in rows}


def quiet_visits(tx: Tx, branch_id: BranchId, service_date: date) -> frozenset[VisitId]:
    """The visits of a branch-day whose patients do not answer."""
    rows = tx.rows(
        """SELECT v.id FROM demo_quiet q JOIN visit v ON v.tenant = q.tenant AND v.patient_id = q.party_id
           WHERE q.tenant = app_tenant() AND v.branch_id = :branch AND v.service_date = :date""",
        branch=branch_id,
        date=service_date,
    )
    return frozenset(VisitId(r["id"]) for r in rows)


def first_clinician(tx: Tx) -> tuple[str, str]:
    """The id and name of the clinician whose day the demo shows to whoever wants to be one. Raises LookupError."""
    row = tx.row(
        """SELECT p.external_id, p.given || ' ' || p.family AS name
           FROM clinician c JOIN party p ON p.tenant = c.tenant AND p.id = c.party_id
           WHERE c.tenant = app_tenant() AND c.status = 'active' ORDER BY p.external_id LIMIT 1"""
    )
    if row is None:
        raise LookupError("the demo has no clinician")
    return row["external_id"], row["name"]


def patient_of(tx: Tx, visit_id: VisitId) -> PartyId | None:
    """Whose visit it is."""
    found = tx.scalar("SELECT patient_id FROM visit WHERE tenant = app_tenant() AND id = :id", id=visit_id)
    return PartyId(found) if found else None


def has_answered(tx: Tx, address: str, since: datetime) -> bool:
    """Whether someone at the screen has answered for the person of an address since then."""
    return bool(
        tx.scalar(
            """SELECT EXISTS (
                 SELECT FROM address a WHERE a.tenant = app_tenant() AND a.value = :address AND (
                   EXISTS (SELECT FROM inbound i
                           WHERE i.tenant = a.tenant AND i.from_hash = a.value_hash AND i.at > :since)
                   OR EXISTS (SELECT FROM confirmation c
                              JOIN promise p ON p.tenant = c.tenant AND p.id = c.promise_id
                              WHERE p.tenant = a.tenant AND p.party_id = a.party_id AND c.at > :since)))""",
            address=address,
            since=since,
        )
    )


def people_by_address(tx: Tx) -> dict[str, DemoPerson]:
    """Whom each address belongs to; an address that two people share goes to the first."""
    rows = tx.rows(
        """SELECT a.value, p.kind, p.external_id,
                  EXISTS (SELECT FROM consent c WHERE c.tenant = p.tenant AND c.party_id = p.id AND c.channel = 'sms'
                          AND c.granted) AS has_sms
           FROM address a JOIN party p ON p.tenant = a.tenant AND p.id = a.party_id
           WHERE a.tenant = app_tenant() ORDER BY p.id DESC"""
    )
    return {r["value"]: DemoPerson(r["kind"], r["external_id"], r["has_sms"]) for r in rows}


class Whose(StrEnum):
    """Whose data a database holds, whatever its schema."""

    NO_ONES = "no_ones"
    AN_AGENCYS = "an_agencys"
    A_DEMOS = "a_demos"
    FOREIGN = "foreign"


def whose(engine: Engine) -> Whose:
    """Whose data this is. Only reads, and works on the schemas of earlier releases; a demo's agency is the first."""
    with engine.connect() as conn:
        conn.execute(text("SELECT set_config('app.tenant', :first, true)"), {"first": str(FIRST_TENANT)})
        if not _has_table(conn, "agency"):
            return Whose.FOREIGN if holds_tables(conn) else Whose.NO_ONES
        marked = "SELECT EXISTS (SELECT FROM demo_mark)"
        if not _has_table(conn, "demo_mark"):  # a demo of an earlier release set its clock, once it was ready
            marked = "SELECT EXISTS (SELECT FROM demo_clock)"
        if conn.execute(text(marked)).scalar_one():
            return Whose.A_DEMOS
        # an agency may begin with its rulebook: whatever anyone did left a line in the trail
        used = conn.execute(text("SELECT EXISTS (SELECT FROM agency) OR EXISTS (SELECT FROM audit_row)")).scalar_one()
        return Whose.AN_AGENCYS if used else Whose.NO_ONES


def _has_table(conn: Connection, name: str) -> bool:
    return bool(conn.execute(text("SELECT to_regclass(:name) IS NOT NULL"), {"name": f"public.{name}"}).scalar_one())


def wipe(owner: Engine) -> None:
    """Throw everything away: an empty database at the newest schema."""
    with owner.begin() as conn:
        conn.execute(text("DROP SCHEMA public CASCADE"))
        conn.execute(text("CREATE SCHEMA public"))
    migrate(owner)


def mark(tx: Tx) -> None:
    """From now on this is a demo's database: its messages stay on the machine, so none of them is on hold."""
    tx.run("INSERT INTO demo_mark (at) VALUES (:now) ON CONFLICT (tenant) DO NOTHING")
    outreach.put(tx, OutreachState(on_hold=False, cause=HoldCause.NEW, since=tx.now))


def is_marked(tx: Tx) -> bool:
    """Whether this is a demo's database."""
    return bool(tx.scalar("SELECT EXISTS (SELECT FROM demo_mark WHERE tenant = app_tenant())"))


def set_clock(tx: Tx, shown_at: datetime) -> None:
    """From now on the demo's time is `shown_at`, and runs at real speed."""
    tx.run(
        """INSERT INTO demo_clock (shown_at, real_at) VALUES (:shown, clock_timestamp())
           ON CONFLICT (tenant) DO UPDATE SET shown_at = :shown, real_at = clock_timestamp()""",
        shown=shown_at,
    )


def clock_is_set(tx: Tx) -> bool:
    """Whether the demo has been made ready once."""
    return bool(tx.scalar("SELECT EXISTS (SELECT FROM demo_clock WHERE tenant = app_tenant())"))


def resume_clock(tx: Tx) -> None:
    """Go on from the stored demo time: the time while everything was stopped does not count."""
    tx.run("UPDATE demo_clock SET real_at = clock_timestamp() WHERE tenant = app_tenant()")


def store_clock(tx: Tx) -> None:
    """Remember the demo time of this instant, so that a stop, even a sudden one, loses seconds at most."""
    tx.run(
        """UPDATE demo_clock SET shown_at = shown_at + (real.now - real_at), real_at = real.now
           FROM (SELECT clock_timestamp() AS now) AS real WHERE tenant = app_tenant()"""
    )
