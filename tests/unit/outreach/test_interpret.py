"""What a text means; whatever somebody types, it never raises and never opens what a STOP has closed."""

import time
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suture.outreach.interpret import Meaning, Reading, interpret
from suture.outreach.said_day import SaidDay

SAYS = {
    Meaning.STOP: [
        "STOP", "stop", " Stop. ", "STOPALL", "stop all", "Unsubscribe", "CANCEL", "end", "QUIT!", "revoke", "opt-out",
        "OPTOUT", "alto", "PARAR", "Baja", "please stop texting me", "Do not text me again", "don't contact me",
        "take me off your list", "ya no me manden mensajes", "dejen de escribirme", "no más mensajes",
    ],
    Meaning.WRONG_PERSON: [
        "wrong number", "Sorry, you have the wrong person", "número equivocado", "Persona equivocada",
    ],
    Meaning.HELP: ["HELP", "help?", "Info", "ayuda"],
    Meaning.START: ["START", "unstop"],
    Meaning.ACCEPT: [
        "I'll do it", "ok I’ll do it", "ill take it", "OK, I can take it", "la tomo", "sí, yo voy",
        "1", " 1. ", "Y", "yes", "Yes!", "OK", "okay", "si", "SÍ", "sí, gracias", "👍", "👍🏽", "1️⃣", "yes please",
        "1 yes", "one", "Uno.", "yep", "Yup!", "yeah sure", "Sure thing", "sure, thank you", "see you then",
        "Sounds good, see you then!", "See ya then 😊", "that works for me", "Works for me. Thanks!", "I'll be there",
        "I’ll be home", "OK, see you", "okey dokey", "Confirmed", "of course", "absolutely", "perfect", "👍👍", "👍 ❤️",
        "👌", "✅", "yes yes yes", "ok see you tomorrow", "See you Tuesday", "yes for tomorrow please", "reply 1",
        "opción 1", "claro", "Claro que sí", "¡Por supuesto!", "de acuerdo", "De acuerdo, gracias", "ahí estaré",
        "Ahí estaremos, gracias", "aquí los espero", "sí, está bien", "vale", "perfecto", "Listo", "confirmo",
        "cómo no", "nos vemos mañana", "hasta mañana", "sí puedo", "me parece bien", "dale",
        "Buenos días, sí, aquí estaré", "estaré en casa",
    ],
    Meaning.DECLINE: [
        "2", "2)", "no", "No.", "N", "no thank you", "no gracias", "👎", "2 no", "nope", "Nah", "two", "dos", "I can't",
        "I can’t make it, sorry", "that doesn't work for me", "no puedo", "no puedo, disculpe",
        "No podré", "no me sirve", "no voy a poder", "imposible",
    ],
    Meaning.RESCHEDULE: [
        "3", "R", "three", "can we do later?", "Can you come later", "another time please", "no, another day",
        "Could we reschedule?", "I need to reschedule my visit", "Is there a different time", "can we change the time",
        "otra hora", "¿Puede ser otra hora?", "otro día por favor", "¿puede ser más tarde por favor?",
        "¿podrían venir más tarde?", "quisiera cambiar la hora", "necesito reprogramar la cita", "no, mejor otro día",
    ],
    Meaning.LATE: [
        "20 min late", "running 15 behind", "llego 15 tarde", "voy 20 minutos tarde", "running late",
    ],
    Meaning.TAPBACK: [
        "Liked “Sunrise: visit Tue Mar 24”", "Le gustó “Sunrise: visita”", 'Loved "Sunrise: visit"', "Disliked “x”",
        "👍 to “Sunrise: if this is an emergency, call 911”", "Removed a like from “Sunrise: STOP”", "Liked an image",
        "Laughed at “I fell”", "Reacted 😂 to “x”", "Le encantó una foto",
    ],
    Meaning.EMERGENCY: [
        "I fell and can't get up", "chest pain", "HELP!! he can not breathe", "call 911", "she passed out",
        "yes but I fell",
        "my chest hurts", "I fell", "I've fallen", "pressure in my chest", "short of breath", "help me",
        "I can't breathe",
        "mom had a bad fall", "she is on the floor", "I can't get up", "my husband won't wake up, he collapsed",
        "he is not breathing", "hurt myself", "she fainted",
        "me duele el pecho", "me duele mucho el pecho", "siento presión en el pecho", "auxilio", "¡SOCORRO!",
        "no puedo respirar bien", "no puede respirar", "me falta el aire", "me cuesta respirar",
        "me falta la respiración",
        "mi mamá se cayó", "se ha caído", "me acabo de caer", "está sangrando mucho", "no despierta", "no responde",
        "ataque al corazón", "me estoy muriendo", "me muero", "ayúdenme por favor", "no me puedo levantar",
        "está en el piso", "quiero matarme", "vómito con sangre, urgente", "me golpeé la cabeza", "se desmayó mi papá",
        "Me caí", "no puedo respirar", "dolor en el pecho", "¡Emergencia!", "stop texting me, I am bleeding",
    ],
    Meaning.UNCLEAR: [
        "my price fell", "I felt fine", "se me cae el pelo", "I feel better", "my knee hurts", "me duele la rodilla",
        "no puedo el martes", "me muevo bien", "chest of drawers is new", "el pecho de pollo",
        "", " ", "...", "12", "yes no", "1 2", "maybe", "No problem", "I can't, my knee hurts", "who is this",
        "can you come at 3", "I will end up at home", "cancel my visit on Tuesday", "stop by at nine", "مرحبا",
        "tomorrow", "mañana", "later", "más tarde", "no later", "see you at 9", "yes but later", "yes who is coming",
        "sure, what time?", "no hay problema", "I said “yes”", "Juan: “1”", "liked it", "number",
        "Tuesday or Wednesday", "can you come later today at 5", "sick", "I'm sick", "calling out",
        "no puedo ir hoy, estoy enferma", "\u202e1\u202c0", "\x00", "x" * 1600, "🙂",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("meaning", "text"), [(m, t) for m, texts in SAYS.items() for t in texts])
def test_a_text_means_what_people_mean_by_it(meaning, text):
    assert interpret(text).meaning is meaning


@given(st.text(max_size=1600))
def test_any_text_has_a_meaning(text):
    assert interpret(text).meaning in Meaning


@given(st.text(alphabet=st.characters(min_codepoint=0, max_codepoint=0x10FFFF), max_size=200))
def test_even_broken_unicode_has_a_meaning(text):
    assert interpret(text, opted_out=True).meaning in Meaning


@given(st.sampled_from(["STOP", "alto", "unsubscribe"]), st.text(alphabet=" .!?\t\n\r-_*\"'", max_size=8))
def test_stop_is_heard_through_any_punctuation(word, noise):
    assert interpret(noise + word + noise).meaning is Meaning.STOP


def test_a_yes_from_a_number_that_opted_out_asks_for_texts_again_and_confirms_nothing():
    assert interpret("YES", opted_out=True).meaning is Meaning.START
    assert interpret("sí", opted_out=True).meaning is Meaning.START
    assert interpret("1", opted_out=True).meaning is Meaning.ACCEPT
    assert interpret("no", opted_out=True).meaning is Meaning.DECLINE


# late ---------------------------------------------------------------------------------------------

LATE = {
    None: [
        "running late", "I'm running a bit late", "I’ll be late", "sorry, I'll be a few minutes late", "voy tarde",
        "voy a llegar tarde", "estoy atrasada", "vengo con retraso", "se me hizo tarde",
        "Running late, be there at 9:30", "running late, call me at 614 555 0100", "running late 2",
    ],
    5: ["5 late", "Running 5 behind", "five min late"],
    10: ["I'll be 10 min late", "voy atrasada 10 min", "diez minutos tarde", "10mins late"],
    15: [
        "running 15 behind", "llego 15 tarde", "Running late, about 15 minutes", "delayed by 15 min", "late 15 m",
        "me retraso 15 minutos", "15 minutos de retraso", "Voy con retraso de 15 minutos", "fifteen minutes late",
        "llego 15 min tarde a las 9:30", "quince min de demora",
    ],
    20: [
        "20 min late", "20min late", "20 MINUTES LATE!!", "running 20 minutes late",
        "15-20 min late", "15 to 20 mins late",
        "hi, I am running about 20 minutes behind schedule", "patient took longer, running 20 min late", "late by 20",
        "voy 20 minutos tarde", "Llegaré 20 minutos tarde", "llego como 20 min tarde", "retrasada 20 minutos",
        "20 minutos de atraso", "me voy a retrasar 20 min", "veinte minutos tarde", "running late 20min",
    ],
    25: ["twenty five minutes late", "veinticinco minutos tarde"],
    30: ["half an hour late", "1/2 hour late", "½ hour late", "media hora tarde", "late half hour"],
    60: ["an hour late", "1 hr late", "1h late", "una hora tarde", "running an hour behind", "60 min late"],
    75: ["1 hr 15 min late", "1 hour and 15 minutes late", "una hora y 15 tarde"],
    90: ["an hour and a half late", "1.5 hours late", "1 1/2 hours late", "una hora y media tarde"],
    120: ["2 hours late", "2 horas tarde"],
}  # fmt: skip
READ_BY_A_PERSON = [
    "you are 20 minutes late", "the nurse is 30 min late", "she was 20 min late", "my patient is running 20 min late",
    "I was 20 min late", "not 20 min late", "I won't be 15 minutes late", "la enfermera viene 20 minutos tarde",
    "la paciente llegó 15 min tarde", "700 min late", "0 min late", "no llego 20 min tarde",
]  # fmt: skip
NOT_LATE = [
    "too late", "3 de la tarde", "a las 3 de la tarde llego", "buenas tardes", "más tarde", "20 min", "room 15",
    "llego a las 3 de la tarde", "esta tarde 3", "20 minutes later", "tardes", "later", "be there in 20",
]  # fmt: skip


@pytest.mark.parametrize(("minutes", "text"), [(m, t) for m, texts in LATE.items() for t in texts])
@pytest.mark.parametrize("staff", [True, False])
def test_who_is_late_says_by_how_much_in_many_ways(staff, minutes, text):
    reading = interpret(text, staff=staff)
    assert (reading.meaning, reading.minutes) == (Meaning.LATE, minutes)


@pytest.mark.parametrize("text", READ_BY_A_PERSON)
def test_only_the_writer_s_own_lateness_is_taken_at_its_word(text):
    reading = interpret(text, staff=True)
    assert (reading.meaning, reading.maybe) == (Meaning.UNCLEAR, Meaning.LATE)


@pytest.mark.parametrize("text", NOT_LATE)
def test_an_hour_of_the_day_is_no_lateness(text):
    reading = interpret(text, staff=True)
    assert Meaning.LATE not in (reading.meaning, reading.maybe) and reading.minutes is None


def test_a_day_said_with_it_is_known():
    assert interpret("I will be 20 min late tomorrow").day == SaidDay(ahead=1)
    assert interpret("voy 20 min tarde hoy").day == SaidDay(ahead=0)


# call-outs ----------------------------------------------------------------------------------------

CALL_OUTS = [
    "sick", "Sick today", "I'm sick", "I am really sick, can't come in", "calling out", "Calling out today, sorry",
    "calling in sick", "I need to call out", "can't make it today", "I can’t make it in", "cannot work today",
    "won't be able to work today", "I won't be in today", "not coming in", "I have a fever", "I have the flu",
    "throwing up all night", "tested positive for covid", "need a sick day", "can't do my route today",
    "no puedo ir hoy, estoy enferma", "estoy enfermo", "me siento muy mal", "tengo fiebre", "no puedo trabajar hoy",
    "hoy no puedo ir a trabajar", "no voy a poder ir hoy", "me reporto enferma", "No podré trabajar mañana",
    "hoy no voy", "amanecí enferma", "My kid is sick, can't come in", "can't make it",
]  # fmt: skip
NO_CALL_OUTS = [
    "my patient is sick", "patient says she can't come in", "la paciente está enferma", "I can't make it to V-12 at 10",
    "not sick", "all good here", "who covers V-3?", "no puedo abrir el enlace", "I can't open the link",
]  # fmt: skip


@pytest.mark.parametrize("text", CALL_OUTS)
def test_a_clinician_who_cannot_work_is_a_candidate(text):
    assert interpret(text, staff=True).meaning is Meaning.CALL_OUT
    assert interpret(text).meaning is not Meaning.CALL_OUT, "patients are sick: that is why we come"


@pytest.mark.parametrize("text", NO_CALL_OUTS)
def test_what_is_about_others_or_something_else_is_no_candidate(text):
    assert interpret(text, staff=True).meaning is not Meaning.CALL_OUT


def test_illness_in_a_clinicians_text_is_at_least_a_suggestion():
    assert interpret("my patient is sick", staff=True) == Reading(Meaning.UNCLEAR, maybe=Meaning.CALL_OUT)
    assert interpret("my neighbor is sick") == Reading(Meaning.UNCLEAR)


def test_a_clinicians_plain_no_is_a_no():
    assert interpret("no puedo", staff=True).meaning is Meaning.DECLINE
    assert interpret("I can't", staff=True).meaning is Meaning.DECLINE


def test_an_emergency_is_one_whoever_writes():
    assert interpret("can't come in, I fell and can't get up", staff=True).meaning is Meaning.EMERGENCY
    assert interpret("20 min late, car accident, call 911").meaning is Meaning.EMERGENCY


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("calling out sick tomorrow", date(2026, 3, 25)),
        ("estoy enferma, no puedo ir mañana", date(2026, 3, 25)),
        ("sick today", date(2026, 3, 24)),
        ("can't work Friday, I'm sick", date(2026, 3, 27)),
        ("I'm sick, not coming in Tuesday", date(2026, 3, 24)),
        ("no puedo trabajar el lunes", date(2026, 3, 30)),
        ("no puedo ir pasado mañana", date(2026, 3, 26)),
        ("I'm sick, out today and tomorrow", None),
        ("estoy enferma toda la semana", None),
        ("I am sick until Friday", None),
    ],
)
def test_the_day_of_a_call_out_is_the_one_it_names(text, day):
    reading = interpret(text, staff=True)
    assert reading.meaning is Meaning.CALL_OUT and reading.day is not None
    assert reading.day.date(date(2026, 3, 24)) == day


