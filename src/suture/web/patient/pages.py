"""The pages of one visit or one clinician's day: asked, made sure of, thanked for, closed, gone."""

from dataclasses import replace

from fastapi.responses import Response

from suture.model.day import ConfirmationState
from suture.model.links import ClinicianLink, DayStop, PatientLink
from suture.model.plan import ToldWindow
from suture.model.signals import Answer
from suture.outreach.words import spoken_day
from suture.service.agencies import of_only_agency
from suture.service.caller import Caller
from suture.store.branches import agency_name, all_branches
from suture.web.patient.frame import At, link_page
from suture.web.patient.visits import day_of, is_unsure, kind_of, planned, told, what_next
from suture.web.patient.words import say
from suture.web.render import page
from suture.web.spoken_times import short_clock, spoken_window
from suture.words.catalog import LANGUAGES

OneView = PatientLink | ClinicianLink
"""What one page is about."""


def question(view: OneView, at: At, *, notice: str = "", error: str = "") -> Response:
    """What is asked, with the answers there are."""
    status, shared = 422 if error else 200, {"seen": view.seen, "notice": notice, "error": error}
    if isinstance(view, ClinicianLink):
        return _day_page(view, at, status=status, already=_already(view, "day.already"), **shared)
    if is_unsure(view):
        return _unsure(view, at, status=status, seen=view.seen, error=error)
    kind, accepted = kind_of(view), view.answer is ConfirmationState.ACCEPTED
    ask = "ask.appointment" if kind == "appointment" else f"ask.{view.profession}"
    return link_page(
        "visit.html",
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
        "visit.html",
        view,
        at,
        say(view.told_state, at.lang),
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


def _day_page(view: ClinicianLink, at: At, *, status: int = 200, closed: str = "", **shared: str) -> Response:
    """A clinician's list, and what can still be answered about it: nothing once it is empty or over."""
    stops = [
        {
            "starts": short_clock(s.starts_at, view.tz),
            "ends": short_clock(s.ends_at, view.tz),
            "told": _told(s, view.tz, at.lang),
            "label": s.label,
            "kept_back": say("day.kept_back", at.lang) if s.is_kept_back else "",
        }
        for s in view.stops
    ]
    asks = view.is_open and view.answer is not ConfirmationState.ACCEPTED
    title = say("day.ask" if asks else "day.title", at.lang, day=spoken_day(view.service_date, at.lang))
    closed = closed or ("" if view.is_open else "day.over" if stops else "day.none")
    return link_page("day.html", view, at, title, status=status, stops=stops, asks=asks, closed=closed, **shared)


def day_to_see(view: ClinicianLink, at: At) -> Response:
    """A clinician's list, to look at: it is answered by the link of the message that told it."""
    seen = replace(view, is_open=False)
    return _day_page(seen, at, closed="day.to_see", already="", seen="", notice="", error="")


def sure(view: OneView, at: At) -> Response:
    """Asks once more before a no."""
    if isinstance(view, ClinicianLink):
        return link_page(
            "sure.html",
            view,
            at,
            say("day.sure", at.lang),
            seen=view.seen,
            answer=Answer.DECLINE,
            prefix="day.sure",
        )
    title = say(f"sure.{kind_of(view)}", at.lang, day=day_of(view, at.lang))
    return link_page("sure.html", view, at, title, seen=view.seen, answer=Answer.CANCEL, prefix="sure")


def thanks(view: OneView, at: At, answer: str) -> Response:
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


def closed(view: OneView, at: At) -> Response:
    """What is so, where nothing can be answered any longer."""
    if isinstance(view, ClinicianLink):
        return _day_page(view, at, already="", seen=view.seen, notice="", error="")
    if is_unsure(view):
        return _unsure(view, at, seen=view.seen, error="")
    title, then = ("closed.cancelled", "said.cancel.next") if view.has_cancelled else ("closed", "closed.next")
    if view.is_cancelled and not view.has_cancelled:
        title, then = f"cancelled.{kind_of(view)}", "cancelled.next"
    words = say(title, at.lang, day=day_of(view, at.lang))
    return link_page("said.html", view, at, words, what_next=say(then, at.lang), back="")


def gone(caller: Caller) -> Response:
    """One page for every link that does not work, in every language: whose it was is not told, so all phones are.

    Where the server has several agencies none is: who holds a link must not learn which agencies there are.
    """
    with of_only_agency(caller).transaction() as tx:
        agency, branches = agency_name(tx), all_branches(tx)
    phones = [(b.name if len(branches) > 1 else "", b.phone) for b in branches]
    return page("patient/gone.html", status=404, agency=agency, phones=phones, languages=LANGUAGES, say=say)


def away() -> Response:
    """The page of a link while the database is away, in every language."""
    return page("patient/away.html", status=503, languages=LANGUAGES, say=say)


def _already(view: OneView, prefix: str) -> str:
    answered = view.answer in (ConfirmationState.ACCEPTED, ConfirmationState.DECLINED)
    return f"{prefix}.{view.answer}" if answered else ""


def _told(stop: DayStop, tz: str, lang: str) -> str:
    """What the patient was really told, and what they have not heard yet; nothing where there is no patient, and where
    it is the exact start, which is on the page already."""
    if not stop.label:
        return ""
    if stop.told is None:
        return say("day.untold", lang)
    if stop.told == stop.window:
        exact = stop.told.open == stop.told.close == stop.starts_at
        return "" if exact else say("day.told", lang, window=_span(stop.told, tz))
    return say("day.told.new", lang, told=_span(stop.told, tz), new=_span(stop.window, tz))


def _span(window: ToldWindow, tz: str) -> str:
    opens, closes = short_clock(window.open, tz), short_clock(window.close, tz)
    return opens if opens == closes else f"{opens} – {closes}"
