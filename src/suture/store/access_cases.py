"""Open exceptions, whom they are about and whom to call. Only `store.access` calls this: it asks who is asking."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import groupby
from typing import NamedTuple

from suture.model.cases import Band, CaseKind
from suture.model.ids import BranchId
from suture.model.messages import Channel, TouchState
from suture.store import views
from suture.store.access_parts import short_name
from suture.store.cases import ON_THE_BOARD
from suture.store.transaction import Row, Tx
from suture.words.reason import from_json

LONGEST_QUOTE = 160
"""How much of a text is shown, in characters."""


ON_BOARD = """(CASE e.subject_kind
    WHEN 'import' THEN coalesce((SELECT r.branch_id FROM import_run r
                                 WHERE r.tenant = e.tenant AND r.id = e.subject_id), :branch) = :branch
    WHEN 'inbound' THEN coalesce((
      SELECT bool_or(coalesce(pt.branch_id, cl.branch_id) = :branch)
      FROM inbound i
      JOIN address d ON d.tenant = i.tenant AND d.value_hash = i.from_hash AND d.channel = i.channel
      LEFT JOIN patient pt ON pt.tenant = d.tenant AND pt.party_id = d.party_id
      LEFT JOIN clinician cl ON cl.tenant = d.tenant AND cl.party_id = d.party_id
      WHERE i.tenant = e.tenant AND i.id = e.subject_id), true)
    ELSE e.branch_id = :branch END)"""
"""Whether a board shows a case `e`: of its branch, or of none; and a text that people of this branch may have sent."""


def is_within(tx: Tx, case_id: int) -> bool:
    """Whether a case is on the board of one of the caller's branches."""
    return tx.scope.branches is None or bool(
        tx.scalar(
            f"""SELECT EXISTS (SELECT FROM exception_case e CROSS JOIN unnest(cast(:branches AS bigint[])) AS b (id)
                 WHERE e.tenant = app_tenant() AND e.id = :case AND {ON_BOARD.replace(":branch", "b.id")})""",  # noqa: S608 - our own words
            branches=sorted(tx.scope.branches),
            case=case_id,
        )
    )


_SHOWN = ON_THE_BOARD.format("e")
_SAID_OF_DAY = """(e.kind = 'credential_expiring' AND e.service_date IS NULL AND EXISTS (
    SELECT FROM exception_case o WHERE o.tenant = e.tenant AND o.kind = e.kind AND o.subject_kind = e.subject_kind
      AND o.subject_id = e.subject_id AND o.service_date = :date AND o.state = 'open'))"""
"""Whether the case of a credential that is on every board has one of this day beside it, which says the same."""

WHO_CAME = """(SELECT w.clinician_id FROM assignment w WHERE w.tenant = v.tenant AND w.visit_id = v.id
    ORDER BY w.to_version DESC NULLS FIRST, w.position = e.subject_position DESC, w.position LIMIT 1)"""
"""Who has a visit, or had it last: asked, not the patient, where reports do not match, or no one checks in or out."""

_WINDOW_KNOWN = "NOT v.unclear && ARRAY['earliest_start', 'latest_end']"
"""Whether the window of a visit `v` is its own: where a file left it unclear, the one stored says nothing."""

_NUMBER_OF = """coalesce((SELECT m.value FROM address m
    WHERE m.tenant = {0}.tenant AND m.party_id = {0}.id AND m.channel IN ('sms', 'voice')
      AND NOT EXISTS (SELECT FROM suppression s WHERE s.tenant = m.tenant AND s.addr_hash = m.value_hash
                        AND s.reason = 'wrong_person' AND s.lifted_at IS NULL)
    ORDER BY m.channel LIMIT 1), '')"""
"""Where a person is called; empty where we have no number, or someone else has it."""


