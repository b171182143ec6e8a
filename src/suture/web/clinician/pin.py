"""The page that asks for a PIN."""

from fastapi.responses import Response

from suture.model.links import ClinicianLink
from suture.service.answer_link import look_up
from suture.service.caller import Caller
from suture.service.pins import Entered, Tried
from suture.web.clinician.page import query
from suture.web.clinician.words import chosen_language, say
from suture.web.render import page
from suture.words.catalog import LANGUAGES, language_name

_STATUS = {Tried.WRONG: 403, Tried.WAIT: 429, Tried.OVER: 403}


def pin_page(caller: Caller, token: str, asked: str, entered: Entered | None = None) -> Response | None:
    """Asks for the PIN, and says what was wrong with the last one; None for a link that leads to no clinician's day."""
    view = look_up(caller, token)
    if not isinstance(view, ClinicianLink):
        return None
    lang = chosen_language(asked, view.lang)
    return page(
        "clinician/pin.html",
        status=_STATUS[entered.tried] if entered else 200,
        title=say("pin.title", lang),
        lang=lang,
        others=[(code, language_name(code), query(code)) for code in LANGUAGES if code != lang],
        agency=view.agency,
        phone=view.phone,
        t=lambda key, **filled_in: say(key, lang, **filled_in),
        notice="",
        error=_wrong(entered, lang) if entered else "",
    )


def _wrong(entered: Entered, lang: str) -> str:
    if entered.tried is not Tried.WRONG:
        return say(f"pin.{entered.tried}", lang)
    return say("pin.last", lang) if entered.left == 1 else say("pin.wrong", lang, left=entered.left)
