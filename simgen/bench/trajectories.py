"""`simgen bench trajectories`: what each kind of trajectory shows, and whether it passes through objects."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from simgen.bench.rays import Rays
from simgen.errors import HouseError
from simgen.recipe import (
    CameraSpec,
    Coverage,
    Houses,
    Keyframes,
    LookAround,
    ObjectOrbit,
    RandomWalk,
    Recipe,
    RoomFilter,
    RoomToRoom,
    RoomType,
    Trajectory,
    VisibilitySpec,
    Walkthrough,
)
from simgen.scenes.capture import make_generator, read_objects, walk
from simgen.scenes.engines.base import Controller
from simgen.scenes.engines.table import find_engine
from simgen.scenes.enter import enter
from simgen.scenes.houses.obtain import obtain_dataset_houses
from simgen.scenes.scouting import select_rooms
from simgen.scenes.trajectories import select_objects
from simgen.scenes.trajectories.keyframes import measure_set_match
from simgen.store.clips import Visibility
from simgen.store.folder import DataFolder
from simgen.store.houses import House, house_index
from simgen.tables import Table
from simgen.types import Room, SceneObject

ROOM: RoomType = "Kitchen"
"""Every house of the benchmark has such a room. Kinds that can be limited to a room are also measured in
it."""
FRAMES = 72
"""Number of frames, except for room_to_room, which needs more, and keyframes, which has 16 at most."""
CAMERA = CameraSpec(width=160, height=120)
RULE = VisibilitySpec(min_visible_px=4)
"""4 pixels at 160 by 120 are as large as a recipe's 64 pixels at 640 by 480."""


@dataclass(slots=True)
class TrajectoryTally:
    """The measurements of one kind of trajectory in all houses."""

    frames: list[int] = field(default_factory=list)
    steps: int = 0
    """Number of frames at another position than the frame before."""
    blocked: int = 0
    """Number of steps that pass through a triangle."""
    touching: int = 0
    """Number of frames whose position is nearer to a triangle than an agent can be."""
    seen_a_frame: list[float] = field(default_factory=list)
    covered: list[float] = field(default_factory=list)
    """For each house: fraction of the objects in the visited rooms that at least one frame shows."""
    match: list[dict[int, float]] = field(default_factory=list)
    """For each house, keyframes only: fraction of all objects that each matched set shows, by its size."""
    plan_s: list[float] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter[str])


def bench_trajectories(folder: DataFolder, houses: int) -> dict[str, Any]:
    """Measures each kind of trajectory in this number of houses. Houses are sampled once and stored.

    Raises MissingSystemError without embreex, and HouseError if no house can be sampled.
    """
    recipe = _recipe(houses)
    found, failed = obtain_dataset_houses(recipe, folder.dataset(recipe.name), workers=1)
    if not found:
        raise HouseError(failed[0])
    tallies = {name: TrajectoryTally() for name in _kinds()}
    for house in tqdm(found, desc="houses", unit="house"):
        _measure_house(recipe, house, tallies)
    return {
        "houses": len(found),
        "unsampled": failed,
        "kinds": {name: _summary(tally) for name, tally in tallies.items()},
    }


def trajectories_table(results: dict[str, Any]) -> str:
    """The results as text: one line per kind, then the reasons of failures."""
    heads = ("kind", "houses", "frames", "steps", "through", "touching", "seen a frame", "covered", "plan")
    kinds: dict[str, dict[str, Any]] = results["kinds"]
    rows = [
        (
            name,
            str(kind["houses"]),
            str(kind["frames"]),
            str(kind["steps"]),
            str(kind["blocked_steps"]),
            str(kind["touching_frames"]),
            f"{kind['seen_a_frame']:.1f}",
            f"{100 * kind['covered']:.0f} %",
            f"{kind['plan_s']:.1f} s",
        )
        for name, kind in kinds.items()
        if kind["houses"]
    ]
    matched = [
        f"{name}: sets of {', '.join(f'{n} show {100 * share:.0f} %' for n, share in kind['match'].items())}"
        for name, kind in kinds.items()
        if kind["match"]
    ]
    failures = [f"{name}: {n} x {why}" for name, kind in kinds.items() for why, n in kind["failures"].items()]
    return "\n".join([Table(heads, tuple(rows)).as_text(), *matched, *failures])


