"""What docs/ repeats of the code: events, signals, settings, audit codes, rooms, schemas of files; see make-docs."""

import importlib
import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import grimp
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from suture import bootstrap
from suture.cli.signals import signal as signal_commands
from suture.model.audit import AUDIT_SENTENCES, AuditCode
from suture.model.events import EVENT_SPECS, EventKind
from suture.model.signals import SIGNAL_KINDS
from suture.planner.formats.suture_models import PlanJson, ProblemJson, SignalsJson
from suture.service.add_visit import VisitRequest
from suture.service.signal_requests import REQUESTS
from suture.service.signal_requests.overtaken import SAYS_OTHERWISE
from suture.settings import Settings

ROOT = Path(__file__).parents[1]
WRITTEN = "<!-- Written by scripts/make-docs from {source}. Do not edit. -->"


def pages() -> dict[str, str]:
    """Every generated page by its file name under docs/."""
    return {
        "architecture.md": architecture((ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")),
        "events.md": events(),
        "signals.md": signals(),
        "settings.md": settings(),
        "audit.md": audit(),
    }


def architecture(page: str) -> str:
    """The page with its picture and table of rooms made anew from the imports."""
    before, _, rest = page.partition("<!-- rooms -->\n")
    _, _, after = rest.partition("<!-- /rooms -->\n")
    imports = rooms()
    rows = [
        (f"`{room}`", (importlib.import_module(f"suture.{room}").__doc__ or "").strip(), _words(sorted(below)))
        for room, below in imports.items()
    ]
    table = _table(("room", "what it holds", "imports"), rows)
    return f"{before}<!-- rooms -->\n{picture(imports)}\n\n{table}\n<!-- /rooms -->\n{after}"


def rooms() -> dict[str, set[str]]:
    """Each room and the rooms it imports, those that import most first."""
    graph = grimp.build_graph("suture", cache_dir=None)
    found: dict[str, set[str]] = {room.split(".")[1]: set() for room in graph.find_children("suture")}
    for module in graph.modules - {"suture"}:
        room = module.split(".")[1]
        others = graph.find_modules_directly_imported_by(module) - {"suture"}
        found[room] |= {other.split(".")[1] for other in others} - {room}
    return {room: found[room] for room in sorted(found, key=lambda r: (-len(_reached(found, found[r])), r))}


def _reached(imports: Mapping[str, set[str]], start: Iterable[str]) -> set[str]:
    reached: set[str] = set()
    ahead = list(start)
    while ahead:
        room = ahead.pop()
        if room not in reached:
            reached.add(room)
            ahead += imports[room]
    return reached


def picture(imports: Mapping[str, set[str]]) -> str:
    """The rooms as a Mermaid graph, without the arrows that others imply."""
    lines = ["```mermaid", "graph TD"]
    for room, below in imports.items():
        implied = {far for near in below for far in _reached(imports, imports[near])}
        lines += [f"    {room} --> {other}" for other in sorted(below - implied)]
    return "\n".join([*lines, "```"])


def schemas() -> dict[str, str]:
    """JSON Schemas of the planner's own files, by their file name under docs/."""
    models: dict[str, type[BaseModel]] = {"problem": ProblemJson, "plan": PlanJson, "signals": SignalsJson}
    return {
        f"schemas/suture-{name}-1.schema.json": json.dumps(model.model_json_schema(), indent=1) + "\n"
        for name, model in models.items()
    }


def events() -> str:
    """The event log's vocabulary."""
    rows = [
        (f"`{kind}`", EVENT_SPECS[kind].subject, _words(EVENT_SPECS[kind].data), EVENT_SPECS[kind].sentence)
        for kind in EventKind
    ]
    return _page(
        "Events",
        "src/suture/model/events.py",
        "Every change of a branch-day is appended to the log (table `event`) in the transaction that makes it, "
        "numbered in commit order per branch. Metrics read nothing else.\n\n"
        "`subject_id` is the id of the subject (a plan: its version). Times in `data` are ISO 8601 in UTC: `t_true` "
        "when it happened, `t_signal` recorded, `t_decided` decided, `t_approved` approved, `t_sent` sent, "
        "`t_accepted` answered, `t_start` and `t_end` of the visit. `because` and `reasons` are codes with values, "
        '`{"code": …, "values": {…}}`, whose sentences are in `suture.words.sentences`.',
        _table(("kind", "subject", "data", "what happened"), rows),
    )


def signals() -> str:
    """Every signal with its fields and its command."""
    common = set.intersection(*(set(_schema(request)["properties"]) for request in REQUESTS.values())) - {"kind"}
    parts = [_signal(kind, REQUESTS[kind], common) for kind in SIGNAL_KINDS]
    shared = {name: spec for name, spec in _schema(REQUESTS["check_in"])["properties"].items() if name in common}
    return _page(
        "Signals",
        "src/suture/service/signal_requests/__init__.py",
        "Something happened. `POST /api/v1/signals` takes a signal as JSON, `suture signal …` on the command line; "
        "both store it first, answer at once, and leave the deciding to the worker. Visits, patients and clinicians "
        "are named by the ids of your files. Times carry their UTC offset: `2026-03-24T07:40:00-04:00`. An unknown "
        "or impossible field is refused by name.\n\n"
        "Every signal may say where it comes from. The same `source` and `source_id` again is the same signal, and "
        "gets the same answer.\n\n"
        "Some are sent by Suture itself, too: `late_start`, `no_check_out` and `no_reply` when a time runs out, "
        "`visit_changed` and `roster_change` when a file changes what a planned day counts with.",
        _fields({"properties": {"kind": {"type": "string"}, **shared}, "required": ["kind"]}),
        _order_of_signals(),
        *parts,
        "## The visit of a `new_visit`\n\n" + _sentence(VisitRequest) + "\n\n" + _fields(_schema(VisitRequest)),
    )


def _order_of_signals() -> str:
    """What it means in which order signals come in, and what is left open by it."""
    rows = [(f"`{kind}`", f"`{other}`", _MATTERS[about]) for kind, (other, about) in SAYS_OTHERWISE.items()]
    return "\n\n".join(
        [
            "## The order of signals",
            "Signals that wait together are decided in the order in which things happened (`occurred_at`), in whatever "
            "order they came in, and a repeat changes nothing: one call more about what is known already is no news. "
            "What has been decided stays decided. So a signal that comes in after another one that happened later and "
            "says otherwise is refused, naming `occurred_at`:",
            _table(("this", "is refused after a later", "about the same"), rows),
            "A signal that contradicts what is known, or comes when it no longer matters, is stored and changes "
            "nothing; `GET /api/v1/signals/ID` and the log say why, and where a person should ask, a case opens. What "
            "is over, in the past, or unknown is refused at once; so is `visit_held`, `visit_changed`, `run_over`, "
            "`late_start` or `no_check_out` of a visit that is cancelled, until it is reopened.",
            "Offers are decided after all else that waits with them, among themselves in the order in which people "
            "answered: a yes has the visit only where it still fits all that is known.",
            "Left open, so that who sends signals should not rely on it:",
            "- Of signals that happened at the same instant a check-in goes first, then the one that came in first.\n"
            "- Who gets a visit may depend on what was decided together and what apart. What happened, who is away, "
            "what is held, cancelled, closed or answered does not.\n"
            "- `running_late` is about the next visit of the plan when it is decided, unless one has begun since; of "
            "two the one that is decided last holds. What a delay took from a clinician is not given back by a shorter "
            "one.\n"
            "- Of `visit_changed` the one with the newest `occurred_at` holds; an older one is refused. Of "
            "`roster_change`, and of a call-out that overlaps hours of `clinician_free` in part, the one that is "
            "decided last holds.",
        ]
    )


_MATTERS = {
    "visit_id": "visit",
    "party_id": "question",
    "clinician_id": "clinician and hours",
    "offer_id": "offer and clinician",
}
"""What two signals must be about, by the field in which they agree."""


def _signal(kind: str, request: type[BaseModel], common: set[str]) -> str:
    schema = _schema(request)
    own = {name: spec for name, spec in schema["properties"].items() if name not in {*common, "kind"}}
    command = signal_commands.commands[kind.replace("_", "-")]
    usage = " ".join(["suture signal", command.name or "", *_arguments(command)])
    return "\n\n".join(
        [
            f"## {kind}",
            f"{_sentence(request)} Command: `{usage}`.",
            _fields({**schema, "properties": own}),
        ]
    )


def _arguments(command: click.Command) -> list[str]:
    """Arguments and options, but for those that every signal has."""
    words = []
    for parameter in command.params:
        if isinstance(parameter, click.Argument):
            words.append((parameter.name or "").upper())
        elif parameter.name not in ("source_id", "data", "agency", "demo"):
            word = max(parameter.opts, key=len)
            words.append(word if parameter.required else f"[{word}]")
    return words


def settings() -> str:
    """Every setting by the environment variable that sets it."""
    rows = [
        (_words(_variables(prefix, name, field)), _default(field), field.description or "")
        for prefix, name, field in variables()
    ]
    return _page(
        "Settings",
        "src/suture/settings.py",
        "Environment variables, read once at the start. Without any, `./run` works. Options of a command "
        "(`--data`, `--port`, `--seed`) win over them. Who may see whom, and when people are written to, is no "
        "setting of a process: the agency keeps it in its database (`suture rules`, `suture policy`).",
        _table(("variable", "default", "what it sets"), rows),
    )


def variables() -> list[tuple[str, str, FieldInfo]]:
    """The prefix, name and field of every setting: the general ones, then those of the adapters in bootstrap."""
    wired: list[type[BaseSettings]] = [
        x for _, x in sorted(vars(bootstrap).items()) if isinstance(x, type) and issubclass(x, BaseSettings)
    ]
    models: dict[type[BaseSettings], None] = dict.fromkeys([Settings, *wired])
    return [(str(m.model_config["env_prefix"]), name, f) for m in models for name, f in m.model_fields.items()]


_READS = """## Who was shown which patients

Each request that shows patients leaves one row in `access_log`: when, who (`actor`), the route's template or the
command (`route`), the branch where it is one, and the patients' ids, each once. It is stored before the answer
leaves; where it cannot be, no one is shown. Answers that refuse or lead elsewhere show no one, and neither does what a
patient sees behind a link of her own; a clinician's day behind a link is a look at its patients. What is
noted is what the answer was made from: at times a little more than the page says. Nothing changes or deletes a row.
Times are true, also in a demo. A database that takes no changes still shows the day, and the line `access.not_stored`
in the server's log has the same values.

Who looked at patient P-01 last week?

```sh
suture audit search --reads --patient P-01 --from 2026-03-16 --until 2026-03-22
```

Without `--reads` it searches the trail above: `--code key.revoked`, `--subject visit:12`, `--patient P-01` (the
patient, their visits, messages and cases), `--actor api_key` or one actor as the rows have it. The newest is first;
`--limit` says how many, 200 if it is not given; `--json` prints one object a line. Each search is part of the trail
itself: `audit.searched`."""


def audit() -> str:
    """Every audit code with the sentence a reviewer reads."""
    rows = [(f"`{code}`", AUDIT_SENTENCES[code]) for code in AuditCode]
    return _page(
        "Audit trail",
        "src/suture/model/audit.py",
        "What a person or the engine did, one row each in `audit_row`, never changed. The sentence is filled from the "
        "row's data, which holds no patient's name, phone or address.",
        _table(("code", "sentence"), rows),
        _READS,
    )


def _page(title: str, source: str, introduction: str, *parts: str) -> str:
    return "\n\n".join([f"# {title}", WRITTEN.format(source=source), introduction, *parts]) + "\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _words(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _sentence(model: type[BaseModel]) -> str:
    return " ".join((model.__doc__ or "").split())


def _schema(model: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema with references filled in."""
    schema = model.model_json_schema(by_alias=True)
    known = schema.pop("$defs", {})
    for name, spec in schema["properties"].items():
        reference = spec.get("$ref", "").rpartition("/")[2]
        if reference:
            schema["properties"][name] = {**known[reference], "name": reference}
    return schema


def _fields(schema: Mapping[str, Any]) -> str:
    required = schema.get("required", ())
    rows = [
        (f"`{name}`", _type(spec), "required" if name in required else _preset(spec), _about(spec))
        for name, spec in schema["properties"].items()
    ]
    return _table(("field", "type", "default", "about"), rows)


def _about(spec: Mapping[str, Any]) -> str:
    """A field's own description; that of the model it refers to stands elsewhere."""
    return "" if "name" in spec else str(spec.get("description", ""))


def _preset(spec: Mapping[str, Any]) -> str:
    preset = spec.get("default")
    return f"`{preset}`" if preset not in (None, "", []) else ""


def _type(spec: Mapping[str, Any]) -> str:
    if "anyOf" in spec:
        return _type(next(option for option in spec["anyOf"] if option.get("type") != "null"))
    if "enum" in spec:
        return " or ".join(f"`{value}`" for value in spec["enum"])
    if spec.get("type") == "object":
        return "a visit, see below"
    if spec.get("type") == "array":
        return f"list of {_type(spec['items'])}"
    if spec.get("type") == "integer":
        return f"whole number, {spec['minimum']} to {spec['maximum']}"
    word = {"date-time": "time", "date": "date"}.get(spec.get("format", ""), "text")
    return f"{word}, at most {spec['maxLength']} characters" if "maxLength" in spec else word


def _variables(prefix: str, name: str, field: FieldInfo) -> list[str]:
    alias = field.validation_alias
    if alias is None:
        return [f"{prefix}{name.upper()}"]
    return [str(choice) for choice in getattr(alias, "choices", [alias])]


def _default(field: FieldInfo) -> str:
    value = field.default
    if value is None or value == "" or isinstance(value, SecretStr):
        return ""
    if isinstance(value, Path):
        value = os.path.relpath(value, ROOT)
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def main() -> None:
    """Write all pages into a folder, docs/ unless told."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs"
    for name, text in (pages() | schemas()).items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
