"""Pictures of the embedded engine: a view of each type of room, and all object types on one page."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from simgen.engine.draw.batch import build_batch
from simgen.engine.draw.cameras import Camera
from simgen.engine.draw.render import RenderedImages, Renderer
from simgen.engine.look.materials import stable_fraction
from simgen.engine.photo.hybrid import make_renderer
from simgen.engine.world.agent import AGENT_Y, CAMERA_ABOVE_AGENT
from simgen.engine.world.navigation import free_space, reachable_positions
from simgen.engine.world.rest import scene_at_rest
from simgen.engine.world.scene import Body, Scene, scene_from_house
from simgen.errors import HouseError
from simgen.geometry.frames import camera_pose
from simgen.house.assets import Asset, load_assets
from simgen.house.parse import HouseRoom
from simgen.qa.view.names import spoken_name
from simgen.recipe import Houses, Recipe, RoomFilter
from simgen.report.colors import INK, PAPER
from simgen.report.lettering import font
from simgen.report.png import save_png
from simgen.scenes.houses.obtain import obtain_dataset_houses
from simgen.store.folder import DataFolder
from simgen.types import Array, Quality

RECIPE = Recipe(
    name="gallery",
    description="The house that `simgen gallery` shows.",
    seed=3,
    houses=Houses(
        train=1,
        val=0,
        rooms=RoomFilter(require=("Kitchen", "LivingRoom", "Bedroom", "Bathroom"), max_rooms=5),
    ),
)
ROOM_PICTURE = (800, 600)
SKETCH = (96, 72)
"""Size of the pictures by which views are compared."""
EYE_Y = AGENT_Y + CAMERA_ABOVE_AGENT
"""Height of the standing agent's camera, metres."""
FOV_DEG, HORIZON_DEG = 75.0, 15.0
NEAREST_M = 0.9
"""A view with anything nearer than this shows little else."""
LARGE_ENOUGH = 0.02
"""The share of a view above which an object counts no more for being larger."""
CELL_PX, CAPTION_PX, COLUMNS = 184, 26, 11
STUDIO_M = 12.0
HANGS_ON_WALL = frozenset(
    {
        "Blinds", "Painting", "ShowerCurtain", "ShowerHead", "Television", "ToiletPaperHanger",
        "TowelHolder", "Window", "LightSwitch", "Mirror",
    }
)  # fmt: skip
"""Types that are shown from the front, because they are flat."""


DRAWN_OPEN = frozenset({"Blinds", "ShowerCurtain"})
"""Types that are drawn open, because they are rolled up when closed."""


def gallery(folder: DataFolder, to: Path, quality: Quality) -> list[Path]:
    """Draws all pictures of the gallery; returns the files' paths.

    Raises HouseError when procthor cannot sample the gallery's house.
    """
    houses, failed = obtain_dataset_houses(RECIPE, folder.dataset(RECIPE.name), workers=1)
    if not houses:
        raise HouseError(failed[0])
    to.mkdir(parents=True, exist_ok=True)
    paths: list[Path] = []
    for room_type, picture in room_pictures(houses[0], quality):
        paths.append(to / f"{spoken_name(room_type).replace(' ', '_')}.png")
        save_png(picture, paths[-1])
    paths.append(to / "all_types.png")
    # 256 colours are a third of the size, and nothing is lost to the eye.
    save_png(all_types(quality).quantize(256), paths[-1])
    return paths


def room_pictures(
    house: Mapping[str, Any], quality: Quality, size: tuple[int, int] = ROOM_PICTURE
) -> Iterator[tuple[str, Image.Image]]:
    """For each room type in a house, the type and the view that shows most of a room of this type."""
    scene = scene_at_rest(house)
    batch = build_batch(scene)
    sketcher, painter = Renderer(*SKETCH, "fast"), make_renderer(*size, quality)
    try:
        for renderer in (sketcher, painter):
            renderer.load(scene, batch)
        for room, cameras in _views(house, scene):
            shown = [_stands_in(scene.bodies.get(name), room) for name in batch.names]
            best = max(cameras, key=lambda camera: _interest(sketcher.render(camera), np.array(shown)))
            yield room.type, Image.fromarray(painter.render_rgb(best)[::-1])
    finally:
        sketcher.release()
        painter.release()


