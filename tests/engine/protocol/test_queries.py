"""What an agent can ask: ways, poses, rays."""

import math
from collections.abc import Iterator
from typing import Any

import hypothesis
import numpy as np
import pytest
import shapely
from hypothesis import strategies as st

from simgen.engine.protocol.client import EmbeddedController
from simgen.engine.world.navigation import free_space, reachable_positions
from simgen.engine.world.rest import scene_at_rest
from simgen.geometry.visibility_graph import VisibilityGraph
from simgen.house.assets import find_asset
from tests.engine.house_fixture import house_object, two_room_house

WIDTH, HEIGHT, DEPTH = find_asset("Fridge_1").size
RADIUS = 0.2
FRIDGE = house_object("Fridge|2|0", "Fridge_1", 2.0, HEIGHT / 2, 2.0)


@pytest.fixture
def controller() -> Iterator[Any]:
    """A fridge in the middle of the left room; the agent at (0.5, 0.5) looks along +z."""
    made = EmbeddedController(width=64, height=48, headless=True, gridSize=0.25)
    made.step(action="CreateHouse", house=two_room_house([FRIDGE]))
    spot = {"x": 0.5, "y": 0.9, "z": 0.5}
    assert made.step(action="TeleportFull", position=spot, rotation=0, horizon=0, standing=True)
    yield made
    made.stop()


def point(x: float, z: float) -> dict[str, float]:
    return {"x": x, "y": 0.9, "z": z}


def length(corners: list[dict[str, float]]) -> float:
    places = np.array([[c["x"], c["z"]] for c in corners])
    return float(np.linalg.norm(np.diff(places, axis=0), axis=1).sum())


def test_a_free_way_is_straight(controller: Any) -> None:
    event = controller.step(action="GetShortestPathToPoint", position=point(0.5, 0.5), target=point(3.5, 0.7))
    assert event.metadata["actionReturn"]["corners"] == [
        {"x": 0.5, "y": 0.0, "z": 0.5},
        {"x": 3.5, "y": 0.0, "z": 0.7},
    ]


def test_a_way_around_a_box_is_two_tangents_two_arcs_and_its_side(controller: Any) -> None:
    start, end = point(2.0, 0.4), point(2.0, 3.6)
    event = controller.step(action="GetShortestPathToPoint", position=start, x=end["x"], y=0.0, z=end["z"])
    # The agent's centre keeps 0.2 m from the box, so it rounds each corner of one side on an arc.
    across, ahead = WIDTH / 2, 2.0 - DEPTH / 2 - 0.4
    to_corner = math.hypot(across, ahead)
    heading = math.atan2(across, ahead) + math.asin(RADIUS / to_corner)
    expected = 2 * (math.sqrt(to_corner**2 - RADIUS**2) + RADIUS * heading) + DEPTH
    assert length(event.metadata["actionReturn"]["corners"]) == pytest.approx(expected, rel=1e-3)


def test_a_point_in_a_wall_is_too_far_from_any_way(controller: Any) -> None:
    event = controller.step(action="GetShortestPathToPoint", target=point(2.0, 2.0))
    assert not event
    assert "No point on NavMesh near targetPosition" in event.metadata["errorMessage"]


def test_a_closed_door_leaves_no_way_to_the_other_room() -> None:
    controller: Any = EmbeddedController(width=64, height=48, headless=True)
    controller.step(action="CreateHouse", house=two_room_house(door_openness=0.0))
    event = controller.step(action="GetShortestPathToPoint", target=point(6.0, 2.0))
    assert "Could not find path" in event.metadata["errorMessage"]


def test_the_way_to_an_object_ends_where_it_can_be_seen(controller: Any) -> None:
    by_id = controller.step(action="GetShortestPath", objectId="Fridge|2|0", position=point(0.5, 0.5))
    corners = by_id.metadata["actionReturn"]["corners"]
    by_type = controller.step(action="GetShortestPath", objectType="Fridge", position=point(0.5, 0.5))
    assert by_type.metadata["actionReturn"]["corners"] == corners
    end = corners[-1]
    assert max(abs(end["x"] - 2.0) - WIDTH / 2, abs(end["z"] - 2.0) - DEPTH / 2) <= 1.5
    assert not controller.step(action="GetShortestPath", objectType="Television")


@pytest.mark.slow
@hypothesis.given(seed=st.integers(0, 10_000))
@hypothesis.settings(max_examples=25, deadline=None)
def test_no_way_on_the_grid_is_shorter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    space = free_space(scene_at_rest(two_room_house([FRIDGE])))
    grid = reachable_positions(space, np.array([0.5, 0.5]), 0.5)
    start, end = grid[rng.choice(len(grid), 2, replace=False)]
    path = VisibilityGraph(space.area, 1e-9).shortest_path(start, end)
    assert path is not None
    assert space.area.buffer(1e-6).covers(shapely.LineString(path))
    walked = float(np.linalg.norm(np.diff(path, axis=0), axis=1).sum())
    assert np.linalg.norm(end - start) - 1e-9 <= walked <= _grid_distance(space, grid, start, end) + 1e-9


def _grid_distance(space: Any, grid: np.ndarray, start: np.ndarray, end: np.ndarray) -> float:
    """Shortest way between grid points over free straight lines between any two of them (Dijkstra)."""
    left = list(range(len(grid)))
    cost = np.where((grid == start).all(axis=1), 0.0, np.inf)
    while left:
        here = min(left, key=lambda index: cost[index])
        left.remove(here)
        if (grid[here] == end).all() or np.isinf(cost[here]):
            return float(cost[here])
        for there in left:
            far = float(np.linalg.norm(grid[there] - grid[here]))
            if cost[here] + far < cost[there] and far < 1.2 and space.allows(grid[here], grid[there]):
                cost[there] = cost[here] + far
    return math.inf


