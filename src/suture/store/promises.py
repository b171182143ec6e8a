"""Promises: what someone was told, written when it was sent; and the questions still open on a number."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from suture.model.day import ConfirmationState
from suture.model.ids import BranchId, PartyId, PromiseId, TouchId, VisitId
from suture.model.messages import Step
from suture.model.plan import ToldWindow
from suture.store.touches import StoredTouch
from suture.store.transaction import Tx

ASKING_STEPS = frozenset({Step.P_CONFIRM, Step.P_CHANGED, Step.P_AGAIN, Step.S_PUBLISHED, Step.S_CHANGED})


@dataclass(frozen=True, slots=True)
class Told:
    """What a message says of one visit, as of one plan version."""

    visit_id: VisitId
    visit_rev: int
    plan_version: int
    window: ToldWindow


@dataclass(frozen=True, slots=True)
class CurrentPromise:
    """The last promise of one visit to one party, the branch-day it was made of, and the answer to it."""

    id: PromiseId
    touch_id: TouchId
    seq: int
    visit_rev: int
    plan_version: int
    window: ToldWindow
    asks: bool
    answer: ConfirmationState
    branch_id: BranchId
    service_date: date


def current(tx: Tx, visit_id: VisitId, party_id: PartyId) -> CurrentPromise | None:
    """What a party was last told of a visit."""
    return current_of(tx, [visit_id], party_id).get(visit_id)


def current_of(tx: Tx, visit_ids: Collection[VisitId], party_id: PartyId) -> Mapping[VisitId, CurrentPromise]:
    """What a party was last told of each of these visits."""
    rows = tx.rows(
        """SELECT DISTINCT ON (p.visit_id) p.visit_id, p.id, p.touch_id, p.seq, p.visit_rev, p.plan_version,
                  p.window_open, p.window_close, p.asks, coalesce(c.state, 'needs_action') AS answer,
                  t.branch_id, t.service_date
           FROM promise p JOIN touch t ON t.tenant = p.tenant AND t.id = p.touch_id
           LEFT JOIN confirmation c ON c.tenant = p.tenant AND c.promise_id = p.id
           WHERE p.tenant = app_tenant() AND p.visit_id = ANY(:visits) AND p.party_id = :party
           ORDER BY p.visit_id, p.seq DESC""",
        visits=list(visit_ids),
        party=party_id,
    )
    return {
        VisitId(r["visit_id"]): CurrentPromise(
            PromiseId(r["id"]),
            TouchId(r["touch_id"]),
            r["seq"],
            r["visit_rev"],
            r["plan_version"],
            ToldWindow(r["window_open"], r["window_close"]),
            r["asks"],
            ConfirmationState(r["answer"]),
            BranchId(r["branch_id"]),
            r["service_date"],
        )
        for r in rows
    }


def of_touch(tx: Tx, touch_id: TouchId) -> tuple[PromiseId, ...]:
    """What one message promised, where it is the last that was told."""
    rows = tx.rows(
        """SELECT p.id FROM promise p WHERE p.tenant = app_tenant() AND p.touch_id = :touch AND NOT EXISTS (
             SELECT FROM promise n WHERE n.tenant = p.tenant AND n.visit_id = p.visit_id AND n.party_id = p.party_id
               AND n.seq > p.seq) ORDER BY p.id""",
        touch=touch_id,
    )
    return tuple(PromiseId(r["id"]) for r in rows)


def visits_of(tx: Tx, promise_ids: Sequence[PromiseId]) -> Mapping[PromiseId, VisitId]:
    """The visit that each of these promises is about."""
    rows = tx.rows(
        "SELECT id, visit_id FROM promise WHERE tenant = app_tenant() AND id = ANY(:ids)", ids=list(promise_ids)
    )
    return {PromiseId(r["id"]): VisitId(r["visit_id"]) for r in rows}


def record(tx: Tx, touch: StoredTouch, told: Sequence[Told]) -> tuple[PromiseId, ...]:
    """Write what a sent message promised; what the party was already told, and still holds, keeps its answer.

    A touch writes each visit once, whoever calls, however often and however late. New rows are numbered by visit.
    """
    last = current_of(tx, [t.visit_id for t in told], touch.party_id)
    held = _still_holds(tx, touch, told, last)
    held |= {t.visit_id for t in told if t.visit_id in last and _was_told_since(touch, t, last[t.visit_id])}
    new = {t.visit_id: t for t in told if t.visit_id not in held}
    if not new:
        return ()
    rows = tx.rows(
        """INSERT INTO promise (tenant, visit_id, party_id, seq, visit_rev, plan_version, window_open, window_close,
                  asks, channel, touch_id, told_at, supersedes)
           SELECT app_tenant(), visit, :party, seq, rev, version, open, close, :asks, :channel, :touch, :now, supersedes
           FROM jsonb_to_recordset(cast(:promises AS jsonb)) AS r(visit bigint, seq int, rev int, version int,
                  open timestamptz, close timestamptz, supersedes bigint)
           RETURNING id""",
        party=touch.party_id,
        asks=touch.step in ASKING_STEPS,
        channel=touch.channel,
        touch=touch.id,
        promises=json.dumps([_as_row(new[v], last.get(v)) for v in sorted(new)], default=str),
    )
    return tuple(PromiseId(r["id"]) for r in rows)


def accept(tx: Tx, promise_ids: Sequence[PromiseId], via: str) -> None:
    """What a clinician said yes to before they were told that it is theirs: it asks nothing more."""
    tx.run(
        """INSERT INTO confirmation (promise_id, participant, state, via, at)
           SELECT unnest(cast(:ids AS bigint[])), 'clinician', 'accepted', :via, :now
           ON CONFLICT (tenant, promise_id, participant) DO NOTHING""",
        ids=list(promise_ids),
        via=via,
    )


def withdraw(tx: Tx, touch_id: TouchId) -> None:
    """Forget what a message promised that did not arrive after all: no one was told it.

    What was answered, or told again since, stays.
    """
    withdrawn = """SELECT p.id FROM promise p WHERE p.tenant = app_tenant() AND p.touch_id = :touch
        AND NOT EXISTS (SELECT FROM confirmation c WHERE c.tenant = p.tenant AND c.promise_id = p.id)
        AND NOT EXISTS (SELECT FROM promise n WHERE n.tenant = p.tenant AND n.supersedes = p.id)"""
    ids = [r["id"] for r in tx.rows(withdrawn, touch=touch_id)]
    tx.run(
        """DELETE FROM prompt_promise a USING open_prompt o WHERE a.tenant = app_tenant() AND o.tenant = a.tenant
             AND o.id = a.prompt_id AND (a.promise_id = ANY(:ids) OR o.promise_id = ANY(:ids))""",
        ids=ids,
    )
    tx.run("DELETE FROM open_prompt WHERE tenant = app_tenant() AND promise_id = ANY(:ids)", ids=ids)
    tx.run("DELETE FROM promise WHERE tenant = app_tenant() AND id = ANY(:ids)", ids=ids)


def _as_row(told: Told, last: CurrentPromise | None) -> dict[str, object]:
    return {
        "visit": told.visit_id,
        "seq": last.seq + 1 if last else 1,
        "rev": told.visit_rev,
        "version": told.plan_version,
        "open": told.window.open,
        "close": told.window.close,
        "supersedes": last.id if last else None,
    }


def _was_told_since(touch: StoredTouch, told: Told, last: CurrentPromise) -> bool:
    """Whether a message is known to have arrived only after a newer one had told, or asked, of the same visit."""
    if last.touch_id == touch.id or last.visit_rev > told.visit_rev:
        return True
    return last.visit_rev == told.visit_rev and last.asks and last.touch_id > touch.id


def _still_holds(
    tx: Tx, touch: StoredTouch, told: Sequence[Told], last: Mapping[VisitId, CurrentPromise]
) -> set[VisitId]:
    """The visits of whose last promise this message says nothing new."""
    same = [t for t in told if t.visit_id in last and last[t.visit_id].window == t.window]
    if touch.step is Step.P_NOTICE:
        return {t.visit_id for t in same}
    if same and touch.step in (Step.S_PUBLISHED, Step.S_CHANGED):
        return _kept(tx, same, touch.party_id, [last[t.visit_id].plan_version for t in same])
    return set()


def _kept(tx: Tx, told: Sequence[Told], party_id: PartyId, since: Sequence[int]) -> set[VisitId]:
    """The visits a clinician has held in every plan version since the one they were last told of each."""
    rows = tx.rows(
        """SELECT t.visit FROM unnest(cast(:visits AS bigint[]), cast(:since AS int[]), cast(:versions AS int[]))
                AS t(visit, since, version)
           WHERE NOT EXISTS (
             SELECT FROM generate_series(t.since, t.version) AS v
             WHERE NOT EXISTS (
               SELECT FROM assignment a
               WHERE a.tenant = app_tenant() AND a.visit_id = t.visit AND a.clinician_id = :party
                 AND a.from_version <= v AND (a.to_version IS NULL OR a.to_version > v)))""",
        visits=[t.visit_id for t in told],
        since=list(since),
        versions=[t.plan_version for t in told],
        party=party_id,
    )
    return {VisitId(r["visit"]) for r in rows}


def maybe_outdated(tx: Tx, promise_ids: Collection[PromiseId]) -> frozenset[PromiseId]:
    """Those of these promises after which another time may have been told without our knowing."""
    rows = tx.rows(
        """SELECT p.id FROM promise p
           WHERE p.tenant = app_tenant() AND p.id = ANY(:ids) AND EXISTS (
             SELECT FROM touch t LEFT JOIN touch_visit s
               ON s.tenant = t.tenant AND s.touch_id = t.id AND s.visit_id = p.visit_id
             WHERE t.tenant = p.tenant AND t.party_id = p.party_id AND t.state IN ('sending', 'unknown')
               AND (s.visit_rev > p.visit_rev
                 OR (t.subject = 'visit' AND t.subject_id = p.visit_id AND t.subject_rev > p.visit_rev)))""",
        ids=list(promise_ids),
    )
    return frozenset(PromiseId(r["id"]) for r in rows)


# questions still open on a number ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Prompt:
    """A question sent to a number: who was asked about which branch-day, and what the answer binds to.

    `promise_ids`: what it asked about that still is so; where some of it is answered already, the rest. `opens_at`:
    when the first of it is expected, as told. `replaces`: it told another time than a question before it.
    """

    id: int
    party_id: PartyId
    promise_ids: tuple[PromiseId, ...]
    touch_id: TouchId
    branch_id: BranchId
    service_date: date
    asked_at: datetime
    expires_at: datetime
    opens_at: datetime
    replaces: bool = False


def close_prompts(tx: Tx, party_id: PartyId, visit_id: VisitId | None = None) -> None:
    """Close what is open for a party: everything, or only what asks about one visit and no other."""
    tx.run(
        """UPDATE open_prompt o SET closed_at = :now
           WHERE o.tenant = app_tenant() AND o.party_id = :party AND o.closed_at IS NULL
             AND (cast(:visit AS bigint) IS NULL OR :visit = ALL (
                    SELECT p.visit_id FROM promise p WHERE p.tenant = o.tenant AND (p.id = o.promise_id
                      OR p.id IN (SELECT a.promise_id FROM prompt_promise a
                                  WHERE a.tenant = o.tenant AND a.prompt_id = o.id))))""",
        party=party_id,
        visit=visit_id,
    )


def open_prompt(
    tx: Tx, party_id: PartyId, promise_ids: Sequence[PromiseId], addr_hash: str, expires_at: datetime
) -> None:
    """Let a text from this number answer these promises, which one message made."""
    prompt = tx.scalar(
        """INSERT INTO open_prompt (addr_hash, party_id, promise_id, asked_at, expires_at)
           VALUES (:hash, :party, :promise, :now, :expires) RETURNING id""",
        hash=addr_hash,
        party=party_id,
        promise=promise_ids[0],
        expires=expires_at,
    )
    tx.run(
        "INSERT INTO prompt_promise (prompt_id, promise_id) SELECT :prompt, unnest(cast(:promises AS bigint[]))",
        prompt=prompt,
        promises=list(promise_ids),
    )


def answerable(tx: Tx, addr_hash: str) -> tuple[Prompt, ...]:
    """What a text from a number can answer: the open prompts, else each party's last one if it is still current.

    The second half lets someone who has answered answer otherwise; a superseded promise is never answered.
    """
    rows = tx.rows(
        """SELECT DISTINCT ON (o.party_id) o.id, o.party_id, o.closed_at, o.asked_at, o.expires_at,
                  min(p.touch_id) AS touch_id, min(p.window_open) AS opens_at,
                  coalesce(bool_or(b.asks AND (b.window_open <> p.window_open OR b.window_close <> p.window_close)),
                           false) AS replaces,
                  min(t.branch_id) AS branch_id, min(t.service_date) AS service_date,
                  array_agg(p.id ORDER BY p.id) AS promises,
                  array_agg(p.id ORDER BY p.id) FILTER (WHERE coalesce(c.state, 'needs_action') = 'needs_action')
                    AS unanswered
           FROM open_prompt o
           CROSS JOIN LATERAL (
             SELECT o.promise_id AS promise
             UNION SELECT a.promise_id FROM prompt_promise a WHERE a.tenant = o.tenant AND a.prompt_id = o.id) AS asked
           JOIN promise p ON p.tenant = o.tenant AND p.id = asked.promise
           JOIN touch t ON t.tenant = p.tenant AND t.id = p.touch_id
           LEFT JOIN promise b ON b.tenant = p.tenant AND b.id = p.supersedes
           LEFT JOIN confirmation c ON c.tenant = p.tenant AND c.promise_id = p.id
           WHERE o.tenant = app_tenant() AND o.addr_hash = :hash AND o.expires_at > :now
             AND NOT EXISTS (SELECT FROM promise n WHERE n.tenant = p.tenant AND n.visit_id = p.visit_id
                               AND n.party_id = p.party_id AND n.seq > p.seq)
           GROUP BY o.tenant, o.id
           ORDER BY o.party_id, o.id DESC""",
        hash=addr_hash,
    )
    chosen = [r for r in rows if r["closed_at"] is None] or rows
    return tuple(
        Prompt(
            id=r["id"],
            party_id=PartyId(r["party_id"]),
            promise_ids=tuple(PromiseId(p) for p in r["unanswered"] or r["promises"]),
            touch_id=TouchId(r["touch_id"]),
            branch_id=BranchId(r["branch_id"]),
            service_date=r["service_date"],
            asked_at=r["asked_at"],
            expires_at=r["expires_at"],
            opens_at=r["opens_at"],
            replaces=r["replaces"],
        )
        for r in chosen
    )


def outdated(tx: Tx, addr_hash: str) -> tuple[tuple[VisitId, PartyId], ...]:
    """What was asked on a number about a visit that has another promise by now: an answer to it accepts nothing."""
    rows = tx.rows(
        """SELECT DISTINCT p.visit_id, p.party_id
           FROM open_prompt o
           JOIN prompt_promise a ON a.tenant = o.tenant AND a.prompt_id = o.id
           JOIN promise p ON p.tenant = o.tenant AND p.id = a.promise_id
           JOIN promise n ON n.tenant = p.tenant AND n.visit_id = p.visit_id AND n.party_id = p.party_id
             AND n.seq > p.seq
           WHERE o.tenant = app_tenant() AND o.addr_hash = :hash AND o.expires_at > :now
           ORDER BY p.visit_id, p.party_id""",
        hash=addr_hash,
    )
    return tuple((VisitId(r["visit_id"]), PartyId(r["party_id"])) for r in rows)