def all_types(quality: Quality) -> Image.Image:
    """One asset of every object type in an empty studio, with its name."""
    assets = _one_of_each_type()
    lines = -(-len(assets) // COLUMNS)
    page = Image.new("RGB", (COLUMNS * CELL_PX, lines * (CELL_PX + CAPTION_PX)), PAPER)
    draw = ImageDraw.Draw(page)
    renderer = make_renderer(CELL_PX, CELL_PX, quality)
    try:
        for index, asset in enumerate(assets):
            x, y = (index % COLUMNS) * CELL_PX, (index // COLUMNS) * (CELL_PX + CAPTION_PX)
            page.paste(_portrait(renderer, asset), (x, y))
            middle = (x + CELL_PX / 2, y + CELL_PX + CAPTION_PX / 2)
            draw.text(middle, spoken_name(asset.object_type), INK, font(15), "mm")
    finally:
        renderer.release()
    return page


def _views(house: Mapping[str, Any], scene: Scene) -> Iterator[tuple[HouseRoom, list[Camera]]]:
    """The largest reachable room of each type, with cameras at all reachable positions in it."""
    start = house["metadata"]["agent"]["position"]
    spots = reachable_positions(free_space(scene), np.array([start["x"], start["z"]]), 0.25)
    assert scene.house is not None
    rooms = sorted(scene.house.rooms, key=lambda room: room.polygon.area)
    inside_of = {room.id: shapely.contains_xy(room.polygon, spots[:, 0], spots[:, 1]) for room in rooms}
    for room in {room.type: room for room in rooms if inside_of[room.id].any()}.values():
        inside = inside_of[room.id]
        poses = [(x, z, yaw_deg) for x, z in spots[inside] for yaw_deg in range(0, 360, 30)]
        yield (
            room,
            [Camera(camera_pose(np.array([x, EYE_Y, z]), a, HORIZON_DEG), FOV_DEG) for x, z, a in poses],
        )


def _stands_in(body: Body | None, room: HouseRoom) -> bool:
    return body is not None and not body.is_opening and body.room_ids[:1] == (room.id,)


def _interest(picture: RenderedImages, shown: NDArray[np.bool_]) -> float:
    """How well a view shows some objects (C): the sum of the square roots of their capped shares."""
    if picture.depth[picture.depth > 0].min(initial=np.inf) < NEAREST_M:
        return 0.0
    share = np.bincount(picture.ids.ravel(), minlength=len(shown) + 1)[1:] / picture.ids.size
    return float(np.sqrt(np.minimum(share[shown], LARGE_ENOUGH)).sum())


def _one_of_each_type() -> list[Asset]:
    """One asset of each type, in alphabetical order of the types; the same on every machine."""
    of_type: dict[str, Asset] = {}
    for asset in load_assets().values():
        best = of_type.get(asset.object_type)
        if best is None or stable_fraction(asset.asset_id) < stable_fraction(best.asset_id):
            of_type[asset.object_type] = asset
    return [of_type[name] for name in sorted(of_type)]


def _portrait(renderer: Renderer, asset: Asset) -> Image.Image:
    scene = scene_from_house(_studio(asset))
    renderer.load(scene, build_batch(scene))
    (body,) = scene.bodies.values()
    radius = float(np.linalg.norm(body.box.half_extents))
    yaw_deg, horizon_deg = (205.0, 8.0) if asset.object_type in HANGS_ON_WALL else (215.0, 24.0)
    fov_deg = 30.0
    distance = radius / np.sin(np.radians(fov_deg / 2.0))
    eye = body.box.center - distance * _ahead(yaw_deg, horizon_deg)
    pose = camera_pose(eye, yaw_deg, horizon_deg)
    return Image.fromarray(renderer.render_rgb(Camera(pose, fov_deg))[::-1])


def _ahead(yaw_deg: float, horizon_deg: float) -> Array:
    yaw, down = np.radians([yaw_deg, horizon_deg])
    return np.array([np.sin(yaw) * np.cos(down), -np.sin(down), np.cos(yaw) * np.cos(down)])


def _studio(asset: Asset) -> dict[str, Any]:
    """ProcTHOR JSON of an empty white hall with one asset in the middle of its floor."""
    half, height = STUDIO_M / 2.0, 6.0
    corners = [(-half, -half), (-half, half), (half, half), (half, -half)]
    walls = [_wall(index, corners[index], corners[(index + 1) % 4], height) for index in range(4)]
    lamp = {"x": 1.5, "y": 4.5, "z": 1.5}
    return {
        "rooms": [
            {
                "id": "room|2",
                "roomType": "LivingRoom",
                "floorMaterial": "WhitePlastic",
                "floorPolygon": [{"x": x, "y": 0.0, "z": z} for x, z in corners],
            }
        ],
        "walls": walls,
        "doors": [],
        "windows": [],
        "objects": [
            {
                "id": f"{asset.object_type}|studio",
                "assetId": asset.asset_id,
                "position": {"x": 0.0, "y": asset.size[1] / 2.0, "z": 0.0},
                "rotation": {"x": 0, "y": 0, "z": 0},
                "kinematic": True,
                "openness": 1.0 if asset.object_type in DRAWN_OPEN else 0.0,
            }
        ],
        "proceduralParameters": {
            "ceilingMaterial": "PureWhite",
            "lights": [
                {"type": "point", "position": lamp, "rgb": {"r": 1.0, "g": 0.95, "b": 0.9}, "intensity": 1.6}
            ],
        },
        "metadata": {},
    }


def _wall(index: int, start: Sequence[float], end: Sequence[float], height: float) -> dict[str, Any]:
    corners = [(*start, 0.0), (*end, 0.0), (*end, height), (*start, height)]
    return {
        "id": f"wall|2|{index}",
        "roomId": "room|2",
        "material": "PureWhite",
        "polygon": [{"x": x, "y": y, "z": z} for x, z, y in corners],
    }
