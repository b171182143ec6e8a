"""A clinician's own day with names, addresses and phones: read for herself, once she has proven who she is.

Whoever has only the link of a message gets initials, from `store.link_views`. What is not hers, or of another day, is
not in it, and so does not exist for what she sends.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from suture.model.actors import ActorKind
from suture.model.clinician_day import Absence, ClinicianDay, GoneStop, OwnPromise, OwnReport, OwnStop
from suture.model.day import ConfirmationState
from suture.model.events import EventKind
from suture.model.ids import BranchId, PartyId, PlaceId, PromiseId, TouchId, VisitId
from suture.model.people import Branch
from suture.model.plan import ToldWindow
from suture.model.visit import WAITING_STATUSES, GateState, VisitStatus
from suture.store.access import NotAllowed
from suture.store.access_parts import short_name
from suture.store.branches import branch_by_id
from suture.store.day import day_bounds
from suture.store.transaction import Row, Tx
from suture.words.reason import from_json

SOURCE = "clinician_page"
"""The source of what she says on her page."""
_MOVES = (
    EventKind.VISIT_ASSIGNED,
    EventKind.VISIT_REASSIGNED,
    EventKind.VISIT_RETIMED,
    EventKind.VISIT_UNCOVERED,
    EventKind.VISIT_RELEASED,
)


def her_day(tx: Tx, clinician_id: PartyId, service_date: date) -> ClinicianDay:
    """Her visits of one date, of whatever branch. Raises NotAllowed for anyone but herself, and LookupError."""
    _herself(tx, clinician_id)
    who = _person(tx, clinician_id)
    branch = branch_by_id(tx, BranchId(who["branch_id"]))
    stops = _stops(tx, clinician_id, service_date)
    told = _told(tx, clinician_id, service_date)
    own = {r["visit_id"] for r in stops}
    lost = [r["visit_id"] for r in told if r["visit_id"] not in own]
    whys = {
        **_whys(tx, clinician_id, sorted(own), lost=False),
        **_whys(tx, clinician_id, lost, lost=True),
    }
    patients = [PartyId(r["patient_id"]) for r in stops if r["patient_id"]]
    tx.shows(branch.id, [*patients, *(r["patient_id"] for r in told)])
    phones = _phones(tx, patients)
    promises = {r["visit_id"]: _promise(r) for r in told}
    set_out = _set_out(tx, clinician_id, sorted(own))
    return ClinicianDay(
        clinician_id=clinician_id,
        external_id=who["external_id"],
        name=f"{who['given']} {who['family']}".strip(),
        agency=branch.agency,
        phone=branch.phone,
        lang=who["lang"],
        tz=branch.tz,
        service_date=service_date,
        home_id=PlaceId(who["home_place_id"]),
        home=_point(who),
        is_published=_is_published(tx, branch.id, service_date) or bool(stops),
        stops=tuple(
            _stop(
                r,
                phones.get(r["patient_id"], ""),
                promises.get(r["visit_id"]),
                whys.get(r["visit_id"]),
                set_out.get(r["visit_id"]),
            )
            for r in stops
        ),
        gone=tuple(
            _gone(r, whys.get(r["visit_id"]))
            for r in sorted(told, key=lambda r: r["window_open"])
            if r["visit_id"] not in own
        ),
        reports=_reports(tx, clinician_id, service_date, {branch.id, *(r["branch_id"] for r in (*stops, *told))}),
        absences=_spans(tx, branch, service_date, clinician_id, called_out=True),
        hours=_spans(tx, branch, service_date, clinician_id, called_out=False),
        week_minutes=_week_minutes(tx, branch, service_date, clinician_id),
        most_week_minutes=who["max_weekly_min"],
    )


def her_zone(tx: Tx, clinician_id: PartyId) -> str:
    """The zone of her branch. Raises NotAllowed for anyone but herself, and LookupError."""
    _herself(tx, clinician_id)
    return branch_by_id(tx, BranchId(_person(tx, clinician_id)["branch_id"])).tz


def _herself(tx: Tx, clinician_id: PartyId) -> None:
    """Raise NotAllowed unless it is she: by a link and her PIN, or by her account."""
    by_pin = tx.actor.kind is ActorKind.CLINICIAN_PIN and tx.actor.party_id == clinician_id
    if not by_pin and tx.scope.own != clinician_id:
        raise NotAllowed(f"{tx.actor.kind} may not see this")


def _person(tx: Tx, clinician_id: PartyId) -> Row:
    row = tx.row(
        """SELECT p.external_id, p.given, p.family, p.lang, c.branch_id, c.home_place_id, c.max_weekly_min, l.lat, l.lon
           FROM clinician c
           JOIN party p ON p.tenant = c.tenant AND p.id = c.party_id
           JOIN place l ON l.tenant = c.tenant AND l.id = c.home_place_id
           WHERE c.tenant = app_tenant() AND c.party_id = :id""",
        id=clinician_id,
    )
    if row is None:
        raise LookupError(f"clinician {clinician_id} does not exist")
    return row


def _is_published(tx: Tx, branch_id: BranchId, service_date: date) -> bool:
    return bool(
        tx.scalar(
            """SELECT EXISTS (SELECT FROM plan_head WHERE tenant = app_tenant() AND branch_id = :branch
                 AND service_date = :date AND stage = 'published')""",
            branch=branch_id,
            date=service_date,
        )
    )


def _stops(tx: Tx, clinician_id: PartyId, service_date: date) -> Sequence[Row]:
    return tx.rows(
        """SELECT a.visit_id, v.external_id, a.branch_id, a.service_date, a.starts_at, a.ends_at, a.told_open,
                  a.told_close, v.status, v.gate, v.started_at, v.ended_at, v.duration_min, v.documentation_min,
                  v.required_skills, v.patient_id, v.place_id, s.kind, s.discipline, s.visit_type,
                  p.given, p.family, t.traits, l.name AS place, l.line1, l.line2, l.city, l.state, l.postal_code,
                  l.lat, l.lon, l.tz
           FROM assignment a
           JOIN plan_head h ON h.tenant = a.tenant AND h.branch_id = a.branch_id AND h.service_date = a.service_date
             AND h.stage = 'published'
           JOIN visit v ON v.tenant = a.tenant AND v.id = a.visit_id
           JOIN service s ON s.tenant = v.tenant AND s.code = v.service_code
           JOIN place l ON l.tenant = v.tenant AND l.id = v.place_id
           LEFT JOIN party p ON p.tenant = v.tenant AND p.id = v.patient_id
           LEFT JOIN patient t ON t.tenant = v.tenant AND t.party_id = v.patient_id
           WHERE a.tenant = app_tenant() AND a.clinician_id = :clinician AND h.service_date = :date
             AND a.to_version IS NULL ORDER BY a.starts_at, a.visit_id""",
        clinician=clinician_id,
        date=service_date,
    )


def _told(tx: Tx, clinician_id: PartyId, service_date: date) -> Sequence[Row]:
    """What she was last told of each visit of the day; a visit that was moved to another day since, too."""
    return tx.rows(
        """SELECT DISTINCT ON (o.visit_id) o.visit_id, o.id, o.touch_id, o.window_open, o.window_close,
                  coalesce(c.state, 'needs_action') AS answer, t.branch_id, v.status, v.cancelled_by, v.patient_id,
                  p.given, p.family
           FROM promise o
           JOIN touch t ON t.tenant = o.tenant AND t.id = o.touch_id
           JOIN visit v ON v.tenant = o.tenant AND v.id = o.visit_id
           LEFT JOIN party p ON p.tenant = v.tenant AND p.id = v.patient_id
           LEFT JOIN confirmation c ON c.tenant = o.tenant AND c.promise_id = o.id AND c.participant = 'clinician'
           WHERE o.tenant = app_tenant() AND o.party_id = :clinician AND t.party_id = :clinician
             AND t.service_date = :date
           ORDER BY o.visit_id, o.seq DESC""",
        clinician=clinician_id,
        date=service_date,
    )


def _whys(tx: Tx, clinician_id: PartyId, visit_ids: Sequence[int], *, lost: bool) -> Mapping[int, Any]:
    """What the newest change of each visit was made for that gave it to her, or another time; or `lost` it for her."""
    rows = tx.rows(
        """SELECT DISTINCT ON (e.subject_id) e.subject_id, e.data -> 'because' AS because
           FROM visit v JOIN event e ON e.tenant = v.tenant AND e.branch_id = v.branch_id
             AND e.service_date = v.service_date AND e.subject_id = v.id
           WHERE v.tenant = app_tenant() AND v.id = ANY(:visits) AND e.kind = ANY(:kinds)
             AND CASE WHEN :lost THEN cast(e.data ->> 'from_clinician_id' AS bigint) = :clinician
                                      AND e.data ->> 'clinician_id' IS DISTINCT FROM e.data ->> 'from_clinician_id'
                      ELSE cast(e.data ->> 'clinician_id' AS bigint) = :clinician END
           ORDER BY e.subject_id, e.seq DESC""",
        visits=list(visit_ids),
        kinds=list(_MOVES),
        clinician=clinician_id,
        lost=lost,
    )
    return {r["subject_id"]: r["because"] for r in rows}


def _set_out(tx: Tx, clinician_id: PartyId, visit_ids: Sequence[int]) -> Mapping[int, datetime]:
    rows = tx.rows(
        """SELECT e.subject_id, min(e.at) AS at
           FROM visit v JOIN event e ON e.tenant = v.tenant AND e.branch_id = v.branch_id
             AND e.service_date = v.service_date AND e.subject_id = v.id
           WHERE v.tenant = app_tenant() AND v.id = ANY(:visits) AND e.kind = :kind
             AND cast(e.data ->> 'clinician_id' AS bigint) = :clinician GROUP BY e.subject_id""",
        visits=list(visit_ids),
        kind=EventKind.VISIT_SET_OUT,
        clinician=clinician_id,
    )
    return {r["subject_id"]: r["at"] for r in rows}


def _phones(tx: Tx, parties: Sequence[int]) -> Mapping[int, str]:
    """What number to call; one that turned out to be someone else's is not given."""
    rows = tx.rows(
        """SELECT DISTINCT ON (d.party_id) d.party_id, d.value FROM address d
           WHERE d.tenant = app_tenant() AND d.party_id = ANY(:parties) AND d.channel IN ('sms', 'voice')
             AND NOT EXISTS (SELECT FROM suppression s WHERE s.tenant = d.tenant AND s.addr_hash = d.value_hash
                               AND s.reason = 'wrong_person' AND s.lifted_at IS NULL)
           ORDER BY d.party_id, d.channel""",
        parties=list(parties),
    )
    return {r["party_id"]: r["value"] for r in rows}


