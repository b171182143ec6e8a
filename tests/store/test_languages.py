"""What is stored is the same whatever language is spoken where it is decided, and is read in the reader's own."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from tests.conftest import clone
from tests.store.a_lakeside import MONDAY, Lakeside, at

from suture.model.messages import InboundText
from suture.service.mark_read import mark_read
from suture.service.receive_reply import receive_text
from suture.store import touches
from suture.store.embedded import EmbeddedPostgres
from suture.store.transaction import open_engine
from suture.words.catalog import speaking

OF_EACH_RUN = {
    "types": ["uuid", "double precision", "timestamp with time zone"],
    "names": ["xid", "source_id", "body_sha", "request_sha", "provider_sid", "token_hash", "latency_ms"],
}
"""Columns that hold no words, but a key or a measured time, which is another one on each run."""


@pytest.fixture
def second_database(postgres: EmbeddedPostgres) -> Iterator[Engine]:
    engine = open_engine(clone(postgres))
    yield engine
    engine.dispose()


def a_day(engine: Engine, folder: Path) -> Lakeside:
    """Planned and published with a credential that runs out; then whatever makes people read why."""
    lake = Lakeside(engine, folder)
    lake.change("staff", "N2", email="")
    lake.row("credentials", "T1")["expires_on"] = "2026-12-01"
    lake.change("visits", "V6", required_skills="wound_care")
    lake.add("visits", external_id="V7", patient_external_id="P6", service_code="PTV")
    lake.published()
    lake.send(at("18:00", MONDAY.replace(day=29)))
    text(lake, "P3", "who is this?")
    lake.clock.advance_to(at("07:40"))
    lake.signal("call_out", clinician="N1")
    lake.signal("cancellation", visit="V3", by="patient")
    lake.decide()
    lake.clock.advance_to(at("09:00"))
    lake.signal("check_in", visit="V2", clinician="T1")
    lake.signal("run_over", visit="V2", minutes=20)
    lake.decide()
    lake.change("visits", "V5", date="2026-12-01")
    lake.change("patients", "P4", status="inpatient")
    lake.change("staff", "A1", status="on_leave")
    lake.load()
    lake.decide()
    lake.send(at("09:30"))
    (unread,) = lake.rows("SELECT id FROM exception_case WHERE kind = 'reply_unclear'")
    assert mark_read(lake.caller, unread["id"])
    return lake


def text(lake: Lakeside, patient: str, body: str) -> None:
    number = lake.row("patients", patient)["phone_mobile"]
    receive_text(lake.caller, InboundText("console", f"{patient}:{body}", number, body))


def stored(lake: Lakeside) -> dict[str, list[str]]:
    """The rows of each table, without what is another one on each run."""
    columns = lake.rows(
        """SELECT c.table_name, string_agg(quote_ident(c.column_name), ', ' ORDER BY c.ordinal_position) AS names
           FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
           WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND c.table_name <> 'whose'
             AND c.data_type <> ALL(:types)
             AND c.column_name <> ALL(:names)
           GROUP BY c.table_name""",
        **OF_EACH_RUN,
    )
    return {
        c["table_name"]: sorted(
            json.dumps(r, default=str) for r in lake.rows(f"SELECT {c['names']} FROM {c['table_name']}")
        )
        for c in columns
    }


def reasons(lake: Lakeside, lang: str) -> list[str]:
    """What the board says of all exceptions, in a language."""
    with speaking(lang):
        return [str(reason) for cases in lake.cases().values() for case in cases for reason in case.reasons]


def test_what_is_stored_is_the_same_whatever_language_is_spoken(
    database: Engine, second_database: Engine, tmp_path: Path
) -> None:
    english = a_day(database, tmp_path / "english")
    with speaking("es"):
        spanish = a_day(second_database, tmp_path / "spanish")
    assert stored(spanish) == stored(english)
    kept = " ".join(row for rows in stored(english).values() for row in rows)
    assert len(set(re.findall(r'"code": "([a-z_]+\.[a-z_]+)"', kept))) > 30, "this day says too little"


def test_an_exception_is_read_in_the_language_of_its_reader(database: Engine, tmp_path: Path) -> None:
    with speaking("es"):
        lake = a_day(database, tmp_path / "lake")
    for lang, said in {
        "en": (
            "Ada Alder and Ben Birch: each lacks wound care.",
            "Cy Cedar is a PT; the visit needs an LPN or RN; lacks wound care.",
            "Cy Cedar's PT license is valid through Dec 1, 2026. Later visits that need it go to others.",
            "It was moved to Tue, Dec 1, but the patient was told Mon, Nov 30, at 13:00. Call the patient.",
            "Cy Cedar checked in, but Ben Birch was planned. Ask whose visit it was.",
        ),
        "es": (
            "Ada Alder y Ben Birch, en cada caso: no cuenta con cuidado de heridas.",
            "Cy Cedar es PT; la visita necesita LPN o RN; no cuenta con cuidado de heridas.",
            "La licencia de PT de Cy Cedar es válida hasta el 1 de diciembre de 2026. Las visitas posteriores que la "
            "necesitan pasan a otras personas.",
            "Se pasó al martes, 1 de diciembre, pero al paciente se le dijo el lunes, 30 de noviembre, a las 13:00. "
            "Llame al paciente.",
            "Cy Cedar registró su entrada, pero el plan decía: Ben Birch. Pregunte de quién era la visita.",
        ),
    }.items():
        assert set(said) <= set(reasons(lake, lang))


def test_why_the_plan_changed_is_read_in_the_language_of_its_reader(database: Engine, tmp_path: Path) -> None:
    with speaking("es"):
        lake = Lakeside(database, tmp_path / "lake").published()
        lake.clock.advance_to(at("07:40"))
        lake.signal("call_out", clinician="N1")
        lake.decide()
    assert str(lake.view().head.because) == "Ada Alder called out at 07:40"
    with speaking("es"):
        assert str(lake.view().head.because) == "Ada Alder avisó a las 07:40 que no puede venir"


def test_a_sentence_that_an_earlier_release_stored_is_read_as_it_was_written(database: Engine, tmp_path: Path) -> None:
    """That release may still be writing while this one is being installed: it knows the older columns only."""
    lake = a_day(database, tmp_path / "lake")
    with lake.caller.transaction() as tx:
        tx.run("UPDATE plan SET why = NULL, because = 'Ada Alder called out at 07:40'")
        tx.run("UPDATE touch SET why = NULL, because = 'The day was published.'")
        tx.run("""UPDATE exception_case SET reasons = '["No clinician of this branch can take it."]'""")
        tx.run("""UPDATE event SET data = jsonb_set(data, '{because}', '"first pass"') WHERE data ? 'because'""")
        told = touches.stored(tx.row("SELECT * FROM touch ORDER BY id LIMIT 1"))
    for lang in ("en", "es"):
        assert set(reasons(lake, lang)) == {"No clinician of this branch can take it."}
        with speaking(lang):
            assert str(lake.view().head.because) == "Ada Alder called out at 07:40"
            assert str(told.because) == "The day was published."
            assert {str(m.because) for m in lake.board().moments if m.because} == {"first pass"}
