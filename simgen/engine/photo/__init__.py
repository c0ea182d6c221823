"""Quality `photo`: RGB is path-traced by Mitsuba 3 and denoised by Open Image Denoise (OIDN).

Depth and ids are not computed here. They come from the rasteriser: one exact sample at each pixel's centre.
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
"""Paths per pixel. With 4 the denoiser blurs wood grain and grout; 16 takes twice the time for little
gain."""
EXPOSURE = 1.0
"""Factor on light. With this value the mean brightness is near that of the rasteriser's pictures."""
WHITE_BALANCE = (0.89, 1.0, 1.13)
"""Factors on linear RGB. They remove most of the warm tint of ProcTHOR's lamps and of light reflected by
walls."""


class PhotoRenderer:
    """A path tracer and the scene that is loaded into it.

    Raises MissingSystemError without the [photo] extra or without a usable LLVM.
    """

    def __init__(self, width: int, height: int) -> None:
        self._mi, self._dr = load_mitsuba()
        self._denoise: Any = importlib.import_module("pyoidn").denoise
        self.driver = photo_driver(self._mi)
        """The packages and the device that render. Clips store it beside the name of the OpenGL driver."""
        self._tracer: Tracer | None = None
        self.resize(width, height)

    def release(self) -> None:
        """Frees the scene's memory. `load` must be called before the next picture."""
        self._tracer = None

    def resize(self, width: int, height: int) -> None:
        """Sets the size of the pictures in pixels."""
        self.size = (width, height)

    def load(self, scene: Scene, batch: Batch) -> None:
        """Loads a scene's triangles. Replaces the previous scene."""
        self._tracer = Tracer(self._mi, self._dr, tracer_scene(scene, batch))

    def render_rgb(self, camera: Camera) -> NDArray[np.uint8]:
        """(H, W, 3) the picture, bottom row first.

        On one machine the same camera gives the same bytes, independent of what was rendered before.
        """
        assert self._tracer is not None, "load a scene first"
        traced = self._tracer.trace(camera, self.size, SAMPLES, _seed(camera))
        smooth = self._denoise(traced.rgb, albedo=traced.albedo, normal=traced.normals, hdr=True)
        return tone_map(smooth)

    def depth(self, camera: Camera) -> NDArray[np.float32]:
        """(H, W) metres along the optical axis at the pixels' centres, 0 where no surface is.

        Tests compare it with the rasteriser's depth.
        """
        assert self._tracer is not None, "load a scene first"
        return self._tracer.depth(camera, self.size)


def tone_map(linear: NDArray[np.float32]) -> NDArray[np.uint8]:
    """sRGB of linear light: white balance, exposure, compression of values above 0.6, and sRGB encoding."""
    light = EXPOSURE * np.asarray(WHITE_BALANCE, dtype=np.float32) * np.maximum(linear, 0.0)
    over = np.maximum(light - 0.6, 0.0)
    light = np.minimum(light, 0.6) + 0.4 * over / (over + 0.4)
    encoded = np.where(
        light <= 0.0031308, 12.92 * light, 1.055 * np.maximum(light, 1e-9) ** (1 / 2.4) - 0.055
    )
    return np.rint(255.0 * encoded).astype(np.uint8)


def _seed(camera: Camera) -> int:
    """A seed computed from the camera's pose, so that the noise pattern changes when the camera moves."""
    # Rounded, since the last bits of a pose differ between machines.
    pose = np.round(camera.world_from_camera, 6) + 0.0
    return int.from_bytes(hashlib.blake2s(pose.tobytes(), digest_size=4).digest(), "big")
