"""Why a position has no clinician, for a coordinator: short sentences, each naming all it fits; rule texts once."""

from collections.abc import Mapping, Sequence

from suture.model.day import Day
from suture.model.ids import PartyId, PositionKey
from suture.model.instants import wall_clock
from suture.model.people import AvailabilityKind, shifts_of
from suture.model.plan import Stage
from suture.planner.day.explain import ClinicianReason, ReasonKind
from suture.rules.cel import Value
from suture.rules.explain import Said, blocking_lines
from suture.rules.verdicts import DayRules
from suture.words.reason import Reason, all_of, any_of, reason, some_of
from suture.words.sentences.cover import BESIDE_A_NAME

FEW = 3
"""Up to this many names come before what is said of them; after more of them it would not be found."""

_ORDER = ("cover.role", "cover.excluded", "cover.no_license", "cover.lacks")
"""What a rule found, in the order it is said."""


def in_words(day: Day, rules: DayRules, key: PositionKey, found: Sequence[ClinicianReason]) -> tuple[Reason, ...]:
    """Sentences in the order of `found`, then what the rules among them say."""
    shared: dict[Reason, list[str]] = {}
    on_call = _on_call_then(day, key)
    for one in found:
        said = _of_one(day, rules, key, one)
        if one.clinician_id in on_call:
            said = _of_one_on_call(day, one, said)
        shared.setdefault(said, []).append(day.clinicians[one.clinician_id].name)
    named = [r.rpartition(":")[2] for one in found for r in one.rule_ids]
    named += [unknown.rule_id for one in found for unknown in one.unknown]
    texts = [
        reason("cover.rule", title=rules.title(r), because=rules.because[r])
        for r in dict.fromkeys(named)
        if r in rules.because
    ]
    return (*(_said_of(names, said) for said, names in shared.items()), *texts)


def _said_of(names: Sequence[str], said: Reason) -> Reason:
    """ "Cy Cedar is a PT.", "Cy Cedar and Di Dogwood: each is a PT.", and for many "Each is a PT: …"."""
    beside = "_beside" if _first(said) in BESIDE_A_NAME else ""
    if len(names) == 1:
        return reason(f"cover.of_one{beside}", who=names[0], said=said)
    if len(names) <= FEW:
        return reason(f"cover.of_few{beside}", who=tuple(names), said=said)
    return reason(f"cover.of_many{beside}", who=tuple(names), said=said)


def _first(said: Reason) -> str:
    """The code that it begins with."""
    return str(said.values[0][1][0].code) if said.code == "all_of" and said.values[0][1] else said.code


def _on_call_then(day: Day, key: PositionKey) -> frozenset[PartyId]:
    """Who is on call in the window of the visit."""
    some = {a.clinician_id for a in day.availability if a.kind is AvailabilityKind.ON_CALL}
    if not some:
        return frozenset()
    window = day.visits[key.visit_id].window
    shifts = shifts_of(tuple(a for a in day.availability if a.clinician_id in some))
    return frozenset(
        s.clinician_id
        for s in shifts
        if s.is_on_call and s.starts_at < window.latest_end and s.ends_at > window.earliest_start
    )


def _of_one_on_call(day: Day, one: ClinicianReason, said: Reason) -> Reason:
    """Why someone who could be called in is not; a draft calls no one in."""
    out_of_hours = one.kind is ReasonKind.NO_SHIFT
    if day.plan.stage is not Stage.PUBLISHED:
        return reason("cover.on_call") if out_of_hours else said
    if out_of_hours:
        return reason("cover.on_call_briefly")
    return reason("cover.on_call_beside" if _first(said) in BESIDE_A_NAME else "cover.on_call_but", said=said)


def _of_one(day: Day, rules: DayRules, key: PositionKey, one: ClinicianReason) -> Reason:
    match one.kind:
        case ReasonKind.RULES | ReasonKind.UNKNOWN:
            return _by_rules(rules, key, one) or one.said
        case ReasonKind.NO_SHIFT:
            return _away(day, key, one) or one.said
        case ReasonKind.TIME:
            return _by_time(rules, one)
        case _:
            return one.said


def _by_rules(rules: DayRules, key: PositionKey, one: ClinicianReason) -> Reason | None:
    pair = (one.clinician_id, key.visit_id)
    if pair not in rules.pairs:
        return None
    if rules.pairs[pair].eligible:
        titles = [reason("cover.title", title=rules.title(r)) for r in one.rule_ids]
        return reason("cover.seat", seat=key.position, titles=all_of(titles))
    against = blocking_lines(rules, *pair)
    failed = [line for line in against if line.said is Said.FAIL]
    plain = {said: None for line in failed if (said := _failed(line.values))}
    ordered = sorted(plain, key=lambda said: (_ORDER.index(said.code), str(said)))
    wrong_role = any(said.code == "cover.role" for said in ordered)  # nothing else matters then
    others = [line for line in failed if not wrong_role and not _failed(line.values)]
    named = [reason("cover.ruled_out", title=rules.title(line.rule_id)) for line in others]
    lacking = [line.untold for line in against if line.said is Said.UNKNOWN]
    return all_of((*ordered, *named, *lacking))


def _failed(values: Mapping[str, Value]) -> Reason | None:
    """What a rule that reads roles, skills or exclusions found; None for any other rule."""
    role, roles = values.get("c.role"), values.get("v.roles")
    needed, held, banned = values.get("v.creds"), values.get("c.creds"), values.get("v.banned")
    if isinstance(roles, tuple) and isinstance(role, str) and role not in roles:
        return reason("cover.role", role=role, roles=any_of(roles))
    if isinstance(needed, tuple) and isinstance(held, tuple) and (lacking := [x for x in needed if x not in held]):
        return reason("cover.lacks", skills=some_of(reason("skill", skill=x) for x in lacking))
    if isinstance(held, tuple) and isinstance(role, str) and needed is None and role not in held:
        return reason("cover.no_license", role=role)
    is_banned = isinstance(banned, tuple) and values.get("c.id") in banned
    return reason("cover.excluded") if is_banned else None


def _away(day: Day, key: PositionKey, one: ClinicianReason) -> Reason | None:
    """Whoever is absent during the time of the visit, by a call-out or by the roster."""
    window = day.visits[key.visit_id].window
    absent = [
        a
        for a in day.availability
        if a.clinician_id == one.clinician_id and a.kind is AvailabilityKind.UNAVAILABLE
        if a.starts_at < window.latest_end and a.ends_at > window.earliest_start
    ]
    if not absent:
        return None
    first = min(absent, key=lambda a: a.starts_at)
    since = wall_clock(first.starts_at, day.branch.tz)
    return reason("cover.called_out" if first.called_out else "cover.away", at=since)


def _by_time(rules: DayRules, one: ClinicianReason) -> Reason:
    """What fails at the best place of the clinician's day; the planner's own words where they need no rule."""
    name, _colon, rule_id = one.rule_ids[0].partition(":") if one.rule_ids else ("", "", "")
    minutes, title = one.excess_minutes, rules.title(rule_id)
    match name:
        case "window":
            later = one.said.code == "plan.window_later"
            return reason("cover.later_stop" if later else "cover.late", minutes=minutes)
        case "shift_end":
            return reason("cover.shift_end", minutes=minutes)
        case "rest":
            return reason("cover.rest", minutes=minutes, title=title)
        case "limit":
            return reason("cover.limit", title=title)
        case "together":
            return reason("cover.together", title=title)
        case _:
            return one.said
