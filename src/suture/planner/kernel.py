"""The decorators of all compiled functions, and the folder in which numba keeps their machine code.

``_nrt=False`` leaves numba's reference counting out: kernels allocate nothing and own nothing, and with it each access
to an array of a NamedTuple costs two atomic operations (measured with numba 0.68: 25k iterations/s with, 100k
without). The option is private to numba; should it vanish, kernels stay right and become slower.

numba's disk cache looks at the file of one function only, not at the kernels that it calls: after an edit of a callee
or of a column number it would go on running old machine code (seen: a crash). So the cache folder carries a digest of
every source of the kernels.

Numba compiles a function again for each combination of argument types that it meets (an int32 out of an array, an
int64, a literal): ten copies of one scan, each inlined into its callers. Calls between kernels pass int64, so that
each kernel is compiled once; it halves the first start.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba
from numba import config, njit, types
from numba.core.cpu import CPUTargetOptions

_PLANNER = Path(__file__).parent
_OPTIONS: dict[str, Any] = {"_nrt": False} if hasattr(CPUTargetOptions, "_nrt") else {}

F = TypeVar("F", bound=Callable[..., Any])


def _digest() -> str:
    """Digest of every source that may end up in a kernel."""
    digest = hashlib.sha256(numba.__version__.encode() + Path(__file__).read_bytes())
    for folder in ("sisr", "links"):
        sources = [
            p for name in ("kernel_*", "layout", "arrays", "plans") for p in (_PLANNER / folder).glob(f"{name}.py")
        ]
        for path in sorted(sources):
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _writable_base() -> Path:
    """NUMBA_CACHE_DIR if given, else beside the sources, else the user's cache, else the temporary directory."""
    given = str(config.CACHE_DIR or "")
    user = Path(os.environ.get("XDG_CACHE_HOME") or Path("~").expanduser() / ".cache") / "suture"
    for base in [Path(given)] if given else [_PLANNER / "__pycache__", user]:
        try:
            base.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(base, os.W_OK):
            return base
    return Path(tempfile.gettempdir()) / f"suture-kernels-{os.getuid()}"


CACHE_FOLDER = _writable_base() / f"kernels-{_digest()}"
config.CACHE_DIR = str(CACHE_FOLDER)


def _plain(argument: types.Type) -> types.Type:
    """The type in which a scalar argument is passed between kernels; arrays stay as they are."""
    value = types.unliteral(argument)
    return types.int64 if isinstance(value, types.Integer) else value


def _compiled_once(dispatcher: F) -> F:
    """Make calls from other kernels use one signature."""
    if hasattr(dispatcher, "get_call_template"):  # not under NUMBA_DISABLE_JIT=1
        template = dispatcher.get_call_template
        dispatcher.get_call_template = lambda args, kws: template(
            tuple(_plain(a) for a in args), {name: _plain(a) for name, a in kws.items()}
        )
    return dispatcher


def kernel(function: F) -> F:
    """Compile in nopython mode, cached on disk, without reference counting. The function must not allocate."""
    compiled: F = njit(cache=True, **_OPTIONS)(function)
    return _compiled_once(compiled)


def entry(function: F) -> F:
    """Compile a function that allocates or returns an array."""
    compiled: F = njit(cache=True)(function)
    return _compiled_once(compiled)


def are_compiled() -> bool:
    """Whether machine code of these very sources is on disk."""
    return any(CACHE_FOLDER.rglob("*.nbi"))


def drop_old_kernels() -> None:
    """Delete machine code of sources that are no longer these."""
    for folder in CACHE_FOLDER.parent.glob("kernels-*"):
        if folder != CACHE_FOLDER:
            shutil.rmtree(folder, ignore_errors=True)
