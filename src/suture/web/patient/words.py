"""Every word on the pages behind a link, in English and Spanish side by side. Short sentences, the words of the texts.

The Spanish is a draft: a medical translator must check it before real patients read it. The gender of whoever comes is
never guessed. `{day}` and `{window}` come from `spoken_times`.
"""

from collections.abc import Mapping

from suture.outreach.templates import language

LANGUAGES: Mapping[str, str] = {"en": "English", "es": "Español"}

WORDS: Mapping[str, Mapping[str, str]] = {
    # the question
    "ask.nurse": {
        "en": "Can you be home for your nurse on {day}?",
        "es": "¿Puede estar en casa el {day} para su visita de enfermería?",
    },
    "ask.therapist": {
        "en": "Can you be home for your therapist on {day}?",
        "es": "¿Puede estar en casa el {day} para su visita de terapia?",
    },
    "ask.aide": {
        "en": "Can you be home for your aide on {day}?",
        "es": "¿Puede estar en casa el {day} para la visita de su asistente?",
    },
    "ask.social_worker": {
        "en": "Can you be home for your visit on {day}?",
        "es": "¿Puede estar en casa el {day} para su visita?",
    },
    "ask.appointment": {
        "en": "Can you come to your appointment on {day}?",
        "es": "¿Puede venir a su cita el {day}?",
    },
    "when.visit": {"en": "We plan to come {window}.", "es": "Pensamos llegar {window}."},
    "when.appointment": {"en": "Your appointment is {window}.", "es": "Su cita es {window}."},
    "yes.visit": {"en": "Yes, I will be home", "es": "Sí, estaré en casa"},
    "yes.appointment": {"en": "Yes, I will come", "es": "Sí, iré"},
    "move": {"en": "I need a different time", "es": "Necesito otro horario"},
    "cancel.visit": {"en": "Cancel this visit", "es": "Cancelar esta visita"},
    "cancel.appointment": {"en": "Cancel this appointment", "es": "Cancelar esta cita"},
    "when.clinic": {"en": "It is at {clinic}.", "es": "Es en {clinic}."},
    "yes.already": {"en": "You said yes for {day}", "es": "Usted dijo que sí para el {day}"},
    "already.accepted": {"en": "You said yes to this time.", "es": "Usted dijo que sí a este horario."},
    "already.declined": {
        "en": "You told us that this time does not work for you. You can still change your answer.",
        "es": "Usted nos dijo que este horario no le conviene. Todavía puede cambiar su respuesta.",
    },
    "moved_on": {
        "en": "The time changed while this page was open. Please look at the new time and answer again.",
        "es": "El horario cambió mientras esta página estaba abierta. Mire el nuevo horario y responda otra vez.",
    },
    "choose": {"en": "Choose one of the answers.", "es": "Elija una de las respuestas."},
    "error": {"en": "Error", "es": "Error"},
    # several visits of one day
    "several": {"en": "Your visits on {day}", "es": "Sus visitas del {day}"},
    "several.other": {"en": "Another time, or cancel", "es": "Otro horario, o cancelar"},
    "several.back": {"en": "See all my visits", "es": "Ver todas mis visitas"},
    "several.declined": {
        "en": "You told us that this time does not work for you.",
        "es": "Usted nos dijo que este horario no le conviene.",
    },
    "who.nurse": {"en": "Your nurse", "es": "Su visita de enfermería"},
    "who.therapist": {"en": "Your therapist", "es": "Su visita de terapia"},
    "who.aide": {"en": "Your aide", "es": "La visita de su asistente"},
    "who.social_worker": {"en": "Your visit", "es": "Su visita"},
    "who.appointment": {"en": "Your appointment", "es": "Su cita"},
    # cancelling asks once more
    "sure.visit": {
        "en": "Do you want to cancel your visit on {day}?",
        "es": "¿Quiere cancelar su visita del {day}?",
    },
    "sure.appointment": {
        "en": "Do you want to cancel your appointment on {day}?",
        "es": "¿Quiere cancelar su cita del {day}?",
    },
    "sure.explain": {
        "en": "If you cancel, we will not expect to see you on that day.",
        "es": "Si cancela, no le esperaremos ese día.",
    },
    "sure.yes": {"en": "Yes, cancel", "es": "Sí, cancelar"},
    "sure.no": {"en": "No, go back", "es": "No, volver"},
    # after an answer
    "said.accept": {"en": "Thank you. Your visit is confirmed.", "es": "Gracias. Su visita está confirmada."},
    "said.accept.next": {"en": "We will see you on {day}, {window}.", "es": "Le veremos el {day}, {window}."},
    "said.reschedule": {
        "en": "Thank you. We know that you need a different time.",
        "es": "Gracias. Sabemos que necesita otro horario.",
    },
    "said.reschedule.next": {
        "en": "Someone from our office will call you to set up a new time. Until then, nothing has changed.",
        "es": "Alguien de nuestra oficina le llamará para acordar un nuevo horario. Hasta entonces, nada ha cambiado.",
    },
    "said.reschedule.unsure": {
        "en": "Someone from our office will call you to set up a new time.",
        "es": "Alguien de nuestra oficina le llamará para acordar un nuevo horario.",
    },
    "said.cancel": {"en": "Thank you. We are cancelling your visit.", "es": "Gracias. Estamos cancelando su visita."},
    "said.cancel.next": {
        "en": "You do not need to do anything else. Call us if you need another visit.",
        "es": "No tiene que hacer nada más. Llámenos si necesita otra visita.",
    },
    "change": {"en": "Change my answer", "es": "Cambiar mi respuesta"},
    # nothing to answer
    "closed.cancelled": {"en": "You cancelled.", "es": "Usted canceló."},
    "cancelled.visit": {"en": "Your visit on {day} is cancelled.", "es": "Su visita del {day} está cancelada."},
    "cancelled.appointment": {
        "en": "Your appointment on {day} is cancelled.",
        "es": "Su cita del {day} está cancelada.",
    },
    "cancelled.next": {
        "en": "Please do not wait for us. We will call you. You can also call us.",
        "es": "No nos espere. Le llamaremos. También puede llamarnos.",
    },
    "closed": {"en": "This can no longer be changed here", "es": "Esto ya no se puede cambiar aquí"},
    "closed.next": {
        "en": "The visit has begun or is over. Call us if you have a question.",
        "es": "La visita ya empezó o terminó. Llámenos si tiene alguna duda.",
    },
    # what was told is no longer planned, and the next message has not left
    "changing": {"en": "We are changing the time of your visit", "es": "Estamos cambiando el horario de su visita"},
    "checking": {"en": "We are checking the time of your visit", "es": "Estamos revisando el horario de su visita"},
    "told": {"en": "We told you {day}, {window}.", "es": "Le dijimos el {day}, {window}."},
    "changing.next": {
        "en": "Please do not count on that time. We will write to you or call you. You can also call us.",
        "es": "No cuente con ese horario. Le escribiremos o le llamaremos. También puede llamarnos.",
    },
    "checking.next": {
        "en": "That time may change. If it does, we will write to you or call you. You can also call us.",
        "es": "Ese horario puede cambiar. Si cambia, le escribiremos o le llamaremos. También puede llamarnos.",
    },
    "checking.call": {
        "en": "Please do not count on that time. Call us if you have a question.",
        "es": "No cuente con ese horario. Llámenos si tiene alguna duda.",
    },
    "away": {"en": "We will be back in a moment. Reload this page.", "es": "Volvemos enseguida. Recargue esta página."},
    "gone": {"en": "This link no longer works. Call us.", "es": "Este enlace ya no funciona. Llámenos."},
    # on every page
    "call": {"en": "Questions? Call us:", "es": "¿Dudas? Llámenos:"},
    "emergency": {"en": "In an emergency, call 911.", "es": "En una emergencia, llame al 911."},
    "language": {"en": "Language", "es": "Idioma"},
    # a clinician's day
    "day.ask": {"en": "Can you do these visits on {day}?", "es": "¿Puede hacer estas visitas el {day}?"},
    "day.title": {"en": "Your day on {day}", "es": "Su ruta del {day}"},
    "day.none": {
        "en": "You have no visits left on this day. Your visits went to colleagues or back to the coordinator; "
        "there is nothing to confirm.",
        "es": "Ya no tiene visitas ese día. Sus visitas pasaron a colegas o a coordinación; no hay nada que confirmar.",
    },
    "day.over": {
        "en": "Your visits have begun or are over. They can no longer be changed here.",
        "es": "Sus visitas ya empezaron o terminaron. Ya no se pueden cambiar aquí.",
    },
    "day.told": {"en": "patient was told {window}", "es": "al paciente se le dijo: {window}"},
    "day.untold": {"en": "patient not told yet", "es": "aún no se ha avisado al paciente"},
    "day.untold.new": {
        "en": "patient not told yet: {window}",
        "es": "aún no se ha avisado al paciente: {window}",
    },
    "day.shift": {"en": "Shift", "es": "Turno"},
    "day.patient": {"en": "Patient", "es": "Paciente"},
    "day.accept": {"en": "Accept", "es": "Aceptar"},
    "day.decline": {"en": "I cannot do these", "es": "No puedo"},
    "day.sure": {
        "en": "Do you want to give these visits back?",
        "es": "¿Quiere devolver estas visitas?",
    },
    "day.sure.explain": {
        "en": "The visits in this message will go to someone else, and your coordinator will be told.",
        "es": "Las visitas que le trajo este mensaje pasan a otra persona y se avisa a coordinación.",
    },
    "day.sure.yes": {"en": "Yes, I cannot do them", "es": "Sí, no puedo hacerlas"},
    "day.already.accepted": {"en": "You accepted this day.", "es": "Usted aceptó esta ruta."},
    "day.already.declined": {"en": "You said that you cannot do these.", "es": "Usted dijo que no puede hacerlas."},
    "day.said.accept": {"en": "Thank you. Your day is confirmed.", "es": "Gracias. Su ruta está confirmada."},
    "day.said.accept.next": {
        "en": "We will send you a message if anything changes.",
        "es": "Le enviaremos un mensaje si algo cambia.",
    },
    "day.said.decline": {
        "en": "Thank you. We are looking for someone else.",
        "es": "Gracias. Estamos buscando a otra persona.",
    },
    "day.said.decline.next": {
        "en": "You will get a message when your list has changed. Until then, call us if someone is expecting you.",
        "es": "Recibirá un mensaje cuando cambie su lista. Hasta entonces, llámenos si alguien le espera.",
    },
    "day.see": {"en": "See my day", "es": "Ver mi ruta"},
}


def chosen_language(asked: str | None, own: str) -> str:
    """The language of a page: the one asked for by its link, else the reader's own, else English."""
    return asked if asked and asked in LANGUAGES else language(own)


def say(key: str, lang: str, **values: str) -> str:
    """One text, filled in."""
    return WORDS[key][lang].format(**values)
