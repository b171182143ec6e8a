"""The page behind a link, for a patient's visit or a clinician's day: one question, answered by a plain form.

Looking changes nothing, since mail scanners and link previews look too. An answer is a POST that leads to a page of its
own. A link that is unknown or expired gives one page, whichever it is.
"""

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Annotated
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Query
from fastapi.responses import RedirectResponse, Response
from pydantic import Field

from suture.model.day import ConfirmationState
from suture.model.links import ClinicianLink, LinkResult, LinkView, PatientLink
from suture.model.plan import ToldWindow
from suture.model.signals import Answer
from suture.service import answer_link
from suture.service.context import Context
from suture.service.request_types import Prose, WordIfAny
from suture.store.branches import all_branches
from suture.web.render import page
from suture.web.spoken_times import short_clock, spoken_day, spoken_window
from suture.web.words import LANGUAGES, chosen_language, say

PATIENT_ANSWERS: Mapping[str, Answer] = {a: a for a in (Answer.ACCEPT, Answer.RESCHEDULE, Answer.CANCEL)}
CLINICIAN_ANSWERS: Mapping[str, Answer] = {a: a for a in (Answer.ACCEPT, Answer.DECLINE)}
_STEPS = {PatientLink: Answer.CANCEL, ClinicianLink: Answer.DECLINE}
"""The answer of each kind of link that is asked about once more."""

Word = Annotated[WordIfAny, Query(max_length=20)]


def patient_router(ctx: Context) -> APIRouter:
    """Routes under /p/."""
    router = APIRouter(include_in_schema=False)

    @router.get("/p/{token}")
    def show(
        token: str, lang: Word = "", step: Word = "", said: Word = "", of: Word = "", moved: Word = ""
    ) -> Response:
        view = answer_link.look_up(ctx, token)
        if view is None:
            return _gone(ctx)
        lang = chosen_language(lang, view.lang)
        if said in _answers(view) and (of == _mark(view) or said == Answer.DECLINE):
            return _said(view, lang, said)
        return _shown(view, lang, step, moved)

    @router.post("/p/{token}")
    def give(
        token: str,
        answer: Annotated[list[Annotated[WordIfAny, Field(max_length=20)]] | None, Form()] = None,
        seen: Annotated[Prose, Form(max_length=4000)] = "",
        lang: Annotated[WordIfAny, Form(max_length=20)] = "",
    ) -> Response:
        view = answer_link.look_up(ctx, token)
        if view is None:
            return _gone(ctx)
        only = answer[0] if answer and len(answer) == 1 else ""  # of two answers none is meant
        return _given(ctx, token, view, chosen_language(lang, view.lang), only, seen)

    return router


def _shown(view: LinkView, lang: str, step: str, moved: str) -> Response:
    if not view.is_open:
        return _closed(view, lang)
    if step == _STEPS[type(view)]:
        return _sure(view, lang)
    return _question(view, lang, notice="moved_on" if moved else "")


def _given(ctx: Context, token: str, view: LinkView, lang: str, answer: str, seen: str) -> Response:
    given = _answers(view).get(answer)
    if given is None:
        return _question(view, lang, error="choose") if view.is_open else _closed(view, lang)
    match answer_link.answer(ctx, token, given, seen or None):
        case LinkResult.RECORDED:
            now = answer_link.look_up(ctx, token)
            return _back(lang, said=given, of=_mark(now) if now else "")
        case LinkResult.MOVED_ON:
            return _back(lang, moved="1")
        case LinkResult.CLOSED:
            return _back(lang)
        case None:
            return _gone(ctx)


def _answers(view: LinkView) -> Mapping[str, Answer]:
    return PATIENT_ANSWERS if isinstance(view, PatientLink) else CLINICIAN_ANSWERS


def _back(lang: str, **query: str) -> Response:
    """To the same page by GET; a relative address keeps the token out of the header."""
    return RedirectResponse(f"?{urlencode({'lang': lang, **query})}", 303)


def _mark(view: LinkView) -> str:
    """Names what is shown, in few letters: a page that says thank you must not outlive the time it speaks of."""
    return hashlib.sha256(view.seen.encode()).hexdigest()[:12]


