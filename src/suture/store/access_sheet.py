"""What the day sheet prints beside what the board shows. Only `store.access` calls this: it asks who is asking."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from suture.model.ids import BranchId
from suture.model.people import Branch
from suture.model.visit import Priority
from suture.store import outreach
from suture.store.access_cases import cases_of
from suture.store.access_parts import clinicians_of, head_of, stops_of
from suture.store.sheet_view import DaySheet, SheetClinician, SheetStop
from suture.store.transaction import Row, Tx
from suture.store.views import StopView


def sheet_of(tx: Tx, branch: Branch, service_date: date) -> DaySheet | None:
    """One branch-day for paper, in nine queries; None where nothing was planned."""
    head = head_of(tx, branch.id, service_date)
    if head is None:
        return None
    details = _details(tx, branch.id, service_date)
    clinicians = clinicians_of(tx, branch, service_date)
    phones = _phones(tx, [*(c.id for c in clinicians), *(r["patient_id"] for r in details.values() if r["patient_id"])])
    return DaySheet(
        branch=branch,
        service_date=service_date,
        head=head,
        read_at=tx.now,
        clinicians=tuple(SheetClinician(c, phones.get(c.id, "")) for c in clinicians),
        stops=tuple(_stop(s, details[s.visit_id], phones) for s in stops_of(tx, branch.id, service_date)),
        cases=cases_of(tx, branch.id, service_date),
        on_hold=outreach.state(tx).on_hold,
    )


def _stop(stop: StopView, r: Row, phones: Mapping[int, str]) -> SheetStop:
    region = " ".join(part for part in (r["state"], r["postal_code"]) if part)
    town = ", ".join(part for part in (r["city"], region) if part)
    traits = r["traits"] or {}
    return SheetStop(
        stop=stop,
        patient=f"{r['given'] or ''} {r['family'] or ''}".strip(),
        site=r["place"],
        address=tuple(line for line in (r["line1"], r["line2"], town) if line),
        point=(r["lat"], r["lon"]) if r["lat"] is not None else None,
        phone=phones.get(r["patient_id"], ""),
        visit_type=r["visit_type"],
        priority=Priority(r["priority"]),
        pets=_words(traits.get("pets")),
        tags=_words(traits.get("tags")),
    )


def _words(trait: Any) -> tuple[str, ...]:
    return tuple(map(str, trait)) if isinstance(trait, list) else ()


def _details(tx: Tx, branch_id: BranchId, service_date: date) -> Mapping[int, Row]:
    """Who and where each visit of the day is, by its id."""
    rows = tx.rows(
        """SELECT v.id, v.patient_id, v.priority, s.visit_type, p.given, p.family, t.traits,
                  l.name AS place, l.line1, l.line2, l.city, l.state, l.postal_code, l.lat, l.lon
           FROM visit v
           JOIN service s ON s.tenant = v.tenant AND s.code = v.service_code
           JOIN place l ON l.tenant = v.tenant AND l.id = v.place_id
           LEFT JOIN party p ON p.tenant = v.tenant AND p.id = v.patient_id
           LEFT JOIN patient t ON t.tenant = v.tenant AND t.party_id = v.patient_id
           WHERE v.tenant = app_tenant() AND v.branch_id = :branch AND v.service_date = :date""",
        branch=branch_id,
        date=service_date,
    )
    tx.shows(branch_id, (r["patient_id"] for r in rows))
    return {r["id"]: r for r in rows}


def _phones(tx: Tx, parties: Sequence[int]) -> Mapping[int, str]:
    """What number to call for each of these people; one that turned out to be someone else's is not given."""
    rows = tx.rows(
        """SELECT DISTINCT ON (d.party_id) d.party_id, d.value FROM address d
           WHERE d.tenant = app_tenant() AND d.party_id = ANY(:parties) AND d.channel IN ('sms', 'voice')
             AND NOT EXISTS (SELECT FROM suppression s WHERE s.tenant = d.tenant AND s.addr_hash = d.value_hash
                               AND s.reason = 'wrong_person' AND s.lifted_at IS NULL)
           ORDER BY d.party_id, d.channel""",
        parties=list(parties),
    )
    return {r["party_id"]: r["value"] for r in rows}
