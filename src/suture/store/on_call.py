"""Critical cases that no one has taken, who was told of each, and how those who are on call can be reached."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from suture.model.addresses import address_hash
from suture.model.ids import BranchId, CaseId, PartyId, TouchId
from suture.model.messages import Channel, TouchState
from suture.model.on_call import Told
from suture.model.people import Branch, PartyKind
from suture.store.cases import ON_THE_BOARD
from suture.store.transaction import Tx

LONGEST_AGO = timedelta(hours=36)
"""What has been critical for longer is not told of by night: everyone who looks at the board knows it."""
MOST = 500


@dataclass(frozen=True, slots=True)
class WaitingCase:
    """A critical case that no one has taken. `since` is when it became critical, or comes back from being put off."""

    id: CaseId
    branch_id: BranchId
    service_date: date
    since: datetime


@dataclass(frozen=True, slots=True)
class CaseNow:
    """What the message about a case that waits says: where, and since when."""

    id: CaseId
    branch: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Colleague:
    """A clinician at work: the channels a message may take, and the number to call."""

    name: str
    channels: frozenset[Channel]
    phone: str


_CRITICAL = "e.band = 'critical' AND e.taken_at IS NULL"
_FIRST_OF_VISIT = """(e.subject_kind <> 'visit' OR NOT EXISTS (
    SELECT FROM exception_case o WHERE o.tenant = e.tenant AND o.kind = e.kind AND o.subject_kind = 'visit'
      AND o.subject_id = e.subject_id AND o.subject_position < e.subject_position AND o.state = 'open'
      AND o.band = 'critical' AND o.taken_at IS NULL))"""
"""Of several positions of a visit one case is told of: they are one on the board."""


def waiting(tx: Tx, *, lock: bool) -> tuple[WaitingCase, ...]:
    """Critical cases that no one has taken, the oldest first; one that was put off waits from when it will be back.

    `lock`: until this transaction ends, so that who asks at the same time is told of none of these.
    """
    back = "greatest(e.critical_at, CASE WHEN e.deadline_at IS NULL OR e.deadline_at > :now THEN e.snoozed_until END)"
    rows = tx.rows(
        f"""SELECT e.id, e.branch_id, {back} AS since,
                   coalesce(e.service_date, cast(cast(:now AS timestamptz) AT TIME ZONE b.tz AS date)) AS service_date
            FROM exception_case e JOIN branch b ON b.tenant = e.tenant AND b.id = e.branch_id
            WHERE e.tenant = app_tenant() AND e.state = 'open' AND {_CRITICAL} AND {_FIRST_OF_VISIT}
              AND e.critical_at > cast(:now AS timestamptz) - cast(:ago AS interval)
            ORDER BY e.critical_at, e.id LIMIT :most {"FOR UPDATE OF e SKIP LOCKED" if lock else ""}""",  # noqa: S608 - our own words
        ago=LONGEST_AGO,
        most=MOST,
    )
    return tuple(WaitingCase(CaseId(r["id"]), BranchId(r["branch_id"]), r["service_date"], r["since"]) for r in rows)


def told(tx: Tx, case_ids: Sequence[CaseId]) -> Mapping[CaseId, tuple[Told, ...]]:
    """Whom messages about these cases went or will go to, in order. What was withdrawn unsent told no one anything."""
    rows = tx.rows(
        """SELECT about.case_id, p.external_id, t.channel, t.subject_rev, t.ordinal, t.state, t.due_at
           FROM (SELECT id AS touch_id, subject_id AS case_id FROM touch
                 WHERE tenant = app_tenant() AND subject = 'case' AND subject_id = ANY(:ids)
                 UNION SELECT touch_id, case_id FROM touch_case
                 WHERE tenant = app_tenant() AND case_id = ANY(:ids)) AS about
           JOIN touch t ON t.tenant = app_tenant() AND t.id = about.touch_id
           JOIN party p ON p.tenant = t.tenant AND p.id = t.party_id
           WHERE t.state <> 'superseded' ORDER BY t.id""",
        ids=list(case_ids),
    )
    found: defaultdict[CaseId, list[Told]] = defaultdict(list)
    for r in rows:
        state, channel = TouchState(r["state"]), Channel(r["channel"])
        one = Told(r["external_id"], channel, r["subject_rev"], r["ordinal"], state, r["due_at"])
        found[CaseId(r["case_id"])].append(one)
    return {case_id: tuple(of_case) for case_id, of_case in found.items()}


def add_cases(tx: Tx, touch_id: TouchId, case_ids: Sequence[CaseId]) -> None:
    """A message is about these cases as well."""
    tx.run(
        "INSERT INTO touch_case (touch_id, case_id) SELECT :touch, unnest(cast(:ids AS bigint[]))",
        touch=touch_id,
        ids=list(case_ids),
    )


def cases_now(tx: Tx, touch_id: TouchId) -> tuple[CaseNow, ...]:
    """What a message about cases says at this moment: those of them that still wait, the oldest first."""
    rows = tx.rows(
        f"""SELECT e.id, b.name, coalesce(e.critical_at, e.opened_at) AS since
            FROM touch t
            JOIN exception_case e ON e.tenant = t.tenant AND (e.id = t.subject_id OR EXISTS (
              SELECT FROM touch_case a WHERE a.tenant = t.tenant AND a.touch_id = t.id AND a.case_id = e.id))
            JOIN branch b ON b.tenant = e.tenant AND b.id = e.branch_id
            WHERE t.tenant = app_tenant() AND t.id = :touch AND {ON_THE_BOARD.format("e")} AND {_CRITICAL}
            ORDER BY since, e.id""",  # noqa: S608 - our own words
        touch=touch_id,
    )
    return tuple(CaseNow(CaseId(r["id"]), r["name"], r["since"]) for r in rows)


def colleagues(tx: Tx, external_ids: Collection[str], *, away_too: bool = False) -> Mapping[str, Colleague]:
    """Those of these clinicians who are at work, by the agency's own ids; who called out or has time off now is not,
    except `away_too`."""
    if not external_ids:
        return {}
    rows = tx.rows(
        """SELECT p.external_id, p.given, p.family, a.channel, a.value,
                  coalesce((SELECT granted FROM consent c WHERE c.tenant = p.tenant AND c.party_id = p.id
                              AND c.channel = a.channel ORDER BY c.at DESC, c.id DESC LIMIT 1), false)
                  AND NOT EXISTS (SELECT FROM suppression s WHERE s.tenant = p.tenant AND s.addr_hash = a.value_hash
                                    AND s.channel = a.channel AND s.lifted_at IS NULL) AS usable
           FROM party p
           JOIN clinician k ON k.tenant = p.tenant AND k.party_id = p.id AND k.status = 'active'
           LEFT JOIN address a ON a.tenant = p.tenant AND a.party_id = p.id
           WHERE p.tenant = app_tenant() AND p.kind = 'clinician' AND p.external_id = ANY(:ids)
             AND (:away_too OR NOT EXISTS (
               SELECT FROM availability x WHERE x.tenant = p.tenant AND x.clinician_id = p.id
                 AND x.kind = 'unavailable' AND x.starts_at <= :now AND x.ends_at > :now))
           ORDER BY p.external_id, a.channel = 'sms'""",
        ids=list(external_ids),
        away_too=away_too,
    )
    found: dict[str, Colleague] = {}
    for r in rows:
        before = found.get(r["external_id"], Colleague(f"{r['given']} {r['family']}".strip(), frozenset(), ""))
        channels = before.channels | {Channel(r["channel"])} if r["usable"] else before.channels
        is_phone = r["channel"] in (Channel.SMS, Channel.VOICE)
        found[r["external_id"]] = Colleague(before.name, channels, r["value"] if is_phone else before.phone)
    return found


def closed_addresses(tx: Tx, addresses: Collection[str]) -> frozenset[str]:
    """Those of these numbers and mailboxes that no message may go to."""
    if not addresses:
        return frozenset()
    by_hash = {address_hash(address): address for address in addresses}
    rows = tx.rows(
        """SELECT DISTINCT addr_hash FROM suppression
           WHERE tenant = app_tenant() AND addr_hash = ANY(:hashes) AND lifted_at IS NULL""",
        hashes=list(by_hash),
    )
    return frozenset(by_hash[r["addr_hash"]] for r in rows)


def party_of(tx: Tx, kind: PartyKind, external_id: str) -> PartyId:
    """The party of that id. Raises LookupError."""
    row = tx.row(
        "SELECT id FROM party WHERE tenant = app_tenant() AND kind = :kind AND external_id = :id",
        kind=kind,
        id=external_id,
    )
    if row is None:
        raise LookupError(f"there is no {kind} of that id")
    return PartyId(row["id"])


def external_id_of(tx: Tx, party_id: PartyId) -> str:
    """The id by which the on-call list names a party."""
    found: str = tx.scalar("SELECT external_id FROM party WHERE tenant = app_tenant() AND id = :party", party=party_id)
    return found


def keep_contact(tx: Tx, branch: Branch, key: str, name: str, lang: str, addresses: Mapping[Channel, str]) -> PartyId:
    """Someone of the on-call list who is not in the agency's files, as the list has them now."""
    party: int = tx.scalar(
        """INSERT INTO party (kind, external_id, family, lang, tz) VALUES ('contact', :key, :name, :lang, :tz)
           ON CONFLICT (tenant, kind, external_id) DO UPDATE SET family = excluded.family, lang = excluded.lang,
             tz = excluded.tz RETURNING id""",
        key=key,
        name=name,
        lang=lang,
        tz=branch.tz,
    )
    tx.run(
        "DELETE FROM address WHERE tenant = app_tenant() AND party_id = :party AND NOT channel = ANY(:channels)",
        party=party,
        channels=[str(channel) for channel in addresses],
    )
    for channel, value in addresses.items():
        given = {"party": party, "channel": channel, "value": value, "hash": address_hash(value)}
        tx.run(
            """INSERT INTO address (party_id, channel, value, value_hash) VALUES (:party, :channel, :value, :hash)
               ON CONFLICT (tenant, party_id, channel) DO UPDATE SET value = excluded.value,
                 value_hash = excluded.value_hash""",
            **given,
        )
        tx.run(
            """INSERT INTO consent (party_id, channel, granted, source, at)
               SELECT :party, :channel, true, 'on_call', :now
               WHERE NOT EXISTS (SELECT FROM consent WHERE tenant = app_tenant() AND party_id = :party
                                   AND channel = :channel)""",
            party=party,
            channel=channel,
        )
    return PartyId(party)
