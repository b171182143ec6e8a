"""The board at /, what its forms do, and the demo's buttons.

It reads. What it does is mark a text as read, and what the demo lets happen: signals like any other, and people of the
played world of whom nothing is heard.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Query
from fastapi.responses import RedirectResponse, Response

from suture.model.actors import Permission
from suture.model.ids import CaseId
from suture.model.instants import local_date
from suture.model.messages import Channel
from suture.model.people import Branch
from suture.service.caller import Caller
from suture.service.errors import BadSignal
from suture.service.mark_read import mark_read
from suture.service.on_call import unheard
from suture.service.request_types import ServiceDate, StoredId, WordIfAny
from suture.service.signal_requests import CallOutRequest, RunOverRequest, receive_signal
from suture.store import access, attempts, configuration, inbox, outreach
from suture.store import demo as demo_store
from suture.store.branches import all_branches
from suture.store.transaction import Tx
from suture.store.views import PlannedDay
from suture.web.desk.board import Shown, board_page, button_of
from suture.web.desk.demo import NO_ONE, RUN_OVER, Done, Event, Offer, Quiet, offers
from suture.web.foreign import own_form
from suture.web.page_rights import Reader, signed_in, start_page
from suture.web.render import page
from suture.web.signed_in import form_token
from suture.words.catalog import _

CALL_OUT_FORM, READ_FORM = "demo-call-out", "text-read"
DEMO_SOURCE = "console"


def desk_router(*, demo: bool) -> APIRouter:
    """The console at / and, in a demo, its buttons."""
    router = APIRouter(include_in_schema=False, dependencies=[Depends(signed_in)])

    @router.get("/")
    def show(
        caller: Reader,
        branch: Annotated[WordIfAny, Query()] = "",
        on: Annotated[ServiceDate | None, Query(alias="date")] = None,
        done: Annotated[Event | None, Query()] = None,
        about: Annotated[StoredId | None, Query()] = None,
    ) -> Response:
        if not caller.scope.allows(Permission.READ):
            return RedirectResponse(start_page(caller.scope), 303)
        try:
            shown = _load(caller, branch, on, demo=demo)
        except _WhichBranch as error:
            return _which_branch(error)
        if done and about:
            shown = replace(shown, done=Done(done, about))
        return board_page(caller, shown, demo=demo, csrf=form_token(CALL_OUT_FORM), read_csrf=form_token(READ_FORM))

    @router.post("/texts/read", dependencies=[Depends(own_form(READ_FORM))])
    def read(
        caller: Reader,
        case: Annotated[StoredId | None, Form()] = None,
        branch: Annotated[WordIfAny, Form()] = "",
        on: Annotated[ServiceDate | None, Form(alias="date")] = None,
    ) -> Response:
        if case is not None:
            mark_read(caller, case)
        return RedirectResponse(f"/?branch={quote(branch, safe='')}" + (f"&date={on}" if on else ""), 303)

    if demo:
        router.include_router(_demo_router())
    return router


def _demo_router() -> APIRouter:
    """What the demo's panel lets happen."""
    router = APIRouter(include_in_schema=False, dependencies=[Depends(signed_in)])

    @router.post("/demo/call-out", dependencies=[Depends(own_form(CALL_OUT_FORM))])
    def call_out(
        caller: Reader,
        branch: Annotated[WordIfAny, Form()] = "",
        on: Annotated[ServiceDate | None, Form(alias="date")] = None,
    ) -> Response:
        try:
            shown = _load(caller, branch, on, demo=True)
        except _WhichBranch as error:
            return _which_branch(error)
        return _call_out(caller, shown)

    @router.post("/demo/event", dependencies=[Depends(own_form(CALL_OUT_FORM))])
    def happen(
        caller: Reader,
        event: Annotated[Event | None, Form()] = None,
        branch: Annotated[WordIfAny, Form()] = "",
        on: Annotated[ServiceDate | None, Form(alias="date")] = None,
    ) -> Response:
        try:
            shown = _load(caller, branch, on, demo=True)
        except _WhichBranch as error:
            return _which_branch(error)
        return _happen(caller, shown, event)

    return router


class _WhichBranch(Exception):
    """The address names a branch that is not there, or none of several."""

    def __init__(self, asked: str, known: Sequence[Branch]) -> None:
        super().__init__(asked)
        self.asked = asked
        self.known = known


def _which_branch(error: _WhichBranch) -> Response:
    links = [(b.name, f"/?branch={quote(b.external_id, safe='')}") for b in error.known]
    return page("desk/which_branch.html", status=404 if error.asked else 200, asked=error.asked, links=links)


