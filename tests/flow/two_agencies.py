"""Two agencies of the same files in one database, behind one web application."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import text
from tests.conftest import owner_of
from tests.flow.a_web_morning import RIVERBEND, WebMorning, at

from suture.integrations.ehr.csv.adapter import CsvFolder
from suture.service.add_agency import add_agency
from suture.service.import_files import import_folder
from suture.service.plan_day import plan_day, publish_day

SECOND = 2
TABLES = """SELECT relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant'
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' ORDER BY relname"""


class SecondAgency(WebMorning):
    """The other agency: a time and channels of its own, and the browser of the first."""

    tokens_begin = "second"

    def __init__(self, first: WebMorning, now: datetime) -> None:
        super().__init__(first.engine, now, demo=False)
        self.caller = replace(self.caller, tenant=SECOND)
        self.browser = first.browser

    def plan_and_publish(self) -> None:
        """Import the first agency's own files, plan and publish: every id is the same."""
        assert not import_folder(self.caller, CsvFolder(), RIVERBEND).problems
        plan_day(self.caller, "COLUMBUS", date(2026, 3, 24))
        publish_day(self.caller, "COLUMBUS", date(2026, 3, 24))


def second_agency(first: WebMorning, *, published: bool = True) -> SecondAgency:
    """Add another agency beside the first; with its day published and told, and its messages going out."""
    second = SecondAgency(first, at("15:00", date(2026, 3, 23)))
    assert add_agency(second.caller, "Lakeside Care", RIVERBEND) == SECOND
    second.run("UPDATE outreach SET on_hold = false WHERE tenant = app_tenant()")
    if published:
        second.plan_and_publish()
        second.play_until(at("20:59", date(2026, 3, 23)))
        second.clock.advance_to(at("07:40"))
    return second


def rows_of(web: WebMorning, tenant: int) -> dict[str, list[Any]]:
    """Every row of an agency in every table, as who owns the tables sees them."""
    with owner_of(web.engine) as conn:
        tables = list(conn.execute(text(TABLES)).scalars())
        return {
            table: sorted(
                conn.execute(text(f'SELECT to_jsonb(t)::text FROM "{table}" t WHERE tenant = {tenant}')).scalars()
            )
            for table in tables
        }
