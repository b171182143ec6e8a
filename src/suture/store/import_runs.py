"""Imports as a whole: which files came, and those that wait for a decision, with their bytes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from suture.model.ids import BranchId
from suture.model.import_runs import FileSeen, HeldImport, ImportMode, ImportState
from suture.store.transaction import Row, Tx
from suture.words.reason import Reason, from_json, to_json


@dataclass(frozen=True, slots=True)
class NewRun:
    """An import to be recorded. `why` and `diff` only of one that is held."""

    source: str
    mode: ImportMode
    branch_id: BranchId | None
    files: Sequence[FileSeen]
    why: Reason | None = None
    diff: Sequence[Reason] = ()


def lock(tx: Tx) -> None:
    """One import of a tenant at a time, until the end of the transaction."""
    tx.run("SELECT pg_advisory_xact_lock(hashtext('suture import'), app_tenant())")


def record_applied(tx: Tx, run: NewRun) -> int:
    """Write an import that was applied, without its content."""
    return _record(tx, run, ImportState.APPLIED, {})


def record_held(tx: Tx, run: NewRun, contents: Mapping[str, bytes]) -> int:
    """Write an import that waits, with the bytes of its files by name."""
    return _record(tx, run, ImportState.HELD, contents)


def _record(tx: Tx, run: NewRun, state: ImportState, contents: Mapping[str, bytes]) -> int:
    run_id: int = tx.scalar(
        """INSERT INTO import_run (branch_id, source, mode, state, would_remove, diff, actor, at)
           VALUES (:branch, :source, :mode, :state, cast(:why AS jsonb), cast(:diff AS jsonb), :actor, :now)
           RETURNING id""",
        branch=run.branch_id,
        source=run.source,
        mode=run.mode,
        state=state,
        why=json.dumps(to_json(run.why)) if run.why is not None else None,
        diff=json.dumps(to_json(run.diff)),
        actor=str(tx.actor),
    )
    tx.run_many(
        """INSERT INTO import_file (import_id, name, sha256, rows, content)
           VALUES (:id, :name, :sha256, :rows, :content)""",
        [
            {"id": run_id, "name": f.name, "sha256": f.sha256, "rows": f.rows, "content": contents.get(f.name)}
            for f in run.files
        ],
    )
    return run_id


def rows_of_last_full(tx: Tx, branch_id: BranchId) -> Mapping[str, int]:
    """How many rows each file had in the last full import of the branch that was accepted and had it."""
    rows = tx.rows(
        """SELECT DISTINCT ON (f.name) f.name, f.rows FROM import_run r
           JOIN import_file f ON f.tenant = r.tenant AND f.import_id = r.id
           WHERE r.tenant = app_tenant() AND r.branch_id = :branch AND r.mode = 'full'
             AND r.state IN ('applied', 'released')
           ORDER BY f.name, coalesce(r.decided_at, r.at) DESC, r.id DESC""",
        branch=branch_id,
    )
    return {r["name"]: r["rows"] for r in rows}


_HELD = """SELECT r.id, r.source, coalesce(b.external_id, '') AS branch, r.mode,
                  coalesce(r.would_remove, to_jsonb(r.why)) AS why, r.diff, r.at, r.state, r.branch_id
           FROM import_run r LEFT JOIN branch b ON b.tenant = r.tenant AND b.id = r.branch_id
           WHERE r.tenant = app_tenant()"""


def held(tx: Tx) -> tuple[HeldImport, ...]:
    """The imports that wait, oldest first."""
    return tuple(_as_held(r) for r in tx.rows(f"{_HELD} AND r.state = 'held' ORDER BY r.id"))


def held_twin(tx: Tx, source: str, mode: ImportMode, files: Sequence[FileSeen]) -> HeldImport | None:
    """A waiting import of the very same files, if there is one."""
    row = tx.row(
        f"""{_HELD} AND r.state = 'held' AND r.source = :source AND r.mode = :mode
            AND (SELECT array_agg(f.name || ' ' || f.sha256 ORDER BY f.name COLLATE "C") FROM import_file f
                 WHERE f.tenant = r.tenant AND f.import_id = r.id) = cast(:files AS text[])
            ORDER BY r.id LIMIT 1""",  # noqa: S608 - our own text
        source=source,
        mode=mode,
        files=[f"{f.name} {f.sha256}" for f in sorted(files, key=lambda f: f.name)],
    )
    return _as_held(row) if row else None


def state_of(tx: Tx, run_id: int) -> tuple[HeldImport, ImportState] | None:
    """One import and its state; no one else decides on it before this transaction ends."""
    row = tx.row(f"{_HELD} AND r.id = :id FOR UPDATE OF r", id=run_id)
    return (_as_held(row), ImportState(row["state"])) if row else None


def contents(tx: Tx, run_id: int) -> Mapping[str, bytes]:
    """The bytes of the files of an import that waits, by name."""
    rows = tx.rows(
        """SELECT name, content FROM import_file
           WHERE tenant = app_tenant() AND import_id = :id AND content IS NOT NULL""",
        id=run_id,
    )
    return {r["name"]: bytes(r["content"]) for r in rows}


def decide(tx: Tx, run_id: int, state: ImportState, name: str, reason: str) -> bool:
    """Release or discard an import that waits and forget the bytes of its files; False where it waits no more."""
    decided = tx.run(
        """UPDATE import_run SET state = :state, decided_by = :name, decided_at = :now, reason = :reason
           WHERE tenant = app_tenant() AND id = :id AND state = 'held'""",
        id=run_id,
        state=state,
        name=name,
        reason=reason,
    )
    tx.run("UPDATE import_file SET content = NULL WHERE tenant = app_tenant() AND import_id = :id", id=run_id)
    return decided == 1


def _as_held(r: Row) -> HeldImport:
    why, diff = from_json(r["why"]), tuple(map(from_json, r["diff"]))
    return HeldImport(r["id"], r["source"], r["branch"], ImportMode(r["mode"]), why, diff, r["at"])
