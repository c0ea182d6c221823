"""Thousands of random actions: whatever is sent, the state stays sound and the answer is whole."""

import copy
import functools
from typing import Any

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from simgen.engine.protocol.simulator import Simulator
from simgen.house.assets import find_asset
from tests.engine.house_fixture import house_object, two_room_house

pytestmark = pytest.mark.slow

EXAMPLES, STEPS = 60, 200
"""10,000 actions in all."""
RADIUS = 0.2
"""The agent's, metres: what its centre keeps from everything."""
SLACK = 1e-3
"""How far rounding, and circles drawn as polygons, may let the agent in, metres."""

NUMBER, TEXT, VECTOR, LIST = (int, float), str, dict, list
AGENT_FIELDS: dict[str, Any] = {
    "actionFloatReturn": NUMBER, "actionFloatsReturn": LIST, "actionIntReturn": int, "actionReturn": object,
    "actionStringsReturn": LIST, "actionVector3sReturn": LIST, "agent": VECTOR, "agentId": int,
    "cameraOrthSize": NUMBER, "cameraPosition": VECTOR, "collided": bool, "collidedObjects": LIST,
    "colorBounds": LIST, "colors": LIST, "currentTime": NUMBER, "distances": LIST, "errorCode": TEXT,
    "errorMessage": TEXT, "flatSurfacesOnGrid": LIST, "fov": NUMBER, "heldObjectPose": VECTOR,
    "inventoryObjects": LIST, "isOpenableGrid": LIST, "isSceneAtRest": bool, "lastAction": TEXT,
    "lastActionSuccess": bool, "normals": LIST, "objectIdsInBox": LIST, "objects": LIST,
    "sceneBounds": VECTOR, "sceneName": TEXT, "screenHeight": int, "screenWidth": int,
    "segmentedObjectIds": LIST, "thirdPartyCameras": LIST, "visibleRange": LIST,
}  # fmt: skip
"""What the client library's own schema asks for at the top level, and of what type."""
OBJECT_FIELDS: dict[str, Any] = {
    "name": TEXT, "objectId": TEXT, "objectType": TEXT, "position": VECTOR, "rotation": VECTOR,
    "distance": NUMBER, "visible": bool, "obstructed": bool, "receptacle": bool, "receptacleObjectIds": LIST,
    "parentReceptacles": LIST, "pickupable": bool, "moveable": bool, "mass": NUMBER, "salientMaterials": LIST,
    "openable": bool, "isOpen": bool, "toggleable": bool, "isToggled": bool, "breakable": bool,
    "isBroken": bool, "sliceable": bool, "isSliced": bool, "cookable": bool, "isCooked": bool,
    "dirtyable": bool, "isDirty": bool, "canFillWithLiquid": bool, "fillLiquid": (str, type(None)),
    "isFilledWithLiquid": bool, "canBeUsedUp": bool, "isUsedUp": bool, "isPickedUp": bool, "isMoving": bool,
    "isHeatSource": bool, "isColdSource": bool, "ObjectTemperature": TEXT, "axisAlignedBoundingBox": VECTOR,
    "objectOrientedBoundingBox": (dict, type(None)),
}  # fmt: skip
"""The same of each object."""


def furnished_house() -> dict[str, Any]:
    """Two rooms with things to open, switch on, pick up and put down."""
    placed = [
        ("Fridge_1", 0.6, 3.4, 180.0), ("Dining_Table_16_1", 2.0, 3.0, 0.0), ("Microwave_1", 3.4, 0.5, 0.0),
        ("Floor_Lamp_1", 7.5, 3.5, 0.0), ("Desk_Lamp_1", 4.6, 3.6, 0.0), ("Laptop_1", 7.2, 0.5, 30.0),
    ]  # fmt: skip
    items = [
        house_object(f"{asset}|{n}", asset, x, find_asset(asset).size[1] / 2, z, yaw)
        for n, (asset, x, z, yaw) in enumerate(placed)
    ]
    table = find_asset("Dining_Table_16_1").size[1]
    small = [("Mug_1", 1.8, 3.0), ("Bowl_1", 2.3, 3.05), ("Apple_1", 2.05, 2.85)]
    items[1]["children"] = [
        house_object(f"{asset}|9|{n}", asset, x, table + find_asset(asset).size[1] / 2 + 0.001, z)
        for n, (asset, x, z) in enumerate(small)
    ]
    return two_room_house(items)


HOUSE = furnished_house()
IDS = [item["id"] for item in HOUSE["objects"]] + [item["id"] for item in HOUSE["objects"][1]["children"]]

SMALL = IDS[5:]

