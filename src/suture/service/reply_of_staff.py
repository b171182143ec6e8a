"""News that clinicians text by themselves: they are late, or cannot work, which is asked back before it counts."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from suture.model.ids import PartyId
from suture.model.instants import midnight
from suture.model.messages import Step
from suture.outreach.interpret import Reading
from suture.service.errors import BadSignal
from suture.service.new_text import (
    Done,
    NewText,
    ReplyAction,
    ask_back,
    for_a_person,
    maybe,
    no_longer_to_read,
    say_human,
)
from suture.service.signal_requests import CallOutRequest, RunningLateRequest, report
from suture.store import asked_back, on_call, replies
from suture.store.asked_back import AskedAbout, AskedBack
from suture.words.reason import reason

LATEST_END = timedelta(hours=12)
"""How far into the next day a shift belongs to the day it began on."""
YES, NO = 1, 2


def late(new: NewText, reading: Reading) -> Done:
    """A clinician's lateness today is a signal; anyone else's, and any other, is read by a person."""
    today = reading.day is None or reading.day.date(new.today) == new.today
    if new.clinician is not None and reading.minutes and today:
        who = on_call.external_id_of(new.tx, new.clinician)
        request = RunningLateRequest(
            kind="running_late",
            clinician=who,
            minutes=reading.minutes,
            source=new.channel,
            source_id=new.provider_msg_id,
        )
        try:
            report(new.tx, request)
        except BadSignal:
            return for_a_person(new, reason("text.late"), maybe(reading))
        return Done(ReplyAction.REPORTED)
    say_human(new)
    if new.clinician is not None:
        return for_a_person(new, reason("text.late"), maybe(reading))
    return for_a_person(new, reason("text.patient_late"), maybe(reading))


def call_out(new: NewText, reading: Reading) -> Done:
    """Ask back whether a clinician truly calls out, and let a person know meanwhile."""
    clinician = new.clinician
    out = _hours(new, clinician, reading) if clinician is not None else None
    if clinician is None or out is None or asked_back.is_waiting(new.tx, clinician):
        say_human(new)
        return for_a_person(new, reason("text.call_out"), maybe(reading))
    question = AskedBack(
        new.id, AskedAbout.CALL_OUT, out.until, party_id=clinician, from_at=out.from_at, until=out.until
    )
    if ask_back(new, Step.S_CALL_OUT_SURE, question, on=out.service_date):
        for_a_person(new, reason("text.call_out_asked", day=out.service_date), maybe(reading))
        return Done(ReplyAction.ASKED_BACK)
    return for_a_person(new, reason("text.call_out"), maybe(reading))


def answer_about_call_out(new: NewText, reading: Reading, back: AskedBack, *, is_last: bool) -> Done:
    """Only the digit that was asked for makes a call-out, and only where nothing was asked since."""
    clinician = new.clinician
    if not is_last or reading.digit not in (YES, NO) or clinician is None or clinician != back.party_id:
        return for_a_person(new, reason("text.call_out_unsure"), reason("reading.call_out"))
    if reading.digit == NO:
        asked_back.close(new.tx, back.inbound_id)
        no_longer_to_read(new, back.inbound_id, reason("closed.can_work"))
        return Done(ReplyAction.NOTED)
    request = CallOutRequest.model_validate(
        {
            "kind": "call_out",
            "clinician": on_call.external_id_of(new.tx, clinician),
            "from": max(back.from_at or new.tx.now, new.tx.now),
            "until": back.until,
            "source": new.channel.value,
            "source_id": new.provider_msg_id,
        }
    )
    try:
        report(new.tx, request)
    except BadSignal:
        return for_a_person(new, reason("text.call_out_unsure"), reason("reading.call_out"))
    asked_back.close(new.tx, back.inbound_id)
    no_longer_to_read(new, back.inbound_id, reason("closed.called_out"))
    return Done(ReplyAction.REPORTED)


@dataclass(frozen=True, slots=True)
class _Out:
    """The day that someone would not work, and from when until when."""

    service_date: date
    from_at: datetime
    until: datetime


def _hours(new: NewText, clinician: PartyId, reading: Reading) -> _Out | None:
    """The hours meant: those that are left of the day that is named, else of the next that has any, by tomorrow."""
    tomorrow = new.today + timedelta(days=1)
    wanted = reading.day.date(new.today) if reading.day else None
    if reading.day is not None and wanted is None:
        return None
    last = wanted or tomorrow
    until = midnight(last + timedelta(days=1), new.tz)
    hours = [h for h in replies.hours_ahead(new.tx, clinician, new.tz, until) if h.service_date <= last]
    under_way = [h for h in hours if h.starts_at <= new.tx.now]
    if wanted == new.today and under_way:  # also of a night that began yesterday
        wanted = min(h.service_date for h in under_way)
    day = wanted or (hours[0].service_date if hours else None)
    of_day = [h for h in hours if h.service_date == day]
    if day is None or not of_day:
        return None
    ends = min(max(h.ends_at for h in of_day), midnight(day + timedelta(days=1), new.tz) + LATEST_END)
    return _Out(day, max(new.tx.now, min(h.starts_at for h in of_day)), ends)