def _question(view: LinkView, lang: str, *, notice: str = "", error: str = "") -> Response:
    status, shared = 422 if error else 200, {"seen": view.seen, "notice": notice, "error": error}
    if isinstance(view, ClinicianLink):
        return _day_page(view, lang, status=status, already=_already(view, "day.already"), **shared)
    kind, accepted = _kind(view), view.answer is ConfirmationState.ACCEPTED
    ask = "ask.appointment" if kind == "appointment" else f"ask.{view.profession}"
    return _page(
        "patient.html",
        view,
        lang,
        say("yes.already" if accepted else ask, lang, day=_day(view, lang)),
        kind=kind,
        when=say(f"when.{kind}", lang, window=spoken_window(view.window, view.tz, lang)),
        where=say("when.clinic", lang, clinic=view.clinic) if view.clinic else "",
        accepted=accepted,
        already=_already(view, "already"),
        status=status,
        **shared,
    )


def _day_page(view: ClinicianLink, lang: str, *, status: int = 200, **shared: str) -> Response:
    """A clinician's list, and what can still be answered about it: nothing once it is empty or over."""
    stops = [
        {
            "starts": short_clock(s.starts_at, view.tz),
            "ends": short_clock(s.ends_at, view.tz),
            "told": _told(s.window, view.tz, lang),
            "label": s.label,
        }
        for s in view.stops
    ]
    asks = view.is_open and view.answer is not ConfirmationState.ACCEPTED
    title = say("day.ask" if asks else "day.title", lang, day=spoken_day(view.service_date, lang))
    closed = "" if view.is_open else "day.over" if stops else "day.none"
    return _page("day.html", view, lang, title, status=status, stops=stops, asks=asks, closed=closed, **shared)


def _sure(view: LinkView, lang: str) -> Response:
    if isinstance(view, ClinicianLink):
        return _page(
            "sure.html", view, lang, say("day.sure", lang), seen=view.seen, answer=Answer.DECLINE, prefix="day.sure"
        )
    title = say(f"sure.{_kind(view)}", lang, day=_day(view, lang))
    return _page("sure.html", view, lang, title, seen=view.seen, answer=Answer.CANCEL, prefix="sure")


def _said(view: LinkView, lang: str, answer: str) -> Response:
    """What was recorded and what happens next; the answer itself may still wait for the worker."""
    if isinstance(view, ClinicianLink):
        key, what_next = f"day.said.{answer}", say(f"day.said.{answer}.next", lang)
        return _page("said.html", view, lang, say(key, lang), what_next=what_next, back="day.see")
    window = spoken_window(view.window, view.tz, lang)
    what_next = say(f"said.{answer}.next", lang, day=_day(view, lang), window=window)
    back = "change" if view.is_open and answer != Answer.CANCEL else ""
    return _page("said.html", view, lang, say(f"said.{answer}", lang), what_next=what_next, back=back)


def _closed(view: LinkView, lang: str) -> Response:
    if isinstance(view, ClinicianLink):
        return _day_page(view, lang, already="", seen=view.seen, notice="", error="")
    title, what_next = ("closed.cancelled", "said.cancel.next") if view.has_cancelled else ("closed", "closed.next")
    return _page("said.html", view, lang, say(title, lang), what_next=say(what_next, lang), back="")


def _page(template: str, view: LinkView, lang: str, title: str, *, status: int = 200, **values: object) -> Response:
    return page(
        template,
        status=status,
        title=title,
        lang=lang,
        languages=LANGUAGES,
        agency=view.agency,
        phone=view.phone,
        t=lambda key: say(key, lang),
        **values,
    )


def _gone(ctx: Context) -> Response:
    """One page for every link that does not work, in both languages."""
    with ctx.transaction() as tx:
        branch = next(iter(all_branches(tx)), None)
    return page(
        "gone.html",
        status=404,
        agency=branch.agency if branch else "",
        phone=branch.phone if branch else "",
        languages=LANGUAGES,
        say=say,
    )


def _already(view: LinkView, prefix: str) -> str:
    answered = view.answer in (ConfirmationState.ACCEPTED, ConfirmationState.DECLINED)
    return f"{prefix}.{view.answer}" if answered else ""


def _told(window: ToldWindow, tz: str, lang: str) -> str:
    """What the patient was told; nothing where that is the exact start, which stands there already."""
    if window.open == window.close:
        return ""
    return say("day.told", lang, window=f"{short_clock(window.open, tz)} – {short_clock(window.close, tz)}")


def _kind(view: PatientLink) -> str:
    """An exact time is an appointment; somebody who comes to the house is expected within a window."""
    return "appointment" if view.window.open == view.window.close else "visit"


def _day(view: PatientLink, lang: str) -> str:
    local: date = view.window.open.astimezone(ZoneInfo(view.tz)).date()
    return spoken_day(local, lang)