junk = st.sampled_from([None, "x", -1, 1e12, float("nan"), [], {}, {"x": 1}, True, [1, "a"], {"y": "up"}])
ids = st.sampled_from([*IDS, "door|2|3", "room|2", "nothing|here"])
share = st.floats(-0.02, 1.02)
spots = st.fixed_dictionaries({"x": st.floats(0, 8), "y": st.just(0.9), "z": st.floats(0, 4)})
turns = st.fixed_dictionaries({"x": st.floats(-90, 90), "y": st.floats(0, 360), "z": st.floats(-45, 45)})
WALKING = st.one_of(
    st.fixed_dictionaries(
        {"action": st.sampled_from(["MoveAhead", "MoveBack", "MoveLeft", "MoveRight"])},
        optional={"moveMagnitude": st.floats(-0.5, 2.0)},
    ),
    st.fixed_dictionaries(
        {"action": st.sampled_from(["RotateLeft", "RotateRight", "LookUp", "LookDown"])},
        optional={"degrees": st.floats(-10, 100)},
    ),
    st.fixed_dictionaries(
        {"action": st.just("Teleport")},
        optional={
            "position": spots,
            "rotation": turns,
            "horizon": st.floats(-40, 70),
            "standing": st.booleans(),
        },
    ),
    st.fixed_dictionaries({"action": st.sampled_from(["Stand", "Crouch", "Pass", "Done", "ToggleMapView"])}),
)
ON_OBJECTS = st.fixed_dictionaries(
    {
        "action": st.sampled_from(
            ["OpenObject", "CloseObject", "ToggleObjectOn", "ToggleObjectOff", "PickupObject", "PutObject"]
        ),
        "objectId": ids,
        "forceAction": st.sampled_from([True, True, False]),
    }
)
CARRYING = st.sampled_from(
    [{"action": "PickupObject", "objectId": name, "forceAction": True} for name in SMALL]
    + [{"action": "PutObject", "objectId": name, "forceAction": True} for name in IDS[:3]]
    + [{"action": "DropHandObject"}]
)
AIMED = st.fixed_dictionaries(
    {
        "action": st.sampled_from(
            ["OpenObject", "PickupObject", "GetObjectInFrame", "GetCoordinateFromRaycast"]
        ),
        "x": share,
        "y": share,
    }
)
HAND = st.one_of(
    st.just({"action": "DropHandObject"}),
    st.fixed_dictionaries(
        {"action": st.just("MoveHeldObject")},
        optional={axis: st.floats(-0.3, 0.3) for axis in ("ahead", "right", "up")},
    ),
    st.fixed_dictionaries({"action": st.just("RotateHeldObject"), "yaw": st.floats(-90, 90)}),
)
PLACING = st.one_of(
    st.fixed_dictionaries(
        {"action": st.sampled_from(["DisableObject", "EnableObject"]), "objectId": st.sampled_from(SMALL)}
    ),
    st.fixed_dictionaries(
        {"action": st.just("InitialRandomSpawn"), "randomSeed": st.integers(0, 9)},
        optional={"objectIds": st.lists(ids, max_size=2), "receptacleObjectIds": st.lists(ids, max_size=2)},
    ),
    st.just({"action": "AdvancePhysicsStep"}),
    st.fixed_dictionaries({"action": st.just("PlaceObjectAtPoint"), "objectId": ids, "position": spots}),
)
CAMERAS = st.one_of(
    st.fixed_dictionaries(
        {"action": st.just("AddThirdPartyCamera"), "position": spots, "rotation": turns},
        optional={"fieldOfView": st.floats(-10, 200), "orthographic": st.booleans()},
    ),
    st.fixed_dictionaries(
        {"action": st.just("UpdateThirdPartyCamera")},
        optional={"thirdPartyCameraId": st.integers(-1, 3), "rotation": turns},
    ),
)
ASKING = st.one_of(
    st.fixed_dictionaries(
        {"action": st.sampled_from(["GetShortestPath", "GetInteractablePoses"]), "objectId": ids}
    ),
    st.fixed_dictionaries({"action": st.just("GetShortestPathToPoint"), "target": spots}),
    st.sampled_from([{"action": "GetReachablePositions"}, {"action": "GetMapViewCameraProperties"}]),
)
NONSENSE = st.fixed_dictionaries(
    {
        "action": st.sampled_from([
            "Teleport", "MoveAhead", "PutObject", "AddThirdPartyCamera", "OpenObject", "Initialize",
            "FlyAway", "CreateHouse", "SetObjectPoses", "SetObjectStates", "GetInteractablePoses",
            "SpawnAsset",
        ])
    },
    optional=dict.fromkeys(
        [
            "position", "rotation", "horizon", "moveMagnitude", "objectId", "house", "openness", "gridSize",
            "objectPoses", "SetObjectStates", "positions", "fieldOfView", "assetId", "agentId",
        ],
        junk,
    ),
)  # fmt: skip


