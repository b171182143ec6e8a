"""A clinician with her link and her PIN, on the published morning of the demo."""

import re
from dataclasses import dataclass
from html import unescape
from typing import Any

from tests.flow.a_web_morning import OWN_PAGE, WebMorning

from suture.model.ids import PartyId
from suture.service import pins


@dataclass
class Her:
    """What she does in her browser, by the link and the cookie of a right PIN."""

    web: WebMorning
    id: int
    link: str
    pin: str
    cookie: str = ""

    def enter(self, pin: str | None = None, lang: str = "") -> Any:
        """Send a PIN, her own if no other is given."""
        query = f"?lang={lang}" if lang else ""
        return self.web.browser.post(f"{self.link}/pin{query}", data={"pin": self.pin if pin is None else pin})

    def sign_in(self) -> "Her":
        """Keep the cookie of the right PIN."""
        self.cookie = self.enter().headers["set-cookie"].split(";")[0]
        return self

    def get(self, query: str = "") -> Any:
        """Look at the day."""
        return self.web.browser.get(f"{self.link}/day{query}", headers={"Cookie": self.cookie} if self.cookie else {})

    def day(self, query: str = "") -> str:
        """The page, which must be there."""
        response = self.get(query)
        assert response.status_code == 200, response.status_code
        return str(response.text)

    def form(self, visit: int | None = None, html: str | None = None) -> dict[str, str]:
        """The hidden fields of the form about a visit, or of the first form about none."""
        for found in re.findall(r"<form.*?</form>", html or self.day(), re.DOTALL):
            fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', found))
            if fields.get("visit") == (None if visit is None else str(visit)):
                return {name: unescape(value) for name, value in fields.items() if name != "act"}
        raise AssertionError(f"no form about {visit}")

    def send(self, form: dict[str, str], **more: str) -> Any:
        """Send a form from her own page."""
        headers = {"Cookie": self.cookie, **OWN_PAGE}
        return self.web.browser.post(f"{self.link}/day", data={**form, **more}, headers=headers)

    def press(self, act: str, visit: int | None = None, **more: str) -> Any:
        """Press a button as the page stands now."""
        csrf_and_number = self.form(visit) if visit is not None else self._any_form()
        return self.send(csrf_and_number, act=act, **more)

    def _any_form(self) -> dict[str, str]:
        html = self.get("?step=out").text
        return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', html))

    def visits(self) -> list[dict[str, Any]]:
        """Her visits in the plan, in order."""
        return self.web.rows(
            """SELECT v.id, v.external_id, v.status, a.starts_at, p.given, p.family FROM assignment a
               JOIN visit v ON v.id = a.visit_id LEFT JOIN party p ON p.id = v.patient_id
               WHERE a.to_version IS NULL AND a.clinician_id = :id ORDER BY a.starts_at""",
            id=self.id,
        )

    def said(self) -> list[dict[str, Any]]:
        """Her signals."""
        return [s for s in self.web.signals() if s["source"] == "clinician_page"]


def a_clinician(web: WebMorning, n: int = 0) -> Her:
    """The n-th clinician who has a day, with a PIN of hers; most visits first."""
    found = web.rows(
        """SELECT a.clinician_id AS id FROM assignment a WHERE a.to_version IS NULL
           AND EXISTS (SELECT FROM patient_token k WHERE k.party_id = a.clinician_id AND purpose = 'clinician_day')
           GROUP BY 1 ORDER BY count(*) DESC, 1"""
    )[n]["id"]
    pin = pins.set_pin(web.caller, PartyId(found)).get_secret_value()
    return Her(web, found, web.link(purpose="clinician_day", party_id=found), pin)
