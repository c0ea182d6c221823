"""Renderers in processes of their own.

They leak, and fight over OpenGL contexts and signal handlers, so no two of them share a process.
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
"""Deviation of the values of a picture below which it shows nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class BenchFrame:
    """What one camera sees; top row first."""

    rgb: NDArray[np.uint8]
    """(H, W, 3)."""
    depth: NDArray[np.float32]
    """(H, W) metres along the optical axis, 0 where nothing is."""
    ids: NDArray[np.unsignedinteger[Any]]
    """(H, W) instance ids, 0 where nothing is."""


class BenchRenderer(Protocol):
    """A renderer with the scene in it."""

    gl_renderer: str
    version: str
    triangle_count: int

    def resize(self, width: int, height: int) -> None:
        """Sets the size of the pictures in pixels."""

    def rgb(self, camera: int) -> object:
        """(H, W, 3) the picture alone, by the fastest way that the renderer has."""

    def everything(self, camera: int) -> object:
        """The picture with depth and ids: a renderer's View, or a client's event."""


@dataclass(frozen=True, slots=True)
class RendererFacts:
    """What a renderer is, and what it takes."""

    gl_renderer: str
    version: str
    triangles: int
    rss_mb: float


class RendererProcess:
    """A renderer in a process of its own. Raises EngineError when it fails there."""

    def __init__(self, make: Callable[..., BenchRenderer], *arguments: Any) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(make, arguments, theirs), daemon=True)
        self._process.start()
        theirs.close()
        self._receive()  # it has started, or says why not

    def stop(self) -> None:
        """Ends the process."""
        self._process.terminate()
        self._process.join()

    def time_cameras(self, size: tuple[int, int], everything: bool, cameras: Sequence[int]) -> float:
        """Time to draw these cameras once each, RGB alone or with depth and ids."""
        return self._ask(_time_cameras, size, everything, cameras)

    def draw_frame(self, size: tuple[int, int], camera: int) -> BenchFrame:
        """What one camera sees. Raises EngineError when the picture is of one colour."""
        return self._ask(_draw_frame, size, camera)

    def facts(self) -> RendererFacts:
        """Memory is the most that the process has had so far."""
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
    """The most memory that this process has had, in megabytes."""
    # Not getrusage: its peak is inherited from the parent over fork and exec.
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
        return  # the parent has gone
    except Exception as error:
        reason = (str(error).splitlines() or [""])[0]
        pipe.send((False, reason if isinstance(error, SimgenError) else f"{type(error).__name__}: {reason}"))


def _time_cameras(
    drawer: BenchRenderer, size: tuple[int, int], everything: bool, cameras: Sequence[int]
) -> float:
    drawer.resize(*size)
    draw = drawer.everything if everything else drawer.rgb
    draw(cameras[0])  # what a new size sets up, and what the others' turns drove out of the caches
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
            raise EngineError("its picture is of one colour")
    return seen


def _facts(drawer: BenchRenderer) -> RendererFacts:
    return RendererFacts(
        drawer.gl_renderer, drawer.version, drawer.triangle_count, round(peak_memory_mb(), 1)
    )
