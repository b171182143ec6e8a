"""Why a position has no clinician, for a coordinator: short sentences, each naming all it fits; rule texts once."""

from collections.abc import Mapping, Sequence

from suture.model.cases import RULE_TEXT
from suture.model.day import Day
from suture.model.ids import PositionKey
from suture.model.instants import wall_clock
from suture.model.people import AvailabilityKind, skill_words
from suture.planner.day.explain import ClinicianReason, ReasonKind
from suture.rules.cel import Value
from suture.rules.explain import Said, stands_against
from suture.rules.verdicts import DayRules

SPOKEN_WITH_A_VOWEL = "AEFHILMNORSX"
FEW = 3
"""Up to this many names come before what is said of them; after more of them it would not be found."""

_SAYS_OF_ONE = frozenset({"already", "called", "has", "is", "lacks", "may", "would"})
"""How what is said of a clinician begins where it goes on from their name."""


def in_words(day: Day, rules: DayRules, key: PositionKey, found: Sequence[ClinicianReason]) -> tuple[str, ...]:
    """Sentences in the order of `found`, then what the rules among them say."""
    shared: dict[str, list[str]] = {}
    for reason in found:
        shared.setdefault(_sentence(day, rules, key, reason), []).append(day.clinicians[reason.clinician_id].name)
    named = [r.rpartition(":")[2] for reason in found for r in reason.rule_ids]
    named += [unknown.rule_id for reason in found for unknown in reason.unknown]
    texts = [f"{RULE_TEXT}{_title(rules, r)}. {rules.because[r]}" for r in dict.fromkeys(named) if r in rules.because]
    return (*(_said_of(names, words) for words, names in shared.items()), *texts)


def _said_of(names: Sequence[str], words: str) -> str:
    """ "Cy Cedar is a PT.", "Cy Cedar and Di Dogwood: each is a PT.", and for many "Each is a PT: …"."""
    goes_on = words.partition(" ")[0] in _SAYS_OF_ONE
    if len(names) == 1:
        return f"{names[0]}{' ' if goes_on else ': '}{words}."
    listed = f"{', '.join(names[:-1])} and {names[-1]}"
    of_each = f"each {words}" if goes_on else words
    return f"{listed}: {of_each}." if len(names) <= FEW else f"{_capital(of_each)}: {listed}."


def _sentence(day: Day, rules: DayRules, key: PositionKey, reason: ClinicianReason) -> str:
    match reason.kind:
        case ReasonKind.RULES | ReasonKind.UNKNOWN:
            return _by_rules(rules, key, reason) or reason.sentence
        case ReasonKind.NO_SHIFT:
            return _away(day, key, reason) or reason.sentence
        case ReasonKind.TIME:
            return _by_time(rules, reason)
        case _:
            return reason.sentence


def _by_rules(rules: DayRules, key: PositionKey, reason: ClinicianReason) -> str:
    pair = (reason.clinician_id, key.visit_id)
    if pair not in rules.pairs:
        return ""
    if rules.pairs[pair].eligible:
        titles = "; ".join(_title(rules, r) for r in reason.rule_ids)
        return f"may not take seat {key.position} ({titles})"
    against = stands_against(rules, *pair)
    failed = [line for line in against if line.said is Said.FAIL]
    plain = sorted({words for line in failed if (words := _failed(line.values))})  # "is …" before "lacks …"
    wrong_role = any(words.startswith("is a") for words in plain)  # nothing else matters then
    others = [line for line in failed if not wrong_role and not _failed(line.values)]
    named = [f"is ruled out by “{line.title.rstrip('.')}”" for line in others]
    lacking = [line.untold for line in against if line.said is Said.UNKNOWN]
    return "; ".join((*plain, *named, *lacking))


def _failed(values: Mapping[str, Value]) -> str:
    """What a rule that reads roles, skills or exclusions found; empty for any other rule."""
    role, roles = values.get("c.role"), values.get("v.roles")
    needed, held, banned = values.get("v.creds"), values.get("c.creds"), values.get("v.banned")
    if isinstance(roles, tuple) and isinstance(role, str) and role not in roles:
        return f"is {_a(role)}; the visit needs {_a(' or '.join(roles))}"
    if isinstance(needed, tuple) and isinstance(held, tuple) and (lacking := [x for x in needed if x not in held]):
        return f"lacks {', '.join(map(skill_words, lacking))}"
    if isinstance(held, tuple) and isinstance(role, str) and needed is None and role not in held:
        return f"has no valid {role} license on that day"
    return "is excluded for this patient" if isinstance(banned, tuple) and values.get("c.id") in banned else ""


def _a(role: str) -> str:
    return f"{'an' if role[:1] in SPOKEN_WITH_A_VOWEL else 'a'} {role}"


def _away(day: Day, key: PositionKey, reason: ClinicianReason) -> str:
    """Whoever is absent during the time of the visit, by a call-out or by the roster."""
    window = day.visits[key.visit_id].window
    absent = [
        a
        for a in day.availability
        if a.clinician_id == reason.clinician_id and a.kind is AvailabilityKind.UNAVAILABLE
        if a.starts_at < window.latest_end and a.ends_at > window.earliest_start
    ]
    if not absent:
        return ""
    first = min(absent, key=lambda a: a.starts_at)
    since = f"{wall_clock(first.starts_at, day.branch.tz):%H:%M}"
    return f"called out at {since}" if first.called_out else f"is away from {since}"


def _by_time(rules: DayRules, reason: ClinicianReason) -> str:
    """What fails at the best place of the clinician's day; the planner's own words where they need no rule."""
    name, _, rule_id = reason.rule_ids[0].partition(":") if reason.rule_ids else ("", "", "")
    minutes, title = reason.excess_minutes, _title(rules, rule_id)
    match name:
        case "window":
            late = "make a later stop" if "later stop" in reason.sentence else "come"
            return f"would {late} {minutes} min too late"
        case "shift_end":
            return f"would be back {minutes} min after the end of the shift"
        case "rest":
            return f"would get {minutes} min too little rest ({title})"
        case "limit":
            return f"would go over a limit ({title})"
        case "together":
            return f"would split up what belongs together ({title})"
        case _:
            return reason.sentence


def _title(rules: DayRules, rule_id: str) -> str:
    """A rule's title, as the rest of a sentence."""
    return rules.titles.get(rule_id, rule_id).rstrip(".")


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
