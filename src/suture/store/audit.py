"""The audit trail: who did what, as a code with a human sentence. Insert only."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from suture.model.audit import AUDIT_COUNTS, AUDIT_SENTENCES, AUDIT_WORDS, AuditCode
from suture.store.transaction import Tx
from suture.words.catalog import _, plural
from suture.words.dates import full_date, full_moment
from suture.words.reason import Reason, from_json, to_json


def record(tx: Tx, code: AuditCode, subject_kind: str, subject_id: int, **data: Any) -> None:
    """Write one row. `data` fills the code's sentence and must be free of patients' names, phones and addresses."""
    tx.run(
        """INSERT INTO audit_row (actor, code, subject_kind, subject_id, data)
           VALUES (:actor, :code, :kind, :subject, cast(:data AS jsonb))""",
        actor=str(tx.actor),
        code=code,
        kind=subject_kind,
        subject=subject_id,
        data=json.dumps(data, default=_plain),
    )


def latest(tx: Tx, limit: int = 20) -> Sequence[tuple[datetime, str]]:
    """The newest entries as (true time, sentence)."""
    rows = tx.rows(
        "SELECT at, actor, code, data FROM audit_row WHERE tenant = app_tenant() ORDER BY id DESC LIMIT :limit",
        limit=limit,
    )
    return [(r["at"], sentence(r["code"], r["actor"], r["data"])) for r in rows]


def _plain(value: object) -> object:
    return to_json(value) if isinstance(value, Reason) else str(value)


def sentence(code: str, actor: str, data: dict[str, Any]) -> str:
    """The human sentence of one entry."""
    values = {name: _in_words(name, value) for name, value in data.items()}
    if counted := AUDIT_COUNTS.get(AuditCode(code)):
        count, pair = counted
        return plural(*pair, data[count], actor=who(actor), **values)
    return _(AUDIT_SENTENCES[AuditCode(code)], actor=who(actor), **values)


def who(actor: str) -> str:
    """An actor in words, by name where there is one."""
    kind, _colon, which = actor.partition(":")
    said, name = _in_words("actor", kind), which.rpartition(":")[2]
    return f"{said} ({name})" if name else str(said)


def _in_words(name: str, value: Any) -> object:
    """A value as a reviewer reads it: a code in words, a date or an instant written out."""
    if isinstance(value, dict):
        return from_json(value)
    if not isinstance(value, str):
        return value
    if name == "date":
        return full_date(date.fromisoformat(value))
    if name == "backup_at" and value[:1].isdigit():
        return f"{full_moment(datetime.fromisoformat(value).astimezone(UTC))} UTC"
    known = AUDIT_WORDS.get(name, {}).get(value)
    return _(known) if known else value
