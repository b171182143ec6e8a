"""What a person is asked to look at because of a report, an answer or the day itself, and why that is over."""

from collections.abc import Mapping
from typing import Final

from suture.words.catalog import Sentence

REPORTS: Final[Mapping[str, Sentence]] = {
    "report.other_day": "Signal {signal} is about a visit that was moved to another day. Make the change by hand.",
    "report.cancelled_begun": "It was cancelled after it had begun. Ask the clinician what happened.",
    "report.check_in_closed": "Someone checked in, but the visit was {status}. Ask who is there.",
    "report.check_in_again": "{who} checked in after the visit had begun. Ask whose visit it was.",
    "report.check_in_again_with": "{who} checked in after the visit had begun with {planned}. Ask whose visit it was.",
    "report.check_in_early": "{who} checked in at {at}, but the visit may not begin before {opens}. "
    "Ask where they were.",
    "report.check_in_early_unnamed": "Someone checked in at {at}, but the visit may not begin before {opens}. "
    "Ask who, and where.",
    "report.check_in_though": "The visit was {status}, but {who} checked in at {at}. Call them, then the patient.",
    "report.two_at_once": "{who} also began visit {others} and has not ended it. Ask where they are.",
    "report.checked_in_instead": (
        "{who} checked in, but {planned} was planned. Ask whose visit it was.",
        "{who} checked in, but {planned} were planned. Ask whose visit it was.",
    ),
    "report.was_there_instead": (
        "{who} was there, but {planned} was planned. Ask whose visit it was.",
        "{who} was there, but {planned} were planned. Ask whose visit it was.",
    ),
    "report.both_outcomes": "It was reported as {first}, then as {then}. Ask which it was.",
    "report.there_though": "The visit was {status}, but {who} was there. Call them.",
    "report.ended_closed": "Someone reported the visit as ended at {ended}, but it was {status}. Ask who was there.",
    "report.ended_first": "{who} reported the visit as ended at {ended}, before it began at {began}. "
    "Ask what happened.",
    "report.ended_early": "{who} reported the visit as ended at {ended}, but it may not begin before {opens}. "
    "Ask what happened.",
    "report.no_one_home": "No one was home. Call the patient and offer another time.",
    "report.over_before_begun": "It was reported as running over, but by the plan it has not begun. Ask when it did.",
    "report.moved_told": "It was moved to {day}, but the patient was told {told_day}, at {told}. Call the patient.",
    "report.declined": "The patient said no to this time. Call to agree on another, or cancel.",
    "report.other_time": "The patient asks for another time.",
    "report.cannot_do": "{who} cannot do {count} of the visits they were told. They go to others where they can.",
    "hold.inpatient": "The patient is in the hospital. No clinician is sent and no message goes out: cancel the "
    "visit, or correct the status.",
    "hold.discharged": "The patient has been discharged. No clinician is sent and no message goes out: cancel the "
    "visit, or correct the status.",
    "hold.deceased": "The patient has died. No clinician is sent and no message goes out: cancel the visit, or "
    "correct the status.",
    "hold.unclear": "The patient's status could not be read. No clinician is sent and no message goes out: cancel "
    "the visit, or correct the status.",
    "held.told": "The visit is on hold, and the patient was told {told}. Call the patient.",
    "credential.license_expired": "{who}'s {what} license expired on {day:y}. Visits that need it go to others.",
    "credential.expired": "{who}'s {what} credential expired on {day:y}. Visits that need it go to others.",
    "credential.license_expires": "{who}'s {what} license is valid through {day:y}. Later visits that need it go to "
    "others.",
    "credential.expires": "{who}'s {what} credential is valid through {day:y}. Later visits that need it go to others.",
    # why a case is over
    "closed.covered": "the position is covered or no longer needed",
    "closed.off_hold": "the visit is no longer on hold",
    "closed.renewed": "the credential was renewed",
    "closed.accepted": "accepted",
    "closed.cancelled": "the visit was cancelled",
    "closed.answered_accept": "the patient said yes",
    "closed.answered_cancel": "the patient cancelled",
    "closed.status_known": "the clinician's status is known again",
    "closed.visit_over": "the visit is over",
    "closed.said_by_uncovered": "the case of the uncovered visit says it",
    "closed.arrived": "a message has arrived",
    "closed.told": "the new time was told",
    "closed.read": "the text was read",
}
