"""A very small agency in the database for tests of sending and answering: one branch, two patients, two clinicians."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from suture.model.addresses import address_hash
from suture.model.ids import BranchId, PartyId, TouchId, VisitId
from suture.model.messages import Channel, Step, SubjectKind, Touch
from suture.store import touches
from suture.store.transaction import Tx
from suture.words.reason import as_written

THE_DAY = date(2026, 3, 24)
NEW_YORK = ZoneInfo("America/New_York")


def at(clock: str, day: date = THE_DAY) -> datetime:
    """An instant by the clock of Columbus."""
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=NEW_YORK).astimezone(UTC)


AFTERNOON_BEFORE = at("15:00", THE_DAY - timedelta(days=1))


@dataclass(frozen=True)
class Branch:
    """Who and what there is."""

    id: BranchId
    place: int
    ann: PartyId
    ben: PartyId
    nora: PartyId
    judith: PartyId


def make_branch(tx: Tx) -> Branch:
    """Ann (text and mail, English), Ben (text only, Spanish), Nora and Judith (mail), one service, no visits yet."""
    place = tx.scalar(
        """INSERT INTO place (owner_key, lat, lon, tz) VALUES ('test', 39.9, -83.0, 'America/New_York') RETURNING id"""
    )
    branch = tx.scalar(
        """INSERT INTO branch (external_id, name, phone, tz, place_id)
           VALUES ('COLUMBUS', 'Columbus', '+16145550100', 'America/New_York', :place) RETURNING id""",
        place=place,
    )
    tx.run(
        """INSERT INTO service (code, kind, discipline, visit_type, roles, duration_min)
           VALUES ('SN', 'home_visit', 'SN', 'routine', '{RN}', 25)"""
    )
    people = {}
    for name, kind, lang, phone in (
        ("Ann", "patient", "en", "+16145550111"),
        ("Ben", "patient", "es", "+16145550112"),
        ("Nora", "clinician", "en", None),
        ("Judith", "clinician", "en", None),
    ):
        people[name] = add_party(tx, branch, place, name, kind, lang)
        if phone:
            add_address(tx, people[name], Channel.SMS, phone)
        if name != "Ben":
            add_address(tx, people[name], Channel.EMAIL, f"{name}@example.org")
    return Branch(BranchId(branch), place, people["Ann"], people["Ben"], people["Nora"], people["Judith"])


def add_party(tx: Tx, branch: int, place: int, name: str, kind: str, lang: str = "en") -> PartyId:
    """One more person."""
    party = tx.scalar(
        """INSERT INTO party (kind, external_id, family, given, lang, tz)
           VALUES (:kind, :name, 'Tester', :name, :lang, 'America/New_York') RETURNING id""",
        kind=kind,
        name=name,
        lang=lang,
    )
    if kind == "patient":
        tx.run(
            "INSERT INTO patient (party_id, branch_id, place_id, status) VALUES (:id, :branch, :place, 'active')",
            id=party,
            branch=branch,
            place=place,
        )
    else:
        tx.run(
            """INSERT INTO clinician (party_id, branch_id, role, home_place_id, status)
               VALUES (:id, :branch, 'RN', :place, 'active')""",
            id=party,
            branch=branch,
            place=place,
        )
    return PartyId(party)


def add_address(tx: Tx, party: PartyId, channel: Channel, value: str, *, granted: bool = True) -> None:
    """An address with consent."""
    tx.run(
        "INSERT INTO address (party_id, channel, value, value_hash) VALUES (:party, :channel, :value, :hash)",
        party=party,
        channel=channel,
        value=value,
        hash=address_hash(value),
    )
    tx.run(
        """INSERT INTO consent (party_id, channel, granted, source, at)
           VALUES (:party, :channel, :granted, 'test', cast(:now AS timestamptz) - interval '30 days')""",
        party=party,
        channel=channel,
        granted=granted,
    )


def add_visit(tx: Tx, branch: Branch, patient: PartyId | None, start: str, name: str = "") -> VisitId:
    """A visit of 25 minutes somewhere in the two hours from `start`."""
    visit = tx.scalar(
        """INSERT INTO visit (external_id, branch_id, service_date, service_code, patient_id, place_id, earliest_start,
                  latest_start, latest_end, duration_min, status)
           VALUES (:name, :branch, :day, 'SN', :patient, :place, :start, :latest, :end, 25, 'scheduled')
           RETURNING id""",
        name=name or f"V-{patient}-{start}",
        branch=branch.id,
        day=THE_DAY,
        patient=patient,
        place=branch.place,
        start=at(start),
        latest=at(start) + timedelta(minutes=95),
        end=at(start) + timedelta(minutes=120),
    )
    return VisitId(visit)


def next_version(tx: Tx, branch: Branch) -> int:
    """Write and publish one more version of the plan of the day."""
    version: int = tx.scalar("SELECT coalesce(max(version), 0) + 1 FROM plan WHERE tenant = app_tenant()")
    tx.run(
        """INSERT INTO plan (branch_id, service_date, version, base_version, why, actor, at)
           VALUES (:branch, :day, :version, :version - 1, '"test"', 'test', :now)""",
        branch=branch.id,
        day=THE_DAY,
        version=version,
    )
    tx.run(
        """INSERT INTO plan_head (branch_id, service_date, stage, version) VALUES (:branch, :day, 'published', :version)
           ON CONFLICT (tenant, branch_id, service_date, stage) DO UPDATE SET version = excluded.version""",
        branch=branch.id,
        day=THE_DAY,
        version=version,
    )
    return version


def assign(tx: Tx, branch: Branch, visit: VisitId, clinician: PartyId | None, start: str = "", told: str = "") -> int:
    """A new version in which the visit's seat is this clinician's or nobody's; told from `told`, else `start`."""
    version = next_version(tx, branch)
    tx.run(
        """UPDATE assignment SET to_version = :version
           WHERE tenant = app_tenant() AND visit_id = :visit AND to_version IS NULL""",
        version=version,
        visit=visit,
    )
    if clinician is not None:
        opens = at(told or start)
        tx.run(
            """INSERT INTO assignment (branch_id, service_date, visit_id, position, from_version, clinician_id,
                      route_order, starts_at, ends_at, told_open, told_close)
               VALUES (:branch, :day, :visit, 1, :version, :clinician, 1, :start, :end, :open, :close)""",
            branch=branch.id,
            day=THE_DAY,
            visit=visit,
            version=version,
            clinician=clinician,
            start=at(start),
            end=at(start) + timedelta(minutes=25),
            open=opens,
            close=opens + timedelta(minutes=60),
        )
    return version


