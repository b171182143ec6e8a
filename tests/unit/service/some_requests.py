"""Signals as callers send them, one good one of each kind."""

from collections.abc import Mapping
from typing import Any

from tests.builders import SERVICE_DATE

from suture.model.ids import BranchDay, BranchId
from suture.service.signal_requests import SIGNAL_REQUEST, SignalRequest

THE_DAY = BranchDay(BranchId(1), SERVICE_DATE)
ON_THE_DAY = THE_DAY, frozenset({THE_DAY})
NOON, FIVE = "2026-03-24T12:00:00-04:00", "2026-03-24T17:00:00-04:00"
VISIT: dict[str, Any] = {
    "external_id": "V-99",
    "patient": "P-01",
    "service": "SN_VISIT",
    "earliest_start": "2026-03-24T10:00:00-04:00",
    "latest_end": NOON,
}
GOOD: dict[str, dict[str, Any]] = {
    "call_out": {"kind": "call_out", "clinician": "E-01", "from": NOON, "until": FIVE},
    "cancellation": {"kind": "cancellation", "visit": "V-01", "by": "agency", "reason": "snow"},
    "reopened": {"kind": "reopened", "visit": "V-01"},
    "visit_held": {"kind": "visit_held", "visit": "V-01", "reason": "in the hospital"},
    "visit_released": {"kind": "visit_released", "visit": "V-01"},
    "run_over": {"kind": "run_over", "visit": "V-01", "expected_end": NOON},
    "running_late": {"kind": "running_late", "clinician": "E-01", "minutes": 20},
    "late_start": {"kind": "late_start", "visit": "V-01", "absent": True},
    "no_check_out": {"kind": "no_check_out", "visit": "V-01"},
    "no_reply": {"kind": "no_reply", "visit": "V-01"},
    "ask_to_fill": {"kind": "ask_to_fill", "visit": "V-01", "mode": "sequential"},
    "offer_answered": {"kind": "offer_answered", "offer": 1, "clinician": "E-01", "answer": "take"},
    "offer_expired": {"kind": "offer_expired", "offer": 1},
    "new_visit": {"kind": "new_visit", "visit": VISIT},
    "visit_changed": {"kind": "visit_changed", "visit": "V-01", "duration_minutes": 45, "required_skills": ["iv"]},
    "roster_change": {"kind": "roster_change", "clinician": "E-01", "hours": "taken", "from": NOON, "until": FIVE},
    "clinician_free": {"kind": "clinician_free", "clinician": "E-01", "from": NOON, "until": FIVE},
    "site_closed": {"kind": "site_closed", "site": "CLINIC", "from": NOON, "until": FIVE},
    "travel_disruption": {"kind": "travel_disruption", "area": ["432"], "percent": 150, "from": NOON, "until": FIVE},
    "check_in": {"kind": "check_in", "visit": "V-01", "clinician": "E-01"},
    "check_out": {"kind": "check_out", "visit": "V-01", "outcome": "not_home"},
    "reply": {"kind": "reply", "answer": "accept", "clinician": "E-01", "date": "2026-03-24"},
}
OF_A_VISIT = ("reopened", "visit_held", "visit_released", "late_start", "no_check_out", "no_reply")
OF_HOURS = ("clinician_free", "roster_change")
OF_AN_AREA = ("site_closed", "travel_disruption")
YESTERDAY, TOMORROW = "2026-03-23T23:59:59-04:00", "2026-03-25T00:00:01-04:00"
EARLY, STILL_EARLY = "2026-03-24T05:00:00-04:00", "2026-03-24T07:40:00-04:00"


def request(**body: Any) -> SignalRequest:
    return SIGNAL_REQUEST.validate_python(body)


def changed(body: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """`...` takes a field away."""
    return {name: value for name, value in {**body, **changes}.items() if value is not ...}
