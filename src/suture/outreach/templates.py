"""What messages say: one short text for a phone, a subject and a longer text for e-mail. Every mail ends in the agency.

Only five things may be filled in: agency, day, window, phone, link. Nothing says who is ill, who comes, or where,
except the name of the clinic that someone must come to; a text to a phone leaves that out where it has no room. Who is
on call reads of no one at all: which branch's board, since when, and the number of the case.
The short texts stay inside one segment with the longest agency name that is accepted and a link of 50, in every
language (`outreach/template_lint.py` refuses any other); one about several visits of a day takes two where it must.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from string import Formatter

from suture.model.messages import Channel, Step
from suture.outreach.segments import measure
from suture.outreach.words import for_a_phone, without_weekday
from suture.words.catalog import _, marked, speaking
from suture.words.reason import listed

LONGEST_AGENCY = 36
"""In places of GSM-7: a longer name would send the longest text in two segments."""
VARIABLES = frozenset({"agency", "day", "window", "phone", "link"})
OF_A_QUESTION_BACK = frozenset({"agency", "phone", "choices"})
OF_AN_OFFER = frozenset({"agency", "phone", "day", "window", "link", "area", "by"})
OF_A_CASE = frozenset({"agency", "phone", "branch", "since", "case", "cases"})
QUESTIONS = marked("Questions? Call {phone}.")


@dataclass(frozen=True, slots=True)
class Template:
    """One step. `closing` comes after the long text; `compact` is said where `short` would take a second segment."""

    short: str
    subject: str
    long: str
    closing: str = QUESTIONS
    compact: str = ""


class Gone(StrEnum):
    """Why someone who was asked can no longer take it."""

    COVERED = "covered"
    OVER = "over"
    UNFIT = "unfit"


@dataclass(frozen=True, slots=True)
class Slot:
    """When a visit is expected, in words; `clinic`, where one must come to, is said with it."""

    window: str
    clinic: str = ""


@dataclass(frozen=True, slots=True)
class Values:
    """What is filled in; a text uses those it names. `day` is for a phone, `long_day` for e-mail.

    `choices`: what a question back offers, each a day, empty where all are on one, and a time, as they are numbered.
    `slots`: when each visit is expected, in order; more than one where the message is about several. Of a cancellation,
    `only` tells the visit from others of that day, and `as_asked`: the patient cancelled it. Of a case, `branch` and
    `case` say where to find it, and `since` when it became critical; of several `cases` it is the first. Of an offer,
    `area` says where, `by` until when it can be taken, and `gone` why it no longer can.
    """

    agency: str
    phone: str
    day: str = ""
    long_day: str = ""
    slots: tuple[Slot, ...] = ()
    link: str = ""
    only: str = ""
    as_asked: bool = False
    branch: str = ""
    since: str = ""
    case: int = 0
    cases: int = 0
    choices: tuple[tuple[str, str], ...] = ()
    area: str = ""
    by: str = ""
    gone: Gone | None = None

    def named(self, day: str) -> str:
        """The day, with the time of the visit where the patient has others that day."""
        return f"{day} ({self.only})" if self.only else day


@dataclass(frozen=True, slots=True)
class Text:
    """A message ready to send; a text to a phone has no subject."""

    subject: str
    body: str


TEMPLATES: Mapping[Step, Template] = {
    Step.P_NOTICE: Template(
        short=marked("{agency}: visit {day}, {window}. Questions? {phone}"),
        subject=marked("{agency}: visit {day}"),
        long=marked(
            "Your visit is planned for {day}, {window}.\n\nPlease confirm it when we ask you by text or e-mail."
        ),
    ),
    Step.P_CONFIRM: Template(
        short=marked("{agency}: visit {day}, {window}. Reply 1 yes, 2 no, STOP to opt out. Or open {link}"),
        compact=marked("{agency}: visit {day}, {window}. 1=yes, 2=no, STOP=opt out. {link}"),
        subject=marked("{agency}: please confirm {day}"),
        long=marked(
            "Your visit is planned for {day}, {window}.\n\nPlease open this page to confirm it, ask for another time, "
            "or tell us that you no longer need it:\n{link}"
        ),
    ),
    Step.P_CHANGED: Template(
        short=marked("{agency}: new time {day}, {window}. Reply 1 if OK, 2 if not. {link}"),
        compact=marked("{agency}: new time {day}, {window}. 1=OK, 2=no. {link}"),
        subject=marked("{agency}: new time {day}"),
        long=marked(
            "The time of your visit has changed. It is now {day}, {window}.\n\nPlease open this page to say whether "
            "that suits you:\n{link}"
        ),
    ),
    Step.P_CANCELLED: Template(
        short=marked("{agency}: your visit {day} will not take place. We will call you. {phone}"),
        subject=marked("{agency}: your visit on {day} will not take place"),
        long=marked("Your visit on {day} will not take place. We will call you."),
    ),
    Step.P_CALENDAR: Template(
        short=marked("{agency}: the entry in your calendar for {day} has changed. Questions? {phone}"),
        subject=marked("{agency}: for your calendar, {day}"),
        long=marked(
            "We have told you what has changed about your visit on {day}. The attached file brings the entry in your "
            "calendar up to date. There is nothing to answer here."
        ),
    ),
    Step.P_HUMAN: Template(
        short=marked("{agency}: thank you. A coordinator will answer. {phone}"),
        subject=marked("{agency}: thank you"),
        long=marked("Thank you. A coordinator will answer you, or call {phone}."),
        closing="",
    ),
    Step.P_HELP: Template(
        short=marked("{agency}: questions about a visit? Call {phone}. STOP to opt out"),
        subject=marked("{agency}: help"),
        long=marked("Questions about a visit? Call {phone}."),
        closing="",
    ),
    Step.P_EMERGENCY: Template(
        short=marked("{agency}: If this is an emergency, call 911. We have your text and will call you. {phone}"),
        subject=marked("{agency}: in an emergency, call 911"),
        long=marked("If this is an emergency, call 911. We have your text and will call you, or call {phone}."),
        closing="",
    ),
    Step.P_WHICH: Template(
        short=marked("{agency}: which visit do you mean? Reply {choices}. Questions? {phone}"),
        compact=marked("{agency}: which visit? Reply {choices}. {phone}"),
        subject=marked("{agency}: which visit do you mean?"),
        long=marked("Thank you. Which visit do you mean? Please reply {choices}."),
    ),
    Step.P_AGAIN: Template(
        short=marked(
            "{agency}: please answer once more: visit {day}, {window}. Reply 1 yes, 2 no, STOP to opt out. {phone}"
        ),
        subject=marked("{agency}: please answer once more"),
        long=marked("Please answer once more. Your visit is planned for {day}, {window}. Reply 1 for yes, 2 for no."),
    ),
    Step.S_PUBLISHED: Template(
        short=marked("{agency}: your schedule for {day} is ready. Please open and confirm: {link}"),
        subject=marked("{agency}: your schedule for {day}"),
        long=marked("Your schedule for {day} is ready.\n\nPlease open it and confirm:\n{link}"),
    ),
    Step.S_CHANGED: Template(
        short=marked("{agency}: your schedule for {day} changed. Please open and confirm: {link}"),
        subject=marked("{agency}: your schedule for {day} changed"),
        long=marked("Your schedule for {day} has changed.\n\nPlease open it and confirm:\n{link}"),
    ),
    Step.S_EMPTIED: Template(
        short=marked("{agency}: you have no visits left on {day}. There is nothing to confirm. Questions? {phone}"),
        subject=marked("{agency}: no visits left on {day}"),
        long=marked(
            "You have no visits left on {day}: they went to colleagues or to the coordinator. There is nothing to "
            "confirm."
        ),
    ),
    Step.S_ON_CALL: Template(
        short=marked(
            "{agency}: a critical case waits on the board of {branch} since {since}. Please take case {case}. {phone}"
        ),
        compact=marked("{agency}: a critical case waits since {since}. Please take case {case}. {phone}"),
        subject=marked("{agency}: a critical case waits, please take it"),
        long=marked(
            "You are on call. A critical case waits on the board of {branch} since {since}, and no one has taken it "
            "yet.\n\nPlease look at case {case} there and take it."
        ),
    ),
    Step.S_SET_OUT: Template(
        short=marked("{agency}: please go to your visit {day}, {window}, as planned. Questions? {phone}"),
        subject=marked("{agency}: please go to your visit {day}"),
        long=marked("Please go to your visit on {day}, {window}, as planned."),
    ),
    Step.S_STAND_DOWN: Template(
        short=marked("{agency}: please do not set out for your visit {day}, {window}: not confirmed. {phone}"),
        subject=marked("{agency}: do not set out for your visit {day}"),
        long=marked(
            "Your visit on {day}, {window}, is not confirmed. Please do not set out for it. If that changes, we will "
            "tell you."
        ),
    ),
    Step.S_CALL_OUT_SURE: Template(
        short=marked("{agency}: reply 1 to report that you cannot work on {day}, 2 if you can. Questions? {phone}"),
        subject=marked("{agency}: can you work on {day}?"),
        long=marked("Please reply 1 to report that you cannot work on {day}, or 2 if you can."),
    ),
    Step.S_OFFER: Template(
        short=marked("{agency}: open visit {area} {day}, {window}. Reply 1 to take it, 2 to pass, by {by}. {link}"),
        compact=marked("{agency}: open {area} {day}, {window}. 1=take, 2=pass. {link}"),
        subject=marked("{agency}: can you take a visit on {day}?"),
        long=marked(
            "A visit has no clinician yet: {area}, {day}, {window}.\n\nPlease open this page to say yes "
            "or no by {by}:\n{link}"
        ),
    ),
    Step.S_OFFER_WON: Template(
        short=marked("{agency}: thank you, it is yours: {area} {day}, {window}. Your schedule: {link}"),
        compact=marked("{agency}: thank you, it is yours: {day}, {window}. {link}"),
        subject=marked("{agency}: the visit on {day} is yours"),
        long=marked("Thank you. The visit is yours: {area}, {day}, {window}. It is on your schedule:\n{link}"),
    ),
    Step.S_OFFER_GONE: Template(
        short=marked("{agency}: the visit {day}, {window}, is no longer open. Thank you. Questions? {phone}"),
        compact=marked("{agency}: the visit {day}, {window}, is no longer open. Thank you. {phone}"),
        subject=marked("{agency}: the visit on {day} is no longer open"),
        long=marked("The visit on {day}, {window}, is no longer open. Thank you for answering."),
    ),
    Step.S_OFFER_WHICH: Template(
        short=marked("{agency}: more than one visit is open to you. Please open the link of the one you mean. {phone}"),
        subject=marked("{agency}: which visit do you mean?"),
        long=marked("More than one visit is open to you. Please open the link of the one you mean."),
    ),
}

SEVERAL: Mapping[Step, Template] = {
    Step.P_NOTICE: Template(
        short=marked("{agency}: visits {day}: {window}. Questions? {phone}"),
        subject=marked("{agency}: visits {day}"),
        long=marked(
            "Your visits are planned for {day}:\n{window}\n\nPlease confirm them when we ask you by text or e-mail."
        ),
    ),
    Step.P_CONFIRM: Template(
        short=marked(
            "{agency}: visits {day}: {window}. Reply 1 yes to all, 2 no to all, STOP to opt out. Or open {link}"
        ),
        subject=marked("{agency}: please confirm {day}"),
        long=marked(
            "Your visits are planned for {day}:\n{window}\n\nPlease open this page to confirm each of them, ask for "
            "another time, or tell us that you no longer need it:\n{link}"
        ),
        compact=marked("{agency}: visits {day}: {window}. 1=yes to all, 2=no to all, STOP=opt out. {link}"),
    ),
    Step.S_ON_CALL: Template(
        short=marked(
            "{agency}: {cases} critical cases wait on the board of {branch}, the first since {since}. Please take "
            "them. {phone}"
        ),
        compact=marked("{agency}: {cases} critical cases wait since {since}. Please take them. {phone}"),
        subject=marked("{agency}: {cases} critical cases wait, please take them"),
        long=marked(
            "You are on call. {cases} critical cases wait on the board of {branch}, the first since {since}, and no "
            "one has taken them yet.\n\nPlease look at them there and take them."
        ),
    ),
}
"""The texts of the steps that may be about several visits of a day, or several cases, where they are."""

AS_ASKED = Template(
    short=marked("{agency}: as you asked, your visit {day} will not take place. Call us if you need another. {phone}"),
    subject=marked("{agency}: your visit on {day} will not take place"),
    long=marked("As you asked, your visit on {day} will not take place. Call us if you need another visit."),
)
"""The cancellation of a visit, to the patient who asked for it: no one has to call them."""


COVERED = Template(
    short=marked("{agency}: the visit {day}, {window}, is already covered. Thank you. Questions? {phone}"),
    compact=marked("{agency}: the visit {day}, {window}, is already covered. Thank you. {phone}"),
    subject=marked("{agency}: the visit on {day} is already covered"),
    long=marked("The visit on {day}, {window}, is already covered. Thank you."),
)
"""To whoever was asked for a visit that another one took."""

UNFIT = Template(
    short=marked("{agency}: thank you, but the visit {day}, {window}, no longer fits your day. Questions? {phone}"),
    compact=marked("{agency}: the visit {day}, {window}, no longer fits your day. Thank you. {phone}"),
    subject=marked("{agency}: the visit on {day} no longer fits your day"),
    long=marked("Thank you, but the visit on {day}, {window}, no longer fits your day. Your schedule stays as it was."),
)
"""To whoever said yes to a visit that they can no longer do."""


def render(step: Step, lang: str, channel: Channel, values: Values) -> Text:
    """The words of one message."""
    template = (SEVERAL if max(len(values.slots), values.cases) > 1 else TEMPLATES)[step]
    if values.as_asked and step is Step.P_CANCELLED:
        template = AS_ASKED
    if step is Step.S_OFFER_GONE and values.gone in (Gone.COVERED, Gone.UNFIT):
        template = COVERED if values.gone is Gone.COVERED else UNFIT
    return say(template, lang, channel, values)


_FACTS = ("agency", "phone", "link", "branch", "since", "case", "cases", "area", "by")


def say(template: Template, lang: str, channel: Channel, values: Values) -> Text:
    """A template filled in. On a phone, names lose the accents that its alphabet lacks."""
    facts = {name: getattr(values, name) for name in _FACTS}
    with speaking(lang):
        facts["choices"] = _numbered(values.choices) if values.choices else ""
        if channel is Channel.EMAIL:
            return _mail(template, values, facts)
        spelled = {name: for_a_phone(str(facts[name])) for name in ("agency", "branch", "area")}
        return Text("", _short(template, values, {**facts, **spelled}))


def _mail(template: Template, values: Values, facts: Mapping[str, object]) -> Text:
    """Several visits are lines of their own."""
    windows = [_at_clinic(slot) for slot in values.slots]
    window = "\n".join(f"- {w}" for w in windows) if len(windows) > 1 else "".join(windows)
    filled_in = {**facts, "day": values.named(values.long_day), "window": window}
    parts = [_(part, **filled_in) for part in (template.long, template.closing) if part]
    return Text(_(template.subject, **filled_in), "\n\n".join([*parts, values.agency]))


def _short(template: Template, values: Values, facts: Mapping[str, object]) -> str:
    """The first of its texts that fits one segment: without clinics, or without the weekday, where it must be."""
    shorts = [text for text in (template.short, template.compact) if text]
    bare = listed([slot.window for slot in values.slots])
    full = listed([_at_clinic(slot) for slot in values.slots])
    bodies = [
        _(short, **facts, day=values.named(day), window=window)
        for day in (values.day, without_weekday(values.day))
        for short in shorts
        for window in (full, bare)
        if window.isascii()
    ]
    plain = _(shorts[0], **facts, day=values.named(values.day), window=bare)
    return next((b for b in bodies if measure(b).segments == 1), plain)


def _numbered(choices: Sequence[tuple[str, str]]) -> str:
    """ "1 for 9:00am and 2 for 2:00pm"."""
    return listed(
        [
            _("{n} for {day} {time}", n=n, day=day, time=time) if day else _("{n} for {time}", n=n, time=time)
            for n, (day, time) in enumerate(choices, start=1)
        ]
    )


def _at_clinic(slot: Slot) -> str:
    return _("{window} at {clinic}", window=slot.window, clinic=slot.clinic) if slot.clinic else slot.window


def needs_link(step: Step, channel: Channel) -> bool:
    """Whether the text carries a link, so that a token must be made."""
    template = TEMPLATES[step]
    return "link" in variables(template.long if channel is Channel.EMAIL else template.short)


def variables(text: str) -> frozenset[str]:
    """The names a template text fills in."""
    return frozenset(name for _before, name, _spec, _conversion in Formatter().parse(text) if name)