# the rest -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "maybe"),
    [
        ("yes but who is coming?", Meaning.ACCEPT),
        ("see you at 9, ok", Meaning.ACCEPT),
        ("sí pero después de comer", Meaning.ACCEPT),
        ("I can't, my knee hurts", Meaning.DECLINE),
        ("no puedo el martes", Meaning.DECLINE),
        ("cancel my visit on Tuesday", Meaning.DECLINE),
        ("can you come at 3", Meaning.RESCHEDULE),
        ("yes but later", Meaning.RESCHEDULE),
        ("no, el jueves a otra hora, a las 4", Meaning.RESCHEDULE),
        ("yes no", None),
        ("who is this", None),
        ("", None),
    ],
)
def test_an_unclear_text_has_a_suggested_reading_where_there_is_one(text, maybe):
    assert interpret(text) == Reading(Meaning.UNCLEAR, maybe=maybe)


@pytest.mark.parametrize(("text", "digit"), [("1", 1), ("two", 2), ("3", 3), ("1 yes", 1), ("1️⃣", 1), ("yes", None)])
def test_the_digit_is_known(text, digit):
    assert interpret(text).digit == digit


@pytest.mark.parametrize(
    ("text", "maybe", "sure"),
    [
        ("Liked “q”", Meaning.ACCEPT, True),
        ("Le gustó «q»", Meaning.ACCEPT, True),
        ("Reacted 👍🏽 to “q”", Meaning.ACCEPT, True),
        ("\u200a👍\u200a to “\u200aq\u200a”", Meaning.ACCEPT, True),
        ("Reaccionó con 👍 a “q”", Meaning.ACCEPT, True),
        ("Loved “q”", Meaning.ACCEPT, False),
        ("Le encantó “q”", Meaning.ACCEPT, False),
        ("Disliked “q”", Meaning.DECLINE, False),
        ("No le gustó “q”", Meaning.DECLINE, False),
        ("Questioned “q”", None, False),
        ("Removed a like from “q”", None, False),
        ("Exclamó “q”", None, False),
    ],
)
def test_only_a_thumb_up_is_a_sure_answer(text, maybe, sure):
    assert interpret(text) == Reading(Meaning.TAPBACK, maybe=maybe, quote="q", sure=sure)


OWN_WORDS = """yes no 1 2 late 20 min tarde voy running sick mañana tomorrow otra hora can we later 👍 “ ” Liked STOP
    911 . ½ 9:30 two an hour and a half media unos de about is patient not claro que si see you then cambiar la cita"""
WORDS = st.sampled_from([*OWN_WORDS.split(), "\n"])


@given(st.lists(WORDS, max_size=400), st.booleans(), st.booleans())
def test_no_mix_of_our_own_words_raises_or_takes_long(words, staff, opted_out):
    reading = interpret(" ".join(words)[:1600], staff=staff, opted_out=opted_out)
    assert reading.minutes is None or 0 < reading.minutes <= 600


@pytest.mark.parametrize("words", ["cambiar la cita", "see you then", "20 min", "a different time", "1 👍"])
def test_a_long_text_is_read_in_no_time(words):
    began = time.monotonic()
    for end in ("", " x", " 20 min late", " STOP"):
        interpret((words + " ") * 200 + end, staff=True)
    assert time.monotonic() - began < 1
