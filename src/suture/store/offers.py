"""Offers: who was asked to take a position, and what they said. Written in the transaction of the decision they follow
from; a position has one pending offer, and an offer one winner: the database refuses any other."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from suture.model.ids import BranchId, OfferId, PartyId, PositionKey, VisitId
from suture.model.messages import TouchState
from suture.model.offers import Asked, AskedState, Offer, OfferAnswer, OfferMode, OfferState, Terms
from suture.model.plan import TOLD_LENGTH, ToldWindow
from suture.model.visit import WAITING_STATUSES
from suture.store.promises import Told
from suture.store.transaction import Row, Tx
from suture.words.reason import from_json, to_json

ANSWERED_LATE = timedelta(hours=12)
"""How long after it was asked a yes is taken as one to it, though it comes too late."""
_MAY_ARRIVE = frozenset(
    {TouchState.PLANNED, TouchState.CLAIMED, TouchState.SENDING, TouchState.SENT, TouchState.UNKNOWN}
)
_ANSWERS = """SELECT (array_agg(i.body ->> 'answer' ORDER BY i.id DESC))[1] AS last, count(*) AS count,
               (array_agg(i.state ORDER BY i.id DESC))[1] AS state
               FROM inbox i WHERE i.tenant = app_tenant() AND i.kind = 'offer_answered'
                 AND i.body ->> 'offer_id' = cast({0} AS text) AND i.body ->> 'clinician_id' = cast({1} AS text)"""
_OF_ONE, _OF_EACH = _ANSWERS.format(":offer", ":clinician"), _ANSWERS.format("o.id", "c.clinician_id")
Round = tuple[PositionKey, int]


def save(tx: Tx, branch_id: BranchId, service_date: date, offers: Sequence[Offer]) -> Mapping[Round, OfferId]:
    """Write offers that are new or not as they were; the ids of all of them."""
    ids: dict[Round, OfferId] = {}
    for offer in sorted(offers, key=lambda o: o.is_pending):  # what ends makes room for what begins
        ids[offer.key, offer.round] = _save(tx, branch_id, service_date, offer)
    return ids


def _save(tx: Tx, branch_id: BranchId, service_date: date, offer: Offer) -> OfferId:
    offer_id = offer.id or _insert(tx, branch_id, service_date, offer)
    if offer.id:
        tx.run(
            "UPDATE offer SET state = :state, decided_at = :decided WHERE tenant = app_tenant() AND id = :id",
            id=offer.id,
            state=offer.state,
            decided=offer.decided_at,
        )
    tx.run(
        """INSERT INTO offer_candidate (tenant, offer_id, clinician_id, rank, tier, starts_at, why, state, answered_at,
                  asked_at)
           SELECT app_tenant(), :offer, clinician, rank, tier, starts, why, state, answered, :opened
           FROM jsonb_to_recordset(cast(:asked AS jsonb)) AS r(clinician bigint, rank smallint, tier smallint,
                  starts timestamptz, why jsonb, state text, answered timestamptz)
           ON CONFLICT (tenant, offer_id, clinician_id) DO UPDATE
             SET state = excluded.state, answered_at = excluded.answered_at""",
        offer=offer_id,
        opened=offer.opened_at,
        asked=json.dumps([_as_row(a) for a in offer.asked]),
    )
    return offer_id


def _insert(tx: Tx, branch_id: BranchId, service_date: date, offer: Offer) -> OfferId:
    return OfferId(
        tx.scalar(
            """INSERT INTO offer (branch_id, service_date, visit_id, position, round, mode, state, by_person, opens,
                      closes, minutes, place_id, opened_at, expires_at)
               VALUES (:branch, :date, :visit, :position, :round, :mode, :state, :by_person, :opens, :closes, :minutes,
                      :place, :opened, :expires) RETURNING id""",
            branch=branch_id,
            date=service_date,
            visit=offer.key.visit_id,
            position=offer.key.position,
            round=offer.round,
            mode=offer.mode,
            state=offer.state,
            by_person=offer.by_person,
            opens=offer.terms.opens,
            closes=offer.terms.closes,
            minutes=offer.terms.minutes,
            place=offer.terms.place_id,
            opened=offer.opened_at,
            expires=offer.expires_at,
        )
    )


def _as_row(asked: Asked) -> dict[str, object]:
    return {
        "clinician": asked.clinician_id,
        "rank": asked.rank,
        "tier": asked.tier,
        "starts": asked.starts_at.isoformat(),
        "why": to_json(asked.why),
        "state": asked.state,
        "answered": asked.answered_at.isoformat() if asked.answered_at else None,
    }


_OFFERS = """SELECT o.*, (SELECT jsonb_agg(to_jsonb(c) ORDER BY c.rank) FROM offer_candidate c
                          WHERE c.tenant = o.tenant AND c.offer_id = o.id) AS asked
             FROM offer o WHERE o.tenant = app_tenant()"""


def of_day(tx: Tx, branch_id: BranchId, service_date: date) -> tuple[Offer, ...]:
    """Everyone who was asked to take a position of a branch-day, oldest round first."""
    rows = tx.rows(
        f"{_OFFERS} AND o.branch_id = :branch AND o.service_date = :date ORDER BY o.id",
        branch=branch_id,
        date=service_date,
    )
    return tuple(map(_offer, rows))


def find(tx: Tx, offer_id: int) -> tuple[Offer, BranchId, date] | None:
    """An offer, and the branch-day it is of; None where it is not of the caller's branches."""
    row = tx.row(f"{_OFFERS} AND o.id = :id", id=offer_id)
    if row is None or not tx.scope.has(BranchId(row["branch_id"])):
        return None
    return _offer(row), BranchId(row["branch_id"]), row["service_date"]


