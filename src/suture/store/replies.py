"""Texts that came in, each stored once with what was made of it; and the answers given so far."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from suture.model.ids import PartyId, TouchId
from suture.model.instants import local_date
from suture.model.messages import Channel, InboundText, Step, digest_of
from suture.model.people import Availability, AvailabilityKind, shifts_of
from suture.store.transaction import Tx

LONGEST_BODY = 1600


@dataclass(frozen=True, slots=True)
class Inbound:
    """A stored text. `action` is empty until it has been dealt with, in the transaction that stored it."""

    id: int
    action: str
    is_new: bool


def store(tx: Tx, text: InboundText, from_hash: str) -> Inbound:
    """Store a text once by the provider's id; a repeat finds what was made of the first."""
    row = tx.row(
        """INSERT INTO inbound (provider, provider_msg_id, channel, from_hash, body, at)
           VALUES (:provider, :msg, :channel, :hash, :body, coalesce(cast(:came_at AS timestamptz), :now))
           ON CONFLICT (tenant, provider, provider_msg_id) DO NOTHING RETURNING id""",
        provider=text.provider,
        msg=text.provider_msg_id,
        channel=text.channel,
        hash=from_hash,
        body=storable(text.body),
        came_at=text.came_at,
    )
    if row is not None:
        return Inbound(row["id"], "", is_new=True)
    old = tx.row(
        """SELECT id, action FROM inbound
           WHERE tenant = app_tenant() AND provider = :provider AND provider_msg_id = :msg""",
        provider=text.provider,
        msg=text.provider_msg_id,
    )
    if old is None:
        raise LookupError(f"text {text.provider}/{text.provider_msg_id} collided and then vanished")
    return Inbound(old["id"], old["action"], is_new=False)


def storable(body: str) -> str:
    """A body as PostgreSQL can hold it: without NUL and lone surrogates, cut to what a long text can be."""
    return body.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")[:LONGEST_BODY]


def save_outcome(tx: Tx, inbound_id: int, *, meaning: str, action: str, prompt_id: int | None = None) -> None:
    """Write what a text meant and what was done about it."""
    tx.run(
        """UPDATE inbound SET meaning = :meaning, action = :action, prompt_id = :prompt
           WHERE tenant = app_tenant() AND id = :id""",
        id=inbound_id,
        meaning=meaning,
        action=action,
        prompt=prompt_id,
    )


def visits_near(tx: Tx, party_id: PartyId, within: timedelta) -> tuple[datetime, ...]:
    """When a patient's next open visits begin."""
    rows = tx.rows(
        """SELECT earliest_start FROM visit
           WHERE tenant = app_tenant() AND patient_id = :party AND latest_end > :now AND earliest_start < :until
             AND status IN ('requested', 'scheduled', 'confirmed', 'en_route') ORDER BY earliest_start""",
        party=party_id,
        until=tx.now + within,
    )
    return tuple(r["earliest_start"] for r in rows)


@dataclass(frozen=True, slots=True)
class NextVisit:
    """The visit that someone has or does next: its day, and when it is planned to begin, or may at the earliest."""

    service_date: date
    starts_at: datetime


def next_visit(tx: Tx, party_ids: Sequence[PartyId]) -> NextVisit | None:
    """The next visit of any of these patients, or of these clinicians' plans; None where nothing is to come."""
    row = tx.row(
        """SELECT v.service_date, min(coalesce(a.starts_at, v.earliest_start)) AS starts_at
           FROM visit v LEFT JOIN assignment a ON a.tenant = v.tenant AND a.visit_id = v.id AND a.to_version IS NULL
           WHERE v.tenant = app_tenant() AND (v.patient_id = ANY(:parties) OR a.clinician_id = ANY(:parties))
             AND v.status IN ('requested', 'scheduled', 'confirmed', 'en_route')
             AND coalesce(a.ends_at, v.latest_end) > :now
           GROUP BY v.service_date ORDER BY v.service_date LIMIT 1""",
        parties=list(party_ids),
    )
    return NextVisit(row["service_date"], row["starts_at"]) if row else None


def was_answered_with(tx: Tx, party_id: PartyId, step: Step, since: datetime) -> bool:
    """Whether a party has lately been answered by this step already."""
    row = tx.row(
        """SELECT max(planned_at) AS at FROM touch
           WHERE tenant = app_tenant() AND party_id = :party AND step = :step AND planned_at > :since""",
        party=party_id,
        step=step,
        since=since,
    )
    return row is not None and row["at"] is not None


