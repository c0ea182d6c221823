"""Quality `photo`: the scene path-traced by Mitsuba 3 and denoised by Open Image Denoise (OIDN).

Only RGB is made here. Depth and ids are the rasteriser's: they are exact, and one sample's.
"""

import hashlib
import importlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgen.engine.draw.batch import Batch
from simgen.engine.draw.cameras import Camera
from simgen.engine.photo.scene import tracer_scene
from simgen.engine.photo.system import load_mitsuba, photo_driver
from simgen.engine.photo.tracing import Tracer
from simgen.engine.world.scene import Scene

SAMPLES = 8
"""Paths a pixel: with 4 the denoiser smears wood grain and grout, and 16 takes twice the time for little."""
EXPOSURE = 1.0
"""Brings the pictures' mean near that of the rasteriser, whose light without shadows reaches further."""
WHITE_BALANCE = (0.89, 1.0, 1.13)
"""Most of the way to neutral under ProcTHOR's warm lamps and what walls add, as a camera's would be."""


class PhotoRenderer:
    """A path tracer with a scene in it. Raises MissingSystemError without the [photo] extra or an LLVM."""

    def __init__(self, width: int, height: int) -> None:
        self._mi, self._dr = load_mitsuba()
        self._denoise: Any = importlib.import_module("pyoidn").denoise
        self.driver = photo_driver(self._mi)
        """What renders: goes into the clip beside the name of the OpenGL driver."""
        self._tracer: Tracer | None = None
        self.resize(width, height)

    def release(self) -> None:
        """Gives the scene's memory back; the renderer is of no use before the next `load`."""
        self._tracer = None

    def resize(self, width: int, height: int) -> None:
        """Sets the size of the pictures in pixels."""
        self.size = (width, height)

    def load(self, scene: Scene, batch: Batch) -> None:
        """Takes a scene's triangles; replaces what was there."""
        self._tracer = Tracer(self._mi, self._dr, tracer_scene(scene, batch))

    def render_rgb(self, camera: Camera) -> NDArray[np.uint8]:
        """(H, W, 3) the picture, bottom row first.

        The same camera gives the same bytes on one machine, whatever was rendered before.
        """
        assert self._tracer is not None, "load a scene first"
        traced = self._tracer.trace(camera, self.size, SAMPLES, _seed(camera))
        smooth = self._denoise(traced.rgb, albedo=traced.albedo, normal=traced.normals, hdr=True)
        return tone_map(smooth)

    def depth(self, camera: Camera) -> NDArray[np.float32]:
        """(H, W) metres along the optical axis at pixels' centres, 0 where nothing is. Checks geometry."""
        assert self._tracer is not None, "load a scene first"
        return self._tracer.depth(camera, self.size)


def tone_map(linear: NDArray[np.float32]) -> NDArray[np.uint8]:
    """sRGB of linear light: balanced, exposed, and bent below 1 where too bright, as in scene.frag."""
    light = EXPOSURE * np.asarray(WHITE_BALANCE, dtype=np.float32) * np.maximum(linear, 0.0)
    over = np.maximum(light - 0.6, 0.0)
    light = np.minimum(light, 0.6) + 0.4 * over / (over + 0.4)
    encoded = np.where(
        light <= 0.0031308, 12.92 * light, 1.055 * np.maximum(light, 1e-9) ** (1 / 2.4) - 0.055
    )
    return np.rint(255.0 * encoded).astype(np.uint8)


def _seed(camera: Camera) -> int:
    """A number that hangs on the camera's pose alone, so that noise does not stand still while it moves."""
    # Rounded, so that the last bits of a pose, which differ between machines, do not matter.
    pose = np.round(camera.world_from_camera, 6) + 0.0
    return int.from_bytes(hashlib.blake2s(pose.tobytes(), digest_size=4).digest(), "big")