def test_interactable_poses_are_those_that_see_the_object(controller: Any) -> None:
    listed = controller.step(action="GetInteractablePoses", objectId="Fridge|2|0", standings=[True])
    poses = listed.metadata["actionReturn"]
    assert poses
    keys = {(p["x"], p["z"], p["rotation"], p["horizon"]) for p in poses}
    assert set(poses[0]) == {"x", "y", "z", "rotation", "standing", "horizon"}
    places = controller.step(action="GetReachablePositions").metadata["actionReturn"]
    rng = np.random.default_rng(0)
    for place in rng.choice(np.array(places, dtype=object), 12, replace=False):
        for turn in (0.0, 90.0, 180.0, 270.0):
            event = controller.step(
                action="TeleportFull", position=place, rotation=turn, horizon=0, standing=True
            )
            seen = next(o["visible"] for o in event.metadata["objects"] if o["objectId"] == "Fridge|2|0")
            assert seen == ((place["x"], place["z"], turn, 0.0) in keys)


def test_one_list_for_each_part_of_a_pose(controller: Any) -> None:
    event = controller.step(
        action="PositionsFromWhichItemIsInteractable", objectId="Fridge|2|0", horizon=0, standing=True
    )
    lists = event.metadata["actionReturn"]
    assert {len(values) for values in lists.values()} == {len(lists["x"])}
    assert set(lists["horizon"]) == {0.0}


def test_a_ray_through_a_pixel_meets_what_the_picture_shows() -> None:
    controller: Any = EmbeddedController(
        width=64, height=48, renderInstanceSegmentation=True, renderDepthImage=True, picture_quality="fast"
    )
    controller.step(action="CreateHouse", house=two_room_house([FRIDGE]))
    event = controller.step(
        action="TeleportFull", position=point(2.0, 0.5), rotation=15, horizon=10, standing=True
    )
    agree = 0
    pixels = [(row, column) for row in range(4, 48, 8) for column in range(4, 64, 12)]
    for row, column in pixels:
        color = tuple(int(value) for value in event.instance_segmentation_frame[row, column])
        shown = event.color_to_object_id[color]
        # y counts from the upper edge.
        found = controller.step(
            action="GetObjectInFrame", x=(column + 0.5) / 64, y=(row + 0.5) / 48, renderImage=False
        )
        if shown.startswith(("wall", "ceiling")):
            agree += not found
        else:
            agree += found.metadata["actionReturn"] == shown
    assert agree >= len(pixels) - 1


def test_a_raycast_tells_the_point_and_the_distance(controller: Any) -> None:
    event = controller.step(
        action="PerformRaycast",
        origin={"x": 2.0, "y": 1.0, "z": 0.2},
        destination={"x": 2.0, "y": 1.0, "z": 1.0},
    )
    hit = event.metadata["actionReturn"]
    assert hit["objectId"] == "Fridge|2|0"
    # The fridge's front, with its handles, fills the box: it begins at z = 2 - depth / 2 at the latest.
    assert hit["hitDistance"] == pytest.approx(2.0 - DEPTH / 2 - 0.2, abs=0.1)
    assert hit["hitPoint"]["z"] == pytest.approx(0.2 + hit["hitDistance"])


def test_object_types_and_metadata_by_id(controller: Any) -> None:
    ids = controller.step(action="ObjectTypeToObjectIds", objectType="Fridge").metadata["actionReturn"]
    assert ids == ["Fridge|2|0"]
    entries = controller.step(action="GetObjectMetadata", objectIds=["Fridge|2|0", "none"])
    assert [entry["objectId"] for entry in entries.metadata["actionReturn"]] == ids


@pytest.mark.parametrize(
    ("action", "arguments"),
    [
        ("MoveAhead", {"moveMagnitude": "far"}),
        ("Teleport", {"position": {"x": math.nan, "y": 0.9, "z": 1.0}}),
        ("Teleport", {"position": 5}),
        ("TeleportFull", {"position": point(1, 1), "rotation": 0, "horizon": math.inf, "standing": True}),
        ("OpenObject", {"objectId": 7}),
        ("GetInteractablePoses", {"objectId": "Fridge|2|0", "rotations": ["north"]}),
        ("Initialize", {"gridSize": "fine"}),
        ("MoveAhead", {"agentId": 3}),
    ],
)
def test_arguments_of_the_wrong_kind_are_refused(
    controller: Any, action: str, arguments: dict[str, Any]
) -> None:
    before = controller.last_event.metadata["agent"]
    with pytest.raises(ValueError, match=r"invalid argument|agentId 3 is not one of 0 to 0"):
        controller.step(action=action, **arguments)
    assert controller.last_event.metadata["agent"] == before


@pytest.mark.parametrize(
    ("option", "value", "reason"),
    [
        ("agentMode", "drone", "agentMode drone is not simulated"),
        ("renderNormalsImage", True, "not drawn"),
        ("gridSize", 0.0, "grid size must be in the range"),
        ("fieldOfView", 180.0, "fov must be set to"),
        ("rotateStepDegrees", 45.0, "snapToGrid"),
        ("visibilityScheme", "Sonar", "visibilityScheme Sonar"),
        ("agentCount", 0, "agentCount must be from 1"),
    ],
)
def test_initialize_refuses_what_is_not_simulated(option: str, value: Any, reason: str) -> None:
    with pytest.raises(RuntimeError, match=reason):
        EmbeddedController(width=64, height=48, headless=True, **{option: value})
