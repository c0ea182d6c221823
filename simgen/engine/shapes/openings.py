"""Doors, door frames and windows, which fill the holes in walls."""

from simgen.engine.look.materials import Material, paint
from simgen.engine.shapes.mesh import Mesh, Range, box, prism, rotate
from simgen.engine.shapes.sketch import (
    CHROME,
    DARK_METAL,
    SKY,
    WHITE_WOOD,
    Brief,
    Sketch,
    inset,
    split,
    subrange,
)

POST = 0.055
"""Width of a door's posts and header, metres."""
LEAF = 0.04
"""Thickness of a door's leaf, metres."""


def doorframe(brief: Brief) -> Sketch:
    """Posts and a header, open in the middle."""
    sketch = Sketch()
    _frame(brief, sketch, WHITE_WOOD, brief.z)
    return sketch


def doorway(brief: Brief) -> Sketch:
    """A frame, and a leaf that swings towards +z about its x_min side. A double door has two leaves."""
    sketch = Sketch()
    wood = brief.wood(WHITE_WOOD)
    metal = brief.metal(brief.pick("handle", (CHROME, DARK_METAL)))
    handle_reach = min(0.045, 0.3 * brief.depth)
    frame_z = inset(brief.z, handle_reach)
    _frame(brief, sketch, WHITE_WOOD if brief.pick("white frame", (True, False)) else wood, frame_z)
    gap = inset(brief.x, POST + 0.003)
    thick = min(LEAF, frame_z[1] - frame_z[0] - 0.004)
    leaf_z = (frame_z[1] - thick - 0.001, frame_z[1] - 0.001)
    height = (0.006, brief.height - POST - 0.003)
    leaves = [(gap, True)]
    if "double" in brief.asset.asset_id.lower():
        # They overlap a little: where two faces only touch, a pixel may fall between them.
        leaves = [((gap[0], 0.001), True), ((-0.001, gap[1]), False)]
    for place, hinge_low in leaves:
        hinge = (place[0] if hinge_low else place[1], 0.0, leaf_z[1])
        for material, mesh in _leaf(brief, wood, metal, place, height, leaf_z, hinge_low):
            sketch.add(material, rotate(mesh, "y", (-90.0 if hinge_low else 90.0) * brief.openness, hinge))
    return sketch


def _frame(brief: Brief, sketch: Sketch, material: Material, z: Range) -> None:
    x, y = brief.x, brief.y
    sketch.add(material, box((x[0], x[0] + POST), y, z), box((x[1] - POST, x[1]), y, z))
    sketch.add(material, box(inset(x, POST), (y[1] - POST, y[1]), z))


def _leaf(
    brief: Brief, wood: Material, metal: Material, x: Range, y: Range, z: Range, hinge_low: bool
) -> list[tuple[Material, Mesh]]:
    solids = [(wood, box(x, y, z))]
    panels = brief.pick(
        "panels", ((0.06, 0.48, 0.56, 0.95), (0.06, 0.95), (0.05, 0.3, 0.35, 0.62, 0.67, 0.95), ())
    )
    raised = paint("Panel", tuple(0.93 * c for c in wood.rgb), wood.kind)  # type: ignore[arg-type]
    for low, high in zip(panels[::2], panels[1::2], strict=True):
        for face in ((z[0] - 0.004, z[0]), (z[1], z[1] + 0.004)):
            solids.append((raised, box(subrange(x, 0.16, 0.84), subrange(y, low, high), face)))
    inward = 1.0 if hinge_low else -1.0
    grip = (x[1] if hinge_low else x[0]) - inward * 0.06
    for side, reach in ((z[1], brief.z[1]), (z[0], brief.z[0])):
        span = (min(side, reach), max(side, reach))
        solids.append(
            (
                metal,
                box(
                    (grip - 0.012, grip + 0.012),
                    (0.98, 1.06),
                    subrange(span, 0.0, 1.0 if span[1] - span[0] < 0.02 else 0.9),
                ),
            )
        )
        lever = (min(grip, grip - inward * 0.11), max(grip, grip - inward * 0.11))
        tip = subrange(span, 0.6, 1.0) if side == z[1] else subrange(span, 0.0, 0.4)
        solids.append((metal, box(lever, (1.01, 1.03), tip)))
    return solids


