"""Audit codes: what a person or the engine did, each with the sentence a reviewer reads."""

from collections.abc import Mapping
from enum import StrEnum

from suture.words.catalog import marked, marked_pair


class AuditCode(StrEnum):
    """Stable codes of the audit trail."""

    FILES_IMPORTED = "files.imported"
    FILES_HELD = "files.held"
    FILES_RELEASED = "files.released"
    FILES_DISCARDED = "files.discarded"
    PLACES_LOADED = "places.loaded"
    DAY_PLANNED = "day.planned"
    DAY_PUBLISHED = "day.published"
    DAY_REPAIRED = "day.repaired"
    DAY_SHEET_PRINTED = "day.sheet_printed"
    SIGNAL_RECEIVED = "signal.received"
    SIGNAL_QUARANTINED = "signal.quarantined"
    VISIT_CANCELLED = "visit.cancelled"
    REPLY_RECEIVED = "reply.received"
    CONTACT_SUPPRESSED = "contact.suppressed"
    CONTACT_RESUMED = "contact.resumed"
    CONTACT_UNREACHABLE = "contact.unreachable"
    CONTACT_OPENED = "contact.opened"
    SAME_DAY_CHANGE = "outreach.same_day_change"
    CASE_CLOSED = "case.closed"
    CASE_TAKEN = "case.taken"
    CASE_SNOOZED = "case.snoozed"
    ON_CALL_TOLD = "on_call.told"
    ON_CALL_IMPORTED = "on_call.imported"
    ON_CALL_ACTIVATED = "on_call.activated"
    ON_CALL_ROLLED_BACK = "on_call.rolled_back"
    RULEBOOK_IMPORTED = "rulebook.imported"
    RULEBOOK_ACTIVATED = "rulebook.activated"
    RULEBOOK_ROLLED_BACK = "rulebook.rolled_back"
    POLICY_IMPORTED = "policy.imported"
    POLICY_ACTIVATED = "policy.activated"
    POLICY_ROLLED_BACK = "policy.rolled_back"
    OUTREACH_HELD = "outreach.held"
    OUTREACH_RELEASED = "outreach.released"
    TEST_RECIPIENTS = "outreach.test_recipients"
    CONNECTION_ADDED = "connection.added"
    CONNECTION_REMOVED = "connection.removed"
    AGENCY_ADDED = "agency.added"
    KEY_ADDED = "key.added"
    KEY_REVOKED = "key.revoked"
    USER_ADDED = "user.added"
    USER_CHANGED = "user.changed"
    USER_DISABLED = "user.disabled"
    USER_RESET = "user.reset"
    SIGNED_IN = "user.signed_in"
    SIGN_IN_REFUSED = "user.sign_in_refused"
    CODE_REFUSED = "user.code_refused"
    SIGNED_OUT = "user.signed_out"
    PASSWORD_CHOSEN = "user.password_chosen"
    SECOND_FACTOR_SET = "user.second_factor_set"
    RECOVERY_CODE_USED = "user.recovery_code_used"
    RECOVERY_CODES_MADE = "user.recovery_codes_made"
    AUDIT_SEARCHED = "audit.searched"
    PIN_SET = "pin.set"
    PIN_REMOVED = "pin.removed"
    PIN_GUESSED = "pin.guessed"
    DAY_OPENED = "day.opened"
    SIGN_IN_CONNECTED = "sign_in.connected"
    SIGN_IN_DISCONNECTED = "sign_in.disconnected"
    SIGN_IN_GROUP_SET = "sign_in.group_set"
    SIGN_IN_GROUP_DROPPED = "sign_in.group_dropped"
    SIGN_IN_LINKED = "sign_in.linked"
    BACKED_UP = "data.backed_up"
    BACKUP_FINISHED = "data.backup_finished"
    RESTORED = "data.restored"


AUDIT_COUNTS: Mapping[AuditCode, tuple[str, tuple[str, str]]] = {
    AuditCode.FILES_IMPORTED: (
        "files",
        marked_pair(
            "{actor} imported {files} file; records loaded: {loaded}, set aside: {quarantined}.",
            "{actor} imported {files} files; records loaded: {loaded}, set aside: {quarantined}.",
        ),
    ),
    AuditCode.PLACES_LOADED: (
        "places",
        marked_pair(
            "{actor} loaded the coordinates of {places} place that had to be looked up.",
            "{actor} loaded the coordinates of {places} places that had to be looked up.",
        ),
    ),
    AuditCode.DAY_PLANNED: (
        "positions",
        marked_pair(
            "{actor} planned {date}: version {version}, {assigned} of {positions} position assigned.",
            "{actor} planned {date}: version {version}, {assigned} of {positions} positions assigned.",
        ),
    ),
    AuditCode.RULEBOOK_IMPORTED: (
        "rules",
        marked_pair(
            "{actor} stored the rulebook {hash} with {rules} rule as a draft.",
            "{actor} stored the rulebook {hash} with {rules} rules as a draft.",
        ),
    ),
    AuditCode.POLICY_IMPORTED: (
        "settings",
        marked_pair(
            "{actor} stored the outreach policy {hash} with {settings} setting as a draft.",
            "{actor} stored the outreach policy {hash} with {settings} settings as a draft.",
        ),
    ),
    AuditCode.ON_CALL_IMPORTED: (
        "turns",
        marked_pair(
            "{actor} stored the on-call list {hash} with {turns} turn as a draft.",
            "{actor} stored the on-call list {hash} with {turns} turns as a draft.",
        ),
    ),
}
"""The sentences that count something: what of the data is the count, and the sentence for one and for more."""

