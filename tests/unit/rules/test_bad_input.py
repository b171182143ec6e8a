"""Whatever a file holds: a clear error after a bounded amount of work, and nothing of it is ever executed."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.builders import a_clinician, a_day, a_visit
from tests.rule_verifier import a_rulebook
from tests.work import at_most

from suture.cli import main
from suture.rules.evaluate import evaluate

HEAD = "version: 1\nrules:\n- id: {id}\n  kind: forbid\n  when: {when}\n  because: b\n  owner: o\n"


def rule(when: str = '"v.dur > 1"', rule_id: str = "one") -> str:
    return HEAD.replace("{id}", rule_id).replace("{when}", when)


def check(folder: Path, content: str | bytes) -> Result:
    """Run `suture rules check` on a file, which may be work but has an end."""
    file = folder / "bad.yaml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
    with at_most(2_000_000):
        return CliRunner().invoke(main, ["rules", "check", str(file)])


LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{b}: &{b} [*{a},*{a},*{a},*{a}]\n" for a, b in zip("abcdefghijk", "bcdefghijkl", strict=True)
)
LOOPS = "[1,2,3,4,5,6,7,8,9].all(A, " * 8 + "v.dur > 1" + ")" * 8
LONG = '"' + " || ".join(f"v.dur > {n}" for n in range(150)) + ' || v.dur < 5"'
for _n in range(8):
    LOOPS = LOOPS.replace("A,", f"x{_n},", 1)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (LAUGHS, "anchors (&) and aliases (*) are not read"),
        ("&a [*a]", "anchors (&) and aliases (*) are not read"),
        ("version: 1\nrules: &r\n- *r\n", "anchors (&)"),
        ("<<: *x\n", "aliases (*)"),
        (rule('"' + "true || " * 140_000 + 'v.dur > 1"'), "larger than 512 KiB"),
        (rule('"' + "true || " * 40_000 + 'v.dur > 1"'), "at most 2000 are allowed"),
        (rule("|\n    " + "(" * 900 + "v.dur > 1" + ")" * 900), "[syntax]"),
        (rule("|\n    " + "[" * 900 + "]" * 900 + " == []"), "[syntax]"),
        ("[" * 250_000, "nest"),
        ("{a: " * 100_000, "nested deeper"),
        ("- " * 250_000, "nested deeper"),
        (rule() + "  because: again\n", "key 'because' twice"),
        ("version: 1\nversion: 1\nrules: []\n", "key 'version' twice"),
        (rule(rule_id="оne"), "only look like those of 'one'"),
        (rule(rule_id="ｏｎｅ"), "only look like those of 'one'"),
        (rule("'v.type == \"wоund\"'"), "only looks like"),
        (rule(rule_id="a0") + rule(rule_id="ao").split("rules:\n")[1], "cannot tell this id from 'a0'"),
        ("version: 1\nrules:\n" + "- {id: aa, kind: forbid}\n" * 2_000, "at most 1000 are allowed"),
        (
            "version: 1\nrules:\n" + "- {id: aa, kind: forbid, when: x}\n" * 900,
            "2700 problems found, 2500 of them not shown",
        ),
        ("".join(f"rule{n}: x\n" for n in range(30_000)), "of them not shown"),
        (rule() + "".join(f"  whenn{n}: x\n" for n in range(20_000)), "of them not shown"),
        (rule("'c.role == c.role && v.dur / 0 > 1'"), "division by 0 fails for every case"),
        ("version: 1\nrules:\n" + "".join(rule(LONG, f"r-{n}")[17:] for n in range(60)), "60 problems found"),
        (b"version: 1\nrules: \xff\xfe\n", "half a character"),
        (b"\x00\x01\x02", "[yaml]"),
        ("version: 1\nrules: []\n\ud800", "half a character"),
        ("", "the file is empty"),
        ("version: 1\nrules: []\n---\nversion: 1\n", "a second document"),
        ("? [a, b]\n: c\n", "a key must be a word"),
        (rule("99999999999999999999 > v.dur"), "invalid int literal"),
        (rule("'v.dur > 99999999999999999999999999'"), "invalid int literal"),
    ],
)
def test_a_bad_file_is_refused_in_words_and_with_bounded_work(tmp_path, content, said):
    done = check(tmp_path, content)
    assert done.exit_code == 1, done.output
    assert said in done.output, done.output[:600]
    assert "Traceback" not in done.output
    assert f"{tmp_path}/bad.yaml:" in done.output
    assert len(done.output) < 100_000


@pytest.mark.parametrize(
    "content",
    [
        "!!python/object/apply:os.system ['{cmd}']",
        "version: 1\nrules:\n- !!python/object/apply:os.system ['{cmd}']\n",
        "version: 1\nrules: !!python/object/new:subprocess.Popen [['sh', '-c', '{cmd}']]\n",
        rule('\'__import__("os").system("{cmd}") == 0\''),
        rule("'eval(\"{cmd}\")'"),
        rule("'c.__class__.__base__ == c.id'"),
        rule("'type(v.dur) == int'").replace("because: b", "because: '{0.__class__}%s${HOME}`{cmd}`'"),
        rule('\'"{cmd}".matches("(a+)+$")\''),
        "version: 1\npacks: ['../../../../etc/passwd']\n",
        "version: 1\npacks: ['/etc/passwd', 'packs/__init__', '__init__']\n",
    ],
)
def test_nothing_in_a_file_is_executed_or_opened(tmp_path, content):
    proof = tmp_path / "proof"
    done = check(tmp_path, content.replace("{cmd}", f"touch {proof}"))
    assert not proof.exists()
    assert [file.name for file in tmp_path.iterdir()] == ["bad.yaml"]
    assert done.exit_code == (0 if "__class__}" in content else 1), done.output
    assert "root:" not in done.output
    assert "Traceback" not in done.output


def test_loops_without_end_are_cut_short_and_fail_closed():
    """900 million steps are written; the engine gives up, and a pair that cannot be told is not assigned."""
    book = a_rulebook(f"id: loops\nkind: forbid\nwhen: '{LOOPS.replace('v.dur > 1', 'v.dur > 0')}'")
    day = a_day(clinicians=[a_clinician()], visits=[a_visit(n) for n in range(1, 4)])
    with at_most(100_000):
        verdicts = list(evaluate(book, day).pairs.values())
    assert [v.eligible for v in verdicts] == [False] * 3
    assert {u.fields for v in verdicts for u in v.unknown} == {("rule_fault",)}


def test_a_pattern_that_could_backtrack_for_ever_does_not():
    book = a_rulebook("id: regex\nkind: forbid\nwhen: \"v.type.matches('(a+)+$')\"")
    day = a_day(clinicians=[a_clinician()], visits=[a_visit(visit_type="a" * 5_000 + "b")])
    with at_most(100_000):
        assert list(evaluate(book, day).pairs.values())


def test_a_good_file_is_accepted(tmp_path):
    done = check(tmp_path, rule())
    assert (done.exit_code, "no problems found" in done.output) == (0, True)


def test_checking_a_file_wants_neither_planner_nor_database(tmp_path):
    """They take a second to import. A new process: here they may be imported already."""
    (tmp_path / "bad.yaml").write_text(rule("c.rol == 'LPN'"))
    program = (
        "import sys; from suture.cli import main\n"
        f"try: main(['rules', 'check', {str(tmp_path / 'bad.yaml')!r}])\n"
        "except SystemExit as done: print('exit', done.code)\n"
        "print(*sorted({'.'.join(name.split('.')[:2]) for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "exit 1\n" in done.stdout
    imported = set(done.stdout.split("\n")[-2].split())
    heavy = {"numba", "sqlalchemy", "fastapi", "psycopg", "jinja2", "alembic", "uvicorn", "suture.settings"}
    rooms = {f"suture.{room}" for room in ("planner", "service", "store", "web", "bootstrap", "sim", "integrations")}
    assert not imported & (heavy | rooms)


def test_a_file_that_is_not_there_is_the_requests_fault(tmp_path):
    done = CliRunner().invoke(main, ["rules", "check", str(tmp_path / "none.yaml")])
    assert (done.exit_code, "cannot be read: No such file" in done.output) == (2, True)


def test_the_planted_typo_is_shown_with_its_line_and_a_hint(tmp_path):
    done = check(tmp_path, rule("c.rol == 'LPN'"))
    assert done.exit_code == 1
    assert f"{tmp_path}/bad.yaml:5:9: rule one, when: there is no field c.rol – did you mean c.role? [name]" in (
        done.output
    )
    assert "      when: c.rol == 'LPN'\n            ^" in done.output
