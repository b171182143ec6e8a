"""Questions back about a text that came in: which visit it means, or whether someone truly calls out.

They are planned with the text that leaves, open when it has left, and closed by an answer or by a newer one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from suture.model.ids import PartyId
from suture.model.messages import Channel
from suture.store.transaction import Row, Tx


class AskedAbout(StrEnum):
    """What is asked."""

    WHICH = "which"
    CALL_OUT = "call_out"


@dataclass(frozen=True, slots=True)
class AskedBack:
    """One question. Of `WHICH`: the answer that a text gave, and the prompts it may be to, as they are numbered.

    Of `CALL_OUT`: whose, and from when until when they would not work. `asked_at` is None until it has left.
    """

    inbound_id: int
    about: AskedAbout
    expires_at: datetime
    answer: str = ""
    prompt_ids: tuple[int, ...] = ()
    party_id: PartyId | None = None
    from_at: datetime | None = None
    until: datetime | None = None
    asked_at: datetime | None = None


def plan(tx: Tx, question: AskedBack, addr_hash: str, channel: Channel) -> None:
    """Keep what is about to be asked on an address."""
    tx.run(
        """INSERT INTO asked_back (inbound_id, kind, addr_hash, channel, answer, prompts, party_id, from_at, until,
                  expires_at)
           VALUES (:inbound, :kind, :hash, :channel, :answer, cast(:prompts AS bigint[]), :party, :from_at, :until,
                  :expires)""",
        inbound=question.inbound_id,
        kind=question.about,
        hash=addr_hash,
        channel=channel,
        answer=question.answer,
        prompts=list(question.prompt_ids),
        party=question.party_id,
        from_at=question.from_at,
        until=question.until,
        expires=question.expires_at,
    )


def has_left(tx: Tx, inbound_id: int) -> None:
    """The question is open from now on; an older one on the same address is closed."""
    tx.run(
        """UPDATE asked_back o SET asked_at = CASE WHEN o.inbound_id = :inbound THEN :now ELSE o.asked_at END,
                  closed_at = CASE WHEN o.inbound_id = :inbound THEN NULL ELSE cast(:now AS timestamptz) END
           FROM asked_back n
           WHERE o.tenant = app_tenant() AND n.tenant = o.tenant AND n.inbound_id = :inbound
             AND n.addr_hash = o.addr_hash AND n.channel = o.channel AND o.closed_at IS NULL
             AND (o.inbound_id = :inbound OR o.asked_at IS NOT NULL)""",
        inbound=inbound_id,
    )


def find(tx: Tx, inbound_id: int) -> AskedBack | None:
    """What is or was asked back about a text."""
    row = tx.row("SELECT * FROM asked_back WHERE tenant = app_tenant() AND inbound_id = :id", id=inbound_id)
    return _asked(row) if row else None


def open_on(tx: Tx, addr_hash: str, channel: Channel) -> AskedBack | None:
    """The question that was asked last on an address and waits for its answer."""
    row = tx.row(
        """SELECT * FROM asked_back
           WHERE tenant = app_tenant() AND addr_hash = :hash AND channel = :channel AND closed_at IS NULL
             AND asked_at IS NOT NULL AND expires_at > :now ORDER BY asked_at DESC, inbound_id DESC LIMIT 1""",
        hash=addr_hash,
        channel=channel,
    )
    return _asked(row) if row else None


def is_waiting(tx: Tx, party_id: PartyId) -> bool:
    """Whether someone has been asked, or is about to be, whether they call out."""
    row = tx.row(
        """SELECT inbound_id FROM asked_back WHERE tenant = app_tenant() AND party_id = :party AND closed_at IS NULL
             AND expires_at > :now LIMIT 1""",
        party=party_id,
    )
    return row is not None


def close(tx: Tx, inbound_id: int) -> None:
    """The question is answered, or no longer one."""
    tx.run(
        "UPDATE asked_back SET closed_at = :now WHERE tenant = app_tenant() AND inbound_id = :id AND closed_at IS NULL",
        id=inbound_id,
    )


def _asked(row: Row) -> AskedBack:
    prompts: Sequence[int] = row["prompts"]
    return AskedBack(
        row["inbound_id"],
        AskedAbout(row["kind"]),
        row["expires_at"],
        row["answer"],
        tuple(prompts),
        PartyId(row["party_id"]) if row["party_id"] else None,
        row["from_at"],
        row["until"],
        row["asked_at"],
    )
