"""Small things on receptacles: on the surface, inside it, apart from each other."""

import numpy as np
import pytest

from simgen.engine.protocol.client import EmbeddedController
from simgen.engine.world.agent import unity_euler
from simgen.engine.world.rest import LIFT, scene_at_rest, settle_falling
from simgen.engine.world.scene import bodies_overlapping
from simgen.geometry.frames import euler_rotation
from simgen.house.assets import load_assets
from tests.engine.house_fixture import house_object, two_room_house


def _asset_of(object_type: str) -> str:
    return next(a.asset_id for a in load_assets().values() if a.object_type == object_type)


def test_spawned_things_lie_on_the_table_and_do_not_overlap() -> None:
    table = load_assets()[_asset_of("DiningTable")]
    controller = EmbeddedController(width=64, height=48, headless=True)
    item = house_object("2|0", table.asset_id, 2.0, table.size[1] / 2, 2.0, yaw=40.0)
    controller.step(action="CreateHouse", house=two_room_house([item]))
    placed = []
    for index in range(8):
        name = f"small|2|{index}"
        controller.step(
            action="SpawnAsset",
            assetId=_asset_of("Bowl"),
            generatedId=name,
            position={"x": 0, "y": -20, "z": 0},
        )
        event = controller.step(
            action="InitialRandomSpawn", randomSeed=index, objectIds=[name], receptacleObjectIds=["2|0"]
        )
        if event:
            placed.append(name)
        else:
            controller.step(action="DisableObject", objectId=name)
    assert len(placed) >= 3
    bodies = controller.simulator.world.scene.bodies
    for name in placed:
        body = bodies[name]
        assert body.parent_id == "2|0"
        assert bodies["2|0"].footprint.buffer(1e-6).covers(body.footprint)
        assert abs(body.corners[:, 1].min() - table.size[1]) < 0.1
        others = [bodies[other] for other in placed if other != name]
        assert bodies_overlapping(others, body.box) == []


def test_the_same_seed_places_the_same_way() -> None:
    def place() -> np.ndarray:
        table = load_assets()[_asset_of("DiningTable")]
        item = house_object("2|0", table.asset_id, 2.0, table.size[1] / 2, 2.0)
        controller = EmbeddedController(width=64, height=48, headless=True)
        controller.step(action="CreateHouse", house=two_room_house([item]))
        controller.step(action="SpawnAsset", assetId=_asset_of("Bowl"), generatedId="b")
        assert controller.step(
            action="InitialRandomSpawn", randomSeed=5, objectIds=["b"], receptacleObjectIds=["2|0"]
        )
        return controller.simulator.world.scene.bodies["b"].position

    assert np.array_equal(place(), place())


def test_a_dropped_bat_comes_to_rest_on_the_floor() -> None:
    bat = load_assets()[_asset_of("BaseballBat")]
    item = {**house_object("2|0", bat.asset_id, 2.0, 3.0, 2.0), "kinematic": False}
    controller = EmbeddedController(width=64, height=48, headless=True)
    controller.step(action="CreateHouse", house=two_room_house([item]))
    controller.step(action="AdvancePhysicsStep", timeStep=0.01, allowAutoSimulation=True)
    body = controller.simulator.world.scene.bodies["2|0"]
    assert abs(body.corners[:, 1].min()) < 0.01


def test_what_hovers_above_its_table_is_let_down() -> None:
    assets = load_assets()
    table, bowl = assets[_asset_of("DiningTable")], assets[_asset_of("Bowl")]
    item = house_object("2|0", table.asset_id, 2.0, table.size[1] / 2, 2.0)
    hovering = house_object("small|2|0", bowl.asset_id, 2.0, table.size[1] + bowl.size[1] / 2 + 0.05, 2.0)
    item["children"] = [{**hovering, "kinematic": False}]
    controller = EmbeddedController(width=64, height=48, headless=True)
    controller.step(action="CreateHouse", house=two_room_house([item]))
    body = controller.simulator.world.scene.bodies["small|2|0"]
    assert abs(body.corners[:, 1].min() - table.size[1]) < 0.01


def test_a_dropped_bat_does_not_come_to_rest_on_a_plant() -> None:
    bat, plant = load_assets()[_asset_of("BaseballBat")], load_assets()[_asset_of("HousePlant")]
    items = [
        house_object("1|0", plant.asset_id, 2.0, plant.size[1] / 2.0, 2.0),
        {**house_object("2|0", bat.asset_id, 2.0, 2.4, 2.1), "kinematic": False},
    ]
    scene = scene_at_rest(two_room_house(items))
    settle_falling(scene)
    low, high = (scene.bodies["2|0"].corners.min(axis=0), scene.bodies["2|0"].corners.max(axis=0))
    other_low, other_high = (scene.bodies["1|0"].corners.min(axis=0), scene.bodies["1|0"].corners.max(axis=0))
    assert low[1] == pytest.approx(LIFT, abs=1e-6)
    assert high[1] < 0.2, "it lies"
    apart = (low > other_high) | (high < other_low)
    assert apart[[0, 2]].any()
    assert np.hypot(*(scene.bodies["2|0"].position[[0, 2]] - [2.0, 2.1])) <= 1.5


@pytest.mark.parametrize("x_deg", [0.0, 12.0, 90.0])
@pytest.mark.parametrize("y_deg", [0.0, 30.0, 135.0, 350.0])
def test_angles_of_a_rotation_without_roll(x_deg: float, y_deg: float) -> None:
    rotation = euler_rotation(x_deg, y_deg, 0.0)
    np.testing.assert_allclose(euler_rotation(*unity_euler(rotation)), rotation, atol=1e-9)
