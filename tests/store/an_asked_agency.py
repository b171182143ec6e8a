"""The very small agency with words to play what is asked, answered and asked back by text."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tests.store import a_branch
from tests.store.a_branch import a_touch, add_address
from tests.store.a_shell import Shell

from suture.model.ids import PartyId, VisitId
from suture.model.messages import Channel, InboundText, Step
from suture.service.receive_reply import ReplyAction, receive_text
from suture.service.send_messages import send_due
from suture.words.reason import from_json

ANN, BEN, NORA = "+16145550111", "+16145550112", "+16145550101"


@dataclass
class Agency:
    """The very small agency, with the words to play a story in."""

    shell: Shell
    branch: a_branch.Branch
    count: int = 0

    def visit(self, patient: PartyId, start: str, name: str = "") -> VisitId:
        """A visit that Nora has."""
        with self.shell.caller.transaction() as tx:
            visit = a_branch.add_visit(tx, self.branch, patient, start, name)
            a_branch.assign(tx, self.branch, visit, self.branch.nora, start)
        return visit

    def asked(self, patient: PartyId, start: str = "09:00", name: str = "") -> VisitId:
        """A visit that its patient has been asked about by text."""
        visit = self.visit(patient, start, name)
        self.send(a_touch(Step.P_CONFIRM, patient, visit, due=self.shell.clock.now()))
        return visit

    def send(self, *touches: Any) -> None:
        """Plan messages and send what is due."""
        with self.shell.caller.transaction() as tx:
            a_branch.planned(tx, self.branch, *touches)
        send_due(self.shell.caller)

    def text(self, body: str, sender: str = ANN, **more: Any) -> ReplyAction:
        """A text comes in, and what it sets off is sent."""
        self.count += 1
        done = receive_text(self.shell.caller, InboundText("console", f"m{self.count}", sender, body, **more))
        send_due(self.shell.caller)
        return done.action

    def later(self, minutes: int) -> None:
        """Time passes."""
        self.shell.clock.advance_to(self.shell.clock.now() + timedelta(minutes=minutes))

    def another_on(self, number: str, name: str = "Cal") -> PartyId:
        """One more patient with this number."""
        with self.shell.caller.transaction() as tx:
            party = a_branch.add_party(tx, self.branch.id, self.branch.place, name, "patient")
            add_address(tx, party, Channel.SMS, number)
        return party

    def moved(self, visit: VisitId, to: str) -> None:
        """The visit has another time, of which its patient has not heard yet."""
        with self.shell.caller.transaction() as tx:
            a_branch.move_visit_rev(tx, visit)
            a_branch.assign(tx, self.branch, visit, self.branch.nora, to)

    def signals(self) -> list[dict[str, Any]]:
        """What the live loop is told."""
        rows = self.shell.rows("SELECT kind, body, source, service_date FROM inbox ORDER BY id")
        return [{**r["body"], "kind": r["kind"], "source": r["source"], "on": r["service_date"]} for r in rows]

    def answers(self) -> list[tuple[str, str]]:
        """Each answer, and whose."""
        return [(self._names()[s["party_id"]], s["answer"]) for s in self.signals()]

    def _names(self) -> dict[int, str]:
        return {r["id"]: r["external_id"] for r in self.shell.rows("SELECT id, external_id FROM party")}

    def cases(self) -> list[list[str]]:
        """The reasons of each text that waits for a reader."""
        rows = self.shell.rows(
            "SELECT reasons FROM exception_case WHERE state = 'open' AND kind = 'reply_unclear' ORDER BY id"
        )
        why = [[from_json(one) for one in r["reasons"]] for r in rows]
        return [[str(one) for one in of_case if not one.code.startswith("default.")] for of_case in why]

    @property
    def said(self) -> list[str]:
        """The texts that left, without the agency's name."""
        return [m.body.partition(": ")[2] for m in self.shell.sms.sent]

    def steps(self) -> list[str]:
        return [r["step"] for r in self.shell.rows("SELECT step FROM touch WHERE state = 'sent' ORDER BY id")]
