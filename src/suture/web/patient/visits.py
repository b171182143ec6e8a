"""The page behind a link to several visits of one day: each with its time and an answer of its own."""

from fastapi.responses import Response

from suture.model.day import ConfirmationState
from suture.model.instants import local_date
from suture.model.links import PatientDayLink, PatientLink, ToldState
from suture.outreach.words import spoken_day
from suture.web.patient.frame import At, link_page
from suture.web.patient.words import say
from suture.web.spoken_times import spoken_window


def day_of_visits(view: PatientDayLink, lang: str) -> Response:
    """A patient's visits of a day, one under the other."""
    day = day_of(view.visits[0][1], lang)
    visits = [_shown(one, At(lang, visit_id), lang) for visit_id, one in view.visits]
    return link_page("visits.html", view, At(lang), say("several", lang, day=day), visits=visits)


def kind_of(view: PatientLink) -> str:
    """An exact time is an appointment; someone who comes to the house is expected within a window."""
    return "appointment" if view.window.open == view.window.close else "visit"


def is_unsure(view: PatientLink) -> bool:
    """Whether what the patient was told may not be promised as things stand."""
    return view.told_state is not ToldState.HOLDS


def day_of(view: PatientLink, lang: str) -> str:
    """The day the patient was told, in words."""
    return spoken_day(local_date(view.window.open, view.tz), lang)


def planned(view: PatientLink, lang: str) -> str:
    """When they are expected, or we are."""
    return say(f"when.{kind_of(view)}", lang, window=spoken_window(view.window, view.tz, lang))


def told(view: PatientLink, lang: str) -> str:
    """What was said once, where it may no longer be true."""
    return say("told", lang, day=day_of(view, lang), window=spoken_window(view.window, view.tz, lang))


def what_next(view: PatientLink) -> str:
    """The key of what comes after a time that may not be promised; who is not written to is asked to call."""
    return f"{view.told_state}.next" if view.will_hear else "checking.call"


def _shown(view: PatientLink, at: At, lang: str) -> dict[str, object]:
    kind, accepted = kind_of(view), view.answer is ConfirmationState.ACCEPTED
    return {
        "at": at,
        "who": say("who.appointment" if kind == "appointment" else f"who.{view.profession}", lang),
        "when": told(view, lang) if is_unsure(view) or view.is_cancelled else planned(view, lang),
        "where": say("when.clinic", lang, clinic=view.clinic) if view.clinic else "",
        "said": _said(view, lang),
        "yes": f"yes.{kind}" if view.is_open and not is_unsure(view) and not accepted else "",
        "is_open": view.is_open,
        "seen": view.seen,
    }


def _said(view: PatientLink, lang: str) -> str:
    """What can be said of an answer, of a time that is not sure, or of a visit that is closed to answers."""
    if is_unsure(view):
        return say("several.unsure", lang, state=say(view.told_state, lang), what_next=say(what_next(view), lang))
    if view.is_cancelled and not view.has_cancelled:
        return say(f"cancelled.{kind_of(view)}", lang, day=day_of(view, lang))
    if not view.is_open:
        return say("closed.cancelled" if view.has_cancelled else "closed.next", lang)
    if view.answer is ConfirmationState.ACCEPTED:
        return say("already.accepted", lang)
    return say("several.declined", lang) if view.answer is ConfirmationState.DECLINED else ""
