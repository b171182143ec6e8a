"""Every signal has one spelling, and every registry of kinds knows them all."""

from typing import get_args

from suture.model.audit import AUDIT_SENTENCES, AuditCode
from suture.model.events import EVENT_SPECS, EventKind
from suture.model.signals import SIGNAL_KINDS, Signal


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
