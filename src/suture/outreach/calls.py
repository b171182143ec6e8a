"""What a phone call says: who calls, and only to someone who presses a key what it is about. Pure.

Whoever or whatever answers hears the agency and its number: an answering machine keeps no more than that.
"""

from datetime import date

from suture.model.instants import wall_clock
from suture.model.messages import Step
from suture.model.plan import ToldWindow
from suture.outreach.words import spoken_day
from suture.words.catalog import _, marked, speaking

CALLED_STEPS = frozenset({Step.P_CHANGED, Step.P_CANCELLED})
"""What may be called about, where no text reached the patient."""
_ANSWERS = marked("Press 1 if this works for you. Press 2 if it does not. Press 3 if you need another time.")


def opening(lang: str, agency: str) -> str:
    """The first sentence of a call."""
    with speaking(lang):
        return _("This is {agency}. To hear a message from us, press 1.", agency=agency)


def closing(lang: str, phone: str) -> str:
    """The last one where no key was pressed."""
    with speaking(lang):
        return _("Please call us at {phone}. Goodbye.", phone=_digits(phone))


def message(step: Step, lang: str, day: date, window: ToldWindow | None, tz: str) -> str:
    """What it is about, and which keys answer it, as in a text."""
    when = spoken_day(day, lang)
    with speaking(lang):
        if step is Step.P_CANCELLED or window is None:
            return _("Your visit on {day} will not take place. We will call you.", day=when)
        opens, closes = (f"{wall_clock(t, tz):%-I:%M %p}" for t in (window.open, window.close))
        if opens == closes:
            said = _("Your visit on {day} is now at {time}.", day=when, time=opens)
        else:
            said = _("Your visit on {day} is now between {start} and {end}.", day=when, start=opens, end=closes)
        return f"{said} {_(_ANSWERS)}"


def thanks(lang: str, *, someone_calls: bool) -> str:
    """The end of a call that was answered."""
    with speaking(lang):
        return _("Thank you. Someone will call you. Goodbye.") if someone_calls else _("Thank you. Goodbye.")


def _digits(phone: str) -> str:
    """A number read out digit by digit, in the groups it is written in."""
    return ", ".join(" ".join(group) for group in phone.split("-"))
