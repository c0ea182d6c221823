"""The clip schema: the one table of a clip file's attributes and datasets.

To add a field, enter it here with `since` one minor version above `clip_version()`, and compute its value:
an attribute in `simgen.scenes.capture`, a dataset in `simgen.store.clips`. Older files stay readable: a
reader gives the field's default for them, and their content hash does not cover it. `docs/clips.md` is
written from this table.
"""

from dataclasses import dataclass
from typing import Annotated

from simgen.store.fields import FIRST, About, Field, Version, fields_at, fields_of, version_of


@dataclass(frozen=True, slots=True)
class ClipInfo:
    """The attributes of a clip file that say what was rendered, and with what.

    Of the attributes only those of schema 1.0 may be hashed: see `hashed_datasets`.
    """

    recipe: Annotated[str, About("the resolved recipe, JSON")]
    recipe_sha256: Annotated[str, About("hash of the parts of the recipe that decide the clip", hashed=True)]
    simgen_version: Annotated[str, About("version of simgen that rendered the clip")]
    engine: Annotated[str, About("kind of engine that rendered the clip", hashed=True)]
    engine_version: Annotated[str, About("version of the engine", hashed=True)]
    gl_driver: Annotated[str, About("OpenGL driver that the engine drew with", hashed=True)]
    seed: Annotated[int, About("the recipe's seed", hashed=True)]
    house_sha256: Annotated[str, About("hash of the house", hashed=True)]
    split: Annotated[str, About("`train`, `val` or `test`", hashed=True)]
    fps: Annotated[float, About("frames a second", unit="1/s")]
    fov_deg: Annotated[float, About("vertical field of view", unit="°")]
    attributions: Annotated[
        str,
        About(
            "the asset pack's models that are in the house, a JSON list of `pack`, `model`, `title`, "
            "`author`, `licence`, `source`, `changes`; `[]` without a pack",
            since=(1, 1),
            default="[]",
        ),
    ]


INFO = fields_of(ClipInfo, {str: "text", int: "int64", float: "float64"})
"""The attributes that ClipInfo holds."""
ATTRIBUTES: tuple[Field, ...] = (
    Field(name="schema", type="text", description="version of the clip schema"),
    Field(name="world_frame", type="text", description="`y-up left-handed`"),
    Field(name="length_unit", type="text", description="`m`"),
    *INFO,
    Field(name="content_sha256", type="text", description="hash of the content: see below"),
)
"""All attributes of a clip file."""


PICTURES = ("frames/rgb", "frames/depth_mm", "frames/instance")
"""The datasets that a geometry clip leaves out: nearly all bytes of a clip."""
LEFT_OUT, WIDTH, HEIGHT, KEPT = "left_out", "width_px", "height_px", "kept_sha256"
"""Attributes that a geometry clip has beside those of a clip (see geometry_clips.py)."""


def _dataset(
    name: str,
    type: str,
    shape: str,
    unit: str,
    description: str,
    since: Version = FIRST,
    default: float | str | None = None,
) -> Field:
    """An entry of DATASETS. Every value of the dataset is `default` in a file older than the field."""
    return Field(
        name=name,
        type=type,
        shape=shape,
        unit=unit,
        description=description,
        since=since,
        default=default,
        hashed=True,
    )


