"""Asking people to take what has no clinician: what it would take of them, who is not asked, and what came of it."""

from collections.abc import Mapping
from typing import Final

from suture.words.catalog import Sentence

FILL: Final[Mapping[str, Sentence]] = {
    # what taking it would mean for someone
    "fill.on_call": "on call (tier {tier})",
    "fill.drive": "{minutes} min more driving",
    "fill.extra": "{minutes} min outside their hours",
    "fill.overtime": "{minutes} min of overtime",
    "fill.knows": ("saw the patient {n} time", "saw the patient {n} times"),
    "fill.pushed": "other visits up to {minutes} min later",
    "fill.rest": "{hours} h until their next visit",
    "fill.answers": ("said yes to {yes} of {n} offer", "said yes to {yes} of {n} offers"),
    # why someone who could take it is not asked now
    "fill.unreachable": "no text or e-mail can reach them: call",
    "fill.often": ("was asked {n} time today", "was asked {n} times today"),
    "fill.quiet": "is not asked before {at}",
    "fill.said_no": "said no at {at}",
    "fill.asked": "was asked at {at} and has not answered",
    "fill.silent": "did not answer when asked at {at}",
    # what was tried, step by step
    "ladder.cover": "No clinician can take it within their hours.",
    "ladder.asked": "{who} was asked at {at}.",
    "ladder.took": "{who} took it at {at}.",
    "ladder.said_no": "{who} said no at {at}.",
    "ladder.silent": "{who} did not answer when asked at {at}.",
    "ladder.unfit": "{who} was asked at {at}, and can no longer take it.",
    "ladder.covered": "{who} was asked at {at}, and someone else took it.",
    "ladder.withdrawn": "{who} was asked at {at}, before the visit changed.",
    "ladder.no_one_left": "There is no one left to ask now.",
    "ladder.shift": "Find someone from outside, or close the shift.",
    "ladder.other_day": "Ask the patient whether another day of the week will do.",
    "ladder.time_critical": "It is time-critical: another day will not do. Call now.",
    "ladder.step_down": "If the care plan allows it, fewer people may go: a supervisor decides.",
    "ladder.missed": "Whether it is missed is for a person to decide.",
    # what a signal did
    "signal.asking": "people are asked to take visit {visit}",
    "signal.took": "{who} took visit {visit}",
    "signal.offer_passed": "{who} said no to an offer",
    "signal.offer_willing": "{who} would take it; the best answer wins when the time is up",
    "signal.offer_late": "{who} said yes to an offer that is no longer open",
    "signal.offer_unfit": "{who} said yes, but can no longer take it: {why}",
    "signal.offer_again": "the answer to an offer was known already",
    "signal.offer_given_back": "{who} said no to visit {visit} after taking it",
    "signal.offer_expired": "the time to answer an offer of visit {visit} is over",
    "signal.offer_other": "an answer came to an offer that was made to someone else",
    "signal.offer_covered": "visit {visit} needs no one to be asked",
    "signal.offer_pending": "people are being asked about visit {visit} already",
    "signal.offer_unconfirmed": "no one is asked about visit {visit}: its patient has not confirmed",
    "signal.offer_unpublished": "no one is asked before the day is published",
    "report.offer_given_back": "{who} took visit {visit} and now says no. Call, and report a call-out if "
    "they cannot go.",
    "report.offer_answers": (
        "This clinician has changed their answer to an offer {n} time. Further answers are not taken. Call them.",
        "This clinician has changed their answer to an offer {n} times. Further answers are not taken. Call them.",
    ),
    # why a message exists
    "told.offer": "A visit has no clinician, and this person could take it.",
    "told.offer_won": "This person said yes, and has the visit.",
    "told.offer_gone": "The offer is no longer open to this person.",
}
