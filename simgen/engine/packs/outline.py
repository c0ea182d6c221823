"""A mesh's outline seen from above."""

from typing import Any

import numpy as np
import shapely

from simgen.engine.shapes import Shape

PRECISION = 0.002
"""Grid that corners are moved to, metres: slivers vanish, and uniting thousands of triangles is robust."""
TOLERANCE = 0.01
"""The outline may deviate by this much, metres."""


def plan_of(shape: Shape) -> shapely.Polygon:
    """Outline of a shape's triangles on the floor plane as local (x, z), metres, without holes.

    One polygon around all of it: where pieces do not touch, their convex hull. It stays in the box.
    """
    triangles = np.concatenate([part.positions[part.faces] for part in shape.parts])[:, :, [0, 2]]
    triangles = np.round(triangles.astype(np.float64) / PRECISION) * PRECISION
    polygons: Any = shapely.polygons(triangles)
    whole = shapely.union_all(polygons[shapely.area(polygons) > PRECISION**2])
    joined = shapely.buffer(
        shapely.buffer(whole, TOLERANCE, join_style="mitre"), -TOLERANCE, join_style="mitre"
    )
    if not isinstance(joined, shapely.Polygon):
        joined = shapely.convex_hull(shapely.MultiPoint(triangles.reshape(-1, 2)))
    width, _, depth = shape.size
    box = shapely.box(-width / 2.0, -depth / 2.0, width / 2.0, depth / 2.0)
    rim: Any = joined
    outline = shapely.intersection(shapely.Polygon(rim.exterior).simplify(TOLERANCE), box)
    return outline if isinstance(outline, shapely.Polygon) else box
