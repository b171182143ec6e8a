"""The page behind a link, for a patient's visit or a clinician's day: one question, answered by a plain form.

Looking changes nothing, since mail scanners and link previews look too. An answer is a POST that leads to a page of its
own. A link that is unknown or expired gives one page, whichever it is.
"""

import hashlib
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Cookie, Depends, Form, Query
from fastapi.responses import RedirectResponse, Response
from pydantic import Field

from suture.model.ids import VisitId
from suture.model.links import ClinicianLink, LinkResult, LinkView, OfferLink, PatientDayLink, PatientLink
from suture.model.signals import Answer
from suture.service import answer_link, pins
from suture.service.caller import Caller
from suture.service.request_types import Prose, StoredId, WordIfAny
from suture.web.callers import Callers
from suture.web.patient import offers
from suture.web.patient.frame import At
from suture.web.patient.pages import OneView, closed, gone, question, sure, thanks
from suture.web.patient.unsubscribe import add_unsubscribe
from suture.web.patient.visits import day_of_visits, is_unsure
from suture.web.patient.words import chosen_language

PATIENT_ANSWERS: Mapping[str, Answer] = {a: a for a in (Answer.ACCEPT, Answer.RESCHEDULE, Answer.CANCEL)}
CLINICIAN_ANSWERS: Mapping[str, Answer] = {a: a for a in (Answer.ACCEPT, Answer.DECLINE)}
_STEPS = {PatientLink: Answer.CANCEL, ClinicianLink: Answer.DECLINE}
"""The answer of each kind of link that is asked about once more."""

Word = Annotated[WordIfAny, Query(max_length=20)]
Visit = Annotated[StoredId | None, Query()]
Look = Annotated[int, Query(ge=0, le=99)]
DayPass = Annotated[str, Cookie(alias=pins.DAY_COOKIE)]


def patient_router(callers: Callers) -> APIRouter:
    """Routes under /p/ and /u/."""
    Asking = Annotated[Caller, Depends(callers.link)]
    router = APIRouter(include_in_schema=False)

    @router.get("/p/")
    def cut_short(caller: Asking) -> Response:
        return gone(caller)

    @router.get("/p/{token}")
    def show(
        caller: Asking,
        token: str,
        lang: Word = "",
        step: Word = "",
        said: Word = "",
        of: Word = "",
        moved: Word = "",
        visit: Visit = None,
        look: Look = 0,
        day_pass: DayPass = "",
    ) -> Response:
        behind = answer_link.look_up(caller, token)
        if behind is None:
            return gone(caller)
        if isinstance(behind, ClinicianLink) and not (step or said) and pins.by_pass(caller, token, day_pass):
            return RedirectResponse(f"/p/{token}/day?lang={chosen_language(lang, behind.lang)}", 303)
        view, at = _one_of(behind, visit), _at(caller, token, behind, lang, visit)
        if view is None:
            return _of_another_kind(caller, token, behind, At(at.lang), step=step, moved=moved, look=look)
        if said in _answers(view) and (of == _mark(view) or said == Answer.DECLINE) and not _too_much(view, said):
            return thanks(view, at, said)
        return _shown(view, at, step, moved)

    @router.post("/p/{token}")
    def give(
        caller: Asking,
        token: str,
        answer: Annotated[list[Annotated[WordIfAny, Field(max_length=20)]] | None, Form()] = None,
        seen: Annotated[Prose, Form(max_length=4000)] = "",
        lang: Annotated[WordIfAny, Form(max_length=20)] = "",
        visit: Annotated[StoredId | None, Form()] = None,
    ) -> Response:
        behind = answer_link.look_up(caller, token)
        if behind is None:
            return gone(caller)
        only = answer[0] if answer and len(answer) == 1 else ""  # of two answers none is meant
        view, at = _one_of(behind, visit), _at(caller, token, behind, lang, visit)
        if view is None:
            return _given_otherwise(caller, token, behind, At(at.lang), only, seen)
        return _given(caller, token, view, at, only, seen)

    add_unsubscribe(router, callers)
    return router


def _at(caller: Caller, token: str, behind: LinkView, lang: str, visit: int | None) -> At:
    """Where the reader is; for a clinician with the place where her PIN is entered."""
    chosen = chosen_language(lang, behind.lang)
    if not isinstance(behind, ClinicianLink):
        return At(chosen, visit)
    return At(chosen, visit, f"/p/{token}/pin?lang={chosen}" if pins.has_pin(caller, token) else "ask")


def _of_another_kind(
    caller: Caller, token: str, behind: LinkView, at: At, *, step: str, moved: str, look: int
) -> Response:
    """What is not about one visit or one day: several visits, or an offer."""
    if isinstance(behind, OfferLink):
        return offers.shown(caller, token, behind, at, step=step, moved=moved, look=look)
    return day_of_visits(behind, at.lang) if isinstance(behind, PatientDayLink) else gone(caller)


def _given_otherwise(caller: Caller, token: str, behind: LinkView, at: At, answer: str, seen: str) -> Response:
    """An answer to an offer; of several visits, one must be named."""
    return offers.given(caller, token, behind, at, answer, seen) if isinstance(behind, OfferLink) else _back(at)


def _one_of(behind: LinkView | None, visit: int | None) -> OneView | None:
    """What one page is about: the visit or the day behind a link, or the one visit that is named of several."""
    if isinstance(behind, PatientDayLink):
        return behind.visit(visit) if visit else None
    return None if isinstance(behind, OfferLink) else behind


def _shown(view: OneView, at: At, step: str, moved: str) -> Response:
    if not view.is_open:
        return closed(view, at)
    if step == _STEPS[type(view)]:
        return sure(view, at)
    return question(view, at, notice="moved_on" if moved else "")


def _given(caller: Caller, token: str, view: OneView, at: At, answer: str, seen: str) -> Response:
    given = _answers(view).get(answer)
    if given is None:
        return question(view, at, error="choose") if view.is_open else closed(view, at)
    match answer_link.answer(caller, token, given, seen or None, VisitId(at.visit) if at.visit else None):
        case LinkResult.RECORDED:
            now = _one_of(answer_link.look_up(caller, token), at.visit)
            return _back(at, said=given, of=_mark(now) if now else "")
        case LinkResult.MOVED_ON:
            return _back(at, moved="1")
        case LinkResult.CLOSED | LinkResult.TOO_MANY:
            return _back(at)
        case None:
            return gone(caller)


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
