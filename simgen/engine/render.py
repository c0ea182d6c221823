"""The renderer: one forward pass writes RGB, metric depth and instance ids of the same draw.

OpenGL 3.3 through EGL (Mesa's llvmpipe on a machine without a GPU). Images come bottom row first, which
is OpenGL's order and the one in which AI2-THOR sends them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

import moderngl
import networkx
import numpy as np
import shapely
from numpy.typing import NDArray

from simgen.engine.batch import MAX_ROOMS, Batch
from simgen.engine.house import House, HouseRoom
from simgen.engine.portals import Portal, missing_walls, portals_of, view_wedges, visible_rooms
from simgen.engine.scene import Scene, room_of_point
from simgen.errors import MissingSystemError
from simgen.types import Array, Quality

NEAR, FAR = 0.05, 100.0
"""Clipping planes in metres: the agent's radius keeps surfaces farther than `NEAR`."""
EGL_CURE = "apt-get install -y libegl1 libgl1-mesa-dri"
LIGHT_STRENGTH = 1.15
"""Scales ProcTHOR's light intensities to this shader's."""
DEFAULT_INTENSITY = 0.75
"""ProcTHOR's own for a room's light."""


@dataclass(frozen=True, slots=True, eq=False)
class Camera:
    """A pinhole camera in the world."""

    world_from_camera: Array
    fov_deg: float
    """Vertical field of view."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """What a camera sees; images are bottom row first."""

    rgb: NDArray[np.uint8]
    """(H, W, 3)."""
    depth: NDArray[np.float32]
    """(H, W) metres along the optical axis, 0 where nothing is."""
    ids: NDArray[np.uint16]
    """(H, W) chunk of the batch + 1, 0 where nothing is."""


class Renderer:
    """An OpenGL context with a scene in it."""

    def __init__(self, width: int, height: int, quality: Quality = "standard") -> None:
        self.quality: Quality = quality
        self._gl = _context()
        self.driver = str(self._gl.info["GL_RENDERER"])
        # Triangles face outwards by the right-hand rule, which a left-handed camera sees turned round.
        self._gl.front_face = "cw"
        self._program = self._gl.program(
            vertex_shader=_shader("scene.vert"), fragment_shader=_shader("scene.frag")
        )
        self._depth_program = self._gl.program(
            vertex_shader=_shader("depth.vert"), fragment_shader=_shader("depth.frag")
        )
        sky = self._gl.program(vertex_shader=_shader("sky.vert"), fragment_shader=_shader("sky.frag"))
        self._sky = self._gl.vertex_array(sky, [])
        self._view: _View | None = None
        self.resize(width, height)

    def resize(self, width: int, height: int) -> None:
        """Sets the size of the pictures in pixels."""
        self.size = (width, height)
        self._targets = [
            self._gl.texture(self.size, 4),
            self._gl.texture(self.size, 1, dtype="u2"),
            self._gl.texture(self.size, 1, dtype="f4"),
        ]
        self._depth_buffer = self._gl.depth_renderbuffer(self.size)
        self._picture = self._gl.framebuffer(self._targets, self._depth_buffer)
        self._depth_only = self._gl.framebuffer([], self._gl.depth_renderbuffer(self.size))

    def load(self, scene: Scene, batch: Batch) -> None:
        """Puts a scene's triangles on the device; replaces what was there."""
        if self._view is not None:
            self._view.release()
        self._view = _View(self._gl, self._program, self._depth_program, scene.house, batch)
        lights, ranges = _lights(scene.house)
        self._program["lights"].write(lights)  # type: ignore[union-attr]
        self._program["light_range"].write(ranges)  # type: ignore[union-attr]
        self._set(
            "light_rgb", scene.house.lights[0].rgb if scene.house and scene.house.lights else (1.0, 1.0, 1.0)
        )
        self._set("ceiling_y", scene.house.ceiling_y if scene.house else 3.0)

    def render(self, camera: Camera) -> Picture:
        """RGB, depth and ids of one draw."""
        assert self._view is not None, "load a scene first"
        self._set_camera(self._program, camera)
        self._set("eye", tuple(camera.world_from_camera[:3, 3]))
        self._picture.use()
        self._gl.disable(moderngl.DEPTH_TEST | moderngl.CULL_FACE)
        self._sky.render(moderngl.TRIANGLES, vertices=3)
        self._gl.enable(moderngl.DEPTH_TEST | moderngl.CULL_FACE)
        self._picture.depth_mask = True
        self._depth_buffer_clear()
        self._view.draw(self._view.visible(camera, self.size))
        return self._read()

    def unoccluded_pixels(self, camera: Camera) -> dict[str, int]:
        """Pixels that each thing in view would own if it stood alone, by the name of its chunk.

        Only what the camera's rooms can show is counted: what stands behind a wall is not in view.
        """
        assert self._view is not None, "load a scene first"
        self._set_camera(self._depth_program, camera)
        self._depth_only.use()
        self._gl.enable(moderngl.DEPTH_TEST | moderngl.CULL_FACE)
        chunks = self._view.visible(camera, self.size)
        queries = [self._pixels_alone(chunk) for chunk in chunks]
        self._gl.depth_func = "<"
        return {self._view.batch.names[c]: q.samples for c, q in zip(chunks, queries, strict=True)}

    def _pixels_alone(self, chunk: int) -> moderngl.Query:
        assert self._view is not None
        query = self._gl.query(samples=True)
        self._depth_only.clear(depth=1.0)
        self._gl.depth_func = "<"
        self._view.draw_depth(chunk)
        # The second draw passes only where the first left its nearest surface: once a pixel.
        self._gl.depth_func = "=="
        with query:
            self._view.draw_depth(chunk)
        return query

    def _depth_buffer_clear(self) -> None:
        # Colours were all written by the sky; integer targets must not go through a float clear.
        self._picture.color_mask = ((False,) * 4,) * 3  # type: ignore[assignment]
        self._picture.clear(depth=1.0)
        self._picture.color_mask = ((True,) * 4,) * 3  # type: ignore[assignment]

    def _read(self) -> Picture:
        width, height = self.size
        rgb = np.frombuffer(self._picture.read(components=3, attachment=0, alignment=1), np.uint8)
        ids = np.frombuffer(
            self._picture.read(components=1, attachment=1, alignment=1, dtype="u2"), np.uint16
        )
        depth = np.frombuffer(
            self._picture.read(components=1, attachment=2, alignment=1, dtype="f4"), np.float32
        )
        return Picture(
            rgb.reshape(height, width, 3), depth.reshape(height, width), ids.reshape(height, width)
        )

    def _set_camera(self, program: moderngl.Program, camera: Camera) -> None:
        matrix = _clip_from_world(camera, self.size).astype("f4")
        program["clip_from_world"].write(np.ascontiguousarray(matrix.T))  # type: ignore[union-attr]

    def _set(self, name: str, value: float | tuple[float, ...]) -> None:
        self._program[name].value = value  # type: ignore[union-attr]


