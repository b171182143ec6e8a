"""Whether messages may leave: the agency's hold on sending, and the test recipients who are written to all the same.

A hold bites under the row lock that every send shares: once it is committed, no new message begins. An agency without a
row is on hold: a backup leaves the row out, so nothing that was restored sends by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from suture.model.ids import PartyId
from suture.model.outreach_state import HoldCause, OutreachState
from suture.model.people import PartyKind
from suture.store.transaction import Tx


@dataclass(frozen=True, slots=True)
class Recipient:
    """A party by the agency's own id."""

    party_id: PartyId
    kind: PartyKind
    external_id: str


@dataclass(frozen=True, slots=True)
class DueMessages:
    """Messages of one channel and step that are due, and how many of them became due after a backup was made."""

    channel: str
    step: str
    due: int
    since_backup: int


def state(tx: Tx) -> OutreachState:
    """The state of the agency's messages."""
    row = tx.row("SELECT on_hold, cause, since, data_until, awaits_import FROM outreach WHERE tenant = app_tenant()")
    if row is not None:
        return OutreachState(
            row["on_hold"], HoldCause(row["cause"]), row["since"], row["data_until"], row["awaits_import"]
        )
    if tx.scalar("SELECT EXISTS (SELECT FROM agency WHERE tenant = app_tenant())"):
        return OutreachState(True, HoldCause.RESTORED, None, last_backup(tx), awaits_import=True)
    return OutreachState(True, HoldCause.NEW, None)


def put(tx: Tx, new: OutreachState) -> None:
    """Write the state of messages from now on; waits for every send that has begun to be prepared."""
    tx.run(
        """INSERT INTO outreach (on_hold, cause, since, data_until, awaits_import)
           VALUES (:on_hold, :cause, :since, :data_until, :awaits_import)
           ON CONFLICT (tenant) DO UPDATE SET on_hold = :on_hold, cause = :cause, since = :since,
             data_until = :data_until, awaits_import = :awaits_import""",
        on_hold=new.on_hold,
        cause=new.cause,
        since=new.since or tx.now,
        data_until=new.data_until,
        awaits_import=new.awaits_import,
    )


def begin(tx: Tx) -> None:
    """A new agency starts on hold; one that is known stays as it is."""
    tx.run(
        """INSERT INTO outreach (on_hold, cause, since)
           SELECT true, 'new', :now WHERE NOT EXISTS (SELECT FROM agency WHERE tenant = app_tenant())
           ON CONFLICT (tenant) DO NOTHING"""
    )


def note_full_import(tx: Tx) -> None:
    """All facts are as the agency's sources have them: patients of a restored agency may be written to again."""
    known = state(tx)
    if known.awaits_import:
        put(tx, replace(known, awaits_import=False))


def may_write_to(tx: Tx, party_id: PartyId) -> bool:
    """Whether a message to this party may begin now; it cannot be held back before this transaction ends."""
    row = tx.row(
        """SELECT (NOT o.on_hold OR EXISTS (SELECT FROM test_recipient r
                                            WHERE r.tenant = o.tenant AND r.party_id = p.id))
                  AND NOT (o.awaits_import AND p.kind = 'patient') AS may
           FROM outreach o JOIN party p ON p.tenant = o.tenant AND p.id = :party
           WHERE o.tenant = app_tenant() FOR SHARE OF o""",
        party=party_id,
    )
    return row is not None and bool(row["may"])


def last_backup(tx: Tx) -> datetime | None:
    """When the newest backup of this database was begun, by the trail it left."""
    at: datetime | None = tx.scalar(
        "SELECT max(at) FROM audit_row WHERE tenant = app_tenant() AND code = 'data.backed_up'"
    )
    return at


def last_word(tx: Tx) -> tuple[str, str] | None:
    """Who last held or released the messages, and why."""
    row = tx.row(
        """SELECT data ->> 'name' AS name, data ->> 'reason' AS reason FROM audit_row
           WHERE tenant = app_tenant() AND code IN ('outreach.held', 'outreach.released') ORDER BY id DESC LIMIT 1"""
    )
    return (row["name"], row["reason"]) if row else None


def test_recipients(tx: Tx) -> tuple[Recipient, ...]:
    """Who is written to on hold, by kind and id."""
    rows = tx.rows(
        """SELECT p.id, p.kind, p.external_id FROM test_recipient r
           JOIN party p ON p.tenant = r.tenant AND p.id = r.party_id
           WHERE r.tenant = app_tenant() ORDER BY p.kind, p.external_id"""
    )
    return tuple(Recipient(PartyId(r["id"]), PartyKind(r["kind"]), r["external_id"]) for r in rows)


def parties(tx: Tx, external_id: str) -> tuple[Recipient, ...]:
    """The people of that id: a patient and a clinician may share one."""
    rows = tx.rows(
        "SELECT id, kind, external_id FROM party WHERE tenant = app_tenant() AND external_id = :id ORDER BY kind",
        id=external_id,
    )
    return tuple(Recipient(PartyId(r["id"]), PartyKind(r["kind"]), r["external_id"]) for r in rows)


def name_recipients(tx: Tx, party_ids: Sequence[PartyId]) -> None:
    """From now on these are written to on hold as well."""
    tx.run(
        """INSERT INTO test_recipient (party_id) SELECT unnest(cast(:ids AS bigint[])) ON CONFLICT DO NOTHING""",
        ids=list(party_ids),
    )


def drop_recipients(tx: Tx, party_ids: Sequence[PartyId]) -> None:
    """These are no longer test recipients."""
    tx.run("DELETE FROM test_recipient WHERE tenant = app_tenant() AND party_id = ANY(:ids)", ids=list(party_ids))


def due(tx: Tx, data_until: datetime | None) -> tuple[DueMessages, ...]:
    """What is planned and due now, by channel and step; after `data_until` another server may have sent it already."""
    rows = tx.rows(
        """SELECT channel, step, count(*) AS due,
                  count(*) FILTER (WHERE due_at > cast(:until AS timestamptz)) AS since_backup
           FROM touch WHERE tenant = app_tenant() AND state = 'planned' AND due_at <= :now
           GROUP BY channel, step ORDER BY channel, step""",
        until=data_until,
    )
    return tuple(DueMessages(r["channel"], r["step"], r["due"], r["since_backup"]) for r in rows)