def _stop(r: Row, phone: str, promise: OwnPromise | None, because: Any, set_out_at: datetime | None) -> OwnStop:
    region = " ".join(part for part in (r["state"], r["postal_code"]) if part)
    town = ", ".join(part for part in (r["city"], region) if part)
    pets = (r["traits"] or {}).get("pets")
    return OwnStop(
        visit_id=VisitId(r["visit_id"]),
        external_id=r["external_id"],
        branch_id=BranchId(r["branch_id"]),
        service_date=r["service_date"],
        starts_at=r["starts_at"],
        ends_at=r["ends_at"],
        window=ToldWindow(r["told_open"], r["told_close"]),
        patient=f"{r['given'] or ''} {r['family'] or ''}".strip(),
        address=tuple(line for line in (r["line1"], r["line2"], town) if line),
        site=r["place"],
        place_id=PlaceId(r["place_id"]),
        point=_point(r),
        tz=r["tz"],
        phone=phone,
        kind=r["kind"],
        discipline=r["discipline"],
        visit_type=r["visit_type"],
        skills=tuple(r["required_skills"]),
        care_minutes=r["duration_min"],
        documentation_minutes=r["documentation_min"],
        status=VisitStatus(r["status"]),
        started_at=r["started_at"],
        ended_at=r["ended_at"],
        is_kept_back=r["status"] in WAITING_STATUSES and not GateState(r["gate"]).is_dispatched,
        pets=tuple(map(str, pets)) if isinstance(pets, list) else (),
        promise=promise,
        because=from_json(because) if because else None,
        set_out_at=set_out_at,
    )


