"""Every asset's mesh fills its metric box, faces outward and stays small."""

import numpy as np
import pytest

from simgen.engine.look.materials import SurfaceKind
from simgen.engine.shapes import SHAPES, Part, Shape, build_shape, types_without_shape
from simgen.engine.shapes import mesh as solids
from simgen.errors import EngineError
from simgen.house.assets import Asset, find_asset, load_assets

ASSETS = load_assets()
FURNITURE_TRIANGLES, SMALL_TRIANGLES = 1500, 800
SMALL_METRES = 0.5
UNIT = (0.0, 1.0)
RECEPTACLES = (
    "CounterTop",
    "DiningTable",
    "CoffeeTable",
    "SideTable",
    "Desk",
    "Dresser",
    "ShelvingUnit",
    "TVStand",
    "Bed",
    "Sofa",
    "ArmChair",
    "Chair",
    "Stool",
    "Ottoman",
    "Toilet",
    "Sink",
)


def positions(shape: Shape) -> np.ndarray:
    return np.concatenate([part.positions for part in shape.parts])


def triangles(part: Part) -> np.ndarray:
    return part.positions[part.faces].astype(float)


def kinds(shape: Shape) -> set[SurfaceKind]:
    return {part.material.kind for part in shape.parts}


@pytest.fixture(scope="module")
def shapes() -> dict[str, Shape]:
    return {asset_id: build_shape(asset) for asset_id, asset in ASSETS.items()}


def test_the_database_is_whole() -> None:
    # 1,633 assets with metadata and 20 door frames that have only a box.
    assert len(ASSETS) == 1653
    assert len({asset.object_type for asset in ASSETS.values()}) == 109


def test_every_type_has_a_shape_or_is_listed() -> None:
    types = {asset.object_type for asset in ASSETS.values()}
    assert set(types_without_shape()) == types - set(SHAPES)
    assert set(SHAPES) <= types


def test_every_asset_fills_its_box(shapes: dict[str, Shape]) -> None:
    for asset_id, shape in shapes.items():
        half = np.array(ASSETS[asset_id].size) / 2.0
        points = positions(shape)
        np.testing.assert_allclose(points.min(axis=0), -half, atol=1e-3, err_msg=asset_id)
        np.testing.assert_allclose(points.max(axis=0), half, atol=1e-3, err_msg=asset_id)
        assert shape.size == ASSETS[asset_id].size


def test_vertices_are_sound(shapes: dict[str, Shape]) -> None:
    for asset_id, shape in shapes.items():
        for part in shape.parts:
            assert part.positions.dtype == part.normals.dtype == np.float32
            assert part.faces.dtype == np.int32
            assert np.isfinite(part.positions).all(), asset_id
            np.testing.assert_allclose(np.linalg.norm(part.normals, axis=1), 1.0, atol=1e-4, err_msg=asset_id)
            assert 0 <= part.faces.min() <= part.faces.max() < len(part.positions), asset_id


def test_normals_agree_with_the_winding(shapes: dict[str, Shape]) -> None:
    for asset_id, shape in shapes.items():
        for part in shape.parts:
            a, b, c = (triangles(part)[:, k] for k in range(3))
            areas = np.cross(b - a, c - a)
            facing = np.einsum("fi,fi->f", areas, part.normals[part.faces].mean(axis=1))
            # At a sharp fold (a pillow's seam, a leaf that droops) a smoothed normal may look back.
            wrong = np.linalg.norm(areas[facing < -1e-12], axis=1).sum()
            assert wrong <= 0.05 * np.linalg.norm(areas, axis=1).sum(), asset_id


def test_solids_are_wound_outward() -> None:
    made = {
        "box": solids.box(UNIT, UNIT, UNIT),
        "frustum": solids.frustum((UNIT, UNIT), ((0.2, 0.8), (0.3, 0.7)), UNIT),
        "rounded box": solids.rounded_box(UNIT, UNIT, UNIT, 0.2, 3),
        "cylinder": solids.cylinder(0.0, 0.0, 1.0, UNIT),
        "ball": solids.ellipsoid((0.0, 0.0, 0.0), (1.0, 2.0, 1.0)),
        "tube": solids.tube([(0.0, 0.0, 0.0), (0.0, 1.0, 0.0), (1.0, 2.0, 0.0)], 0.1),
        "prism": solids.prism([(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)], UNIT),
        "puff": solids.puff(UNIT, UNIT, UNIT),
        "mirrored": solids.scale(solids.box(UNIT, UNIT, UNIT), -1.0, 1.0, 2.0),
        "laid over": solids.lay_along_z(solids.lay_along_x(solids.cylinder(0.0, 0.0, 1.0, UNIT))),
    }
    for name, mesh in made.items():
        a, b, c = (mesh.positions[mesh.faces[:, k]] for k in range(3))
        # The divergence theorem: the sum of signed tetrahedra is the volume when faces look outward.
        assert np.einsum("fi,fi->f", a, np.cross(b, c)).sum() / 6.0 > 0.0, name


def test_a_lathe_approaches_the_cone_it_turns() -> None:
    cone = solids.lathe([(0.0, 0.0), (1.0, 0.0), (0.0, 3.0)], 96)
    a, b, c = (cone.positions[cone.faces[:, k]] for k in range(3))
    volume = np.einsum("fi,fi->f", a, np.cross(b, c)).sum() / 6.0
    assert volume == pytest.approx(np.pi, rel=2e-3)


