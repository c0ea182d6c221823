"""All triangles of a scene in one vertex buffer, divided into chunks (a body, a floor, a wall).

Chunks outside the camera's view are not drawn.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simgen.engine.shapes import Part
from simgen.engine.world.parts import world_parts
from simgen.engine.world.scene import Body, Scene
from simgen.engine.world.shell import ceiling_part, floor_part, wall_part
from simgen.house.parse import MAX_ROOMS, House
from simgen.types import Array

VERTEX = np.dtype(
    [
        ("position", "3f4"),
        ("uv", "2f4"),
        ("normal_pattern", "4i1"),
        ("rgb_kind", "4u1"),
        ("id_room", "2u2"),
    ]
)
"""One vertex as the shader reads it: 32 bytes. Normals are multiplied by 127 and rounded."""


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """The triangles of a whole scene. Chunk i has the instance id i + 1."""

    names: tuple[str, ...]
    """(C) AI2-THOR id of each chunk's object, room or wall. A ceiling's is `ceiling|` and the room's id."""
    vertices: NDArray[np.void]
    """(V) of `VERTEX`, world frame."""
    indices: NDArray[np.uint32]
    """(I) three per triangle, ordered by chunk."""
    first_index: NDArray[np.int64]
    """(C + 1) position of each chunk's first index, and the total number of indices."""
    bounds: Array
    """(C, 2, 3) lowest and highest corner of each chunk, metres."""
    rooms: NDArray[np.uint64]
    """(C) bit r is set if the chunk can be seen in room r."""
    room_ids: tuple[str, ...]
    """Id of each room r."""
    built_in: int
    """Number of floors, ceilings and walls. They are flat, and come first among the chunks."""

    @property
    def triangle_count(self) -> int:
        return len(self.indices) // 3

    def vertices_of(self, chunk: int) -> slice:
        """The range of a chunk's vertices."""
        mine = self.indices[self.first_index[chunk] : self.first_index[chunk + 1]]
        return slice(int(mine.min()), int(mine.max()) + 1)

    def spans(self, chunks: Iterable[int] | NDArray[np.intp]) -> list[tuple[int, int]]:
        """Index range (first, count) of each chunk."""
        first = self.first_index
        return [(int(first[chunk]), int(first[chunk + 1] - first[chunk])) for chunk in chunks]

    def chunks_in_rooms(self, rooms: Iterable[int]) -> NDArray[np.intp]:
        """Chunks that can be seen in at least one of these rooms."""
        mask = np.uint64(sum(1 << room for room in rooms))
        return np.flatnonzero((self.rooms & mask) != 0)


@dataclass(frozen=True, slots=True, eq=False)
class _Chunk:
    name: str
    parts: Sequence[Part]
    room_ids: tuple[str, ...]


def build_batch(scene: Scene) -> Batch:
    """The batch of a scene, in world coordinates."""
    room_ids = tuple(room.id for room in scene.house.rooms) if scene.house else ()
    assert len(room_ids) <= MAX_ROOMS, f"{len(room_ids)} rooms, the shader has lights for {MAX_ROOMS}"
    structure = list(_structure(scene.house))
    chunks = [*structure, *_bodies(scene.bodies.values())]
    vertices = [_vertices(chunk, index + 1, room_ids) for index, chunk in enumerate(chunks)]
    indices, first_index = _indices(chunks)
    return Batch(
        names=tuple(chunk.name for chunk in chunks),
        vertices=np.concatenate(vertices) if vertices else np.zeros(0, VERTEX),
        indices=indices,
        first_index=first_index,
        bounds=np.array([_bounds(v) for v in vertices]).reshape(-1, 2, 3),
        rooms=np.array([_room_mask(c, room_ids) for c in chunks], dtype=np.uint64),
        room_ids=room_ids,
        built_in=len(structure),
    )


def repose(batch: Batch, body: Body, room_id: str | None) -> slice:
    """Updates the chunk of a held body to the body's current pose, in place. Returns the changed vertices.

    The body is lit by the lights of the room `room_id`. It is never culled by room.
    """
    chunk = batch.names.index(body.id)
    parts = _Chunk(body.id, world_parts(body), (room_id,) if room_id else ())
    changed = batch.vertices_of(chunk)
    batch.vertices[changed] = _vertices(parts, chunk + 1, batch.room_ids)
    batch.bounds[chunk] = _bounds(batch.vertices[changed])
    return changed


def collapse(batch: Batch, object_id: str) -> None:
    """Moves all vertices of a chunk to one point, so that it casts no shadow. `repose` restores it."""
    chunk = batch.names.index(object_id)
    changed = batch.vertices_of(chunk)
    batch.vertices["position"][changed] = batch.vertices["position"][changed.start]
    batch.bounds[chunk] = _bounds(batch.vertices[changed])


def _structure(house: House | None) -> Iterator[_Chunk]:
    if house is None:
        return
    for room in house.rooms:
        yield _Chunk(room.id, [floor_part(room, house.openings)], (room.id,))
        yield _Chunk(f"ceiling|{room.id}", [ceiling_part(house, room)], (room.id,))
    for wall in house.walls:
        part = wall_part(wall, [o for o in house.openings if wall.id in o.wall_ids])
        if part is not None:
            yield _Chunk(wall.id, [part], (wall.room_id,))


def _bodies(bodies: Iterable[Body]) -> Iterator[_Chunk]:
    for body in bodies:
        yield _Chunk(body.id, world_parts(body), body.room_ids)


def _vertices(chunk: _Chunk, instance_id: int, room_ids: tuple[str, ...]) -> NDArray[np.void]:
    vertices = np.zeros(sum(len(part.positions) for part in chunk.parts), VERTEX)
    vertices["id_room"] = (instance_id, _light_room(chunk, room_ids))
    start = 0
    for part in chunk.parts:
        mine = vertices[start : start + len(part.positions)]
        mine["position"], mine["uv"] = part.positions, part.uv
        mine["normal_pattern"][:, :3] = np.rint(127.0 * part.normals)
        mine["normal_pattern"][:, 3] = part.material.pattern
        mine["rgb_kind"] = (*(round(255 * channel) for channel in part.material.rgb), int(part.material.kind))
        if part.colours is not None:
            mine["rgb_kind"][:, :3] = part.colours
        start += len(part.positions)
    return vertices


def _light_room(chunk: _Chunk, room_ids: tuple[str, ...]) -> int:
    return room_ids.index(chunk.room_ids[0]) if chunk.room_ids else MAX_ROOMS


def _indices(chunks: Sequence[_Chunk]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    pieces: list[NDArray[np.uint32]] = []
    first_index, vertex_count, index_count = [0], 0, 0
    for chunk in chunks:
        for part in chunk.parts:
            pieces.append((part.faces.ravel() + vertex_count).astype(np.uint32))
            vertex_count += len(part.positions)
            index_count += part.faces.size
        first_index.append(index_count)
    indices = np.concatenate(pieces) if pieces else np.zeros(0, np.uint32)
    return indices, np.array(first_index, dtype=np.int64)


def _bounds(vertices: NDArray[np.void]) -> Array:
    positions = vertices["position"].astype(np.float64)
    return np.stack([positions.min(axis=0), positions.max(axis=0)])


def _room_mask(chunk: _Chunk, room_ids: tuple[str, ...]) -> int:
    # An object outside all rooms is never culled by room.
    wanted = chunk.room_ids or room_ids
    return sum(1 << room_ids.index(room_id) for room_id in set(wanted))
