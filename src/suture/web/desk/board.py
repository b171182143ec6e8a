"""The board: exceptions first, then the plan, the three numbers, and what changed and why."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from fastapi.responses import Response

from suture.model.cases import Band
from suture.model.configuration import ConfigKind
from suture.model.instants import local_date
from suture.model.outreach_state import OutreachState
from suture.model.people import Branch
from suture.service.caller import Caller
from suture.service.figures import day_figures
from suture.service.on_call import Unheard
from suture.store.attempts import Away as MailAway
from suture.store.views import DayView, PlannedDay
from suture.web.desk.demo import NO_ONE, Done, Quiet, in_words, offers
from suture.web.desk.timeline import Away, State, answers_of, label_of, lay_out, state_of, told_of
from suture.web.desk.words import (
    asked_words,
    band_words,
    case_words,
    default_words,
    heading,
    held_words,
    mail_words,
    tell,
    worth_telling,
)
from suture.web.render import capital, page
from suture.words.catalog import _
from suture.words.dates import long_date

MANY_MOVES = 16
OTHER_DAYS = (3, 7)
"""How many planned days before and after the one that is shown have a link."""
FIRST_CASES = 6
"""How many exceptions are shown open at least; what is critical or high is never folded away."""
ESTIMATED_TRAVEL = "crowfly"
"""How the name of driving times begins that come from distances alone."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The branch-day a page is about, at one instant. `day` is None where there is nothing to show."""

    now: datetime
    branch: Branch | None
    service_date: date | None
    day: DayView | None
    call_out_sent: bool
    outreach: OutreachState
    defaults: tuple[ConfigKind, ...]
    planned: tuple[PlannedDay, ...] = ()
    mail: MailAway | None = None
    unheard: Unheard | None = None
    quiet: Quiet = NO_ONE
    done: Done | None = None


def board_page(caller: Caller, shown: Shown, *, demo: bool, csrf: str, read_csrf: str) -> Response:
    """The board of a branch-day, or what to do where there is none yet."""
    branch, day = shown.branch, shown.day
    if branch is None or day is None or not (day.head or day.stops):
        return page(
            "desk/board_empty.html",
            branch=branch,
            service_date=shown.service_date,
            outreach=shown.outreach,
            held=held_words(shown.outreach),
            defaults=default_words(shown.defaults),
        )
    tz = branch.tz
    figures = day_figures(caller, branch, day.service_date)
    return page(
        "desk/board.html",
        tz=tz,
        now=shown.now,
        day=day,
        date_words=capital(long_date(day.service_date)),
        now_on=local_date(shown.now, tz),
        today=local_date(shown.now, tz) == day.service_date,
        estimated=bool(day.head and day.head.travel.startswith(ESTIMATED_TRAVEL)),
        demo=demo,
        outreach=shown.outreach,
        held=held_words(shown.outreach),
        defaults=default_words(shown.defaults),
        mail=mail_words(shown.mail, caller.tools.mail_server, shown.now, tz),
        unheard=shown.unheard.in_words(branch, local_date(shown.now, tz)) if shown.unheard else "",
        on_case={case.id: case_words(case, tz) for case in day.cases},
        csrf=csrf,
        read_csrf=read_csrf,
        button=button_of(day, shown.call_out_sent),
        offers=offers(day, shown.now, shown.quiet) if demo else (),
        done=in_words(shown.done, day, shown.quiet) if demo and shown.done else "",
        others=_other_days(shown, day.service_date),
        open_cases=len(day.cases),
        cases=[(case, heading(case, tz), *band_words(case.band)) for case in day.cases],
        timeline=lay_out(day, shown.now),
        states=tuple(State),
        aways=tuple(Away),
        tables=_tables(day, shown.now),
        changes=[tell(m, tz) for m in worth_telling(day.moments)],
        many=MANY_MOVES,
        first=max(FIRST_CASES, sum(case.band in (Band.CRITICAL, Band.HIGH) for case in day.cases)),
        figures=figures.numbers,
        asked=asked_words(figures.asked),
    )


def _other_days(shown: Shown, on: date) -> list[tuple[PlannedDay, str]]:
    """The planned days around the one that is shown, in order, with their names."""
    before = [p for p in shown.planned if p.service_date < on][-OTHER_DAYS[0] :]
    after = [p for p in shown.planned if p.service_date > on][: OTHER_DAYS[1]]
    return [(p, capital(long_date(p.service_date))) for p in (*before, *after)]


def _tables(day: DayView, now: datetime) -> list[dict[str, Any]]:
    """The same plan for those who read it row by row: what is not covered first, then each clinician, then the rest."""
    tz = day.branch.tz
    uncovered = [s for s in day.stops if s.wants_cover]
    closed = [s for s in day.stops if s.seat is None and not s.wants_cover]
    groups = [(_("No clinician yet"), uncovered)]
    groups += [(f"{c.name}, {c.role}", list(day.route(c.id))) for c in day.clinicians]
    groups += [(_("Not in the plan: cancelled, on hold or closed"), closed)]
    return [
        {
            "title": title,
            "rows": [
                (
                    stop,
                    label_of(stop),
                    state_of(stop, now),
                    answers_of(stop),
                    told_of(stop, tz, day.service_date) or "–",
                )
                for stop in stops
            ],
        }
        for title, stops in groups
        if stops
    ]


def button_of(day: DayView, sent: bool) -> dict[str, Any]:
    """What the button says, and why it cannot be pressed."""
    nurse = day.busiest_nurse()
    away = next((c for c in day.clinicians if c.called_out), None)
    if sent:
        done = _("The call-out has been sent.")
        if away and not day.waiting.signals:
            done = _("{who} has called out. See Latest changes for what it changed.", who=away.name)
        return {"nurse": away, "why_not": done}
    if day.head is None or day.head.stage != "published":
        return {"nurse": nurse, "why_not": _("Publish the plan first: until then, no one has been told anything.")}
    return {"nurse": nurse, "why_not": "" if nurse else _("No RN has visits left to hand over.")}
