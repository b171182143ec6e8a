"""The command: what to run, how to print it, and the folder that is kept where the bar does not hold."""

import argparse
import json
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Protocol

from scripts.soaking.crash import crash
from scripts.soaking.installation import Say, SoakFailed
from scripts.soaking.slow_mail import slow_mail

ABOUT = """Run an agency under trouble, and count what was lost, sent twice or left uncovered.
Exit 0 when the bar holds, 1 when it does not; then the folder with the database and the logs is kept.
"""


class Result(Protocol):
    """What a soak found."""

    @property
    def is_good(self) -> bool: ...

    def figures(self) -> dict[str, object]: ...

    def words(self) -> str: ...


def main() -> int:
    """Run what was asked for; the exit code."""
    signal.signal(signal.SIGTERM, _interrupted)
    asked = _parser().parse_args()
    if asked.slow_mail:
        return _run(slow_mail, as_json=asked.json)
    if asked.play:
        return _run(lambda folder, say: _played(folder, say, asked.play, asked.seed), as_json=asked.json)
    return _run(lambda folder, say: crash(folder, say, rounds=asked.crash, seed=asked.seed), as_json=asked.json)


def _played(folder: Path, say: Say, steps: int, seed: int) -> Result:
    """Hypothesis is loaded for this alone."""
    from scripts.soaking.played_days import played_days

    return played_days(folder, say, steps=steps, seed=seed)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("scripts/soak", description=ABOUT, formatter_class=argparse.RawTextHelpFormatter)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "--slow-mail",
        action="store_true",
        help="a call-out behind 70 mails of 5 s each, then a stop in the middle of one; about 2 minutes",
    )
    what.add_argument(
        "--crash",
        type=_rounds,
        metavar="N",
        help="N rounds of kill -9 under signals with repeats, a slow and a dying mail server;\n25 take about 5 minutes",
    )
    what.add_argument(
        "--play",
        type=_steps,
        metavar="N",
        help="N steps of days in which anything may happen at any time, a twentieth as many on PostgreSQL,\n"
        "and planted faults that must be seen; 10000 take about 3 minutes",
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=int(time.time()) % 100_000,
        help="decides what happens, and who is killed when; printed",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object, and nothing else")
    return parser


def _rounds(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 1000:
        raise argparse.ArgumentTypeError("give a number of rounds from 1 to 1000")
    return int(text)


def _steps(text: str) -> int:
    if not text.isdigit() or not 1_000 <= int(text) <= 1_000_000:
        raise argparse.ArgumentTypeError("give a number of steps from 1000 to 1000000")
    return int(text)


def _run(soak: Callable[[Path, Say], Result], *, as_json: bool) -> int:
    began = time.monotonic()

    def say(text: str) -> None:
        print(f"soak: {time.monotonic() - began:6.1f} s  {text}", file=sys.stderr, flush=True)

    folder = Path(tempfile.mkdtemp(prefix="suture-soak-"))
    folder.chmod(0o755)  # PostgreSQL's own account must pass
    try:
        result = soak(folder, say)
    except SoakFailed as error:
        say(f"{error} The folder is kept: {folder}")
        return 1
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    print(json.dumps(result.figures()) if as_json else result.words(), flush=True)
    if result.is_good:
        shutil.rmtree(folder)
        return 0
    say(f"the bar does not hold. The folder is kept: {folder}")
    return 1


def _interrupted(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
