"""The page behind a link, for a patient's visit or a clinician's day: one question, answered by a plain form.

Looking changes nothing, since mail scanners and link previews look too. An answer is a POST that leads to a page of its
own. A link that is unknown or expired gives one page, whichever it is.
"""

import hashlib
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Form, Query
from fastapi.responses import RedirectResponse, Response
from pydantic import Field

from suture.model.day import ConfirmationState
from suture.model.ids import VisitId
from suture.model.links import ClinicianLink, LinkResult, LinkView, PatientDayLink, PatientLink
from suture.model.plan import ToldWindow
from suture.model.signals import Answer
from suture.outreach.words import spoken_day
from suture.service import answer_link
from suture.service.context import Context
from suture.service.request_types import Prose, StoredId, WordIfAny
from suture.store.branches import all_branches
from suture.web.link_page import At, link_page
from suture.web.patient_day import day_of, day_of_visits, is_unsure, kind_of, planned, told, what_next
from suture.web.render import page
from suture.web.spoken_times import short_clock, spoken_window
from suture.web.words import LANGUAGES, chosen_language, say

PATIENT_ANSWERS: Mapping[str, Answer] = {a: a for a in (Answer.ACCEPT, Answer.RESCHEDULE, Answer.CANCEL)}
CLINICIAN_ANSWERS: Mapping[str, Answer] = {a: a for a in (Answer.ACCEPT, Answer.DECLINE)}
_STEPS = {PatientLink: Answer.CANCEL, ClinicianLink: Answer.DECLINE}
"""The answer of each kind of link that is asked about once more."""

OneView = PatientLink | ClinicianLink
Word = Annotated[WordIfAny, Query(max_length=20)]
Visit = Annotated[StoredId | None, Query()]


def patient_router(ctx: Context) -> APIRouter:
    """Routes under /p/."""
    router = APIRouter(include_in_schema=False)

    @router.get("/p/{token}")
    def show(
        token: str,
        lang: Word = "",
        step: Word = "",
        said: Word = "",
        of: Word = "",
        moved: Word = "",
        visit: Visit = None,
    ) -> Response:
        behind = answer_link.look_up(ctx, token)
        if behind is None:
            return _gone(ctx)
        view, at = _one_of(behind, visit), At(chosen_language(lang, behind.lang), visit)
        if view is None:
            return day_of_visits(behind, at.lang) if isinstance(behind, PatientDayLink) else _gone(ctx)
        if said in _answers(view) and (of == _mark(view) or said == Answer.DECLINE) and not _too_much(view, said):
            return _said(view, at, said)
        return _shown(view, at, step, moved)

    @router.post("/p/{token}")
    def give(
        token: str,
        answer: Annotated[list[Annotated[WordIfAny, Field(max_length=20)]] | None, Form()] = None,
        seen: Annotated[Prose, Form(max_length=4000)] = "",
        lang: Annotated[WordIfAny, Form(max_length=20)] = "",
        visit: Annotated[StoredId | None, Form()] = None,
    ) -> Response:
        behind = answer_link.look_up(ctx, token)
        if behind is None:
            return _gone(ctx)
        view, at = _one_of(behind, visit), At(chosen_language(lang, behind.lang), visit)
        if view is None:
            return _back(At(at.lang))
        only = answer[0] if answer and len(answer) == 1 else ""  # of two answers none is meant
        return _given(ctx, token, view, at, only, seen)

    return router


def _one_of(behind: LinkView | None, visit: int | None) -> OneView | None:
    """What one page is about: the visit or the day behind a link, or the one visit that is named of several."""
    if isinstance(behind, PatientDayLink):
        return behind.visit(visit) if visit else None
    return behind


def _shown(view: OneView, at: At, step: str, moved: str) -> Response:
    if not view.is_open:
        return _closed(view, at)
    if step == _STEPS[type(view)]:
        return _sure(view, at)
    return _question(view, at, notice="moved_on" if moved else "")


def _given(ctx: Context, token: str, view: OneView, at: At, answer: str, seen: str) -> Response:
    given = _answers(view).get(answer)
    if given is None:
        return _question(view, at, error="choose") if view.is_open else _closed(view, at)
    match answer_link.answer(ctx, token, given, seen or None, VisitId(at.visit) if at.visit else None):
        case LinkResult.RECORDED:
            now = _one_of(answer_link.look_up(ctx, token), at.visit)
            return _back(at, said=given, of=_mark(now) if now else "")
        case LinkResult.MOVED_ON:
            return _back(at, moved="1")
        case LinkResult.CLOSED:
            return _back(at)
        case None:
            return _gone(ctx)


def _answers(view: OneView) -> Mapping[str, Answer]:
    return PATIENT_ANSWERS if isinstance(view, PatientLink) else CLINICIAN_ANSWERS


def _back(at: At, **query: str) -> Response:
    """To the same page by GET; a relative address keeps the token out of the header."""
    return RedirectResponse(at.query(**query), 303)


def _too_much(view: OneView, said: str) -> bool:
    """Whether thanks for this answer would promise what is no longer planned."""
    return isinstance(view, PatientLink) and said == Answer.ACCEPT and is_unsure(view)


