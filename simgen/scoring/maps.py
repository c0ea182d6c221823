"""Scores of maps: how well the boxes that a model writes agree with the true ones."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from simgen.types import Array, Point

BBox = tuple[float, float, float, float]
"""x_min, y_min, x_max, y_max in metres in the map frame."""


@dataclass(frozen=True, slots=True)
class MapObject:
    """One entry of a `<map>`: a name and its box on the floor."""

    name: str
    bbox: BBox
    height: tuple[float, float] | None = None
    """Heights of the lowest and the highest point above the floor, metres; None when the map gives none."""
    outline: tuple[Point, ...] | None = None
    """Corners seen from above, metres in the map frame; None when the map gives none."""
    heading_deg: float | None = None
    """The direction in which a camera looks, clockwise from the map's y axis; None when the map gives
    none."""


@dataclass(frozen=True, slots=True)
class MapScore:
    """How well a predicted map agrees with the true one."""

    mean_iou: float
    """Mean over the true objects; an object that is not predicted counts 0."""
    center_error_m: float
    """Mean distance between the centres of matched boxes; NaN when no box is matched."""
    recall: float
    """Share of the true objects that are predicted, matched by name."""


def parse_map(text: str | None) -> list[MapObject] | None:
    """The entries of the JSON list in a `<map>`, or None when the text is no such list.

    Each entry needs a name and four finite numbers with x_min <= x_max and y_min <= y_max.
    """
    try:
        entries = json.loads(text or "")
    except (ValueError, RecursionError):
        return None
    if not isinstance(entries, list):
        return None
    objects = [_map_object(entry) for entry in entries]
    found = [item for item in objects if item is not None]
    return found if len(found) == len(objects) else None


def score_map(predicted: Sequence[MapObject] | None, true: Sequence[MapObject]) -> MapScore:
    """Compares a predicted map with the true one; an unreadable map (None) counts as empty."""
    if not true:
        return MapScore(mean_iou=1.0, center_error_m=math.nan, recall=1.0)
    pairs = match_objects(predicted or (), true)
    errors = [math.dist(box_center(p.bbox), box_center(t.bbox)) for p, t in pairs]
    return MapScore(
        mean_iou=sum(box_iou(p.bbox, t.bbox) for p, t in pairs) / len(true),
        center_error_m=sum(errors) / len(errors) if errors else math.nan,
        recall=len(pairs) / len(true),
    )


def match_objects(
    predicted: Sequence[MapObject], true: Sequence[MapObject]
) -> list[tuple[MapObject, MapObject]]:
    """Pairs of a predicted and a true entry of the same name; each entry is in at most one pair.

    Several of one name (chair, chair1, chair2) are matched so that the sum of centre distances is smallest
    (Hungarian algorithm), so that their numbering is not scored.
    """
    return [pair for name in _names(true) for pair in _matched(predicted, true, name)]


def box_iou(a: BBox, b: BBox) -> float:
    """Intersection over union of two boxes; 1 for two equal boxes without area."""
    if a == b:
        return 1.0
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    shared = max(width, 0.0) * max(height, 0.0)
    union = _area(a) + _area(b) - shared
    return shared / union if union > 0.0 else 0.0


def box_center(box: BBox) -> Point:
    """The centre of a box, metres in the map frame."""
    return (box[0] + box[2]) / 2.0, (box[1] + box[3]) / 2.0


def base_name(name: str) -> str:
    """The type that a map entry's name states: "chair" for "chair2"."""
    return "".join(name.casefold().split()).rstrip("0123456789")


def _map_object(entry: Any) -> MapObject | None:
    if not isinstance(entry, dict):
        return None
    name, bbox = entry.get("object_name"), entry.get("bbox")
    if not isinstance(name, str) or not isinstance(bbox, list) or len(bbox) != 4:
        return None
    if not all(_is_finite_number(value) for value in bbox) or bbox[0] > bbox[2] or bbox[1] > bbox[3]:
        return None
    box = float(bbox[0]), float(bbox[1]), float(bbox[2]), float(bbox[3])
    return MapObject(name, box, *_map_extras(entry))


def _map_extras(
    entry: dict[str, Any],
) -> tuple[tuple[float, float] | None, tuple[Point, ...] | None, float | None]:
    """Height, outline and heading of an entry; None for each that is missing or invalid."""
    heading: Any = entry.get("heading")
    return (
        _point(entry.get("height")),
        _outline(entry.get("outline")),
        float(heading) if _is_finite_number(heading) else None,
    )


def _outline(value: Any) -> tuple[Point, ...] | None:
    corners = [_point(corner) for corner in value] if isinstance(value, list) else []
    known = tuple(corner for corner in corners if corner is not None)
    return known if len(known) == len(corners) > 2 else None


def _point(value: Any) -> tuple[float, float] | None:
    if not isinstance(value, list) or len(value) != 2 or not all(map(_is_finite_number, value)):
        return None
    return float(value[0]), float(value[1])


def _is_finite_number(value: Any) -> bool:
    # A JSON integer can be too large for a float, so it is compared before it is converted.
    return isinstance(value, int | float) and not isinstance(value, bool) and -1e9 < value < 1e9


def _names(objects: Sequence[MapObject]) -> list[str]:
    return sorted({base_name(item.name) for item in objects})


def _matched(
    predicted: Sequence[MapObject], true: Sequence[MapObject], name: str
) -> list[tuple[MapObject, MapObject]]:
    ours = [item for item in predicted if base_name(item.name) == name]
    theirs = [item for item in true if base_name(item.name) == name]
    if not ours:
        return []
    rows, columns = linear_sum_assignment(_center_distances(ours, theirs))
    return [(ours[row], theirs[column]) for row, column in zip(rows, columns, strict=True)]


def _center_distances(a: Sequence[MapObject], b: Sequence[MapObject]) -> Array:
    """(len(a), len(b)) distances between box centres, metres."""
    centers_a = np.array([box_center(item.bbox) for item in a])
    centers_b = np.array([box_center(item.bbox) for item in b])
    return np.linalg.norm(centers_a[:, None] - centers_b[None], axis=2)


def _area(box: BBox) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
