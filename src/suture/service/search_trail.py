"""Searches what was done and who was shown whom; that someone searched is itself part of the trail."""

from dataclasses import dataclass, replace

from suture.model.audit import AuditCode
from suture.service.caller import Caller
from suture.service.errors import ServiceError
from suture.store import audit, trail
from suture.store.trail import Asked, Done, Shown
from suture.words.catalog import _


class NoSuchPatient(ServiceError):
    """The trail is asked about a patient who is not there."""


@dataclass(frozen=True, slots=True)
class Trail:
    """What was found, newest first. `is_cut`: there are more."""

    done: tuple[Done, ...] = ()
    shown: tuple[Shown, ...] = ()
    is_cut: bool = False


def search_trail(caller: Caller, asked: Asked, patient: str = "", *, reads: bool = False) -> Trail:
    """The audit trail, or with `reads` the access log. Raises NoSuchPatient.

    `patient`: the id in the files. Whoever searches is noted with what for, before anything is shown.
    """
    with caller.transaction() as tx:
        if patient:
            number = trail.patient_number(tx, patient)
            if number is None:
                raise NoSuchPatient(_("There is no patient {id}.", id=repr(patient)))
            asked = replace(asked, patient=number)
        found = Trail(shown=trail.shown(tx, asked)) if reads else Trail(done=trail.done(tx, asked))
        audit.record(
            tx,
            AuditCode.AUDIT_SEARCHED,
            "party" if asked.patient else asked.subject_kind or "trail",
            asked.patient or asked.subject_id or 0,
            what="reads" if reads else "changes",
            found=min(len(found.done) + len(found.shown), asked.limit),
            of_code=asked.code,
            of_actor=asked.actor,
            since=str(asked.since or ""),
            until=str(asked.until or ""),
        )
    most = asked.limit
    return Trail(found.done[:most], found.shown[:most], max(len(found.done), len(found.shown)) > most)
