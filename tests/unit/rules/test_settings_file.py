"""Files of settings: the same YAML as rulebooks, refused with the file and the line."""

from datetime import time

import pytest

from suture.outreach.policy import OpenHours, OutreachPolicy
from suture.rules.errors import SettingsRefused
from suture.rules.settings_file import load_settings


def read(text: str) -> OutreachPolicy:
    return load_settings(text, "outreach.yaml", OutreachPolicy)


def refusal(text: str) -> str:
    with pytest.raises(SettingsRefused) as refused:
        read(text)
    return str(refused.value)


@pytest.mark.parametrize("written", ["21:00", '"21:00"', "'21:00'", "21:00:00"])
def test_a_time_is_a_time_with_quotes_or_without(written):
    policy = read(f"patient_hours: {{opens: 8:00, closes: {written}}}")
    assert policy.patient_hours == OpenHours(opens=time(8), closes=time(21))


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "\ufeff\n\n"])
def test_a_file_with_nothing_in_it_leaves_the_defaults(text):
    assert read(text) == OutreachPolicy()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "caps:\n  per_day: 2\npatient_hours: {opens: 8:00, closes: 1260}",
            "outreach.yaml:3:38: patient_hours.closes: ",
        ),
        ("patient_hours: {opens: 8:00, closes: 24:00}", "patient_hours.closes: write a time of day"),
        ("patient_hours: {opens: 8:00, closes: 9pm}", "a time as 14:00"),
        ('patient_hours: {opens: 8:00, closes: "21:00+02:00"}', "write a time of day"),
        ("patient_hours: {opens: 8:00, closes: 21:60}", "write a time of day"),
        ("staff_hours: {opens: 21:00, closes: 5:30}", "1:14: staff_hours: these hours close before"),
        ("same_day_change:\n  enabled: no", "outreach.yaml:2:12: same_day_change.enabled must be true or false"),
        ("same_day_change:\n  enabled: off", "write true or false"),
        ("caps: {per_day: '1'}", "write a whole number without quotes"),
        ("caps: {per_day: 0}", "caps.per_day"),
        ("caps: {per_dya: 1}", "did you mean per_day?"),
        ("capps: {per_day: 1}", "did you mean caps?"),
        ("caps: {per_day: 1}\ncaps: {per_day: 2}", "outreach.yaml:2:1: key 'caps' twice"),
        ("caps: &a {per_day: 1}", "anchors"),
        ("caps: !!map {per_day: 1}", "tags"),
        ("- caps", "these are not settings"),
        ("caps: {per_day: 1", "outreach.yaml:"),
        ("---\ncaps: {per_day: 1}\n---\n", "a second document"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_place(text, says):
    assert says in refusal(text)


def test_every_fault_is_told_at_once():
    assert len(refusal("caps: {per_day: 0}\npatient_hours: {opens: 8, closes: 9}").splitlines()) == 3