def cases_of(tx: Tx, branch_id: BranchId, service_date: date) -> tuple[views.CaseView, ...]:
    """Open cases, worst first: band, a text about an emergency, then deadline."""
    texts = _texts(tx, branch_id, service_date)
    rows = tx.rows(
        f"""SELECT e.id, e.kind, e.band, e.reasons, e.deadline_at, e.opened_at, v.external_id AS visit,
                  e.subject_position, e.ladder,
                  coalesce(e.taken_by, '') AS taken_by, e.taken_at,
                  CASE WHEN e.subject_kind = 'inbound' THEN e.subject_id END AS inbound_id,
                  coalesce(a.starts_at, CASE WHEN {_WINDOW_KNOWN} THEN v.earliest_start END) AS visit_starts,
                  coalesce(a.ends_at, CASE WHEN {_WINDOW_KNOWN} THEN v.latest_end END) AS visit_ends,
                  p.id AS party_id, p.kind AS party_kind, p.given, p.family,
                  v.patient_id, q.id AS call_id, q.kind AS call_kind, q.given AS call_given, q.family AS call_family,
                  {_NUMBER_OF.format("q")} AS phone
           FROM exception_case e
           LEFT JOIN touch t ON e.subject_kind = 'touch' AND t.tenant = e.tenant AND t.id = e.subject_id
           LEFT JOIN visit v ON v.tenant = e.tenant AND v.id =
             CASE WHEN e.subject_kind = 'visit' THEN e.subject_id WHEN t.subject = 'visit' THEN t.subject_id END
           LEFT JOIN assignment a ON a.tenant = v.tenant AND a.visit_id = v.id AND a.to_version IS NULL
             AND a.position = greatest(e.subject_position, 1)
           LEFT JOIN party p ON p.tenant = e.tenant AND p.id =
             CASE WHEN e.subject_kind IN ('clinician', 'patient') THEN e.subject_id
                  ELSE coalesce(t.party_id, v.patient_id) END
           LEFT JOIN party q ON q.tenant = e.tenant AND q.id =
             CASE WHEN e.kind IN ('evv_mismatch', 'not_clocked_in', 'ncns', 'not_clocked_out') THEN {WHO_CAME}
                  ELSE p.id END
             AND NOT EXISTS (SELECT FROM patient g WHERE g.tenant = q.tenant AND g.party_id = q.id
                               AND g.status <> 'active')
           WHERE e.tenant = app_tenant() AND {ON_BOARD} AND {_SHOWN}
             AND (e.service_date = :date OR e.service_date IS NULL) AND NOT {_SAID_OF_DAY}
           ORDER BY array_position(ARRAY['critical', 'high', 'medium', 'low'], e.band),
                    (e.band = 'critical' AND e.subject_kind = 'inbound') DESC, e.deadline_at NULLS LAST, e.id""",  # noqa: S608 - our own text
        branch=branch_id,
        date=service_date,
    )
    tx.shows(branch_id, (r["patient_id"] for r in rows))
    tx.shows(branch_id, (r[f"{who}_id"] for r in rows for who in ("party", "call") if r[f"{who}_kind"] == "patient"))
    called = _called(tx, [r["id"] for r in rows if r["band"] == Band.CRITICAL])
    return _together(_case(r, texts.get(r["inbound_id"]), called.get(r["id"], ())) for r in rows)


def _together(found: Iterable[views.CaseView]) -> tuple[views.CaseView, ...]:
    """Cases of one visit's positions that say the same become the first of them, with a count."""
    kept: dict[tuple[object, ...], views.CaseView] = {}
    for case in found:
        about = case.visit or case.id
        same = (case.kind, case.band, about, case.reasons, case.deadline_at, case.visit_starts, case.taken_by)
        first = kept.get(same)
        kept[same] = replace(first, positions=first.positions + 1) if first else case
    return tuple(kept.values())


class _Inbound(NamedTuple):
    """A text, and the number it came from, of an e-mail that of its writer; empty where no one here has it, since then
    only its hash is kept."""

    text: views.TextView
    phone: str


