"""Turns views into HTML: one Jinja environment, always escaping, refusing what a template does not know.

Templates say texts of the catalog with `_` and `plural`, in the language spoken now, which is their `language()`. Who
has signed in is `me()`, and what they may do `may("read")`.

A template is named with its audience ("desk/board.html"); those of `web/templates` are shared.
"""

from datetime import UTC, date, datetime, timedelta
from functools import cache

from fastapi.responses import HTMLResponse
from jinja2 import ChoiceLoader, Environment, PackageLoader, PrefixLoader, StrictUndefined
from markupsafe import Markup, escape

from suture.model.addresses import spoken_phone
from suture.model.instants import local_date, wall_clock
from suture.web.signed_in import form_token, may, me
from suture.words.catalog import _, plural, spoken
from suture.words.dates import long_date, short_date

AUDIENCES = ("account", "clinician", "desk", "patient")
"""The packages of `web` that have templates."""


def clock(instant: datetime | None, tz: str) -> str:
    """ "07:40" in a zone; a dash for no time at all."""
    return f"{wall_clock(instant, tz):%H:%M}" if instant else "–"


def span(delta: timedelta) -> str:
    """ "35 min", "1 h 05", "3 days": how long until, or since."""
    minutes = int(abs(delta).total_seconds() // 60)
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60:02}"
    return plural("{n} day", "{n} days", minutes // (24 * 60))


def moment(instant: datetime, tz: str, today: date | None = None) -> str:
    """ "Mon, Nov 30, 15:00", or just "15:00" on the day the page is about."""
    if today and local_date(instant, tz) == today:
        return clock(instant, tz)
    local = wall_clock(instant, tz)
    return f"{short_date(local.date())}, {local:%H:%M}"


def seconds(whole: int | None) -> str:
    """ "45 s", "12 min 5 s", "1 h 20 min"; a dash for never."""
    if whole is None:
        return "–"
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def utc(instant: datetime) -> str:
    """ "Nov 30, 15:04", of the clock of no branch."""
    at = instant.astimezone(UTC)
    return f"{short_date(at.date())}, {at:%H:%M}"


def percent(share: float | None) -> str:
    """ "97.1%"; a dash where there is nothing to divide by."""
    if share is None:
        return "–"
    return f"{share * 100:.1f}%".replace(".0%", "%")


def capital(text: str) -> str:
    """The text with a capital letter at its start, whatever follows."""
    return text[:1].upper() + text[1:]


def said(text: str, /, **values: object) -> Markup:
    """`_` of the templates: the text and what fills it in are escaped, except for a value that is markup."""
    return escape(_(text)).format(**values) if values else escape(_(text))


@cache
def _environment() -> Environment:
    own = {audience: PackageLoader(f"suture.web.{audience}") for audience in AUDIENCES}
    env = Environment(
        loader=ChoiceLoader([PrefixLoader(own), PackageLoader("suture.web")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    env.filters.update(
        clock=clock, moment=moment, phone=spoken_phone, span=span, seconds=seconds, percent=percent, utc=utc
    )
    env.filters.update(capital=capital, long_date=long_date, short_date=short_date)
    env.globals.update(_=said, plural=plural, language=spoken, me=me, may=may, form_token=form_token)
    return env


def page(template: str, *, status: int = 200, **values: object) -> HTMLResponse:
    """One page."""
    return HTMLResponse(html(template, **values), status)


def html(template: str, **values: object) -> str:
    """The text of one page."""
    return _environment().get_template(template).render(**values)
