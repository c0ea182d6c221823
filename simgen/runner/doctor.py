"""`simgen doctor`: what works on this machine, what does not, and the cure."""

import importlib.metadata
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from simgen.errors import SimgenError
from simgen.trainers.extra import TRAIN_PACKAGES, require_train_extra

MIN_FREE_GB = 2.0
"""A data set of the bundled recipes takes under 1 GB; torch's download needs about this much."""
PACKAGES = ("ai2thor", "procthor", "numpy", "shapely", "h5py", "moderngl")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    name: str
    ok: bool
    detail: str


def examine(data: Path) -> list[Finding]:
    """Everything that a render and a training need, looked at one by one."""
    return [_packages(), _opengl(), _photo(), _shapes(), _training(), _disk(data)]


def _packages() -> Finding:
    return Finding(
        "packages", True, ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES)
    )


def _opengl() -> Finding:
    from simgen.engine.simulator import Simulator

    try:
        driver = Simulator(64, 48).gl_driver()
    except SimgenError as error:
        return Finding("OpenGL through EGL", False, str(error))
    kind = "software, on the CPU" if "llvmpipe" in driver else "a GPU"
    return Finding("OpenGL through EGL", True, f"{driver} ({kind})")


def _photo() -> Finding:
    from simgen.engine.photo.system import load_mitsuba, photo_driver, require_photo_extra

    try:
        require_photo_extra()
    except SimgenError as error:
        return Finding("photo", True, f"not installed, which only quality photo needs: {error}")
    try:
        mitsuba, _ = load_mitsuba()
    except SimgenError as error:
        return Finding("photo", False, str(error))
    return Finding("photo", True, photo_driver(mitsuba))


def _shapes() -> Finding:
    from simgen.engine.shapes import types_without_shape

    without = types_without_shape()
    detail = f"drawn as rounded boxes: {', '.join(without)}" if without else "every object type has its own"
    return Finding("shapes", True, detail)


def _training() -> Finding:
    try:
        require_train_extra()
    except SimgenError as error:
        return Finding("training", True, f"not installed, which only simgen train needs: {error}")
    versions = [f"{name} {importlib.metadata.version(name)}" for name in TRAIN_PACKAGES]
    return Finding("training", True, ", ".join(versions))


def _disk(data: Path) -> Finding:
    folder = next(path for path in (data.absolute(), *data.absolute().parents) if path.exists())
    free_gb = shutil.disk_usage(folder).free / 1e9
    writable = os.access(folder, os.W_OK)
    cure = "" if writable else "; not writable: give another folder with --data"
    return Finding("data folder", writable and free_gb > MIN_FREE_GB, f"{data}: {free_gb:.0f} GB free{cure}")
