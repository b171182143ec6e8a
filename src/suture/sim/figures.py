"""The figures of a played morning, as one JSON object: recounted from rows and from the event log."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from suture.metrics.day import DayMetrics, day_metrics
from suture.metrics.funnel import funnels
from suture.metrics.gate import gates
from suture.metrics.offers import Offers
from suture.model.cases import CaseKind
from suture.model.events import Event, EventKind
from suture.model.people import Branch
from suture.service.caller import Caller
from suture.service.recheck import hard_rule_breaches
from suture.store import events, facts
from suture.store.day import day_bounds
from suture.store.transaction import Tx


def figures(caller: Caller, branch: Branch, service_date: date) -> dict[str, Any]:
    """Everything `./run --headless` prints."""
    with caller.transaction() as tx:
        first = facts.first_pass(tx, branch.id, service_date)
        starts, ends = day_bounds(branch, service_date)
        log = events.of_day(tx, branch.id, service_date)
        numbers = day_metrics(log, tx.now)
        return {
            "visits": first.positions,
            "clinicians": facts.clinicians_on_duty(tx, branch.id, starts, ends),
            "assigned_first_pass": first.assigned,
            "exceptions_first_pass": first.exceptions,
            "call_out": _call_out(tx, branch, service_date),
            "messages": _messages(tx, branch, service_date),
            "confirmations": _confirmations(tx, branch, service_date),
            **_funnel(tx, branch, service_date),
            "gate": _gate(log),
            "late_signals": _late_signals(log),
            "offers": _offers(numbers.offers),
            "metrics": _metrics(numbers),
            "lost_visits": facts.lost_visits(tx, branch.id, service_date),
            "hard_rule_breaches": len(hard_rule_breaches(tx, caller.tools, branch, service_date)),
            "plan_versions": facts.plan_versions(tx, branch.id, service_date),
            "seed": caller.tools.seed,
        }


def _call_out(tx: Tx, branch: Branch, service_date: date) -> dict[str, Any] | None:
    found = facts.call_out(tx, branch.id, service_date)
    if found is None:
        return None
    return {
        "clinician": found.clinician,
        "visits_hit": found.hit,
        "reassigned": found.reassigned,
        "uncovered": found.hit - found.reassigned,
        "others_moved": found.others_moved,
        "decide_ms": found.decide_ms,
    }


def _messages(tx: Tx, branch: Branch, service_date: date) -> dict[str, int]:
    sent = facts.sent_by_channel(tx, branch.id, service_date)
    duplicates = facts.duplicate_messages(tx, branch.id, service_date)
    return {channel: sent.get(channel, 0) for channel in ("email", "sms", "push", "voice")} | {"duplicates": duplicates}


def _confirmations(tx: Tx, branch: Branch, service_date: date) -> dict[str, int]:
    c = facts.confirmations(tx, branch.id, service_date)
    return {"asked": c.asked, "confirmed": c.confirmed, "declined": c.declined, "silent": c.silent}


def _funnel(tx: Tx, branch: Branch, service_date: date) -> dict[str, dict[str, dict[str, int]]]:
    found = funnels(facts.asked(tx, branch.id, service_date))
    return {
        "funnel": {channel: asdict(counted) for channel, counted in found.by_channel.items()},
        "funnel_by_lead": {lead: asdict(counted) for lead, counted in found.by_lead.items()},
    }


def _gate(log: Sequence[Event]) -> dict[str, Any]:
    found = gates(log)
    return {"held": found.held, "released": found.released, "leak": found.leak}


def _late_signals(log: Sequence[Event]) -> dict[str, int]:
    """What did not happen, and promises that would have broken."""
    signals = Counter(str(e.data["signal"]) for e in log if e.kind is EventKind.SIGNAL_HANDLED)
    cases = Counter(str(e.data["case"]) for e in log if e.kind is EventKind.CASE_OPENED)
    silent = {kind: signals[kind] for kind in ("late_start", "no_check_out", "no_reply")}
    return {**silent, "promise_at_risk": cases[CaseKind.PROMISE_AT_RISK]}


def _offers(counted: Offers) -> dict[str, int]:
    """Everyone who was asked, and what became of it; those whose offer ended otherwise make the difference."""
    names = ("sent", "accepted", "declined", "timeout", "rescinded")
    return {name: getattr(counted, name) for name in names}


def _metrics(m: DayMetrics) -> dict[str, Any]:
    ttr = m.time_to_reassign
    return {
        "fill_auto": m.fill.auto,
        "fill_accepted": m.fill.accepted,
        "fill_delivered": m.fill.delivered,
        "no_show_rate": m.no_show.rate,
        "time_to_reassign_s": {"p50": ttr.p50, "p90": ttr.p90, "unresolved": ttr.unresolved},
        "time_to_fill_s": {"p50": m.offers.p50, "p90": m.offers.p90},
        "filled_by_itself": m.offers.share_by_itself,
    }
