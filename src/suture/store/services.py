"""Finds what a file changes of services that visits use: they belong to the agency, so every branch feels it."""

from collections.abc import Iterator, Sequence

from suture.model.imports import ServiceRecord
from suture.store.transaction import Row, Tx


def service_changes(tx: Tx, records: Sequence[ServiceRecord]) -> list[str]:
    """One sentence for each service in use that would get another length, other roles or another documentation time."""
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
        f"{row['code']}: {', '.join(changes)}; {_who_keeps(row, new[row['code']])}"
        for row in rows
        if (changes := list(_changes(row, new[row["code"]])))
    ]


def _changes(old: Row, new: ServiceRecord) -> Iterator[str]:
    if old["duration_min"] != new.duration_minutes:
        yield f"{old['duration_min']} to {new.duration_minutes} minutes"
    if sorted(old["roles"]) != sorted(new.roles):
        yield f"roles {';'.join(old['roles'])} to {';'.join(new.roles)}"
    if old["documentation_min"] != new.documentation_minutes:
        yield f"documentation {old['documentation_min']} to {new.documentation_minutes} minutes"


def _who_keeps(old: Row, new: ServiceRecord) -> str:
    """Planned visits keep their times; roles hold for all visits at once."""
    if (old["duration_min"], old["documentation_min"]) == (new.duration_minutes, new.documentation_minutes):
        return f"{_visits(old['visits'])} use{'s' if old['visits'] == 1 else ''} it"
    if not old["planned"]:
        return f"{_visits(old['visits'])} use{'s' if old['visits'] == 1 else ''} it, none of them planned yet"
    kept = old["duration_min"] if old["duration_min"] != new.duration_minutes else old["documentation_min"]
    return f"{old['planned']} planned {'visit keeps' if old['planned'] == 1 else 'visits keep'} {kept}"


def _visits(number: int) -> str:
    return f"{number} visit{'' if number == 1 else 's'}"