class _View:
    """A batch on the device, and which of its chunks a camera can see."""

    def __init__(
        self,
        gl: moderngl.Context,
        program: moderngl.Program,
        depth_program: moderngl.Program,
        house: House | None,
        batch: Batch,
    ) -> None:
        self.batch = batch
        self._house = house
        self._portals: tuple[Portal, ...] = portals_of(house) if house else ()
        vertices = gl.buffer(batch.vertices.tobytes() or bytes(32))
        indices = gl.buffer(batch.indices.tobytes() or bytes(4))
        layout = (vertices, "3f 3f 4f1 2u2", "in_position", "in_normal", "in_rgb_kind", "in_id_room")
        self._vao = gl.vertex_array(program, [layout], index_buffer=indices)
        self._depth_vao = gl.vertex_array(
            depth_program, [(vertices, "3f 12x 4x 4x", "in_position")], index_buffer=indices
        )
        self._buffers = (vertices, indices, self._vao, self._depth_vao)

    def release(self) -> None:
        for resource in self._buffers:
            resource.release()

    def visible(self, camera: Camera, size: tuple[int, int]) -> list[int]:
        """Chunks that may be in the picture, near ones first so that they hide the others early."""
        bounds = self.batch.bounds
        inside = _in_frustum(bounds, camera, size) & self._in_rooms(camera, size)
        nearest = np.clip(camera.world_from_camera[:3, 3], bounds[:, 0], bounds[:, 1])
        distance = np.linalg.norm(nearest - camera.world_from_camera[:3, 3], axis=1)
        return [int(chunk) for chunk in np.argsort(distance, kind="stable") if inside[chunk]]

    def draw(self, chunks: Sequence[int]) -> None:
        for chunk in chunks:
            self._draw(self._vao, chunk)

    def draw_depth(self, chunk: int) -> None:
        self._draw(self._depth_vao, chunk)

    def _draw(self, vao: moderngl.VertexArray, chunk: int) -> None:
        first, last = self.batch.first_index[chunk], self.batch.first_index[chunk + 1]
        vao.render(moderngl.TRIANGLES, first=int(first), vertices=int(last - first))

    def _in_rooms(self, camera: Camera, size: tuple[int, int]) -> NDArray[np.bool_]:
        eye = camera.world_from_camera[[0, 2], 3]
        room = room_of_point(self._house, *eye) if self._house else None
        if room is None:  # seen from outside, anything may be in view
            return np.ones(len(self.batch.names), dtype=bool)
        tan_height = np.tan(np.radians(camera.fov_deg) / 2.0)
        wedges = view_wedges(camera.world_from_camera, tan_height * size[0] / size[1], tan_height)
        seen = visible_rooms(self._portals, room, eye, wedges)
        mask = np.uint64(sum(1 << self.batch.room_ids.index(room_id) for room_id in seen))
        return (self.batch.rooms & mask) != 0