def test_triangle_budget(shapes: dict[str, Shape]) -> None:
    for asset_id, shape in shapes.items():
        count = sum(len(part.faces) for part in shape.parts)
        budget = SMALL_TRIANGLES if max(shape.size) < SMALL_METRES else FURNITURE_TRIANGLES
        assert 0 < count <= budget, f"{asset_id} has {count}"


@pytest.mark.slow
def test_surfaces_lie_inside_the_box(shapes: dict[str, Shape]) -> None:
    for asset_id, shape in shapes.items():
        x, y, z = (np.array(shape.size) / 2.0 + 1e-3).tolist()
        for surface in shape.surfaces:
            assert -x <= surface.x_min < surface.x_max <= x, asset_id
            assert -z <= surface.z_min < surface.z_max <= z, asset_id
            assert -y <= surface.y <= y, asset_id
            assert surface.clearance > 0.0, asset_id


def test_nothing_stands_in_a_surfaces_free_height(shapes: dict[str, Shape]) -> None:
    # Independent of the surfaces' own code: no vertex lies over a surface and below its clearance.
    for asset_id, asset in ASSETS.items():
        if asset.object_type not in ("ShelvingUnit", "TVStand", "Desk", "Cart"):
            continue
        points = positions(shapes[asset_id])
        for surface in shapes[asset_id].surfaces:
            over = (points[:, 0] > surface.x_min) & (points[:, 0] < surface.x_max)
            over &= (points[:, 2] > surface.z_min) & (points[:, 2] < surface.z_max)
            over &= (points[:, 1] > surface.y + 0.01) & (points[:, 1] < surface.y + surface.clearance - 0.01)
            assert not over.any(), asset_id


@pytest.mark.parametrize("object_type", RECEPTACLES)
def test_receptacles_offer_surfaces(object_type: str, shapes: dict[str, Shape]) -> None:
    for asset_id, asset in ASSETS.items():
        if asset.object_type == object_type:
            assert shapes[asset_id].surfaces, asset_id


@pytest.mark.parametrize("object_type", ["Fridge", "Microwave", "Safe", "Window"])
def test_closed_containers_offer_none(object_type: str) -> None:
    one = next(a for a in ASSETS.values() if a.object_type == object_type and "Bay" not in a.asset_id)
    assert build_shape(one).surfaces == ()


def test_building_twice_gives_the_same() -> None:
    asset = find_asset("Sofa_204_1")
    fresh = Asset(**{name: getattr(asset, name) for name in Asset.__slots__})
    first, second = build_shape(asset), build_shape(fresh)
    np.testing.assert_array_equal(positions(first), positions(second))


def test_colour_variants_of_a_chair_share_its_geometry() -> None:
    first, second = build_shape(find_asset("Chair_204_1")), build_shape(find_asset("Chair_204_3"))
    assert {p.material.rgb for p in first.parts} != {p.material.rgb for p in second.parts}
    assert len(positions(first)) == len(positions(second))


def test_a_door_swings_to_the_front_about_its_left_post() -> None:
    closed, opened = (build_shape(find_asset("Doorway_1"), openness) for openness in (0.0, 1.0))
    width = closed.size[0]
    assert positions(closed)[:, 2].max() <= closed.size[2] / 2.0 + 1e-3
    front = positions(opened)[positions(opened)[:, 2] > 0.3]
    assert 0.8 * width < front[:, 2].max() < width
    assert front[:, 0].max() < 0.0
    assert opened.size == closed.size


def test_a_door_frame_is_open_in_the_middle() -> None:
    shape = build_shape(find_asset("Doorframe_1"))
    for part in shape.parts:
        for triangle in triangles(part):
            spans_middle = triangle[:, 0].min() < 0.0 < triangle[:, 0].max()
            assert not spans_middle or triangle[:, 1].min() > 0.5 * shape.size[1] - 0.1


def test_an_open_book_grows_and_a_fridge_keeps_its_size() -> None:
    book, fridge = find_asset("Book_1"), find_asset("Fridge_1")
    assert build_shape(book, 1.0).size == book.open_size
    opened = build_shape(fridge, 1.0)
    assert opened.size == fridge.size
    assert positions(opened)[:, 2].max() > fridge.size[2] / 2.0 + 0.4


def test_an_l_counter_leaves_its_corner_free() -> None:
    shape = build_shape(find_asset("Countertop_L_8x8"))
    points = positions(shape)
    free = (points[:, 0] > -0.5) & (points[:, 2] > -0.5)
    assert not free.any()
    assert len(shape.surfaces) == 2


@pytest.mark.parametrize(
    ("asset_id", "kind"),
    [
        ("Television_1", SurfaceKind.SCREEN),
        ("Laptop_1", SurfaceKind.SCREEN),
        ("Window_Fixed_60x48", SurfaceKind.SKY),
        ("Floor_Lamp_1", SurfaceKind.EMISSIVE),
    ],
)
def test_special_surfaces(asset_id: str, kind: SurfaceKind) -> None:
    assert kind in kinds(build_shape(find_asset(asset_id)))


def test_an_unknown_asset_names_the_nearest() -> None:
    with pytest.raises(EngineError, match="Sofa_204_1"):
        find_asset("Sofa_204_l")


def test_a_missing_procthor_is_named_with_its_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(EngineError, match="pip install procthor"):
        load_assets.__wrapped__()
