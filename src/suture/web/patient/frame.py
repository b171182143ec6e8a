"""The frame of the pages behind a link: whose it is, in which language, and which of several visits it is about."""

from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi.responses import Response

from suture.model.links import LinkView, UnsubscribeLink
from suture.web.patient.words import say
from suture.web.render import page
from suture.words.catalog import LANGUAGES, language_name


@dataclass(frozen=True, slots=True)
class At:
    """Where a reader is behind a link: the language of the page, and the visit where the link leads to several."""

    lang: str
    visit: int | None = None
    pin_at: str = ""
    """Where a clinician's PIN is entered; empty where there is none to enter, or she has none."""

    def query(self, **more: str) -> str:
        """The query of an address relative to the page, so that the token stays out of it."""
        own = {} if self.visit is None else {"visit": str(self.visit)}
        return "?" + urlencode({"lang": self.lang, **own, **more})


def link_page(
    template: str, view: LinkView | UnsubscribeLink, at: At, title: str, *, status: int = 200, **values: object
) -> Response:
    """One page of this audience in the frame."""
    return page(
        f"patient/{template}",
        status=status,
        title=title,
        at=at,
        others=[(code, language_name(code), At(code, at.visit).query()) for code in LANGUAGES if code != at.lang],
        agency=view.agency,
        phone=view.phone,
        t=lambda key, **filled_in: say(key, at.lang, **filled_in),
        **values,
    )
