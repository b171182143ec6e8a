"""The coordinator's page: exceptions first, then the plan, the three numbers, and what changed and why.

It reads. What it does is mark a text as read, and the demo's call-out, a signal like any other. Anybody on this machine
may look at it: the server is bound to loopback until sign-in exists.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import SecretStr

from suture.model.actors import COORDINATOR
from suture.model.calendar import short_date
from suture.model.cases import Band
from suture.model.configuration import ConfigKind
from suture.model.instants import local_date
from suture.model.messages import Channel
from suture.model.outreach_state import OutreachState
from suture.model.people import Branch
from suture.outreach.words import spoken_day
from suture.service.context import Context
from suture.service.errors import BadSignal
from suture.service.figures import day_figures
from suture.service.mark_read import mark_read
from suture.service.request_types import ServiceDate, StoredId, WordIfAny
from suture.service.signal_requests import CallOutRequest, receive_signal
from suture.store import access, attempts, configuration, inbox, outreach
from suture.store.attempts import Away
from suture.store.branches import all_branches
from suture.store.transaction import Tx
from suture.store.views import DayView, PlannedDay
from suture.web.console_words import BANDS, default_words, heading, held_words, mail_words, tell, worth_telling
from suture.web.render import page
from suture.web.security import comes_from_own_page, csrf_token
from suture.web.timeline import State, answers_of, label_of, lay_out, state_of, told_of

CALL_OUT_FORM, READ_FORM = "demo call-out", "text read"
MANY_MOVES = 16
OTHER_DAYS = (3, 7)
"""How many planned days before and after the one that is shown have a link."""
FIRST_CASES = 6
"""How many exceptions are shown open at least; what is critical or high is never folded away."""
DEMO_SOURCE = "console"
ESTIMATED_TRAVEL = "crowfly"
"""How the name of driving times begins that come from distances alone."""


@dataclass(frozen=True, slots=True)
class _Shown:
    """The branch-day a page is about, at one instant. `day` is None where there is nothing to show."""

    now: datetime
    branch: Branch | None
    service_date: date | None
    day: DayView | None
    call_out_sent: bool
    outreach: OutreachState
    defaults: tuple[ConfigKind, ...]
    planned: tuple[PlannedDay, ...] = ()
    mail: Away | None = None


def console_router(ctx: Context, *, api_token: SecretStr, demo: bool) -> APIRouter:
    """The console at / and, in a demo, its one button."""
    router = APIRouter(include_in_schema=False)
    csrf, read_csrf = csrf_token(api_token, CALL_OUT_FORM), csrf_token(api_token, READ_FORM)

    @router.get("/")
    def show(
        branch: Annotated[WordIfAny, Query()] = "", on: Annotated[ServiceDate | None, Query(alias="date")] = None
    ) -> Response:
        try:
            shown = _load(ctx, branch, on)
        except _NoSuchBranch as error:
            return _no_such_branch(error)
        return _page(ctx, shown, demo=demo, csrf=csrf, read_csrf=read_csrf)

    @router.post("/texts/read")
    def read(
        request: Request,
        token: Annotated[WordIfAny, Form(alias="csrf")] = "",
        case: Annotated[StoredId | None, Form()] = None,
        branch: Annotated[WordIfAny, Form()] = "",
        on: Annotated[ServiceDate | None, Form(alias="date")] = None,
    ) -> Response:
        if not comes_from_own_page(request, token, read_csrf):
            return page("refused.html", status=403, title="That did not come from this page", why="Open it again.")
        if case is not None:
            mark_read(ctx, case, COORDINATOR)
        return RedirectResponse(f"/?branch={quote(branch, safe='')}" + (f"&date={on}" if on else ""), 303)

    if demo:

        @router.post("/demo/call-out")
        def call_out(
            request: Request,
            token: Annotated[WordIfAny, Form(alias="csrf")] = "",
            branch: Annotated[WordIfAny, Form()] = "",
            on: Annotated[ServiceDate | None, Form(alias="date")] = None,
        ) -> Response:
            if not comes_from_own_page(request, token, csrf):
                return page("refused.html", status=403, title="That did not come from this page", why="Open it again.")
            try:
                shown = _load(ctx, branch, on)
            except _NoSuchBranch as error:
                return _no_such_branch(error)
            return _call_out(ctx, shown)

    return router


class _NoSuchBranch(Exception):
    """The address names a branch that is not there."""

    def __init__(self, asked: str, known: Sequence[Branch]) -> None:
        super().__init__("there is no branch of that id")
        self.asked = asked
        self.known = known


def _no_such_branch(error: _NoSuchBranch) -> Response:
    links = [(b.name, f"/?branch={quote(b.external_id, safe='')}") for b in error.known]
    return page("no_branch.html", status=404, asked=error.asked, links=links)


def _load(ctx: Context, branch_external_id: str, on: date | None) -> _Shown:
    """The branch-day of an address; the first branch where none is named. Raises _NoSuchBranch."""
    with ctx.transaction() as tx:
        branches = all_branches(tx)
        messages, defaults = outreach.state(tx), configuration.under_defaults(tx)
        named = [b for b in branches if b.external_id == branch_external_id]
        if branch_external_id and branches and not named:
            raise _NoSuchBranch(branch_external_id, branches)
        branch = next(iter(named or branches), None)
        if branch is None:
            return _Shown(tx.now, None, None, None, call_out_sent=False, outreach=messages, defaults=defaults)
        planned = access.planned_days(tx, branch.id, COORDINATOR)
        service_date = on or shown_date(planned, local_date(tx.now, branch.tz))
        day = access.day_view(tx, branch, service_date, COORDINATOR) if service_date else None
        sent = service_date is not None and _was_sent(tx, branch, service_date)
        mail = attempts.away(tx, Channel.EMAIL)
        return _Shown(tx.now, branch, service_date, day, sent, messages, defaults, planned, mail)


def shown_date(planned: Sequence[PlannedDay], today: date) -> date | None:
    """Today where it is planned, else the next planned day, else the last one; None where nothing is planned."""
    days = [p.service_date for p in planned]
    return next((d for d in days if d >= today), days[-1] if days else None)


def _other_days(shown: _Shown, on: date) -> list[tuple[PlannedDay, str]]:
    """The planned days around the one that is shown, in order, with their names."""
    before = [p for p in shown.planned if p.service_date < on][-OTHER_DAYS[0] :]
    after = [p for p in shown.planned if p.service_date > on][: OTHER_DAYS[1]]
    return [(p, spoken_day(p.service_date, "en")) for p in (*before, *after)]


def _page(ctx: Context, shown: _Shown, *, demo: bool, csrf: str, read_csrf: str) -> Response:
    branch, day = shown.branch, shown.day
    if branch is None or day is None or not (day.head or day.stops):
        return page(
            "console_empty.html",
            branch=branch,
            service_date=shown.service_date,
            spoken_day=spoken_day,
            outreach=shown.outreach,
            held=held_words(shown.outreach),
            defaults=default_words(shown.defaults),
        )
    tz = branch.tz
    return page(
        "console.html",
        tz=tz,
        now=shown.now,
        day=day,
        date_words=spoken_day(day.service_date, "en"),
        now_on=local_date(shown.now, tz),
        short_date=short_date,
        today=local_date(shown.now, tz) == day.service_date,
        estimated=bool(day.head and day.head.travel.startswith(ESTIMATED_TRAVEL)),
        demo=demo,
        outreach=shown.outreach,
        held=held_words(shown.outreach),
        defaults=default_words(shown.defaults),
        mail=mail_words(shown.mail, ctx.mail_server, shown.now, tz),
        csrf=csrf,
        read_csrf=read_csrf,
        button=_button(day, shown.call_out_sent),
        others=_other_days(shown, day.service_date),
        open_cases=sum(case.positions for case in day.cases),
        cases=[(case, heading(case, tz), *BANDS[case.band]) for case in day.cases],
        timeline=lay_out(day, shown.now),
        states=tuple(State),
        tables=_tables(day, shown.now),
        changes=[tell(m, tz) for m in worth_telling(day.moments)],
        many=MANY_MOVES,
        first=max(FIRST_CASES, sum(case.band in (Band.CRITICAL, Band.HIGH) for case in day.cases)),
        figures=day_figures(ctx, branch, day.service_date),
    )


def _tables(day: DayView, now: datetime) -> list[dict[str, Any]]:
    """The same plan for those who read it row by row: what is not covered first, then each clinician, then the rest."""
    tz = day.branch.tz
    uncovered = [s for s in day.stops if s.wants_cover]
    closed = [s for s in day.stops if s.seat is None and not s.wants_cover]
    groups = [("No clinician yet", uncovered)]
    groups += [(f"{c.name}, {c.role}", list(day.route(c.id))) for c in day.clinicians]
    groups += [("Not in the plan: cancelled, on hold or closed", closed)]
    return [
        {
            "title": title,
            "rows": [
                (stop, label_of(stop), state_of(stop, now), answers_of(stop), told_of(stop, tz) or "–")
                for stop in stops
            ],
        }
        for title, stops in groups
        if stops
    ]


# the demo's button -----------------------------------------------------------------------------------


def _source_id(branch: Branch, service_date: date) -> str:
    """One call-out a branch-day: pressing twice is the same signal."""
    return f"demo-call-out:{branch.external_id}:{service_date}"


def _was_sent(tx: Tx, branch: Branch, service_date: date) -> bool:
    return inbox.find(tx, DEMO_SOURCE, _source_id(branch, service_date)) is not None


def _button(day: DayView, sent: bool) -> dict[str, Any]:
    """What the button says, and why it cannot be pressed."""
    nurse = day.busiest_nurse()
    away = next((c for c in day.clinicians if c.absences), None)
    if sent:
        done = "The call-out has been sent."
        if away and not day.waiting.signals:
            done = f"{away.name} has called out. See Latest changes for what it changed."
        return {"nurse": away, "why_not": done}
    if day.head is None or day.head.stage != "published":
        return {"nurse": nurse, "why_not": "Publish the plan first: until then, no one has been told anything."}
    return {"nurse": nurse, "why_not": "" if nurse else "No RN has visits left to hand over."}


def _call_out(ctx: Context, shown: _Shown) -> Response:
    day = shown.day
    if day is None or shown.branch is None:
        return page("refused.html", status=409, title="There is no plan", why="Plan and publish the day first.")
    button = _button(day, shown.call_out_sent)
    if button["why_not"] and not shown.call_out_sent:
        return page("refused.html", status=409, title="No call-out was sent", why=button["why_not"])
    if not shown.call_out_sent:
        starts = min(h.starts_at for h in button["nurse"].hours)
        facts = {
            "kind": "call_out",
            "source": DEMO_SOURCE,
            "source_id": _source_id(shown.branch, day.service_date),
            "clinician": button["nurse"].external_id,
            "from": max(shown.now, starts),
        }
        request = CallOutRequest.model_validate(facts)
        try:
            receive_signal(ctx, request, COORDINATOR)
        except BadSignal as refused:
            return page("refused.html", status=409, title="No call-out was sent", why=refused.message)
    return RedirectResponse(f"/?branch={quote(shown.branch.external_id)}&date={day.service_date}", 303)
