"""What a text means; whatever somebody types, it never raises and never opens what a STOP has closed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suture.outreach.interpret import Meaning, interpret

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
        "1", " 1. ", "Y", "yes", "Yes!", "OK", "okay", "si", "SÍ", "sí, gracias", "👍", "👍🏽", "1️⃣", "yes please",
        "1 yes",
    ],
    Meaning.DECLINE: ["2", "2)", "no", "No.", "N", "no thank you", "no gracias", "👎", "2 no"],
    Meaning.RESCHEDULE: ["3", "R"],
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
        "\u202e1\u202c0", "\x00", "x" * 1600, "🙂",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("meaning", "text"), [(m, t) for m, texts in SAYS.items() for t in texts])
def test_a_text_means_what_people_mean_by_it(meaning, text):
    assert interpret(text) is meaning


@given(st.text(max_size=1600))
def test_any_text_has_a_meaning(text):
    assert interpret(text) in Meaning


@given(st.text(alphabet=st.characters(min_codepoint=0, max_codepoint=0x10FFFF), max_size=200))
def test_even_broken_unicode_has_a_meaning(text):
    assert interpret(text, opted_out=True) in Meaning


@given(st.sampled_from(["STOP", "alto", "unsubscribe"]), st.text(alphabet=" .!?\t\n\r-_*\"'", max_size=8))
def test_stop_is_heard_through_any_punctuation(word, noise):
    assert interpret(noise + word + noise) is Meaning.STOP


def test_a_yes_from_a_number_that_opted_out_asks_for_texts_again_and_confirms_nothing():
    assert interpret("YES", opted_out=True) is Meaning.START
    assert interpret("sí", opted_out=True) is Meaning.START
    assert interpret("1", opted_out=True) is Meaning.ACCEPT
    assert interpret("no", opted_out=True) is Meaning.DECLINE
