"""Exception cases: what needs a human, why, how badly and until when."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from suture.model.ids import CaseId, PartyId
from suture.words.catalog import marked_pair
from suture.words.reason import Reason


class CaseKind(StrEnum):
    """Kinds of exception; the group they belong to is in `CASE_GROUPS`."""

    UNCOVERED_VISIT = "uncovered_visit"
    UNCOVERED_SHIFT = "uncovered_shift"
    INFEASIBLE_SET = "infeasible_set"
    CLINICIAN_DECLINED = "clinician_declined"
    CLINICIAN_SILENT = "clinician_silent"
    NOT_CLOCKED_IN = "not_clocked_in"
    NCNS = "ncns"
    NOT_CLOCKED_OUT = "not_clocked_out"
    CREDENTIAL_EXPIRING = "credential_expiring"
    PATIENT_DECLINED = "patient_declined"
    PATIENT_SILENT = "patient_silent"
    OPTED_OUT = "opted_out"
    ON_HOLD_REVIEW = "on_hold_review"
    NO_SHOW_FOLLOWUP = "no_show_followup"
    PROMISE_AT_RISK = "promise_at_risk"
    OVERRUN_CASCADE = "overrun_cascade"
    RULE_UNKNOWN = "rule_unknown"
    EVV_MISMATCH = "evv_mismatch"
    UPSTREAM_MISSING = "upstream_missing"
    FIELD_CONFLICT = "field_conflict"
    PLACE_UNLOCATED = "place_unlocated"
    VISIT_UNCLEAR = "visit_unclear"
    PERSON_UNCLEAR = "person_unclear"
    IMPORT_SET_ASIDE = "import_set_aside"
    CHANGE_OVER_BUDGET = "change_over_budget"
    MESSAGE_UNDELIVERABLE = "message_undeliverable"
    REPLY_UNCLEAR = "reply_unclear"
    LIMIT_REACHED = "limit_reached"
    WRONG_PIN = "wrong_pin"
    MASS_CHANGE_HELD = "mass_change_held"


CASE_WORDS: Mapping[CaseKind, tuple[str, str]] = {
    CaseKind.UNCOVERED_VISIT: marked_pair("visit without a clinician", "visits without a clinician"),
    CaseKind.UNCOVERED_SHIFT: marked_pair("open shift without a clinician", "open shifts without a clinician"),
    CaseKind.INFEASIBLE_SET: marked_pair("set of visits that do not fit", "sets of visits that do not fit"),
    CaseKind.CLINICIAN_DECLINED: marked_pair("clinician who said no", "clinicians who said no"),
    CaseKind.CLINICIAN_SILENT: marked_pair("clinician who has not answered", "clinicians who have not answered"),
    CaseKind.NOT_CLOCKED_IN: marked_pair("visit without a check-in", "visits without a check-in"),
    CaseKind.NCNS: marked_pair("clinician who did not come", "clinicians who did not come"),
    CaseKind.NOT_CLOCKED_OUT: marked_pair("visit without a check-out", "visits without a check-out"),
    CaseKind.CREDENTIAL_EXPIRING: marked_pair("credential to renew", "credentials to renew"),
    CaseKind.PATIENT_DECLINED: marked_pair("patient who said no", "patients who said no"),
    CaseKind.PATIENT_SILENT: marked_pair("patient who has not answered", "patients who have not answered"),
    CaseKind.OPTED_OUT: marked_pair("patient who wants no more messages", "patients who want no more messages"),
    CaseKind.ON_HOLD_REVIEW: marked_pair("visit on hold", "visits on hold"),
    CaseKind.NO_SHOW_FOLLOWUP: marked_pair("no-show to follow up", "no-shows to follow up"),
    CaseKind.PROMISE_AT_RISK: marked_pair("promised time at risk", "promised times at risk"),
    CaseKind.OVERRUN_CASCADE: marked_pair("route running late", "routes running late"),
    CaseKind.RULE_UNKNOWN: marked_pair("rule missing facts", "rules missing facts"),
    CaseKind.EVV_MISMATCH: marked_pair("visit report that does not match", "visit reports that do not match"),
    CaseKind.UPSTREAM_MISSING: marked_pair("entry missing from a full export", "entries missing from a full export"),
    CaseKind.FIELD_CONFLICT: marked_pair("file that contradicts what is known", "files that contradict what is known"),
    CaseKind.PLACE_UNLOCATED: marked_pair("address to look up", "addresses to look up"),
    CaseKind.VISIT_UNCLEAR: marked_pair("visit the file leaves unclear", "visits the file leaves unclear"),
    CaseKind.PERSON_UNCLEAR: marked_pair("person the file leaves unclear", "people the file leaves unclear"),
    CaseKind.IMPORT_SET_ASIDE: marked_pair("file to fix", "files to fix"),
    CaseKind.CHANGE_OVER_BUDGET: marked_pair("person with too many changes", "people with too many changes"),
    CaseKind.MESSAGE_UNDELIVERABLE: marked_pair("person no message could reach", "people no message could reach"),
    CaseKind.REPLY_UNCLEAR: marked_pair("text to read", "texts to read"),
    CaseKind.LIMIT_REACHED: marked_pair("report that could not be handled", "reports that could not be handled"),
    CaseKind.WRONG_PIN: marked_pair("PIN that may have been guessed at", "PINs that may have been guessed at"),
    CaseKind.MASS_CHANGE_HELD: marked_pair("import on hold", "imports on hold"),
}
"""What people call one of a kind, and several."""


class CaseGroup(StrEnum):
    """The table of contents of the exception list."""

    COVER = "cover"
    PEOPLE = "people"
    PATIENT = "patient"
    TIME = "time"
    DATA = "data"
    SYSTEM = "system"


CASE_GROUPS: dict[CaseKind, CaseGroup] = {
    CaseKind.UNCOVERED_VISIT: CaseGroup.COVER,
    CaseKind.UNCOVERED_SHIFT: CaseGroup.COVER,
    CaseKind.INFEASIBLE_SET: CaseGroup.COVER,
    CaseKind.CLINICIAN_DECLINED: CaseGroup.PEOPLE,
    CaseKind.CLINICIAN_SILENT: CaseGroup.PEOPLE,
    CaseKind.NOT_CLOCKED_IN: CaseGroup.PEOPLE,
    CaseKind.NCNS: CaseGroup.PEOPLE,
    CaseKind.NOT_CLOCKED_OUT: CaseGroup.PEOPLE,
    CaseKind.CREDENTIAL_EXPIRING: CaseGroup.PEOPLE,
    CaseKind.PATIENT_DECLINED: CaseGroup.PATIENT,
    CaseKind.PATIENT_SILENT: CaseGroup.PATIENT,
    CaseKind.OPTED_OUT: CaseGroup.PATIENT,
    CaseKind.ON_HOLD_REVIEW: CaseGroup.PATIENT,
    CaseKind.NO_SHOW_FOLLOWUP: CaseGroup.PATIENT,
    CaseKind.PROMISE_AT_RISK: CaseGroup.TIME,
    CaseKind.OVERRUN_CASCADE: CaseGroup.TIME,
    CaseKind.RULE_UNKNOWN: CaseGroup.DATA,
    CaseKind.EVV_MISMATCH: CaseGroup.DATA,
    CaseKind.UPSTREAM_MISSING: CaseGroup.DATA,
    CaseKind.FIELD_CONFLICT: CaseGroup.DATA,
    CaseKind.PLACE_UNLOCATED: CaseGroup.DATA,
    CaseKind.VISIT_UNCLEAR: CaseGroup.DATA,
    CaseKind.PERSON_UNCLEAR: CaseGroup.DATA,
    CaseKind.IMPORT_SET_ASIDE: CaseGroup.DATA,
    CaseKind.CHANGE_OVER_BUDGET: CaseGroup.SYSTEM,
    CaseKind.MESSAGE_UNDELIVERABLE: CaseGroup.SYSTEM,
    CaseKind.REPLY_UNCLEAR: CaseGroup.SYSTEM,
    CaseKind.LIMIT_REACHED: CaseGroup.SYSTEM,
    CaseKind.WRONG_PIN: CaseGroup.SYSTEM,
    CaseKind.MASS_CHANGE_HELD: CaseGroup.SYSTEM,
}


CASE_DEFAULTS: Mapping[CaseKind, str] = {
    CaseKind.UNCOVERED_VISIT: "default.uncovered",
    CaseKind.UNCOVERED_SHIFT: "default.uncovered_shift",
    CaseKind.INFEASIBLE_SET: "default.set",
    CaseKind.CLINICIAN_DECLINED: "default.declined_by_clinician",
    CaseKind.CLINICIAN_SILENT: "default.change_stands",
    CaseKind.NOT_CLOCKED_IN: "default.kept",
    CaseKind.NCNS: "default.kept",
    CaseKind.NOT_CLOCKED_OUT: "default.going_on",
    CaseKind.CREDENTIAL_EXPIRING: "default.credential",
    CaseKind.PATIENT_DECLINED: "default.declined_by_patient",
    CaseKind.PATIENT_SILENT: "default.visit_kept",
    CaseKind.OPTED_OUT: "default.opted_out",
    CaseKind.ON_HOLD_REVIEW: "default.on_hold",
    CaseKind.NO_SHOW_FOLLOWUP: "default.no_show",
    CaseKind.PROMISE_AT_RISK: "default.told_new_time",
    CaseKind.OVERRUN_CASCADE: "default.told_new_times",
    CaseKind.RULE_UNKNOWN: "default.unknown",
    CaseKind.EVV_MISMATCH: "default.mismatch",
    CaseKind.UPSTREAM_MISSING: "default.missing",
    CaseKind.FIELD_CONFLICT: "default.branches",
    CaseKind.PLACE_UNLOCATED: "default.unlocated",
    CaseKind.VISIT_UNCLEAR: "default.unclear_visit",
    CaseKind.PERSON_UNCLEAR: "default.unclear_person",
    CaseKind.IMPORT_SET_ASIDE: "default.set_aside",
    CaseKind.CHANGE_OVER_BUDGET: "default.over_budget",
    CaseKind.MESSAGE_UNDELIVERABLE: "default.not_told",
    CaseKind.REPLY_UNCLEAR: "default.unread",
    CaseKind.LIMIT_REACHED: "default.not_handled",
    CaseKind.WRONG_PIN: "default.link_ended",
    CaseKind.MASS_CHANGE_HELD: "default.held_import",
}
"""The code of what happens if no one acts on a case of a kind."""
DEFAULT, PREPARED = "default.", "prepared."
"""How the codes begin of a default that depends on the case and is among its reasons, and of a repair made ready."""


def default_of(kind: CaseKind, reasons: Iterable[Reason]) -> Reason:
    """What happens if no one acts on a case: its own default, else that of its kind."""
    own = (r for r in reasons if r.code.startswith(DEFAULT))
    return next(own, None) or Reason(CASE_DEFAULTS[kind])


UNCOVERED = frozenset({CaseKind.UNCOVERED_VISIT, CaseKind.UNCOVERED_SHIFT})
"""The kinds that stand for a position without a clinician: each such position has one of them, no other has."""


class Band(StrEnum):
    """How loudly a case calls."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


