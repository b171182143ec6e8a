"""File formats: bytes in, a problem out; a plan in, bytes out. Nothing here opens a file."""

from suture.planner.formats import hh_npz, hhcrsp, uhhc, vrptw
from suture.planner.formats.errors import Unreadable, at
from suture.words.catalog import _

NATIVE = {"vrptw": vrptw, "hh-npz": hh_npz, "hhcrsp": hhcrsp, "uhhc": uhhc}
"""The public formats by the name they have on the command line; each has `read(bytes)`, `write(problem, plan)` and
`COST_UNIT`."""


def guess(data: bytes) -> str:
    """The format of a file by its first bytes. Raises `Unreadable`."""
    if data[:2] == b"PK":
        return "hh-npz"
    if data.lstrip()[:1] != b"{":
        if b"CAPACITY" in data[:400]:
            return "vrptw"
        said = _("neither JSON, nor an npz archive, nor a Solomon text; expected one of them")
        raise Unreadable(at("file", said))
    if b'"suture-problem/' in data:
        return "suture"
    if b'"cost_components"' in data:
        return "uhhc"
    return "hhcrsp" if b'"required_caregivers"' in data else "suture"
