"""Why a message exists, why it was not sent, and what a text that came in asks of a person."""

from collections.abc import Mapping
from typing import Final

from suture.words.catalog import Sentence

MESSAGES: Final[Mapping[str, Sentence]] = {
    "told.published": "The day was published.",
    "told.not_asked": "The patient has not been asked yet.",
    "told.time_changed": "The time the patient was told has changed.",
    "told.cancelled": "The visit will not take place.",
    "told.calendar": "An entry in the patient's calendar is older than what they were told.",
    "told.list_changed": "The clinician's own list has changed.",
    "told.list_empty": "The clinician has no visits left.",
    "told.set_out": "The clinician is to set out for the visit at {at}, which waited for its patient's answer.",
    "told.stand_down": "The clinician is not to set out for the visit at {at}: its patient has not said yes.",
    "told.text_came": "A text came in.",
    "told.on_call": "A critical case waits, and no one has taken it.",
    "told.over_budget": "That is more changes in one day than one person should get by message. Call as well, and "
    "explain.",
    # what a text that came in asks of a person
    "text.shared_number": "A text came in. Several people who share this number have been asked. Read it and call "
    "back.",
    "text.asked_which": "A text came in. Several people who share this number have been asked, so a text has "
    "asked back which visit it means. Read it if no answer comes.",
    "text.no_question": "A text came in. No question to it is open. Read it and call back.",
    "text.visit_moved": "A text came in. It answers a visit that has no clinician, is on hold, was moved to another "
    "day, or has a new time that may not have arrived. Read it and call back.",
    "text.other_day": "A text came in. It names another day than the one that was asked about. Read it and call back.",
    "text.clinician_time": "A text came in. A clinician asks for another time. Read it and call back.",
    "text.tapped": "A tap on a question came in, such as a heart. Read it and call back.",
    "text.offer_shared": "A text came in that may answer an offer of a visit. Several people share this number, so no "
    "one has taken it. Read it, call back, and report the answer.",
    "text.offer_or_else": "A text came in from a clinician who was asked to take a visit and was sent something else "
    "since. It may be about either. Read it and call back.",
    "text.offer_which": "A text came in from a clinician who was asked to take several visits. It does not say which "
    "one it means. Read it and call back.",
    "text.attachments": (
        "A text came in with {n} picture or file, which Suture does not keep. Call back.",
        "A text came in with {n} pictures or files, which Suture does not keep. Call back.",
    ),
    "text.late": "A text from a clinician who is late came in. Suture could not report it. Read it and report it.",
    "text.patient_late": "A text came in that says that someone is late. Read it and tell the clinician.",
    "text.call_out": "A text came in that reads like a call-out. Read it, call back, and report it if it is one.",
    "text.call_out_asked": "A text came in that reads like a call-out for {day}. A text has asked back whether "
    "it is one. Call if no answer comes.",
    "text.call_out_unsure": "A text came in after Suture asked back about a call-out. It could not be read as an "
    "answer to that. Read it and call back.",
    "text.unclear": "A text came in. It could not be read as an answer. Nothing more is texted to this number until "
    "the text is marked as read. Read it and call back.",
    "text.emergency": "A text with words of an emergency came in. Read it and call at once. Nothing more is texted to "
    "this number until the text is marked as read.",
    "text.stopped": "The patient wants no more texts and has a visit soon. Call to agree on how to reach them.",
    "mail.stopped": "The patient wants no more e-mail and has a visit soon. Call to agree on how to reach them.",
    # what a text may mean that a person must read
    "reading.accept": "Maybe it means yes.",
    "reading.decline": "Maybe it means no.",
    "reading.reschedule": "Maybe it asks for another time.",
    "reading.late": "Maybe someone is running late.",
    "maybe_late": ("Maybe someone is {n} minute late.", "Maybe someone is {n} minutes late."),
    "reading.call_out": "Maybe it is a call-out.",
    # why a person must be called instead
    "untold.no_channel": "No phone number or e-mail address on file that we may use.",
    "untold.unclear": "The import could not read this clinician's status, so no message goes out. Fix the staff file "
    "and import it again.",
    "untold.too_late": "Quiet hours end too late for a message to be of use.",
    "not_sent": "A message could not be sent: {why}.",
    # why a message was not sent
    "unsent.stale": "what it says is no longer true",
    "unsent.too_late": "it is too late to be of use",
    "unsent.answered": "already answered",
    "unsent.told_already": "the recipient was last told exactly this",
    "unsent.no_address": "no address",
    "unsent.unclear": "the import could not read the person's status",
    "unsent.inactive": "the person is not active",
    "unsent.opted_out": "the address is closed for this channel",
    "unsent.no_consent": "no consent",
    "unsent.unread": "a text from this number has not been read yet",
    "unsent.quiet": "quiet hours",
    "unsent.quiet_too_long": "quiet hours end too late for it to be of use",
    "unsent.unknown": "it may or may not have arrived, and is not sent again by itself",
    "unsent.not_written": "it could not be written ({error})",
    "template.too_long": "takes {n} segments at its longest ({places} places in {encoding}), and may take {most}",
    "template.private": 'says "{word}", which no one who may read along should read',
    "template.acted_on": 'says "{word}", which carriers take for a wish to be left alone',
    "template.unreadable": "has a brace that is not closed",
    "template.unknown_variable": "names what is never filled in: {names}",
    "template.missing_variable": "does not name what the English text names: {names}",
    "unsent.refused": "the provider refused it for good ({code})",
    "unsent.gone": "the provider says that there is no such address ({code})",
    "unsent.stopped": "the provider says that its owner wants no more messages ({code})",
    "unsent.other_kind": "the provider says that no messages of this kind arrive at this number ({code})",
    "unsent.away": "the provider could not be reached {count} times",
    "unsent.away_still": "the provider could not be reached {count} times; it is still being tried",
    "unsent.away_too_long": "the provider could not be reached until it was too late to send",
    "unsent.no_adapter": "no adapter serves this channel",
    "unsent.enough_today": "the recipient has had as many reminders as are allowed in a day",
    "unsent.enough_this_week": "the recipient has had as many reminders as are allowed in a week",
}
