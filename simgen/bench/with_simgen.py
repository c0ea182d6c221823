"""simgen's renderer for the benchmark."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from simgen.bench.processes import BenchFrame
from simgen.engine import ENGINE_VERSION
from simgen.engine.draw.batch import build_batch
from simgen.engine.draw.cameras import Camera
from simgen.engine.draw.render import Renderer
from simgen.engine.world.rest import scene_at_rest
from simgen.store.houses import House
from simgen.types import Array, Quality


class SimgenRenderer:
    """A renderer of one quality with a house loaded."""

    def __init__(self, house: House, cameras: Sequence[Array], fov_deg: float, quality: Quality) -> None:
        scene = scene_at_rest(house)
        batch = build_batch(scene)
        self._renderer = Renderer(64, 64, quality)
        self._renderer.load(scene, batch)
        self._cameras = [Camera(camera, fov_deg) for camera in cameras]
        self.gl_renderer, self.version = self._renderer.driver, ENGINE_VERSION
        self.triangle_count = batch.triangle_count

    def resize(self, width: int, height: int) -> None:
        """Sets the size of the pictures in pixels."""
        if self._renderer.size != (width, height):
            self._renderer.resize(width, height)

    def rgb(self, camera: int) -> NDArray[np.uint8]:
        """(H, W, 3) RGB only."""
        return self._renderer.render_rgb(self._cameras[camera])[::-1]

    def everything(self, camera: int) -> BenchFrame:
        """RGB, depth and ids."""
        picture = self._renderer.render(self._cameras[camera])
        return BenchFrame(picture.rgb[::-1], picture.depth[::-1], picture.ids[::-1])
