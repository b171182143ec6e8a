"""Writes what an export says of being contacted: a word that cannot be read counts as no until it is fixed."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from suture.model.ids import PartyId
from suture.model.imports import ConsentRecord
from suture.model.messages import Channel
from suture.store.references import References, Saved, Unusable, not_known, problem
from suture.store.transaction import Tx
from suture.store.upsert import Target, upsert
from suture.words.reason import reason

SAYS = frozenset({"channel", "granted", "at"})
"""What a consent consists of: without any of it, what was said is unknown."""
UNREADABLE_SOURCE = "unreadable_line"

_CONSENT = Target(
    "consent",
    {"party_id": "bigint", "channel": "text", "at": "timestamptz"},
    once={"granted": "boolean", "wording": "text", "source": "text"},
)


def save_consents(tx: Tx, refs: References, file: str, records: Sequence[ConsentRecord]) -> Saved:
    """Append consents of known people; a word once given is never rewritten, and one that cannot be read is a no."""
    stored = {
        (r["party_id"], r["channel"], r["at"]): r["granted"]
        for r in tx.rows("SELECT party_id, channel, at, granted FROM consent WHERE tenant = app_tenant()")
    }
    rows, problems, fixed = [], [], set()
    unclear: dict[tuple[PartyId, Channel], datetime | None] = {}
    for r in records:
        try:
            party_id = _party(refs, r.party)
            if r.unreadable & SAYS:
                unclear |= _unclear_word(party_id, r)
                continue
            before = stored.get((party_id, r.channel, r.at))
            if before is not None and before != r.granted:
                what, hint = reason("file.consent_contradicts"), reason("file.hint.change_of_mind")
                raise Unusable("granted", "consent_changed", what, hint)
        except Unusable as error:
            problems.append(problem(file, r, error))
            continue
        if r.channel is not None:
            fixed.add((party_id, r.channel))
        rows.append(
            {
                "party_id": party_id,
                "channel": r.channel,
                "at": r.at,
                "granted": r.granted,
                "wording": r.wording,
                "source": r.source or "unknown",
            }
        )
    lifted = _lift_unclear(tx, fixed - unclear.keys())
    changed = len(upsert(tx, _CONSENT, rows))
    closed = _close(tx, unclear, stored)
    return Saved(len(rows), max(changed, lifted + closed), problems)


def _unclear_word(party_id: PartyId, r: ConsentRecord) -> dict[tuple[PartyId, Channel], datetime | None]:
    """What a word that cannot be read closes, and since when: a yes that cannot be placed closes nothing."""
    if "granted" not in r.unreadable and r.granted:
        return {}
    channels = tuple(Channel) if r.channel is None or "channel" in r.unreadable else (r.channel,)
    return {(party_id, channel): None if "at" in r.unreadable else r.at for channel in channels}


def _lift_unclear(tx: Tx, fixed: Collection[tuple[PartyId, Channel]]) -> int:
    """Forget the words that could not be read, of whoever is read well now."""
    pairs = sorted(fixed)
    return tx.run(
        """DELETE FROM consent c
           USING unnest(cast(:parties AS bigint[]), cast(:channels AS text[])) AS m(party, channel)
           WHERE c.tenant = app_tenant() AND c.party_id = m.party AND c.channel = m.channel AND c.granted IS NULL""",
        parties=[party for party, _ in pairs],
        channels=[str(channel) for _, channel in pairs],
    )


def _close(
    tx: Tx,
    unclear: Mapping[tuple[PartyId, Channel], datetime | None],
    stored: Mapping[tuple[int, str, datetime], bool | None],
) -> int:
    """Write a word that is neither yes nor no, and so no consent, once for each person and channel."""
    there = {(party, channel) for (party, channel, _), granted in stored.items() if granted is None}
    rows = [
        {
            "party_id": party,
            "channel": channel,
            "at": at if at is not None and (party, channel, at) not in stored else tx.now,
            "granted": None,
            "wording": "",
            "source": UNREADABLE_SOURCE,
        }
        for (party, channel), at in unclear.items()
        if (party, channel) not in there
    ]
    return len(upsert(tx, _CONSENT, rows))


def _party(refs: References, external_id: str) -> PartyId:
    patient, clinician = refs.patients.get(external_id), refs.clinicians.get(external_id)
    if patient is not None and clinician is not None:
        what, hint = reason("file.two_kinds_of_people"), reason("file.hint.another_id")
        raise Unusable("party", "ambiguous", what, hint)
    if clinician is not None:
        return clinician
    if patient is not None:
        return patient.id
    what, hint = not_known(external_id, "party"), reason("file.hint.add_party")
    raise Unusable("party", "unknown_party", what, hint, external_id)
