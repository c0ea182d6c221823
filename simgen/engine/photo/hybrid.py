"""The renderer of each quality: the rasteriser, or path-traced RGB with the rasteriser's depth and ids."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from simgen.engine.draw.batch import Batch
from simgen.engine.draw.cameras import Camera
from simgen.engine.draw.render import RenderedImages, Renderer
from simgen.engine.photo import PhotoRenderer
from simgen.engine.world.scene import Scene
from simgen.types import Quality


def make_renderer(width: int, height: int, quality: Quality) -> Renderer:
    """A renderer of this quality. Raises MissingSystemError if this machine lacks something that it needs."""
    return HybridRenderer(width, height) if quality == "photo" else Renderer(width, height, quality)


class HybridRenderer(Renderer):
    """A renderer with path-traced RGB and the rasteriser's depth and ids."""

    def __init__(self, width: int, height: int) -> None:
        self._photo = PhotoRenderer(width, height)
        super().__init__(width, height, "fast")
        self.driver = f"{self._photo.driver}; depth and ids: {self.driver}"
        self._loaded: tuple[Scene, Batch] | None = None
        self._is_stale = True

    def release(self) -> None:
        """Frees all memory. The renderer cannot be used afterwards."""
        self._photo.release()
        super().release()

    def resize(self, width: int, height: int) -> None:
        """Sets the size of the pictures in pixels."""
        self._photo.resize(width, height)
        super().resize(width, height)

    def load(self, scene: Scene, batch: Batch) -> None:
        """Loads a scene's triangles. Replaces the previous scene."""
        super().load(scene, batch)
        self._loaded, self._is_stale = (scene, batch), True

    def rewrite(self, vertices: slice) -> None:
        """Takes over changed vertices of the loaded batch."""
        super().rewrite(vertices)
        self._is_stale = True

    def render(self, camera: Camera) -> RenderedImages:
        """Renders path-traced RGB, and the rasteriser's depth and ids."""
        return replace(super().render(camera), rgb=self.render_rgb(camera))

    def render_draft(self, camera: Camera) -> RenderedImages:
        """Renders RGB, depth and ids with the rasteriser."""
        return super().render(camera)

    def render_rgb(self, camera: Camera) -> NDArray[np.uint8]:
        """(H, W, 3) the path-traced picture."""
        assert self._loaded is not None, "load a scene first"
        if self._is_stale:  # loaded here and not in `load`, since many actions need no picture
            self._photo.load(*self._loaded)
            self._is_stale = False
        return self._photo.render_rgb(camera)
