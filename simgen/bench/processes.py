"""Runs each renderer of the benchmark in its own process.

Renderers leak memory and conflict over OpenGL contexts and signal handlers, so no two share a process.
"""

import multiprocessing
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from simgen.errors import EngineError, SimgenError

MIN_CONTRAST = 4.0
"""A picture whose values have a smaller standard deviation counts as empty."""


@dataclass(frozen=True, slots=True, eq=False)
class BenchFrame:
    """RGB, depth and ids of one camera, top row first."""

    rgb: NDArray[np.uint8]
    """(H, W, 3)."""
    depth: NDArray[np.float32]
    """(H, W) metres along the optical axis, 0 where no surface is."""
    ids: NDArray[np.unsignedinteger[Any]]
    """(H, W) instance ids, 0 where no surface is."""


class BenchRenderer(Protocol):
    """A renderer with the benchmark's scene loaded."""

    gl_renderer: str
    version: str
    triangle_count: int

    def resize(self, width: int, height: int) -> None:
        """Sets the size of the pictures in pixels."""

    def rgb(self, camera: int) -> object:
        """(H, W, 3) RGB only, by the fastest method that the renderer has."""

    def everything(self, camera: int) -> object:
        """RGB, depth and ids: a `BenchFrame`, or the event of AI2-THOR's client."""


@dataclass(frozen=True, slots=True)
class RendererFacts:
    """A renderer's version, driver, number of triangles and peak memory."""

    gl_renderer: str
    version: str
    triangles: int
    rss_mb: float


class RendererProcess:
    """A renderer in its own process. Its methods raise EngineError if the renderer fails there."""

    def __init__(self, make: Callable[..., BenchRenderer], *arguments: Any) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(make, arguments, theirs), daemon=True)
        self._process.start()
        theirs.close()
        self._receive()  # it has started, or reports why not

    def stop(self) -> None:
        """Ends the process."""
        self._process.terminate()
        self._process.join()

    def time_cameras(self, size: tuple[int, int], everything: bool, cameras: Sequence[int]) -> float:
        """Seconds to draw these cameras once each: RGB only, or `everything` (RGB, depth and ids)."""
        return self._ask(_time_cameras, size, everything, cameras)

    def draw_frame(self, size: tuple[int, int], camera: int) -> BenchFrame:
        """RGB, depth and ids of one camera. Raises EngineError if the picture has one colour only."""
        return self._ask(_draw_frame, size, camera)

    def facts(self) -> RendererFacts:
        """Facts about the renderer. Memory is the process's peak so far."""
        return self._ask(_facts)

    def _ask(self, function: Callable[..., Any], *arguments: Any) -> Any:
        try:
            self._pipe.send((function, arguments))
        except BrokenPipeError:
            raise EngineError("its process has died") from None
        return self._receive()

    def _receive(self) -> Any:
        try:
            done, value = self._pipe.recv()
        except EOFError:
            self._process.join()
            raise EngineError(f"its process died (exit code {self._process.exitcode})") from None
        if not done:
            raise EngineError(value)
        return value


def peak_memory_mb() -> float:
    """Peak memory of this process, megabytes."""
    # Not from getrusage: that peak is inherited from the parent process through fork and exec.
    status = Path("/proc/self/status")
    if not status.exists():
        import resource  # macOS, in bytes

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024 / 1e6


def _serve(make: Callable[..., BenchRenderer], arguments: tuple[Any, ...], pipe: Connection) -> None:
    try:
        drawer = make(*arguments)
        pipe.send((True, None))
        while True:
            function, rest = pipe.recv()
            pipe.send((True, function(drawer, *rest)))
    except EOFError:
        return  # the parent has ended
    except Exception as error:
        reason = (str(error).splitlines() or [""])[0]
        pipe.send((False, reason if isinstance(error, SimgenError) else f"{type(error).__name__}: {reason}"))


def _time_cameras(
    drawer: BenchRenderer, size: tuple[int, int], everything: bool, cameras: Sequence[int]
) -> float:
    drawer.resize(*size)
    draw = drawer.everything if everything else drawer.rgb
    draw(cameras[0])  # not timed: sets up a new size, and refills the caches after other renderers' turns
    started = time.perf_counter()
    for camera in cameras:
        draw(camera)
    return time.perf_counter() - started


def _draw_frame(drawer: BenchRenderer, size: tuple[int, int], camera: int) -> BenchFrame:
    drawer.resize(*size)
    seen = drawer.everything(camera)
    assert isinstance(seen, BenchFrame)
    seen = BenchFrame(seen.rgb.copy(), seen.depth.copy(), seen.ids.copy())
    for picture in (seen.rgb, np.asarray(drawer.rgb(camera))):
        if picture.std() < MIN_CONTRAST:
            raise EngineError("its picture has one colour only")
    return seen


def _facts(drawer: BenchRenderer) -> RendererFacts:
    return RendererFacts(
        drawer.gl_renderer, drawer.version, drawer.triangle_count, round(peak_memory_mb(), 1)
    )
