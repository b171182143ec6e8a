"""Accounts: whoever works here signs in, with a second factor, and a session can be ended.

Revision ID: 0012
Revises: 0011
"""

from pathlib import Path
from typing import Any

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add what is missing. The driver runs the file as it is, without looking for parameters in it."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
