"""Opening an address that was closed: by whom, on whose word, and what no command opens."""

from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.flow.a_told_visit import cases
from tests.store.a_branch import Branch, add_address
from tests.store.a_shell import Shell

from suture.cli import main
from suture.model.addresses import address_hash
from suture.model.messages import Channel, InboundText, Refusal
from suture.service.close_address import heed, opt_out
from suture.service.open_address import NotOpened, open_address
from suture.service.outreach import NoSuchRecipient
from suture.service.receive_reply import receive_text
from suture.store import contacts

NUMBER, MAILBOX = "+16145550111", "ann@example.org"
WHO_AND_WHY = ("Dana Park", "she called")


@pytest.fixture
def bounced(shell: Shell, branch: Branch) -> Shell:
    """The provider said that Ann's number does not exist."""
    with shell.caller.transaction() as tx:
        heed(tx, Channel.SMS, address_hash(NUMBER), Refusal.ADDRESS_GONE, touch_id=1)
    return shell


@pytest.fixture
def unsubscribed(shell: Shell, branch: Branch, visit: Any) -> Shell:
    """Ann pressed the button of an e-mail, the afternoon before her visit."""
    with shell.caller.transaction() as tx:
        opt_out(tx, Channel.EMAIL, address_hash(MAILBOX), "stop", source="link:1", about=("touch", 1))
    return shell


def usable(shell: Shell, branch: Branch) -> dict[Channel, bool]:
    with shell.caller.transaction() as tx:
        return {c: contacts.reach(tx, branch.ann, c).usable for c in (Channel.SMS, Channel.EMAIL)}


def audited(shell: Shell) -> list[dict[str, Any]]:
    rows = shell.rows("SELECT data FROM audit_row WHERE code = 'contact.opened' ORDER BY id")
    return [dict(r["data"]) for r in rows]


@pytest.mark.parametrize("who", ["Ann", NUMBER, "(614) 555-0111"])
def test_what_a_provider_closed_is_opened_with_a_reason_that_is_kept(bounced: Shell, branch: Branch, who: str) -> None:
    assert not usable(bounced, branch)[Channel.SMS]
    assert open_address(bounced.caller, who, *WHO_AND_WHY) == (Channel.SMS, Channel.VOICE)
    assert usable(bounced, branch)[Channel.SMS]
    kept = {"name": "Dana Park", "reason": "she called"}
    assert audited(bounced) == [{"channel": "sms", **kept}, {"channel": "voice", **kept}]


@pytest.mark.parametrize(("name", "reason"), [("", "x"), ("x", " ")])
def test_without_a_name_and_a_reason_nothing_is_opened(bounced: Shell, branch: Branch, name: str, reason: str) -> None:
    with pytest.raises(NotOpened, match="give a name and a reason"):
        open_address(bounced.caller, "Ann", name, reason)
    assert not usable(bounced, branch)[Channel.SMS]


def test_who_unsubscribed_must_have_asked_for_e_mail_again(unsubscribed: Shell, branch: Branch) -> None:
    with pytest.raises(NotOpened, match="--asked"):
        open_address(unsubscribed.caller, "Ann", *WHO_AND_WHY)
    assert (usable(unsubscribed, branch)[Channel.EMAIL], audited(unsubscribed)) == (False, [])
    assert cases(unsubscribed) == [("opted_out", "patient", branch.ann)]
    assert open_address(unsubscribed.caller, "Ann", *WHO_AND_WHY, asked=True) == (Channel.EMAIL,)
    assert usable(unsubscribed, branch)[Channel.EMAIL]
    assert (len(audited(unsubscribed)), cases(unsubscribed)) == (1, []), "no one must call her for it"


def test_stop_by_text_is_the_carriers_and_only_start_opens_it(unsubscribed: Shell, branch: Branch) -> None:
    receive_text(unsubscribed.caller, InboundText("console", "m1", NUMBER, "STOP"))
    for channel in (None, Channel.SMS):
        with pytest.raises(NotOpened, match="START"):
            open_address(unsubscribed.caller, "Ann", *WHO_AND_WHY, channel, asked=True)
    assert usable(unsubscribed, branch) == {Channel.SMS: False, Channel.EMAIL: False}
    assert open_address(unsubscribed.caller, "Ann", *WHO_AND_WHY, Channel.EMAIL, asked=True) == (Channel.EMAIL,)
    receive_text(unsubscribed.caller, InboundText("console", "m2", NUMBER, "START"))
    assert usable(unsubscribed, branch) == {Channel.SMS: True, Channel.EMAIL: True}


def test_a_legal_reason_is_opened_by_no_command(shell: Shell, branch: Branch) -> None:
    with shell.caller.transaction() as tx:
        contacts.suppress(tx, Channel.EMAIL, address_hash(MAILBOX), "legal", source="test")
    with pytest.raises(NotOpened, match="legal"):
        open_address(shell.caller, MAILBOX, *WHO_AND_WHY, asked=True)


def test_there_must_be_something_to_open(shell: Shell, branch: Branch) -> None:
    with pytest.raises(NotOpened, match="Nothing of Ann is closed"):
        open_address(shell.caller, "Ann", *WHO_AND_WHY)
    with pytest.raises(NoSuchRecipient):
        open_address(shell.caller, "No-one", *WHO_AND_WHY)


def test_who_shares_the_address_is_written_to_as_well(bounced: Shell, branch: Branch) -> None:
    with bounced.caller.transaction() as tx:
        add_address(tx, branch.nora, Channel.SMS, NUMBER)
    open_address(bounced.caller, "Ann", *WHO_AND_WHY)
    with bounced.caller.transaction() as tx:
        assert contacts.reach(tx, branch.nora, Channel.SMS).usable


def test_the_command_says_what_was_opened_or_why_not(unsubscribed: Shell, tmp_path: Any) -> None:
    url = unsubscribed.caller.tools.engine.url.render_as_string(hide_password=False)

    def command(*words: str) -> Result:
        given = ["outreach", "open", "Ann", "--name", "Dana Park", "--reason", "she called", *words]
        return CliRunner(env={"DATABASE_URL": url}).invoke(main, [*given, "--data", str(tmp_path)])

    refused = command()
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "Say --asked if they have asked for messages there again." in refused.stderr
    said = command("--asked")
    assert (said.exit_code, said.stdout) == (0, "Messages by e-mail go there again.\n"), said.output
