"""Parametric meshes of all object types. A mesh depends on the asset's type, proportions and name.

Local frame: origin at the centre of the asset's metric box, y up, +z to its front, metres. A function of the
type draws the solids (`sketch.py`), and `build_shape` stretches them to fill the box exactly.

To add the shape of an object type, write a function from `Brief` to `Sketch` in one of this package's modules
and enter it in `SHAPES` below. No other file changes. A type without an entry is drawn as a rounded box.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgen.engine.look.materials import Material
from simgen.engine.look.textures import Pattern
from simgen.engine.shapes import (
    appliances,
    bathroom,
    beds,
    bottles,
    counters,
    decor,
    electronics,
    food,
    lighting,
    openings,
    plants,
    seating,
    small_things,
    storage,
    tables,
    tableware,
)
from simgen.engine.shapes.mesh import Mesh, join, rounded_box
from simgen.engine.shapes.sketch import GREY, Brief, Sketch, Surface
from simgen.house.assets import Asset, Size, load_assets

__all__ = ["SHAPES", "Part", "Shape", "Surface", "build_shape", "types_without_shape"]

SHAPES: Mapping[str, Callable[[Brief], Sketch]] = {
    "AlarmClock": electronics.alarm_clock,
    "AluminumFoil": small_things.aluminum_foil,
    "Apple": food.apple,
    "ArmChair": seating.armchair,
    "BaseballBat": small_things.baseball_bat,
    "BasketBall": decor.basket_ball,
    "Bed": beds.bed,
    "Blinds": lighting.blinds,
    "Book": small_things.book,
    "Boots": decor.boots,
    "Bottle": bottles.bottle,
    "Bowl": tableware.bowl,
    "Box": storage.cardboard_box,
    "Bread": food.bread,
    "ButterKnife": tableware.butter_knife,
    "CD": small_things.cd,
    "Candle": lighting.candle,
    "Cart": tables.cart,
    "CellPhone": electronics.cell_phone,
    "Chair": seating.chair,
    "Cloth": decor.cloth,
    "ClothesDryer": appliances.washing_machine,
    "CoffeeMachine": appliances.coffee_machine,
    "CoffeeTable": tables.coffee_table,
    "CounterTop": counters.counter_top,
    "CreditCard": small_things.credit_card,
    "Cup": tableware.cup,
    "Desk": tables.desk,
    "DeskLamp": lighting.desk_lamp,
    "Desktop": electronics.desktop,
    "DiningTable": tables.dining_table,
    "DishSponge": small_things.dish_sponge,
    "DogBed": seating.dog_bed,
    "Doorframe": openings.doorframe,
    "Doorway": openings.doorway,
    "Dresser": storage.dresser,
    "Dumbbell": small_things.dumbbell,
    "Egg": food.egg,
    "Faucet": bathroom.faucet,
    "FloorLamp": lighting.floor_lamp,
    "Footstool": seating.footstool,
    "Fork": tableware.fork,
    "Fridge": appliances.fridge,
    "GarbageBag": storage.garbage_bag,
    "GarbageCan": storage.garbage_can,
    "HandTowel": bathroom.towel,
    "HandTowelHolder": bathroom.hand_towel_holder,
    "HousePlant": plants.house_plant,
    "Kettle": appliances.kettle,
    "KeyChain": small_things.key_chain,
    "Knife": tableware.knife,
    "Ladle": tableware.ladle,
    "Laptop": electronics.laptop,
    "LaundryHamper": storage.laundry_hamper,
    "Lettuce": food.lettuce,
    "LightSwitch": electronics.light_switch,
    "Microwave": appliances.microwave,
    "Mug": tableware.mug,
    "Newspaper": decor.newspaper,
    "Ottoman": seating.ottoman,
    "Painting": decor.painting,
    "Pan": tableware.pan,
    "PaperTowelRoll": bathroom.paper_towel_roll,
    "Pen": small_things.pen,
    "Pencil": small_things.pencil,
    "PepperShaker": bottles.shaker,
    "Pillow": decor.pillow,
    "Plate": tableware.plate,
    "Plunger": bathroom.plunger,
    "Pot": tableware.pot,
    "Potato": food.potato,
    "RemoteControl": electronics.remote_control,
    "RoomDecor": decor.room_decor,
    "Safe": storage.safe,
    "SaltShaker": bottles.shaker,
    "ScrubBrush": bathroom.scrub_brush,
    "ShelvingUnit": storage.shelving_unit,
    "ShowerCurtain": bathroom.shower_curtain,
    "ShowerHead": bathroom.shower_head,
    "SideTable": tables.side_table,
    "Sink": bathroom.sink,
    "SoapBar": bathroom.soap_bar,
    "SoapBottle": bottles.soap_bottle,
    "Sofa": seating.sofa,
    "Spatula": tableware.spatula,
    "Spoon": tableware.spoon,
    "SprayBottle": bottles.spray_bottle,
    "Statue": decor.statue,
    "Stool": seating.stool,
    "TVStand": storage.tv_stand,
    "TableTopDecor": decor.table_top_decor,
    "TeddyBear": decor.teddy_bear,
    "Television": electronics.television,
    "TennisRacket": small_things.tennis_racket,
    "TissueBox": small_things.tissue_box,
    "Toaster": appliances.toaster,
    "Toilet": bathroom.toilet,
    "ToiletPaper": bathroom.toilet_paper,
    "ToiletPaperHanger": bathroom.toilet_paper_hanger,
    "Tomato": food.tomato,
    "Towel": bathroom.towel,
    "TowelHolder": bathroom.towel_holder,
    "VacuumCleaner": appliances.vacuum_cleaner,
    "Vase": decor.vase,
    "WashingMachine": appliances.washing_machine,
    "Watch": electronics.watch,
    "WateringCan": small_things.watering_can,
    "Window": openings.window,
    "WineBottle": bottles.wine_bottle,
}
"""The function that draws each object type. New shapes are entered here."""
U_AXIS, V_AXIS = np.array([2, 0, 0]), np.array([1, 2, 1])
"""Axis along u and axis along v (0, 1, 2 = x, y, z) on a surface that faces along x, y or z."""
GRAINED = (Pattern.WOOD, Pattern.METAL)
"""Patterns with a direction: they run along the longer side of a solid."""
GROWS_IN_PLACE = frozenset({"Blinds", "Book", "ShowerCurtain"})
"""Types whose box grows around its centre when they open, so their size depends on their openness.

