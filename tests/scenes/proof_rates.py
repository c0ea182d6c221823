"""How often the proof of a frame errs: `python -m tests.scenes.proof_rates HOUSES.jsonl.gz ...`.

Frames of walks through real houses are held against their own camera (every refusal is a false one) and
against cameras that did not take them (every acceptance is a false one): another house's, another pose of the
same walk, and the next pose of the same walk.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgen.geometry.frames import intrinsics
from simgen.recipe import Recipe, load_recipe
from simgen.scenes.camera import plan_eyes, set_up, take
from simgen.scenes.capture import _id_of_color, make_generator, read_objects
from simgen.scenes.engines.table import find_engine
from simgen.scenes.enter import enter
from simgen.scenes.proof import Agreement, Witness, make_witness, measure_agreement
from simgen.scenes.scouting import plan_poses
from simgen.store.houses import house_index, read_houses
from simgen.types import Array


@dataclass(frozen=True, slots=True, eq=False)
class Walk:
    """The frames of a walk, with AI2-THOR's colours unchanged."""

    witness: Witness
    id_of_color: NDArray[np.uint16]
    depths: list[NDArray[np.float32]]
    colors: list[NDArray[np.uint32]]
    cameras: list[Array]


def taken(recipe: Recipe, house: Mapping[str, Any], frames: int) -> Walk:
    """The first frames of a walk through a house, not checked."""
    controller = find_engine(recipe).start(recipe)
    try:
        first, rooms = enter(controller, house)
        objects = read_objects(first.metadata["objects"], rooms)
        set_up(controller, recipe.camera)
        id_of_color = _id_of_color(controller.step(action="Pass"), objects)
        rng = make_generator(recipe, house_index(house), 0)
        poses = plan_poses(controller, recipe, rooms, objects, id_of_color, rng)
        shown = zip(poses, plan_eyes(poses, recipe.camera, rng), strict=True)
        pictures = [take(controller, pose, eye) for pose, eye in list(shown)[:frames]]
        return Walk(
            make_witness(house, objects),
            id_of_color,
            [picture.depth.copy() for picture in pictures],
            [picture.colors.copy() for picture in pictures],
            [picture.world_from_camera for picture in pictures],
        )
    finally:
        controller.stop()


def held_against(shown: Walk, frame: int, claimed: Walk, camera: int, matrix: Array) -> Agreement:
    """How a frame of one walk agrees with a camera of another walk, whose table maps its colours to ids."""
    ids = claimed.id_of_color[shown.colors[frame] & 0xFFFFFF]
    return measure_agreement(claimed.witness, shown.depths[frame], ids, claimed.cameras[camera], matrix)


def pairings(walks: Sequence[Walk], matrix: Array) -> Iterator[tuple[str, Agreement]]:
    """Every frame with its own camera and with wrong cameras, and the kind of each pair."""
    for number, walk in enumerate(walks):
        count = len(walk.cameras)
        for frame in range(count):
            yield "own", held_against(walk, frame, walk, frame, matrix)
            if frame + 1 < count and _moved(walk, frame, frame + 1):
                yield "the frame before", held_against(walk, frame, walk, frame + 1, matrix)
            for other in range(0, count, 3):
                if abs(other - frame) > 1 and _moved(walk, frame, other):
                    yield "another pose", held_against(walk, frame, walk, other, matrix)
            for step in range(1, len(walks)):
                claimed = walks[(number + step) % len(walks)]
                camera = (frame * 7 + step) % len(claimed.cameras)
                yield "another house", held_against(walk, frame, claimed, camera, matrix)


def _moved(walk: Walk, a: int, b: int) -> bool:
    """Whether two poses differ. A walk may have the same pose in two frames."""
    return not np.allclose(walk.cameras[a], walk.cameras[b], atol=1e-6)


def main(paths: Sequence[str]) -> None:
    recipe = load_recipe("demo")
    houses = {str(house["metadata"]): house for path in paths for house in read_houses(Path(path))}
    walks = [taken(recipe, house, frames=recipe.trajectory.frames) for house in houses.values()]
    matrix = intrinsics(recipe.camera.width, recipe.camera.height, recipe.camera.fov_deg)
    found: dict[str, list[Agreement]] = {}
    for kind, agrees in pairings(walks, matrix):
        found.setdefault(kind, []).append(agrees)
    print(f"{len(walks)} houses, {sum(len(walk.cameras) for walk in walks)} frames")
    for kind, all_of_kind in found.items():
        shares = np.array([a.share for a in all_of_kind])
        judged = np.array([a.judged for a in all_of_kind])
        passed = sum(not a.is_proof_against for a in all_of_kind)
        extremes = ", ".join(f"{q}%: {np.percentile(shares, q):.3f}" for q in (0, 1, 50, 99, 100))
        print(f"{kind:16} {len(shares):6} pairings, accepted {passed} ({passed / len(shares):.3%})")
        print(f"{'':16} agreement {extremes}; judged {judged.min()} to {judged.max()} of a frame")


if __name__ == "__main__":
    main(sys.argv[1:])
