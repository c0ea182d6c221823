"""Checks that Mitsuba and the denoiser are installed and can run, before either is imported.

Mitsuba compiles its kernels with the system's LLVM. Some versions of LLVM abort the whole process.
"""

import importlib
import os
import re
import sys
from collections.abc import Iterable
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from simgen.errors import MissingSystemError

PHOTO_PACKAGES = ("mitsuba", "pyoidn")
PHOTO_CURE = "pip install 'simgen[photo]'"
LLVM_CURE = "apt-get install -y libllvm19"
OLDEST_LLVM = 16
"""LLVM 15 has aborted the process, and Mitsuba refuses LLVM 14. simgen is tested with LLVM 19."""
LLVM_FOLDERS = ("/usr/lib/*-linux-gnu", "/usr/lib64", "/usr/lib/llvm-*/lib", "/usr/local/lib")
LLVM_VARIABLE = "DRJIT_LIBLLVM_PATH"
"""Environment variable with the path of the LLVM library that Dr.Jit, Mitsuba's compiler, uses."""


def require_photo_extra() -> None:
    """Raises MissingSystemError with the missing packages unless the [photo] extra is installed."""
    missing = [name for name in PHOTO_PACKAGES if find_spec(name) is None]
    if missing:
        raise MissingSystemError(
            f"quality photo needs {' and '.join(missing)}; install the extra with: {PHOTO_CURE}"
        )


def load_mitsuba() -> tuple[Any, Any]:
    """Mitsuba and Dr.Jit, ready to trace on a CUDA device, or on the CPU if there is none.

    Raises MissingSystemError without the [photo] extra or without a usable LLVM. There is no fallback to
    Mitsuba's `scalar_rgb`, which would take minutes per picture.
    """
    require_photo_extra()
    dr: Any = importlib.import_module("drjit")
    variant = "cuda_ad_rgb" if dr.has_backend(dr.JitBackend.CUDA) else "llvm_ad_rgb"
    if variant == "llvm_ad_rgb":
        choose_llvm()
    mi: Any = importlib.import_module("mitsuba")
    try:
        mi.set_variant(variant)
    except ImportError as error:
        reason = str(error).split("\n")[0]
        raise MissingSystemError(
            f"Mitsuba's {variant} does not start ({reason}); try: {LLVM_CURE}"
        ) from error
    return mi, dr


def photo_driver(mi: Any) -> str:
    """The versions of Mitsuba and OIDN, and Mitsuba's variant, which tells CPU from GPU. Clips store it."""
    return f"Mitsuba {version('mitsuba')} {mi.variant()}, OIDN {version('pyoidn')}"


def choose_llvm() -> None:
    """Sets `LLVM_VARIABLE` to a usable LLVM, unless the user has set it.

    Raises MissingSystemError if the user's LLVM is too old, or if none is found.
    """
    given = os.environ.get(LLVM_VARIABLE)
    if given or sys.platform != "linux":
        number = llvm_version(Path(given).resolve().name) if given else None
        if number is not None and number < OLDEST_LLVM:
            raise MissingSystemError(
                f"{LLVM_VARIABLE} names LLVM {number}, which fails Mitsuba; unset it and try: {LLVM_CURE}"
            )
        return
    best = newest_llvm(
        path for folder in LLVM_FOLDERS for path in Path("/").glob(f"{folder[1:]}/libLLVM*.so*")
    )
    if best is None:
        raise MissingSystemError(
            f"quality photo needs LLVM {OLDEST_LLVM} or newer, and none was found; try: {LLVM_CURE}"
        )
    os.environ[LLVM_VARIABLE] = str(best)


def newest_llvm(paths: Iterable[Path]) -> Path | None:
    """The library with the newest LLVM version that works with Mitsuba; None if there is none."""
    numbered = [(llvm_version(path.name), path) for path in paths]
    good = [(number, path) for number, path in numbered if number is not None and number >= OLDEST_LLVM]
    return max(good)[1] if good else None


def llvm_version(name: str) -> int | None:
    """The major version in a library's file name (libLLVM-15.so.1, libLLVM.so.19.1); None without one."""
    found = re.fullmatch(r"libLLVM-(\d+)[\d.]*\.so[\d.]*|libLLVM\.so\.(\d+)[\d.]*", name)
    return int(found[1] or found[2]) if found else None
