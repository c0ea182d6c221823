"""The floor of a clip as people walk on it: its rooms, the ways between them, and what stands in the way.

In the way is every object but doors and windows that begins below 1.8 m and ends above 5 cm: its footprint.
Walls have no thickness. A door that stands open can be walked through, between its posts, and its leaf is in
nobody's way, for it swings; so can the open side that two rooms share. A closed door is a wall. Who walks is
0.4 m wide: what is in the way, and every wall, reaches 0.2 m farther for the middle of the body, with square
corners (`simgen.geometry.walking.free_floor`). A walk from one object to another begins where the body
touches the one and ends where it touches the other; its length is that of the way of the body's middle.
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
from simgen.house.parse import House, Opening, parse_house
from simgen.store.clips import Clip
from simgen.types import Array, Point

WALKER_RADIUS_M = 0.2
"""Half the width of who walks: AI2-THOR's agent, and a slim person."""
TIGHT_M = 0.03
"""Nobody can tell from frames whether a gap is passed that is, within twice this, as wide as who walks."""
WALKER_HEIGHT_M = 1.8
"""What hangs higher is in nobody's way."""
STOP_M = 0.5
"""Who goes straight to something stops with the middle of the body so far from it: 0.3 m before touching it,
so that there is room to turn."""
STEP_M = 0.05
"""What is flatter is walked over."""
DOOR_POST_M = 0.04
"""Width of a door frame's post on either side of its hole."""
OPEN_ENOUGH = 0.5
"""A door that is at least so far open can be walked through."""
WALL_SLACK_M = 0.15
"""A hole belongs to a wall so near to it: on a map both are rounded to 0.1 m."""
ALONG = 0.7
"""And only one that runs like the wall, by the cosine of the angle between them: within 45 degrees."""
SHORTEST_OPENING_M = 0.5
"""Of an open side that two rooms share: what is narrower, nobody walks through."""
Key = int | str | Point
"""What walks begin and end at."""
OPENINGS = frozenset({"Doorway", "Doorframe", "Window"})
"""Types that stand in walls."""


@dataclass(frozen=True, slots=True, eq=False)
class Passage:
    """Where one can walk from one room into another."""

    ends: Array
    """(2, 2) on the map."""
    rooms: tuple[int, int]
    is_door: bool
    """False for the open side between two rooms."""


@dataclass(frozen=True, eq=False)
class Plan:
    """Rooms and passages on the map."""

    rooms: Sequence[BaseGeometry]
    passages: Sequence[Passage]

    @cached_property
    def walls(self) -> BaseGeometry:
        """Lines: the edges of the rooms, but for the passages."""
        return cut_walls(self.rooms, [passage.ends for passage in self.passages])

    @cached_property
    def parts(self) -> list[list[tuple[float, float]] | None]:
        """Of each room: the sides of the rectangles that its floor is made of; None where it is of none."""
        return [rectangles(shapely.get_coordinates(room)[:-1]) for room in self.rooms]

    @cached_property
    def areas(self) -> list[float]:
        """Of each room's floor, square metres."""
        return [float(room.area) for room in self.rooms]

    def rooms_between(self, wanted: Iterable[int]) -> tuple[int, ...]:
        """These rooms and those on the ways between them with the fewest passages, ascending."""
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
        """The rooms on the way, by a breadth-first search; empty where there is none."""
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
    """A shortest way, on the map."""

    points: tuple[Point, ...]
    """From the first, beside the one thing, over all at which it bends, to the last, beside the other."""
    length: float


@dataclass(frozen=True, eq=False)
class Floor:
    """The shortest ways between things and points.

    Things go by an object's index or a name on a map; points are (x, y).
    """

    graph: VisibilityGraph
    """Of the floor that is free for the middle of the body."""
    things: Mapping[int | str, BaseGeometry]
    """Footprints of what is in the way; walks begin and end beside them, or at points."""
    radius: float = WALKER_RADIUS_M
    """Half the width of who walks, in metres."""
    _reaches: dict[Key, Reach] = field(default_factory=dict, repr=False)
    _walks: dict[tuple[Key, Key], Walk | None] = field(default_factory=dict, repr=False)

    def walk(self, a: Key, b: Key) -> Walk | None:
        """The shortest way from beside one thing, or a point, to another; None where there is none."""
        if (a, b) not in self._walks:
            # Of equally short ways one is taken: the same one in whichever direction one asks first.
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
        """(K, 2, 2) where one can stand at a point or beside a thing; a point is an edge without length."""
        if not isinstance(key, tuple):
            return edges_beside(self.things[key], self.graph.space, self.radius)
        edge = np.array([[key, key]])
        return edge if self.graph.is_free(edge[:, 0], edge[:, 1])[0] else edge[:0]


def make_floor(
    rooms: Iterable[BaseGeometry],
    walls: BaseGeometry,
    things: Iterable[tuple[int | str, BaseGeometry]],
    radius: float = WALKER_RADIUS_M,
) -> Floor:
    """The floor of these rooms with these things, and what they go by, in the way."""
    known = dict(things)
    free = free_floor(rooms, walls, known.values(), radius)
    return Floor(VisibilityGraph(free, TOLERANCE_M), known, radius)


def grow_ring(thing: BaseGeometry, reach: float) -> list[Point]:
    """Corners, counter-clockwise, of a convex footprint whose edges are pushed outwards by `reach`."""
    ring = grow(thing, reach)
    assert isinstance(ring, shapely.Polygon), "a footprint is one polygon"
    corners = shapely.get_coordinates(shapely.geometry.polygon.orient(ring))[:-1]
    return [(float(x), float(y)) for x, y in corners]


def cut_walls(rooms: Iterable[BaseGeometry], passages: Iterable[Array]) -> BaseGeometry:
    """Lines: the edges of the rooms, but for what lies along passages (2, 2).

    A passage takes nothing from the walls that it ends at, for these cross it.
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
    """A clip's rooms, already on the map, and the passages that its house says.

    Houses without a list of doors, such as AI2-THOR's own scenes, have none.
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
    post = DOOR_POST_M * along / np.linalg.norm(along)
    return np.stack([door.start + post, door.end - post])


def _open_sides(house: House) -> Iterator[tuple[Array, tuple[str, str]]]:
    """World (x, z) ends and rooms of what two walls share of which nothing is there."""
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