def _point(r: Row) -> tuple[float, float] | None:
    return (r["lat"], r["lon"]) if r["lat"] is not None else None


def _promise(r: Row) -> OwnPromise:
    return OwnPromise(
        PromiseId(r["id"]),
        TouchId(r["touch_id"]),
        ToldWindow(r["window_open"], r["window_close"]),
        ConfirmationState(r["answer"]),
    )


def _gone(r: Row, because: Any) -> GoneStop:
    return GoneStop(
        visit_id=VisitId(r["visit_id"]),
        who=short_name(r["given"], r["family"]),
        window=ToldWindow(r["window_open"], r["window_close"]),
        cancelled_by=(r["cancelled_by"] or "agency") if r["status"] == VisitStatus.CANCELLED else "",
        is_declined=r["answer"] == ConfirmationState.DECLINED,
        because=from_json(because) if because else None,
    )


def _reports(tx: Tx, clinician_id: PartyId, service_date: date, branches: Collection[int]) -> tuple[OwnReport, ...]:
    """What she said on this page, of any of the branches she works for that day."""
    rows = tx.rows(
        """SELECT kind, body, occurred_at, state FROM inbox
           WHERE tenant = app_tenant() AND branch_id = ANY(:branches) AND service_date = :date AND source = :source
             AND starts_with(source_id, :prefix) ORDER BY id""",
        branches=sorted(branches),
        date=service_date,
        source=SOURCE,
        prefix=f"{clinician_id}:{service_date}:",
    )
    return tuple(_report(r) for r in rows)


