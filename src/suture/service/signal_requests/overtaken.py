"""A signal that comes late, after another one that happened later and says otherwise, is refused: the later one holds.

Of signals that wait together the one that happened first is looked at first. What is decided stays decided, so one that
comes after that could only turn it back.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from suture.service.errors import BadSignal
from suture.service.signal_requests.fields import Placed
from suture.store import inbox
from suture.store.transaction import Tx
from suture.words.catalog import _

SAYS_OTHERWISE: Mapping[str, tuple[str, str]] = {
    "visit_held": ("visit_released", "visit_id"),
    "visit_released": ("visit_held", "visit_id"),
    "cancellation": ("reopened", "visit_id"),
    "reopened": ("cancellation", "visit_id"),
    "run_over": ("run_over", "visit_id"),
    "reply": ("reply", "party_id"),
    "call_out": ("clinician_free", "clinician_id"),
    "clinician_free": ("call_out", "clinician_id"),
    "offer_answered": ("offer_answered", "offer_id"),
}
"""For each kind, which one says otherwise, and of what: the field in which their bodies must agree.

Answers must be to the same question, or of the same person, and hours at the same time, too.
"""


def check_not_overtaken(tx: Tx, kind: str, placed: Placed, occurred_at: datetime) -> None:
    """Raises BadSignal where a signal that happened after it and says otherwise has come already."""
    if kind not in SAYS_OTHERWISE:
        return
    other, key = SAYS_OTHERWISE[kind]
    for later in inbox.later(
        tx, other, placed.branch_id, placed.service_date, key, placed.body[key], occurred_at=occurred_at
    ):
        if _is_same_matter(kind, placed.body, later.body):
            at = later.occurred_at.isoformat(timespec="seconds")
            raise BadSignal("occurred_at", _("is before signal {id} of {at}, which says otherwise", id=later.id, at=at))


def _is_same_matter(kind: str, body: Mapping[str, Any], later: Mapping[str, Any]) -> bool:
    match kind:
        case "reply":
            return all(body.get(name) == later.get(name) for name in ("promise_id", "touch_id", "visit_id"))
        case "offer_answered":
            return bool(body["clinician_id"] == later["clinician_id"])
        case "call_out":  # who is back for a part of it is still away for the rest
            return bool(_from(later) <= body["from_at"] and _until(later) >= body["until"])
        case "clinician_free":
            return bool(_from(later) < body["until"] and _until(later) > body["from_at"])
        case _:
            return True


def _from(body: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(body["from_at"])


def _until(body: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(body["until"])
