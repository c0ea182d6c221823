"""Frames agree with their own camera and with no other. Expected depths are worked out by hand."""

import dataclasses
import itertools
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from simgen.engine.protocol.client import EmbeddedController
from simgen.errors import EngineFault
from simgen.geometry.frames import camera_pose, intrinsics
from simgen.recipe import Handheld, load_recipe
from simgen.scenes.camera import Picture, take
from simgen.scenes.proof import (
    MIN_AGREEMENT,
    PROBE_COLUMNS,
    PROBE_ROWS,
    Agreement,
    Witness,
    make_witness,
    measure_agreement,
    prove_camera,
    prove_picture,
)
from simgen.types import AgentPose, Array, OrientedBox, SceneObject
from tests.engine.house_fixture import DOOR_ASSET, two_room_house
from tests.scenes.proof_rates import Walk, pairings, taken

WIDTH, HEIGHT = 64, 48
MATRIX = intrinsics(WIDTH, HEIGHT, 75.0)
RGB = np.zeros((HEIGHT, WIDTH, 3), dtype=np.uint8)
NOTHING = np.zeros((HEIGHT, WIDTH), dtype=np.uint16)


@pytest.fixture
def empty_house() -> Witness:
    return make_witness(two_room_house(), [])


def facing(distance_m: float, height_m: float = 1.5) -> tuple[Array, NDArray[np.float32]]:
    """A camera in the kitchen that looks at the far wall at a right angle, and the depth that it must see.

    It is 1 m from the left wall and 3 m from the right wall. Closer than 1.3 m the door is out of view.
    """
    camera = camera_pose(np.array([1.0, height_m, 4.0 - distance_m]), 0.0, 0.0)
    aside = (np.arange(WIDTH) + 0.5 - WIDTH / 2.0) / MATRIX[0, 0]
    rise = -(np.arange(HEIGHT) + 0.5 - HEIGHT / 2.0) / MATRIX[1, 1]
    side = np.where(aside < 0.0, -1.0 / aside, 3.0 / aside)
    level = np.where(rise < 0.0, -height_m / rise, (3.0 - height_m) / rise)
    return camera, np.minimum(np.minimum(side, distance_m)[None, :], level[:, None]).astype(np.float32)


@given(distance_m=st.floats(0.3, 1.3), height_m=st.floats(0.5, 2.5), off_m=st.floats(0.1, 0.3))
def test_a_bare_room_agrees_with_arithmetic(distance_m: float, height_m: float, off_m: float) -> None:
    witness = make_witness(two_room_house(), [])
    camera, depth = facing(distance_m, height_m)
    found = measure_agreement(witness, depth, NOTHING, camera, MATRIX)
    assert (found.judged, found.agreeing) == (PROBE_COLUMNS * PROBE_ROWS, PROBE_COLUMNS * PROBE_ROWS)
    for wrong in (depth + off_m, depth - off_m):
        assert measure_agreement(witness, wrong, NOTHING, camera, MATRIX).is_proof_against


def test_what_stands_before_a_wall_needs_an_object(empty_house: Witness) -> None:
    camera, depth = facing(0.9)
    # 0.5 m ahead of the camera at z = 3.1: the front of a screen that hides all else.
    screen = np.full_like(depth, 0.5)
    assert measure_agreement(empty_house, screen, NOTHING, camera, MATRIX).is_proof_against
    box = OrientedBox(np.array([1.0, 1.5, 3.65]), np.array([2.0, 2.0, 0.05]), np.eye(3))
    item = SceneObject("Screen|1", "Screen", "", "room|2", "", box, np.zeros((2, 3)), np.zeros((4, 2)))
    with_screen = make_witness(two_room_house(), [item])
    assert measure_agreement(with_screen, screen, NOTHING + 1, camera, MATRIX).share == 1.0
    assert measure_agreement(with_screen, screen + 0.15, NOTHING + 1, camera, MATRIX).is_proof_against


