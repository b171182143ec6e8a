"""The access log: who was shown which patients.

Revision ID: 0014
Revises: 0013
"""

from pathlib import Path
from typing import Any

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add what is missing. The driver runs the file as it is, without looking for parameters in it."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
