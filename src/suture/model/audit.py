"""Audit codes: what a person or the engine did, each with the sentence a reviewer reads."""

from enum import StrEnum

from suture.words.catalog import marked


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
    BACKED_UP = "data.backed_up"
    BACKUP_FINISHED = "data.backup_finished"
    RESTORED = "data.restored"


AUDIT_SENTENCES: dict[AuditCode, str] = {
    AuditCode.FILES_IMPORTED: marked(
        "{actor} imported {files} files: {loaded} records loaded, {quarantined} set aside."
    ),
    AuditCode.FILES_HELD: marked("Import {import_id}, by {actor}, is held: it would take away {why}."),
    AuditCode.FILES_RELEASED: marked("{name} released the held import {import_id}: {reason}"),
    AuditCode.FILES_DISCARDED: marked("{name} discarded the held import {import_id}: {reason}"),
    AuditCode.PLACES_LOADED: marked("{actor} loaded the coordinates of {places} places that had to be looked up."),
    AuditCode.DAY_PLANNED: marked(
        "{actor} planned {date}: version {version}, {assigned} of {positions} positions assigned."
    ),
    AuditCode.DAY_PUBLISHED: marked("{actor} published version {version} of {date}."),
    AuditCode.DAY_REPAIRED: marked("The plan of {date} was repaired to version {version}: {because}"),
    AuditCode.DAY_SHEET_PRINTED: marked("{actor} printed the day sheets of {branch} for {date}: version {version}."),
    AuditCode.SIGNAL_RECEIVED: marked("{actor} sent the signal {signal}."),
    AuditCode.SIGNAL_QUARANTINED: marked("The signal {signal} failed {tries} times and was set aside."),
    AuditCode.VISIT_CANCELLED: marked("A visit was cancelled by the {by}."),
    AuditCode.REPLY_RECEIVED: marked("An answer was received by {via}: {answer}."),
    AuditCode.CONTACT_SUPPRESSED: marked("The recipient opted out of {channel}."),
    AuditCode.CONTACT_RESUMED: marked("The recipient opted back in to {channel}."),
    AuditCode.CONTACT_UNREACHABLE: marked(
        "The provider says that nothing arrives at an address by {channel}: nothing more goes there."
    ),
    AuditCode.SAME_DAY_CHANGE: marked("A message left outside the usual hours under the setting same_day_change."),
    AuditCode.RULEBOOK_IMPORTED: marked("{actor} stored the rulebook {hash} with {rules} rules as a draft."),
    AuditCode.RULEBOOK_ACTIVATED: marked("{actor} put the rulebook {hash} in force."),
    AuditCode.RULEBOOK_ROLLED_BACK: marked("{actor} went back to the rulebook {hash}."),
    AuditCode.POLICY_IMPORTED: marked("{actor} stored the outreach policy {hash} with {settings} settings as a draft."),
    AuditCode.POLICY_ACTIVATED: marked("{actor} put the outreach policy {hash} in force."),
    AuditCode.POLICY_ROLLED_BACK: marked("{actor} went back to the outreach policy {hash}."),
    AuditCode.OUTREACH_HELD: marked("{name} put all messages on hold ({reason})."),
    AuditCode.OUTREACH_RELEASED: marked("{name} released all messages ({reason})."),
    AuditCode.TEST_RECIPIENTS: marked("{actor} changed the test recipients: {added} added, {removed} removed."),
    AuditCode.CONNECTION_ADDED: marked(
        "{actor} connected {connection} ({provider}): {channel} to {audience} leaves by it."
    ),
    AuditCode.CONNECTION_REMOVED: marked("{actor} removed the connection {connection}."),
    AuditCode.BACKED_UP: marked("{actor} began a backup."),
    AuditCode.BACKUP_FINISHED: marked("{actor} finished the backup."),
    AuditCode.RESTORED: marked("{actor} restored the backup of {backup_at}; all messages are on hold."),
    AuditCode.CASE_CLOSED: marked("{actor} closed a case: {because}"),
    AuditCode.CASE_TAKEN: marked("{name} took a case."),
    AuditCode.CASE_SNOOZED: marked("{name} put a case off until {until}: {reason}"),
    AuditCode.ON_CALL_TOLD: marked("{who}, on call, was told by {channel} that a critical case waits."),
    AuditCode.ON_CALL_IMPORTED: marked("{actor} stored the on-call list {hash} with {turns} turns as a draft."),
    AuditCode.ON_CALL_ACTIVATED: marked("{actor} put the on-call list {hash} in force."),
    AuditCode.ON_CALL_ROLLED_BACK: marked("{actor} went back to the on-call list {hash}."),
}