def test_a_camera_elsewhere_is_refused() -> None:
    here = camera_pose(np.array([1.0, 1.5, 2.0]), 30.0, 10.0)
    prove_camera(here, camera_pose(np.array([1.0009, 1.5, 2.0]), 30.09, 10.0))
    for other in (
        camera_pose(np.array([1.0011, 1.5, 2.0]), 30.0, 10.0),
        camera_pose(np.array([1.0, 1.5, 2.0]), 30.11, 10.0),
        camera_pose(np.array([1.0, 1.5, 2.0]), 30.0, -10.0),
        camera_pose(np.array([1.0, 1.5, 2.0]), 210.0, 10.0),
    ):
        with pytest.raises(EngineFault, match="another pose"):
            prove_camera(here, other)


def test_images_of_another_size_or_none_are_refused(empty_house: Witness) -> None:
    camera, depth = facing(0.9)
    prove_picture(empty_house, RGB, depth, NOTHING, camera, MATRIX)
    with pytest.raises(EngineFault, match="sizes 64x48, none, 64x48"):
        prove_picture(empty_house, RGB, None, NOTHING, camera, MATRIX)
    with pytest.raises(EngineFault, match="sizes 63x48, 64x48, 64x48, not 64x48"):
        prove_picture(empty_house, RGB[:, 1:], depth, NOTHING, camera, MATRIX)


@pytest.fixture(scope="module")
def walks(sampled_houses: list[dict[str, Any]]) -> list[Walk]:
    return [taken(load_recipe("demo"), house, frames=16) for house in sampled_houses]


@pytest.mark.slow
def test_frames_pass_as_their_own_and_as_no_other(walks: list[Walk]) -> None:
    """The same measure as `python -m tests.scenes.proof_rates` takes of more houses."""
    camera = load_recipe("demo").camera
    shares: dict[str, list[float]] = {}
    for kind, found in pairings(walks, intrinsics(camera.width, camera.height, camera.fov_deg)):
        assert found.judged > 50
        shares.setdefault(kind, []).append(found.share)
    assert len(shares["own"]) == 48
    assert min(shares["own"]) > 0.98
    for kind in ("the frame before", "another pose", "another house"):
        assert len(shares[kind]) > 30
        assert max(shares[kind]) < MIN_AGREEMENT


def test_a_hand_held_camera_is_proved_too(sampled_houses: list[dict[str, Any]]) -> None:
    recipe = load_recipe("demo")
    camera = recipe.camera.replace(height_m=1.2, handheld=Handheld())
    walk = taken(recipe.replace(camera=camera), sampled_houses[0], frames=6)
    found = [
        a
        for kind, a in pairings([walk], intrinsics(camera.width, camera.height, camera.fov_deg))
        if kind == "own"
    ]
    assert len(found) == 6
    assert min(a.share for a in found) > 0.98


def test_an_answer_without_ids_is_refused() -> None:
    controller = EmbeddedController(width=WIDTH, height=HEIGHT, renderDepthImage=True)
    controller.step(action="CreateHouse", house=two_room_house(), renderImage=False)
    with pytest.raises(EngineFault, match="has no image of ids"):
        take(controller, AgentPose(2.0, 0.9009999871253967, 2.0, 0.0, 0.0), None)
    controller.stop()


def boxes_alone(walks: list[Walk]) -> Iterator[Walk]:
    for walk in walks:
        yield dataclasses.replace(walk, witness=dataclasses.replace(walk.witness, shell=None))


def test_boxes_alone_tell_houses_apart_where_walls_are_unknown(walks: list[Walk]) -> None:
    camera = load_recipe("demo").camera
    found: dict[str, list[bool]] = {}
    for kind, a in pairings([*boxes_alone(walks)], intrinsics(camera.width, camera.height, camera.fov_deg)):
        found.setdefault(kind, []).append(a.is_proof_against)
    assert not any(found["own"])
    assert np.mean(found["another pose"]) > 0.5


