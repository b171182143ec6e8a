"""The only place that reads patient data for the console, the API and paper: each asks who is behind the
transaction, and whether the branch is within their scope.

What a patient's or clinician's own link shows is read by `store.link_views`, for the token's owner.
Each page costs a fixed number of queries, whatever the size of the day. Nothing here writes.
"""

from datetime import date

from suture.model.actors import ActorKind, Permission
from suture.model.addresses import address_hash
from suture.model.ids import BranchId, VisitId
from suture.model.people import Branch, PartyKind
from suture.store import places, views
from suture.store.access_asked import day_shown, homes_shown, visit_shown
from suture.store.access_cases import cases_of
from suture.store.access_messages import log_of, whose
from suture.store.access_moments import moments_of
from suture.store.access_parts import clinicians_of, head_of, short_name, stops_of, waiting_of
from suture.store.access_sheet import sheet_of
from suture.store.branches import number_of
from suture.store.cases import ON_THE_BOARD
from suture.store.message_log import MessageLog
from suture.store.sheet_view import DaySheet
from suture.store.transaction import Tx
from suture.words.reason import from_json

AGENCYS_OWN = frozenset({ActorKind.USER, ActorKind.COMMAND_LINE, ActorKind.SYSTEM, ActorKind.API_KEY})


class NotAllowed(Exception):
    """This actor may not see this, or not of this branch."""


def _staff(tx: Tx) -> None:
    """Raise NotAllowed unless it is those of the agency's own people and programs who may see patients."""
    sees_no_patients = tx.actor.kind is ActorKind.USER and not tx.scope.allows(Permission.READ)
    if tx.actor.kind not in AGENCYS_OWN or sees_no_patients:
        raise NotAllowed(f"{tx.actor.kind} may not see this")


def _staff_of(tx: Tx, branch_id: BranchId | None) -> None:
    """Raise NotAllowed unless the branch is one of theirs, too; None takes the whole agency."""
    _staff(tx)
    if not tx.scope.has(branch_id):
        raise NotAllowed(f"{tx.actor.kind} may not see this branch")


def planned_days(tx: Tx, branch_id: BranchId) -> tuple[views.PlannedDay, ...]:
    """Every service date with a plan, in order, and how many exceptions its board lists."""
    _staff_of(tx, branch_id)
    rows = tx.rows(
        f"""SELECT h.service_date, (SELECT count(DISTINCT (e.kind, e.band, e.subject_kind, e.subject_id, e.reasons,
                                                             e.deadline_at))
             FROM exception_case e
             WHERE e.tenant = h.tenant AND e.branch_id = h.branch_id AND e.service_date = h.service_date
               AND {ON_THE_BOARD.format("e")}) AS cases
           FROM (SELECT DISTINCT tenant, branch_id, service_date FROM plan_head
                 WHERE tenant = app_tenant() AND branch_id = :branch) h ORDER BY h.service_date""",  # noqa: S608 - our own words
        branch=branch_id,
    )
    return tuple(views.PlannedDay(r["service_date"], r["cases"]) for r in rows)


def day_view(tx: Tx, branch: Branch, service_date: date) -> views.DayView:
    """One branch-day for the console."""
    _staff_of(tx, branch.id)
    return views.DayView(
        branch=branch,
        service_date=service_date,
        head=head_of(tx, branch.id, service_date),
        clinicians=clinicians_of(tx, branch, service_date),
        stops=stops_of(tx, branch.id, service_date),
        cases=cases_of(tx, branch.id, service_date),
        moments=moments_of(tx, branch.id, service_date),
        waiting=waiting_of(tx, branch.id, service_date),
    )


def open_cases(tx: Tx, branch: Branch, service_date: date) -> tuple[views.CaseView, ...]:
    """The open exceptions of one branch-day, worst first."""
    _staff_of(tx, branch.id)
    return cases_of(tx, branch.id, service_date)


def plan_view(tx: Tx, branch: Branch, service_date: date) -> views.PlanView | None:
    """One branch-day for a program; None where nothing was planned."""
    _staff_of(tx, branch.id)
    head = head_of(tx, branch.id, service_date)
    if head is None:
        return None
    reasons = tx.rows(
        """SELECT subject_id, subject_position, reasons FROM exception_case
           WHERE tenant = app_tenant() AND branch_id = :branch AND service_date = :date AND state <> 'closed'
             AND kind IN ('uncovered_visit', 'uncovered_shift') ORDER BY id""",
        branch=branch.id,
        date=service_date,
    )
    return views.PlanView(
        branch=branch,
        service_date=service_date,
        head=head,
        clinicians=clinicians_of(tx, branch, service_date),
        stops=stops_of(tx, branch.id, service_date),
        reasons={
            (VisitId(r["subject_id"]), r["subject_position"]): tuple(map(from_json, r["reasons"])) for r in reasons
        },
    )


