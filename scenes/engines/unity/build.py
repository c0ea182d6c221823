"""AI2-THOR's own builds: which one a recipe asks for, where it is, and whether this machine can run it."""

import ctypes.util
import os
import platform
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ai2thor.build
import ai2thor.platform
import requests

from simgen.errors import InputError, MissingSystemError
from simgen.recipe import CameraSpec, UnitySpec
from simgen.scenes.engines.base import Host

PINNED_BUILD = "f0825767cd50d69f666c7f282e54abfe58f1e917"
"""The build that ai2thor 5.0.0 starts by default (`COMMIT_ID` in its `_builds.py`); simgen is written for
this client. The commit is fixed here so that a newer client does not change the pictures."""
PLATFORMS: Mapping[str, Any] = {
    "CloudRendering": ai2thor.platform.CloudRendering,
    "Linux64": ai2thor.platform.Linux64,
}
BUILD_NAME = re.compile(r"thor-(?P<platform>[A-Za-z0-9]+)-(?P<commit>[0-9a-f]{40})")
"""AI2-THOR's name of a build's folder, and of the executable in it."""
CONNECT_WITHIN_S = 15.0
"""Timeout of the request that checks whether the build can be downloaded. Some networks drop it silently."""
NO_NETWORK_CURE = (
    "download the build on a machine that has network (the first render does), copy its folder from "
    "~/.ai2thor/releases, and name it with --unity or $SIMGEN_UNITY"
)
VULKAN_CURE = (
    "apt-get install -y libvulkan1 and the GPU's driver (in a container: NVIDIA_DRIVER_CAPABILITIES=all), or "
    "use unity.platform: Linux64 with an X server, or engine: embedded, which needs no GPU"
)


def require_unity(spec: UnitySpec, camera: CameraSpec, host: Host) -> Host:
    """Makes sure that this machine can run the recipe's build, and downloads the build if it is not here.

    Returns the host with its executable's absolute path. Raises MissingSystemError or InputError with the
    cure.
    """
    if platform.system() != "Linux":
        raise MissingSystemError(
            f"AI2-THOR's {spec.platform} runs on Linux, and this is {platform.system()}; engine: embedded "
            "runs here"
        )
    found = None if host.program is None else find_local_build(host.program, spec)
    _require_graphics(spec, camera, found is not None)
    _require_gpu(spec, host.gpu)
    if found is None:
        _require_build(spec)
    return Host(found, host.gpu)


def find_local_build(path: Path, spec: UnitySpec) -> Path:
    """The absolute path of a build's executable. `path` is the executable, or the folder of the same name.

    Raises InputError when there is no executable, or it is of another platform or commit than the recipe's.
    """
    executable = (path / path.name if path.is_dir() else path).absolute()
    if not executable.is_file():
        raise InputError(
            f"{path}: there is no AI2-THOR build here; give the path of its executable, or of the folder of "
            "the same name"
        )
    if not os.access(executable, os.X_OK):
        raise InputError(f"{executable}: this file is not executable; type: chmod +x {executable}")
    named = BUILD_NAME.fullmatch(executable.name)
    wanted = spec.build or PINNED_BUILD
    if named and (named["platform"], named["commit"]) != (spec.platform, wanted):
        raise InputError(
            f"{executable}: the recipe asks for another build, thor-{spec.platform}-{wanted}; give the path "
            "of that build, or set unity.platform and unity.build in the recipe"
        )
    return executable


def build_folder(spec: UnitySpec) -> Path:
    """The folder in which AI2-THOR's client keeps the recipe's build. It need not exist."""
    return Path(_build(spec).base_dir)


def build_version(spec: UnitySpec, executable: Path | None) -> str:
    """The build's commit, or `local:NAME` for an executable whose name does not hold a commit."""
    if executable is None:
        return spec.build or PINNED_BUILD
    named = BUILD_NAME.fullmatch(executable.name)
    return named["commit"] if named else f"local:{executable.name}"


def has_vulkan() -> bool:
    """Whether Vulkan's loader is installed."""
    return ctypes.util.find_library("vulkan") is not None


