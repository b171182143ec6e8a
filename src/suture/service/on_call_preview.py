"""Who would be on call in a week by a version of the on-call list, who cannot be reached, and when no one is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from suture.model.instants import local_date
from suture.model.people import Branch
from suture.outreach.on_call import WEEK, OnCallList, Turn, gaps
from suture.service.caller import Caller
from suture.service.configuration import ON_CALL
from suture.service.in_force import loaded
from suture.service.on_call import OnDuty, reached
from suture.service.versions import NoSuchVersion, find
from suture.store import configuration
from suture.store.branches import all_branches
from suture.store.transaction import Tx
from suture.words.catalog import _


@dataclass(frozen=True, slots=True)
class TurnShown:
    """A turn on one day, on the branch's clock, and who it is."""

    begins: datetime
    ends: datetime
    duty: OnDuty


@dataclass(frozen=True, slots=True)
class BranchOnCall:
    """The week of one branch: its days with their turns, and the stretches in which no one is on call."""

    id: str
    days: tuple[tuple[date, tuple[TurnShown, ...]], ...]
    gaps: tuple[tuple[datetime, datetime], ...]


@dataclass(frozen=True, slots=True)
class OnCallPreview:
    """The week of each branch of the list. `unknown`: those that the agency does not have."""

    after_minutes: int
    branches: tuple[BranchOnCall, ...]
    unknown: tuple[str, ...]


def preview_on_call(caller: Caller, start: str | None, first: date | None) -> OnCallPreview:
    """The week from `first` (default: today) by the version whose hash starts so, or by the one in force.

    Raises NoSuchVersion. A hold of messages, or a day off, is left aside.
    """
    with caller.transaction() as tx:
        version = find(tx, ON_CALL, start) if start else configuration.hold_active(tx, ON_CALL.name)
        if version is None:
            raise NoSuchVersion(_("No on-call list is in force."))
        listed = loaded(tx, caller.tools, ON_CALL, version)
        known = {branch.external_id: branch for branch in all_branches(tx)}
        named = [known[name] for name in listed.branches if name in known]
        shown = tuple(_branch(tx, listed, b, first or local_date(tx.now, b.tz)) for b in named)
        return OnCallPreview(listed.after_minutes, shown, tuple(n for n in listed.branches if n not in known))


def _branch(tx: Tx, listed: OnCallList, branch: Branch, first: date) -> BranchOnCall:
    turns = listed.turns(branch.external_id)
    duties = reached(tx, listed, branch, turns, in_general=True)
    days = [first + timedelta(days=n) for n in range(WEEK.days)]
    of_days = tuple((day, _on(day, turns, duties)) for day in days)
    return BranchOnCall(branch.external_id, of_days, gaps(turns, first, WEEK.days))


def _on(day: date, turns: Sequence[Turn], duties: Sequence[OnDuty]) -> tuple[TurnShown, ...]:
    pairs = zip(turns, duties, strict=True)
    return tuple(TurnShown(*turn.span(day), duty) for turn, duty in pairs if turn.begins_on(day))
