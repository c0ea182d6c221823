"""Trajectories that are planned by what is seen, in a house that is really rendered."""

from collections.abc import Iterator

import numpy as np
import pytest
import shapely

from simgen.errors import HouseError
from simgen.recipe import (
    Coverage,
    Keyframes,
    LookAround,
    ObjectOrbit,
    RandomWalk,
    RoomToRoom,
    Trajectory,
    Walkthrough,
)
from simgen.scenes.scouting import choose_small_size
from simgen.scenes.trajectories.keyframes import measure_set_match
from simgen.types import AgentPose
from tests.scenes.furnished import (
    CAMERA,
    TABLE,
    TABLE_AT,
    Home,
    furnished_home,
    places,
    rooms_entered,
    seen_in,
    turns_deg,
    yaws_deg,
)

pytestmark = pytest.mark.slow

COVERAGE = Coverage(kind="coverage", frames=60)
ORBIT = ObjectOrbit(kind="object_orbit", object="SideTable", frames=48, nearest_m=0.4, farthest_m=1.2)
LOOK = LookAround(kind="look_around", frames=80)
STILLS = Keyframes(kind="keyframes", frames=8)
TOUR = RoomToRoom(kind="room_to_room", frames=120)
WANDER = RandomWalk(kind="random_walk", frames=60)
WALKS: tuple[Trajectory, ...] = (COVERAGE, ORBIT, LOOK, TOUR, WANDER)


@pytest.fixture(scope="module")
def home() -> Iterator[Home]:
    made = furnished_home()
    yield made
    made.controller.stop()


@pytest.fixture(scope="module")
def plans(home: Home) -> dict[str, list[AgentPose]]:
    """One plan of each kind."""
    return {spec.kind: home.poses(spec) for spec in (*WALKS, STILLS)}


@pytest.mark.parametrize("spec", [*WALKS, STILLS], ids=lambda spec: spec.kind)
def test_every_pose_can_be_reached_and_the_same_seed_gives_the_same(
    home: Home, plans: dict[str, list[AgentPose]], spec: Trajectory
) -> None:
    poses = plans[spec.kind]
    assert len(poses) == spec.frames
    assert {(round(x, 6), round(z, 6)) for x, z in places(poses)} <= home.reachable()
    assert home.poses(spec) == poses


@pytest.mark.parametrize("spec", WALKS, ids=lambda spec: spec.kind)
def test_every_step_is_short_and_free(
    home: Home, plans: dict[str, list[AgentPose]], spec: Trajectory
) -> None:
    walked, space = places(plans[spec.kind]), home.free_space()
    moves = np.flatnonzero((np.diff(walked, axis=0) != 0).any(axis=1))
    if spec is not LOOK:
        assert len(moves) > 20
    for index in moves:
        assert space.allows(walked[index], walked[index + 1])
    assert not isinstance(spec, Walkthrough | Keyframes)
    assert np.linalg.norm(np.diff(walked, axis=0), axis=1).max() <= spec.step_m + 1e-9
    if not isinstance(spec, ObjectOrbit):
        assert np.abs(turns_deg(plans[spec.kind])).max() <= spec.turn_deg + 1e-9


def test_the_size_of_the_pictures_is_the_recipes_again(home: Home) -> None:
    home.poses(STILLS)
    assert home.controller.step(action="Pass").frame.shape == (CAMERA.height, CAMERA.width, 3)
    assert len(home.controller.last_event.metadata["objects"]) > len(home.objects)
    large = CAMERA.replace(width=640, height=480)
    assert choose_small_size(large) == (160, 120)
    assert choose_small_size(CAMERA.replace(width=64, height=48)) == (64, 48)


def test_looking_around_turns_whole_circles_in_place(plans: dict[str, list[AgentPose]]) -> None:
    poses = plans["look_around"]
    moved = (np.diff(places(poses), axis=0) != 0).any(axis=1)
    stands = np.split(np.arange(len(poses)), np.flatnonzero(moved) + 1)
    assert len([stand for stand in stands if _turned_right_deg(poses, stand) >= 360.0 - 1e-6]) == LOOK.stops
    assert yaws_deg(poses)[0] % 90.0 == 0.0


def _turned_right_deg(poses: list[AgentPose], stand: np.ndarray) -> float:
    """How far a stay in one place goes on turning to the right."""
    turns = turns_deg([poses[index] for index in stand])
    runs = np.split(turns, np.flatnonzero(turns <= 0.0))
    return max(float(run[run > 0.0].sum()) for run in runs)


def test_a_stop_there_is_no_time_for_is_left_out(home: Home) -> None:
    poses = home.poses(LOOK.replace(frames=30, stops=5))
    assert len(poses) == 30
    assert len({(pose.x, pose.z) for pose in poses}) == 1
    assert turns_deg(poses).sum() == pytest.approx(360.0)


