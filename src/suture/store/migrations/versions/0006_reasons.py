"""Why something is so, as a code with values: a sentence is made where it is shown, in the reader's language.

Revision ID: 0006
Revises: 0005
"""

from pathlib import Path
from typing import Any

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add what is missing. The driver runs the file as it is, without looking for parameters in it."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
