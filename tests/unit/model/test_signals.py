"""Every signal has one spelling, and every registry of kinds knows them all."""

from typing import get_args

from suture.model.actors import ActorKind
from suture.model.audit import AUDIT_SENTENCES, AUDIT_WORDS, AuditCode
from suture.model.day import ConfirmationState
from suture.model.events import EVENT_SPECS, EventKind
from suture.model.messages import Channel
from suture.model.signals import SIGNAL_KINDS, Signal
from suture.store.audit import sentence
from suture.words.catalog import speaking


def test_every_signal_is_registered_under_its_name_in_small_letters():
    assert set(SIGNAL_KINDS.values()) == set(get_args(Signal))
    for word, kind in SIGNAL_KINDS.items():
        assert word.replace("_", "") == kind.__name__.lower()


def test_every_event_says_what_it_is_about():
    assert set(EVENT_SPECS) == set(EventKind)
    for spec in EVENT_SPECS.values():
        assert spec.subject in {"plan", "signal", "visit", "case", "touch"}
        assert spec.sentence.endswith(".")
        assert len(set(spec.data)) == len(spec.data) > 0


def test_every_audit_code_has_a_sentence():
    assert set(AUDIT_SENTENCES) == set(AuditCode)
    assert all(sentence.rstrip("}").endswith((".", "because", "reason")) for sentence in AUDIT_SENTENCES.values())


def test_every_code_of_an_audit_sentence_has_words():
    assert set(AUDIT_WORDS["actor"]) == set(ActorKind)
    assert set(AUDIT_WORDS["answer"]) == set(ConfirmationState)
    assert set(AUDIT_WORDS["signal"]) == set(SIGNAL_KINDS)
    assert set(AUDIT_WORDS["channel"]) >= set(Channel)


def test_an_audit_sentence_counts_one_as_one():
    file = {"files": 1, "loaded": 3, "quarantined": 0}
    assert sentence("files.imported", "command_line", file) == (
        "The command line imported 1 file; records loaded: 3, set aside: 0."
    )
    assert " imported 2 files; " in sentence("files.imported", "command_line", {**file, "files": 2})
    rulebook = {"hash": "a1", "rules": 1}
    assert sentence("rulebook.imported", "system", rulebook) == "Suture stored the rulebook a1 with 1 rule as a draft."
    with speaking("es"):
        assert "importó 1 archivo;" in sentence("files.imported", "command_line", file)


def test_an_audit_sentence_has_no_code_in_it():
    said = [
        sentence("signal.received", "patient_link:17", {"signal": "call_out"}),
        sentence("reply.received", "patient_link:17", {"via": "sms", "answer": "accepted"}),
        sentence("visit.cancelled", "system", {"by": "patient"}),
        sentence("day.published", "command_line", {"version": 2, "date": "2026-03-24"}),
        sentence("data.restored", "system", {"backup_at": "2026-03-24 11:05:00+00:00"}),
        sentence("signal.quarantined", "system", {"signal": 34, "tries": 5}),
    ]
    assert said == [
        "A patient (17) reported: a clinician called out.",
        "An answer was received by text message: accepted.",
        "A visit was cancelled by the patient.",
        "The command line published version 2 of Mar 24, 2026.",
        "Suture restored the backup of Mar 24, 2026, 11:05 UTC; all messages are on hold.",
        "The signal 34 failed 5 times and was set aside.",
    ]
    with speaking("es"):
        assert sentence("visit.cancelled", "system", {"by": "patient"}) == "Una visita fue cancelada por el paciente."
