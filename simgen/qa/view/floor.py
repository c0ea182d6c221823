"""The walkable floor of a clip: rooms, passages between them, obstacles, and shortest walks.

An obstacle is the footprint of every object, except doors and windows, that begins below 1.8 m and ends
above 5 cm. Walls have no thickness. The walker passes through an open door, between its posts; the door's
leaf is no obstacle, because it swings. The walker also passes through an open side that two rooms share. A
closed door is a wall. The walker is 0.4 m wide: for the centre of the body, obstacles and walls are grown by
0.2 m with square corners (`simgen.geometry.walking.free_floor`). A walk from one object to another begins
where the body touches the first and ends where it touches the second; its length is that of the path of the
body's centre.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from simgen.geometry.frames import MapFrame
from simgen.geometry.rectangles import rectangles
from simgen.geometry.visibility_graph import VisibilityGraph
from simgen.geometry.walking import (
    TOLERANCE_M,
    Reach,
    edges_beside,
    free_floor,
    grow,
    reach_from,
    shortest_walk,
)
from simgen.house.agent import AGENT_RADIUS, DOOR_POST
from simgen.house.parse import House, Opening, parse_house
from simgen.store.clips import Clip
from simgen.types import Array, Point

TIGHT_M = 0.03
"""Half the uncertainty of a gap's width: frames do not show whether the walker passes through a gap whose
width is within twice this of the walker's."""
STOP_M = 0.5
"""On a route, the centre of the body stops at this distance from an object: 0.3 m before touching it, which
leaves room to turn."""
OPEN_ENOUGH = 0.5
"""The walker passes through a door whose openness (0 to 1) is at least this."""
WALL_SLACK_M = 0.15
"""A passage cuts walls within this distance: on a map both are rounded to 0.1 m."""
ALONG = 0.7
"""A passage cuts only walls of about its own direction: the least cosine of the angle between them (45°)."""
SHORTEST_OPENING_M = 0.5
"""The least width of an open side between two rooms that the walker passes through."""
Key = int | str | Point
"""The start or end of a walk: an object's index, a name on a map, or a map point."""


@dataclass(frozen=True, slots=True, eq=False)
class Passage:
    """A place where one can walk from one room into another."""

    ends: Array
    """(2, 2) map points: its two ends."""
    rooms: tuple[int, int]
    is_door: bool
    """False for an open side between two rooms."""


@dataclass(frozen=True, eq=False)
class Plan:
    """The rooms of a clip and the passages between them, on the map."""

    rooms: Sequence[BaseGeometry]
    passages: Sequence[Passage]

    @cached_property
    def walls(self) -> BaseGeometry:
        """The edges of the rooms without the passages, as lines."""
        return cut_walls(self.rooms, [passage.ends for passage in self.passages])

    @cached_property
    def parts(self) -> list[list[tuple[float, float]] | None]:
        """For each room: width and depth of the rectangles that make up its floor; None if it is not made of
        any."""
        return [rectangles(shapely.get_coordinates(room)[:-1]) for room in self.rooms]

    @cached_property
    def areas(self) -> list[float]:
        """The floor area of each room, in square metres."""
        return [float(room.area) for room in self.rooms]

    def rooms_between(self, wanted: Iterable[int]) -> tuple[int, ...]:
        """These rooms and the rooms on the routes between them with the fewest passages, ascending."""
        wanted = sorted(set(wanted))
        found = set(wanted)
        for first, last in combinations(wanted, 2):
            found |= set(self._route(first, last))
        return tuple(sorted(found))

    def passages_of(self, rooms: Iterable[int]) -> list[Passage]:
        """The passages between these rooms."""
        known = set(rooms)
        return [passage for passage in self.passages if set(passage.rooms) <= known]

    def _route(self, first: int, last: int) -> list[int]:
        """The rooms on the route from `first` to `last`, by breadth-first search; empty if there is none."""
        came_from, queue = {first: first}, deque([first])
        while queue and last not in came_from:
            room = queue.popleft()
            for passage in self.passages:
                if room in passage.rooms:
                    other = passage.rooms[passage.rooms[0] == room]
                    if other not in came_from:
                        came_from[other] = room
                        queue.append(other)
        route = [last] if last in came_from else []
        while route and route[-1] != first:
            route.append(came_from[route[-1]])
        return route


@dataclass(frozen=True, slots=True)
class Walk:
    """A shortest walk, on the map."""

    points: tuple[Point, ...]
    """The path of the body's centre: the start, all bends, the end."""
    length: float


