"""Asset packs: boxes are filled, fronts and colours are right, things stand on the mesh, errors help."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import shapely
import trimesh
import yaml
from click.testing import CliRunner
from trimesh.visual.material import PBRMaterial
from trimesh.visual.texture import TextureVisuals

from simgen.cli import main
from simgen.engine.assets import Asset, find_asset, load_assets
from simgen.engine.batch import build_batch
from simgen.engine.client import EmbeddedController
from simgen.engine.materials import SurfaceKind
from simgen.engine.packs import AssetPack, find_pack, load_pack, sweethome3d
from simgen.engine.packs.glb import linear_from_srgb, srgb_from_linear
from simgen.engine.packs.pack import MAX_STRETCH, stretch
from simgen.engine.scene import Body, scene_from_house
from simgen.engine.shapes import Shape
from simgen.engine.simulator import Simulator
from simgen.errors import AssetError, MissingSystemError, RecipeError
from simgen.recipe import Recipe, load_recipe
from simgen.release import card
from simgen.release.contents import ClipFacts, Contents
from simgen.scenes.capture import rooms_of, scene_objects
from simgen.store.clips import check_content, read_clip
from tests.engine.house_fixture import house_object, two_room_house
from tests.synthetic import write_synthetic_clip

RED, BLUE = (200, 40, 30), (20, 60, 180)
Block = tuple[Sequence[float], Sequence[float], tuple[int, int, int], str]
"""Lowest and highest corner in glTF's frame, sRGB, and the material's name."""

WIDTH, HEIGHT, DEPTH = find_asset("Dining_Table_27_1").size
TABLE: tuple[Block, ...] = (
    ((0.0, 0.0, 0.0), (WIDTH, 0.6 * HEIGHT, DEPTH), RED, "wood_top"),
    # A board along the back, so that the top is not the highest of the mesh.
    ((0.0, 0.0, 0.0), (WIDTH, HEIGHT, 0.05 * DEPTH), RED, "wood_top"),
)


MODEL = {
    "pack": "tiny@0",
    "model": "chair",
    "title": "A chair",
    "author": "B. Joiner",
    "licence": "CC-BY-3.0",
    "source": "https://example.org/chair",
    "changes": "fewer triangles",
}


def write_glb(path: Path, blocks: Sequence[Block]) -> None:
    scene = trimesh.Scene()
    for low, high, rgb, name in blocks:
        factor = [*np.rint(255 * linear_from_srgb(np.array(rgb) / 255.0)).astype(int).tolist(), 255]
        box = trimesh.creation.box(bounds=[low, high])
        box.unmerge_vertices()
        material = PBRMaterial(name=name, baseColorFactor=factor)
        box.visual = TextureVisuals(material=material)
        scene.add_geometry(box)
    scene.export(path)


def write_pack(
    folder: Path, models: dict[str, Sequence[Block]], serves: dict[str, list[str]], **fields: Any
) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    rows = {}
    for name, blocks in models.items():
        write_glb(folder / f"{name}.glb", blocks)
        rows[name] = {"file": f"{name}.glb", "licence": "CC0-1.0", "author": "A", "source": "test", **fields}
    manifest = {"name": "tiny", "models": rows, "serves": serves}
    (folder / "pack.yaml").write_text(yaml.safe_dump(manifest))
    return folder


def boxed(size: Sequence[float]) -> Sequence[Block]:
    return [((0.0, 0.0, 0.0), size, RED, "paint")]


def positions(shape: Shape) -> np.ndarray:
    return np.concatenate([part.positions for part in shape.parts])


def colour_centre(shape: Shape, rgb: tuple[int, int, int]) -> np.ndarray:
    """Centre of the part of this colour."""
    for part in shape.parts:
        if np.abs(np.array(part.material.rgb) * 255 - rgb).max() < 3:
            return (part.positions.min(axis=0) + part.positions.max(axis=0)) / 2
    raise AssertionError(f"nothing is {rgb}")


@pytest.fixture
def tables(tmp_path: Path) -> AssetPack:
    return load_pack(write_pack(tmp_path / "tables", {"table": TABLE}, {"DiningTable": ["table"]}))


def served(pack: AssetPack) -> list[Asset]:
    return [asset for asset in load_assets().values() if pack.model_for(asset) is not None]


class TestShape:
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
        assert stretch((1.0, 1.0, 1.0), (2.0, 1.0, 1.0)) == 2.0 > MAX_STRETCH

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


class TestMistakes:
    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"name": "Not A Name"}, "name: "),
            ({"colour": "red"}, "colour: extra inputs are not permitted"),
            ({"models": {}}, "models: "),
            ({"serves": {"Chair": ["tabel"]}}, "no model is called 'tabel'; did you mean 'table'?"),
            (
                {"serves": {"Chiar": ["table"]}},
                "serves.Chiar: neither an object type nor an asset id; did you mean",
            ),
        ],
    )
    def test_of_a_manifest(self, tables: AssetPack, change: dict[str, Any], message: str) -> None:
        path = tables.path / "pack.yaml"
        path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), **change}))
        with pytest.raises(AssetError) as caught:
            load_pack(tables.path)
        assert message in str(caught.value)
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)

    @pytest.mark.parametrize("text", ["- a\n", "a: [", "\x00"])
    def test_of_yaml(self, tables: AssetPack, text: str) -> None:
        (tables.path / "pack.yaml").write_text(text)
        with pytest.raises(AssetError, match=r"pack\.yaml: "):
            load_pack(tables.path)

    def test_a_model_that_is_missing_or_elsewhere(self, tables: AssetPack) -> None:
        (tables.path / "table.glb").unlink()
        with pytest.raises(AssetError, match=r"table\.glb is missing; put it here"):
            load_pack(tables.path)
        path = tables.path / "pack.yaml"
        path.write_text(path.read_text().replace("table.glb", "../table.glb"))
        with pytest.raises(AssetError, match=r"models\.table\.file"):
            load_pack(tables.path)

    def test_a_model_that_is_no_mesh(self, tables: AssetPack) -> None:
        (tables.path / "table.glb").write_bytes(b"not a mesh")
        with pytest.raises(AssetError, match=r"table\.glb: not a readable GLB"):
            load_pack(tables.path).shape_of(find_asset("Dining_Table_27_1"))

    def test_no_pack_at_all(self, tmp_path: Path) -> None:
        with pytest.raises(AssetError, match="simgen assets build sweethome3d"):
            load_pack(tmp_path)
        with pytest.raises(AssetError, match="no asset pack is called 'nothing'"):
            find_pack("nothing", tmp_path)


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


class TestIdentity:
    def test_it_follows_the_content(self, tables: AssetPack) -> None:
        assert tables.identity == load_pack(tables.path).identity
        write_glb(tables.path / "table.glb", TABLE[:1])
        assert tables.identity != load_pack(tables.path).identity

    def test_a_pack_is_found_by_name_path_and_content(self, tables: AssetPack) -> None:
        parent = tables.path.parent
        for reference in ("tables", f"tables@{tables.sha256[:16]}", str(tables.path)):
            assert find_pack(reference, parent).sha256 == tables.sha256
        with pytest.raises(AssetError, match="not tables@0000"):
            find_pack("tables@0000", parent)

    def test_the_recipes_hash_follows_it(self) -> None:
        plain = load_recipe("demo")
        assert plain.with_assets("a@1").sha256() != plain.with_assets("a@2").sha256() != plain.sha256()
        with pytest.raises(RecipeError, match="Unity has its own meshes"):
            plain.model_copy(update={"engine": "ai2thor"}).with_assets("a")
        assert Recipe.model_validate_json(plain.to_json()) == plain

    def test_attributions_name_the_models_in_use(self, tables: AssetPack) -> None:
        listed = tables.attributions(["Dining_Table_27_1", "Chair_204_1", "no such asset"])
        assert [row["model"] for row in listed] == ["table"]
        assert listed[0]["author"] == "A"
        assert listed[0]["licence"] == "CC0-1.0"
        assert listed[0]["pack"] == tables.identity


class TestSweetHome3D:
    def test_the_map_names_types_of_the_database(self) -> None:
        text = (Path(sweethome3d.__file__).parent / "sweethome3d.yaml").read_text()
        rows = yaml.safe_load(text)
        assert set(rows) <= {asset.object_type for asset in load_assets().values()}
        names = [row if isinstance(row, str) else row["model"] for models in rows.values() for row in models]
        assert {name.split("/")[0] for name in names} == set(sweethome3d.LIBRARIES)
        assert all(len(models) == len({str(row) for row in models}) for models in rows.values())
        assert sweethome3d.model_count() == len(set(names)) > 150

    def test_without_the_package_the_cure_is_named(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sweethome3d, "PACKAGE_FOLDER", tmp_path)
        with pytest.raises(MissingSystemError, match="apt-get install -y sweethome3d-furniture"):
            sweethome3d.build(tmp_path / "pack")
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.skipif(
        not sweethome3d.PACKAGE_FOLDER.exists(), reason="Debian's sweethome3d-furniture is not installed"
    )
    def test_a_build_is_whole_and_the_same_twice(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pytest.importorskip("fast_simplification", reason="simgen's extra `assets` is not installed")
        chosen = {
            "Bed": [("Scopia/bed1", 0.0)],  # textured
            "Sofa": [("BlendSwap-CC-0/winchesterSofa", 0.0)],  # of the CC0 library, but CC-BY
            "Chair": [("Scopia/chair", 0.0)],  # with a modelRotation
        }
        monkeypatch.setattr(sweethome3d, "_chosen", lambda: chosen)
        packs = []
        for _ in range(2):
            sweethome3d.build(tmp_path / "pack")
            packs.append(load_pack(tmp_path / "pack"))
        assert packs[0].sha256 == packs[1].sha256
        assert [path.name for path in tmp_path.iterdir()] == ["pack"]
        models = packs[0].models
        assert models["BlendSwap-CC-0/winchesterSofa"].licence == "CC-BY-3.0"
        assert "Scopia" in models["Scopia/bed1"].author
        bed = next(asset for asset in served(packs[0]) if asset.object_type == "Bed")
        shape = packs[0].shape_of(bed)
        assert shape is not None
        assert any(part.colours is not None for part in shape.parts)
        # The headboard is at the back.
        points = positions(shape)
        assert points[points[:, 1].argmax(), 2] < 0


def test_the_command_lists_packs(tables: AssetPack, tmp_path: Path) -> None:
    run = CliRunner().invoke
    empty = run(main, ["--data", str(tmp_path / "none"), "assets", "ls"])
    assert empty.exit_code == 0
    assert "simgen assets build sweethome3d" in empty.stdout
    (tmp_path / "data").mkdir()
    tables.path.parent.joinpath("tables").rename(tmp_path / "data" / "tables_there")
    (tmp_path / "data" / "assets").mkdir()
    (tmp_path / "data" / "tables_there").rename(tmp_path / "data" / "assets" / "tables")
    listed = run(main, ["--data", str(tmp_path / "data"), "assets", "ls"])
    assert listed.exit_code == 0
    assert "DiningTable: " in listed.stdout
    assert "CC0-1.0: 1" in listed.stdout


class TestAttributions:
    def test_a_clip_without_them_is_read(self, tmp_path: Path) -> None:
        path = write_synthetic_clip(tmp_path / "clip.h5")
        with h5py.File(path, "r+") as file:
            assert file.attrs["attributions"] == "[]"
            del file.attrs["attributions"]
            file.attrs["schema"] = "1.0"
        check_content(path)
        assert read_clip(path).info.attributions == "[]"

    def test_the_card_lists_each_model_once(self, tmp_path: Path) -> None:
        info = read_clip(write_synthetic_clip(tmp_path / "clip.h5")).info
        with_model = dataclasses.replace(info, attributions=json.dumps([MODEL]))
        clips = tuple(ClipFacts("demo", f"clip-{k}", with_model, 1, 1, (), (8, 8)) for k in range(2))
        sections = card.models_section(Contents((), (), clips))
        assert sections[0] == "## Models"
        assert "Changes made to them: fewer triangles." in sections[1]
        row = "| A chair (`chair`) | B. Joiner | CC-BY-3.0 | https://example.org/chair |"
        assert sections[2].count(row) == 1
        plain = tuple(dataclasses.replace(clip, info=info) for clip in clips)
        assert card.models_section(Contents((), (), plain)) == []


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
        (item,) = (o for o in scene_objects(listed, rooms_of(house)) if o.id == "t")
        found.append(item)
        controller.stop()
    box, mesh = (shapely.Polygon(item.footprint) for item in found)
    assert box.area == pytest.approx(asset.size[0] * asset.size[2])
    # The convex hull of the cross lacks a triangle of legs 0.4 at each corner: 4 * 0.4 * 0.4 / 2 of 1.
    assert mesh.area == pytest.approx(0.68 * box.area, rel=0.01)
    assert box.buffer(1e-6).covers(mesh)
    assert mesh.exterior.is_ccw
    np.testing.assert_array_equal(found[0].aabb, found[1].aabb)
