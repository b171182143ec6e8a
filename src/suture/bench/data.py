"""Where the shared instances are."""

import os
from pathlib import Path

ROOT = Path(__file__).parents[3]


class NoData(Exception):
    """The shared instances are not where they should be; the message says where they were looked for."""


def routing_data() -> Path:
    """The folder of routing instances: SUTURE_SHARED_DATA, else ../shared/data beside the repository. Raises NoData."""
    given = os.environ.get("SUTURE_SHARED_DATA")
    base = Path(given) if given else ROOT.parent / "shared" / "data"
    folder = base / "routing"
    if not folder.is_dir():
        raise NoData(
            f"No benchmark instances in {folder}. Maybe set SUTURE_SHARED_DATA to the folder that has routing/."
        )
    return folder
