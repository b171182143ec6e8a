"""When a message may reach someone: quiet hours of the recipient's zone, waiting for a second thought, urgency."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from suture.model.decision import Cause
from suture.model.instants import instant_of, wall_clock
from suture.outreach.policy import OpenHours, OutreachPolicy

CONFIRM_AHEAD = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Due:
    """When to send. `urgent`: the patient's earlier hour of the setting same_day_change was needed."""

    at: datetime
    urgent: bool = False


def is_open(instant: datetime, tz: str, hours: OpenHours) -> bool:
    """Whether a message may arrive at `instant` in the zone of the one who gets it."""
    return hours.opens <= wall_clock(instant, tz).time() < hours.closes


def next_opening(instant: datetime, tz: str, hours: OpenHours) -> datetime:
    """`instant` itself while hours are open, else the next opening (aware UTC)."""
    local = wall_clock(instant, tz)
    if is_open(instant, tz, hours):
        return instant
    day = local.date() if local.time() < hours.opens else local.date() + timedelta(days=1)
    return _at(day, hours.opens, tz, not_before=instant)


def _at(day: date, wall: time, tz: str, not_before: datetime) -> datetime:
    """A wall time of one day as an instant; of the two in an autumn night the first that is not over."""
    first = instant_of(day, wall, tz)
    return next((t for t in (first, instant_of(day, wall, tz, again=True)) if t >= not_before), first)


def hold_back(cause: Cause, first_start: datetime, now: datetime, policy: OutreachPolicy) -> timedelta:
    """How long a message waits so that a later change can supersede it."""
    waits = policy.hold_back
    if cause is Cause.PUBLISH:
        return timedelta(seconds=waits.person)
    soon = first_start - now <= timedelta(hours=waits.urgent_within_hours)
    return timedelta(seconds=waits.urgent if soon else waits.automatic)


def confirm_due(starts_at: datetime, tz: str, policy: OutreachPolicy, not_before: datetime) -> Due:
    """A day ahead within the hours for asking; later than that only as early as quiet hours allow."""
    ahead = wall_clock(starts_at - CONFIRM_AHEAD, tz)
    hours = policy.confirm_hours
    wall = min(max(ahead.time(), hours.opens), hours.closes)
    asked = _at(ahead.date(), wall, tz, not_before=datetime.min.replace(tzinfo=UTC))
    return Due(next_opening(max(asked, not_before), tz, policy.patient_hours))


def change_due(starts_at: datetime, tz: str, policy: OutreachPolicy, not_before: datetime) -> Due:
    """The next opening; earlier where same_day_change applies: the visit starts soon, or the opening comes too late."""
    usual = next_opening(not_before, tz, policy.patient_hours)
    if not policy.same_day_change.enabled or usual == not_before:
        return Due(usual)
    soon = starts_at - timedelta(hours=policy.same_day_change.within_hours)
    if not_before < soon and usual < starts_at:
        return Due(usual)
    early = next_opening(max(not_before, soon), tz, early_hours(policy))
    return Due(early, urgent=True) if early < usual else Due(usual)


def early_hours(policy: OutreachPolicy) -> OpenHours:
    """A patient's hours as the setting same_day_change opens them."""
    usual = policy.patient_hours
    return OpenHours(opens=min(usual.opens, policy.same_day_change.earliest), closes=usual.closes)


def hours_for(*, staff: bool, urgent: bool, policy: OutreachPolicy) -> OpenHours:
    """The hours that bind one message at the moment it leaves."""
    if staff:
        return policy.staff_hours
    return early_hours(policy) if urgent and policy.same_day_change.enabled else policy.patient_hours
