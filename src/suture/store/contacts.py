"""Who can be reached how: addresses, consent and suppressions. An address is looked up and locked by its hash."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from suture.model.contacts import Contacts, PartyContact
from suture.model.ids import BranchId, PartyId, VisitId
from suture.model.messages import Channel
from suture.model.people import PartyKind
from suture.model.plan import ToldWindow
from suture.store.plans import last_lists
from suture.store.transaction import Tx

_DIALED = re.compile(r"\+[0-9]+")
"""A number without an extension, which a machine can dial."""
_BEST_FIRST = (Channel.SMS, Channel.EMAIL, Channel.PUSH, Channel.VOICE)


@dataclass(frozen=True, slots=True)
class Reach:
    """One party on one channel, at the moment of sending. `value` is empty where there is no address."""

    party_id: PartyId
    kind: PartyKind
    lang: str
    tz: str
    value: str
    value_hash: str
    consented: bool
    suppressed: bool
    active: bool = True
    """A patient who is cared for, or a colleague whose status could be read."""

    @property
    def usable(self) -> bool:
        """Whether a message may go there at all."""
        return bool(self.value) and self.consented and not self.suppressed and self.active


@dataclass(frozen=True, slots=True)
class Owner:
    """A party an address belongs to, and the branch that looks after them."""

    party_id: PartyId
    kind: PartyKind
    branch_id: BranchId


def lock_address(tx: Tx, value_hash: str) -> None:
    """Until the end of this transaction no one else may start a message to this address, or close it."""
    tx.run("SELECT pg_advisory_xact_lock(hashtext(:hash))", hash=value_hash)


def lock_address_of(tx: Tx, party_id: PartyId, channel: Channel) -> None:
    """`lock_address` of where a party is reached; nothing where there is no such address."""
    tx.run(
        """SELECT pg_advisory_xact_lock(hashtext(value_hash)) FROM address
           WHERE tenant = app_tenant() AND party_id = :party AND channel = :channel""",
        party=party_id,
        channel=channel,
    )


def load_contacts(tx: Tx, branch_id: BranchId, service_date: date, again: Sequence[PartyId] = ()) -> Contacts:
    """Everyone who may have to hear of one branch-day: its patients, and every clinician of the branch.

    `again`: clinicians who could not be told of changes for a while.
    """
    people = tx.rows(
        """SELECT p.id, p.kind, p.lang, p.tz,
                  EXISTS (SELECT FROM clinician k WHERE k.tenant = p.tenant AND k.party_id = p.id
                            AND k.status = 'unclear') AS is_unclear
           FROM party p
           WHERE p.tenant = app_tenant() AND (p.id IN (
               SELECT patient_id FROM visit
               WHERE tenant = app_tenant() AND branch_id = :branch AND service_date = :date AND patient_id IS NOT NULL)
             OR p.id IN (SELECT party_id FROM clinician WHERE tenant = app_tenant() AND branch_id = :branch))
           ORDER BY p.id""",
        branch=branch_id,
        date=service_date,
    )
    channels = channels_of(tx, [r["id"] for r in people])
    changes = _changes(tx, branch_id, service_date)
    parties = {
        PartyId(r["id"]): PartyContact(
            party_id=PartyId(r["id"]),
            kind=PartyKind(r["kind"]),
            lang=r["lang"],
            tz=r["tz"],
            channels=tuple(c for c in _BEST_FIRST if c in channels.get(r["id"], ())),
            changes_today=changes.get(r["id"], 0),
            is_unclear=r["is_unclear"],
        )
        for r in people
    }
    visits = _visits(tx, branch_id, service_date)
    return Contacts(
        parties,
        patient_of={VisitId(r["id"]): PartyId(r["patient_id"]) for r in visits},
        told=frozenset(VisitId(r["id"]) for r in visits if r["told"]),
        windows={VisitId(r["id"]): ToldWindow(r["opens"], r["closes"]) for r in visits},
        lists=last_lists(tx, branch_id, service_date, again) if again else {},
    )


def channels_of(tx: Tx, party_ids: Sequence[int]) -> dict[int, set[Channel]]:
    """The channels with an address, consent in force, and no suppression."""
    found: dict[int, set[Channel]] = {}
    for r in tx.rows(f"{_REACH} WHERE p.tenant = app_tenant() AND p.id = ANY(:ids)", ids=list(party_ids)):
        if _reach(r).usable:
            found.setdefault(r["id"], set()).add(Channel(r["channel"]))
    return found


def _changes(tx: Tx, branch_id: BranchId, service_date: date) -> dict[int, int]:
    rows = tx.rows(
        """SELECT party_id, count(*) AS n FROM touch
           WHERE tenant = app_tenant() AND branch_id = :branch AND service_date = :date
             AND step IN ('p.changed', 'p.cancelled', 's.changed', 's.emptied')
             AND state IN ('sending', 'sent', 'unknown')
           GROUP BY party_id""",
        branch=branch_id,
        date=service_date,
    )
    return {r["party_id"]: r["n"] for r in rows}


def _visits(tx: Tx, branch_id: BranchId, service_date: date) -> Sequence[Any]:
    """Visits of patients who are cared for: when they are expected, and whether a time was or may have been heard."""
    return tx.rows(
        """SELECT v.id, v.patient_id, coalesce(p.window_open, v.earliest_start) AS opens,
                  coalesce(p.window_close, v.latest_end) AS closes,
                  p.id IS NOT NULL OR EXISTS (
                    SELECT FROM touch t WHERE t.tenant = v.tenant AND t.subject = 'visit' AND t.subject_id = v.id
                      AND t.party_id = v.patient_id AND t.state IN ('sending', 'sent', 'unknown'))
                  OR EXISTS (
                    SELECT FROM touch_visit s JOIN touch t ON t.tenant = s.tenant AND t.id = s.touch_id
                    WHERE s.tenant = v.tenant AND s.visit_id = v.id AND t.party_id = v.patient_id
                      AND t.state IN ('sending', 'sent', 'unknown')) AS told
           FROM visit v
           JOIN patient h ON h.tenant = v.tenant AND h.party_id = v.patient_id AND h.status = 'active'
           LEFT JOIN LATERAL (
             SELECT id, window_open, window_close FROM promise
             WHERE tenant = v.tenant AND visit_id = v.id AND party_id = v.patient_id
             ORDER BY seq DESC LIMIT 1) p ON true
           WHERE v.tenant = app_tenant() AND v.branch_id = :branch AND v.service_date = :date
             AND v.patient_id IS NOT NULL ORDER BY v.id""",
        branch=branch_id,
        date=service_date,
    )


_REACH = """
    SELECT p.id, p.kind, p.lang, p.tz, a.channel,
           coalesce(a.value, '') AS value, coalesce(a.value_hash, '') AS value_hash,
           coalesce((SELECT granted FROM consent c WHERE c.tenant = p.tenant AND c.party_id = p.id
                       AND c.channel = a.channel ORDER BY c.at DESC, c.id DESC LIMIT 1), false) AS consented,
           EXISTS (SELECT FROM suppression s WHERE s.tenant = p.tenant AND s.addr_hash = a.value_hash
                     AND s.channel = a.channel AND s.lifted_at IS NULL) AS suppressed,
           NOT EXISTS (SELECT FROM patient t WHERE t.tenant = p.tenant AND t.party_id = p.id AND t.status <> 'active')
           AND NOT EXISTS (SELECT FROM clinician k WHERE k.tenant = p.tenant AND k.party_id = p.id
                             AND k.status = 'unclear') AS active
    FROM party p LEFT JOIN address a ON a.tenant = p.tenant AND a.party_id = p.id"""


def reach(tx: Tx, party_id: PartyId, channel: Channel) -> Reach:
    """One party on one channel as things stand; called at the number that texts go to, unless there is another.

    Raises LookupError where there is no such party.
    """
    row = tx.row(
        f"{_REACH} AND a.channel = :channel WHERE p.tenant = app_tenant() AND p.id = :party",
        party=party_id,
        channel=channel,
    )
    if row is None:
        raise LookupError(f"party {party_id} does not exist")
    found = _reach(row)
    return _called_at(tx, found) if channel is Channel.VOICE and not _DIALED.fullmatch(found.value) else found


def _called_at(tx: Tx, nowhere: Reach) -> Reach:
    """The number of texts as one to call, with the consent to texts; closed where calls to it are, or its owner is not
    the one we mean."""
    texts = reach(tx, nowhere.party_id, Channel.SMS)
    closed = tx.scalar(
        """SELECT EXISTS (SELECT FROM suppression WHERE tenant = app_tenant() AND addr_hash = :hash
             AND lifted_at IS NULL AND (channel = 'voice' OR reason = 'wrong_person'))""",
        hash=texts.value_hash,
    )
    return replace(texts, suppressed=closed)


def _reach(row: Any) -> Reach:
    return Reach(
        PartyId(row["id"]),
        PartyKind(row["kind"]),
        row["lang"],
        row["tz"],
        row["value"],
        row["value_hash"],
        row["consented"],
        row["suppressed"],
        row["active"],
    )


def owners(tx: Tx, channel: Channel, value_hash: str) -> tuple[Owner, ...]:
    """The parties an address belongs to, by id: several share a phone."""
    rows = tx.rows(
        """SELECT p.id, p.kind, coalesce(t.branch_id, c.branch_id) AS branch_id
           FROM address a JOIN party p ON p.tenant = a.tenant AND p.id = a.party_id
           LEFT JOIN patient t ON t.tenant = p.tenant AND t.party_id = p.id
           LEFT JOIN clinician c ON c.tenant = p.tenant AND c.party_id = p.id
           WHERE a.tenant = app_tenant() AND a.value_hash = :hash AND a.channel = :channel
             AND coalesce(t.branch_id, c.branch_id) IS NOT NULL ORDER BY p.id""",
        hash=value_hash,
        channel=channel,
    )
    return tuple(Owner(PartyId(r["id"]), PartyKind(r["kind"]), BranchId(r["branch_id"])) for r in rows)


def suppress(tx: Tx, channel: Channel, value_hash: str, reason: str, source: str) -> bool:
    """Close an address; call it under `lock_address`. False when it was closed for this reason already."""
    return bool(
        tx.run(
            """INSERT INTO suppression (addr_hash, channel, reason, source, at)
               VALUES (:hash, :channel, :reason, :source, :now)
               ON CONFLICT (tenant, addr_hash, channel, reason) WHERE lifted_at IS NULL DO NOTHING""",
            hash=value_hash,
            channel=channel,
            reason=reason,
            source=source,
        )
    )


def lift_stop(tx: Tx, channel: Channel, value_hash: str) -> bool:
    """Open an address its owner had closed by STOP; other reasons stay. False when there was nothing to lift."""
    return bool(
        tx.run(
            """UPDATE suppression SET lifted_at = :now
               WHERE tenant = app_tenant() AND addr_hash = :hash AND channel = :channel AND reason = 'stop'
                 AND lifted_at IS NULL""",
            hash=value_hash,
            channel=channel,
        )
    )


@dataclass(frozen=True, slots=True)
class Closed:
    """One reason for which an address is closed for a channel."""

    id: int
    addr_hash: str
    channel: Channel
    reason: str


def hashes_of(tx: Tx, party_id: PartyId) -> tuple[str, ...]:
    """The addresses of a party, by hash, in order."""
    rows = tx.rows(
        """SELECT DISTINCT value_hash FROM address WHERE tenant = app_tenant() AND party_id = :party
           ORDER BY value_hash""",
        party=party_id,
    )
    return tuple(r["value_hash"] for r in rows)


def closed(tx: Tx, hashes: Sequence[str]) -> tuple[Closed, ...]:
    """What is closed of these addresses, and why."""
    rows = tx.rows(
        """SELECT id, addr_hash, channel, reason FROM suppression
           WHERE tenant = app_tenant() AND addr_hash = ANY(:hashes) AND lifted_at IS NULL ORDER BY id""",
        hashes=list(hashes),
    )
    return tuple(Closed(r["id"], r["addr_hash"], Channel(r["channel"]), r["reason"]) for r in rows)


def lift(tx: Tx, closures: Sequence[int]) -> None:
    """Open what was closed; call it under `lock_address`."""
    tx.run(
        "UPDATE suppression SET lifted_at = :now WHERE tenant = app_tenant() AND id = ANY(:ids) AND lifted_at IS NULL",
        ids=list(closures),
    )


def has_stopped(tx: Tx, channel: Channel, value_hash: str) -> bool:
    """Whether the owner of an address has closed it by STOP."""
    row = tx.row(
        """SELECT id FROM suppression WHERE tenant = app_tenant() AND addr_hash = :hash AND channel = :channel
             AND reason = 'stop' AND lifted_at IS NULL""",
        hash=value_hash,
        channel=channel,
    )
    return row is not None
