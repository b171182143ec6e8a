"""What the database says after something was sent, in few words."""

import re

from tests.store import a_branch
from tests.store.a_shell import Shell

from suture.model.messages import Send


def plan(shell: Shell, branch: a_branch.Branch, *wanted):
    with shell.caller.transaction() as tx:
        return a_branch.planned(tx, branch, *wanted)


def state(shell: Shell, touch_id) -> str:
    [row] = shell.rows("SELECT state FROM touch WHERE id = :id", id=touch_id)
    return str(row["state"])


def cases(shell: Shell) -> list[tuple[str, str, int]]:
    rows = shell.rows("SELECT kind, subject_kind, subject_id FROM exception_case WHERE state = 'open' ORDER BY id")
    return [(r["kind"], r["subject_kind"], r["subject_id"]) for r in rows]


def events(shell: Shell) -> list[str]:
    return [r["kind"] for r in shell.rows("SELECT kind FROM event ORDER BY seq")]


def token_in(message: Send) -> str:
    found = re.search(r"/p/(\S+)", message.body)
    assert found
    return found.group(1)
