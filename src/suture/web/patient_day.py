"""The page behind a link to several visits of one day: each with its time and an answer of its own."""

from zoneinfo import ZoneInfo

from fastapi.responses import Response

from suture.model.day import ConfirmationState
from suture.model.links import PatientDayLink, PatientLink
from suture.outreach.words import spoken_day
from suture.web.link_page import At, link_page
from suture.web.spoken_times import spoken_window
from suture.web.words import say


def day_of_visits(view: PatientDayLink, lang: str) -> Response:
    """A patient's visits of a day, one under the other."""
    first = view.visits[0][1]
    day = spoken_day(first.window.open.astimezone(ZoneInfo(view.tz)).date(), lang)
    visits = [_shown(one, At(lang, visit_id), lang) for visit_id, one in view.visits]
    return link_page("patient_day.html", view, At(lang), say("several", lang, day=day), visits=visits)


def kind_of(view: PatientLink) -> str:
    """An exact time is an appointment; somebody who comes to the house is expected within a window."""
    return "appointment" if view.window.open == view.window.close else "visit"


def _shown(view: PatientLink, at: At, lang: str) -> dict[str, object]:
    kind = kind_of(view)
    return {
        "at": at,
        "who": say("who.appointment" if kind == "appointment" else f"who.{view.profession}", lang),
        "when": say(f"when.{kind}", lang, window=spoken_window(view.window, view.tz, lang)),
        "where": say("when.clinic", lang, clinic=view.clinic) if view.clinic else "",
        "said": _said(view),
        "yes": f"yes.{kind}" if view.is_open and view.answer is not ConfirmationState.ACCEPTED else "",
        "is_open": view.is_open,
        "seen": view.seen,
    }


def _said(view: PatientLink) -> str:
    """The key of what can be said of an answer, or of a visit that can no longer be answered about."""
    if not view.is_open:
        return "closed.cancelled" if view.has_cancelled else "closed.next"
    if view.answer is ConfirmationState.ACCEPTED:
        return "already.accepted"
    return "several.declined" if view.answer is ConfirmationState.DECLINED else ""
