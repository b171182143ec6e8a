"""What a soak counts. Each function returns what it found, one line each: how many lines there are is the figure.

What left is compared by its key: the mail server's and the text file's word against the database's.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol, Self

from suture.model.ids import BranchId
from suture.model.messages import Channel, Step
from suture.outreach.compose import RISKS
from suture.store import facts
from suture.store.transaction import Row, Tx

LONGEST_SEND = timedelta(seconds=6)
"""A kill up to this long after an attempt began may have interrupted it: the mail server takes 3 s at most."""

ACCEPTED = 202
Kill = tuple[datetime, datetime]
"""From just before the signal was sent until the process was dead."""


@dataclass(frozen=True, slots=True)
class Left:
    """How often each message left, by channel and key."""

    times: Mapping[tuple[str, str], int]

    @classmethod
    def of(cls, mails: Mapping[str, int], texts: Iterable[str]) -> Self:
        """Mails as the mail server counted them, and the key of every text in the file."""
        counted = {(str(Channel.EMAIL), key): n for key, n in mails.items()}
        return cls(counted | {(str(Channel.SMS), key): n for key, n in Counter(texts).items()})

    def of_channel(self, channel: Channel) -> int:
        """How many messages left on one channel."""
        return sum(n for (on, _), n in self.times.items() if on == channel)


class AnswerLike(Protocol):
    """What the API said to one request."""

    @property
    def status(self) -> int: ...

    @property
    def body(self) -> str: ...


# messages --------------------------------------------------------------------------------------------


def lost_messages(tx: Tx, left: Left) -> list[str]:
    """Messages that are due and have neither left nor ended with a reason, and those whose record is wrong."""
    rows = tx.rows(
        """SELECT t.id, t.channel, t.step, t.state, t.due_at, t.idem_key::text AS key,
                  EXISTS (SELECT FROM event e WHERE e.tenant = t.tenant AND e.kind = 'message.not_sent'
                          AND e.subject_id = t.id) AS has_reason
           FROM touch t WHERE t.tenant = app_tenant() ORDER BY t.id"""
    )
    found = [
        f"message {row['id']} ({row['step']}, {row['channel']}): {fault}"
        for row in rows
        if (fault := _fault(row, left, tx.now))
    ]
    known = {(row["channel"], row["key"]) for row in rows}
    return found + [
        f"a message left ({channel}) that no record explains"
        for channel, key in left.times
        if (channel, key) not in known
    ]


def _fault(row: Row, left: Left, now: datetime) -> str:
    state, has_left = row["state"], (row["channel"], row["key"]) in left.times
    if state in ("planned", "claimed", "sending"):
        if has_left and state != "sending":
            return f"it left, but its record says {state}"
        return f"it is due, but still {state}" if row["due_at"] <= now else ""
    if state == "sent":
        return "" if has_left else "its record says sent, but it never left"
    if has_left and state != "unknown":
        return f"it left, but its record says {state}"
    return "" if row["has_reason"] or state == "superseded" else f"it ended as {state} without a reason"


def sent_twice(tx: Tx, left: Left) -> list[str]:
    """Messages that left more than once, by their key or as another message that says the same."""
    found = [f"one message ({channel}) left {n} times" for (channel, _), n in left.times.items() if n > 1]
    for branch_id, on in _planned_days(tx):
        if again := facts.duplicate_messages(tx, branch_id, on):
            found += [f"{on}: a message was accepted under a second key"] * again
    return found


@dataclass(frozen=True, slots=True)
class Unknown:
    """A message that may or may not have arrived."""

    id: int
    key: str
    step: Step
    attempted_at: datetime
    has_case: bool


def unknown_messages(tx: Tx) -> list[Unknown]:
    """All whose state is unknown."""
    rows = tx.rows(
        """SELECT t.id, t.idem_key::text AS key, t.step, max(m.started_at) AS attempted_at,
                  EXISTS (SELECT FROM exception_case c WHERE c.tenant = t.tenant AND c.subject_kind = 'touch'
                          AND c.subject_id = t.id AND c.kind = 'message_undeliverable'
                          AND c.state <> 'closed') AS has_case
           FROM touch t LEFT JOIN message_attempt m ON m.tenant = t.tenant AND m.touch_id = t.id
           WHERE t.tenant = app_tenant() AND t.state = 'unknown' GROUP BY t.tenant, t.id ORDER BY t.id"""
    )
    return [Unknown(r["id"], r["key"], Step(r["step"]), r["attempted_at"] or tx.now, r["has_case"]) for r in rows]


def unexplained(unknowns: Sequence[Unknown], cut: Collection[str], kills: Sequence[Kill]) -> list[str]:
    """Unknown messages without a case, and those that neither a dying mail server nor a kill explains.

    `cut` holds the keys at which the mail server hung up, `kills` when a sender was killed; one whose database was
    killed lives on, and still knows what it sent. A message whose step carries no risk asks for no case.
    """
    found = []
    for one in unknowns:
        if not one.has_case and one.step in RISKS:
            found.append(f"message {one.id} ({one.step}) is unknown and has no open case")
        in_time = any(began - LONGEST_SEND <= one.attempted_at <= ended for began, ended in kills)
        if one.key not in cut and not in_time:
            found.append(f"message {one.id} ({one.step}) is unknown, but nothing interrupted it")
    return found


# the day ---------------------------------------------------------------------------------------------


def unaccounted_positions(tx: Tx) -> list[str]:
    """Positions of planned days that are neither assigned nor in an open case of group Cover nor closed."""
    return [
        f"{on}: a position has neither a clinician nor an open case"
        for branch_id, on in _planned_days(tx)
        for _ in range(facts.lost_visits(tx, branch_id, on))
    ]


def _planned_days(tx: Tx) -> list[tuple[BranchId, date]]:
    rows = tx.rows("SELECT DISTINCT branch_id, service_date FROM plan WHERE tenant = app_tenant() ORDER BY 1, 2")
    return [(BranchId(r["branch_id"]), r["service_date"]) for r in rows]


# signals ---------------------------------------------------------------------------------------------


def undecided_signals(tx: Tx) -> list[str]:
    """Stored signals that are neither handled nor set aside for a person."""
    rows = tx.rows(
        """SELECT id, kind, state FROM inbox
           WHERE tenant = app_tenant() AND state NOT IN ('handled', 'quarantined') ORDER BY id"""
    )
    return [f"signal {r['id']} ({r['kind']}) is still {r['state']}" for r in rows]


def vanished_signals(tx: Tx, acknowledged: Mapping[str, int]) -> list[str]:
    """Signals that were acknowledged, by source id, and are not in the inbox under the id the caller was given."""
    stored = {r["source_id"]: r["id"] for r in tx.rows("SELECT id, source_id FROM inbox WHERE tenant = app_tenant()")}
    return [
        f"signal {said} (source id {source_id}) was acknowledged and is not stored"
        for source_id, said in acknowledged.items()
        if stored.get(source_id) != said
    ]


def answered_otherwise(answers: Mapping[str, Sequence[AnswerLike]]) -> list[str]:
    """Repeats that were not answered as the signal they repeat, by source id; no answer at all is none."""
    found = []
    for source_id, given in answers.items():
        accepted = [a for a in given if a.status == ACCEPTED]
        if accepted:
            other = [a for a in given if (a.status, a.body) != (ACCEPTED, accepted[0].body)]
            found += [f"source id {source_id}: accepted, and a repeat got status {a.status}" for a in other]
    return found