def move_visit_rev(tx: Tx, visit: VisitId, **columns: object) -> None:
    """Say that what the patient was or will be told has changed."""
    sets = "".join(f", {name} = :{name}" for name in columns)
    tx.run(
        f"UPDATE visit SET rev = rev + 1, visit_rev = visit_rev + 1{sets} WHERE tenant = app_tenant() AND id = :id",
        id=visit,
        **columns,
    )


def a_touch(
    step: Step,
    party: PartyId,
    visit: VisitId | None = None,
    *,
    rev: int = 1,
    channel: Channel = Channel.SMS,
    due: datetime = AFTERNOON_BEFORE,
    not_after: datetime | None = None,
    priority: int = 2,
    urgent: bool = False,
) -> Touch:
    """A touch about a visit, or about a clinician's day where there is none."""
    return Touch(
        subject=SubjectKind.VISIT if visit else SubjectKind.CLINICIAN_DAY,
        subject_id=visit or 20260324,
        subject_rev=rev,
        party_id=party,
        step=step,
        channel=channel,
        priority=priority,
        due_at=due,
        not_after=not_after or at("11:00"),
        urgent=urgent,
        because=as_written("A test wants it."),
    )


def planned(tx: Tx, branch: Branch, *wanted: Touch) -> tuple[TouchId, ...]:
    """Plan touches for the day."""
    return touches.plan(tx, branch.id, THE_DAY, wanted)


def state_of(tx: Tx, touch_id: TouchId) -> str:
    """Where a touch stands."""
    state: str = tx.scalar("SELECT state FROM touch WHERE tenant = app_tenant() AND id = :id", id=touch_id)
    return state
