"""People are polite, angry, and sign what they write: a STOP is still one, and a word in a sentence is not."""

import pytest

from suture.outreach.interpret import Meaning, Reading, interpret
from suture.outreach.plain_text import unsigned
from suture.outreach.said_day import SaidDay
from suture.outreach.stop_words import wants_to_stop

STOPS = [
    # manners, repeats, punctuation, emoji
    "Stop. Thank you", "STOP please", "please STOP", "Stop!!!", "stop stop", "STOP STOP STOP",
    "Stop, please. Thanks!", "hi, please stop", "STOP 😡", "🛑 stop 🛑", "stooop", "STOPP", "stop now", "Stop it",
    "quit it", "ok stop", "I said stop", "STOP!!! I said STOP", "stop already", "please quit", "CANCEL please",
    "end thanks", "unsubscribe, please", "Unsubscribe me", "stop all messages", "stop messages", "stop sms",
    "stop text", "stop the texts", "end all texts", "cancel messages", "quit texts please", "can you please stop",
    "just stop", "STOP ALL", "opt-out please", "Stop texts to my number", "please cease all messages",
    # signatures
    "STOP\n- Maria", "STOP\n-- \nMaria Lopez", "Stop\nMaria", "stop thanks maria", "Stop, thank you. Maria Lopez",
    "STOP\n\nSent from my iPhone", "stop gracias maria", "Alto\n— José", "STOP - Maria", "Stop\nThank you\nMaria",
    # phrases
    "please stop texting me", "Stop texting me!", "quit texting me", "stop messaging", "stop contacting us",
    "no more messages", "No more texts please", "please send no more texts", "Stop sending me messages",
    "stop sending these", "do not text me", "Please don't text me anymore", "don't message me again",
    "Never contact me again", "don't send me any more texts", "I don't want these messages",
    "I do not wish to receive texts", "I want to stop getting these texts", "I'd like to unsubscribe",
    "I want to opt out", "opt me out", "take me off your list", "please remove my number from this list",
    "remove me", "leave me alone", "lose my number", "Revoke consent", "I revoke my consent",
    "I hereby withdraw consent", "This is ridiculous. Stop texting me, I mean it.",
    "I said stop texting me",
    # names, greetings, questions, spellings, signs
    "Stop. Mary", "STOP! Mary Lopez", "Stop. MARY", "Dear Suture, please stop. Regards, Al",
    "Hi Suture! Stop. Thanks, Al", "please stop. Regards",
    "STOP. - Enviado desde mi iPhone", "STOP - Sent from my iPhone", "Stop. Sent from my iPad", "STOP 2", "2 stop",
    "who is this? stop", "STOP who is this", "Who are you? Please stop.", "¿quién es? alto", "S T O P", "S.T.O.P.",
    "s t o p please", "🛑", "🛑🛑", "🛑 please", "cancelar", "Cancelar, por favor",
    "Estimada Suture, alto. Saludos, José",
    # Spanish
    "por favor parar", "alto por favor", "ALTO, gracias", "Pare por favor", "paren ya", "basta", "ya basta",
    "salir", "no me manden más mensajes", "No me envíen mensajes por favor", "ya no me escriban",
    "no me manden más", "no más mensajes", "ya no más mensajes por favor", "no quiero más mensajes",
    "No quiero recibir mensajes", "dejen de mandarme mensajes", "deje de escribirme",
    "por favor dejen de enviar mensajes", "darme de baja", "quiero darme de baja", "denme de baja por favor",
    "quiten mi número", "bórrenme de la lista", "parar mensajes", "cancelar los mensajes", "no me escriba más",
    "no me molesten más", "déjenme en paz", "Quiero que paren los mensajes",
]  # fmt: skip