def is_unread(tx: Tx, from_hash: str) -> bool:
    """Whether a text came from an address that could not be read, and its case still waits for a person."""
    return bool(
        tx.scalar(
            """SELECT EXISTS (
                 SELECT FROM inbound i
                 JOIN exception_case c ON c.tenant = i.tenant AND c.kind = 'reply_unclear'
                   AND c.subject_kind = 'inbound' AND c.subject_id = i.id AND c.state <> 'closed'
                 WHERE i.tenant = app_tenant() AND i.from_hash = :hash AND i.meaning IN ('unclear', 'emergency'))""",
            hash=from_hash,
        )
    )


@dataclass(frozen=True, slots=True)
class LinkAnswers:
    """The answers stored for one thing by one link: how many, and the last one's answer and id at its source."""

    count: int
    last_answer: str
    last_source_id: str


def link_answers(tx: Tx, link: str, mark: int) -> LinkAnswers:
    """What has been answered by one link about one thing: source ids are link:answer:mark[:number]."""
    rows = tx.rows(
        """SELECT source_id, body ->> 'answer' AS answer FROM inbox
           WHERE tenant = app_tenant() AND source = 'link' AND starts_with(source_id, :link || ':')
             AND split_part(source_id, ':', 3) = :mark ORDER BY id""",
        link=link,
        mark=str(mark),
    )
    if not rows:
        return LinkAnswers(0, "", "")
    return LinkAnswers(len(rows), rows[-1]["answer"], rows[-1]["source_id"])


@dataclass(frozen=True, slots=True)
class Quoted:
    """A message of ours that someone quotes."""

    touch_id: TouchId
    step: Step


def quoted(tx: Tx, party_ids: Sequence[PartyId], channel: Channel, body: str) -> Quoted | None:
    """The newest message to any of these with exactly these words; None where we wrote no such thing."""
    values = tx.rows(
        """SELECT DISTINCT value FROM address
           WHERE tenant = app_tenant() AND party_id = ANY(:ids) AND channel = :channel""",
        ids=list(party_ids),
        channel=channel,
    )
    row = tx.row(
        """SELECT t.id, t.step FROM message_attempt m JOIN touch t ON t.tenant = m.tenant AND t.id = m.touch_id
           WHERE m.tenant = app_tenant() AND t.party_id = ANY(:ids) AND t.channel = :channel
             AND m.request_sha = ANY(:digests) ORDER BY t.id DESC LIMIT 1""",
        ids=list(party_ids),
        channel=channel,
        digests=[digest_of(r["value"], "", body) for r in values],
    )
    return Quoted(TouchId(row["id"]), Step(row["step"])) if row else None


@dataclass(frozen=True, slots=True)
class Hours:
    """A stretch that a clinician is to work, and the day it belongs to."""

    service_date: date
    starts_at: datetime
    ends_at: datetime


def hours_ahead(tx: Tx, clinician_id: PartyId, tz: str, until: datetime) -> tuple[Hours, ...]:
    """What a clinician is to work from now on and begins before `until`: shifts, on-call hours too, and visits."""
    rows = tx.rows(
        """SELECT starts_at, ends_at, kind FROM availability
           WHERE tenant = app_tenant() AND clinician_id = :id AND starts_at < :until AND ends_at > :now""",
        id=clinician_id,
        until=until,
    )
    offered = tuple(Availability(clinician_id, r["starts_at"], r["ends_at"], AvailabilityKind(r["kind"])) for r in rows)
    shifts = [Hours(local_date(s.starts_at, tz), s.starts_at, s.ends_at) for s in shifts_of(offered)]
    visits = tx.rows(
        """SELECT a.service_date, a.starts_at, a.ends_at FROM assignment a
           JOIN visit v ON v.tenant = a.tenant AND v.id = a.visit_id
           WHERE a.tenant = app_tenant() AND a.clinician_id = :id AND a.to_version IS NULL AND a.starts_at < :until
             AND a.ends_at > :now AND v.status IN ('requested', 'scheduled', 'confirmed', 'en_route')""",
        id=clinician_id,
        until=until,
    )
    found = [*shifts, *(Hours(r["service_date"], r["starts_at"], r["ends_at"]) for r in visits)]
    return tuple(sorted(found, key=lambda h: (h.service_date, h.starts_at)))