def _load(caller: Caller, branch_external_id: str, on: date | None, *, demo: bool) -> Shown:
    """The branch-day of an address; the only branch where none is named. Raises _WhichBranch."""
    with caller.transaction() as tx:
        branches = all_branches(tx)
        messages, defaults = outreach.state(tx), configuration.under_defaults(tx)
        named = [b for b in branches if b.external_id == branch_external_id]
        if branch_external_id and branches and not named:
            raise _WhichBranch(branch_external_id, branches)
        if not named and len(branches) > 1:
            raise _WhichBranch("", branches)
        branch = next(iter(named or branches), None)
        if branch is None:
            return Shown(tx.now, None, None, None, call_out_sent=False, outreach=messages, defaults=defaults)
        planned = access.planned_days(tx, branch.id)
        service_date = on or shown_date(planned, local_date(tx.now, branch.tz))
        day = access.day_view(tx, branch, service_date) if service_date else None
        sent = service_date is not None and _was_sent(tx, branch, service_date)
        mail = attempts.away(tx, Channel.EMAIL)
        waiting = [CaseId(case.id) for case in day.cases if case.waits_for_someone] if day else []
        silence = unheard(tx, caller.tools, branch, waiting)
        quiet = _quiet(tx, branch, service_date) if demo else NO_ONE
        return Shown(tx.now, branch, service_date, day, sent, messages, defaults, planned, mail, silence, quiet)


def shown_date(planned: Sequence[PlannedDay], today: date) -> date | None:
    """Today where it is planned, else the next planned day, else the last one; None where nothing is planned."""
    days = [p.service_date for p in planned]
    return next((d for d in days if d >= today), days[-1] if days else None)


def _quiet(tx: Tx, branch: Branch, service_date: date | None) -> Quiet:
    people = demo_store.quiet(tx)
    if not people or service_date is None:
        return NO_ONE
    return Quiet(people, demo_store.quiet_visits(tx, branch.id, service_date))


# the demo's buttons ----------------------------------------------------------------------------------


def _source_id(branch: Branch, service_date: date) -> str:
    """One call-out a branch-day: pressing twice is the same signal."""
    return f"demo-call-out:{branch.external_id}:{service_date}"


def _was_sent(tx: Tx, branch: Branch, service_date: date) -> bool:
    return inbox.find(tx, DEMO_SOURCE, _source_id(branch, service_date)) is not None


def _call_out(caller: Caller, shown: Shown) -> Response:
    day = shown.day
    if day is None or shown.branch is None:
        return page("refused.html", status=409, title=_("There is no plan"), why=_("Plan and publish the day first."))
    button = button_of(day, shown.call_out_sent)
    if button["why_not"] and not shown.call_out_sent:
        return page("refused.html", status=409, title=_("No call-out was sent"), why=button["why_not"])
    if not shown.call_out_sent:
        nurse = button["nurse"]
        starts = min(h.starts_at for h in (*nurse.hours, *nurse.on_call))
        facts = {
            "kind": "call_out",
            "source": DEMO_SOURCE,
            "source_id": _source_id(shown.branch, day.service_date),
            "clinician": nurse.external_id,
            "from": max(shown.now, starts),
        }
        request = CallOutRequest.model_validate(facts)
        try:
            receive_signal(caller, request)
        except BadSignal as refused:
            return page("refused.html", status=409, title=_("No call-out was sent"), why=refused.message)
    return RedirectResponse(f"/?branch={quote(shown.branch.external_id)}&date={day.service_date}", 303)


def _happen(caller: Caller, shown: Shown, event: Event | None) -> Response:
    """Let it happen to whoever the button names now; where that is no one, nothing happens."""
    day = shown.day
    if day is None or shown.branch is None:
        return page("refused.html", status=409, title=_("There is no plan"), why=_("Plan and publish the day first."))
    offer = next((o for o in offers(day, shown.now, shown.quiet) if o.event is event), None)
    try:
        about = _play(caller, offer) if offer is not None else None
    except BadSignal as refused:
        return page("refused.html", status=409, title=_("Nothing has happened"), why=refused.message)
    done = f"&done={event}&about={about}" if about else ""
    return RedirectResponse(f"/?branch={quote(shown.branch.external_id)}&date={day.service_date}{done}", 303)


def _play(caller: Caller, offer: Offer) -> int | None:
    """The number of the clinician or visit to whom it happened; None where there is no one for it."""
    stop = offer.stop
    if stop is None:
        return None
    if offer.event is Event.RUN_OVER:
        minutes = int(RUN_OVER.total_seconds() // 60)
        request = RunOverRequest(kind="run_over", source=DEMO_SOURCE, visit=stop.external_id, minutes=minutes)
        receive_signal(caller, request)
        return stop.visit_id
    with caller.transaction() as tx:
        clinician = stop.seat.clinician_id if stop.seat and offer.event is Event.NO_CHECK_IN else None
        who = clinician or demo_store.patient_of(tx, stop.visit_id)
        if who is None:
            return None
        demo_store.be_quiet(tx, who)
    return clinician or stop.visit_id
