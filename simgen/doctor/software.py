"""Checks of Python, packages, the data folder, and optional parts."""

import importlib.metadata
import os
import platform
import shutil
from importlib.util import find_spec
from pathlib import Path

from simgen import __version__
from simgen.doctor.finding import Finding
from simgen.errors import SimgenError
from simgen.trainers.extra import TRAIN_PACKAGES, require_train_extra

MIN_FREE_GB = 2.0
"""Free space needed, GB. A data set of a bundled recipe takes less than 1 GB; downloading torch needs about
this much."""
PACKAGES = ("ai2thor", "procthor", "numpy", "shapely", "h5py", "moderngl")
TESTED_PYTHON = (3, 11)
"""The version with which constraints.txt is tested."""


def check_python() -> Finding:
    """Reports the versions of simgen and Python, and the machine's type."""
    system = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    detail = f"simgen {__version__}, Python {platform.python_version()}, {system}"
    tested = ".".join(map(str, TESTED_PYTHON))
    newer = tuple(map(int, platform.python_version_tuple()[:2])) != TESTED_PYTHON
    return Finding("versions", "ok", detail, f"only Python {tested} is tested" if newer else "")


def check_packages() -> Finding:
    """Checks that the packages for rendering and asking questions are installed."""
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        return Finding("packages", "fail", f"missing: {', '.join(missing)}", "pip install --force simgen")
    return Finding("packages", "ok", _versions(PACKAGES))


def check_shapes() -> Finding:
    """Reports the object types for which the engine has no shape."""
    from simgen.engine.shapes import types_without_shape

    without = types_without_shape()
    detail = f"drawn as rounded boxes: {', '.join(without)}" if without else "every object type has a shape"
    return Finding("shapes", "ok", detail)


def check_photo() -> Finding:
    """Checks whether quality photo can be rendered, and on which device."""
    from simgen.engine.photo.system import load_mitsuba, photo_driver, require_photo_extra

    try:
        require_photo_extra()
    except SimgenError as error:
        return Finding("photo", "off", "needed only for quality photo", str(error))
    try:
        mitsuba, _ = load_mitsuba()
    except SimgenError as error:
        return Finding("photo", "off", "installed, but it does not start", str(error))
    return Finding("photo", "ok", photo_driver(mitsuba))


def check_data_folder(data: Path) -> Finding:
    """Checks that the data folder is writable and has enough free space."""
    folder = next(path for path in (data.absolute(), *data.absolute().parents) if path.exists())
    free_gb = shutil.disk_usage(folder).free / 1e9
    detail = f"{data}: {free_gb:.0f} GB free"
    if not os.access(folder, os.W_OK):
        return Finding("data folder", "fail", f"{detail}, not writable", "choose another folder with --data")
    if free_gb < MIN_FREE_GB:
        cure = f"free at least {MIN_FREE_GB:.0f} GB, or choose a folder on another disk with --data"
        return Finding("data folder", "fail", f"{data}: {free_gb:.1f} GB free", cure)
    return Finding("data folder", "ok", detail)


def check_training() -> Finding:
    """Checks whether models can be trained, and on which device."""
    try:
        require_train_extra()
    except SimgenError as error:
        return Finding("training", "off", "needed only for simgen train and eval", str(error))
    from simgen.trainers.device import describe_device

    return Finding("training", "ok", f"on {describe_device()}; {_versions(TRAIN_PACKAGES)}")


def check_hub() -> Finding:
    """Checks whether a release can be uploaded. Reports where the Hub's token is stored, never the token."""
    if find_spec("huggingface_hub") is None:
        cure = "pip install 'simgen[release]'"
        return Finding("Hugging Face Hub", "off", "needed only for simgen upload", cure)
    from huggingface_hub import constants

    version = f"huggingface_hub {importlib.metadata.version('huggingface_hub')}"
    if os.environ.get("HF_TOKEN") or os.environ.get("HUGGING_FACE_HUB_TOKEN"):
        return Finding("Hugging Face Hub", "ok", f"{version}; a token is in the environment")
    if Path(constants.HF_TOKEN_PATH).is_file():
        return Finding("Hugging Face Hub", "ok", f"{version}; a token is in {constants.HF_TOKEN_PATH}")
    cure = "hf auth login, or set HF_TOKEN; only simgen upload needs it"
    return Finding("Hugging Face Hub", "off", f"{version}; no token", cure)


def _versions(names: tuple[str, ...]) -> str:
    return ", ".join(f"{name} {importlib.metadata.version(name)}" for name in names)
