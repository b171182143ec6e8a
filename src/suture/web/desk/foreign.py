"""What a form that did not come from our own page is answered with."""

from fastapi.responses import Response

from suture.web.render import page
from suture.words.catalog import _


def foreign_form() -> Response:
    """The refusal of a form."""
    return page("refused.html", status=403, title=_("That did not come from this page"), why=_("Open it again."))