DATASETS: tuple[Field, ...] = (
    _dataset("house", "text", "", "", "the house as given to AI2-THOR's CreateHouse, JSON"),
    _dataset("frames/rgb", "uint8", "T,H,W,3", "", "sRGB picture"),
    _dataset(
        "frames/depth_mm", "uint16", "T,H,W", "mm", "distance along the optical axis; 0 = nothing was hit"
    ),
    _dataset("frames/instance", "uint16", "T,H,W", "", "1 + index into `objects`; 0 = no object"),
    _dataset(
        "frames/world_from_camera",
        "float64",
        "T,4,4",
        "m",
        "camera pose; the camera's x is right, y up, z along the optical axis",
    ),
    _dataset(
        "frames/intrinsics",
        "float64",
        "3,3",
        "px",
        "pinhole matrix of all frames: u = cx + fx x/z, v = cy - fy y/z",
    ),
    _dataset(
        "frames/action",
        "text",
        "T",
        "",
        "the AI2-THOR action that led to the frame, JSON: `TeleportFull`, or `UpdateThirdPartyCamera` where "
        "the recipe gives the camera another height or moves it as if held by hand",
    ),
    _dataset("objects/id", "text", "N", "", "AI2-THOR's object id"),
    _dataset("objects/type", "text", "N", "", "AI2-THOR's object type (`DiningTable`)"),
    _dataset("objects/asset_id", "text", "N", "", "AI2-THOR's asset id"),
    _dataset("objects/room_id", "text", "N", "", "id of the room that the object is in"),
    _dataset(
        "objects/parent_id",
        "text",
        "N",
        "",
        "id of the receptacle that the object is on; empty on the floor or a wall",
    ),
    _dataset("objects/obb_center", "float64", "N,3", "m", "centre of the oriented box"),
    _dataset("objects/obb_half_extents", "float64", "N,3", "m", "half sizes along the box's own axes"),
    _dataset(
        "objects/obb_rotation", "float64", "N,3,3", "", "the columns are the box's axes in the world frame"
    ),
    _dataset("objects/aabb", "float64", "N,2,3", "m", "lowest and highest corner along the world's axes"),
    _dataset(
        "objects/footprint_points",
        "float64",
        "P,2",
        "m",
        "corners (x, z) of all footprints, one after the other, each convex and counter-clockwise: the "
        "footprint of the box, or of an asset pack's mesh",
    ),
    _dataset(
        "objects/footprint_offsets",
        "int64",
        "N+1",
        "",
        "footprint i has the points `offsets[i]` to `offsets[i + 1]`",
    ),
    _dataset("rooms/id", "text", "R", "", "room id"),
    _dataset("rooms/type", "text", "R", "", "room type (`Kitchen`)"),
    _dataset(
        "rooms/polygon_points", "float64", "Q,2", "m", "corners (x, z) of all floors, one after the other"
    ),
    _dataset(
        "rooms/polygon_offsets", "int64", "R+1", "", "floor i has the points `offsets[i]` to `offsets[i + 1]`"
    ),
    _dataset("visibility/pixels", "uint32", "T,N", "px", "pixels that the object owns"),
    _dataset(
        "visibility/unoccluded_pixels",
        "uint32",
        "T,N",
        "px",
        "pixels that the object would own if nothing stood in front of it",
    ),
    _dataset(
        "visibility/box2d",
        "uint16",
        "T,N,4",
        "px",
        "x_min, y_min, x_max, y_max of the object's pixels, the maxima exclusive; zeros if unseen",
    ),
)
"""All datasets of a clip file, in the order in which they are written.

The content hash covers every one. T frames of H x W pixels, N objects, R rooms; P and Q points.
"""


def clip_version() -> Version:
    """The version of the clips that this simgen writes."""
    return version_of((*ATTRIBUTES, *DATASETS))


def hashed_attributes() -> tuple[str, ...]:
    """Names of the attributes that the content hash covers, in its order."""
    return tuple(field.name for field in ATTRIBUTES if field.hashed)


def hashed_datasets(version: Version, unknown: dict[str, Version]) -> tuple[str, ...]:
    """Names of the datasets that the content hash of a file of this version covers, in its order.

    The datasets of schema 1.0 come first, in the order of the table; later ones follow by version and name.
    `unknown` are the datasets that this simgen does not know, with the versions they say they were added in.
    A reader can so check files of a newer minor version too. An attribute cannot say its version, so an
    attribute that is added later is not hashed.
    """
    known = fields_at(DATASETS, version)
    later = unknown | {field.name: field.since for field in known if field.since > FIRST}
    return (
        *(field.name for field in known if field.since == FIRST),
        *sorted(later, key=lambda name: (later[name], name)),
    )
