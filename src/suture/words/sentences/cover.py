"""Why a position has no clinician: what keeps each of them from it, and how that is said of one and of several.

What is said of a clinician goes on from their name ("is a PT") unless its code is among `BESIDE_A_NAME`.
"""

from collections.abc import Mapping
from typing import Final

from suture.words.catalog import Sentence

COVER: Final[Mapping[str, Sentence]] = {
    "cover.of_one": "{who} {said}.",
    "cover.of_one_beside": "{who}: {said}.",
    "cover.of_few": "{who}: each {said}.",
    "cover.of_few_beside": "{who}: {said}.",
    "cover.of_many": "Each {said}: {who}.",
    "cover.of_many_beside": "{said}: {who}.",
    "cover.no_clinician": "No clinician of this branch can take it.",
    "cover.crowded": "The patient has other visits that day, and one has to end before the next begins.",
    "cover.waitlist": "Its patient did not confirm, so its time was given up. It takes what becomes free.",
    "cover.not_looked_at": "Which visits are in the way was not worked out: there may be too many.",
    "unknown.fix": "Enter what is missing, or correct the rule.",
    "conflict.visits": "Of those who work then, only {who} may do {visits}, and not all of them fit in.",
    "conflict.visit": "{visit} may take place {opens} to {closes}, by {who}.",
    "conflict.rule": "“{title}”",
    "conflict.ruled_out": (
        "{n} other clinician is ruled out by {rules}.",
        "{n} other clinicians are ruled out by {rules}.",
    ),
    "conflict.stopped": "Maybe fewer of these visits are already too many; checking that took too long.",
    "conflict.fix": "Find someone else, or agree with one of the patients on another time.",
    "who.more": ("{n} more", "{n} more"),
    "cover.because": "{because}",
    "cover.title": "{title}",
    "cover.rule": "Rule: {title}. {because}",
    "cover.seat": "may not take seat {seat} ({titles})",
    "cover.seat_because": "may not take seat {seat}: {because}",
    "cover.role": "is {role:a}; the visit needs {roles:a}",
    "skill": "{skill}",
    "cover.lacks": "lacks {skills}",
    "cover.no_license": "has no valid {role} license on that day",
    "cover.excluded": "is excluded for this patient",
    "cover.ruled_out": "is ruled out by “{title}”",
    "cover.rule_fails": "cannot check “{title}”: its condition fails, {fault}",
    "cover.facts_missing": "cannot check “{title}”: {fields} missing",
    "cover.not_asked": "the rulebook was not asked about this clinician",
    "cover.there_already": "is already going to this visit",
    "cover.declined": "has said no to this visit, or to more work today",
    "cover.no_shift": "has no shift in the time window",
    "cover.called_out": "called out, away from {at}",
    "cover.away": "is away from {at}",
    "cover.on_call": "is on call then, and is called in only after the plan is published",
    "cover.on_call_briefly": "is on call for too short a time then",
    "cover.on_call_but": "is on call, but {said}",
    "cover.on_call_beside": "is on call; {said}",
    "cover.price": "possible, at a price of {minutes} min of driving",
    "cover.late": "would come {minutes} min too late",
    "cover.later_stop": "would make a later stop {minutes} min too late",
    "cover.shift_end": "would be back {minutes} min after the end of the shift",
    "cover.rest": "would get {minutes} min too little rest ({title})",
    "cover.limit": "would go over a limit ({title})",
    "cover.together": "would split up what belongs together ({title})",
    "cover.needs_two": "already has the other position of this visit; it needs two people",
    "cover.cannot_move": "it has begun or is pinned, or the clinician has no shift that day",
    "cover.colleague": "cannot be there at the same time as the colleague",
    # the planner's own words, which name its rules
    "plan.window": "window: {minutes} min too late",
    "plan.window_later": "window: would make a later stop {minutes} min too late",
    "plan.shift_end": "shift_end: back {minutes} min after the end of the shift",
    "plan.rest": "rest: {minutes} min short ({because})",
    "plan.limit": "limit {rule}: {because}",
    "plan.together": "together {rule}: {because}",
}

BESIDE_A_NAME: Final = frozenset(
    {
        "as_written",
        "cover.because",
        "cover.colleague",
        "cover.facts_missing",
        "cover.not_asked",
        "cover.price",
        "cover.rule_fails",
        "plan.limit",
        "plan.rest",
        "plan.shift_end",
        "plan.together",
        "plan.window",
        "plan.window_later",
    }
)
"""What does not go on from a name."""
