"""AI2-THOR's own builds: which one a recipe asks for, where it lies, and whether this machine can run it."""

import ctypes.util
import os
import platform
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ai2thor.build
import ai2thor.platform
import requests

from simgen.errors import InputError, MissingSystemError
from simgen.recipe import Recipe, UnitySpec

PINNED_BUILD = "f0825767cd50d69f666c7f282e54abfe58f1e917"
"""The build that ai2thor 5.0.0, the client that simgen is written for, starts when it is told nothing
(`COMMIT_ID` in its `_builds.py`). Written down here: a newer client must not change the pictures."""
PLATFORMS: Mapping[str, Any] = {
    "CloudRendering": ai2thor.platform.CloudRendering,
    "Linux64": ai2thor.platform.Linux64,
}
BUILD_NAME = re.compile(r"thor-(?P<platform>[A-Za-z0-9]+)-(?P<commit>[0-9a-f]{40})")
"""How AI2-THOR names a build's folder and, in it, the executable."""
CONNECT_WITHIN_S = 15.0
"""To find out whether the build can be downloaded: a machine without network may drop what it is sent."""
NO_NETWORK_CURE = (
    "download the build on a machine that has network (the first render does), copy its folder from "
    "~/.ai2thor/releases, and name it with --unity or $SIMGEN_UNITY"
)
VULKAN_CURE = (
    "apt-get install -y libvulkan1 and the GPU's driver (in a container: NVIDIA_DRIVER_CAPABILITIES=all), or "
    "take unity.platform: Linux64 with an X server, or engine: embedded, which needs no GPU"
)


@dataclass(frozen=True, slots=True)
class UnityHost:
    """Where Unity runs: what belongs to the machine and not to the recipe."""

    executable: Path | None = None
    """A build on this machine; None takes the recipe's from AI2-THOR's folder, or downloads it."""
    gpu: int | None = None
    """Of those that CUDA shows; None leaves the choice to the driver."""


ANY_HOST = UnityHost()
"""AI2-THOR's own folder, and the GPU that the driver chooses."""


def require_unity(recipe: Recipe, host: UnityHost) -> UnityHost:
    """Makes sure that the recipe's build is here, downloading it if need be, and that the machine may run it.

    Returns the host with its executable's whole path. Raises MissingSystemError or InputError with the cure.
    """
    spec = recipe.unity
    if platform.system() != "Linux":
        raise MissingSystemError(
            f"AI2-THOR's {spec.platform} runs on Linux, and this is {platform.system()}; engine: embedded "
            "runs here"
        )
    found = None if host.executable is None else local_build(host.executable, spec)
    _require_graphics(recipe, found is not None)
    _require_gpu(spec, host.gpu)
    if found is None:
        _require_build(spec)
    return UnityHost(found, host.gpu)


def local_build(path: Path, spec: UnitySpec) -> Path:
    """The whole path of the executable that a user named by itself or by the folder that it lies in.

    Raises InputError when there is none, or it is of another platform or commit than the recipe's.
    """
    executable = (path / path.name if path.is_dir() else path).absolute()
    if not executable.is_file():
        raise InputError(
            f"{path}: no AI2-THOR build is there; name its executable, or the folder of its name"
        )
    if not os.access(executable, os.X_OK):
        raise InputError(f"{executable} may not be executed; type: chmod +x {executable}")
    named = BUILD_NAME.fullmatch(executable.name)
    wanted = spec.build or PINNED_BUILD
    if named and (named["platform"], named["commit"]) != (spec.platform, wanted):
        raise InputError(
            f"{executable} is another build than the recipe's, thor-{spec.platform}-{wanted}; name that one, "
            "or write this one's platform and build into the recipe's unity section"
        )
    return executable


def build_folder(spec: UnitySpec) -> Path:
    """Where AI2-THOR's client keeps the recipe's build, whether or not it is there."""
    return Path(_build(spec).base_dir)


def build_version(spec: UnitySpec, executable: Path | None) -> str:
    """What is written into a clip: the build's commit, or `local:NAME` where its name does not tell."""
    if executable is None:
        return spec.build or PINNED_BUILD
    named = BUILD_NAME.fullmatch(executable.name)
    return named["commit"] if named else f"local:{executable.name}"


def unity_hints(spec: UnitySpec) -> str:
    """What this machine lacks that Unity usually wants, for the error when it does not start."""
    if spec.platform == "CloudRendering" and ctypes.util.find_library("vulkan") is None:
        return f"; there is no Vulkan on this machine: {VULKAN_CURE}"
    return ""


def _require_graphics(recipe: Recipe, is_local: bool) -> None:
    if recipe.unity.platform == "Linux64":
        _require_display(recipe, is_local)
    elif not is_local and ctypes.util.find_library("vulkan") is None:
        raise MissingSystemError(
            f"AI2-THOR's CloudRendering draws through Vulkan, which is not here: {VULKAN_CURE}"
        )


def _require_display(recipe: Recipe, is_local: bool) -> None:
    display = os.environ.get("DISPLAY")
    if not display:
        raise MissingSystemError(
            "AI2-THOR's Linux64 draws on an X display, and DISPLAY is not set: start an X server with GLX "
            "(sudo ai2thor-xorg start) and set it, or take unity.platform: CloudRendering"
        )
    size = recipe.camera.width, recipe.camera.height
    # A local executable may be any program that speaks AI2-THOR's protocol: it may need no screen.
    problems = [] if is_local else ai2thor.platform.Linux64._validate_screen(display, *size)
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
            f"--gpus {gpu}: CUDA_VISIBLE_DEVICES shows {len(shown)}; they are counted from 0 among these"
        )
    if (gpu is None and not shown) or (Path.home() / ".ai2thor" / "cuda-vulkan-mapping.json").exists():
        return
    missing = [name for name in ("vulkaninfo", "nvidia-smi") if shutil.which(name) is None]
    if missing:
        raise MissingSystemError(
            f"AI2-THOR runs {' and '.join(missing)} to find the GPU of --gpus or CUDA_VISIBLE_DEVICES; it is "
            "not here: apt-get install -y vulkan-tools and NVIDIA's driver, or unset both to take the "
            "first GPU"
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
