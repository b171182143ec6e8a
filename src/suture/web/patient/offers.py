"""The page behind the link of an offer: what it is, what it would take of the reader, and two answers.

An answer is decided within a moment: until then the page says that we have it, and looks again a few times by itself.
"""

from collections.abc import Iterator

from fastapi.responses import RedirectResponse, Response

from suture.model.instants import local_date
from suture.model.links import LinkResult, OfferLink, OfferLinkState
from suture.model.offers import OfferAnswer
from suture.outreach.words import spoken_day
from suture.service import answer_link, answer_offer
from suture.service.caller import Caller
from suture.web.patient.frame import At, link_page
from suture.web.patient.pages import day_to_see, gone
from suture.web.patient.words import WORDS, say
from suture.web.spoken_times import short_clock, short_span
from suture.words.reason import Reason, values_of

LOOKS = 5
"""How often the page looks by itself whether an answer has been decided."""
_ANSWERS = {str(answer): answer for answer in OfferAnswer}
_NOTICES = {LinkResult.MOVED_ON: "moved_on", LinkResult.TOO_MANY: "offer.limit"}


def shown(caller: Caller, token: str, view: OfferLink, at: At, *, step: str, moved: str, look: int) -> Response:
    """The page as things stand; with the step `day` what else is on the day of whoever took it."""
    if step == "day" and (day := answer_link.day_of_taker(caller, token)):
        return day_to_see(day, at)
    return _page(view, at, notice=next((_NOTICES[result] for result in _NOTICES if result == moved), ""), look=look)


def given(caller: Caller, token: str, view: OfferLink, at: At, answer: str, seen: str) -> Response:
    """An answer; the page then says what is so."""
    chosen = _ANSWERS.get(answer)
    if chosen is None:
        return _page(view, at, error="choose" if view.state.may_answer else "")
    result = answer_offer.by_link(caller, token, chosen, seen)
    if result is None:
        return gone(caller)
    more = {"moved": str(result)} if result in _NOTICES else {}
    return RedirectResponse(at.query(**more), 303)


def _page(view: OfferLink, at: At, *, notice: str = "", error: str = "", look: int = 0) -> Response:
    is_open, waits = view.state is OfferLinkState.OPEN, view.state is OfferLinkState.WAITING
    kind, lang = "shift" if view.is_shift else "visit", at.lang
    day = spoken_day(local_date(view.window.open, view.tz), lang)
    documentation = str(view.documentation_minutes) if view.documentation_minutes else ""
    again = at.query(look=str(look + 1))
    return link_page(
        "offer.html",
        view,
        at,
        say(f"offer.{view.state}.{kind}" if is_open else f"offer.{view.state}", lang, day=day),
        status=422 if error else 200,
        notice=notice,
        error=error,
        what_next="" if is_open else f"offer.{view.state}.next",
        area=view.area,
        span=short_span(view.window.open, view.window.close, view.tz),
        service=say(_service(view), lang, minutes=str(view.minutes)),
        documentation=say("offer.documentation", lang, minutes=documentation) if documentation else "",
        why=list(_why(view, lang)) if is_open else [],
        passed=is_open and view.passed,
        until=short_clock(view.until, view.tz) if is_open or waits else "",
        takes=is_open,
        passes=waits or (is_open and not view.passed),
        seen=view.seen,
        see=_see(view, at, again),
        refresh=again if waits and look < LOOKS else "",
    )


def _service(view: OfferLink) -> str:
    if view.is_shift:
        return "offer.service.shift"
    key = f"offer.service.{view.discipline}"
    return key if key in WORDS else "offer.service"


def _why(view: OfferLink, lang: str) -> Iterator[str]:
    """What it would take, said to the one it is about; what takes nothing is left out."""
    for one in view.why:
        key = f"offer.{one.code}"
        if key in WORDS and _amount(one) != 0:
            yield say(key, lang, **{name: str(value) for name, value in one.values})


def _amount(one: Reason) -> object:
    return values_of(one).get("minutes")


def _see(view: OfferLink, at: At, again: str) -> tuple[str, str] | None:
    if view.state is OfferLinkState.YOURS:
        return "day.see", at.query(step="day")
    return ("offer.look", again) if view.state is OfferLinkState.WAITING else None
