"""Qualities differ in RGB alone; light and shadow fall where geometry says."""

import numpy as np
import pytest

from simgen.engine.draw.batch import build_batch
from simgen.engine.draw.cameras import Camera
from simgen.engine.draw.occupancy import measure_occupancy
from simgen.engine.draw.render import LOOKS, Renderer
from simgen.engine.world.scene import scene_from_house
from simgen.geometry.frames import camera_pose, euler_rotation, project
from simgen.types import Array, Quality
from tests.engine.house_fixture import house_object, two_room_house

SIZE = (96, 72)
TABLE = house_object("Table|1", "Dining_Table_21_1", 2.0, 0.4, 2.0)
VIEWS = [
    Camera(camera_pose(np.array([0.4, 1.5, 0.4]), 45.0, 25.0), 75.0),
    Camera(camera_pose(np.array([3.0, 1.5, 2.0]), 90.0, 10.0), 60.0),  # through the door
]


def renderer_of(quality: Quality, *objects: dict[str, object], size: tuple[int, int] = SIZE) -> Renderer:
    scene = scene_from_house(two_room_house(list(objects)))
    renderer = Renderer(*size, quality)
    renderer.load(scene, build_batch(scene))
    return renderer


def brightness(renderer: Renderer, camera: Camera, points: Array) -> Array:
    """Mean brightness about where world points appear."""
    width, height = renderer.size
    focal = 0.5 * height / np.tan(np.radians(camera.fov_deg) / 2.0)
    intrinsics = np.array([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1]])
    image = renderer.render_rgb(camera)[::-1].astype(float)
    found = []
    for x, y, depth in project(points, camera.world_from_camera, intrinsics):
        assert depth > 0
        assert 2 < x < width - 2
        assert 2 < y < height - 2
        found.append(image[int(y) - 2 : int(y) + 3, int(x) - 2 : int(x) + 3].mean())
    return np.array(found)


@pytest.mark.slow
def test_depth_and_ids_are_the_same_at_every_quality() -> None:
    pictures = {}
    for quality in LOOKS:
        renderer = renderer_of(quality, TABLE)
        pictures[quality] = [renderer.render(view) for view in VIEWS]
        renderer.release()
    for quality in LOOKS:
        for mine, fast in zip(pictures[quality], pictures["fast"], strict=True):
            np.testing.assert_array_equal(mine.ids, fast.ids)
            np.testing.assert_array_equal(mine.depth, fast.depth)
    assert (pictures["standard"][0].rgb != pictures["fast"][0].rgb).any()


@pytest.mark.slow
@pytest.mark.parametrize("quality", ["fast", "standard", "high"])
def test_rgb_alone_is_the_same_rgb(quality: Quality) -> None:
    renderer = renderer_of(quality, TABLE)
    alone = renderer.render_rgb(VIEWS[0])
    np.testing.assert_array_equal(alone, renderer.render(VIEWS[0]).rgb)
    assert alone.std() > 5.0
    renderer.release()


def test_two_renderers_in_one_process_keep_to_their_own_scenes() -> None:
    empty = renderer_of("standard")
    before = empty.render(VIEWS[0])
    furnished = renderer_of("standard", TABLE, size=(64, 64))
    furnished.render(VIEWS[0])
    after = empty.render(VIEWS[0])
    np.testing.assert_array_equal(before.rgb, after.rgb)
    np.testing.assert_array_equal(before.ids, after.ids)
    furnished.release()
    np.testing.assert_array_equal(before.rgb, empty.render(VIEWS[0]).rgb)
    empty.release()


def test_a_table_throws_a_shadow_away_from_the_lamp() -> None:
    # The room's lamp hangs over (2, 2); a table a metre to its right shades the floor on its far side.
    table = house_object("Table|1", "Dining_Table_21_1", 3.0, 0.4, 2.0)
    camera = Camera(camera_pose(np.array([2.0, 2.4, 0.3]), 0.0, 40.0), 90.0)
    points = np.array([[3.7, 0.0, 2.0], [0.3, 0.0, 2.0]])  # mirror images about the lamp
    shaded = {}
    for quality in ("fast", "standard"):
        renderer = renderer_of(quality, table, size=(320, 240))
        shaded[quality] = brightness(renderer, camera, points)
        renderer.release()
    far_side, open_side = shaded["standard"]
    assert far_side < 0.8 * open_side
    assert abs(shaded["fast"][1] - open_side) < 6.0, "what no shadow falls on is as bright without shadows"


def test_no_surface_shades_itself() -> None:
    # Seen from above, an empty plain floor grows darker from under the lamp at (2, 2) to the wall, and never
    # brighter again: what a surface's own shadow would do to it.
    house = two_room_house()
    house["rooms"][0]["floorMaterial"] = "WhitePlastic"
    scene = scene_from_house(house)
    renderer = Renderer(400, 300, "standard")
    renderer.load(scene, build_batch(scene))
    down = Camera(camera_pose(np.array([2.0, 5.0, 2.0]), 0.0, 90.0), 60.0, orthographic_size=1.5)
    image = renderer.render_rgb(down).astype(int)  # 1 cm a pixel, the lamp over the middle
    for line in (image[150, 200:380, 1], image[150, 200:20:-1, 1], image[150:290, 200, 1]):
        assert (np.diff(line) <= 1).all()
        assert line[0] - line[-1] > 10
    renderer.release()


