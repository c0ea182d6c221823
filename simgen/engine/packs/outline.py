"""The outline of a mesh seen from above."""

from typing import Any

import numpy as np
import shapely

from simgen.engine.shapes import Shape

PRECISION = 0.002
"""Corners are rounded to a grid of this spacing, metres. It removes slivers and makes the union of thousands
of triangles robust."""
TOLERANCE = 0.01
"""Largest deviation of the outline from the mesh, metres."""


def plan_of(shape: Shape) -> shapely.Polygon:
    """Outline of a shape's triangles on the floor plane, as local (x, z), metres, without holes.

    It is one polygon inside the shape's box: the convex hull if the pieces of the shape do not touch.
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