def is_covered(tx: Tx, visit_id: VisitId, position: int) -> bool:
    """Whether a position has a clinician now."""
    found: bool = tx.scalar(
        """SELECT EXISTS (SELECT FROM assignment WHERE tenant = app_tenant() AND visit_id = :visit
             AND position = :position AND to_version IS NULL)""",
        visit=visit_id,
        position=position,
    )
    return found


def _offer(row: Row) -> Offer:
    return Offer(
        id=OfferId(row["id"]),
        key=PositionKey(VisitId(row["visit_id"]), row["position"]),
        terms=Terms(row["opens"], row["closes"], row["minutes"], row["place_id"]),
        mode=OfferMode(row["mode"]),
        round=row["round"],
        opened_at=row["opened_at"],
        expires_at=row["expires_at"],
        asked=tuple(
            Asked(
                PartyId(a["clinician_id"]),
                a["rank"],
                datetime.fromisoformat(a["starts_at"]),
                from_json(a["why"]),
                a["tier"],
                AskedState(a["state"]),
                datetime.fromisoformat(a["answered_at"]) if a["answered_at"] else None,
            )
            for a in row["asked"] or ()
        ),
        by_person=row["by_person"],
        state=OfferState(row["state"]),
        decided_at=row["decided_at"],
    )


@dataclass(frozen=True, slots=True)
class Answers:
    """What one person answered to an offer so far: the last of it, how often, and whether that is still undecided."""

    last: OfferAnswer | None = None
    count: int = 0
    is_waiting: bool = False


@dataclass(frozen=True, slots=True)
class OfferNow:
    """What a message about an offer says, as things stand: the terms as offered to one person, and what became of it.

    `area`: where, as far as a text may say it. `ends_at`: of the care. `is_shift`: begins at its time, not in a window.
    `is_as_offered`: the visit is still as it was then. `theirs`: what the published plan says of it, if they have it.
    """

    offer: Offer
    asked: Asked
    area: str
    tz: str
    discipline: str
    is_shift: bool
    ends_at: datetime
    documentation_minutes: int
    is_as_offered: bool
    theirs: Told | None
    starts_at: datetime

    @property
    def window(self) -> ToldWindow:
        """When it is: the hours of a shift, else between when they would arrive."""
        start = self.starts_at
        if self.is_shift:
            return ToldWindow(start, self.ends_at)
        return ToldWindow(start, max(start, min(start + TOLD_LENGTH, self.offer.terms.closes)))


def now_of(tx: Tx, offer_id: int, clinician_id: PartyId) -> OfferNow | None:
    """An offer as one person is told of it; None for someone who was not asked."""
    found = find(tx, offer_id)
    asked = found[0].of(clinician_id) if found else None
    if found is None or asked is None:
        return None
    offer, branch_id, service_date = found
    row = tx.row(
        """SELECT coalesce(nullif(l.postal_code, ''), l.city) AS area, l.tz, s.discipline,
                  s.kind = 'open_shift' AS is_shift, v.documentation_min, v.visit_rev, v.status, v.earliest_start,
                  v.latest_start, v.duration_min, v.place_id,
                  (v.branch_id, v.service_date) = (:branch, :date) AS is_here, h.version, a.starts_at,
                  a.told_open, a.told_close
           FROM visit v JOIN place l ON l.tenant = v.tenant AND l.id = v.place_id
           JOIN service s ON s.tenant = v.tenant AND s.code = v.service_code
           LEFT JOIN plan_head h ON h.tenant = v.tenant AND h.branch_id = :branch AND h.service_date = :date
             AND h.stage = 'published'
           LEFT JOIN assignment a ON a.tenant = v.tenant AND a.visit_id = v.id AND a.position = :position
             AND a.clinician_id = :who AND a.to_version IS NULL AND a.branch_id = :branch AND a.service_date = :date
           WHERE v.tenant = app_tenant() AND v.id = :visit""",
        visit=offer.key.visit_id,
        position=offer.key.position,
        who=clinician_id,
        branch=branch_id,
        date=service_date,
    )
    if row is None:
        return None
    starts = row["starts_at"] or asked.starts_at
    terms = Terms(row["earliest_start"], row["latest_start"], row["duration_min"], row["place_id"])
    theirs = ToldWindow(row["told_open"], row["told_close"]) if row["told_open"] and row["version"] else None
    return OfferNow(
        offer,
        asked,
        row["area"],
        row["tz"],
        row["discipline"],
        row["is_shift"],
        starts + timedelta(minutes=offer.terms.minutes),
        row["documentation_min"],
        is_as_offered=row["is_here"] and row["status"] in WAITING_STATUSES and terms == offer.terms,
        theirs=Told(offer.key.visit_id, row["visit_rev"], row["version"], theirs) if theirs else None,
        starts_at=starts,
    )