@pytest.mark.slow
@pytest.mark.parametrize(("angles", "share"), [((12.0, 50.0, 0.0), 0.6), ((12.0, 0.0, 45.0), 0.9)])
def test_smoothed_edges_are_nearer_to_those_drawn_at_twice_the_size(
    angles: tuple[float, float, float], share: float
) -> None:
    # Floors, walls and ceilings are lit alike at every quality, so only their edges differ.
    pose = camera_pose(np.array([0.5, 1.5, 0.6]), 0.0, 0.0)
    pose[:3, :3] = euler_rotation(*angles)
    images = {}
    for quality in LOOKS:
        house = two_room_house()
        house["rooms"][0]["floorMaterial"] = "BlackPlastic"
        house["doors"] = []
        scene = scene_from_house(house)
        renderer = Renderer(200, 150, quality)
        renderer.load(scene, build_batch(scene))
        images[quality] = renderer.render_rgb(Camera(pose, 75.0)).astype(float)
        renderer.release()
    error = {quality: np.sqrt(((images[quality] - images["high"]) ** 2).mean()) for quality in images}
    assert 0.0 < error["standard"] < share * error["fast"]


def fullness(objects: list[dict[str, object]], *points: tuple[float, float, float]) -> list[float]:
    scene = scene_from_house(two_room_house(objects))
    grid = measure_occupancy(scene.house, build_batch(scene))
    shape = np.array(grid.cells.shape[::-1])
    cells = [((np.array(point) - grid.low) / grid.size * shape).astype(int) for point in points]
    return [float(grid.cells[z, y, x]) for x, y, z in cells]


def test_corners_are_fuller_than_walls_and_walls_than_the_middle() -> None:
    middle, wall, edge, corner = fullness(
        [], (2.0, 1.5, 2.0), (0.2, 1.5, 2.0), (0.2, 0.2, 2.0), (0.2, 0.2, 0.2)
    )
    assert middle == 0.0
    assert 0.0 < wall < edge < corner


def test_what_stands_behind_a_wall_dims_nothing_on_this_side() -> None:
    fridge = house_object("Fridge|1", "Fridge_1", 4.6, 0.9, 3.3)  # against the wall x = 4, in the right room
    here, there = (3.8, 0.9, 3.3), (4.6, 0.2, 2.6)
    assert fullness([fridge], here) == fullness([], here)
    assert fullness([fridge], there) > fullness([], there)


def test_without_perspective_depth_is_metres_and_size_does_not_shrink() -> None:
    renderer = renderer_of("fast", size=(80, 60))
    # From above the house, half the picture 3 m high: ceilings face down and are not seen from above.
    down = Camera(camera_pose(np.array([4.0, 5.0, 2.0]), 0.0, 90.0), 60.0, orthographic_size=3.0)
    picture = renderer.render(down)
    middle = picture.depth[30, 20]  # (2, 2) is a metre and a half left of the middle, on the floor
    assert middle == pytest.approx(5.0, abs=1e-4)
    covered = picture.depth[30] > 0
    assert covered.sum() == pytest.approx(80, abs=1)  # 8 m of house at 10 pixels a metre
    assert (picture.depth[:, 40] > 0).sum() == pytest.approx(40, abs=1)
    renderer.release()


def test_the_sun_falls_in_through_a_window() -> None:
    # The window is in the wall x = 0, 1 to 2.2 m high and between z = 1.4 and 2.3; the sun comes from -x,
    # 45 degrees high, so it lights the floor from x = 1 to 2.2.
    house = two_room_house()
    house["proceduralParameters"]["lights"].append(
        {
            "type": "directional",
            "rotation": {"x": 45.0, "y": 90.0, "z": 0.0},
            "rgb": {"r": 1.0, "g": 1.0, "b": 1.0},
            "intensity": 1.0,
        }
    )
    window = {
        "id": "window|1",
        "assetId": "Window_Fixed_36x48",
        "wall0": "wall|2|left",
        "wall1": "wall|2|left",
        "room0": "room|2",
        "room1": "room|2",
        "boundingBox": {"min": {"x": 1.4, "y": 1.0, "z": 0.0}, "max": {"x": 2.3, "y": 2.2, "z": 0.0}},
    }
    camera = Camera(camera_pose(np.array([2.0, 2.4, 0.3]), 0.0, 40.0), 90.0)
    points = np.array([[1.4, 0.0, 2.0], [1.9, 0.0, 1.7], [2.6, 0.0, 2.2], [1.4, 0.0, 3.2]])
    seen = []
    for windows in ([], [window]):
        house["windows"] = windows
        scene = scene_from_house(house)
        renderer = Renderer(320, 240, "standard")
        renderer.load(scene, build_batch(scene))
        seen.append(brightness(renderer, camera, points))
        renderer.release()
    gain = seen[1] / seen[0]
    assert (gain[:2] > 1.15).all(), "in the sun"
    np.testing.assert_allclose(gain[2:], 1.0, atol=0.03, err_msg="beyond it and beside it")
