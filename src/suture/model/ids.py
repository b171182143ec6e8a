"""Identifiers: one type per noun, so that a visit's number is never passed where a clinician's belongs."""

from typing import NamedTuple, NewType

BranchId = NewType("BranchId", int)
PlaceId = NewType("PlaceId", int)
PartyId = NewType("PartyId", int)
VisitId = NewType("VisitId", int)
TouchId = NewType("TouchId", int)
PromiseId = NewType("PromiseId", int)
CaseId = NewType("CaseId", int)
SignalId = NewType("SignalId", int)


class PositionKey(NamedTuple):
    """One seat to fill: a double-up visit has positions 1 and 2."""

    visit_id: VisitId
    position: int