def answers_of(tx: Tx, offer_id: OfferId, clinician_id: PartyId) -> Answers:
    """What one person answered so far, by any way, decided or not."""
    row = tx.row(_OF_ONE, offer=offer_id, clinician=clinician_id)
    return _answers(row) if row else Answers()


def end_if_no_one_can_answer(tx: Tx, offer_id: int) -> None:
    """Let a round end now where no message reached any of those who could still answer: no one waits for them."""
    tx.run(
        """UPDATE offer o SET expires_at = :now
           WHERE o.tenant = app_tenant() AND o.id = :id AND o.state = 'pending' AND o.expires_at > :now
             AND NOT EXISTS (
               SELECT FROM offer_candidate c JOIN touch t ON t.tenant = c.tenant AND t.subject = 'offer'
                 AND t.subject_id = c.offer_id AND t.party_id = c.clinician_id AND t.step = 's.offer'
               WHERE c.tenant = o.tenant AND c.offer_id = o.id AND c.state = 'pending'
                 AND (c.answered_at IS NOT NULL OR t.state = ANY(:may_arrive)))""",
        id=offer_id,
        may_arrive=[str(state) for state in _MAY_ARRIVE],
    )


@dataclass(frozen=True, slots=True)
class AskedOn:
    """An offer that was sent to a number: whose it is, and whether it is still to be answered.

    `is_last`: nothing else was sent to that number since.
    """

    offer_id: OfferId
    clinician_id: PartyId
    branch_id: BranchId
    service_date: date
    asked_at: datetime
    is_open: bool
    is_last: bool
    answers: Answers


def asked_on(tx: Tx, addr_hash: str) -> tuple[AskedOn, ...]:
    """The offers that were sent to an address and can be answered, or could within the last hours; the newest first."""
    rows = tx.rows(
        f"""SELECT DISTINCT ON (o.id, c.clinician_id) o.id, c.clinician_id, o.branch_id, o.service_date,
                  m.started_at AS asked_at, o.state = 'pending' AND o.expires_at > :now AS is_open, given.*,
                  NOT EXISTS (SELECT FROM message_attempt n WHERE n.tenant = m.tenant AND n.addr_hash = m.addr_hash
                                AND n.started_at > m.started_at) AS is_last
           FROM message_attempt m JOIN touch t ON t.tenant = m.tenant AND t.id = m.touch_id
           JOIN offer o ON o.tenant = t.tenant AND o.id = t.subject_id
           JOIN offer_candidate c ON c.tenant = o.tenant AND c.offer_id = o.id AND c.clinician_id = t.party_id
           CROSS JOIN LATERAL ({_OF_EACH}) given
           WHERE m.tenant = app_tenant() AND m.addr_hash = :hash AND t.step = 's.offer' AND t.subject = 'offer'
             AND o.opened_at > cast(:now AS timestamptz) - cast(:late AS interval)
           ORDER BY o.id DESC, c.clinician_id, m.started_at DESC""",  # noqa: S608 - our own words
        hash=addr_hash,
        late=ANSWERED_LATE,
    )
    return tuple(
        AskedOn(
            OfferId(r["id"]),
            PartyId(r["clinician_id"]),
            BranchId(r["branch_id"]),
            r["service_date"],
            r["asked_at"],
            r["is_open"],
            r["is_last"],
            _answers(r),
        )
        for r in rows
    )


def _answers(row: Row) -> Answers:
    last = OfferAnswer(row["last"]) if row["last"] else None
    return Answers(last, row["count"], row["state"] == "new")
