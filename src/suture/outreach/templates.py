"""What messages say, in every language: one short text for a phone, a subject and a longer text for e-mail.

Only five things may be filled in: agency, day, window, phone, link. Nothing says who is ill, who comes, or where,
except the name of the clinic that someone must come to; a text to a phone leaves that out where it has no room.
The short texts stay inside one segment of 160 GSM-7 characters with an agency name of 19 and a link of 50; one about
several visits of a day takes a second segment where it must.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import Formatter

from suture.model.messages import Channel, Step

DEFAULT_LANGUAGE = "en"
SEGMENT, TWO = 160, 2
VARIABLES = frozenset({"agency", "day", "window", "phone", "link"})


@dataclass(frozen=True, slots=True)
class Template:
    """One step in one language."""

    short: str
    subject: str
    long: str

    def parts(self) -> tuple[str, str, str]:
        """All its texts."""
        return self.short, self.subject, self.long


@dataclass(frozen=True, slots=True)
class Slot:
    """When a visit is expected, in words; `clinic`, where one must come to, is said with it."""

    window: str
    clinic: str = ""


@dataclass(frozen=True, slots=True)
class Values:
    """What is filled in; a text uses those it names. `day` is for a phone, `long_day` for e-mail.

    `slots`: when each visit is expected, in order; more than one where the message is about several. Of a cancellation,
    `only` tells the visit from others of that day, and `as_asked`: the patient cancelled it.
    """

    agency: str
    phone: str
    day: str = ""
    long_day: str = ""
    slots: tuple[Slot, ...] = ()
    link: str = ""
    only: str = ""
    as_asked: bool = False

    def named(self, day: str) -> str:
        """The day, with the time of the visit where the patient has others that day."""
        return f"{day} ({self.only})" if self.only else day


@dataclass(frozen=True, slots=True)
class Text:
    """A message ready to send; a text to a phone has no subject."""

    subject: str
    body: str


_EN_CLOSE = "\n\nQuestions? Call {phone}.\n\n{agency}"
_ES_CLOSE = "\n\n¿Dudas? Llame al {phone}.\n\n{agency}"

TEMPLATES: dict[tuple[Step, str], Template] = {
    (Step.P_NOTICE, "en"): Template(
        short="{agency}: visit {day}, {window}. Questions? {phone}",
        subject="{agency}: visit {day}",
        long="Your visit is planned for {day}, {window}.\n\nPlease confirm it when we ask you by text or e-mail."
        + _EN_CLOSE,
    ),
    (Step.P_NOTICE, "es"): Template(
        short="{agency}: visita el {day}, {window}. ¿Dudas? {phone}",
        subject="{agency}: visita el {day}",
        long="Su visita es el {day}, {window}.\n\nConfírmela cuando se lo pidamos por mensaje de texto o correo."
        + _ES_CLOSE,
    ),
    (Step.P_CONFIRM, "en"): Template(
        short="{agency}: visit {day}, {window}. Reply 1 yes, 2 no, STOP to opt out. Or open {link}",
        subject="{agency}: please confirm {day}",
        long="Your visit is planned for {day}, {window}.\n\nPlease open this page to confirm it, ask for another time, "
        "or tell us that you no longer need it:\n{link}" + _EN_CLOSE,
    ),
    (Step.P_CONFIRM, "es"): Template(
        short="{agency}: visita {day}, {window}. Responda 1 si, 2 no, STOP para salir. O abra {link}",
        subject="{agency}: confirme el {day}",
        long="Su visita es el {day}, {window}.\n\nAbra esta página para confirmarla, pedir otra hora o "
        "anularla:\n{link}" + _ES_CLOSE,
    ),
    (Step.P_CHANGED, "en"): Template(
        short="{agency}: new time {day}, {window}. Reply 1 if OK, 2 if not. {link}",
        subject="{agency}: new time {day}",
        long="The time of your visit has changed. It is now {day}, {window}.\n\nPlease open this page to say "
        "whether that suits you:\n{link}" + _EN_CLOSE,
    ),
    (Step.P_CHANGED, "es"): Template(
        short="{agency}: nueva hora el {day}, {window}. Responda 1 si puede, 2 si no. {link}",
        subject="{agency}: nueva hora el {day}",
        long="La hora de su visita ha cambiado. Ahora es el {day}, {window}.\n\nAbra esta página para decirnos si le "
        "conviene:\n{link}" + _ES_CLOSE,
    ),
    (Step.P_CANCELLED, "en"): Template(
        short="{agency}: your visit {day} will not take place. We will call you. {phone}",
        subject="{agency}: your visit on {day} will not take place",
        long="Your visit on {day} will not take place. We will call you." + _EN_CLOSE,
    ),
    (Step.P_CANCELLED, "es"): Template(
        short="{agency}: su visita del {day} queda cancelada. Le llamaremos. {phone}",
        subject="{agency}: su visita del {day} queda cancelada",
        long="Su visita del {day} queda cancelada. Le llamaremos." + _ES_CLOSE,
    ),
    (Step.P_HUMAN, "en"): Template(
        short="{agency}: thank you. A coordinator will answer. {phone}",
        subject="{agency}: thank you",
        long="Thank you. A coordinator will answer you, or call {phone}.\n\n{agency}",
    ),
    (Step.P_HUMAN, "es"): Template(
        short="{agency}: gracias. Le responderemos pronto. {phone}",
        subject="{agency}: gracias",
        long="Gracias. Le responderemos pronto, o llame al {phone}.\n\n{agency}",
    ),
    (Step.P_HELP, "en"): Template(
        short="{agency}: questions about a visit? Call {phone}. STOP to opt out",
        subject="{agency}: help",
        long="Questions about a visit? Call {phone}.\n\n{agency}",
    ),
    (Step.P_HELP, "es"): Template(
        short="{agency}: ¿dudas sobre una visita? Llame al {phone}. STOP para salir",
        subject="{agency}: ayuda",
        long="¿Dudas sobre una visita? Llame al {phone}.\n\n{agency}",
    ),
    (Step.P_EMERGENCY, "en"): Template(
        short="{agency}: If this is an emergency, call 911. We have your text and will call you. {phone}",
        subject="{agency}: in an emergency, call 911",
        long="If this is an emergency, call 911. We have your text and will call you, or call {phone}.\n\n{agency}",
    ),
    (Step.P_EMERGENCY, "es"): Template(
        short="{agency}: Si es una emergencia, llame al 911. Recibimos su mensaje y le llamaremos. {phone}",
        subject="{agency}: en una emergencia, llame al 911",
        long="Si es una emergencia, llame al 911. Recibimos su mensaje y le llamaremos, o llame al {phone}."
        "\n\n{agency}",
    ),
    (Step.S_PUBLISHED, "en"): Template(
        short="{agency}: your schedule for {day} is ready. Please open and confirm: {link}",
        subject="{agency}: your schedule for {day}",
        long="Your schedule for {day} is ready.\n\nPlease open it and confirm:\n{link}" + _EN_CLOSE,
    ),
    (Step.S_PUBLISHED, "es"): Template(
        short="{agency}: su ruta del {day} ya esta lista. Abra y confirme: {link}",
        subject="{agency}: su ruta del {day}",
        long="Su ruta del {day} ya está lista.\n\nÁbrala y confirme:\n{link}" + _ES_CLOSE,
    ),
    (Step.S_CHANGED, "en"): Template(
        short="{agency}: your schedule for {day} changed. Please open and confirm: {link}",
        subject="{agency}: your schedule for {day} changed",
        long="Your schedule for {day} has changed.\n\nPlease open it and confirm:\n{link}" + _EN_CLOSE,
    ),
    (Step.S_EMPTIED, "en"): Template(
        short="{agency}: you have no visits left on {day}. There is nothing to confirm. Questions? {phone}",
        subject="{agency}: no visits left on {day}",
        long="You have no visits left on {day}: they went to colleagues or to the coordinator. There is nothing to "
        "confirm." + _EN_CLOSE,
    ),
    (Step.S_EMPTIED, "es"): Template(
        short="{agency}: ya no tiene visitas el {day}. No hay nada que confirmar. ¿Dudas? {phone}",
        subject="{agency}: ya no tiene visitas el {day}",
        long="Ya no tiene visitas el {day}: pasaron a colegas o a coordinación. No hay nada que confirmar." + _ES_CLOSE,
    ),
    (Step.S_CHANGED, "es"): Template(
        short="{agency}: su ruta del {day} ha cambiado. Abra y confirme: {link}",
        subject="{agency}: su ruta del {day} ha cambiado",
        long="Su ruta del {day} ha cambiado.\n\nÁbrala y confirme:\n{link}" + _ES_CLOSE,
    ),
}

SEVERAL: dict[tuple[Step, str], Template] = {
    (Step.P_NOTICE, "en"): Template(
        short="{agency}: visits {day}: {window}. Questions? {phone}",
        subject="{agency}: visits {day}",
        long="Your visits are planned for {day}:\n{window}\n\nPlease confirm them when we ask you by text or e-mail."
        + _EN_CLOSE,
    ),
    (Step.P_NOTICE, "es"): Template(
        short="{agency}: visitas el {day}: {window}. ¿Dudas? {phone}",
        subject="{agency}: visitas el {day}",
        long="Sus visitas son el {day}:\n{window}\n\nConfírmelas cuando se lo pidamos por mensaje de texto o correo."
        + _ES_CLOSE,
    ),
    (Step.P_CONFIRM, "en"): Template(
        short="{agency}: visits {day}: {window}. Reply 1 yes to all, 2 no to all, STOP to opt out. Or open {link}",
        subject="{agency}: please confirm {day}",
        long="Your visits are planned for {day}:\n{window}\n\nPlease open this page to confirm each of them, ask for "
        "another time, or tell us that you no longer need it:\n{link}" + _EN_CLOSE,
    ),
    (Step.P_CONFIRM, "es"): Template(
        short="{agency}: visitas {day}: {window}. Responda 1 si a todas, 2 no a todas, STOP para salir. O abra {link}",
        subject="{agency}: confirme el {day}",
        long="Sus visitas son el {day}:\n{window}\n\nAbra esta página para confirmar cada una, pedir otra hora o "
        "anularla:\n{link}" + _ES_CLOSE,
    ),
}
"""The texts of the steps that may be about several visits of a day, where they are."""

AS_ASKED: Mapping[str, Template] = {
    "en": Template(
        short="{agency}: as you asked, your visit {day} will not take place. Call us if you need another. {phone}",
        subject="{agency}: your visit on {day} will not take place",
        long="As you asked, your visit on {day} will not take place. Call us if you need another visit." + _EN_CLOSE,
    ),
    "es": Template(
        short="{agency}: como nos pidio, su visita del {day} no se hara. Si necesita otra, llame al {phone}",
        subject="{agency}: su visita del {day} queda cancelada",
        long="Como nos pidió, su visita del {day} queda cancelada. Llámenos si necesita otra visita." + _ES_CLOSE,
    ),
}
"""The cancellation of a visit, to the patient who asked for it: no one has to call them."""

_COMPACT = {
    "en": "{agency}: visits {day}: {window}. 1=yes to all, 2=no to all, STOP=opt out. {link}",
    "es": "{agency}: visitas {day}: {window}. 1=si a todas, 2=no a todas, STOP=salir. {link}",
}
"""A question about several visits where the usual words would take a second segment."""

_AT, _AND = {"en": "at", "es": "en"}, {"en": "and", "es": "y"}
LANGUAGES = tuple(sorted({lang for _, lang in TEMPLATES}))


def language(lang: str) -> str:
    """The language of this catalog for a person's one: "es-MX" is Spanish, what is unknown is the default."""
    base = lang.split("-")[0].lower()
    return base if base in LANGUAGES else DEFAULT_LANGUAGE


