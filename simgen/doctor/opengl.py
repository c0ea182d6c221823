"""Checks of OpenGL: the driver of the embedded engine, and a test frame."""

import os
import time
from pathlib import Path
from typing import Any

import numpy as np

from simgen.doctor.finding import Finding
from simgen.doctor.icd import describe_files, find_driver_files
from simgen.engine.draw.render import EGL_CURE
from simgen.engine.protocol.simulator import Simulator
from simgen.errors import SimgenError
from simgen.recipe import CameraSpec, Recipe
from simgen.scenes.engines.table import find_engine

VENDOR_FOLDERS = ("/etc/glvnd/egl_vendor.d", "/usr/share/glvnd/egl_vendor.d")
"""Folders in which libglvnd looks for EGL drivers, unless an environment variable names files or folders."""
GPU_DEVICES = ("/dev/nvidia0", "/dev/dri/renderD128", "/dev/kfd")
"""Device files of GPUs on Linux."""
SOFTWARE = ("llvmpipe", "softpipe", "swrast")
"""Names of Mesa's drivers that draw on the CPU."""
NVIDIA_CURE = (
    "for NVIDIA install libnvidia-gl of the driver's own version; in a container start it with "
    "NVIDIA_DRIVER_CAPABILITIES=all"
)
SIDE, WALL_M = 4.0, 2.0
"""The test room is a square of `SIDE` metres, and the camera is `WALL_M` from the wall it looks at."""
TEST_ASSET, TEST_OBJECT = "Fridge_1", "Fridge|1"
TEST_FRAMES = 5


def check_egl() -> Finding:
    """Checks that OpenGL starts through EGL, and names its driver."""
    try:
        driver = Simulator(64, 48).gl_driver()
    except SimgenError as error:
        return Finding("OpenGL through EGL", "fail", str(error))
    if not any(name in driver for name in SOFTWARE):
        return Finding("OpenGL through EGL", "ok", f"{driver} (GPU)")
    gpu = [device for device in GPU_DEVICES if os.access(device, os.R_OK | os.W_OK)]
    if gpu:
        detail = f"{driver} (software rendering on the CPU, although this machine has {', '.join(gpu)})"
        return Finding("OpenGL through EGL", "ok", detail, f"to draw on the GPU: {NVIDIA_CURE}")
    return Finding("OpenGL through EGL", "ok", f"{driver} (software rendering on the CPU; no GPU is visible)")


def check_egl_drivers() -> Finding:
    """Checks which EGL drivers are registered."""
    found = find_driver_files(os.environ.get("__EGL_VENDOR_LIBRARY_FILENAMES"), _vendor_folders())
    if not found:
        return Finding("EGL drivers", "fail", "no driver is registered with libglvnd", EGL_CURE)
    return Finding("EGL drivers", "ok", describe_files(found))


def check_frame() -> Finding:
    """Checks one frame of a test room: the distance of the wall, and the place of the fridge before it."""
    try:
        Simulator(64, 48).gl_driver()
    except SimgenError:
        return Finding("a test frame", "fail", "not drawn: OpenGL does not start", EGL_CURE)
    recipe = Recipe(name="doctor", camera=CameraSpec(width=640, height=480))
    controller = find_engine(recipe).start(recipe)
    try:
        return _judge(controller)
    finally:
        controller.stop()


def _judge(controller: Any) -> Finding:
    controller.step(action="CreateHouse", house=one_room_house(), renderImage=False)
    event = controller.step(action="TeleportFull", **one_room_house()["metadata"]["agent"])
    started = time.perf_counter()
    for _ in range(TEST_FRAMES):
        event = controller.step(action="Pass")
    milliseconds = (time.perf_counter() - started) / TEST_FRAMES * 1000.0
    problem = find_frame_problem(event.frame, event.depth_frame, event.instance_masks)
    if problem:
        cure = "please report this with the output of: simgen doctor --json"
        return Finding("a test frame", "fail", problem, cure)
    detail = f"correct; RGB, depth and ids at 640x480 take {milliseconds:.0f} ms through AI2-THOR's client"
    return Finding("a test frame", "ok", detail)


def find_frame_problem(rgb: np.ndarray, depth: np.ndarray, masks: Any) -> str:
    """The problem of a picture of the test house; "" if there is none."""
    wall = float(depth[depth.shape[0] // 4, depth.shape[1] // 4])
    if abs(wall - WALL_M) > 0.01:
        return f"a wall at {WALL_M} m is drawn at {wall:.3f} m"
    mask = masks.get(TEST_OBJECT)
    if mask is None or not mask.any():
        return "the fridge in front of the camera has no pixels"
    if not mask[:, mask.shape[1] // 2 :].any() or mask[:, : mask.shape[1] // 4].any():
        return "the fridge is drawn at the wrong place"
    if rgb.std() < 5.0:
        return "the picture has one colour only"
    return ""


def one_room_house() -> dict[str, Any]:
    """ProcTHOR JSON of a square room with a fridge at the right end of the wall z = SIDE."""
    corners = [(0.0, 0.0), (0.0, SIDE), (SIDE, SIDE), (SIDE, 0.0)]
    ends = zip(corners, [*corners[1:], corners[0]], strict=True)
    return {
        "rooms": [
            {
                "id": "room|2",
                "roomType": "Kitchen",
                "floorMaterial": "DarkWoodSmooth",
                "floorPolygon": [{"x": x, "y": 0.0, "z": z} for x, z in corners],
            }
        ],
        "walls": [_wall(index, *pair) for index, pair in enumerate(ends)],
        "doors": [],
        "windows": [],
        "objects": [
            {
                "id": TEST_OBJECT,
                "assetId": TEST_ASSET,
                "position": {"x": SIDE - 0.6, "y": 1.0, "z": SIDE - 0.6},
                "rotation": {"x": 0, "y": 180, "z": 0},
                "kinematic": True,
            }
        ],
        "proceduralParameters": {"ceilingMaterial": "PureWhite", "lights": [_light()]},
        "metadata": {
            "agent": {
                "position": {"x": SIDE / 2, "y": 0.95, "z": SIDE - WALL_M},
                "rotation": {"x": 0, "y": 0, "z": 0},
                "horizon": 0,
                "standing": True,
            }
        },
    }


def _wall(index: int, start: tuple[float, float], end: tuple[float, float]) -> dict[str, Any]:
    points = [(*start, 0.0), (*end, 0.0), (*start, 3.0), (*end, 3.0)]
    return {
        "id": f"wall|2|{index}",
        "roomId": "room|2",
        "material": "PureWhite",
        "polygon": [{"x": x, "y": y, "z": z} for x, z, y in points],
    }


def _light() -> dict[str, Any]:
    return {
        "id": "light",
        "type": "point",
        "position": {"x": SIDE / 2, "y": 2.8, "z": SIDE / 2},
        "intensity": 0.75,
        "rgb": {"r": 1.0, "g": 1.0, "b": 1.0},
    }


def _vendor_folders() -> list[Path]:
    named = os.environ.get("__EGL_VENDOR_LIBRARY_DIRS")
    return [Path(folder) for folder in (named.split(":") if named else VENDOR_FOLDERS)]
