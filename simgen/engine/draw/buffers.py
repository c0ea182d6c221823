"""The buffers of a scene on the device, and the chunks that a camera can see."""

from collections.abc import Sequence
from typing import Any

import moderngl
import numpy as np
from numpy.typing import NDArray

from simgen.engine.draw.batch import Batch
from simgen.engine.draw.cameras import Camera, boxes_in_view, clip_from_world
from simgen.engine.draw.lighting import Lighting, vertex_layout
from simgen.engine.world.portals import Portal, portals_of, view_wedges, visible_rooms
from simgen.engine.world.scene import Scene, room_of_point


class SceneBuffers:
    """The vertex and index buffers of a scene."""

    def __init__(
        self,
        gl: moderngl.Context,
        programs: tuple[moderngl.Program, moderngl.Program],
        depth_program: moderngl.Program,
        lighting: Lighting,
        scene: Scene,
        batch: Batch,
    ) -> None:
        """`programs`: the first draws floors, walls and ceilings, the second draws bodies."""
        self.batch = batch
        self._house, self._lighting = scene.house, lighting
        self._portals: tuple[Portal, ...] = portals_of(scene.house) if scene.house else ()
        self.vertices = gl.buffer(batch.vertices.tobytes() or bytes(32))
        indices = gl.buffer(batch.indices.tobytes() or bytes(4))
        lighting.load(scene, batch, self.vertices, indices)
        self._built_in, self._bodies = (
            gl.vertex_array(program, _lit_layout(program, self.vertices, lighting), index_buffer=indices)
            for program in programs
        )
        depth = [vertex_layout(depth_program, self.vertices)]
        self._depth_vao = gl.vertex_array(depth_program, depth, index_buffer=indices)
        self._resources = (self._built_in, self._bodies, self._depth_vao, self.vertices, indices)

    def release(self) -> None:
        """Frees the device's memory."""
        for resource in self._resources:
            resource.release()

    def rewrite(self, vertices: slice) -> None:
        """Copies changed vertices of the batch to the device and recomputes their light."""
        data = self.batch.vertices[vertices]
        self.vertices.write(data.tobytes(), offset=vertices.start * data.itemsize)
        self._lighting.relight(vertices)

    def visible_chunks(self, camera: Camera, size: tuple[int, int]) -> list[int]:
        """Chunks that may be in the picture, nearest first, so that hidden pixels need not be shaded."""
        bounds, eye = self.batch.bounds, camera.world_from_camera[:3, 3]
        inside = boxes_in_view(bounds, clip_from_world(camera, size)) & self._in_rooms(camera, size)
        distance = np.linalg.norm(np.clip(eye, bounds[:, 0], bounds[:, 1]) - eye, axis=1)
        return [int(chunk) for chunk in np.argsort(distance, kind="stable") if inside[chunk]]

    def draw(self, chunks: Sequence[int]) -> None:
        """Draws chunks. Floors, walls and ceilings come last, since they are mostly behind the bodies."""
        bodies = [chunk for chunk in chunks if chunk >= self.batch.built_in]
        built_in = [chunk for chunk in chunks if chunk < self.batch.built_in]
        for vao, some in ((self._bodies, bodies), (self._built_in, built_in)):
            for first, count in self.batch.spans(some):
                vao.render(moderngl.TRIANGLES, first=first, vertices=count)

    def draw_depth(self, chunk: int) -> None:
        """Draws a chunk into the depth buffer only."""
        for first, count in self.batch.spans([chunk]):
            self._depth_vao.render(moderngl.TRIANGLES, first=first, vertices=count)

    def _in_rooms(self, camera: Camera, size: tuple[int, int]) -> NDArray[np.bool_]:
        x, y, z = camera.world_from_camera[:3, 3]
        inside = self._house is not None and y < self._house.ceiling_y and camera.orthographic_size is None
        room = room_of_point(self._house, x, z) if inside and self._house else None
        if room is None:  # from outside the house, every room may be in view
            return np.ones(len(self.batch.names), dtype=bool)
        tan_height = np.tan(np.radians(camera.fov_deg) / 2.0)
        wedges = view_wedges(camera.world_from_camera, tan_height * size[0] / size[1], tan_height)
        seen = visible_rooms(self._portals, room, np.array([x, z]), wedges)
        mask = np.uint64(sum(1 << self.batch.room_ids.index(room_id) for room_id in seen))
        return (self.batch.rooms & mask) != 0


def _lit_layout(program: moderngl.Program, vertices: moderngl.Buffer, lighting: Lighting) -> list[Any]:
    layout: list[Any] = [vertex_layout(program, vertices)]
    return [*layout, (lighting.baked, "3f", "in_baked")] if "in_baked" in program else layout
