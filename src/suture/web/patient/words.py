"""Every text on the pages behind a link, by its key. Short sentences, the words of the texts.

No language guesses the gender of whoever comes, and a medical translator checks a translation before real patients read
it. `{day}` and `{window}` come from `spoken_times`.
"""

from collections.abc import Mapping

from suture.words.catalog import LANGUAGES, base_language, in_language, marked

WORDS: Mapping[str, str] = {
    # the question
    "ask.nurse": marked("Can you be home for your nurse on {day}?"),
    "ask.therapist": marked("Can you be home for your therapist on {day}?"),
    "ask.aide": marked("Can you be home for your aide on {day}?"),
    "ask.social_worker": marked("Can you be home for your visit on {day}?"),
    "ask.appointment": marked("Can you come to your appointment on {day}?"),
    "when.visit": marked("We plan to come {window}."),
    "when.appointment": marked("Your appointment is {window}."),
    "yes.visit": marked("Yes, I will be home"),
    "yes.appointment": marked("Yes, I will come"),
    "move": marked("I need a different time"),
    "cancel.visit": marked("Cancel this visit"),
    "cancel.appointment": marked("Cancel this appointment"),
    "when.clinic": marked("It is at {clinic}."),
    "yes.already": marked("You said yes for {day}"),
    "already.accepted": marked("You said yes to this time."),
    "already.declined": marked("You told us that this time does not work for you. You can still change your answer."),
    "moved_on": marked("The time changed while this page was open. Please look at the new time and answer again."),
    "choose": marked("Choose one of the answers."),
    "error": marked("Error"),
    # several visits of one day
    "several": marked("Your visits on {day}"),
    "several.other": marked("Another time, or cancel"),
    "several.back": marked("See all my visits"),
    "several.unsure": marked("{state}. {what_next}"),
    "several.declined": marked("You told us that this time does not work for you."),
    "who.nurse": marked("Your nurse"),
    "who.therapist": marked("Your therapist"),
    "who.aide": marked("Your aide"),
    "who.social_worker": marked("Your visit"),
    "who.appointment": marked("Your appointment"),
    # cancelling asks once more
    "sure.visit": marked("Do you want to cancel your visit on {day}?"),
    "sure.appointment": marked("Do you want to cancel your appointment on {day}?"),
    "sure.explain": marked("If you cancel, we will not expect to see you on that day."),
    "sure.yes": marked("Yes, cancel"),
    "sure.no": marked("No, go back"),
    # after an answer
    "said.accept": marked("Thank you. Your visit is confirmed."),
    "said.accept.next": marked("We will see you on {day}, {window}."),
    "said.reschedule": marked("Thank you. We know that you need a different time."),
    "said.reschedule.next": marked(
        "Someone from our office will call you to set up a new time. Until then, nothing has changed."
    ),
    "said.reschedule.unsure": marked("Someone from our office will call you to set up a new time."),
    "said.cancel": marked("Thank you. We are cancelling your visit."),
    "said.cancel.next": marked("You do not need to do anything else. Call us if you need another visit."),
    "change": marked("Change my answer"),
    # nothing to answer
    "closed.cancelled": marked("You cancelled."),
    "cancelled.visit": marked("Your visit on {day} is cancelled."),
    "cancelled.appointment": marked("Your appointment on {day} is cancelled."),
    "cancelled.next": marked("Please do not wait for us. We will call you. You can also call us."),
    "closed": marked("This can no longer be changed here"),
    "closed.next": marked("The visit has begun or is over. Call us if you have a question."),
    # what was told is no longer planned, and the next message has not left
    "changing": marked("We are changing the time of your visit"),
    "checking": marked("We are checking the time of your visit"),
    "told": marked("We told you {day}, {window}."),
    "changing.next": marked(
        "Please do not count on that time. We will write to you or call you. You can also call us."
    ),
    "checking.next": marked(
        "That time may change. If it does, we will write to you or call you. You can also call us."
    ),
    "checking.call": marked("Please do not count on that time. Call us if you have a question."),
    "away": marked("We will be back in a moment. Reload this page."),
    "gone": marked("This link no longer works. Call us."),
    # the link that ends e-mail
    "mail.ask": marked("Do you want us to send you no more e-mail?"),
    "mail.explain": marked(
        "This is about e-mail only. Your visits stay as they are, and we can still text or call you."
    ),
    "mail.yes": marked("Send me no more e-mail"),
    "mail.none": marked("We will send you no more e-mail."),
    "mail.next": marked("Your visits stay as they are. If one is soon, someone from our office may call you."),
    # on every page
    "call": marked("Questions? Call us:"),
    "emergency": marked("In an emergency, call 911."),
    "language": marked("Language"),
    # a clinician's day
    "day.ask": marked("Can you do these visits on {day}?"),
    "day.title": marked("Your day on {day}"),
    "day.none": marked(
        "You have no visits left on this day. Your visits went to colleagues or back to the coordinator; "
        "there is nothing to confirm."
    ),
    "day.over": marked("Your visits have begun or are over. They can no longer be changed here."),
    "day.told": marked("patient was told {window}"),
    "day.untold": marked("patient not told yet"),
    "day.told.new": marked("patient was told {told}; patient not told yet: {new}"),
    "day.kept_back": marked("not confirmed: do not set out yet"),
    "day.shift": marked("Shift"),
    "day.patient": marked("Patient {label}"),
    "day.accept": marked("Accept"),
    "day.decline": marked("I cannot do these"),
    "day.sure": marked("Do you want to give these visits back?"),
    "day.sure.explain": marked(
        "The visits in this message will go to someone else, and your coordinator will be told."
    ),
    "day.sure.yes": marked("Yes, I cannot do them"),
    "day.already.accepted": marked("You accepted this day."),
    "day.already.declined": marked("You said that you cannot do these."),
    "day.said.accept": marked("Thank you. Your day is confirmed."),
    "day.said.accept.next": marked("We will send you a message if anything changes."),
    "day.said.decline": marked("Thank you. We are looking for someone else."),
    "day.said.decline.next": marked(
        "You will get a message when your list has changed. Until then, call us if someone is expecting you."
    ),
    "day.see": marked("See my day"),
    "day.pin": marked("See names and addresses: enter your PIN"),
    "day.pin.open": marked("Show names and addresses"),
    "day.pin.none": marked("To see names and addresses here, ask us for a PIN by phone."),
    "day.to_see": marked("To accept these visits or give one back, open the link of the message about them."),
    # a clinician is asked to take what has no one
    "offer.open.visit": marked("Can you take a visit on {day}?"),
    "offer.open.shift": marked("Can you take a shift on {day}?"),
    "offer.where": marked("{area}, {span}"),
    "offer.service": marked("Visit, {minutes} min."),
    "offer.service.SN": marked("Nursing visit, {minutes} min."),
    "offer.service.PT": marked("Physical therapy visit, {minutes} min."),
    "offer.service.OT": marked("Occupational therapy visit, {minutes} min."),
    "offer.service.ST": marked("Speech therapy visit, {minutes} min."),
    "offer.service.MSW": marked("Social work visit, {minutes} min."),
    "offer.service.HHA": marked("Aide visit, {minutes} min."),
    "offer.service.shift": marked("Shift, {minutes} min."),
    "offer.documentation": marked("Documentation takes {minutes} min more."),
    "offer.why": marked("What it means for you:"),
    "offer.fill.on_call": marked("You are on call then."),
    "offer.fill.drive": marked("{minutes} min more driving"),
    "offer.fill.extra": marked("{minutes} min outside your hours"),
    "offer.fill.overtime": marked("{minutes} min of overtime"),
    "offer.fill.knows": marked("You have seen this patient before."),
    "offer.fill.pushed": marked("Your other visits begin up to {minutes} min later."),
    "offer.fill.rest": marked("{hours} h until your next visit"),
    "offer.until": marked("You can answer until {at}."),
    "offer.take": marked("I'll take it"),
    "offer.pass": marked("Not this time"),
    "offer.passed": marked("You said no. You can still take it."),
    "offer.waiting": marked("We have your answer"),
    "offer.waiting.next": marked("You said yes. It is not yours yet: we are checking, and will send you a message."),
    "offer.look": marked("Look again"),
    "offer.yours": marked("It is yours"),
    "offer.yours.next": marked("Thank you. It is on your schedule."),
    "offer.covered": marked("This is already covered"),
    "offer.covered.next": marked("Thank you. You do not need to do anything."),
    "offer.unfit": marked("This no longer fits your day"),
    "offer.unfit.next": marked("Thank you. Your schedule stays as it is. Call us if you have a question."),
    "offer.over": marked("This is no longer open"),
    "offer.over.next": marked("Thank you. You do not need to do anything."),
    "offer.expired": marked("The time to answer is over"),
    "offer.expired.next": marked("Call us if you could still take it."),
    "offer.limit": marked("You have changed your answer many times. Please call us."),
}


def chosen_language(asked: str | None, own: str) -> str:
    """The language of a page: the one asked for by its link, else the reader's own, else English."""
    return asked if asked in LANGUAGES else base_language(own)


def say(key: str, lang: str, **values: str) -> str:
    """One text, filled in."""
    return in_language(lang, WORDS[key], **values)
