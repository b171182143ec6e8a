"""Changes what is asked of one visit, by the same way as a row of a file: stored, and its planned days looked at."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from suture.model.imports import VisitRecord
from suture.model.instants import local_date
from suture.model.people import Branch
from suture.model.visit import CLOSED_STATUSES, STARTED_STATUSES, VisitKind, VisitStatus
from suture.service.add_visit import PRIORITIES, PriorityWord
from suture.service.errors import BadSignal
from suture.store import inbox, lookups, one_visit
from suture.store.branches import branch_by_id
from suture.store.demand import save_visits
from suture.store.lookups import FoundVisit
from suture.store.one_visit import StoredVisit
from suture.store.references import References, load_references
from suture.store.transaction import Tx
from suture.words.catalog import _


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What is to be another about a visit; None stays."""

    earliest_start: datetime | None
    latest_end: datetime | None
    duration_minutes: int | None
    service: str | None
    site: str | None
    required_skills: tuple[str, ...] | None
    priority: PriorityWord | None
    positions: int | None

    @property
    def given(self) -> dict[str, Any]:
        """The fields that are given, as a visit's record has them."""
        own = {name: getattr(self, name) for name in self.__slots__ if getattr(self, name) is not None}
        return own if self.priority is None else {**own, "priority": PRIORITIES[self.priority]}


def change_visit(tx: Tx, external_id: str, changes: Changes, occurred_at: datetime | None) -> FoundVisit:
    """Store what is given, as a row of a file of that instant would; signals to its planned days follow.

    Raises BadSignal for what does not exist or cannot be, and for what was overtaken by something newer.
    """
    stored = one_visit.to_change(tx, external_id)
    if stored is None:
        raise BadSignal("visit", _("there is no visit {visit}", visit=repr(external_id)))
    _check_changeable(external_id, stored)
    if not changes.given:
        raise BadSignal("visit", _("say what has changed about visit {visit}", visit=external_id))
    if occurred_at is not None and stored.record.updated_at > occurred_at:
        at = stored.record.updated_at.isoformat(timespec="seconds")
        raise BadSignal("occurred_at", _("is before visit {visit} was last changed: {at}", visit=external_id, at=at))
    branch = branch_by_id(tx, stored.found.branch_id)
    refs = load_references(tx, branch.external_id)
    if refs is None:
        raise LookupError(f"branch {branch.id} has vanished")
    _check_known(tx, refs, changes, stored)
    record = _changed(stored, changes, branch, occurred_at or max(tx.now, stored.record.updated_at))
    _check_times(tx, refs, record, branch)
    for day in sorted({stored.found.service_date, record.service_date}):  # locked before the log, as decisions do
        inbox.mark_dirty(tx, branch.id, day)
    saved = save_visits(tx, refs, "", [record])
    for problem in saved.problems:
        raise BadSignal("visit", str(problem.why))
    return stored.found._replace(service_date=record.service_date)


def _check_changeable(external_id: str, stored: StoredVisit) -> None:
    if stored.found.status is VisitStatus.CANCELLED:
        raise BadSignal("visit", _("visit {visit} is cancelled: reopen it first", visit=external_id))
    if stored.found.status in STARTED_STATUSES | CLOSED_STATUSES:
        raise BadSignal("visit", _("visit {visit} has begun: nothing of it can be changed", visit=external_id))
    if stored.is_moving:
        said = _("visit {visit} is being moved to another day: try again in a minute", visit=external_id)
        raise BadSignal("visit", said)
    if stored.is_unclear:
        said = _("visit {visit} has cells that could not be read: fix its file first", visit=external_id)
        raise BadSignal("visit", said)


def _check_known(tx: Tx, refs: References, changes: Changes, stored: StoredVisit) -> None:
    if changes.site is not None and lookups.site(tx, changes.site) is None:
        raise BadSignal("site", _("there is no site {site}", site=repr(changes.site)))
    if changes.service is not None and changes.service not in refs.services:
        raise BadSignal("service", _("there is no service {service}", service=repr(changes.service)))
    kind = refs.services[changes.service].kind if changes.service is not None else stored.kind
    if kind is not stored.kind:
        raise BadSignal("service", _("is another kind of visit: cancel this one and add a new one"))
    if changes.site is not None and kind is VisitKind.HOME_VISIT:
        raise BadSignal("site", _("visit {visit} is at the patient’s home", visit=stored.record.external_id))


def _changed(stored: StoredVisit, changes: Changes, branch: Branch, updated_at: datetime) -> VisitRecord:
    """The record as a file would have it now. Another service takes its own time, unless a length is given."""
    given = changes.given
    if changes.service not in (None, stored.record.service):
        given = {"duration_minutes": None, **given}
    new = replace(stored.record, **given, updated_at=updated_at)
    return replace(new, service_date=local_date(new.earliest_start, branch.tz))


def _check_times(tx: Tx, refs: References, record: VisitRecord, branch: Branch) -> None:
    minutes = record.duration_minutes or refs.services[record.service].duration_minutes
    if record.latest_end - record.earliest_start < timedelta(minutes=minutes):
        raise BadSignal(
            "latest_end", _("the window is shorter than the visit: it takes {minutes} min", minutes=minutes)
        )
    if local_date(record.latest_end, branch.tz) != record.service_date:
        raise BadSignal("latest_end", _("must be on the same local day as earliest_start"))
    if record.latest_end <= tx.now:
        raise BadSignal("latest_end", _("is past"))
