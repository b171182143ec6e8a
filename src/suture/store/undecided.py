"""Messages about a branch-day wait while something reported for it is not decided yet: they could say what is untrue.

No message waits for longer than `PATIENCE` after it is due, so that a decider that is stuck silences no one. A sender
that has just started gives the decider that long as well: what was reported while nothing ran may be hours old.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from suture.model.ids import TouchId
from suture.model.outreach_state import OutreachState
from suture.store.transaction import Tx

PATIENCE = timedelta(minutes=5)

WAITS = """(t.subject NOT IN ('inbound', 'case') AND (:starting OR greatest(t.due_at, :let_go) > :impatient)
            AND EXISTS (
              SELECT FROM branch_dirty d WHERE d.tenant = t.tenant AND d.branch_id = t.branch_id
                AND d.service_date = t.service_date AND d.gen > d.done))"""
"""Of a touch `t`. An answer to a text is about no visit, and never waits; nor does the word that a case waits."""


def values(state: OutreachState, now: datetime, *, starting: bool) -> Mapping[str, object]:
    """What `WAITS` is filled in with: a message on hold is due from its release on."""
    return {"starting": starting, "let_go": state.since, "impatient": now - PATIENCE}


def waits(tx: Tx, touch_id: TouchId, state: OutreachState, *, starting: bool) -> bool:
    """Whether a message that was claimed must wait after all: something has been reported since."""
    found: bool = tx.scalar(
        f"SELECT EXISTS (SELECT FROM touch t WHERE t.tenant = app_tenant() AND t.id = :id AND {WAITS})",  # noqa: S608
        id=touch_id,
        **values(state, tx.now, starting=starting),
    )
    return found


def waiting(tx: Tx, state: OutreachState) -> int:
    """How many messages that are due wait for a decision now."""
    number: int = tx.scalar(
        f"""SELECT count(*) FROM touch t
            WHERE t.tenant = app_tenant() AND t.state = 'planned' AND t.due_at <= :now AND {WAITS}""",  # noqa: S608
        **values(state, tx.now, starting=True),
    )
    return number
