"""The demo's phone company as a process of its own, apart from everything it is to outlive."""

import os
import signal
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from suture.sim.phone_company import PhoneCompany
from suture.sim.phone_http import posting_to
from suture.sim.phone_log import PhoneLog

PATIENCE, RINGS_S = 600, 180.0
"""An agency that is away is called back for ten minutes; a call waits for a key for three."""


@click.command(hidden=True)
@click.option("--port", type=int, required=True, help="Where it listens, on this machine only.")
@click.option("--public-port", type=int, required=True, help="Where the agency's public side listens.")
@click.option("--texts-to", required=True, help="The agency's address for texts that people send.")
@click.option("--account", required=True, help="The agency's account.")
@click.option("--file", type=click.Path(path_type=Path), required=True, help="Where it writes down what happens.")
@click.option("--ahead", type=float, required=True, help="How many seconds the demo's time is ahead.")
@click.option("--token-env", required=True, help="The environment variable with the account's token.")
def phones(port: int, public_port: int, texts_to: str, account: str, file: Path, ahead: float, token_env: str) -> None:
    """Carry the demo's texts and calls (started by `demo`)."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    company = PhoneCompany(
        account,
        os.environ[token_env],
        now=lambda: datetime.now(UTC) + timedelta(seconds=ahead),
        post=posting_to(public_port),
        log=PhoneLog(file),
        port=port,
        patience=PATIENCE,
        rings_s=RINGS_S,
    )
    company.texts_to = texts_to
    with company:
        stop.wait()
