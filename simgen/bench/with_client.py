"""AI2-THOR's client with this engine behind it, as the benchmark drives it: whole steps, and houses."""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from simgen import __version__
from simgen.engine import shapes
from simgen.engine.protocol.client import EmbeddedController
from simgen.errors import EngineError
from simgen.parallel.pool import JobChannel, run_jobs
from simgen.scenes.engines.controller import gl_driver
from simgen.scenes.trajectories import GRID_SIZE
from simgen.store.houses import House
from simgen.types import AgentPose, Quality


class ClientRenderer:
    """A client that teleports its agent from camera to camera: what a worker of `simgen render` does."""

    def __init__(self, house: House, poses: Sequence[AgentPose], fov_deg: float, quality: Quality) -> None:
        self._controller = _controller(fov_deg, quality)
        self._poses = poses
        _do(self._controller, action="CreateHouse", house=house)
        self.gl_renderer, self.version = gl_driver(self._controller), __version__
        self.triangle_count = 0  # the protocol does not tell

    def resize(self, width: int, height: int) -> None:
        """Sets the size of the pictures in pixels."""
        _do(self._controller, action="ChangeResolution", x=width, y=height)

    def rgb(self, camera: int) -> object:
        """The same as everything: a client asks for its images once and for all."""
        return self.everything(camera)

    def everything(self, camera: int) -> object:
        """AI2-THOR's event with RGB, depth and ids."""
        pose = self._poses[camera]
        return _do(
            self._controller,
            action="Teleport",
            position={"x": pose.x, "y": pose.y, "z": pose.z},
            rotation=pose.yaw_deg,
            horizon=pose.horizon_deg,
            standing=True,
        )


@dataclass(frozen=True, slots=True)
class BuildTimes:
    """Seconds from a house's JSON to the event with its first picture."""

    first_s: float
    """The first house of a process: the client, the context, the shaders and the asset database are new."""
    new_s: float
    """A house in a warm process that has drawn none of its assets before."""
    known_s: float
    """A house in a warm process that has drawn all of its assets before."""


def measure_build_times(house: House, fov_deg: float, rounds: int) -> BuildTimes:
    """Medians of several rounds in a process of its own. Raises EngineError when it fails there."""
    outcome = next(iter(run_jobs(_measure, [(house, fov_deg, rounds)], workers=1, on_progress=_ignore)))
    if outcome.error:
        raise EngineError(outcome.error)
    return outcome.result


def _measure(house: House, fov_deg: float, rounds: int, _report: JobChannel) -> BuildTimes:
    started = time.perf_counter()
    controller = _controller(fov_deg, "standard")
    _do(controller, action="CreateHouse", house=house)
    first_s = time.perf_counter() - started
    new_s, known_s = [], []
    for _ in range(rounds):
        shapes._build.cache_clear()
        new_s.append(_build_seconds(controller, house))
        known_s.append(_build_seconds(controller, house))
    return BuildTimes(first_s, statistics.median(new_s), statistics.median(known_s))


def _build_seconds(controller: EmbeddedController, house: House) -> float:
    controller.reset(scene="Procedural")
    started = time.perf_counter()
    _do(controller, action="CreateHouse", house=house)
    return time.perf_counter() - started


def _controller(fov_deg: float, quality: Quality) -> EmbeddedController:
    return EmbeddedController(
        picture_quality=quality,
        scene="Procedural",
        width=640,
        height=480,
        fieldOfView=fov_deg,
        gridSize=GRID_SIZE,
        snapToGrid=False,
        renderDepthImage=True,
        renderInstanceSegmentation=True,
    )


def _do(controller: EmbeddedController, **action: Any) -> object:
    event: Any = controller.step(**action)
    if not event:
        raise EngineError(f"{action['action']} failed: {event.metadata['errorMessage']}")
    return event


def _ignore() -> None:
    """A measurement has no steps to report."""