AUDIT_SENTENCES: Mapping[AuditCode, str] = {
    **{code: many for code, (_count, (_one, many)) in AUDIT_COUNTS.items()},
    AuditCode.FILES_HELD: marked("{actor} sent import {import_id}. It is held: it would take away {why}."),
    AuditCode.FILES_RELEASED: marked("{name} released the held import {import_id}: {reason}"),
    AuditCode.FILES_DISCARDED: marked("{name} discarded the held import {import_id}: {reason}"),
    AuditCode.DAY_PUBLISHED: marked("{actor} published version {version} of {date}."),
    AuditCode.DAY_REPAIRED: marked("The plan of {date} was repaired to version {version}: {because}"),
    AuditCode.DAY_SHEET_PRINTED: marked("{actor} printed the day sheets of {branch} for {date}: version {version}."),
    AuditCode.SIGNAL_RECEIVED: marked("{actor} reported: {signal}."),
    AuditCode.SIGNAL_QUARANTINED: marked("The signal {signal} failed {tries} times and was set aside."),
    AuditCode.VISIT_CANCELLED: marked("A visit was cancelled by {by}."),
    AuditCode.REPLY_RECEIVED: marked("An answer was received by {via}: {answer}."),
    AuditCode.CONTACT_SUPPRESSED: marked("The recipient no longer wants messages by {channel}."),
    AuditCode.CONTACT_RESUMED: marked("The recipient wants messages by {channel} again."),
    AuditCode.CONTACT_UNREACHABLE: marked(
        "The provider says that nothing arrives at an address by {channel}: nothing more goes there."
    ),
    AuditCode.CONTACT_OPENED: marked("{name} opened an address for {channel} again: {reason}"),
    AuditCode.SAME_DAY_CHANGE: marked(
        "A message was sent outside the usual hours, as the setting same_day_change allows."
    ),
    AuditCode.RULEBOOK_ACTIVATED: marked("{actor} put the rulebook {hash} in force."),
    AuditCode.RULEBOOK_ROLLED_BACK: marked("{actor} went back to the rulebook {hash}."),
    AuditCode.POLICY_ACTIVATED: marked("{actor} put the outreach policy {hash} in force."),
    AuditCode.POLICY_ROLLED_BACK: marked("{actor} went back to the outreach policy {hash}."),
    AuditCode.OUTREACH_HELD: marked("{name} put all messages on hold ({reason})."),
    AuditCode.OUTREACH_RELEASED: marked("{name} released all messages ({reason})."),
    AuditCode.TEST_RECIPIENTS: marked("{actor} changed the test recipients: {added} added, {removed} removed."),
    AuditCode.CONNECTION_ADDED: marked(
        "{actor} connected {connection} ({provider}): {channel} to {audience} leaves by it."
    ),
    AuditCode.CONNECTION_REMOVED: marked("{actor} removed the connection {connection}."),
    AuditCode.AGENCY_ADDED: marked("{actor} added the agency {name}."),
    AuditCode.KEY_ADDED: marked("{actor} made the API key {key}. Scopes: {scopes}. Branches: {branches}."),
    AuditCode.KEY_REVOKED: marked("{actor} revoked the API key {key}."),
    AuditCode.USER_ADDED: marked("{actor} made the account {account}. Roles: {roles}. Branches: {branches}."),
    AuditCode.USER_CHANGED: marked("{actor} changed the account {account}. Roles: {roles}. Branches: {branches}."),
    AuditCode.USER_DISABLED: marked("{actor} disabled the account {account}."),
    AuditCode.USER_RESET: marked(
        "{actor} reset the account {account}: the old password and second factor no longer work."
    ),
    AuditCode.SIGNED_IN: marked("{actor} signed in by {how}."),
    AuditCode.SIGN_IN_REFUSED: marked("Someone tried to sign in to the account {account} and was refused."),
    AuditCode.CODE_REFUSED: marked("{actor} entered a wrong code for the account {account}."),
    AuditCode.SIGNED_OUT: marked("{actor} signed out."),
    AuditCode.PASSWORD_CHOSEN: marked("{actor} chose a password."),
    AuditCode.SECOND_FACTOR_SET: marked("{actor} set up a second factor."),
    AuditCode.RECOVERY_CODE_USED: marked("{actor} used a recovery code."),
    AuditCode.RECOVERY_CODES_MADE: marked("{actor} made new recovery codes."),
    AuditCode.AUDIT_SEARCHED: marked("{actor} searched {what}: {found} found."),
    AuditCode.PIN_SET: marked("{actor} made a new PIN for clinician {clinician}."),
    AuditCode.PIN_REMOVED: marked("{actor} removed the PIN of clinician {clinician}."),
    AuditCode.PIN_GUESSED: marked(
        "{actor} entered {n} wrong PINs: the link to {date} of clinician {clinician} no longer works."
    ),
    AuditCode.DAY_OPENED: marked("{actor} opened {date} by link and PIN."),
    AuditCode.SIGN_IN_CONNECTED: marked("{actor} connected the agency’s own sign-in {provider} at {issuer}."),
    AuditCode.SIGN_IN_DISCONNECTED: marked("{actor} disconnected the agency’s own sign-in {provider}."),
    AuditCode.SIGN_IN_GROUP_SET: marked(
        "{actor} said what the group {group} of {provider} gives. Roles: {roles}. Branches: {branches}."
    ),
    AuditCode.SIGN_IN_GROUP_DROPPED: marked("{actor} said that the group {group} of {provider} gives nothing."),
    AuditCode.SIGN_IN_LINKED: marked("{actor} linked the account {account} to the agency’s own sign-in {provider}."),
    AuditCode.BACKED_UP: marked("{actor} began a backup."),
    AuditCode.BACKUP_FINISHED: marked("{actor} finished the backup."),
    AuditCode.RESTORED: marked("{actor} restored the backup of {backup_at}; all messages are on hold."),
    AuditCode.CASE_CLOSED: marked("{actor} closed a case: {because}"),
    AuditCode.CASE_TAKEN: marked("{name} took a case."),
    AuditCode.CASE_SNOOZED: marked("{name} put a case off until {until}: {reason}"),
    AuditCode.ON_CALL_TOLD: marked("{who}, on call, was told by {channel} that a critical case waits."),
    AuditCode.ON_CALL_ACTIVATED: marked("{actor} put the on-call list {hash} in force."),
    AuditCode.ON_CALL_ROLLED_BACK: marked("{actor} went back to the on-call list {hash}."),
}