def _context() -> moderngl.Context:
    try:
        options: dict[str, Any] = {"backend": "egl"}  # annotated upstream as if it were a dict itself
        return moderngl.create_standalone_context(require=330, **options)
    except Exception as error:  # glcontext raises bare Exception for a missing library or driver
        reason = str(error).strip().split("\n")[0]
        raise MissingSystemError(f"OpenGL through EGL does not start ({reason}); try: {EGL_CURE}") from error


def _shader(name: str) -> str:
    return (resources.files("simgen.engine") / "shaders" / name).read_text(encoding="utf-8")


def _clip_from_world(camera: Camera, size: tuple[int, int]) -> Array:
    """(4, 4) from world points to OpenGL's clip space; w is the depth along the optical axis."""
    focal = 1.0 / np.tan(np.radians(camera.fov_deg) / 2.0)
    # The camera frame is left-handed (z ahead) as is clip space after the division, so no axis flips.
    clip_from_camera = np.array(
        [
            [focal * size[1] / size[0], 0.0, 0.0, 0.0],
            [0.0, focal, 0.0, 0.0],
            [0.0, 0.0, (FAR + NEAR) / (FAR - NEAR), -2.0 * FAR * NEAR / (FAR - NEAR)],
            [0.0, 0.0, 1.0, 0.0],
        ]
    )
    return np.asarray(clip_from_camera @ np.linalg.inv(camera.world_from_camera), dtype=np.float64)


def _in_frustum(bounds: Array, camera: Camera, size: tuple[int, int]) -> NDArray[np.bool_]:
    """(C) whether each box (C, 2, 3) is partly in front of all six planes (Gribb and Hartmann 2001)."""
    matrix = _clip_from_world(camera, size)
    planes = np.concatenate([matrix[3] + matrix[:3], matrix[3] - matrix[:3]])
    # Of each box only the corner farthest along a plane's normal matters.
    farthest = np.where(planes[:, None, :3] > 0, bounds[None, :, 1], bounds[None, :, 0])
    return (np.einsum("pci,pi->pc", farthest, planes[:, :3]) + planes[:, 3:] >= 0).all(axis=0)


def _lights(house: House | None) -> tuple[bytes, bytes]:
    """Position and strength of the lights (MAX_ROOMS + 1, 4), and each room's first and last of them.

    Rooms with no wall between them share their lights; what stands in no room has none.
    """
    table, ranges = np.zeros((MAX_ROOMS + 1, 4), dtype="f4"), np.zeros((MAX_ROOMS + 1, 2), dtype="i4")
    if house is not None:
        first = 0
        for group in _open_plans(house):
            for offset, index in enumerate(group):
                table[first + offset] = _light_of(house, house.rooms[index])
                ranges[index] = (first, first + len(group))
            first += len(group)
    return table.tobytes(), ranges.tobytes()


def _open_plans(house: House) -> list[list[int]]:
    """Indices of the rooms, grouped by what no wall parts."""
    graph = networkx.Graph()
    graph.add_nodes_from(room.id for room in house.rooms)
    graph.add_edges_from(gap.rooms for gap in missing_walls(house))
    index = {room.id: position for position, room in enumerate(house.rooms)}
    return sorted(
        sorted(index[room_id] for room_id in group) for group in networkx.connected_components(graph)
    )


def _light_of(house: House, room: HouseRoom) -> tuple[float, float, float, float]:
    for light in house.lights:
        if room.polygon.covers(shapely.Point(light.position[0], light.position[2])):
            return (*light.position, LIGHT_STRENGTH * light.intensity)
    # ProcTHOR hangs it at the centroid, which an L-shaped room may not contain.
    inside = room.polygon.representative_point()
    return (inside.x, house.ceiling_y - 0.2, inside.y, LIGHT_STRENGTH * DEFAULT_INTENSITY)