def display_problems(display: str, width: int, height: int) -> list[str]:
    """Why AI2-THOR's Linux64 cannot draw pictures of this size on an X display; empty when it can."""
    return ai2thor.platform.Linux64._validate_screen(display, width, height)


def describe_missing_parts(spec: UnitySpec) -> str:
    """What Unity needs and this machine lacks, as the end of an error message; "" when nothing is known."""
    if spec.platform == "CloudRendering" and not has_vulkan():
        return f"; there is no Vulkan on this machine: {VULKAN_CURE}"
    return ""


def _require_graphics(spec: UnitySpec, camera: CameraSpec, is_local: bool) -> None:
    if spec.platform == "Linux64":
        _require_display(camera, is_local)
    elif not is_local and not has_vulkan():
        raise MissingSystemError(
            f"AI2-THOR's CloudRendering draws through Vulkan, which is not installed: {VULKAN_CURE}"
        )


def _require_display(camera: CameraSpec, is_local: bool) -> None:
    display = os.environ.get("DISPLAY")
    if not display:
        raise MissingSystemError(
            "AI2-THOR's Linux64 draws on an X display, and DISPLAY is not set: start an X server with GLX "
            "(sudo ai2thor-xorg start) and set it, or use unity.platform: CloudRendering"
        )
    # A local executable may be any program that speaks AI2-THOR's protocol, also one that needs no screen.
    problems = [] if is_local else display_problems(display, camera.width, camera.height)
    if problems:
        raise MissingSystemError(f"DISPLAY={display}: {'; '.join(problems)}; start an X server with GLX")


def _require_gpu(spec: UnitySpec, gpu: int | None) -> None:
    shown = [part for part in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if part.strip().isdigit()]
    if spec.platform == "Linux64":
        if gpu is not None:
            raise InputError(
                "--gpus is for unity.platform: CloudRendering; Linux64 draws on the GPU of its X display"
            )
        return
    if gpu is not None and shown and gpu >= len(shown):
        raise InputError(
            f"--gpus {gpu}: CUDA_VISIBLE_DEVICES shows {len(shown)} GPUs; they are counted from 0"
        )
    if (gpu is None and not shown) or (Path.home() / ".ai2thor" / "cuda-vulkan-mapping.json").exists():
        return
    missing = [name for name in ("vulkaninfo", "nvidia-smi") if shutil.which(name) is None]
    if missing:
        raise MissingSystemError(
            f"AI2-THOR runs {' and '.join(missing)} to find the GPU of --gpus or CUDA_VISIBLE_DEVICES, but "
            "cannot find them here: apt-get install -y vulkan-tools and NVIDIA's driver, or set neither of "
            "the two to use the first GPU"
        )


def _build(spec: UnitySpec) -> Any:
    releases = Path.home() / ".ai2thor" / "releases"
    commit = spec.build or PINNED_BUILD
    return ai2thor.build.Build(PLATFORMS[spec.platform], commit, False, str(releases))


def _require_build(spec: UnitySpec) -> None:
    build = _build(spec)
    if Path(build.base_dir).is_dir():
        return
    # AI2-THOR asks without a time limit, and says "invalid commit" when there is no network.
    try:
        answer = requests.head(build.url, timeout=CONNECT_WITHIN_S)
    except requests.RequestException as error:
        raise MissingSystemError(
            f"{build.name} is not on this machine and {build.url} cannot be reached "
            f"({type(error).__name__}); {NO_NETWORK_CURE}"
        ) from error
    if answer.status_code in (403, 404):  # S3 says 403 for what is not there
        raise InputError(
            f"AI2-THOR has no build {build.name} ({build.url}: {answer.status_code}); correct the recipe's "
            "unity.build"
        )
    try:
        answer.raise_for_status()
        build.download()
    except Exception as error:  # a bare Exception is what the client raises for a wrong digest
        raise MissingSystemError(
            f"{build.url}: the build could not be downloaded ({type(error).__name__}: {error}); "
            f"{NO_NETWORK_CURE}"
        ) from error
