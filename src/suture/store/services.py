"""Finds what a file changes of services that visits use: they belong to the agency, so every branch feels it."""

from collections.abc import Iterator, Sequence

from suture.model.imports import ServiceRecord
from suture.store.transaction import Row, Tx
from suture.words.reason import Reason, reason, some_of


def service_changes(tx: Tx, records: Sequence[ServiceRecord]) -> list[Reason]:
    """One note for each service in use that would get another length, other roles or another documentation time."""
    rows = tx.rows(
        """SELECT s.code, s.roles, s.duration_min, s.documentation_min, count(*) AS visits,
                  count(*) FILTER (WHERE EXISTS (
                    SELECT FROM assignment a WHERE a.tenant = v.tenant AND a.visit_id = v.id
                      AND a.to_version IS NULL)) AS planned
           FROM service s JOIN visit v ON v.tenant = s.tenant AND v.service_code = s.code
           JOIN branch b ON b.tenant = v.tenant AND b.id = v.branch_id
           WHERE s.tenant = app_tenant() AND s.code = ANY(:codes)
             AND v.service_date >= (:now AT TIME ZONE b.tz)::date
             AND v.status NOT IN ('completed', 'cancelled', 'no_show', 'missed')
           GROUP BY s.code, s.roles, s.duration_min, s.documentation_min ORDER BY s.code""",
        codes=[r.code for r in records],
    )
    new = {r.code: r for r in records}
    return [
        reason(
            "import.service_changes",
            service=row["code"],
            changes=some_of(changes),
            effect=_who_keeps(row, new[row["code"]]),
        )
        for row in rows
        if (changes := list(_changes(row, new[row["code"]])))
    ]


def _changes(old: Row, new: ServiceRecord) -> Iterator[Reason]:
    if old["duration_min"] != new.duration_minutes:
        yield reason("import.service.duration", old=old["duration_min"], new=new.duration_minutes)
    if sorted(old["roles"]) != sorted(new.roles):
        yield reason("import.service.roles", old=";".join(old["roles"]), new=";".join(new.roles))
    if old["documentation_min"] != new.documentation_minutes:
        yield reason("import.service.documentation", old=old["documentation_min"], new=new.documentation_minutes)


def _who_keeps(old: Row, new: ServiceRecord) -> Reason:
    """Planned visits keep their times; roles hold for all visits at once."""
    if (old["duration_min"], old["documentation_min"]) == (new.duration_minutes, new.documentation_minutes):
        return reason("import.service.used", n=old["visits"])
    if not old["planned"]:
        return reason("import.service.not_planned", n=old["visits"])
    kept = old["duration_min"] if old["duration_min"] != new.duration_minutes else old["documentation_min"]
    return reason("import.service.kept", n=old["planned"], minutes=kept)
