"""The agency's own sign-in: an OpenID provider, what its groups give, and who is on the way there.

Revision ID: 0015
Revises: 0014
"""

from pathlib import Path
from typing import Any

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Add what is missing. The driver runs the file as it is, without looking for parameters in it."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