@dataclass(frozen=True, eq=False)
class Floor:
    """The free floor among some obstacles, and the shortest walks on it.

    Obstacles are identified by an object's index or by a name on a map; points are (x, y).
    """

    graph: VisibilityGraph
    """Of the floor that is free for the middle of the body."""
    things: Mapping[int | str, BaseGeometry]
    """The footprints of the obstacles; walks begin and end beside them, or at points."""
    radius: float = AGENT_RADIUS
    """Half the width of the walker."""
    _reaches: dict[Key, Reach] = field(default_factory=dict, repr=False)
    _walks: dict[tuple[Key, Key], Walk | None] = field(default_factory=dict, repr=False)

    def walk(self, a: Key, b: Key) -> Walk | None:
        """The shortest walk from one obstacle or point to another; None if there is none."""
        if (a, b) not in self._walks:
            # Among equally short walks the choice must not depend on the direction that is asked for first.
            first, last = sorted((a, b), key=repr)
            points = shortest_walk(self.graph, self._reach(first), self._reach(last))
            self._walks[first, last] = None if points is None else _walk(points)
            self._walks[last, first] = None if points is None else _walk(points[::-1])
        return self._walks[a, b]

    def _reach(self, key: Key) -> Reach:
        if key not in self._reaches:
            self._reaches[key] = reach_from(self.graph, self._edges(key))
        return self._reaches[key]

    def _edges(self, key: Key) -> Array:
        """(K, 2, 2) edges on which the walker stands beside an obstacle; a point is an edge without
        length."""
        if not isinstance(key, tuple):
            return edges_beside(self.things[key], self.graph.space, self.radius)
        edge = np.array([[key, key]])
        return edge if self.graph.is_free(edge[:, 0], edge[:, 1])[0] else edge[:0]


def make_floor(
    rooms: Iterable[BaseGeometry],
    walls: BaseGeometry,
    things: Iterable[tuple[int | str, BaseGeometry]],
    radius: float = AGENT_RADIUS,
) -> Floor:
    """The floor of these rooms with these obstacles, given as pairs of key and footprint."""
    known = dict(things)
    free = free_floor(rooms, walls, known.values(), radius)
    return Floor(VisibilityGraph(free, TOLERANCE_M), known, radius)


def grow_ring(thing: BaseGeometry, reach: float) -> list[Point]:
    """The corners, counter-clockwise, of a convex footprint whose edges are moved outwards by `reach`."""
    ring = grow(thing, reach)
    assert isinstance(ring, shapely.Polygon), "a footprint is one polygon"
    corners = shapely.get_coordinates(shapely.geometry.polygon.orient(ring))[:-1]
    return [(float(x), float(y)) for x, y in corners]


def cut_walls(rooms: Iterable[BaseGeometry], passages: Iterable[Array]) -> BaseGeometry:
    """The edges of the rooms as lines, without the parts that lie along passages (2, 2).

    A passage does not cut the walls at its ends, because they run across it.
    """
    holes = [
        (_direction(ends), shapely.LineString(ends).buffer(WALL_SLACK_M, cap_style="flat"))
        for ends in passages
    ]
    walls = list[BaseGeometry]()
    for corners in (shapely.get_coordinates(room.boundary) for room in rooms):
        for ends in np.stack([corners[:-1], corners[1:]], axis=1):
            along = [hole for way, hole in holes if abs(way @ _direction(ends)) > ALONG]
            walls.append(shapely.LineString(ends).difference(shapely.union_all(along)))
    return shapely.union_all(walls)


def _direction(ends: Array) -> Array:
    return (ends[1] - ends[0]) / max(float(np.linalg.norm(ends[1] - ends[0])), 1e-9)


def make_plan(clip: Clip, frame: MapFrame, rooms: Sequence[BaseGeometry]) -> Plan:
    """The plan of a clip: its rooms, already on the map, and the passages of its house.

    Houses without a list of doors, such as AI2-THOR's own scenes, have no passages.
    """
    if not {"doors", "walls"} <= clip.house.keys():
        return Plan(rooms, ())
    house, index = parse_house(clip.house), {room.id: i for i, room in enumerate(clip.rooms)}
    doors = [opening for opening in house.openings if _is_passable(opening)]
    found = [(_between_posts(door), door.room_ids, True) for door in doors]
    found += [(ends, ids, False) for ends, ids in _open_sides(house)]
    passages = [
        Passage(frame.from_world(ends), (index[ids[0]], index[ids[1]]), is_door)
        for ends, ids, is_door in found
        if ids[0] in index and ids[1] in index
    ]
    return Plan(rooms, tuple(passages))


def _is_passable(opening: Opening) -> bool:
    inside = not opening.is_window and not opening.outside
    return inside and (not opening.openable or opening.openness >= OPEN_ENOUGH)


def _between_posts(door: Opening) -> Array:
    along = door.end - door.start
    post = DOOR_POST * along / np.linalg.norm(along)
    return np.stack([door.start + post, door.end - post])


def _open_sides(house: House) -> Iterator[tuple[Array, tuple[str, str]]]:
    """World (x, z) ends and room ids of the stretches that two empty walls share."""
    empty = [wall for wall in house.walls if wall.empty and not wall.exterior]
    for wall, other in combinations(empty, 2):
        line, second = (shapely.LineString([part.start, part.end]) for part in (wall, other))
        shared = line.intersection(second.buffer(WALL_SLACK_M, cap_style="flat"))
        if wall.room_id != other.room_id and shared.length >= SHORTEST_OPENING_M:
            points = shapely.get_coordinates(shared)
            yield points[[0, -1]], (wall.room_id, other.room_id)


def _walk(points: Array) -> Walk:
    length = float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())
    return Walk(tuple((float(x), float(y)) for x, y in points), length)