class RandomActions(RuleBasedStateMachine):
    """One agent in the furnished house."""

    @initialize(draws=st.integers(0, 24))
    def start(self, draws: int) -> None:
        self.simulator = Simulator(16, 12, "fast")
        self.draws = draws == 0
        self.act({"action": "Initialize", "snapToGrid": False, "agentCount": 1})
        assert self.act({"action": "CreateHouse", "house": HOUSE})["lastActionSuccess"]

    @rule(action=st.one_of(WALKING, CARRYING, ON_OBJECTS, WALKING, AIMED, HAND, CARRYING))
    def plays(self, action: dict[str, Any]) -> None:
        self.act(action)

    @rule(action=st.one_of(PLACING, CAMERAS, ASKING, NONSENSE))
    def arranges(self, action: dict[str, Any]) -> None:
        self.act(action)

    def act(self, action: dict[str, Any]) -> dict[str, Any]:
        before = state(self.simulator)
        cameras = len(self.simulator.world.cameras)
        wants = self.draws and cameras < 3
        reply = self.simulator.step({"renderImage": wants, **copy.deepcopy(action)})
        metadata = reply.metadata["agents"][0]
        check_types(metadata)
        if not metadata["lastActionSuccess"]:
            assert metadata["errorMessage"], action
            assert state(self.simulator) == before, action
        self.metadata = metadata
        return metadata

    @invariant()
    def stands_free(self) -> None:
        world = self.simulator.world
        spot = np.array([world.pose.x, world.pose.z])
        # The wall between the rooms is at x = 4, with the door from z = 1.5 to 2.5.
        assert RADIUS - SLACK <= spot[0] <= 8 - RADIUS + SLACK
        assert RADIUS - SLACK <= spot[1] <= 4 - RADIUS + SLACK
        if not 1.5 < spot[1] < 2.5:
            assert abs(spot[0] - 4.0) >= RADIUS - SLACK
        for entry in self.metadata["objects"]:
            box = entry["objectOrientedBoundingBox"]
            if box is None or entry["objectType"] == "Doorway" or entry["isPickedUp"]:
                continue
            corners = np.array(box["cornerPoints"])
            if corners[:, 1].max() > 0.05 and corners[:, 1].min() < 1.8:
                assert distance_to_hull(spot, corners[:, [0, 2]]) >= RADIUS - SLACK, entry["objectId"]

    @invariant()
    def holds_once(self) -> None:
        held = [entry["objectId"] for entry in self.metadata["inventoryObjects"]]
        picked = [entry["objectId"] for entry in self.metadata["objects"] if entry["isPickedUp"]]
        listed = [entry["objectId"] for entry in self.metadata["objects"]]
        assert len(held) <= 1
        assert set(held) <= set(picked)
        assert not picked or held
        assert len(set(listed)) == len(listed)


def state(simulator: Simulator) -> Any:
    """All that a failed action must leave alone, as plain values."""
    world = simulator.world
    bodies = {
        body.id: (*body.position, *body.rotation_deg, body.openness, body.is_on, body.held, body.parent_id)
        for body in world.scene.bodies.values()
    }
    agents = [(a.pose, a.standing, a.held and a.held.object_id, a.map_view) for a in world.agents]
    settings = (
        world.grid_size,
        world.fov_deg,
        world.visibility_distance,
        world.width,
        world.height,
        world.listed,
    )
    return bodies, agents, len(world.cameras), sorted(world.disabled), settings


def check_types(metadata: dict[str, Any]) -> None:
    """The answer has every field that the client's schema asks for, each of its type."""
    for key, kind in AGENT_FIELDS.items():
        assert isinstance(metadata[key], kind), (key, metadata[key])
    for entry in metadata["objects"]:
        for key, kind in OBJECT_FIELDS.items():
            assert isinstance(entry[key], kind), (key, entry[key])
        assert len(entry["axisAlignedBoundingBox"]["cornerPoints"]) == 8


def distance_to_hull(point: np.ndarray, corners: np.ndarray) -> float:
    """Distance from a point (2,) to the convex hull of points (N, 2), 0 inside."""
    starts, along = hull_edges(tuple(map(tuple, corners.tolist())))
    offset = point - starts
    if (along[:, 0] * offset[:, 1] - along[:, 1] * offset[:, 0] >= 0.0).all():
        return 0.0
    share = np.clip((offset * along).sum(axis=1) / (along**2).sum(axis=1), 0.0, 1.0)
    return float(np.linalg.norm(offset - share[:, None] * along, axis=1).min())


@functools.cache
def hull_edges(corners: tuple[tuple[float, float], ...]) -> tuple[np.ndarray, np.ndarray]:
    """Starts (E, 2) and whole lengths (E, 2): those pairs of corners that have all others on their left."""
    points = np.array(corners)
    along = points[None] - points[:, None]  # (N, N, 2)
    offset = points[None, None] - points[:, None, None]  # (N, 1, N, 2)
    left = along[:, :, None, 0] * offset[..., 1] - along[:, :, None, 1] * offset[..., 0]
    edges = (left >= -1e-9).all(axis=2) & (np.linalg.norm(along, axis=2) > 1e-6)
    first, _ = np.nonzero(edges)
    return points[first], along[edges]


RandomActions.TestCase.settings = hypothesis.settings(
    max_examples=EXAMPLES,
    stateful_step_count=STEPS,
    derandomize=True,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.data_too_large],
)
TestRandomActions = RandomActions.TestCase