_WAYS = {
    "sms": marked("text message"),
    "email": marked("e-mail"),
    "push": marked("push message"),
    "voice": marked("phone call"),
    "phone": marked("phone"),
    "link": marked("link"),
}
AUDIT_WORDS: Mapping[str, Mapping[str, str]] = {
    "actor": {
        "system": marked("Suture"),
        "patient_link": marked("A patient"),
        "clinician_link": marked("A clinician"),
        "clinician_pin": marked("A clinician with a PIN"),
        "command_line": marked("The command line"),
        "link": marked("Someone with a link"),
        "provider": marked("A provider of messages"),
        "api_key": marked("A program"),
        "user": marked("A member of staff"),
    },
    "branches": {"": marked("all")},
    "what": {"changes": marked("the audit trail"), "reads": marked("who was shown which patients")},
    "audience": {
        "patients": marked("patients"),
        "staff": marked("staff"),
        "everyone": marked("everyone"),
    },
    "how": {
        "password": marked("password"),
        "provider": marked("the agency’s own sign-in"),
        "demo": marked("the demo’s button"),
    },
    "by": {"patient": marked("the patient"), "agency": marked("the agency")},
    "via": _WAYS,
    "channel": _WAYS,
    "answer": {
        "accepted": marked("accepted"),
        "declined": marked("declined"),
        "needs_action": marked("another time is needed"),
    },
    "signal": {
        "call_out": marked("a clinician called out"),
        "cancellation": marked("a visit is cancelled"),
        "reopened": marked("a cancelled visit takes place after all"),
        "visit_held": marked("a visit is on hold"),
        "visit_released": marked("a visit is no longer on hold"),
        "run_over": marked("a visit takes longer"),
        "running_late": marked("a clinician is running late"),
        "ask_to_fill": marked("people are to be asked to take a visit"),
        "offer_answered": marked("someone answered an offer"),
        "offer_expired": marked("the time to answer an offer is over"),
        "late_start": marked("a visit has no check-in"),
        "no_check_out": marked("a visit has no check-out"),
        "no_reply": marked("a patient has not answered"),
        "new_visit": marked("there is a new visit"),
        "visit_changed": marked("a visit has changed"),
        "roster_change": marked("a clinician’s hours have changed"),
        "clinician_free": marked("a clinician is available again"),
        "site_closed": marked("a site is closed"),
        "travel_disruption": marked("driving takes longer"),
        "check_in": marked("a clinician checked in"),
        "check_out": marked("a clinician checked out"),
        "reply": marked("someone answered"),
    },
}
"""What the data holds as codes, in the words of the sentences."""
