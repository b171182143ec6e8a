"""Every text on a clinician's page, by its key. Short sentences: it is read standing, in the sun, with one hand free.

No language guesses a gender: neither hers nor a patient's.
"""

from collections.abc import Mapping
from datetime import datetime

from suture.model.clinician_day import Mark
from suture.web.spoken_times import short_clock
from suture.words.catalog import LANGUAGES, base_language, in_language, marked
from suture.words.reason import Reason

WORDS: Mapping[str, str] = {
    # the PIN
    "pin.title": marked("Your PIN"),
    "pin.label": marked("PIN, 6 digits"),
    "pin.open": marked("Show my day"),
    "pin.wrong": marked("That PIN is not right. Tries left: {left}."),
    "pin.last": marked("That PIN is not right. One try left: another wrong PIN closes this link."),
    "pin.wait": marked("Too many wrong PINs. Wait 15 minutes, or call your branch."),
    "pin.over": marked("This day is over. Names and addresses are closed."),
    "pin.ask": marked("You have no PIN, or forgot it? Ask your branch for one by phone."),
    # for whoever has signed in
    "day.before": marked("Day before"),
    "day.after": marked("Day after"),
    "sign_out": marked("Sign out"),
    "board": marked("Board"),
    # the day
    "title": marked("Your day"),
    "day.none": marked("You have no visits on this day."),
    "day.none.gone": marked("You have no visits left on this day."),
    "day.unpublished": marked("This day is not published yet. You will get a message when it is."),
    "day.over": marked("All visits of this day are done. Thank you."),
    "sum.today": marked("Planned for the day, with driving and notes"),
    "sum.week": marked("Planned this week"),
    "sum.week.of": marked("of {most}"),
    "sum.hours": marked("Your hours"),
    "sum.over": marked("This is above your weekly limit."),
    "hm": marked("{hours} h {minutes:02} min"),
    "min": marked("{minutes} min"),
    "now": marked("Now"),
    "next": marked("Next"),
    "rest": marked("After that"),
    "earlier": marked("Earlier"),
    "gone": marked("No longer yours"),
    "told": marked("Patient's window {window}"),
    "drive.home": marked("{minutes} min drive from home"),
    "drive": marked("{minutes} min drive"),
    "drive.none": marked("Same place as the visit before"),
    "navigate": marked("Navigate"),
    "call": marked("Call"),
    "shift": marked("Shift"),
    "service": marked("Visit"),
    "service.SN": marked("Nursing visit"),
    "service.PT": marked("Physical therapy visit"),
    "service.OT": marked("Occupational therapy visit"),
    "service.ST": marked("Speech therapy visit"),
    "service.MSW": marked("Social work visit"),
    "service.HHA": marked("Aide visit"),
    "care": marked("{minutes} min of care"),
    "notes": marked("{minutes} min for notes"),
    "needs": marked("Needs: {skills}"),
    "pets": marked("Pets: {pets}"),
    "mark.new": marked("New"),
    "mark.moved": marked("Moved"),
    "mark.moved.from": marked("You were told {window}."),
    "kept_back": marked("Not confirmed by the patient: do not set out yet"),
    # what she has said
    "state.accepted": marked("You accepted this visit."),
    "state.declined": marked("You gave this visit back. We are looking for someone else."),
    "state.untold": marked("You will get a message about it. You can answer then."),
    "state.set_out": marked("On your way since {at}"),
    "state.arrived": marked("Arrived {at}"),
    "state.done": marked("Done {at}"),
    "state.not_home": marked("Not home, {at}"),
    "state.missed": marked("Did not take place"),
    "state.doubt": marked("You reported this at {at}. It does not fit the plan, so your branch will look at it."),
    # buttons
    "act.accept": marked("Accept"),
    "act.accept_all": marked("Accept all {n} visits"),
    "act.decline": marked("I can't do this visit"),
    "act.set_out": marked("On my way"),
    "act.arrived": marked("I have arrived"),
    "act.done": marked("Done"),
    "act.not_home": marked("Not home"),
    "act.more": marked("More"),
    # late
    "late.title": marked("Running late"),
    "late.explain": marked(
        "How late will you be at your next visit? Patients are told if you would miss their window."
    ),
    "late.other": marked("Other, in minutes"),
    "late.send": marked("Send"),
    "late.said": marked("You said: {minutes} min late, at {at}."),
    # away
    "out.title": marked("I can't work"),
    "out.link": marked("I can't work today"),
    "out.link.day": marked("I can't work that day"),
    "out.explain": marked("Your visits in that time go to someone else, and your branch is told."),
    "out.rest": marked("The rest of the day"),
    "out.day": marked("The whole day"),
    "out.span": marked("From – to"),
    "out.from": marked("From"),
    "out.until": marked("To"),
    "out.yes": marked("Yes, I can't work"),
    "out.said": marked("You called out from {starts} to {ends}."),
    "out.said.day": marked("You called out for the whole day."),
    "out.said.rest": marked("You called out from {starts} on."),
    # one visit
    "decline.title": marked("Give this visit back?"),
    "decline.explain": marked("It goes to someone else, and your branch is told."),
    "decline.why": marked("Why? (You may leave this empty. No names, please.)"),
    "decline.yes": marked("Yes, I can't do it"),
    "no": marked("No, go back"),
    # after a press
    "did.accept": marked("Thank you. You accepted the visit."),
    "did.accept_all": marked("Thank you. You accepted your visits."),
    "did.decline": marked("Recorded. We are looking for someone else."),
    "did.set_out": marked("Recorded: you are on your way."),
    "did.arrived": marked("Recorded: you have arrived."),
    "did.done": marked("Recorded: the visit is done."),
    "did.not_home": marked("Recorded: no one was home. Your branch will call the patient."),
    "did.late": marked("Recorded. Your branch sees that you are late."),
    "did.out": marked("Recorded. Your visits in that time are given to others."),
    "error": marked("Error"),
    "error.moved_on": marked("Your list changed while this page was open. Look again, then press once more."),
    "error.not_now": marked("That cannot be recorded for this visit now. Call your branch if it should be."),
    "error.bad_time": marked("Check the time: it must be on this day, and not past."),
    "error.foreign": marked("We could not tell that this came from you. Press once more."),
    "error.choose": marked("Choose one of the buttons."),
    # why it changed
    "why.away": marked("A colleague is away."),
    "why.cancelled": marked("The patient cancelled."),
    "why.agency": marked("The visit was cancelled."),
    "why.time": marked("The patient asked for another time."),
    "why.late": marked("Someone is running late."),
    "why.longer": marked("A visit takes longer than planned."),
    "why.added": marked("A visit was added."),
    "why.asked": marked("What was asked for changed."),
    "why.moved": marked("The visit moved to another day."),
    "why.held": marked("The visit is on hold."),
    "why.roads": marked("Roads or a site are closed, or driving takes longer."),
    "why.hours": marked("Someone's hours changed."),
    "why.given_back": marked("A visit was given back."),
    "why.out": marked("You called out."),
    "why.yours": marked("You gave it back."),
    "why.room": marked("Other visits had to be moved."),
    "why.plan": marked("The plan changed."),
    # on every page
    "phone": marked("Your branch:"),
    "emergency": marked("In an emergency, call 911."),
    "language": marked("Language"),
}
_WHY = {
    "signal.call_out": "why.away",
    "signal.time_off": "why.away",
    "signal.away_leave": "why.away",
    "signal.away_terminated": "why.away",
    "signal.away_elsewhere": "why.away",
    "signal.away_unclear": "why.away",
    "signal.gone": "why.away",
    "signal.no_check_in": "why.away",
    "signal.cancelled_by_patient": "why.cancelled",
    "signal.answered_cancel": "why.cancelled",
    "signal.cancelled_by_agency": "why.agency",
    "signal.cancelled_under_way": "why.agency",
    "changed.released": "why.agency",
    "signal.answered_decline": "why.time",
    "signal.answered_reschedule": "why.time",
    "signal.late": "why.late",
    "signal.begun": "why.late",
    "signal.runs_over": "why.longer",
    "signal.no_check_out": "why.longer",
    "signal.added": "why.added",
    "signal.reopened": "why.added",
    "signal.released": "why.added",
    "signal.changed": "why.asked",
    "change.fewer": "why.asked",
    "signal.moved": "why.moved",
    "change.moved_day": "why.moved",
    "signal.held": "why.held",
    "change.held": "why.held",
    "signal.site_closed": "why.roads",
    "signal.area_closed": "why.roads",
    "signal.slow": "why.roads",
    "signal.roster_status": "why.hours",
    "signal.roster_hours": "why.hours",
    "signal.free": "why.hours",
    "signal.declined": "why.given_back",
    "changed.reassigned": "why.room",
    "changed.retimed": "why.room",
    "change.needed": "why.room",
    "change.needed_because": "why.room",
}
"""What a clinician is told of a reason: what happened, and of no colleague or patient who it was."""