def _mark(view: OneView) -> str:
    """Names what is shown, in few letters: a page that says thank you must not outlive the time it names."""
    return hashlib.sha256(view.seen.encode()).hexdigest()[:12]


def _question(view: OneView, at: At, *, notice: str = "", error: str = "") -> Response:
    status, shared = 422 if error else 200, {"seen": view.seen, "notice": notice, "error": error}
    if isinstance(view, ClinicianLink):
        return _day_page(view, at, status=status, already=_already(view, "day.already"), **shared)
    if is_unsure(view):
        return _unsure(view, at, status=status, seen=view.seen, error=error)
    kind, accepted = kind_of(view), view.answer is ConfirmationState.ACCEPTED
    ask = "ask.appointment" if kind == "appointment" else f"ask.{view.profession}"
    return link_page(
        "patient.html",
        view,
        at,
        say("yes.already" if accepted else ask, at.lang, day=day_of(view, at.lang)),
        kind=kind,
        when=planned(view, at.lang),
        where=say("when.clinic", at.lang, clinic=view.clinic) if view.clinic else "",
        what_next="",
        asks=not accepted,
        is_open=True,
        already=_already(view, "already"),
        status=status,
        **shared,
    )


def _unsure(view: PatientLink, at: At, *, status: int = 200, **shared: str) -> Response:
    """What was told, and that it may not be so: nothing to confirm, and no other time before it is told."""
    return link_page(
        "patient.html",
        view,
        at,
        say(view.standing, at.lang),
        kind=kind_of(view),
        when=told(view, at.lang),
        where="",
        what_next=what_next(view),
        asks=False,
        is_open=view.is_open,
        already=_already(view, "several") if view.answer is ConfirmationState.DECLINED else "",
        notice="",
        status=status,
        **shared,
    )


def _day_page(view: ClinicianLink, at: At, *, status: int = 200, **shared: str) -> Response:
    """A clinician's list, and what can still be answered about it: nothing once it is empty or over."""
    stops = [
        {
            "starts": short_clock(s.starts_at, view.tz),
            "ends": short_clock(s.ends_at, view.tz),
            "told": _told(s.window, view.tz, at.lang),
            "label": s.label,
        }
        for s in view.stops
    ]
    asks = view.is_open and view.answer is not ConfirmationState.ACCEPTED
    title = say("day.ask" if asks else "day.title", at.lang, day=spoken_day(view.service_date, at.lang))
    closed = "" if view.is_open else "day.over" if stops else "day.none"
    return link_page("day.html", view, at, title, status=status, stops=stops, asks=asks, closed=closed, **shared)


def _sure(view: OneView, at: At) -> Response:
    if isinstance(view, ClinicianLink):
        return link_page(
            "sure.html", view, at, say("day.sure", at.lang), seen=view.seen, answer=Answer.DECLINE, prefix="day.sure"
        )
    title = say(f"sure.{kind_of(view)}", at.lang, day=day_of(view, at.lang))
    return link_page("sure.html", view, at, title, seen=view.seen, answer=Answer.CANCEL, prefix="sure")


def _said(view: OneView, at: At, answer: str) -> Response:
    """What was recorded and what happens next; the answer itself may still wait for the worker."""
    if isinstance(view, ClinicianLink):
        key, then = f"day.said.{answer}", say(f"day.said.{answer}.next", at.lang)
        return link_page("said.html", view, at, say(key, at.lang), what_next=then, back="day.see")
    window = spoken_window(view.window, view.tz, at.lang)
    unsure = answer == Answer.RESCHEDULE and is_unsure(view)
    key = f"said.{answer}.unsure" if unsure else f"said.{answer}.next"
    then = say(key, at.lang, day=day_of(view, at.lang), window=window)
    back = "change" if view.is_open and answer != Answer.CANCEL else ""
    return link_page("said.html", view, at, say(f"said.{answer}", at.lang), what_next=then, back=back)


def _closed(view: OneView, at: At) -> Response:
    if isinstance(view, ClinicianLink):
        return _day_page(view, at, already="", seen=view.seen, notice="", error="")
    if is_unsure(view):
        return _unsure(view, at, seen=view.seen, error="")
    title, then = ("closed.cancelled", "said.cancel.next") if view.has_cancelled else ("closed", "closed.next")
    if view.is_cancelled and not view.has_cancelled:
        title, then = f"cancelled.{kind_of(view)}", "cancelled.next"
    words = say(title, at.lang, day=day_of(view, at.lang))
    return link_page("said.html", view, at, words, what_next=say(then, at.lang), back="")


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


def _already(view: OneView, prefix: str) -> str:
    answered = view.answer in (ConfirmationState.ACCEPTED, ConfirmationState.DECLINED)
    return f"{prefix}.{view.answer}" if answered else ""


def _told(window: ToldWindow, tz: str, lang: str) -> str:
    """What the patient was told; nothing where that is the exact start, which is on the page already."""
    if window.open == window.close:
        return ""
    return say("day.told", lang, window=f"{short_clock(window.open, tz)} – {short_clock(window.close, tz)}")