def test_an_orbit_goes_round_and_keeps_the_object_in_view(home: Home) -> None:
    frames, visibility = home.clip(ORBIT)
    index = home.index(TABLE)
    outline = shapely.Polygon(home.objects[index].footprint)
    assert seen_in(visibility)[:, index].all()
    eyes = frames.world_from_camera[:, [0, 2], 3]
    gaps = shapely.distance(outline, shapely.points(eyes))
    assert gaps.min() >= ORBIT.nearest_m - 1e-6
    assert gaps.max() <= ORBIT.farthest_m + 1e-6
    # The table is free on all sides, so there are views from all twelve twelfths of the circle.
    offset = eyes - TABLE_AT
    assert {int(angle // 30) for angle in np.degrees(np.arctan2(*offset.T)) % 360} == set(range(12))
    # It faces the table: but for the first frame, which is square to the house, dead ahead.
    right, forward = frames.world_from_camera[:, :3, 0], frames.world_from_camera[:, :3, 2]
    to_table = np.column_stack([-offset[:, 0], np.zeros(len(offset)), -offset[:, 1]])
    aside = (right * to_table).sum(axis=1) / np.linalg.norm(to_table, axis=1)
    assert np.abs(aside[1:]).max() < 1e-6
    assert ((forward * to_table).sum(axis=1) > 0).all()


def test_an_orbit_without_a_type_takes_what_has_floor_all_round(home: Home) -> None:
    frames, visibility = home.clip(ORBIT.replace(object=None, frames=12))
    eyes, ahead = frames.world_from_camera[:, [0, 2], 3], frames.world_from_camera[:, [0, 2], 2]
    # All lines of sight but the first meet above one object.
    normals = np.column_stack([-ahead[:, 1], ahead[:, 0]])[1:]
    center = np.linalg.lstsq(normals, (normals * eyes[1:]).sum(axis=1), rcond=None)[0]
    index = int(np.argmin([np.linalg.norm(o.box.center[[0, 2]] - center) for o in home.objects]))
    assert np.linalg.norm(home.objects[index].box.center[[0, 2]] - center) < 0.01
    assert not home.objects[index].parent_id
    assert seen_in(visibility)[:, index].all()


def test_an_object_that_is_not_there_or_cannot_be_orbited_is_refused(home: Home) -> None:
    with pytest.raises(HouseError, match="no Toilet in the rooms to walk in; there are SideTable, "):
        home.poses(ORBIT.replace(object="Toilet"))
    with pytest.raises(HouseError, match=r"Sofa to orbit is seen from .* 90 are needed"):
        home.poses(ORBIT.replace(object="Sofa", nearest_m=3.0, farthest_m=3.2))


def test_a_room_that_is_not_there_is_refused(home: Home) -> None:
    with pytest.raises(HouseError, match="this house has no Bathroom"):
        home.poses(WANDER.replace(room="Bathroom"))


def test_a_tour_enters_both_rooms(home: Home, plans: dict[str, list[AgentPose]]) -> None:
    assert rooms_entered(plans["room_to_room"], home.rooms) == 2


def test_coverage_sees_all_there_is_and_more_than_wandering(home: Home) -> None:
    covered = seen_in(home.clip(COVERAGE)[1]).any(axis=0)
    for seed in range(3):
        assert covered.sum() >= seen_in(home.clip(WANDER, seed)[1]).any(axis=0).sum()
    things = [not item.type.startswith("Door") for item in home.objects]
    assert covered[things].all()


def test_the_first_keyframes_show_the_same_objects_as_all(home: Home) -> None:
    match = measure_set_match(seen_in(home.clip(STILLS)[1]))
    assert list(match) == [1, 4, 8]
    assert match[1] >= 0.75
    assert match[1] <= match[4] <= match[8] == 1.0
    # From different sides: no two alike, and some metres between some.
    poses = home.poses(STILLS)
    assert len(set(poses)) == len(poses)
    assert np.ptp(places(poses), axis=0).max() > 1.0


def test_the_match_of_sets_by_hand() -> None:
    seen = np.zeros((8, 6), dtype=bool)
    seen[:, :3] = True
    seen[2, 3] = seen[5, 4] = True
    assert measure_set_match(seen) == {1: 3 / 5, 4: 4 / 5, 8: 1.0}
    assert measure_set_match(np.zeros((1, 3), dtype=bool)) == {1: 0.0}


def test_in_one_room_nothing_of_the_other_is_gone_to(home: Home) -> None:
    for spec in (COVERAGE, STILLS, LOOK):
        poses = home.poses(spec.replace(room="Kitchen"))
        assert all(pose.x < 4.0 for pose in poses)
