"""Walking distances, around obstacles and through doors; part of the group `route`.

`simgen.qa.view.floor` defines the obstacles, the walker's width, and the start and end of a walk. A walk is
asked about only if the frames show what it depends on: its length must be the same with all obstacles and
with only the visible ones, and the frames must look at the floor along it. Nor may it lead through a gap
whose width is within a few centimetres of the walker's.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import pairwise

import numpy as np
import shapely

from simgen.qa.refusal import Refusal
from simgen.qa.skills.extremes import decide, find_least
from simgen.qa.skills.facts import Ask, ChoiceFacts, NumberFacts
from simgen.qa.skills.proposals import draw_selections, shuffle
from simgen.qa.skills.skill import Extra, MapAsk, Skill
from simgen.qa.view.floor import Floor, Key, Walk, cut_walls, make_floor
from simgen.qa.view.names import CAMERA
from simgen.qa.view.needs import Needs, list_nameable
from simgen.qa.view.view import View
from simgen.scoring import MapObject
from simgen.types import Point

STANDING_M = 0.3
"""Objects that begin higher above the floor cannot be the start or end of a walk."""
LOOKED_AT = 0.8
"""The share of a walk's floor that the frames must look at."""
TIGHT_SLACK_M, TIGHT_SHARE = 0.1, 0.02
"""The allowed change of a walk's length, in metres plus a share, for a slightly narrower or wider walker:
cutting corners changes it by as much."""
SAME_LENGTH = 0.01
"""The share by which a walk may get shorter without the obstacles that the frames do not show."""
FLAT = frozenset({"doorway", "doorframe", "window", "blinds", "curtains", "painting"})
"""Map names of objects in walls or flat on them, which are no obstacles."""


@dataclass(frozen=True, slots=True)
class Leg:
    """A straight part of a walk."""

    dx: float
    dy: float
    length: float


@dataclass(frozen=True, slots=True)
class WalkFacts(NumberFacts):
    """A shortest walk, as points on the map and the straight legs between them."""

    points: tuple[Point, ...]
    legs: tuple[Leg, ...]
    straight: float
    """The straight distance from its first point to its last, through all obstacles."""


@dataclass(frozen=True, slots=True)
class NearestOnFootFacts(ChoiceFacts):
    """The shortest walks to each option."""

    walks: tuple[WalkFacts, ...]


def walking_distance(view: View, ask: Ask) -> WalkFacts | Refusal:
    """The length of the shortest walk between two objects."""
    return _walk_facts(view, *ask.objects)


def walk_from_camera(view: View, ask: Ask) -> WalkFacts | Refusal:
    """The length of the shortest walk from the camera of a frame to an object."""
    return _walk_facts(view, ask.frames[0], ask.objects[0])


def nearest_on_foot(view: View, ask: Ask) -> NearestOnFootFacts | Refusal:
    """Which option has the shortest walk, from an object or from the camera of a frame."""
    walks, start = [], (*ask.objects, *ask.frames)[0]
    for option in ask.options:
        walk = _walk_facts(view, start, option)
        if isinstance(walk, Refusal):
            return walk
        walks.append(walk)
    choice, margin = find_least([walk.value for walk in walks])
    return NearestOnFootFacts(choice, margin, walks[choice].value, tuple(walks))


def walk_on_map(asked: MapAsk) -> float | None:
    """The length of the shortest walk between the boxes, or from the camera, around all other boxes."""
    floor = _map_floor(_standing_still(asked.entries))
    first, last = (_key(entry) for entry in (*asked.cameras, *asked.objects))
    walk = floor.walk(first, last)
    return None if walk is None else walk.length


def nearest_walk_on_map(asked: MapAsk) -> int | None:
    """The option with the shortest walk; None if one cannot be reached, or two are equally near."""
    floor, start = _map_floor(_standing_still(asked.entries)), (*asked.objects, *asked.cameras)[0]
    walks = [floor.walk(_key(start), _key(option)) for option in asked.options]
    known = [walk.length for walk in walks if walk is not None]
    if len(known) < len(walks):
        return None
    return decide(find_least(known))


def _pairs(view: View, needs: Needs, rng: np.random.Generator) -> Iterator[Ask]:
    return (Ask(objects=chosen) for chosen in draw_selections(list_standing(view, needs), 2, rng))


def _from_cameras(view: View, needs: Needs, rng: np.random.Generator) -> list[Ask]:
    """Proposes every object that stands on the floor, with every frame."""
    asks = [
        Ask(objects=(name,), frames=(frame,)) for name in list_standing(view, needs) for frame in view.frames
    ]
    return shuffle(asks, rng)


def _choices(view: View, needs: Needs, rng: np.random.Generator) -> Iterator[Ask]:
    """Proposes four objects and a fifth as the start."""
    found: set[tuple[str, frozenset[str]]] = set()
    for start, *options in draw_selections(list_standing(view, needs), 5, rng, ordered=True):
        key = start, frozenset(options)
        if key not in found:
            found.add(key)
            yield Ask((start,), tuple(options))


def _choices_from_cameras(view: View, needs: Needs, rng: np.random.Generator) -> Iterator[Ask]:
    """Proposes four objects and a frame as the start."""
    for options in draw_selections(list_standing(view, needs), 4, rng):
        for frame in shuffle(view.frames, rng):
            yield Ask(options=options, frames=(frame,))


