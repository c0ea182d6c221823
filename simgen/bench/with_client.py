"""AI2-THOR's client on the embedded engine, for the benchmark: whole steps, and the time of a new house."""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from simgen import __version__
from simgen.engine import shapes
from simgen.errors import EngineError
from simgen.parallel.pool import JobChannel, run_jobs
from simgen.recipe import CameraSpec, EmbeddedSpec, Recipe
from simgen.scenes.engines.base import Controller
from simgen.scenes.engines.table import find_engine
from simgen.scenes.jobs import PRELOAD
from simgen.store.houses import House
from simgen.types import AgentPose, Quality


class ClientRenderer:
    """A client that teleports its agent from camera to camera, like a worker of `simgen render`."""

    def __init__(self, house: House, poses: Sequence[AgentPose], fov_deg: float, quality: Quality) -> None:
        recipe = _recipe(fov_deg, quality)
        self._controller = find_engine(recipe).start(recipe)
        self._poses = poses
        _do(self._controller, action="CreateHouse", house=house)
        self.gl_renderer, self.version = find_engine(recipe).driver(self._controller), __version__
        self.triangle_count = 0  # the protocol does not report it

    def resize(self, width: int, height: int) -> None:
        """Sets the size of the pictures in pixels."""
        _do(self._controller, action="ChangeResolution", x=width, y=height)

    def rgb(self, camera: int) -> object:
        """The same as `everything`: a client chooses its images when it starts."""
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
    """First house of a process, including the client, OpenGL context, shaders and asset database."""
    new_s: float
    """House in a running process, none of its shapes cached."""
    known_s: float
    """House in a running process, all of its shapes cached."""


def measure_build_times(house: House, fov_deg: float, rounds: int) -> BuildTimes:
    """Medians of several rounds, in a separate process. Raises EngineError if it fails there."""
    outcome = next(iter(run_jobs(_measure, [(house, fov_deg, rounds)], 1, _ignore, preload=PRELOAD)))
    if outcome.error:
        raise EngineError(outcome.error)
    return outcome.result


def _measure(house: House, fov_deg: float, rounds: int, _report: JobChannel) -> BuildTimes:
    started = time.perf_counter()
    recipe = _recipe(fov_deg, "standard")
    controller = find_engine(recipe).start(recipe)
    _do(controller, action="CreateHouse", house=house)
    first_s = time.perf_counter() - started
    new_s, known_s = [], []
    for _ in range(rounds):
        shapes._build.cache_clear()
        new_s.append(_build_seconds(controller, house))
        known_s.append(_build_seconds(controller, house))
    return BuildTimes(first_s, statistics.median(new_s), statistics.median(known_s))


def _build_seconds(controller: Controller, house: House) -> float:
    controller.reset(scene="Procedural")
    started = time.perf_counter()
    _do(controller, action="CreateHouse", house=house)
    return time.perf_counter() - started


def _recipe(fov_deg: float, quality: Quality) -> Recipe:
    camera = CameraSpec(width=640, height=480, fov_deg=fov_deg)
    return Recipe(name="bench", engine=EmbeddedSpec(quality=quality), camera=camera)


def _do(controller: Controller, **action: Any) -> object:
    event: Any = controller.step(**action)
    if not event:
        raise EngineError(f"{action['action']} failed: {event.metadata['errorMessage']}")
    return event


def _ignore() -> None:
    """Does nothing: a measurement has no progress to report."""