All other types open on a hinge (a fridge's door, a lid). The open part extends beyond the closed box, and the
size stays that of the closed box.
"""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Triangles of one material, ready for a vertex buffer."""

    positions: NDArray[np.float32]
    """(V, 3), metres."""
    normals: NDArray[np.float32]
    """(V, 3) unit, outward."""
    uv: NDArray[np.float32]
    """(V, 2) texture coordinates, metres along the surface. Wood grain runs along u."""
    faces: NDArray[np.int32]
    """(F, 3), wound so that cross(b - a, c - a) points outward."""
    material: Material
    colours: NDArray[np.uint8] | None = None
    """(V, 3) sRGB, used instead of the material's colour; None if the part has one colour."""


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """An asset's geometry in its local frame."""

    size: Size
    """Size of the metric box, metres. Its centre is the origin."""
    parts: tuple[Part, ...]
    surfaces: tuple[Surface, ...]
    """Surfaces on which objects may be placed."""


def build_shape(asset: Asset, openness: float = 0.0) -> Shape:
    """The shape of an asset at this openness (0 closed, 1 fully open). Shapes are cached."""
    return _build(asset, _round_openness(asset, openness))


def shape_size(asset: Asset, openness: float = 0.0) -> Size:
    """The size of the asset's shape, computed without drawing the shape."""
    return _size_at(asset, _round_openness(asset, openness))


def types_without_shape() -> tuple[str, ...]:
    """Object types of procthor's database without an entry in `SHAPES`."""
    types = {asset.object_type for asset in load_assets().values()}
    return tuple(sorted(types - set(SHAPES)))


def _round_openness(asset: Asset, openness: float) -> float:
    """Openness rounded to 0.001, so that similar values share a cached shape. 0 if the asset cannot open."""
    return round(min(max(openness, 0.0), 1.0), 3) if "CanOpen" in asset.properties else 0.0


@cache
def _build(asset: Asset, openness: float) -> Shape:
    size = _size_at(asset, openness)
    draw = SHAPES.get(asset.object_type, _rounded_box)
    sketch = draw(Brief(asset, size, openness))
    swings = openness > 0.0 and asset.object_type not in GROWS_IN_PLACE
    low, high = (draw(Brief(asset, size)) if swings else sketch).bounds
    # Factors and centre of the affine map from the closed sketch's bounds to the box around the origin.
    stretch = np.array(size) / np.maximum(high - low, 1e-9)
    middle = (low + high) / 2.0
    return Shape(size, _parts(sketch, stretch, middle), _surfaces(sketch, stretch, middle))


def _size_at(asset: Asset, openness: float) -> Size:
    if asset.object_type not in GROWS_IN_PLACE or asset.open_size is None:
        return asset.size
    x, y, z = (
        shut + openness * (wide - shut) for shut, wide in zip(asset.size, asset.open_size, strict=True)
    )
    return (x, y, z)


def _rounded_box(brief: Brief) -> Sketch:
    sketch = Sketch()
    sketch.add(brief.main_material(GREY), rounded_box(brief.x, brief.y, brief.z, 0.1 * min(brief.size), 3))
    sketch.add_surface(brief.height, brief.x, brief.z)
    return sketch


def part_from_mesh(
    positions: NDArray[np.floating[Any]],
    normals: NDArray[np.floating[Any]],
    faces: NDArray[np.integer[Any]],
    material: Material,
    colours: NDArray[np.uint8] | None = None,
    solids: Sequence[int] = (0,),
) -> Part:
    """A part made of triangles (F, 3) over vertices (V, 3), with texture coordinates.

    The texture is projected along the axis that each triangle faces most. A vertex whose triangles face
    different axes is duplicated. `solids` holds the first vertex of each solid in the mesh; wood grain runs
    along the longer side of each solid.
    """
    axes = np.abs(_face_normals(positions, faces)).argmax(axis=1)
    keys = faces * 3 + axes[:, None]
    used = np.zeros(3 * len(positions), dtype=bool)
    used[keys] = True
    place = np.cumsum(used) - 1
    vertex, axis = np.divmod(np.flatnonzero(used), 3)
    points = positions[vertex]
    return Part(
        positions=points.astype(np.float32),
        normals=normals[vertex].astype(np.float32),
        uv=_uv(points, axis, _extents(positions, solids)[vertex] if material.pattern in GRAINED else None),
        faces=place[keys].astype(np.int32),
        material=material,
        colours=None if colours is None else colours[vertex],
    )


def _face_normals(positions: NDArray[Any], faces: NDArray[Any]) -> NDArray[Any]:
    a, b, c = positions[faces[:, 0]], positions[faces[:, 1]], positions[faces[:, 2]]
    return np.cross(b - a, c - a)


def _extents(positions: NDArray[Any], solids: Sequence[int]) -> NDArray[Any]:
    """(V, 3) size of the solid to which each vertex belongs."""
    size = np.maximum.reduceat(positions, solids) - np.minimum.reduceat(positions, solids)
    return np.repeat(size, np.diff([*solids, len(positions)]), axis=0)


def _uv(points: NDArray[Any], axis: NDArray[Any], extents: NDArray[Any] | None) -> NDArray[np.float32]:
    lines = np.arange(len(points))
    along_u, along_v = U_AXIS[axis], V_AXIS[axis]
    if extents is not None:
        crosswise = extents[lines, along_v] > extents[lines, along_u]
        along_u, along_v = np.where(crosswise, (along_v, along_u), (along_u, along_v))
    return np.stack([points[lines, along_u], points[lines, along_v]], axis=1).astype(np.float32)


def _parts(sketch: Sketch, stretch: NDArray[np.float64], middle: NDArray[np.float64]) -> tuple[Part, ...]:
    meshes_of: dict[Material, list[Mesh]] = {}
    for mesh, material in sketch.solids:
        meshes_of.setdefault(material, []).append(mesh)
    return tuple(_part(meshes, material, stretch, middle) for material, meshes in meshes_of.items())


def _part(
    meshes: Sequence[Mesh], material: Material, stretch: NDArray[np.float64], middle: NDArray[np.float64]
) -> Part:
    mesh = join(meshes)
    normals = mesh.normals / stretch
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    solids = np.cumsum([0, *(len(piece.positions) for piece in meshes[:-1])]).tolist()
    return part_from_mesh((mesh.positions - middle) * stretch, normals, mesh.faces, material, solids=solids)


def _surfaces(
    sketch: Sketch, stretch: NDArray[np.float64], middle: NDArray[np.float64]
) -> tuple[Surface, ...]:
    def placed(surface: Surface) -> Surface:
        low = (np.array([surface.x_min, surface.y, surface.z_min]) - middle) * stretch
        high = (np.array([surface.x_max, surface.y, surface.z_max]) - middle) * stretch
        x_min, y, z_min = map(float, low)
        return Surface(y, x_min, z_min, float(high[0]), float(high[2]), surface.clearance * float(stretch[1]))

    return tuple(placed(surface) for surface in sketch.surfaces)
