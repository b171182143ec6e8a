"""An on-call list in force, a critical case, and what is told of it minute by minute."""

from tests.store import a_branch
from tests.store.a_branch import THE_DAY, at
from tests.store.a_shell import Shell

from suture.model.cases import CaseKind, CaseSubject, CaseToOpen
from suture.model.ids import CaseId
from suture.model.messages import Receipt, SendOutcome
from suture.rules.source import Source
from suture.service import versions
from suture.service.configuration import ON_CALL
from suture.service.on_call import Hindrance, Unheard, unheard
from suture.service.send_messages import send_due
from suture.service.timers import fire_timers
from suture.store import cases
from suture.store.branches import all_branches
from suture.words.reason import reason

LIST = """
contacts:
  dana: {name: Dana Park, sms: 614-555-0155, email: dana@example.org}
  lee: {name: Lee Ward, sms: 614-555-0156}
branches:
  COLUMBUS:
    - {who: dana}
    - {who: lee}
    - {who: Nora}
"""
DANA, LEE, NORA = "+16145550155", "+16145550156", "Nora@example.org"
NOT_NOW = Receipt(SendOutcome.TRANSIENT, "scripted", code="busy")
NEVER = Receipt(SendOutcome.PERMANENT, "scripted", code="gone")


def put_in_force(shell: Shell, said: str = LIST) -> None:
    version, _ = versions.import_document(shell.caller, ON_CALL, ON_CALL.read([Source("on-call.yaml", said)]))
    versions.activate(shell.caller, ON_CALL, version.hash)


def open_case(shell: Shell, branch: a_branch.Branch, visit: int, *, position: int = 1, risk: int = 8) -> CaseId:
    """An uncovered visit that is due at ten past nine: critical with risk 8, high with 3."""
    case = CaseToOpen(
        CaseKind.UNCOVERED_VISIT,
        CaseSubject("visit", visit, position),
        risk,
        (reason("cover.no_clinician"),),
        deadline_at=at("09:10"),
    )
    with shell.caller.transaction() as tx:
        cases.open_cases(tx, branch.id, THE_DAY, [case])
        return CaseId(tx.scalar("SELECT max(id) FROM exception_case"))


def at_clock(shell: Shell, clock: str) -> list[str]:
    """Go to a time, let what is due happen, and say whom messages have reached so far, in order."""
    shell.clock.advance_to(at(clock))
    return work(shell)


def work(shell: Shell) -> list[str]:
    while fire_timers(shell.caller) or send_due(shell.caller):
        pass
    return told(shell)


def told(shell: Shell) -> list[str]:
    return [r["value"] for r in shell.rows(
        """SELECT a.value FROM touch t JOIN address a ON a.party_id = t.party_id AND a.channel = t.channel
           WHERE t.step = 's.on_call' AND t.state = 'sent' ORDER BY t.sent_at, t.id""")]  # fmt: skip


def go_back(shell: Shell, clock: str) -> None:
    """A clock that someone sets back, as a database's can be."""
    shell.clock._now = at(clock)


def board(shell: Shell, *case_ids: CaseId) -> Unheard | None:
    with shell.caller.transaction() as tx:
        [branch] = all_branches(tx)
        return unheard(tx, shell.caller.tools, branch, case_ids)


def hindrance(shell: Shell, case_id: CaseId) -> Hindrance | None:
    found = board(shell, case_id)
    return found.hindrance if found else None


def says(shell: Shell, *case_ids: CaseId) -> str:
    found = board(shell, *case_ids)
    with shell.caller.transaction() as tx:
        [branch] = all_branches(tx)
    return found.in_words(branch, THE_DAY) if found else ""
