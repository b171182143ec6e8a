"""Home-health days as npz arrays (our own benchmark format); seconds."""

import io
import json
import zipfile

import numpy as np

from suture.planner.formats.errors import Unreadable, at
from suture.planner.plan import Plan
from suture.planner.problem import FORBIDDEN, Problem, make_nodes, make_rows
from suture.words.catalog import _, marked

COST_UNIT = marked("seconds of driving")

_KEYS = ("N", "K", "D", "e", "l", "s", "ts", "te", "pen", "ok", "usual", "prefcost")


def read(data: bytes) -> Problem:
    """Place v = visit v, place N + k = home of clinician k; row k = clinician k."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            lost = [key for key in _KEYS if key not in archive]
            if lost:
                raise Unreadable(*(at(key, _("missing; expected an array of that name")) for key in lost))
            z = {key: archive[key] for key in _KEYS}
    except Unreadable:
        raise
    except (ValueError, zipfile.BadZipFile, EOFError, OSError):
        raise Unreadable(at("file", _("not an npz archive; expected a home-health day"))) from None
    n, k = int(z["N"]), int(z["K"])
    shapes = {"D": (n + k, n + k), "ok": (n, k), "usual": (n, k), "e": (n,), "l": (n,), "s": (n,), "pen": (n,)}
    wrong = [(key, want) for key, want in {**shapes, "ts": (k,), "te": (k,)}.items() if z[key].shape != want]
    if wrong:
        raise Unreadable(
            *(at(key, _("shape {shape}; expected {wanted}", shape=z[key].shape, wanted=want)) for key, want in wrong)
        )
    homes = np.arange(n, n + k)
    nodes = make_nodes(
        tuple(map(str, range(n))),
        np.arange(n),
        tuple(((int(a), int(b)),) for a, b in zip(z["e"], z["l"], strict=True)),
        z["s"],
        z["pen"],
    )
    pair = np.full((n, k), int(z["prefcost"]), dtype=np.int32)
    pair[z["usual"]] = 0
    pair[~z["ok"]] = FORBIDDEN
    rows = make_rows(tuple(map(str, range(k))), homes, homes, leave=z["ts"], hard_end=z["te"])
    return Problem(np.ascontiguousarray(z["D"], dtype=np.int32), nodes, rows, pair)


def write(problem: Problem, plan: Plan) -> bytes:
    """Visit numbers by clinician."""
    return json.dumps({"routes": [list(route) for route in plan.routes]}).encode()
