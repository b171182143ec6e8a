"""Looks a database over and says line by line what is right, what is worth knowing, and what is wrong. Only reads."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import Engine

from suture.model.outreach_state import HoldCause
from suture.service.clock import DatabaseClock
from suture.store import health, outreach
from suture.store.migrate import Stage, schema_of
from suture.store.transaction import Tx, transaction
from suture.words.dates import full_date

MOST_NAMED = 5
BACKUP_IS_OLD = timedelta(hours=26)


class Verdict(StrEnum):
    """What a finding asks for: nothing, a look, or an act."""

    OK = "ok"
    NOTE = "note"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    about: str
    verdict: Verdict
    says: str


def check_database(engine: Engine) -> tuple[Finding, ...]:
    """Everything there is to say; what needs the newest schema is left out on another one."""
    return tuple(_findings(engine))


def _findings(engine: Engine) -> Iterator[Finding]:
    schema = schema_of(engine)
    if schema.stage is Stage.CURRENT:
        yield Finding("schema", Verdict.OK, f"{schema.newest}, the newest")
    else:
        what = {
            Stage.EMPTY: "there is none: import an agency, or restore one",
            Stage.OLDER: f"{schema.revision} is older than {schema.newest}: make a backup, then run suture db migrate",
            Stage.NEWER: f"{schema.revision} is of a newer release, this one knows {schema.newest}: install that one",
            Stage.FOREIGN: "tables without a version: another program's, or of a restore that was cut short",
        }
        yield Finding("schema", Verdict.WRONG, what[schema.stage])
    yield _server(engine)
    if schema.stage is not Stage.CURRENT:
        return
    with transaction(engine, DatabaseClock()) as tx:
        yield _positions(tx)
        yield _counted(
            "overlaps", health.overlaps(tx), "no clinician is in two places", "{n} pairs of places at once: plan again"
        )
        yield _counted(
            "duplicates",
            health.duplicate_messages(tx),
            "no message left twice",
            "{n} messages left twice: report it, it must not happen",
        )
        yield _counted(
            "unknown messages",
            health.messages_unknown(tx),
            "none",
            "{n} messages may or may not have arrived: ask the recipients, then close the cases on the board",
        )
        yield _counted(
            "leases",
            health.leases_past(tx),
            "none has run out",
            "{n} have run out and no worker took over: start suture serve, or suture worker",
        )
        yield _counted(
            "signals set aside",
            health.signals_set_aside(tx),
            "none",
            "{n} could not be decided: look at their cases on the board, and act by hand",
        )
        yield _hold(tx)
        yield _backup(tx)


def _server(engine: Engine) -> Finding:
    found = health.server(engine)
    faults = []
    if not found.fsync:
        faults.append("fsync is off, a power cut destroys data: set fsync = on")
    if not found.synchronous_commit:
        faults.append("synchronous_commit is off, a crash loses what was acknowledged: set it to on")
    if found.read_only:
        faults.append("it is read-only: name the primary server in DATABASE_URL")
    says = "; ".join(faults) or "it waits for the disk, and can be written to"
    return Finding("server", Verdict.WRONG if faults else Verdict.OK, f"PostgreSQL {found.version}: {says}")


def _positions(tx: Tx) -> Finding:
    lost = health.lost_positions(tx)
    if not lost:
        return Finding("positions", Verdict.OK, "each is assigned, in a case or closed")
    named = ", ".join(f"{day.count} of {day.branch} on {full_date(day.service_date)}" for day in lost[:MOST_NAMED])
    more = f" and {len(lost) - MOST_NAMED} more days" if len(lost) > MOST_NAMED else ""
    says = f"neither assigned nor in a case: {named}{more}; cover them by hand, and report it"
    return Finding("positions", Verdict.WRONG, says)


def _counted(about: str, number: int, none: str, some: str) -> Finding:
    return Finding(about, Verdict.WRONG, some.format(n=number)) if number else Finding(about, Verdict.OK, none)


def _hold(tx: Tx) -> Finding:
    state = outreach.state(tx)
    if not state.on_hold:
        return Finding("messages", Verdict.OK, "they leave")
    why = {HoldCause.NEW: "the agency is new", HoldCause.RESTORED: "it was restored", HoldCause.ASKED: "as asked"}
    return Finding("messages", Verdict.NOTE, f"on hold, {why[state.cause]}; suture outreach release lets them leave")


def _backup(tx: Tx) -> Finding:
    last = health.last_whole_backup(tx)
    if last is None:
        return Finding("backup", Verdict.NOTE, "none was made with suture db backup")
    age = health.true_time(tx) - last
    hours, minutes = divmod(int(age.total_seconds()) // 60, 60)
    late = "; make one each night" if age > BACKUP_IS_OLD else ""
    return Finding("backup", Verdict.NOTE if late else Verdict.OK, f"finished {hours} h {minutes} min ago{late}")