def _recipe(houses: int) -> Recipe:
    rooms = RoomFilter(require=(ROOM,), max_rooms=4)
    wanted = Houses(train=houses, val=0, rooms=rooms)
    return Recipe(name="bench_trajectories", seed=19, houses=wanted, camera=CAMERA, visibility=RULE)


def _kinds() -> dict[str, Trajectory]:
    """The trajectories to measure, by their names in the table."""
    return {
        f"walkthrough, {ROOM}": Walkthrough(frames=FRAMES, room=ROOM),
        f"random_walk, {ROOM}": RandomWalk(kind="random_walk", frames=FRAMES, room=ROOM),
        f"look_around, {ROOM}": LookAround(kind="look_around", frames=FRAMES, room=ROOM),
        f"coverage, {ROOM}": Coverage(kind="coverage", frames=FRAMES, room=ROOM),
        f"object_orbit, {ROOM}": ObjectOrbit(kind="object_orbit", frames=FRAMES, room=ROOM, step_m=0.2),
        f"keyframes, {ROOM}": Keyframes(kind="keyframes", room=ROOM),
        "walkthrough": Walkthrough(frames=FRAMES),
        "random_walk": RandomWalk(kind="random_walk", frames=FRAMES),
        "look_around": LookAround(kind="look_around", frames=FRAMES),
        "coverage": Coverage(kind="coverage", frames=FRAMES),
        "object_orbit": ObjectOrbit(kind="object_orbit", frames=FRAMES, step_m=0.2),
        "keyframes": Keyframes(kind="keyframes"),
        "room_to_room": RoomToRoom(kind="room_to_room"),
    }


def _measure_house(recipe: Recipe, house: House, tallies: dict[str, TrajectoryTally]) -> None:
    rays = Rays(house)
    controller = find_engine(recipe).start(recipe)
    try:
        first, rooms = enter(controller, house)
        objects = read_objects(first.metadata["objects"], rooms)
        for name, spec in _kinds().items():
            own = recipe.replace(trajectory=spec)
            try:
                _measure(tallies[name], controller, own, house, rooms, objects, rays)
            except HouseError as error:
                tallies[name].failures[str(error)] += 1
    finally:
        controller.stop()


def _measure(
    tally: TrajectoryTally,
    controller: Controller,
    recipe: Recipe,
    house: House,
    rooms: Sequence[Room],
    objects: tuple[SceneObject, ...],
    rays: Rays,
) -> None:
    times = [time.monotonic()]
    rng = make_generator(recipe, house_index(house), 0)
    frames, visibility = walk(
        controller, recipe, rooms, objects, rng, lambda: times.append(time.monotonic()), house
    )
    places = frames.world_from_camera[:, [0, 2], 3]
    tally.frames.append(len(places))
    tally.touching += rays.touching_places(places)
    if recipe.trajectory.kind != "keyframes":  # keyframes are stills without steps between them
        tally.steps += int((np.diff(places, axis=0) != 0.0).any(axis=1).sum())
        tally.blocked += rays.blocked_steps(places)
    wanted = select_objects(objects, frozenset(room.id for room in select_rooms(recipe, rooms)))
    seen = _seen(visibility)
    tally.seen_a_frame.append(float(seen.sum(axis=1).mean()))
    tally.covered.append(float((seen.any(axis=0) & wanted).sum() / max(wanted.sum(), 1)))
    tally.plan_s.append(times[1] - times[0])
    if recipe.trajectory.kind == "keyframes":
        tally.match.append(measure_set_match(seen & wanted))


def _seen(visibility: Visibility) -> NDArray[np.bool_]:
    """(T, N) whether each object is visible in each frame, by RULE."""
    enough = visibility.pixels >= RULE.min_visible_px
    return enough & (visibility.pixels >= RULE.min_visible_fraction * visibility.unoccluded_pixels)


def _summary(tally: TrajectoryTally) -> dict[str, Any]:
    sizes = tally.match[0] if tally.match else {}
    return {
        "houses": len(tally.frames),
        "frames": sum(tally.frames),
        "steps": tally.steps,
        "blocked_steps": tally.blocked,
        "touching_frames": tally.touching,
        "seen_a_frame": _mean(tally.seen_a_frame),
        "covered": _mean(tally.covered),
        "plan_s": _mean(tally.plan_s),
        "match": {size: _mean([match[size] for match in tally.match]) for size in sizes},
        "failures": dict(tally.failures),
    }


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None
