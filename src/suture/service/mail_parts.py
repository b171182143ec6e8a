"""What an e-mail holds beside its words: entries for a calendar, and the link that ends e-mail."""

from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlsplit

from suture.model.addresses import spoken_phone
from suture.model.ids import VisitId
from suture.model.messages import CalendarFile, Channel, Step, SubjectKind, Touch
from suture.model.people import PartyKind
from suture.model.plan import ToldWindow
from suture.model.visit import VisitStatus
from suture.outreach.calendar import APPOINTMENT, AT_HOME, WORK_DAY, Entry, Letter, calendar_file, uid_of
from suture.outreach.compose import PRIORITIES
from suture.service.context import Context
from suture.store import contacts, promises, tokens, touches
from suture.store.contacts import Reach
from suture.store.letters import Agency, DayNow, VisitNow
from suture.store.touches import StoredTouch
from suture.store.transaction import Tx
from suture.words.reason import reason

UNSUBSCRIBE_WITHIN = timedelta(days=60)
OF_VISITS = frozenset({Step.P_NOTICE, Step.P_CONFIRM, Step.P_CHANGED, Step.P_CANCELLED, Step.P_CALENDAR})
OF_A_DAY = frozenset({Step.S_PUBLISHED, Step.S_CHANGED, Step.S_EMPTIED, Step.S_OFFER_WON})
_CANCELLING = frozenset({Step.P_CANCELLED, Step.S_EMPTIED})


def mail_host(tools: Context) -> str:
    """The host that links lead to, which is also where mail comes from."""
    return urlsplit(tools.public_base_url).hostname or "localhost"


def mailbox(tools: Context) -> str:
    """The address that mail comes from where there is no sender for it."""
    return f"visits@{mail_host(tools)}"


def unsubscribe_link(tx: Tx, tools: Context, touch: StoredTouch, reach: Reach) -> str:
    """Where a patient's mail program says that no more e-mail is wanted; empty for everything else."""
    if touch.channel is not Channel.EMAIL or reach.kind is not PartyKind.PATIENT:
        return ""
    purpose, until = tokens.Purpose.UNSUBSCRIBE, tx.now + UNSUBSCRIBE_WITHIN
    token = tokens.make(tx, touch, purpose, None, until, addr_hash=reach.value_hash)
    return f"{tools.public_base_url.rstrip('/')}/u/{token}"


def calendar(
    tx: Tx,
    tools: Context,
    touch: StoredTouch,
    reach: Reach,
    agency: Agency,
    origin: str,
    about: Sequence[VisitNow] | DayNow | None,
) -> CalendarFile | None:
    """The entries of a mail about visits or a clinician's day; None where there are none to make or to take away.

    `origin`: the address that the mail comes from.
    """
    if touch.channel is not Channel.EMAIL or about is None:
        return None
    entries: Sequence[Entry] = ()
    if isinstance(about, DayNow):
        entries = _of_day(tx, tools, touch, agency, about) if touch.step in OF_A_DAY else ()
    elif touch.step in OF_VISITS:
        entries = [entry for visit in about if (entry := _of_visit(tx, tools, touch, visit))]
    if not entries:
        return None
    letter = Letter(
        agency=agency.name,
        phone=spoken_phone(agency.phone),
        lang=reach.lang,
        mailbox=origin,
        to=reach.value,
        at=tx.now,
    )
    is_off = not isinstance(about, DayNow) and all(visit.status is VisitStatus.CANCELLED for visit in about)
    return calendar_file(entries, letter, cancels=is_off or touch.step in _CANCELLING)


def calendar_follows(tx: Tx, told: StoredTouch) -> None:
    """Plan the mail that keeps a patient's calendar true, where a change was told on another channel and a mail before
    it has made an entry. It asks and promises nothing.

    The entry would otherwise remind them of a time that has passed or is still to come.
    """
    if told.step not in (Step.P_CHANGED, Step.P_CANCELLED) or told.channel is Channel.EMAIL:
        return
    visit_id = VisitId(told.subject_id)
    if not touches.was_mailed(tx, visit_id, told.party_id, OF_VISITS):
        return
    if not contacts.reach(tx, told.party_id, Channel.EMAIL).usable:
        return
    mail = Touch(
        subject=SubjectKind.VISIT,
        subject_id=visit_id,
        subject_rev=told.subject_rev,
        party_id=told.party_id,
        step=Step.P_CALENDAR,
        channel=Channel.EMAIL,
        priority=PRIORITIES[Step.P_CALENDAR],
        due_at=tx.now,
        not_after=told.not_after,
        urgent=told.urgent,
        because=reason("told.calendar"),
    )
    touches.plan(tx, told.branch_id, told.service_date, [mail])


def _of_visit(tx: Tx, tools: Context, touch: StoredTouch, visit: VisitNow) -> Entry | None:
    """A visit as the message tells it, or as its patient was told it last where it will not take place."""
    window = visit.told.window if visit.told else None
    if visit.status is VisitStatus.CANCELLED:
        last = promises.current(tx, visit.id, touch.party_id)
        window = last.window if last else None
    if window is None:
        return None
    title = APPOINTMENT if visit.clinic or window.open == window.close else AT_HOME
    uid = uid_of("visit", tx.tenant, visit.id, host=mail_host(tools))
    return Entry(uid, visit.visit_rev, title, window, visit.tz)


def _of_day(tx: Tx, tools: Context, touch: StoredTouch, agency: Agency, day: DayNow) -> Sequence[Entry]:
    """A clinician's whole day as one entry, from the first of its windows to the end of the last: no places in it."""
    windows = [stop.window for stop in day.stops]
    if not windows and touch.step is not Step.S_EMPTIED:
        return ()
    whole = ToldWindow(min(w.open for w in windows), max(w.close for w in windows)) if windows else None
    uid = uid_of("day", tx.tenant, touch.party_id, touch.branch_id, touch.service_date, host=mail_host(tools))
    version = max((stop.plan_version for stop in day.stops), default=touch.subject_rev)
    return (Entry(uid, version, WORK_DAY, whole, agency.tz),)
