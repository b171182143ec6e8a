"""Who knows what: each change of what somebody was told has a message that left or will leave, or a case."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from tests.builders import TZ
from tests.sim.an_outbox import Note, Outbox, first_window

from suture.model.cases import CaseKind
from suture.model.day import Day, Promise
from suture.model.ids import PartyId
from suture.model.messages import OFFER_STEPS, Step, SubjectKind
from suture.model.visit import Visit, VisitStatus
from suture.outreach.policy import OutreachPolicy
from suture.outreach.timing import hours_for, is_open


def nobody_is_woken(outbox: Outbox, policy: OutreachPolicy) -> None:
    """Nothing leaves in quiet hours, but the class that says so."""
    for note in outbox.sent:
        assert note.sent_at is not None
        assert note.sent_at < note.touch.not_after, f"{note.touch.step} left when it was of no use"
        if note.touch.step in OFFER_STEPS:  # who is asked at which hour was decided before
            continue
        staff = note.touch.step.startswith("s.")
        hours = hours_for(staff=staff, urgent=note.touch.urgent, policy=policy)
        assert is_open(note.sent_at, TZ, hours), f"{note.touch.step} left at {note.sent_at}"


def everybody_knows_or_will(outbox: Outbox, day: Day, now: datetime) -> None:
    """Of patients and clinicians of a published day."""
    for visit in day.visits.values():
        if visit.patient_id is not None and not visit.is_started:
            _patient_knows(outbox, day, visit, visit.patient_id, now)
    for clinician_id in day.clinicians:
        _clinician_knows(outbox, day, clinician_id, now)
    promises = [p.touch_id for p in day.promises]
    assert len({(p.visit_id, p.party_id) for p in day.promises}) == len(promises), "two promises of one thing"


def nobody_hears_the_same_twice(promises: Sequence[Promise], day: Day) -> None:
    """A patient who was asked about a time is asked again only about another one."""
    for first, then in pairwise(promises):
        same = (first.visit_id, first.party_id, first.window) == (then.visit_id, then.party_id, then.window)
        twice = same and first.asks and then.asks and first.party_id in day.patients
        assert not twice, f"patient {first.party_id} is asked twice about {first.window.open:%H:%M}"


def nobody_hears_of_an_offer_twice(outbox: Outbox) -> None:
    """That they are asked, that they have it, that it is gone: each left once; and who has it never hears that it is
    gone."""
    heard = Counter((n.touch.subject_id, n.touch.party_id, n.touch.step) for n in outbox.sent if _is_of_offer(n))
    assert all(n == 1 for n in heard.values()), f"said twice of an offer: {heard}"
    for offer_id, party, step in heard:
        both = step is Step.S_OFFER_WON and (offer_id, party, Step.S_OFFER_GONE) in heard
        assert not both, f"{party} has what offer {offer_id} was about, and hears that it is gone"


def _is_of_offer(note: Note) -> bool:
    return note.touch.subject is SubjectKind.OFFER


def _patient_knows(outbox: Outbox, day: Day, visit: Visit, patient_id: PartyId, now: datetime) -> None:
    promise, window = day.promise_of(visit.id, patient_id), first_window(day, visit)
    if visit.status is VisitStatus.CANCELLED:
        return
    if visit.is_closed or visit.held or window is None or window.open <= now:
        return
    if promise is not None and promise.window == window:
        return
    waits = any(_is_about(n, visit, patient_id) for n in outbox.alive())
    is_told = waits or _has_case(day, patient_id)
    assert is_told, f"{visit.external_id} is at {window.open:%H:%M}, and nobody says so: {_said(outbox, patient_id)}"


def _said(outbox: Outbox, party: PartyId) -> list[str]:
    notes = [n for n in outbox.notes.values() if n.touch.party_id == party]
    return [f"{n.touch.step} of {n.touch.subject_id} v{n.touch.subject_rev} {n.state} {n.touch.due_at}" for n in notes]


def _is_about(note: Note, visit: Visit, patient_id: PartyId) -> bool:
    t = note.touch
    if t.party_id != patient_id:
        return False
    return t.subject is SubjectKind.PATIENT_DAY or (t.subject_id, t.subject_rev) == (visit.id, visit.visit_rev)


def _has_case(day: Day, patient_id: PartyId) -> bool:
    """About one of their visits: whoever calls tells them of all."""
    own = {v.id for v in day.visits.values() if v.patient_id == patient_id}
    kind = CaseKind.MESSAGE_UNDELIVERABLE
    return any(c.kind is kind and c.subject.kind == "visit" and c.subject.id in own for c in day.cases)


def _clinician_knows(outbox: Outbox, day: Day, clinician_id: PartyId, now: datetime) -> None:
    heard = {(a.key.visit_id, a.told) for a in outbox.lists.get(clinician_id, ())}
    has = {(a.key.visit_id, a.told) for a in day.plan.route(clinician_id)}
    news = {v for v, told in heard ^ has if day.visits[v].is_plannable and not day.visits[v].is_started}
    if not news:
        return
    waits = any(n.touch.party_id == clinician_id for n in outbox.alive())
    case = any(
        c.kind is CaseKind.MESSAGE_UNDELIVERABLE and c.subject.kind == "clinician" and c.subject.id == clinician_id
        for c in day.cases
    )
    assert waits or case, f"clinician {clinician_id} does not know of {sorted(news)}"
