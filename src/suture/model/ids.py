"""Identifiers: one type per noun, so that a visit's number is never passed where a clinician's belongs."""

from datetime import date
from typing import NamedTuple, NewType

BranchId = NewType("BranchId", int)
PlaceId = NewType("PlaceId", int)
PartyId = NewType("PartyId", int)
VisitId = NewType("VisitId", int)
TouchId = NewType("TouchId", int)
PromiseId = NewType("PromiseId", int)
CaseId = NewType("CaseId", int)
SignalId = NewType("SignalId", int)
ConnectionId = NewType("ConnectionId", int)
SenderId = NewType("SenderId", int)
OfferId = NewType("OfferId", int)
KeyId = NewType("KeyId", int)
AccountId = NewType("AccountId", int)
SessionId = NewType("SessionId", int)
SignInProviderId = NewType("SignInProviderId", int)


class PositionKey(NamedTuple):
    """One seat to fill: a double-up visit has positions 1 and 2."""

    visit_id: VisitId
    position: int


class BranchDay(NamedTuple):
    """One service date of one branch: what plans, leases and decisions are about. Several are always taken in order."""

    branch_id: BranchId
    service_date: date
