"""Tenants: row-level security between the agencies that share a database.

Revision ID: 0016
Revises: 0015
"""

from pathlib import Path
from typing import Any

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Add what is missing. The driver runs the file as it is, without looking for parameters in it."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