ASKED_FOR_ANOTHER_TIME = "report.other_time"
"""The reason why a case of a patient who said no is open, where they did not say no to the visit."""
RULE_TEXT = "cover.rule"
"""A reason that is the text of a rule, the same for everyone it keeps away: shown last, and folded."""


@dataclass(frozen=True, slots=True)
class CaseSubject:
    """What a case is about: `visit` (id, position), `clinician`, `patient`, `place`, `touch`, `inbound`, `signal`,
    `import`, `file` (what imports set aside of it) or `branch` (whose people another one's files claim)."""

    kind: str
    id: int
    position: int = 0

    @classmethod
    def of_clinician(cls, clinician_id: PartyId, service_date: date) -> "CaseSubject":
        """A clinician on one day: what is open about another day is a case of its own, told apart by the day's number.

        Days count from 2000, so that the number fits where a position does.
        """
        return cls("clinician", clinician_id, (service_date - _DAY_NOUGHT).days)


_DAY_NOUGHT = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class CaseToOpen:
    """A case to open, or to refresh where the same one is open already.

    `risk` is one of 1, 2, 3, 5, 8 (time-critical); `reasons`: most telling first, free of patients' names.
    """

    kind: CaseKind
    subject: CaseSubject
    risk: int
    reasons: tuple[Reason, ...]
    deadline_at: datetime | None = None

    def severity(self, now: datetime) -> float:
        """Clinical risk × time left; money never enters."""
        return self.risk * _time_factor(self.deadline_at - now if self.deadline_at else None)

    def band(self, now: datetime) -> Band:
        """The band of the severity; risk 8 is never below high."""
        score = self.severity(now)
        if score >= 40:
            return Band.CRITICAL
        if score >= 16 or self.risk == 8:
            return Band.HIGH
        return Band.MEDIUM if score >= 6 else Band.LOW


LEAST_NOTICE = timedelta(minutes=60)
"""What it takes at least to refill a visit or to stop a trip."""

LEAVING = timedelta(minutes=30)


def last_useful_minute(planned_start: datetime, travel: timedelta = timedelta()) -> datetime:
    """Until when an answer still helps: an hour before, or the drive from the stop before and half an hour."""
    return planned_start - max(LEAST_NOTICE, travel + LEAVING)


def _time_factor(left: timedelta | None) -> float:
    if left is None or left > timedelta(hours=72):
        return 1.0
    for hours, factor in ((24, 1.5), (8, 3.0), (4, 5.0)):
        if left > timedelta(hours=hours):
            return factor
    return 8.0


@dataclass(frozen=True, slots=True)
class CaseToClose:
    """A case whose cause has vanished."""

    kind: CaseKind
    subject: CaseSubject
    because: Reason


@dataclass(frozen=True, slots=True)
class OpenCase:
    """An open case, as the core needs to know it."""

    id: CaseId
    kind: CaseKind
    subject: CaseSubject
