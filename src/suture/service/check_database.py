"""Looks a database over and says line by line what is right, what is worth knowing, and what is wrong. Only reads."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import Engine

from suture.model.actors import FIRST_TENANT
from suture.model.outreach_state import HoldCause
from suture.service.clock import DatabaseClock
from suture.store import health, outreach
from suture.store.agencies import Agency, all_agencies
from suture.store.migrate import Stage, schema_of
from suture.store.transaction import Tx, transaction
from suture.words.catalog import _, marked, marked_pair, plural
from suture.words.dates import full_date

MOST_NAMED = 5
BACKUP_IS_OLD = timedelta(hours=26)
_NOT_CURRENT = {
    Stage.EMPTY: marked("there is none: import an agency, or restore one"),
    Stage.OLDER: marked("{schema} is older than {newest}: make a backup, then run suture db migrate"),
    Stage.NEWER: marked("{schema} is of a newer release, this one knows {newest}: install that one"),
    Stage.FOREIGN: marked("tables without a version: another program's, or of a restore that was cut short"),
}
_COUNTED: tuple[tuple[str, Callable[[Tx], int], str, tuple[str, str]], ...] = (
    (
        marked("overlaps"),
        health.overlaps,
        marked("no clinician is in two places"),
        marked_pair("{n} overlap: plan again", "{n} overlaps: plan again"),
    ),
    (
        marked("duplicates"),
        health.duplicate_messages,
        marked("no message was sent twice"),
        marked_pair(
            "{n} message was sent twice: report it, it must not happen",
            "{n} messages were sent twice: report it, it must not happen",
        ),
    ),
    (
        marked("unknown messages"),
        health.messages_unknown,
        marked("none"),
        marked_pair(
            "{n} message may or may not have arrived: ask the recipient, then close the case on the board",
            "{n} messages may or may not have arrived: ask the recipients, then close the cases on the board",
        ),
    ),
    (
        marked("leases"),
        health.leases_past,
        marked("none has run out"),
        marked_pair(
            "{n} has run out and no worker took over: start suture serve, or suture worker",
            "{n} have run out and no worker took over: start suture serve, or suture worker",
        ),
    ),
    (
        marked("signals set aside"),
        health.signals_set_aside,
        marked("none"),
        marked_pair(
            "{n} could not be decided: look at its case on the board, and act by hand",
            "{n} could not be decided: look at their cases on the board, and act by hand",
        ),
    ),
)
"""What must not be there: its name, how many there are, and what is said of none and of some."""


class Verdict(StrEnum):
    """What a finding asks for: nothing, a look, or an act."""

    OK = "ok"
    NOTE = "note"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: `about` in English, as programs know it, what it `says` as the reader does."""

    about: str
    verdict: Verdict
    says: str
    agency: str = ""
    """Whose, where the database holds several."""


def check_database(engine: Engine) -> tuple[Finding, ...]:
    """Everything there is to say; what needs the newest schema is left out on another one."""
    return tuple(_findings(engine))


def _findings(engine: Engine) -> Iterator[Finding]:
    schema = schema_of(engine)
    if schema.stage is Stage.CURRENT:
        yield Finding(marked("schema"), Verdict.OK, _("{schema}, the newest", schema=schema.newest))
    else:
        says = _(_NOT_CURRENT[schema.stage], schema=schema.revision, newest=schema.newest)
        yield Finding(marked("schema"), Verdict.WRONG, says)
    yield _server(engine)
    if schema.stage is not Stage.CURRENT:
        return
    agencies = all_agencies(engine) or (Agency(FIRST_TENANT, ""),)
    for agency in agencies:
        with transaction(engine, DatabaseClock(), agency.tenant) as tx:
            for finding in _of_agency(tx):
                yield replace(finding, agency=agency.name) if len(agencies) > 1 else finding


def _of_agency(tx: Tx) -> Iterator[Finding]:
    yield _positions(tx)
    for about, count, none, some in _COUNTED:
        n = count(tx)
        yield Finding(about, Verdict.WRONG, plural(*some, n)) if n else Finding(about, Verdict.OK, _(none))
    yield _hold(tx)
    yield _backup(tx)


def _server(engine: Engine) -> Finding:
    found = health.server(engine)
    faults = []
    if not found.fsync:
        faults.append(_("fsync is off, a power cut destroys data: set fsync = on"))
    if not found.synchronous_commit:
        faults.append(_("synchronous_commit is off, a crash loses what was acknowledged: set it to on"))
    if found.read_only:
        faults.append(_("it is read-only: name the primary server in DATABASE_URL"))
    says = "; ".join(faults) or _("it waits for the disk, and can be written to")
    return Finding(marked("server"), Verdict.WRONG if faults else Verdict.OK, f"PostgreSQL {found.version}: {says}")


def _positions(tx: Tx) -> Finding:
    lost = health.lost_positions(tx)
    if not lost:
        return Finding(marked("positions"), Verdict.OK, _("each is assigned, in a case or closed"))
    days = ", ".join(
        _("{n} of {branch} on {date}", n=day.count, branch=day.branch, date=full_date(day.service_date))
        for day in lost[:MOST_NAMED]
    )
    if len(lost) > MOST_NAMED:
        days = plural("{days} and {n} more day", "{days} and {n} more days", len(lost) - MOST_NAMED, days=days)
    says = _("neither assigned nor in a case: {days}; cover them by hand, and report it", days=days)
    return Finding(marked("positions"), Verdict.WRONG, says)


def _hold(tx: Tx) -> Finding:
    state = outreach.state(tx)
    if not state.on_hold:
        return Finding(marked("messages"), Verdict.OK, _("going out"))
    why = {
        HoldCause.NEW: _("the agency is new"),
        HoldCause.RESTORED: _("it was restored"),
        HoldCause.ASKED: _("as asked"),
    }
    says = _("on hold, {why}; suture outreach release sends them", why=why[state.cause])
    return Finding(marked("messages"), Verdict.NOTE, says)


def _backup(tx: Tx) -> Finding:
    last = health.last_whole_backup(tx)
    if last is None:
        return Finding(marked("backup"), Verdict.NOTE, _("none was made with suture db backup"))
    age = health.true_time(tx) - last
    hours, minutes = divmod(int(age.total_seconds()) // 60, 60)
    if age > BACKUP_IS_OLD:
        says = _("finished {hours} h {minutes} min ago; make one each night", hours=hours, minutes=minutes)
        return Finding(marked("backup"), Verdict.NOTE, says)
    says = _("finished {hours} h {minutes} min ago", hours=hours, minutes=minutes)
    return Finding(marked("backup"), Verdict.OK, says)