def _texts(tx: Tx, branch_id: BranchId, service_date: date) -> Mapping[int | None, _Inbound]:
    """The texts that open cases are about, by id. Several people may share a number."""
    rows = tx.rows(
        f"""SELECT i.id, left(i.body, :most + 1) AS body, i.at, i.channel, p.id AS party_id, p.kind AS party_kind,
                  p.given, p.family, d.value, {_NUMBER_OF.format("p")} AS number
           FROM exception_case e
           JOIN inbound i ON i.tenant = e.tenant AND i.id = e.subject_id
           LEFT JOIN address d ON d.tenant = i.tenant AND d.value_hash = i.from_hash AND d.channel = i.channel
           LEFT JOIN party p ON p.tenant = d.tenant AND p.id = d.party_id
           WHERE e.tenant = app_tenant() AND {ON_BOARD} AND {_SHOWN} AND e.subject_kind = 'inbound'
             AND (e.service_date = :date OR e.service_date IS NULL) ORDER BY i.id, p.id""",  # noqa: S608 - our own text
        most=LONGEST_QUOTE,
        branch=branch_id,
        date=service_date,
    )
    tx.shows(branch_id, (r["party_id"] for r in rows if r["party_kind"] == "patient"))
    found: dict[int | None, _Inbound] = {}
    for inbound_id, group in groupby(rows, key=lambda r: r["id"]):
        own = list(group)
        who = " or ".join(_name_of(r) for r in own if r["value"])
        phone = own[0]["number"] if own[0]["channel"] == Channel.EMAIL else own[0]["value"] or ""
        found[inbound_id] = _Inbound(views.TextView(who, _quote(own[0]["body"]), own[0]["at"]), phone)
    return found


def _called(tx: Tx, case_ids: Sequence[int]) -> Mapping[int, tuple[views.CalledView, ...]]:
    """Whom messages to those on call went to, by case, the newest of each person and channel."""
    if not case_ids:
        return {}
    rows = tx.rows(
        """SELECT DISTINCT ON (t.subject_id, t.party_id, t.channel) t.subject_id, t.channel, t.state,
                  coalesce(t.sent_at, t.planned_at) AS at, p.given, p.family, 'clinician' AS party_kind
           FROM touch t JOIN party p ON p.tenant = t.tenant AND p.id = t.party_id
           WHERE t.tenant = app_tenant() AND t.subject = 'case' AND t.subject_id = ANY(:ids)
             AND t.state <> 'superseded' ORDER BY t.subject_id, t.party_id, t.channel, t.id DESC""",
        ids=list(case_ids),
    )
    found: dict[int, list[views.CalledView]] = {}
    for r in rows:
        one = views.CalledView(_name_of(r), Channel(r["channel"]), TouchState(r["state"]), r["at"])
        found.setdefault(r["subject_id"], []).append(one)
    return {case_id: tuple(sorted(of_case, key=lambda c: c.at)) for case_id, of_case in found.items()}


def _quote(body: str) -> str:
    """One line, no longer than what is shown."""
    cut = body[:LONGEST_QUOTE] + ("…" if len(body) > LONGEST_QUOTE else "")
    return " ".join(cut.split())


def _case(r: Row, inbound: _Inbound | None, called: tuple[views.CalledView, ...]) -> views.CaseView:
    return views.CaseView(
        id=r["id"],
        kind=CaseKind(r["kind"]),
        band=Band(r["band"]),
        reasons=tuple(map(from_json, r["reasons"])),
        deadline_at=r["deadline_at"],
        opened_at=r["opened_at"],
        who=inbound.text.who if inbound else _name_of(r),
        visit=r["visit"] or "",
        visit_starts=r["visit_starts"],
        visit_ends=r["visit_ends"],
        phone=inbound.phone if inbound else r["phone"],
        call=inbound.text.who if inbound else _name_of(r, "call_"),
        text=inbound.text if inbound else None,
        taken_by=r["taken_by"],
        taken_at=r["taken_at"],
        called=called,
        position=r["subject_position"],
        ladder=tuple(map(from_json, r["ladder"])),
    )


def _name_of(r: Row, prefix: str = "") -> str:
    """A colleague's name, a patient's short one."""
    given, family = r[f"{prefix}given"], r[f"{prefix}family"]
    if r[f"{prefix or 'party_'}kind"] == "clinician":
        return f"{given} {family}".strip()
    return short_name(given, family)