def list_standing(view: View, needs: Needs) -> list[str]:
    """The ids of the nameable objects that stand on the floor and are obstacles."""
    geometry = view.geometry
    indices = [(name, geometry.index[name]) for name in list_nameable(view, needs)]
    return [name for name, i in indices if i in geometry.obstacles and geometry.heights[i, 0] < STANDING_M]


def _walk_facts(view: View, start: str | int, end: str) -> WalkFacts | Refusal:
    """The walk between two objects, or from the camera of a frame (an index) to an object."""
    geometry = view.geometry
    here = geometry.index[start] if isinstance(start, str) else geometry.camera_points[start]
    keys = here, geometry.index[end]
    for index in keys:
        if isinstance(index, int) and geometry.heights[index, 0] >= STANDING_M:
            return Refusal("hangs", f"{geometry.clip.objects[index].id} does not stand on the floor")
    walk = geometry.floor.walk(*keys)
    if walk is None:
        return Refusal("out of reach", f"no way leads from {start} to {end}")
    problem = _tight_problem(view, keys, walk) or _unseen_problem(view, walk, view.floor.walk(*keys))
    return problem or _facts_of(walk)


def _tight_problem(view: View, keys: tuple[Key, Key], walk: Walk) -> Refusal | None:
    """The refusal if a walk depends on a gap that is hardly wider or narrower than the walker."""
    for floor in view.geometry.floors_nearly:
        other = floor.walk(*keys)
        if other is None or abs(other.length - walk.length) > TIGHT_SLACK_M + TIGHT_SHARE * walk.length:
            length = math.nan if other is None else other.length
            return Refusal(
                "tight", f"{walk.length:.2f} m, but {length:.2f} m for who is {2 * floor.radius:.2f} m wide"
            )
    return None


def _unseen_problem(view: View, walk: Walk, without: Walk | None) -> Refusal | None:
    """The refusal if the frames do not show everything that a walk depends on."""
    if without is None or without.length < walk.length * (1.0 - SAME_LENGTH):
        length = math.nan if without is None else without.length
        return Refusal("unseen obstacle", f"{walk.length:.2f} m, {length:.2f} m around what the frames show")
    share = float(view.spots_looked_at[view.geometry.coverage.under(walk.points)].mean())
    if share < LOOKED_AT:
        return Refusal("unseen floor", f"the frames look at {share:.2f} of the way, {LOOKED_AT} are needed")
    return None


def _facts_of(walk: Walk) -> WalkFacts:
    legs = []
    for (x, y), (to_x, to_y) in pairwise(walk.points):
        dx, dy = abs(to_x - x), abs(to_y - y)
        legs.append(Leg(dx, dy, math.hypot(dx, dy)))
    straight = math.dist(walk.points[0], walk.points[-1])
    return WalkFacts(walk.length, walk.points, tuple(legs), straight)


@lru_cache(maxsize=64)
def _map_floor(entries: tuple[MapObject, ...]) -> Floor:
    """The floor of a map: its rooms and passages, with all its boxes as obstacles."""
    rooms = [shapely.Polygon(entry.outline) for entry in entries if entry.outline]
    passages = [_ends(entry) for entry in entries if _base(entry) in ("door", "opening")]
    things = {
        entry.name: shapely.box(*entry.bbox)
        for entry in entries
        if not entry.outline and _base(entry) not in FLAT | {"door", "opening"}
    }
    return make_floor(rooms, cut_walls(rooms, passages), things.items())


def _standing_still(entries: tuple[MapObject, ...]) -> tuple[MapObject, ...]:
    """The entries without the cameras, so that questions from several cameras share a cached floor."""
    return tuple(entry for entry in entries if _base(entry) != CAMERA)


def _key(entry: MapObject) -> Key:
    """The key of an entry on a floor: the point of a camera, the name of any other entry."""
    return entry.bbox[:2] if _base(entry) == CAMERA else entry.name


def _ends(entry: MapObject) -> np.ndarray:
    x_min, y_min, x_max, y_max = entry.bbox
    return np.array([[x_min, y_min], [x_max, y_max]])


def _base(entry: MapObject) -> str:
    return entry.name.rstrip("0123456789")


_ON_FOOT = partial(
    Skill,
    from_map=nearest_walk_on_map,
    facts=nearest_on_foot,
    facts_type=NearestOnFootFacts,
    options="objects",
    extras=frozenset[Extra]({"doors"}),
    steps=4,
)
_PLACES = frozenset[Extra]({"doors"})
SKILLS = {
    "walking_distance": Skill(
        _pairs, walking_distance, walk_on_map, WalkFacts, objects=2, extras=_PLACES, steps=3
    ),
    "walk_from_camera": Skill(
        _from_cameras,
        walk_from_camera,
        walk_on_map,
        WalkFacts,
        objects=1,
        frames=1,
        extras=_PLACES,
        seen_in_frame=False,
        steps=3,
    ),
    "nearest_on_foot": _ON_FOOT(
        _choices, objects=1, computes="Which option has the shortest walk from an object."
    ),
    "nearest_on_foot_from_camera": _ON_FOOT(
        _choices_from_cameras,
        frames=1,
        seen_in_frame=False,
        computes="Which option has the shortest walk from the camera of a frame.",
    ),
}
