"""`scripts/soak --slow-mail`: a call-out behind many mails of five seconds each, and a stop in the middle of one."""

import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from datetime import time as clock_time
from pathlib import Path
from zoneinfo import ZoneInfo

from scripts.soaking import counts
from scripts.soaking.agency import MovedAgency, coming_tuesday, write_agency
from scripts.soaking.counts import ACCEPTED
from scripts.soaking.installation import Installation, Say, SoakFailed, wait_for
from scripts.soaking.mail_server import MailServer, Manner

SLOW = Manner(5.0, 5.0)
LESS_SLOW = Manner(0.2, 0.2)
"""For what is left once the measured part is over: it would take ten minutes more."""

DAYS = 3
"""One day of Riverbend has about 35 mails."""

CALLS_OUT_AT = clock_time(7, 40)
MAILS_AT_LEAST = 70
DECIDED_WITHIN_S = 2.0
DECIDED_LIMIT_S = 300.0
SEND_LIMIT_S = 60.0
DRAIN_LIMIT_S = 420.0


@dataclass(frozen=True, slots=True)
class SlowMail:
    """The figures. `mails` waited when the call-out came; `decided_s` from the answer to it until it was decided."""

    mails: int
    decided_s: float
    unknown: int
    lost: int
    twice: int
    unaccounted: int

    @property
    def is_good(self) -> bool:
        """Whether the bar holds."""
        enough = self.mails >= MAILS_AT_LEAST and self.decided_s <= DECIDED_WITHIN_S
        return enough and self.unknown == self.lost == self.twice == self.unaccounted == 0

    def figures(self) -> dict[str, object]:
        """For a machine."""
        return asdict(self)

    def words(self) -> str:
        """For a person."""
        return (
            f"{self.mails} mails of {SLOW.most_s:g} s were waiting when a call-out came.\n"
            f"It was decided {self.decided_s:.2f} s after it was acknowledged (at most {DECIDED_WITHIN_S:g} s).\n"
            f"After a stop in the middle of a mail and a second start: {self.unknown} unknown, {self.lost} lost, "
            f"{self.twice} sent twice, {self.unaccounted} unaccounted."
        )


def slow_mail(folder: Path, say: Say) -> SlowMail:
    """Run it in an empty folder. Raises SoakFailed where it cannot go on."""
    agency = write_agency(folder, coming_tuesday(datetime.now(UTC).date()), DAYS)
    with MailServer(SLOW) as mail, Installation(folder, agency, mail) as running:
        say(f"importing, planning and publishing {', '.join(map(str, agency.days))}")
        running.import_files()
        running.start()
        for on in agency.days:
            running.plan_and_publish(on)
        running.make_due()
        running.let_messages_leave()
        wait_for(mail.is_after_data, "the first mail was handed over", SEND_LIMIT_S)
        mails, decided_s = _call_out(running, agency)
        say(f"a call-out behind {mails} mails was decided in {decided_s:.2f} s")

        wait_for(mail.is_after_data, "a mail to be stopped in the middle of", SEND_LIMIT_S)
        began = time.monotonic()
        if not running.stop():
            raise SoakFailed("suture serve did not stop after SIGTERM and had to be killed.")
        say(f"stopped in the middle of a mail, {time.monotonic() - began:.1f} s; starting again")
        running.start()
        mail.behave(LESS_SLOW)
        if not running.drain(DRAIN_LIMIT_S):
            say(f"not everything has left within {DRAIN_LIMIT_S:.0f} s")
        return _count(running, say, mails, decided_s)


def _call_out(running: Installation, agency: MovedAgency) -> tuple[int, float]:
    """The busiest nurse of the first day calls out; the mails that wait, and the seconds until it is decided."""
    on = agency.days[0]
    busiest = running.look(
        """SELECT p.external_id FROM assignment a JOIN party p ON p.tenant = a.tenant AND p.id = a.clinician_id
           JOIN clinician c ON c.tenant = p.tenant AND c.party_id = p.id
           WHERE a.tenant = app_tenant() AND a.service_date = :on AND a.to_version IS NULL AND c.role = 'RN'
           GROUP BY p.external_id ORDER BY count(*) DESC, p.external_id LIMIT 1""",
        on=on,
    )
    since = datetime.combine(on, CALLS_OUT_AT, ZoneInfo(agency.zone))
    body = {"kind": "call_out", "clinician": busiest, "from": since.isoformat()}
    mails = running.look(
        """SELECT count(*) FROM touch WHERE tenant = app_tenant() AND channel = 'email' AND due_at <= :now
           AND state IN ('planned', 'claimed', 'sending')"""
    )
    answer = running.signal(body)
    acknowledged_at = time.monotonic()
    if answer.status != ACCEPTED:
        raise SoakFailed(f"The call-out got status {answer.status}: {answer.body[:300]}")
    handled = "SELECT bool_and(state = 'handled') FROM inbox WHERE tenant = app_tenant()"
    wait_for(lambda: running.look(handled), "the call-out was decided", DECIDED_LIMIT_S)
    return mails, round(time.monotonic() - acknowledged_at, 2)


def _count(running: Installation, say: Say, mails: int, decided_s: float) -> SlowMail:
    left = running.left()
    with running.transaction() as tx:
        unknown = [f"message {one.id} ({one.step}) is unknown" for one in counts.unknown_messages(tx)]
        lost = counts.lost_messages(tx, left)
        twice = counts.sent_twice(tx, left)
        unaccounted = counts.unaccounted_positions(tx) + counts.undecided_signals(tx)
    for line in (*unknown, *lost, *twice, *unaccounted):
        say(line)
    return SlowMail(mails, decided_s, len(unknown), len(lost), len(twice), len(unaccounted))
