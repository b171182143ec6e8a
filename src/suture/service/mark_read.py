"""A person has read a text that no program could: its case closes, and messages to its number may leave again."""

from suture.model.audit import AuditCode
from suture.model.cases import CaseKind, CaseToClose
from suture.service.caller import Caller
from suture.store import audit, cases, events
from suture.store.access_cases import is_within
from suture.words.reason import reason

BECAUSE = reason("closed.read")


def mark_read(caller: Caller, case_id: int) -> bool:
    """Close the case of a text; False where it is closed already, is about something else, or on others' boards."""
    with caller.transaction() as tx:
        found = cases.find_open(tx, case_id, CaseKind.REPLY_UNCLEAR) if is_within(tx, case_id) else None
        if found is None:
            return False
        closed = cases.close_cases(tx, [CaseToClose(CaseKind.REPLY_UNCLEAR, found.subject, BECAUSE)])
        audit.record(tx, AuditCode.CASE_CLOSED, "case", case_id, because=BECAUSE)
        events.append(tx, branch_id=found.branch_id, service_date=found.service_date, events=closed)
        return True
