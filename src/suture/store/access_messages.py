"""Reads the message log of one person. Only `store.access` calls this."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from suture.model.day import ConfirmationState
from suture.model.ids import BranchId, PartyId
from suture.model.messages import Channel, SendOutcome, Step, TouchState
from suture.model.people import PartyKind
from suture.model.plan import ToldWindow
from suture.store.message_log import AddressTurned, CameBack, MessageLog, Said, SaidOf, Turned, Written
from suture.store.transaction import Row, Tx

NEWEST = 500
"""How many messages and how many texts are shown."""


@dataclass(frozen=True, slots=True)
class Found:
    """A person, and where their branch is."""

    party_id: PartyId
    branch_id: BranchId
    tz: str


def whose(tx: Tx, kind: PartyKind, external_id: str) -> Found | None:
    """The person of that id; None where there is no one."""
    row = tx.row(
        """SELECT p.id, b.id AS branch, b.tz FROM party p
           LEFT JOIN patient w ON w.tenant = p.tenant AND w.party_id = p.id
           LEFT JOIN clinician k ON k.tenant = p.tenant AND k.party_id = p.id
           JOIN branch b ON b.tenant = p.tenant AND b.id = coalesce(w.branch_id, k.branch_id)
           WHERE p.tenant = app_tenant() AND p.kind = :kind AND p.external_id = :id""",
        kind=kind,
        id=external_id,
    )
    return Found(PartyId(row["id"]), BranchId(row["branch"]), row["tz"]) if row else None


def log_of(tx: Tx, found: Found, kind: PartyKind, external_id: str) -> MessageLog:
    """What was said to a person and what came back."""
    party = found.party_id
    if kind is PartyKind.PATIENT:
        tx.shows(found.branch_id, [party])
    entries: list[Said | Written | AddressTurned] = [*_said(tx, party), *_written(tx, party), *_turned(tx, party)]
    return MessageLog(kind, external_id, found.tz, sorted(entries, key=lambda e: e.at)[-NEWEST:])


def _said(tx: Tx, party_id: PartyId) -> list[Said]:
    """What is planned for later has not been said, and what was replaced in time never was."""
    rows = tx.rows(
        """SELECT t.id, t.channel, t.step, t.state, m.delivery, m.sender_id, m.code, m.delivery_code, m.outcome,
                  coalesce(t.sent_at, m.started_at, t.due_at) AS at
           FROM touch t
           LEFT JOIN LATERAL (SELECT * FROM message_attempt a WHERE a.tenant = t.tenant AND a.touch_id = t.id
                              ORDER BY a.attempt_no DESC LIMIT 1) m ON true
           WHERE t.tenant = app_tenant() AND t.party_id = :party
             AND t.state NOT IN ('superseded', 'skipped')
             AND (t.state NOT IN ('planned', 'claimed') OR t.due_at <= :now OR m.touch_id IS NOT NULL)
           ORDER BY at DESC, t.id DESC LIMIT :limit""",
        party=party_id,
        limit=NEWEST,
    )
    told = _told(tx, [r["id"] for r in rows])
    return [_one(r, told.get(r["id"], ())) for r in reversed(rows)]


def _one(row: Row, told: Sequence[Row]) -> Said:
    return Said(
        at=row["at"],
        channel=Channel(row["channel"]),
        step=Step(row["step"]),
        state=TouchState(row["state"]),
        delivery=row["delivery"] or "",
        has_receipts=row["sender_id"] is not None and row["channel"] != Channel.EMAIL,
        code=row["delivery_code"] or (row["code"] or "" if row["state"] != TouchState.SENT else ""),
        is_refused=row["state"] == TouchState.FAILED and row["outcome"] == SendOutcome.PERMANENT,
        visits=tuple(
            SaidOf(t["visit"], ToldWindow(t["window_open"], t["window_close"]) if t["window_open"] else None)
            for t in told
        ),
        answers=tuple(
            CameBack(t["visit"], ConfirmationState(t["answer"]), t["via"], t["at"], t["other_time"])
            for t in told
            if t["answer"]
        ),
    )


def _told(tx: Tx, touch_ids: Sequence[int]) -> Mapping[int, Sequence[Row]]:
    """The visits that each message was about: with what it promised and the answer, where it did."""
    rows = tx.rows(
        """SELECT s.touch_id, v.external_id AS visit, p.window_open, p.window_close,
                  coalesce(c.state, CASE g.body ->> 'answer' WHEN 'take' THEN 'accepted'
                                                             WHEN 'pass' THEN 'declined' END) AS answer,
                  coalesce(c.via, CASE g.source WHEN 'api' THEN 'phone' ELSE g.source END) AS via,
                  coalesce(c.at, g.occurred_at) AS at, coalesce(c.other_time, false) AS other_time
           FROM (SELECT touch_id, visit_id FROM promise WHERE tenant = app_tenant() AND touch_id = ANY(:ids)
                 UNION SELECT touch_id, visit_id FROM touch_visit WHERE tenant = app_tenant() AND touch_id = ANY(:ids)
                 UNION SELECT id, subject_id FROM touch
                       WHERE tenant = app_tenant() AND id = ANY(:ids) AND subject = 'visit'
                 UNION SELECT t.id, o.visit_id FROM touch t JOIN offer o ON o.tenant = t.tenant AND o.id = t.subject_id
                       WHERE t.tenant = app_tenant() AND t.id = ANY(:ids) AND t.subject = 'offer') s
           JOIN visit v ON v.tenant = app_tenant() AND v.id = s.visit_id
           LEFT JOIN promise p ON p.tenant = v.tenant AND p.touch_id = s.touch_id AND p.visit_id = s.visit_id
           LEFT JOIN confirmation c ON c.tenant = p.tenant AND c.promise_id = p.id
           LEFT JOIN touch t ON t.tenant = v.tenant AND t.id = s.touch_id AND t.step = 's.offer'
           LEFT JOIN LATERAL (
             SELECT i.body, i.source, i.occurred_at FROM inbox i
             WHERE i.tenant = v.tenant AND i.kind = 'offer_answered' AND i.body ->> 'offer_id' = t.subject_id::text
               AND i.body ->> 'clinician_id' = t.party_id::text ORDER BY i.id DESC LIMIT 1) g ON true
           ORDER BY s.touch_id, coalesce(p.window_open, v.earliest_start), v.id""",
        ids=list(touch_ids),
    )
    return {touch_id: list(group) for touch_id, group in groupby(rows, key=lambda r: r["touch_id"])}


def _written(tx: Tx, party_id: PartyId) -> list[Written]:
    rows = tx.rows(
        """SELECT i.at, i.channel, i.body, i.meaning FROM inbound i
           WHERE i.tenant = app_tenant() AND i.from_hash IN (
             SELECT value_hash FROM address WHERE tenant = app_tenant() AND party_id = :party)
           ORDER BY i.id DESC LIMIT :limit""",
        party=party_id,
        limit=NEWEST,
    )
    return [Written(r["at"], Channel(r["channel"]), r["body"], r["meaning"]) for r in rows]


_TURNED = {"bounce": Turned.UNREACHABLE, "wrong_person": Turned.NOT_THEIRS}


def _turned(tx: Tx, party_id: PartyId) -> list[AddressTurned]:
    """When an address that the person has now was closed, and opened again."""
    rows = tx.rows(
        """SELECT s.channel, s.reason, s.source, s.at, s.lifted_at FROM suppression s
           WHERE s.tenant = app_tenant() AND s.addr_hash IN (
             SELECT value_hash FROM address WHERE tenant = app_tenant() AND party_id = :party)
           ORDER BY s.id DESC LIMIT :limit""",
        party=party_id,
        limit=NEWEST,
    )
    found = []
    for r in reversed(rows):
        closed = Turned.UNSUBSCRIBED if r["source"].startswith("link:") else Turned.STOPPED
        found.append(AddressTurned(r["at"], Channel(r["channel"]), _TURNED.get(r["reason"], closed)))
        if r["lifted_at"]:
            found.append(AddressTurned(r["lifted_at"], Channel(r["channel"]), Turned.OPENED))
    return found
