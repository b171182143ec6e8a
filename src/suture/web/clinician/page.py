"""A clinician's page: her next visit in full, the rest of the day, what changed, and what she can say of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from fastapi.responses import Response
from pydantic import SecretStr

from suture.model.ids import PartyId
from suture.outreach.words import spoken_day
from suture.service.caller import Caller
from suture.service.clinician_day import MOST_LATE, day_of
from suture.web.clinician.shown import Shown
from suture.web.clinician.words import WORDS, chosen_language, say
from suture.web.render import page
from suture.web.security import csrf_token
from suture.words.catalog import LANGUAGES, language_name

FORM = "my-day"
LATE_STEPS = (10, 20, 30)
NO_STEP: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose day a page shows: a caller who has proven to be this clinician, and a date.

    `secret` is something only this reader's browser and we know (the value of her cookie): it proves her forms.
    """

    caller: Caller
    clinician_id: PartyId
    service_date: date
    secret: SecretStr

    @property
    def csrf(self) -> str:
        """What proves that a form is of her own page."""
        return csrf_token(self.secret, FORM)


@dataclass(frozen=True, slots=True)
class Look:
    """How a page is asked for: its language, by which browser, and what it says on top."""

    lang: str = ""
    agent: str = ""
    did: str = ""
    error: str = ""
    status: int = 200


def query(lang: str, **more: str) -> str:
    """The query of an address relative to the page, so that the token stays out of it."""
    return "?" + urlencode({"lang": lang, **more})


def day_page(whose: Whose, look: Look) -> Response:
    """Her day."""
    day, now = day_of(whose.caller, whose.clinician_id, whose.service_date)
    shown = Shown(day, now, chosen_language(look.lang, day.lang), look.agent)
    ahead = day.next_stop
    after = [s for s in day.stops if ahead and s is not ahead and s.starts_at >= ahead.starts_at]
    earlier = [s for s in day.stops if s is not ahead and s not in after]
    return _framed(
        "day.html",
        whose,
        shown,
        look,
        title=say("title", shown.lang),
        when=spoken_day(day.service_date, shown.lang),
        empty=shown.empty(),
        sums=list(shown.sums()),
        over=day.most_week_minutes is not None and day.all_week_minutes > day.most_week_minutes,
        banners=list(shown.banners()),
        first=shown.stop(ahead) if ahead else None,
        is_now=ahead is not None and shown.is_begun(ahead),
        after=[shown.stop(s) for s in after],
        earlier=[shown.stop(s) for s in earlier],
        gone=[shown.gone(g) for g in day.gone],
        accept_all=len(day.unanswered) if len(day.unanswered) > 1 else 0,
        seen_all=day.seen_all,
        late_steps=LATE_STEPS if shown.is_today and any(s.is_ahead for s in day.stops) else (),
        most_late=MOST_LATE,
        late=shown.late(),
        out=("out.link" if shown.is_today else "out.link.day") if any(s.is_ahead for s in day.stops) else "",
    )


def decline_page(whose: Whose, look: Look, visit_id: int) -> Response:
    """Asks once more before a visit is given back; what is not hers leads back to her day."""
    day, now = day_of(whose.caller, whose.clinician_id, whose.service_date)
    stop = day.stop(visit_id)
    if stop is None or not stop.may_answer:
        return day_page(whose, look)
    shown = Shown(day, now, chosen_language(look.lang, day.lang), look.agent)
    return _framed(
        "decline.html",
        whose,
        shown,
        look,
        step={"step": "decline", "visit": str(visit_id)},
        title=say("decline.title", shown.lang),
        stop=shown.stop(stop),
    )


def out_page(whose: Whose, look: Look) -> Response:
    """Asks for which hours she cannot work, and once more."""
    day, now = day_of(whose.caller, whose.clinician_id, whose.service_date)
    shown = Shown(day, now, chosen_language(look.lang, day.lang), look.agent)
    title, rest = say("out.title", shown.lang), "out.rest" if shown.is_today else "out.day"
    when = spoken_day(day.service_date, shown.lang)
    return _framed("out.html", whose, shown, look, step={"step": "out"}, title=title, rest=rest, when=when)


def _framed(
    template: str, whose: Whose, shown: Shown, look: Look, *, step: Mapping[str, str] = NO_STEP, **values: object
) -> Response:
    """One page of hers; in another language it stays at its `step`."""
    day, lang = shown.day, shown.lang
    return page(
        f"clinician/{template}",
        status=look.status,
        lang=lang,
        others=[(code, language_name(code), query(code, **step)) for code in LANGUAGES if code != lang],
        agency=day.agency,
        phone=day.phone,
        days=(day.service_date - timedelta(days=1), day.service_date + timedelta(days=1)),
        t=lambda key, **filled_in: say(key, lang, **filled_in),
        q=lambda **more: query(lang, **more),
        csrf=whose.csrf,
        number=len(day.reports),
        notice=f"did.{look.did}" if f"did.{look.did}" in WORDS else "",
        error=say(f"error.{look.error}", lang) if look.error else "",
        **values,
    )
