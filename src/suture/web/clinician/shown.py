"""What of a clinician's day goes into the templates, in the reader's language."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from suture.model.clinician_day import ClinicianDay, GoneStop, OwnReport, OwnStop
from suture.model.day import ConfirmationState
from suture.model.instants import day_span, local_date
from suture.model.visit import VisitStatus
from suture.web.clinician.way import way_to
from suture.web.clinician.words import WORDS, at_clock, mark_words, minutes_words, say, why
from suture.web.spoken_times import short_clock, short_span
from suture.words.catalog import speaking
from suture.words.skills import skill_words

_PLAIN_TYPES = frozenset({"routine", ""})
"""Types of visits that say no more than the discipline does."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What of a day goes into templates, in the reader's language."""

    day: ClinicianDay
    now: datetime
    lang: str
    agent: str

    @property
    def is_today(self) -> bool:
        """Whether she can say what happens at doors."""
        return self.day.is_on(self.now)

    def empty(self) -> str:
        """What is said where nothing is ahead."""
        is_past = self.day.service_date < local_date(self.now, self.day.tz)
        if not self.day.is_published and not is_past:
            return "day.unpublished"
        if not self.day.stops:
            return "day.none.gone" if self.day.gone else "day.none"
        return "" if self.day.next_stop else "day.over"

    def sums(self) -> Iterator[tuple[str, str]]:
        """Her hours, as labels and figures."""
        day, tz = self.day, self.day.tz
        if day.hours:
            spans = ", ".join(short_span(h.starts_at, h.ends_at, tz) for h in day.hours)
            yield say("sum.hours", self.lang), spans
        if day.stops:
            yield say("sum.today", self.lang), minutes_words(day.day_minutes, self.lang)
        week = minutes_words(day.all_week_minutes, self.lang)
        if day.most_week_minutes is not None:
            most = minutes_words(day.most_week_minutes, self.lang)
            week = f"{week} {say('sum.week.of', self.lang, most=most)}"
        yield say("sum.week", self.lang), week

    def banners(self) -> Iterator[str]:
        """The hours she called out of, decided or not yet."""
        waiting = [r for r in self.day.reports if r.kind == "call_out" and r.is_waiting and r.from_at and r.until]
        spans = [(a.starts_at, a.ends_at) for a in self.day.absences]
        spans += [(r.from_at, r.until) for r in waiting if r.from_at and r.until]
        for starts, ends in spans:
            clocks = {"starts": short_clock(starts, self.day.tz), "ends": short_clock(ends, self.day.tz)}
            begins, over = day_span(self.day.service_date, self.day.tz)
            key = "out.said" if ends < over else "out.said.rest" if starts > begins else "out.said.day"
            yield say(key, self.lang, **clocks)

    def late(self) -> str:
        """How late she said to be, where that is about what is ahead of her."""
        begun = [r.at for r in self.day.reports if r.kind == "check_in"]
        said = [r for r in self.day.reports if r.kind == "running_late" and all(r.at > at for at in begun)]
        if not said:
            return ""
        return say("late.said", self.lang, minutes=said[-1].said, at=short_clock(said[-1].at, self.day.tz))

    def stop(self, stop: OwnStop) -> dict[str, object]:
        """One visit."""
        tz, lang = stop.tz, self.lang
        state, doubt = self._state(stop)
        declines = stop.may_answer and not self._gave_back(stop) and not self.is_begun(stop)
        return {
            "id": stop.visit_id,
            "seen": stop.seen,
            "starts": short_clock(stop.starts_at, tz),
            "ends": short_clock(stop.ends_at, tz),
            "name": stop.patient or say("shift", lang),
            "service": self._service(stop),
            "lines": [line for line in (self._minutes(stop), self._needs(stop), self._window(stop)) if line],
            "site": stop.site if stop.kind != "home_visit" else "",
            "address": stop.address,
            "drive": self._drive(stop),
            "way": way_to(stop.point, self.agent) if stop.point else "",
            "phone": stop.phone,
            "is_open": stop.status not in (VisitStatus.COMPLETED, VisitStatus.NO_SHOW, VisitStatus.MISSED),
            "mark": mark_words(stop.mark, lang),
            "moved": self._moved(stop),
            "why": why(stop.because, lang) if stop.mark else "",
            "kept_back": say("kept_back", lang) if stop.is_kept_back else "",
            "state": state,
            "doubt": doubt,
            "answer": self._answer(stop),
            "accepts": declines and not (stop.mark or stop.set_out_at or self._said_of(stop)),
            "declines": declines,
            "acts": self._acts(stop),
        }

    def gone(self, gone: GoneStop) -> dict[str, object]:
        """One visit that she does not have anymore."""
        reason = why(gone.because, self.lang)
        if gone.is_declined:
            reason = say("why.yours", self.lang)
        elif gone.cancelled_by:
            reason = say("why.cancelled" if gone.cancelled_by == "patient" else "why.agency", self.lang)
        elif any(a.starts_at < gone.window.close and a.ends_at > gone.window.open for a in self.day.absences):
            reason = say("why.out", self.lang)
        return {
            "who": gone.who or say("shift", self.lang),
            "window": short_span(gone.window.open, gone.window.close, self.day.tz),
            "why": reason,
        }

    def _service(self, stop: OwnStop) -> str:
        key = "shift" if stop.kind == "open_shift" else f"service.{stop.discipline}"
        said = say(key if key in WORDS else "service", self.lang)
        if stop.visit_type in _PLAIN_TYPES:
            return said
        with speaking(self.lang):
            return f"{said} · {skill_words(stop.visit_type)}"

    def _minutes(self, stop: OwnStop) -> str:
        care = say("care", self.lang, minutes=stop.care_minutes)
        if not stop.documentation_minutes:
            return care
        return f"{care} · {say('notes', self.lang, minutes=stop.documentation_minutes)}"

    def _window(self, stop: OwnStop) -> str:
        """What its patient is told; an exact time is on the page already."""
        if stop.window.open == stop.window.close == stop.starts_at:
            return ""
        return say("told", self.lang, window=short_span(stop.window.open, stop.window.close, stop.tz))

    def _needs(self, stop: OwnStop) -> str:
        with speaking(self.lang):
            skills = ", ".join(skill_words(code) for code in stop.skills)
        pets = say("pets", self.lang, pets=", ".join(stop.pets)) if stop.pets else ""
        return " · ".join(part for part in (say("needs", self.lang, skills=skills) if skills else "", pets) if part)

    def _drive(self, stop: OwnStop) -> str:
        n = self.day.stops.index(stop)
        minutes = self.day.drives[n] if n < len(self.day.drives) else None
        if minutes is None:
            return ""
        if not minutes:
            return say("drive.none", self.lang)
        return say("drive" if n else "drive.home", self.lang, minutes=minutes)

    def _moved(self, stop: OwnStop) -> str:
        if stop.mark != "moved" or stop.promise is None:
            return ""
        window = short_span(stop.promise.window.open, stop.promise.window.close, stop.tz)
        return say("mark.moved.from", self.lang, window=window)

    def _state(self, stop: OwnStop) -> tuple[str, str]:
        """How far she is, said at once; and what she reported that the plan does not bear out."""
        tz, lang = stop.tz, self.lang
        if stop.status is VisitStatus.COMPLETED:
            return at_clock("state.done", lang, stop.ended_at or stop.ends_at, tz), ""
        if stop.status is VisitStatus.NO_SHOW:
            return at_clock("state.not_home", lang, stop.ended_at or stop.ends_at, tz), ""
        if stop.status is VisitStatus.MISSED:
            return say("state.missed", lang), ""
        said = self._at_the_door(stop)
        waiting = [r for r in said if r.is_waiting]
        if waiting:
            return at_clock(_STATE_OF[waiting[-1].kind, waiting[-1].said], lang, waiting[-1].at, tz), ""
        doubt = at_clock("state.doubt", lang, said[-1].at, tz) if said and stop.is_ahead else ""
        if stop.started_at is not None:
            return at_clock("state.arrived", lang, stop.started_at, tz), doubt
        return (at_clock("state.set_out", lang, stop.set_out_at, tz) if stop.set_out_at else ""), doubt

    def _at_the_door(self, stop: OwnStop) -> Sequence[OwnReport]:
        return [r for r in self.day.reports if r.visit_id == stop.visit_id and (r.kind, r.said) in _STATE_OF]

    def _acts(self, stop: OwnStop) -> tuple[str, ...]:
        """The buttons for what she does next, the likeliest first."""
        if not self.is_today or self._gave_back(stop):
            return ()
        said = [r.kind for r in self._at_the_door(stop) if r.is_waiting]
        if "check_out" in said:
            return ()
        if stop.status is VisitStatus.IN_PROGRESS or "check_in" in said:
            return "done", "not_home"
        if not stop.is_ahead:
            return ()
        return ("arrived", "not_home") if stop.set_out_at or stop.is_kept_back else ("set_out", "arrived")

    def _said_of(self, stop: OwnStop) -> str | None:
        """Her last answer to what she was told of a visit; one that waits counts as given."""
        waiting = [
            r.said for r in self.day.reports if r.kind == "reply" and r.is_waiting and r.visit_id == stop.visit_id
        ]
        if waiting:
            return waiting[-1]
        return "accept" if stop.promise and stop.promise.answer is ConfirmationState.ACCEPTED else None

    def is_begun(self, stop: OwnStop) -> bool:
        """Whether she is there, or was; what she has just said counts."""
        said = any(r.is_waiting for r in self._at_the_door(stop))
        return said or stop.started_at is not None or not stop.is_ahead

    def _gave_back(self, stop: OwnStop) -> bool:
        return self._said_of(stop) == "decline"

    def _answer(self, stop: OwnStop) -> str:
        if self.is_begun(stop):
            return ""
        said = self._said_of(stop)
        if said == "decline":
            return say("state.declined", self.lang)
        if stop.mark:
            return say("state.untold", self.lang)
        return say("state.accepted", self.lang) if said == "accept" else ""


_STATE_OF = {
    ("check_in", ""): "state.arrived",
    ("check_out", "done"): "state.done",
    ("check_out", "not_home"): "state.not_home",
}
