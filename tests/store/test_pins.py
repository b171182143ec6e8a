"""PINs of clinicians: what is stored, how many tries there are, and what ends what."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Engine
from tests.store import a_branch
from tests.store.a_branch import THE_DAY, at
from tests.store.a_shell import Shell, emptied, module_database

from suture.model.actors import Actor, ActorKind, Scope
from suture.model.messages import Channel, Step
from suture.service import answer_link, passwords, pins
from suture.service.pins import MOST_WRONG, MOST_WRONG_OF_ALL, NoPin, NoSuchClinician, Tried
from suture.store import touches
from suture.store.access import NotAllowed
from suture.store.access_clinician import her_day
from suture.store.embedded import EmbeddedPostgres
from suture.store.tokens import Purpose, hashed, make


@pytest.fixture(scope="module")
def own_database(postgres: EmbeddedPostgres) -> Iterator[Engine]:
    with module_database(postgres, "test_pins") as engine:
        yield engine


@pytest.fixture
def shell(own_database: Engine) -> Shell:
    return Shell(emptied(own_database), at("07:30"))


@pytest.fixture
def branch(shell: Shell) -> a_branch.Branch:
    with shell.caller.transaction() as tx:
        return a_branch.make_branch(tx)


def a_link(shell: Shell, branch: a_branch.Branch, who: int, rev: int = 1) -> str:
    with shell.caller.transaction() as tx:
        wanted = a_branch.a_touch(Step.S_PUBLISHED, who, rev=rev, channel=Channel.EMAIL)  # type: ignore[arg-type]
        [touch_id] = a_branch.planned(tx, branch, wanted)
        return make(tx, touches.find(tx, touch_id), Purpose.CLINICIAN_DAY, None, at("23:59") + timedelta(hours=5))


@pytest.fixture
def link(shell: Shell, branch: a_branch.Branch) -> str:
    return a_link(shell, branch, branch.nora)


def pin_of(shell: Shell, branch: a_branch.Branch) -> str:
    return pins.set_pin(shell.caller, branch.nora).get_secret_value()


def wrong_for(pin: str) -> str:
    return "111111" if pin != "111111" else "222222"


def open_cases(shell: Shell) -> list[dict[str, object]]:
    return shell.rows("SELECT kind, subject_id, reasons FROM exception_case WHERE state = 'open'")


def codes(shell: Shell) -> list[str]:
    return [r["code"] for r in shell.rows("SELECT code FROM audit_row ORDER BY id")]


def opened(shell: Shell, link: str, pin: str) -> str:
    entered = pins.enter(shell.caller, link, pin)
    assert entered and entered.tried is Tried.RIGHT and entered.cookie
    return entered.cookie.get_secret_value()


def test_a_pin_is_six_digits_that_no_one_tries_first() -> None:
    for trivial in ("000000", "123456", "654321", "121212", "123123", "112211", "012345", "987654"):
        assert pins._is_trivial(trivial), trivial
    for fine in ("483920", "100294", "123465"):
        assert not pins._is_trivial(fine), fine
    assert all(len(p) == 6 and p.isdigit() and not pins._is_trivial(p) for p in (pins._new_pin() for _ in range(500)))


def test_only_a_hash_is_stored_and_the_audit_row_says_whose_but_not_what(shell: Shell, branch) -> None:
    pin = pin_of(shell, branch)
    [row] = shell.rows("SELECT pin_hash, set_by FROM clinician_pin")
    assert row["pin_hash"].startswith("$argon2id$") and row["set_by"] == "system"
    [said] = shell.rows("SELECT code, data FROM audit_row WHERE code = 'pin.set'")
    assert said["data"] == {"clinician": "Nora"}
    everything = str([shell.rows(f"SELECT * FROM {t}") for t in ("clinician_pin", "audit_row", "event", "wrong_pin")])
    assert pin not in everything.replace(row["pin_hash"], "")


def test_the_right_pin_opens_her_own_day_behind_that_very_link(shell: Shell, branch, link: str) -> None:
    cookie = opened(shell, link, pin_of(shell, branch))
    herself = pins.by_pass(shell.caller, link, cookie)
    assert herself and (herself.clinician_id, herself.service_date) == (branch.nora, THE_DAY)
    assert str(herself.caller.actor) == f"clinician_pin:{branch.nora}"
    assert shell.rows("SELECT 1 FROM day_pass WHERE token_hash = :h", h=hashed(cookie))
    assert not shell.rows("SELECT 1 FROM day_pass WHERE token_hash = :h", h=cookie)
    assert pins.by_pass(shell.caller, a_link(shell, branch, branch.nora, rev=2), cookie) is None
    assert pins.by_pass(shell.caller, a_link(shell, branch, branch.judith), cookie) is None
    assert pins.by_pass(shell.caller, link, "another") is None and pins.by_pass(shell.caller, link, "") is None
    assert codes(shell)[-1] == "day.opened"


def test_spaces_in_a_pin_are_no_mistake(shell: Shell, branch, link: str) -> None:
    pin = pin_of(shell, branch)
    opened(shell, link, f" {pin[:3]} {pin[3:]}")


def test_a_pass_ends_with_the_service_date(shell: Shell, branch, link: str) -> None:
    pin = pin_of(shell, branch)
    cookie = opened(shell, link, pin)
    shell.clock.advance_to(at("23:59"))
    assert pins.by_pass(shell.caller, link, cookie)
    shell.clock.advance_to(at("00:00", THE_DAY + timedelta(days=1)))
    assert pins.by_pass(shell.caller, link, cookie) is None
    entered = pins.enter(shell.caller, link, pin)  # the link still works; the day is over
    assert entered and entered.tried is Tried.OVER and entered.cookie is None


def test_a_pass_ends_with_its_link_at_the_latest(shell: Shell, branch, link: str) -> None:
    shell.run("UPDATE patient_token SET expires_at = :at", at=at("12:00"))
    cookie = opened(shell, link, pin_of(shell, branch))
    assert shell.rows("SELECT ends_at FROM day_pass")[0]["ends_at"] == at("12:00")
    shell.clock.advance_to(at("12:00"))
    assert pins.by_pass(shell.caller, link, cookie) is None


def test_the_fifth_wrong_pin_ends_the_link_and_its_passes_and_tells_the_branch(shell: Shell, branch, link) -> None:
    pin = pin_of(shell, branch)
    cookie = opened(shell, link, pin)
    for left in (4, 3, 2, 1):
        entered = pins.enter(shell.caller, link, wrong_for(pin))
        assert entered and (entered.tried, entered.left) == (Tried.WRONG, left)
    assert answer_link.look_up(shell.caller, link) is not None and not open_cases(shell)
    entered = pins.enter(shell.caller, link, wrong_for(pin))
    assert entered and entered.left == 0
    assert answer_link.look_up(shell.caller, link) is None
    assert pins.by_pass(shell.caller, link, cookie) is None
    assert pins.enter(shell.caller, link, pin) is None
    [case] = open_cases(shell)
    assert (case["kind"], case["subject_id"]) == ("wrong_pin", branch.nora)
    assert "Nora Tester" in str(case["reasons"]) and pin not in str(case["reasons"])
    [said] = shell.rows("SELECT actor, data FROM audit_row WHERE code = 'pin.guessed'")
    assert said["actor"] == f"clinician_link:{branch.nora}" and said["data"]["n"] == MOST_WRONG


def test_a_right_pin_forgives_earlier_slips(shell: Shell, branch, link: str) -> None:
    pin = pin_of(shell, branch)
    for _ in range(MOST_WRONG - 1):
        pins.enter(shell.caller, link, wrong_for(pin))
    opened(shell, link, pin)
    entered = pins.enter(shell.caller, link, wrong_for(pin))
    assert entered and entered.left == MOST_WRONG - 1


def test_guesses_sent_all_at_once_are_five(shell: Shell, branch, link: str, monkeypatch) -> None:
    pin, looked = pin_of(shell, branch), []
    is_right = pins._is_right

    def counted(pin_hash: str | None, given: str) -> bool:
        looked.append(given)
        return is_right(pin_hash, given)

    monkeypatch.setattr(pins, "_is_right", counted)
    guesses = [f"{n:06}" for n in range(200000, 200012) if f"{n:06}" != pin]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda guess: pins.enter(shell.caller, link, guess), guesses))
    assert len(looked) == MOST_WRONG
    assert sorted(a.left for a in answers if a) == [0, 1, 2, 3, 4]
    assert answers.count(None) == len(guesses) - MOST_WRONG
    assert len(open_cases(shell)) == 1 and shell.rows("SELECT wrong_pins FROM patient_token")[0]["wrong_pins"] == 5


def test_ten_wrong_ones_across_links_and_none_is_looked_at(shell: Shell, branch, monkeypatch) -> None:
    pin = pin_of(shell, branch)
    links = [a_link(shell, branch, branch.nora, rev=n) for n in range(1, 5)]
    for n in range(MOST_WRONG_OF_ALL):
        entered = pins.enter(shell.caller, links[n % 3], wrong_for(pin))
        assert entered and entered.tried is Tried.WRONG
    with monkeypatch.context() as patched:
        patched.setattr(pins, "_is_right", lambda *_: pytest.fail("it was looked at"))
        entered = pins.enter(shell.caller, links[3], pin)
    assert entered and entered.tried is Tried.WAIT
    shell.clock.advance_to(at("07:30") + pins.WRONG_WITHIN)
    opened(shell, links[3], pin)


def test_without_a_pin_a_hash_is_checked_all_the_same_and_nothing_opens(
    shell: Shell, branch, link, monkeypatch
) -> None:
    verified: list[str] = []
    hasher = passwords._hasher()
    monkeypatch.setattr(passwords, "_hasher", lambda: Watched(hasher, verified))
    assert not pins.has_pin(shell.caller, link)
    entered = pins.enter(shell.caller, link, "483920")
    assert entered and entered.tried is Tried.WRONG and len(verified) == 1


class Watched:
    def __init__(self, hasher, verified: list[str]) -> None:
        self.hash, self._verify, self._verified = hasher.hash, hasher.verify, verified

    def verify(self, pin_hash: str, pin: str) -> bool:
        self._verified.append(pin_hash)
        return bool(self._verify(pin_hash, pin))


def test_a_new_pin_ends_what_the_old_one_opened_and_the_case(shell: Shell, branch, link: str) -> None:
    old = pin_of(shell, branch)
    other = a_link(shell, branch, branch.nora, rev=2)
    cookie = opened(shell, other, old)
    for _ in range(2):
        pins.enter(shell.caller, other, wrong_for(old))
    for _ in range(MOST_WRONG):
        pins.enter(shell.caller, link, wrong_for(old))
    assert len(open_cases(shell)) == 1
    new = pin_of(shell, branch)
    assert not open_cases(shell) and pins.by_pass(shell.caller, other, cookie) is None
    assert answer_link.look_up(shell.caller, link) is None  # what ended stays ended
    if new != old:
        entered = pins.enter(shell.caller, other, old)
        assert entered and entered.left == MOST_WRONG - 1
    opened(shell, other, new)


def test_a_pin_that_is_removed_opens_nothing(shell: Shell, branch, link: str) -> None:
    pin = pin_of(shell, branch)
    cookie = opened(shell, link, pin)
    pins.remove_pin(shell.caller, branch.nora)
    assert pins.by_pass(shell.caller, link, cookie) is None and not pins.has_pin(shell.caller, link)
    entered = pins.enter(shell.caller, link, pin)
    assert entered and entered.tried is Tried.WRONG
    with pytest.raises(NoPin):
        pins.remove_pin(shell.caller, branch.nora)


def test_a_link_of_another_kind_takes_no_pin(shell: Shell, branch, link: str) -> None:
    pin = pin_of(shell, branch)
    shell.run("UPDATE patient_token SET purpose = 'offer'")
    assert pins.enter(shell.caller, link, pin) is None and not pins.has_pin(shell.caller, link)
    assert pins.enter(shell.caller, "unknown", pin) is None


def test_a_coordinator_gives_pins_within_their_branches_only(shell: Shell, branch) -> None:
    elsewhere = type(shell.caller)(shell.caller.tools, shell.caller.actor, Scope(frozenset()))
    for ask in (lambda: pins.set_pin(elsewhere, branch.nora), lambda: pins.clinician_named(elsewhere, "Nora")):
        with pytest.raises(NoSuchClinician):
            ask()
    with pytest.raises(NoSuchClinician):
        pins.set_pin(shell.caller, branch.ann)
    assert pins.clinician_named(shell.caller, "Nora") == branch.nora


@pytest.mark.parametrize("kind", [k for k in ActorKind if k is not ActorKind.CLINICIAN_PIN])
def test_matrix_no_other_actor_reads_her_day(shell: Shell, branch, kind: ActorKind) -> None:
    caller = shell.caller.by(Actor(kind, branch.nora))
    with caller.transaction() as tx, pytest.raises(NotAllowed):
        her_day(tx, branch.nora, THE_DAY)


def test_matrix_no_clinician_reads_a_colleagues_day(shell: Shell, branch) -> None:
    caller = shell.caller.by(Actor(ActorKind.CLINICIAN_PIN, branch.judith))
    with caller.transaction() as tx, pytest.raises(NotAllowed):
        her_day(tx, branch.nora, THE_DAY)