def day_sheet(tx: Tx, branch: Branch, service_date: date) -> DaySheet | None:
    """One branch-day for paper; None where nothing was planned."""
    _staff_of(tx, branch.id)
    return sheet_of(tx, branch, service_date)


def asks_of_visit(tx: Tx, visit: str) -> None:
    """Note that what the rules say of a visit is shown, such as who could take it."""
    _staff(tx)
    visit_shown(tx, visit)


def asks_of_day(tx: Tx, branch: Branch, service_date: date) -> None:
    """Note that a branch-day is shown by its ids and times, as a planner's file has it."""
    _staff_of(tx, branch.id)
    day_shown(tx, branch.id, service_date)


def places_to_look_up(tx: Tx) -> tuple[places.MissingPlace, ...]:
    """Every place without coordinates, by its address: patients' homes, too."""
    _staff_of(tx, None)
    found = places.missing(tx)
    homes_shown(tx, [place.external_id for place in found if place.kind == PartyKind.PATIENT])
    return found


def message_log(tx: Tx, kind: PartyKind, external_id: str) -> MessageLog | None:
    """What was said to a person and what came back; None where there is no one of that id in the caller's branches."""
    _staff(tx)
    found = whose(tx, kind, external_id)
    return log_of(tx, found, kind, external_id) if found and tx.scope.has(found.branch_id) else None


def texts_from(tx: Tx, number: str, limit: int = 200) -> tuple[views.ReplyView, ...]:
    """The newest texts that came in from a number, newest first."""
    _staff_of(tx, None)
    from_hash = address_hash(number_of(tx, number))
    senders = tx.rows(
        """SELECT w.party_id, w.branch_id FROM address d
           JOIN patient w ON w.tenant = d.tenant AND w.party_id = d.party_id
           WHERE d.tenant = app_tenant() AND d.value_hash = :hash""",
        hash=from_hash,
    )
    rows = tx.rows(
        """SELECT provider_msg_id, at, body, meaning, action FROM inbound
           WHERE tenant = app_tenant() AND from_hash = :hash ORDER BY id DESC LIMIT :limit""",
        hash=from_hash,
        limit=limit,
    )
    for sender in senders if rows else ():
        tx.shows(sender["branch_id"], [sender["party_id"]])
    return tuple(views.ReplyView(r["provider_msg_id"], r["at"], r["body"], r["meaning"], r["action"]) for r in rows)


def demo_names(tx: Tx) -> dict[str, tuple[str, ...]]:
    """Who has each address: of the demo's people, for whoever plays them. Patients by a short name."""
    _staff_of(tx, None)
    rows = tx.rows(
        """SELECT a.value, p.kind, p.given, p.family FROM address a
           JOIN party p ON p.tenant = a.tenant AND p.id = a.party_id
           WHERE a.tenant = app_tenant() ORDER BY p.id"""
    )
    found: dict[str, tuple[str, ...]] = {}
    for r in rows:
        is_patient = r["kind"] == PartyKind.PATIENT
        name = short_name(r["given"], r["family"]) if is_patient else f"{r['given'] or ''} {r['family'] or ''}".strip()
        found[r["value"]] = (*found.get(r["value"], ()), name)
    return found


def signal_view(tx: Tx, signal_id: int) -> views.SignalView | None:
    """The state of one stored signal; None where there is none of that number about the caller's branches."""
    _staff(tx)
    r = tx.row(
        "SELECT id, branch_id, kind, state, handled_version FROM inbox WHERE tenant = app_tenant() AND id = :id",
        id=signal_id,
    )
    if r is None or not tx.scope.has(BranchId(r["branch_id"])):
        return None
    decided = tx.rows(
        """SELECT data -> 'because' AS because FROM event
           WHERE tenant = app_tenant() AND branch_id = :branch AND kind = 'signal.handled' AND subject_id = :id
             AND jsonb_typeof(data -> 'because') = 'object' ORDER BY seq""",
        branch=r["branch_id"],
        id=signal_id,
    )
    because = tuple(from_json(d["because"]) for d in decided)
    return views.SignalView(r["id"], r["kind"], r["state"], r["handled_version"], because)