def render(step: Step, lang: str, channel: Channel, values: Values) -> Text:
    """The words of one message."""
    lang = language(lang)
    several = len(values.slots) > 1
    template = SEVERAL[step, lang] if several else TEMPLATES[step, lang]
    if values.as_asked and step is Step.P_CANCELLED:
        template = AS_ASKED[lang]
    facts = {"agency": values.agency, "phone": values.phone, "link": values.link}
    if channel is Channel.EMAIL:
        windows = [_at_clinic(slot, lang) for slot in values.slots]
        window = "\n".join(f"- {w}" for w in windows) if several else "".join(windows)
        facts |= {"day": values.named(values.long_day), "window": window}
        return Text(template.subject.format(**facts), template.long.format(**facts))
    shorts = [template.short, _COMPACT[lang]] if several and step is Step.P_CONFIRM else [template.short]
    return Text("", _short(shorts, lang, values, facts))


def _short(shorts: Sequence[str], lang: str, values: Values, facts: Mapping[str, str]) -> str:
    """The first of these texts that fits one segment: without clinics, or without the weekday, where it must be."""
    bare = _listed([slot.window for slot in values.slots], lang)
    full = _listed([_at_clinic(slot, lang) for slot in values.slots], lang)
    bodies = [
        short.format(**facts, day=values.named(day), window=window)
        for day in (values.day, values.day.partition(" ")[2])
        for short in shorts
        for window in (full, bare)
        if window.isascii()
    ]
    return next(
        (b for b in bodies if len(b) <= SEGMENT), shorts[0].format(**facts, day=values.named(values.day), window=bare)
    )


def _at_clinic(slot: Slot, lang: str) -> str:
    return f"{slot.window} {_AT[lang]} {slot.clinic}" if slot.clinic else slot.window


def _listed(windows: Sequence[str], lang: str) -> str:
    """ "9:00-10:00am, 1:00-2:00pm and 5:00-6:00pm"."""
    if len(windows) < TWO:
        return "".join(windows)
    return f"{', '.join(windows[:-1])} {_AND[lang]} {windows[-1]}"


def needs_link(step: Step, channel: Channel) -> bool:
    """Whether the text carries a link, so that a token must be made."""
    template = TEMPLATES[step, DEFAULT_LANGUAGE]
    return "link" in variables(template.long if channel is Channel.EMAIL else template.short)


def variables(text: str) -> frozenset[str]:
    """The names a template text fills in."""
    return frozenset(name for _, name, _, _ in Formatter().parse(text) if name)
