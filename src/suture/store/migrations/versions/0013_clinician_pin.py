"""PINs of clinicians: with the link of a message they open her own day.

Revision ID: 0013
Revises: 0012
"""

from pathlib import Path
from typing import Any

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add what is missing. The driver runs the file as it is, without looking for parameters in it."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