def window(brief: Brief) -> Sketch:
    """A frame with muntins in front of a bright pane, or a bay window if it is deep."""
    sketch = Sketch()
    frame = brief.wood(brief.material(WHITE_WOOD, "plastic"))
    if brief.has_word("bay"):
        _bay(brief, sketch, frame)
        return sketch
    x, y = brief.x, brief.y
    z = (brief.z[1] - min(0.08, brief.depth), brief.z[1])
    if brief.depth > 0.12:
        sill = (0.0, 0.03)
        sketch.add(frame, box(x, sill, brief.z))
        y = (0.03, brief.height)
    _sashes(brief, sketch, frame, x, y, z)
    return sketch


def _sashes(brief: Brief, sketch: Sketch, frame: Material, x: Range, y: Range, z: Range) -> None:
    bar = min(0.05, 0.08 * brief.width)
    sketch.add(frame, box((x[0], x[0] + bar), y, z), box((x[1] - bar, x[1]), y, z))
    sketch.add(frame, box(inset(x, bar), (y[0], y[0] + bar), z), box(inset(x, bar), (y[1] - bar, y[1]), z))
    pane = sum(z) / 2.0
    sketch.add(SKY, box(inset(x, bar), inset(y, bar), (pane - 0.006, pane + 0.006)))
    inside_x, inside_y, slim = inset(x, bar), inset(y, bar), (pane - 0.018, pane + 0.018)
    columns, rows = _muntins(brief)
    for place in split(inside_x, columns)[1:]:
        sketch.add(frame, box((place[0] - 0.014, place[0] + 0.014), inside_y, slim))
    for place in split(inside_y, rows)[1:]:
        sketch.add(frame, box(inside_x, (place[0] - 0.014, place[0] + 0.014), inset(slim, 0.002)))


def _muntins(brief: Brief) -> tuple[int, int]:
    """The numbers of columns and rows of panes."""
    if brief.has_word("hung"):
        return (brief.pick("columns", (1, 2)), 2)
    if brief.has_word("slider"):
        return (2, 1)
    return (max(1, round(brief.width / 0.7)), max(1, round(brief.height / 0.8)))


def _bay(brief: Brief, sketch: Sketch, frame: Material) -> None:
    """A bay window: panes on three sides of a deep sill. The room is at +z."""
    x, y, z = brief.x, brief.y, brief.z
    sketch.add(frame, box(x, (0.0, 0.05), z), box(x, (y[1] - 0.05, y[1]), z))
    tall = inset(y, 0.05)
    corner = (x[0] + 0.28 * brief.width, x[1] - 0.28 * brief.width)
    sketch.add(SKY, box((corner[0], corner[1]), tall, (z[0] + 0.02, z[0] + 0.03)))
    for at in corner:
        sketch.add(frame, box((at - 0.025, at + 0.025), tall, (z[0], z[0] + 0.05)))
    for at in ((x[0], x[0] + 0.06), (x[1] - 0.06, x[1])):
        sketch.add(frame, box(at, tall, (z[1] - 0.06, z[1])))
    _slanted_panes(sketch, (x[0] + 0.03, z[1] - 0.03), (corner[0], z[0] + 0.025), tall)
    _slanted_panes(sketch, (corner[1], z[0] + 0.025), (x[1] - 0.03, z[1] - 0.03), tall)
    for k in range(1, brief.pick("bay panes", (2, 3))):
        at = subrange(corner, k / 2.0, 1.0)[0] if k < 2 else corner[1]
        sketch.add(frame, box((at - 0.012, at + 0.012), tall, (z[0] + 0.012, z[0] + 0.038)))
    sketch.add_surface(0.05, inset(corner, 0.05), (z[0] + 0.08, z[1] - 0.03), brief.height - 0.1)


def _slanted_panes(sketch: Sketch, start: tuple[float, float], end: tuple[float, float], y: Range) -> None:
    """A pane between two points (x, z) of the plan."""
    thick = 0.005
    low = ((start[0], start[1]), (end[0], end[1]))
    plan = [
        (low[0][0], low[0][1] - thick),
        (low[1][0], low[1][1] - thick),
        (low[1][0], low[1][1] + thick),
        (low[0][0], low[0][1] + thick),
    ]
    sketch.add(SKY, prism(plan, y))