SENTENCES = [
    "please don't stop the visits", "the bus stop is closed", "can't stop, yes", "don't stop",
    "do not stop texting me", "please don't stop sending me messages", "never stop", "is this the last stop?",
    "stop by at nine", "please stop by", "stop the visits", "stop coming", "Stop sending Maria, she is rude",
    "the pain won't stop", "My bleeders stopped", "cancel my visit", "cancel Tuesday please", "please cancel it",
    "cancel this", "can you end at 3", "the end", "stop in first, then the pharmacy", "I quit smoking",
    "no more visits", "no more", "I got no more messages from you", "don't text me before 9",
    "do not contact me at work", "don't text me on Sundays", "please do not text my son",
    "did you stop texting me?", "why did you stop sending me messages", "if you stop texting me I will worry",
    "did I opt out?", "how do I unsubscribe?", "baja la rampa por favor", "no puedo parar", "no paren los mensajes",
    "la parada de bus", "alto, voy para allá", "no dejen de mandarme mensajes", "no me escriban por la noche",
    "cancelar la visita", "cancelar mañana", "quiero cancelar", "salir a las 3", "para mañana", "ya no puedo",
    "no me manden a Pedro", "no me contactaron", "no me manden más enfermeras", "no me envíe otra persona",
    "dejen de mandar gente", "can you stop by?", "don't text me again at work", "stop texting me at night",
    "stop thanks but come at 9", "STOP\ncome at 9", "stop and yes", "yes\nstop", "please end the visit",
    "can you take me out to the garden?", "they leave me alone all day", "saquenme de la cama por favor",
    "please stop by at 9", "I can't stop coughing", "stop at the back door", "Stop. Wait", "Stop. Call Mary", "stop 9",
    "STOP 1", "stop 2 blocks before", "who is this? stop by at 9", "who is this?",
    "Dear Suture, the bus stop is closed",
    "Hi, don't stop. Mary", "There is no bus stop. Mary", "Stop by. Mary", "S T", "I sent a stop sign. Mary",
    "🛑 bus", "they said who is this stop", "Please don't stop. - Sent from my iPhone",
    "help please", "info about the visit", "stop?? why would I stop",
]  # fmt: skip


@pytest.mark.parametrize("text", STOPS)
def test_a_wish_to_be_left_alone_is_a_stop(text):
    assert interpret(text).meaning is Meaning.STOP


@pytest.mark.parametrize("text", SENTENCES)
def test_a_sentence_that_merely_has_the_word_is_for_a_person_to_read(text):
    assert interpret(text).meaning is Meaning.UNCLEAR


def test_a_signature_is_no_part_of_what_is_said():
    assert unsigned("1\n- Maria") == "1"
    assert unsigned("No\nMaria Lopez") == "No"
    assert unsigned("- Maria") == "- Maria", "nothing would be left"
    assert unsigned("1\nnot at home") == "1\nnot at home"
    assert interpret("1\n- Maria").meaning is Meaning.ACCEPT
    assert interpret("2 - José Pérez").meaning is Meaning.DECLINE
    assert interpret("yes - tuesday") == interpret("yes\nTuesday") == Reading(Meaning.ACCEPT, day=SaidDay(weekday=1))
    assert interpret("1\nMaria").meaning is Meaning.UNCLEAR
    assert interpret("yes 😊").meaning is Meaning.ACCEPT
    assert interpret("1 👎").meaning is Meaning.UNCLEAR


def test_an_emergency_outranks_a_stop_that_is_not_bare():
    for text in ("STOP\n- Maria, mom fell down", "please stop, I have chest pain", "stop\nHELP ME\ncall 911"):
        assert interpret(text).meaning is Meaning.EMERGENCY
    assert interpret("I want to end it all").meaning is Meaning.EMERGENCY


def test_whoever_opted_out_comes_back_by_start_however_polite():
    assert interpret("start please", opted_out=True).meaning is Meaning.START
    assert interpret("please start at nine").meaning is Meaning.UNCLEAR
    assert interpret("start please").meaning is Meaning.UNCLEAR, "nothing is to be started"


@pytest.mark.parametrize("text", ["stop " * 400, "no " * 800, "stop maria " * 150, "\n".join(["A"] * 800)])
def test_a_long_text_is_read_in_no_time(text):
    assert wants_to_stop(text) in (True, False)