def three_rooms_round_a_corner() -> dict[str, Any]:
    """The two-room house, and from its second room a wide way into a third, 8 m by 8 m, behind z = 4."""
    house = two_room_house()
    parts = {"rooms": house["rooms"][1:], "walls": house["walls"][4:]}
    third = json.loads(json.dumps(parts).replace("|3", "|4"))
    outlines = [room["floorPolygon"] for room in third["rooms"]] + [
        wall["polygon"] for wall in third["walls"]
    ]
    for point in itertools.chain.from_iterable(outlines):
        point |= {"x": 4.0 + (point["x"] - 4.0) * 2.0, "z": 4.0 + point["z"] * 2.0}
    door = json.loads(json.dumps(house["doors"][0]))
    door |= {"id": "door|3|4", "room0": "room|3", "room1": "room|4"}
    door |= {"wall0": "wall|3|far", "wall1": "wall|4|near"}
    door["boundingBox"] = {"min": {"x": 0.5, "y": 0.0, "z": 0.0}, "max": {"x": 2.5, "y": 2.1, "z": 0.0}}
    added = {"rooms": third["rooms"], "walls": third["walls"], "doors": [door]}
    # Frames without leaves: all that is drawn is walls, floors and frames, and so no id is needed.
    whole = {**house, **{key: [*house[key], *more] for key, more in added.items()}}
    return json.loads(json.dumps(whole).replace(DOOR_ASSET, "Doorframe_1"))


def picture_agreement(house: dict[str, Any], pose: AgentPose) -> tuple[Picture, Agreement]:
    """What the engine draws of a house from a pose, and how that agrees with its walls, floors and doors."""
    controller = EmbeddedController(
        width=320, height=240, fieldOfView=75, renderDepthImage=True, renderInstanceSegmentation=True
    )
    assert controller.step(action="CreateHouse", house=house)
    picture = take(controller, pose, None)
    controller.stop()
    matrix, ids = intrinsics(320, 240, 75.0), np.zeros((240, 320), dtype=np.uint16)
    return picture, measure_agreement(
        make_witness(house, []), picture.depth, ids, picture.world_from_camera, matrix
    )


def test_nothing_is_held_against_what_is_seen_through_two_doors() -> None:
    # In the first doorway, looking through the second one at the third room's far wall, 10 m ahead in z.
    picture, found = picture_agreement(three_rooms_round_a_corner(), AgentPose(3.95, 0.9009, 2.0, 30.0, 0.0))
    assert picture.depth[120, 160] == pytest.approx(10.0 / np.cos(np.radians(30.0)), abs=0.05)
    assert found.judged > 100
    assert found.share > 0.99


def test_a_wall_that_begins_at_a_doorpost_is_not_looked_through() -> None:
    # In a doorway that begins 2 cm from the corner of the room behind it, past whose post one sees that
    # room's far wall, 0.6 m ahead in z.
    house = json.loads(json.dumps(two_room_house()).replace(DOOR_ASSET, "Doorframe_1"))
    hole = {"min": {"x": 0.02, "y": 0.0, "z": 0.0}, "max": {"x": 1.02, "y": 2.1, "z": 0.0}}
    house["doors"][0]["boundingBox"] = hole
    picture, found = picture_agreement(house, AgentPose(3.97, 0.9009, 3.4, 55.0, 0.0))
    assert picture.depth[120, 160] == pytest.approx(0.6 / np.cos(np.radians(55.0)), abs=0.02)
    assert found.judged > 100
    assert found.share > 0.99


def test_a_few_probes_prove_nothing() -> None:
    # Two disagreeing probes of 17 were chance; a wrong camera has at least 7 of 40.
    assert not Agreement(judged=17, agreeing=15).is_proof_against
    assert Agreement(judged=40, agreeing=33).is_proof_against
