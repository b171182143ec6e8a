"""The first schema.

Revision ID: 0001
"""

from pathlib import Path
from typing import Any

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create everything. The driver runs the file as it is, without looking for parameters in it."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
