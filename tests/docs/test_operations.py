"""docs/operations.md: every command on it exists, its unit and scripts can be read, and its numbers are the code's."""

import configparser
import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from scripts.make_docs import variables

from suture.cli import main
from suture.service.processes import EXIT_CODE_OF_WRONG_USAGE
from suture.web.security import MAX_BODY_BYTES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
NOT_OURS = {"NUMBA_CACHE_DIR", "TZ"}
FENCED = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
SCRIPT = re.compile(r"^cat >(\S+) <<'END'\n(.*?)^END$", re.DOTALL | re.MULTILINE)
COMMAND = re.compile(r"(?:^|bin/)suture +([a-z].*)$")


def blocks(language: str) -> list[str]:
    """The fenced blocks in a language, without the indentation of a list."""
    return [
        re.sub(f"^{indent}", "", text, flags=re.M) for indent, kind, text in FENCED.findall(PAGE) if kind == language
    ]


def commands() -> Iterator[str]:
    """Everything that follows the word `suture` where a command stands: in shell, in the unit, and in the prose."""
    lines = [line for kind in ("sh", "ini") for text in blocks(kind) for line in text.splitlines()]
    lines += re.findall(r"`([^`\n]+)`", FENCED.sub("", PAGE))
    for line in lines:
        bare = re.split(r" \|\| | && | \| ", line.strip())[0]
        if not bare.startswith(("#", "adduser", "install", "chown", "mv", "runuser", "postgresql:")):
            yield from COMMAND.findall(bare)


COMMANDS = sorted(set(commands()))


def test_commands_are_found() -> None:
    """The tests below would pass on nothing."""
    first = {c.split()[0] for c in COMMANDS}
    assert first == {
        "agency",
        "audit",
        "connection",
        "day",
        "db",
        "import",
        "key",
        "outreach",
        "policy",
        "rules",
        "serve",
        "signal",
        "warmup",
    }
    assert len(COMMANDS) > 20


@pytest.mark.parametrize("words", COMMANDS)
def test_a_command_and_its_options_exist(words: str) -> None:
    said = shlex.split(words)
    command, rest = named(said)
    known = {name for p in command.params for name in (*p.opts, *p.secondary_opts)}
    assert {w for w in rest if w.startswith("--")} <= known
    if len(rest) > 0:  # a bare name in the prose is a name
        taken = command.make_parser(click.Context(command)).parse_args(list(rest))[0]
        missing = [p.name for p in command.params if p.required and not taken.get(p.name or "")]
        assert missing == [], words


def named(said: list[str]) -> tuple[click.Command, list[str]]:
    """The command of these words in the tree of commands, and what is left for it."""
    command: click.Command = main
    while isinstance(command, click.Group):
        assert said, f"{command.name} wants a subcommand"
        found = command.get_command(click.Context(command), said[0])
        assert found is not None, f"there is no command {said[0]}"
        command, said = found, said[1:]
    return command, said


def test_the_settings_on_the_page_exist() -> None:
    used = set(re.findall(r"\b((?:SUTURE_|DATABASE_|POSTGRES_|PUBLIC_|NUMBA_)[A-Z_]+[A-Z])\b", PAGE))
    known = {f"{prefix}{name.upper()}" for prefix, name, _ in variables()}
    known |= {str(c) for _, _, f in variables() for c in getattr(f.validation_alias, "choices", ())}
    assert len(used) >= 9
    assert used - NOT_OURS <= known


def test_the_unit_can_be_read_and_lets_the_sender_finish() -> None:
    [text] = blocks("ini")
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string(text)
    assert unit.sections() == ["Unit", "Service", "Install"]
    service = unit["Service"]
    assert (service["Restart"], service["KillMode"]) == ("on-failure", "mixed")
    assert int(service["RestartPreventExitStatus"]) == EXIT_CODE_OF_WRONG_USAGE
    assert int(service["TimeoutStopSec"]) >= 90
    assert service["UMask"] == "0077" and service["EnvironmentFile"] == "/etc/suture/env"
    forbidden = {"MemoryDenyWriteExecute", "PrivateIPC", "DynamicUser"}  # the planner compiles; PostgreSQL looks around
    assert forbidden.isdisjoint(service)


@pytest.mark.parametrize(("path", "text"), [s for block in blocks("sh") for s in SCRIPT.findall(block)])
def test_a_script_parses_and_a_unit_has_its_sections(path: str, text: str) -> None:
    if text.startswith("#!/bin/sh\n# "):
        subprocess.run(["/bin/sh", "-n"], input=text, text=True, check=True)
    elif path.startswith("/etc/systemd/"):
        unit = configparser.ConfigParser(interpolation=None)
        unit.read_string(text)
        assert unit.sections()[0] == "Unit" and len(unit.sections()) >= 2
        if path.endswith(".timer"):
            assert path.replace(".timer", ".service") in PAGE
    else:
        assert path == "/etc/suture/env"
        assert all(re.fullmatch(r"[A-Z_]+='[^']+'", line) for line in text.splitlines())


def test_the_shell_on_the_page_parses() -> None:
    for text in blocks("sh"):
        subprocess.run(["/bin/sh", "-n"], input=text, text=True, check=True)


def test_the_proxy_leads_to_both_sides_and_lets_through_no_more_than_the_server_takes() -> None:
    [proxy] = [text for text in blocks("") if "reverse_proxy" in text]
    assert f"max_size {MAX_BODY_BYTES // 1024}KiB" in proxy
    assert "\tlog" not in proxy
    assert "--port 8000 --public-port 8001" in PAGE
    assert re.findall(r"reverse_proxy (\S+)", proxy) == ["127.0.0.1:8001", "127.0.0.1:8000"]


def test_the_exit_codes_are_the_codes() -> None:
    told = {int(code) for code in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)}
    assert told == {0, 1, EXIT_CODE_OF_WRONG_USAGE, os.EX_TEMPFAIL, 130}


def test_the_page_is_linked() -> None:
    assert "docs/operations.md" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert "docs/operations.md" in (ROOT / "SECURITY.md").read_text(encoding="utf-8")


def test_every_link_of_the_page_leads_somewhere() -> None:
    headings = {re.sub(r"[^a-z0-9 -]", "", h.lower()).replace(" ", "-") for h in re.findall(r"^#+ (.+)$", PAGE, re.M)}
    for target in re.findall(r"\]\(([^)]+)\)", PAGE):
        file, _, anchor = target.partition("#")
        assert not file or (ROOT / "docs" / file).exists(), target
        assert not anchor or anchor in headings, target
