"""How people answered offers lately, and whether a message can reach them: what the order of asking reads."""

from collections.abc import Collection, Mapping
from datetime import timedelta

from suture.model.ids import PartyId
from suture.model.instants import local_date, midnight
from suture.model.messages import Channel
from suture.model.offers import PastAnswers
from suture.model.people import Branch
from suture.store.contacts import channels_of
from suture.store.transaction import Tx

REMEMBERED = timedelta(days=90)
"""How far back answers say how likely someone is to say yes."""
BY_WHICH = frozenset({Channel.SMS, Channel.EMAIL})


def past_answers(tx: Tx, branch: Branch, clinicians: Collection[PartyId]) -> Mapping[PartyId, PastAnswers]:
    """How people answered offers lately, how often they were asked today, and whether a text or a
    mail can reach them."""
    rows = tx.rows(
        """SELECT p.id, count(*) FILTER (WHERE c.state = 'accepted' OR c.answered_at IS NOT NULL
                                     AND c.state IN ('rescinded', 'canceled')) AS accepted,
                  count(*) FILTER (WHERE c.state = 'rejected') AS rejected,
                  count(*) FILTER (WHERE c.state = 'timeout') AS silent,
                  count(*) FILTER (WHERE c.asked_at >= :today) AS today
           FROM unnest(cast(:ids AS bigint[])) AS p(id)
           LEFT JOIN offer_candidate c ON c.tenant = app_tenant() AND c.clinician_id = p.id
             AND c.asked_at > cast(:now AS timestamptz) - cast(:remembered AS interval)
           GROUP BY p.id ORDER BY p.id""",
        ids=list(clinicians),
        today=midnight(local_date(tx.now, branch.tz), branch.tz),
        remembered=REMEMBERED,
    )
    channels = channels_of(tx, list(clinicians))
    return {
        PartyId(r["id"]): PastAnswers(
            r["accepted"], r["rejected"], r["silent"], r["today"], not BY_WHICH.isdisjoint(channels.get(r["id"], ()))
        )
        for r in rows
    }
