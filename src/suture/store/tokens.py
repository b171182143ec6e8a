"""Links in messages: a random token of 128 bits, stored only as its SHA-256, for one purpose and one recipient."""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from suture.model.ids import BranchId, PartyId, TouchId, VisitId
from suture.store.touches import StoredTouch
from suture.store.transaction import Tx


class Purpose(StrEnum):
    """What a link is for."""

    VISIT_ANSWER = "visit_answer"
    PATIENT_DAY = "patient_day"
    CLINICIAN_DAY = "clinician_day"
    UNSUBSCRIBE = "unsubscribe"
    OFFER = "offer"


OF_ANSWERS = frozenset({Purpose.VISIT_ANSWER, Purpose.PATIENT_DAY, Purpose.CLINICIAN_DAY, Purpose.OFFER})
"""Links that are answered; a message has one of them, and maybe another that closes its address."""


@dataclass(frozen=True, slots=True)
class Token:
    """A link that may be used now, and the branch-day it is about; the token itself is not kept."""

    token_hash: str
    purpose: Purpose
    touch_id: TouchId
    party_id: PartyId
    visit_id: VisitId | None
    branch_id: BranchId
    service_date: date
    addr_hash: str = ""


def make(
    tx: Tx,
    touch: StoredTouch,
    purpose: Purpose,
    visit_id: VisitId | None,
    expires_at: datetime,
    *,
    addr_hash: str = "",
) -> str:
    """A new link for a message about to leave; an earlier one of the same touch never arrived and is dropped.

    `addr_hash`: the address that an `unsubscribe` closes.
    """
    tx.run(
        """DELETE FROM patient_token
           WHERE tenant = app_tenant() AND touch_id = :touch AND (purpose = 'unsubscribe') = :closes""",
        touch=touch.id,
        closes=purpose is Purpose.UNSUBSCRIBE,
    )
    token = secrets.token_urlsafe(16)
    tx.run(
        """INSERT INTO patient_token (token_hash, purpose, touch_id, party_id, visit_id, expires_at, addr_hash)
           VALUES (:hash, :purpose, :touch, :party, :visit, :expires, :addr)""",
        hash=hashed(token),
        purpose=purpose,
        touch=touch.id,
        party=touch.party_id,
        visit=visit_id,
        expires=expires_at,
        addr=addr_hash,
    )
    return token


def find(tx: Tx, token: str, purposes: Collection[Purpose] = OF_ANSWERS) -> Token | None:
    """The link behind a token; None for one that is unknown, has expired or is for something else, without telling
    which."""
    row = tx.row(
        """SELECT k.token_hash, k.purpose, k.touch_id, k.party_id, k.visit_id, t.branch_id, t.service_date, k.addr_hash
           FROM patient_token k JOIN touch t ON t.tenant = k.tenant AND t.id = k.touch_id
           WHERE k.tenant = app_tenant() AND k.token_hash = :hash AND k.expires_at > :now
             AND k.ended_at IS NULL AND k.purpose = ANY(:purposes)""",
        hash=hashed(token),
        purposes=[str(purpose) for purpose in purposes],
    )
    if row is None:
        return None
    return Token(
        token_hash=row["token_hash"],
        purpose=Purpose(row["purpose"]),
        touch_id=TouchId(row["touch_id"]),
        party_id=PartyId(row["party_id"]),
        visit_id=VisitId(row["visit_id"]) if row["visit_id"] else None,
        branch_id=BranchId(row["branch_id"]),
        service_date=row["service_date"],
        addr_hash=row["addr_hash"],
    )


def mark_used(tx: Tx, token_hash: str) -> None:
    """Remember when a link was first answered by; it stays good, so that a person can change their mind."""
    tx.run(
        """UPDATE patient_token SET used_at = :now
           WHERE tenant = app_tenant() AND token_hash = :hash AND used_at IS NULL""",
        hash=token_hash,
    )


def hashed(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
