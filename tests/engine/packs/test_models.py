"""Models of a pack in the scene: their size, turn, surfaces and outline, and which is chosen."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
import trimesh

from simgen.engine.draw.batch import build_batch
from simgen.engine.look.materials import SurfaceKind
from simgen.engine.packs import AssetPack, load_pack
from simgen.engine.packs.glb import linear_from_srgb, srgb_from_linear
from simgen.engine.packs.pack import MAX_STRETCH, stretch_ratio
from simgen.engine.protocol.client import EmbeddedController
from simgen.engine.protocol.simulator import Simulator
from simgen.engine.world.scene import Body, scene_from_house
from simgen.house.assets import find_asset, load_assets
from simgen.scenes.capture import read_objects
from simgen.scenes.enter import read_rooms
from tests.engine.house_fixture import house_object, two_room_house
from tests.engine.packs.tiny_packs import (
    BLUE,
    DEPTH,
    HEIGHT,
    RED,
    TABLE,
    WIDTH,
    boxed,
    colour_centre,
    positions,
    served,
    write_pack,
)


class TestShape:
    @pytest.mark.slow
    def test_every_served_asset_fills_its_box(self, tmp_path: Path) -> None:
        every = {asset.object_type: ["cube"] for asset in load_assets().values()}
        pack = load_pack(write_pack(tmp_path / "p", {"cube": boxed((1, 1, 1))}, every))
        assets = served(pack)
        assert len(assets) > 200
        for asset in assets:
            shape = pack.shape_of(asset)
            assert shape is not None
            points = positions(shape)
            np.testing.assert_allclose(points.max(axis=0), np.array(asset.size) / 2, atol=1e-6)
            np.testing.assert_allclose(points.min(axis=0), -np.array(asset.size) / 2, atol=1e-6)

    @pytest.mark.parametrize(
        ("turn_deg", "expected"), [(0, (-1, 1)), (90, (1, 1)), (180, (1, -1)), (-90, (-1, -1))]
    )
    def test_the_mirror_and_the_turn(
        self, tmp_path: Path, turn_deg: float, expected: tuple[int, int]
    ) -> None:
        # glTF's +x is the engine's -x. From above, clockwise in glTF (z down the page): the corner at
        # (+x, +z) goes to (-x, +z), then to (-x, -z).
        blocks = [*boxed((1, 1, 1)), ((0.8, 0.0, 0.8), (1.0, 1.0, 1.0), BLUE, "corner")]
        folder = write_pack(tmp_path / "p", {"m": blocks}, {"Vase": ["m"]}, turn_deg=turn_deg)
        pack = load_pack(folder)
        vase = next(asset for asset in served(pack) if asset.object_type == "Vase")
        shape = pack.shape_of(vase)
        assert shape is not None
        centre = colour_centre(shape, BLUE)
        assert (np.sign(centre[0]), np.sign(centre[2])) == expected

    def test_faces_and_normals_look_outward(self, tables: AssetPack) -> None:
        shape = tables.shape_of(find_asset("Dining_Table_27_1"))
        assert shape is not None
        for part in shape.parts:
            a, b, c = (part.positions[part.faces[:, k]] for k in range(3))
            wound = np.cross(b - a, c - a)
            assert (np.einsum("ij,ij->i", wound, part.normals[part.faces[:, 0]]) > 0).all()
        assert np.einsum("ij,ij->i", *(shape.parts[0].positions, shape.parts[0].normals)).mean() > 0

    def test_colours_and_kinds(self, tables: AssetPack) -> None:
        shape = tables.shape_of(find_asset("Dining_Table_27_1"))
        assert shape is not None
        assert {part.material.kind for part in shape.parts} == {SurfaceKind.WOOD}
        assert all(part.colours is None for part in shape.parts)
        np.testing.assert_allclose(np.array(shape.parts[0].material.rgb) * 255, RED, atol=4)

    def test_light_and_srgb_are_inverse(self) -> None:
        values = np.linspace(0.0, 1.0, 101)
        np.testing.assert_allclose(srgb_from_linear(linear_from_srgb(values)), values, atol=1e-6)
        assert srgb_from_linear(np.array(0.214)) == pytest.approx(
            0.5, abs=1e-3
        )  # mid grey, from IEC 61966-2-1


class TestSurfaces:
    def test_they_are_at_the_meshs_height(self, tables: AssetPack) -> None:
        asset = find_asset("Dining_Table_27_1")
        shape = tables.shape_of(asset)
        assert shape is not None
        assert len(shape.surfaces) == 1
        surface = shape.surfaces[0]
        assert surface.y == pytest.approx((0.6 - 0.5) * asset.size[1], abs=1e-5)
        # The back board, at -z, is no place to stand.
        assert surface.z_min > -asset.size[2] / 2 + 0.05 * asset.size[2]
        assert surface.clearance == np.inf

    def test_a_slope_has_none(self, tmp_path: Path) -> None:
        folder = write_pack(tmp_path / "p", {"ramp": TABLE}, {"DiningTable": ["ramp"]})
        ramp = trimesh.creation.cone(radius=1.0, height=1.0)
        ramp.apply_transform(trimesh.transformations.rotation_matrix(-np.pi / 2, (1, 0, 0)))
        ramp.apply_scale((WIDTH / 2.0, HEIGHT, DEPTH / 2.0))
        ramp.export(folder / "ramp.glb")
        pack = load_pack(folder)
        assets = served(pack)
        assert assets
        for asset in assets:
            shape = pack.shape_of(asset)
            assert shape is not None
            assert shape.surfaces == ()

    def test_the_plan_is_the_meshs_outline(self, tmp_path: Path) -> None:
        ell = [
            ((0.0, 0.0, 0.0), (2.0, 1.0, 0.5), RED, "a"),
            ((0.0, 0.0, 0.0), (0.5, 1.0, 1.2), RED, "b"),
        ]
        pack = load_pack(write_pack(tmp_path / "p", {"ell": ell}, {"Sofa": ["ell"]}))
        asset = next(asset for asset in served(pack))
        plan = pack.plan_of(asset)
        assert plan is not None
        # 2 x 0.5 and 0.5 x 0.7 of 2 x 1.2.
        assert plan.area / (asset.size[0] * asset.size[2]) == pytest.approx(1.35 / 2.4, abs=0.02)
        body = Body("x", asset, np.array([3.0, 1.0, 2.0]), (0.0, 90.0, 0.0), pack=pack)
        assert body.plan.area == pytest.approx(plan.area)
        assert shapely.covers(body.footprint.buffer(1e-6), body.plan)


class TestChoice:
    def test_the_same_asset_has_the_same_model(self, tmp_path: Path) -> None:
        models = {f"m{k}": boxed((1.0, 1.0 + 0.1 * k, 1.0)) for k in range(5)}
        folder = write_pack(tmp_path / "p", models, {"Chair": list(models)})
        one, other = load_pack(folder), load_pack(folder)
        chosen = {asset.asset_id: one.model_for(asset) for asset in served(one)}
        assert len(set(chosen.values())) > 1
        assert chosen == {asset.asset_id: other.model_for(asset) for asset in served(other)}

    def test_the_least_stretched_is_the_likeliest(self, tmp_path: Path) -> None:
        models = {"low": boxed((1.0, 1.0, 1.0)), "fits": boxed((0.5, 0.9, 0.55))}
        pack = load_pack(write_pack(tmp_path / "p", models, {"Chair": list(models)}))
        chosen = [pack.model_for(asset) for asset in served(pack)]
        assert chosen.count("fits") > 3 * chosen.count("low")

    def test_what_would_be_stretched_too_far_keeps_its_shape(self, tmp_path: Path) -> None:
        pack = load_pack(write_pack(tmp_path / "p", {"pole": boxed((0.1, 3.0, 0.1))}, {"Chair": ["pole"]}))
        assert served(pack) == []
        assert stretch_ratio((1.0, 1.0, 1.0), (2.0, 1.0, 1.0)) == 2.0 > MAX_STRETCH

    def test_what_opens_and_what_is_in_a_wall_keeps_its_shape(self, tmp_path: Path) -> None:
        types = ["Fridge", "Doorway", "Doorframe", "Window", "Blinds"]
        sizes = {a.object_type: a.size for a in load_assets().values() if a.object_type in types}
        models = {kind.lower(): boxed(sizes[kind]) for kind in types}
        pack = load_pack(write_pack(tmp_path / "p", models, {kind: [kind.lower()] for kind in types}))
        assert served(pack) == []

    def test_an_asset_id_comes_before_its_type(self, tmp_path: Path) -> None:
        size = find_asset("Chair_204_1").size
        models = {"any": boxed(size), "own": boxed(size)}
        pack = load_pack(write_pack(tmp_path / "p", models, {"Chair": ["any"], "Chair_204_1": ["own"]}))
        assert pack.model_for(find_asset("Chair_204_1")) == "own"
        assert pack.model_for(find_asset("Chair_204_2")) in ("any", None)


class TestScene:
    def test_a_simulator_draws_with_it(self, tables: AssetPack) -> None:
        house = two_room_house([house_object("table", "Dining_Table_27_1", 1.0, 0.38, 1.0)])
        plain, packed = Simulator(64, 48), Simulator(64, 48, assets=tables.path)
        triangles, boxes = [], []
        for simulator in (plain, packed):
            reply = simulator.step({"action": "CreateHouse", "house": house, "renderImage": False})
            objects = {o["objectId"]: o for o in reply.metadata["agents"][0]["objects"]}
            boxes.append(objects["table"]["objectOrientedBoundingBox"])
            triangles.append(simulator.triangle_count())
        assert boxes[0] == boxes[1]
        assert triangles[0] != triangles[1]

    def test_without_a_model_nothing_changes(self, tables: AssetPack) -> None:
        house = two_room_house([house_object("chair", "Chair_204_1", 1.0, 0.45, 1.0)])
        plain, packed = (build_batch(scene_from_house(house, pack)) for pack in (None, tables))
        for field in dataclasses.fields(plain):
            one, other = getattr(plain, field.name), getattr(packed, field.name)
            assert np.array_equal(one, other) if isinstance(one, np.ndarray) else one == other


def test_a_clips_footprint_is_the_meshs_own(tmp_path: Path) -> None:
    # A cross of two bars fills its box, but not the box's corners.
    cross = [
        ((0.4, 0.0, 0.0), (0.6, 1.0, 1.0), RED, "paint"),
        ((0.0, 0.0, 0.4), (1.0, 1.0, 0.6), RED, "paint"),
    ]
    folder = write_pack(tmp_path / "p", {"cross": cross}, {"DiningTable": ["cross"]})
    asset = served(load_pack(folder))[0]
    house = two_room_house([house_object("t", asset.asset_id, 2.0, asset.size[1] / 2, 2.0)])
    found = []
    for assets in (None, folder):
        controller: Any = EmbeddedController(width=64, height=48, headless=True, assets=assets)
        controller.step(action="CreateHouse", house=house)
        listed = controller.last_event.metadata["objects"]
        (item,) = (o for o in read_objects(listed, read_rooms(house)) if o.id == "t")
        found.append(item)
        controller.stop()
    box, mesh = (shapely.Polygon(item.footprint) for item in found)
    assert box.area == pytest.approx(asset.size[0] * asset.size[2])
    # The convex hull of the cross lacks a triangle of legs 0.4 at each corner: 4 * 0.4 * 0.4 / 2 of 1.
    assert mesh.area == pytest.approx(0.68 * box.area, rel=0.01)
    assert box.buffer(1e-6).covers(mesh)
    assert mesh.exterior.is_ccw
    np.testing.assert_array_equal(found[0].aabb, found[1].aabb)
