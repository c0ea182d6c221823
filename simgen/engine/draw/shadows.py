"""Shadow maps: five views (down and to the sides) from every ceiling lamp, and one view along the sunlight.

They are drawn once per scene. Pictures take several samples of them for soft shadows. All matrices are clip
from world. `FACES` fixes the order of a lamp's views; `lamp_shadow` in shadows.glsl must use the same order.
"""

import moderngl
import numpy as np
from numpy.typing import NDArray

from simgen.engine.draw.batch import Batch
from simgen.engine.draw.cameras import boxes_in_view
from simgen.engine.draw.lights import HouseLights
from simgen.types import Array

FACES = (
    # along, u, v: the view looks along the first axis. No view looks up: a lamp hangs just below the ceiling.
    ((0, -1, 0), (1, 0, 0), (0, 0, 1)),
    ((1, 0, 0), (0, 0, 1), (0, 1, 0)),
    ((-1, 0, 0), (0, 0, 1), (0, 1, 0)),
    ((0, 0, 1), (1, 0, 0), (0, 1, 0)),
    ((0, 0, -1), (1, 0, 0), (0, 1, 0)),
)
FACE_SIZE = 384
"""Texels along each side of a lamp's view: about 1 cm at 2.5 m."""
GUARD = 0.94
"""Fraction of a view's width that covers its 90 degrees. The rest overlaps the neighbouring views, so that
soft edges can cross from one view to the next."""
LAMP_NEAR, LAMP_FAR = 0.05, 30.0
"""Distances of the clipping planes of a lamp's view, metres."""
SUN_SIZE = 2048
"""Texels along each side of the sun's view, which contains the whole house."""


def lamp_matrices(position: Array) -> list[Array]:
    """(4, 4) clip from world for each view of a lamp, in the order of `FACES`."""
    scale, shift = depth_terms()
    matrices: list[Array] = []
    for along, u, v in np.array(FACES, dtype=np.float64):
        rows = np.stack([GUARD * u, GUARD * v, scale * along, along])
        matrix = np.zeros((4, 4))
        matrix[:, :3] = rows
        matrix[:, 3] = -rows @ position
        matrix[2, 3] += shift
        matrices.append(matrix)
    return matrices


def depth_terms() -> tuple[float, float]:
    """A and B of a lamp's depth buffer: depth / w = A + B / (distance along the view)."""
    return (
        (LAMP_FAR + LAMP_NEAR) / (LAMP_FAR - LAMP_NEAR),
        -2.0 * LAMP_FAR * LAMP_NEAR / (LAMP_FAR - LAMP_NEAR),
    )


def sun_matrix(direction: Array, bounds: Array) -> Array:
    """(4, 4) clip from world of an orthographic view along the sunlight that contains a box (2, 3)."""
    aside = np.cross(
        direction, np.array([0.0, 1.0, 0.0]) if abs(direction[1]) < 0.99 else np.array([1.0, 0, 0])
    )
    aside /= np.linalg.norm(aside)
    axes = np.stack([aside, np.cross(aside, direction), direction])
    corners = np.stack(np.meshgrid(*bounds.T, indexing="ij"), axis=-1).reshape(-1, 3) @ axes.T
    low, high = corners.min(axis=0), corners.max(axis=0)
    matrix = np.eye(4)
    matrix[:3, :3] = 2.0 * axes / (high - low)[:, None]
    matrix[:3, 3] = -(high + low) / (high - low)
    return matrix


class ShadowMaps:
    """The shadow maps of one scene on the device."""

    def __init__(self, gl: moderngl.Context, lamp_count: int) -> None:
        self._gl = gl
        self.lamps = self._depth_texture((len(FACES) * FACE_SIZE, max(lamp_count, 1) * FACE_SIZE))
        self.sun = self._depth_texture((SUN_SIZE, SUN_SIZE))

    def release(self) -> None:
        """Frees the device's memory."""
        self.lamps.release()
        self.sun.release()

    def draw(
        self,
        program: moderngl.Program,
        vao: moderngl.VertexArray,
        lights: HouseLights,
        batch: Batch,
        sun_view: Array,
    ) -> None:
        """Draws all maps. A lamp's map contains what can be seen in the rooms that the lamp lights."""
        # Only faces that are turned away from the light are drawn, so that a lit surface cannot shadow
        # itself. Walls and ceilings have one side only, and light from outside the room meets their back.
        self._gl.enable_only(moderngl.DEPTH_TEST | moderngl.CULL_FACE)
        target = self._gl.framebuffer([], self.lamps)
        target.use()
        target.clear(depth=1.0)
        for row, (lamp, rooms) in enumerate(zip(lights.lamps, lights.rooms_of_lamp, strict=True)):
            near = batch.chunks_in_rooms(rooms)
            for face, matrix in enumerate(lamp_matrices(lamp.position)):
                target.viewport = (face * FACE_SIZE, row * FACE_SIZE, FACE_SIZE, FACE_SIZE)
                self._look(program, matrix)
                for first, count in batch.spans(near[boxes_in_view(batch.bounds[near], matrix)]):
                    vao.render(moderngl.TRIANGLES, first=first, vertices=count)
        target.release()
        target = self._gl.framebuffer([], self.sun)
        target.use()
        target.clear(depth=1.0)
        self._look(program, sun_view)
        vao.render(moderngl.TRIANGLES)
        target.release()
        self._gl.cull_face = "back"

    def _look(self, program: moderngl.Program, matrix: Array) -> None:
        # Mirrored axes reverse the winding of every triangle.
        self._gl.cull_face = "front" if np.linalg.det(matrix[:3, :3]) > 0 else "back"
        program["clip_from_world"].write(np.ascontiguousarray(matrix.T.astype("f4")))  # type: ignore[union-attr]

    def _depth_texture(self, size: tuple[int, int]) -> moderngl.Texture:
        texture = self._gl.depth_texture(size)
        texture.compare_func = "<="
        texture.filter = (moderngl.LINEAR, moderngl.LINEAR)
        texture.repeat_x = texture.repeat_y = False
        return texture


def soft_taps(count: int) -> NDArray[np.float32]:
    """(count, 2) sample points spread evenly over the unit disk (H. Vogel's spiral, 1979)."""
    number = np.arange(count)
    radius, angle = np.sqrt((number + 0.5) / count), 2.399963229728653 * number
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).astype(np.float32)