def _report(r: Row) -> OwnReport:
    body = r["body"]
    said = body.get("outcome") or body.get("answer") or str(body.get("minutes") or "")
    starts, until = (body.get(name) for name in ("from_at", "until"))
    return OwnReport(
        kind=r["kind"],
        visit_id=VisitId(body["visit_id"]) if body.get("visit_id") else None,
        said=said,
        at=r["occurred_at"],
        is_waiting=r["state"] == "new",
        from_at=datetime.fromisoformat(starts) if starts else None,
        until=datetime.fromisoformat(until) if until else None,
    )


def _spans(
    tx: Tx, branch: Branch, service_date: date, clinician_id: PartyId, *, called_out: bool
) -> tuple[Absence, ...]:
    starts, ends = day_bounds(branch, service_date)
    rows = tx.rows(
        """SELECT greatest(starts_at, :starts) AS starts_at, least(ends_at, :ends) AS ends_at FROM availability
           WHERE tenant = app_tenant() AND clinician_id = :id AND starts_at < :ends AND ends_at > :starts
             AND CASE WHEN :called_out THEN kind = 'unavailable' AND starts_with(coalesce(reason, ''), 'call_out:')
                      ELSE kind IN ('available', 'preferred') END
           ORDER BY starts_at, ends_at""",
        id=clinician_id,
        starts=starts,
        ends=ends,
        called_out=called_out,
    )
    spans: list[Absence] = []
    for r in rows:  # joined where they touch
        if spans and r["starts_at"] <= spans[-1].ends_at:
            spans[-1] = Absence(spans[-1].starts_at, max(spans[-1].ends_at, r["ends_at"]))
        else:
            spans.append(Absence(r["starts_at"], r["ends_at"]))
    return tuple(spans)


def _week_minutes(tx: Tx, branch: Branch, service_date: date, clinician_id: PartyId) -> int:
    """Care and documentation of her published plans in the branch's week."""
    first = service_date - timedelta(days=(service_date.isoweekday() - branch.week_starts_on) % 7)
    minutes = tx.scalar(
        """SELECT coalesce(sum(extract(epoch FROM a.ends_at - a.starts_at) / 60 + v.documentation_min), 0)
           FROM assignment a
           JOIN plan_head h ON h.tenant = a.tenant AND h.branch_id = a.branch_id AND h.service_date = a.service_date
             AND h.stage = 'published'
           JOIN visit v ON v.tenant = a.tenant AND v.id = a.visit_id
           WHERE a.tenant = app_tenant() AND a.clinician_id = :clinician AND a.to_version IS NULL
             AND h.service_date >= :first AND h.service_date < :after""",
        clinician=clinician_id,
        first=first,
        after=first + timedelta(days=7),
    )
    return int(minutes)