def chosen_language(asked: str | None, own: str) -> str:
    """The language of a page: the one asked for by its link, else the reader's own, else English."""
    return asked if asked in LANGUAGES else base_language(own)


def say(key: str, lang: str, **values: object) -> str:
    """One text, filled in."""
    return in_language(lang, WORDS[key], **values)


def why(because: Reason | None, lang: str) -> str:
    """Why a visit is new, moved or gone, in one sentence."""
    return say(_why_key(because) or "why.plan", lang)


def _why_key(because: Reason | None) -> str:
    if because is None:
        return ""
    if because.code in _WHY:
        return _WHY[because.code]
    parts = (p for _name, value in because.values for p in (value if isinstance(value, tuple) else (value,)))
    return next((key for p in parts if isinstance(p, Reason) and (key := _why_key(p))), "")


def mark_words(mark: Mark | None, lang: str) -> str:
    """New or moved, in a word; nothing where she was told it as it is."""
    return say(f"mark.{mark}", lang) if mark else ""


def at_clock(key: str, lang: str, instant: datetime, tz: str) -> str:
    """A text with a time in it."""
    return say(key, lang, at=short_clock(instant, tz))


def minutes_words(minutes: int, lang: str) -> str:
    """ "7 h 05 min", or "45 min"."""
    hours, rest = divmod(minutes, 60)
    return say("hm", lang, hours=hours, minutes=rest) if hours else say("min", lang, minutes=rest)
