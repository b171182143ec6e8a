"""What messages say, in every language: one short text for a phone, a subject and a longer text for e-mail.

Only five things may be filled in: agency, day, window, phone, link. Nothing says who is ill, who comes, or where, but
for the name of the clinic that one must come to; a text to a phone leaves that out where it has no room.
The short texts stay inside one segment of 160 GSM-7 characters with an agency name of 19 and a link of 50.
"""

from dataclasses import dataclass
from string import Formatter

from suture.model.messages import Channel, Step

DEFAULT_LANGUAGE = "en"
SEGMENT = 160
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
class Values:
    """What is filled in; a text uses those it names. `clinic`, where one must come to, is said with the window."""

    agency: str
    phone: str
    day: str = ""
    window: str = ""
    link: str = ""
    clinic: str = ""


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
        short="{agency}: visita {day}, {window}. Dudas: {phone}",
        subject="{agency}: visita {day}",
        long="Su visita es el {day}, {window}.\n\nConfírmela cuando se lo pidamos por mensaje de texto o correo."
        + _ES_CLOSE,
    ),
    (Step.P_CONFIRM, "en"): Template(
        short="{agency}: visit {day}, {window}. Reply 1 yes, 2 no, STOP to opt out. Or open {link}",
        subject="{agency}: please confirm {day}",
        long="Your visit is planned for {day}, {window}.\n\nPlease open this page to confirm it, ask for another time "
        "or call it off:\n{link}" + _EN_CLOSE,
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
        short="{agency}: nueva hora {day}, {window}. Responda 1 si puede, 2 si no. {link}",
        subject="{agency}: nueva hora {day}",
        long="La hora de su visita ha cambiado. Ahora es el {day}, {window}.\n\nAbra esta página para decirnos si le "
        "conviene:\n{link}" + _ES_CLOSE,
    ),
    (Step.P_CANCELLED, "en"): Template(
        short="{agency}: visit {day} will not take place. We will call you. {phone}",
        subject="{agency}: visit {day} will not take place",
        long="Your visit on {day} will not take place. We will call you." + _EN_CLOSE,
    ),
    (Step.P_CANCELLED, "es"): Template(
        short="{agency}: la visita del {day} no se hace. Le llamaremos. {phone}",
        subject="{agency}: la visita del {day} no se hace",
        long="Su visita del {day} no se hará. Le llamaremos." + _ES_CLOSE,
    ),
    (Step.P_HUMAN, "en"): Template(
        short="{agency}: thank you. A coordinator will answer. {phone}",
        subject="{agency}: thank you",
        long="Thank you. A coordinator will answer you, or call {phone}.\n\n{agency}",
    ),
    (Step.P_HUMAN, "es"): Template(
        short="{agency}: gracias. Un coordinador le responde pronto. {phone}",
        subject="{agency}: gracias",
        long="Gracias. Un coordinador le responderá pronto, o llame al {phone}.\n\n{agency}",
    ),
    (Step.P_HELP, "en"): Template(
        short="{agency}: questions about a visit? Call {phone}. STOP to opt out",
        subject="{agency}: help",
        long="Questions about a visit? Call {phone}.\n\n{agency}",
    ),
    (Step.P_HELP, "es"): Template(
        short="{agency}: dudas sobre una visita? Llame al {phone}. STOP para salir",
        subject="{agency}: ayuda",
        long="¿Dudas sobre una visita? Llame al {phone}.\n\n{agency}",
    ),
    (Step.P_EMERGENCY, "en"): Template(
        short="{agency}: If this is an emergency call 911. We have your text and will call you. {phone}",
        subject="{agency}: in an emergency call 911",
        long="If this is an emergency call 911. We have your text and will call you, or call {phone}.\n\n{agency}",
    ),
    (Step.P_EMERGENCY, "es"): Template(
        short="{agency}: Si es una emergencia llame al 911. Recibimos su mensaje y le llamaremos. {phone}",
        subject="{agency}: en una emergencia llame al 911",
        long="Si es una emergencia llame al 911. Recibimos su mensaje y le llamaremos, o llame al {phone}.\n\n{agency}",
    ),
    (Step.S_PUBLISHED, "en"): Template(
        short="{agency}: your day {day} is ready. Please open and confirm: {link}",
        subject="{agency}: your day {day}",
        long="Your day {day} is ready.\n\nPlease open it and confirm:\n{link}" + _EN_CLOSE,
    ),
    (Step.S_PUBLISHED, "es"): Template(
        short="{agency}: su ruta del {day} ya esta lista. Abra y confirme: {link}",
        subject="{agency}: su ruta del {day}",
        long="Su ruta del {day} ya está lista.\n\nÁbrala y confirme:\n{link}" + _ES_CLOSE,
    ),
    (Step.S_CHANGED, "en"): Template(
        short="{agency}: your day {day} changed. Please open and confirm: {link}",
        subject="{agency}: your day {day} changed",
        long="Your day {day} has changed.\n\nPlease open it and confirm:\n{link}" + _EN_CLOSE,
    ),
    (Step.S_EMPTIED, "en"): Template(
        short="{agency}: you have no visits left on {day}. There is nothing to confirm. Questions? {phone}",
        subject="{agency}: no visits left on {day}",
        long="You have no visits left on {day}: they went to colleagues or to the coordinator. There is nothing to "
        "confirm." + _EN_CLOSE,
    ),
    (Step.S_EMPTIED, "es"): Template(
        short="{agency}: ya no tiene visitas el {day}. No hay nada que confirmar. Dudas: {phone}",
        subject="{agency}: ya no tiene visitas el {day}",
        long="Ya no tiene visitas el {day}: pasaron a colegas o a coordinación. No hay nada que confirmar." + _ES_CLOSE,
    ),
    (Step.S_CHANGED, "es"): Template(
        short="{agency}: su ruta del {day} ha cambiado. Abra y confirme: {link}",
        subject="{agency}: su ruta del {day} ha cambiado",
        long="Su ruta del {day} ha cambiado.\n\nÁbrala y confirme:\n{link}" + _ES_CLOSE,
    ),
}

_AT = {"en": "at", "es": "en"}
LANGUAGES = tuple(sorted({lang for _, lang in TEMPLATES}))


def language(lang: str) -> str:
    """The language of this catalogue for a person's one: "es-MX" is Spanish, what is unknown is the default."""
    base = lang.split("-")[0].lower()
    return base if base in LANGUAGES else DEFAULT_LANGUAGE


def render(step: Step, lang: str, channel: Channel, values: Values) -> Text:
    """The words of one message."""
    template = TEMPLATES[step, language(lang)]
    bare = {name: getattr(values, name) for name in VARIABLES}
    where = f" {_AT[language(lang)]} {values.clinic}" if values.clinic else ""
    filled = bare | {"window": values.window + where}
    if channel is Channel.EMAIL:
        return Text(template.subject.format(**bare), template.long.format(**filled))
    short = template.short.format(**filled)
    fits = len(short) <= SEGMENT and values.clinic.isascii()
    return Text("", short if fits else template.short.format(**bare))


def needs_link(step: Step, channel: Channel) -> bool:
    """Whether the text carries a link, so that a token must be made."""
    template = TEMPLATES[step, DEFAULT_LANGUAGE]
    return "link" in variables(template.long if channel is Channel.EMAIL else template.short)


def variables(text: str) -> frozenset[str]:
    """The names a template text fills in."""
    return frozenset(name for _, name, _, _ in Formatter().parse(text) if name)
