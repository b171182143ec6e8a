"""Small parts of a branch-day for the tests of this room: 2026-03-24 in Columbus, four hours behind UTC."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from suture.model.contacts import Contacts, PartyContact
from suture.model.decision import Cause, Change, ChangeKind, Decision
from suture.model.ids import BranchId, PartyId, PositionKey, VisitId
from suture.model.messages import Channel
from suture.model.people import PartyKind
from suture.model.plan import Assignment, Stage, ToldWindow
from suture.words.reason import as_written

NEW_YORK = "America/New_York"
THE_DAY = date(2026, 3, 24)
NORA, JUDITH = PartyId(901), PartyId(902)


def at(clock: str, day: date = THE_DAY, tz: str = NEW_YORK) -> datetime:
    """An instant by its local clock, as "07:40" or "07:40:20"."""
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=ZoneInfo(tz)).astimezone(UTC)


def the_day_before(clock: str) -> datetime:
    """An instant of the day before."""
    return at(clock, THE_DAY - timedelta(days=1))


def stop(visit: int, start: str, clinician: PartyId = NORA, told: str | None = None, position: int = 1) -> Assignment:
    """A visit of 25 minutes; `told` is when its hour of arrival opens, by default 15 minutes before."""
    starts_at = at(start)
    opens = at(told) if told else starts_at - timedelta(minutes=15)
    return Assignment(
        key=PositionKey(VisitId(visit), position),
        clinician_id=clinician,
        route_order=1,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=25),
        told=ToldWindow(opens, opens + timedelta(minutes=60)),
    )


def change(before: Assignment | None, after: Assignment | None, *, told_changed: bool) -> Change:
    """One position before and after."""
    some = after or before
    assert some is not None
    if before is None or after is None:
        kind = ChangeKind.ASSIGNED if after else ChangeKind.UNCOVERED
    else:
        kind = ChangeKind.RETIMED if before.clinician_id == after.clinician_id else ChangeKind.REASSIGNED
    return Change(some.key, kind, before, after, told_changed, as_written("a test wants it"))


def published(*stops: Assignment) -> Decision:
    """The decision that publishes a plan."""
    return _decision(Cause.PUBLISH, stops, (), version=1)


def repaired(*stops: Assignment, changes: Iterable[Change], cancelled: Iterable[int] = ()) -> Decision:
    """A decision that left this plan after these changes; every revision has moved to 2."""
    decision = _decision(Cause.SIGNALS, stops, tuple(changes), version=2)
    called_off = tuple(VisitId(v) for v in cancelled)
    return replace(decision, tell_cancelled=called_off, revs={**dict.fromkeys(called_off, 2), **decision.revs})


def _decision(cause: Cause, stops: Iterable[Assignment], changes: tuple[Change, ...], version: int) -> Decision:
    plan = {a.key: a for a in stops}
    visits = {key.visit_id for key in plan} | {c.key.visit_id for c in changes}
    return Decision(
        branch_id=BranchId(1),
        service_date=THE_DAY,
        cause=cause,
        stage=Stage.PUBLISHED,
        base_version=1,
        version=version,
        signal_ids=(),
        assignments=plan,
        changes=changes,
        revs={v: version for v in visits},
        because=as_written("a test wants it"),
    )


def patient_of(visit: int) -> PartyId:
    """Each visit has a patient of its own."""
    return PartyId(100 + visit)


def contacts(
    visits: Iterable[int],
    *,
    told: Iterable[int] = (),
    channels: tuple[Channel, ...] = (Channel.SMS, Channel.EMAIL),
    changes_today: int = 0,
    tz: str = NEW_YORK,
) -> Contacts:
    """The patients of these visits, all reachable alike, and two clinicians with e-mail."""
    visits = list(visits)
    patients = [PartyContact(patient_of(v), PartyKind.PATIENT, "en", tz, channels, changes_today) for v in visits]
    staff = [PartyContact(c, PartyKind.CLINICIAN, "en", NEW_YORK, (Channel.EMAIL,)) for c in (NORA, JUDITH)]
    return Contacts(
        parties={p.party_id: p for p in (*patients, *staff)},
        patient_of={VisitId(v): patient_of(v) for v in visits},
        told=frozenset(VisitId(v) for v in told),
        windows={VisitId(v): ToldWindow(at("10:00"), at("11:00")) for v in visits},
    )
