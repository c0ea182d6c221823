"""Tables: dining tables, coffee tables, side tables, desks, carts."""

from collections.abc import Callable

from simgen.engine.look.materials import Material
from simgen.engine.shapes.mesh import Mesh, Range, box, cylinder, frustum, lathe, rounded_box, tube
from simgen.engine.shapes.sketch import (
    CHROME,
    DARK_METAL,
    GLASS,
    OAK,
    OPEN_ABOVE,
    WHITE_WOOD,
    Brief,
    Sketch,
    inset,
    split,
    subrange,
)


def dining_table(brief: Brief) -> Sketch:
    """A rectangular or round top on legs, trestles or turned feet."""
    return _table(brief, _top_thickness(brief), ("legs", "legs", "trestle", "pedestal"), shelf=False)


def coffee_table(brief: Brief) -> Sketch:
    """A low table, with a shelf below in some models."""
    return _table(
        brief, _top_thickness(brief), ("legs", "frame", "slab sides"), brief.pick("shelf", (True, False))
    )


def side_table(brief: Brief) -> Sketch:
    """A night stand with drawers, or a small table. A wide one is a sideboard."""
    style = brief.pick("cabinet", ("drawers", "table", "drawers", "shelf"))
    if brief.width > 1.0 or (style == "drawers" and brief.depth > 0.3):
        return _cabinet_table(brief)
    return _table(brief, 0.025, ("legs", "frame", "pedestal"), shelf=style == "shelf")


def _top_thickness(brief: Brief) -> float:
    return min(brief.pick("thickness", (0.025, 0.035, 0.05)), 0.15 * brief.height)


def _table(brief: Brief, thick: float, bases: tuple[str, ...], shelf: bool) -> Sketch:
    sketch = Sketch()
    top_material, base_material = _table_materials(brief)
    x, z, high = brief.x, brief.z, brief.height
    is_round = abs(brief.width - brief.depth) < 0.04 * brief.width and brief.pick(
        "round", (True, True, False)
    )
    if is_round:
        sketch.add(top_material, cylinder(0.0, 0.0, brief.width / 2.0, (high - thick, high), 28))
        area = (inset(x, 0.15 * brief.width), inset(z, 0.15 * brief.depth))
    else:
        sketch.add(top_material, rounded_box(x, (high - thick, high), z, min(0.008, thick / 3.0)))
        area = (inset(x, 0.02), inset(z, 0.02))
    base = "pedestal" if is_round and brief.pick("foot", (True, False)) else brief.pick("base", bases)
    plan = area if is_round else (inset(x, 0.03), inset(z, 0.03))
    _BASES[base](brief, sketch, base_material, plan, high - thick)
    if shelf and base != "pedestal":
        _lower_shelf(sketch, base_material, plan, high)
    sketch.add_surface(high, *area)
    return sketch


def _table_materials(brief: Brief) -> tuple[Material, Material]:
    wood = brief.wood(brief.main_material(OAK))
    top = brief.material(wood, "glass")
    base = brief.metal(wood) if top is not wood or brief.pick("metal", (True, False)) else wood
    return (GLASS if top is not wood else wood), base


def _lower_shelf(sketch: Sketch, material: Material, plan: tuple[Range, Range], high: float) -> None:
    y = 0.28 * high
    sketch.add(material, box(inset(plan[0], 0.012), (y - 0.02, y), inset(plan[1], 0.012)))
    sketch.add_surface(y, inset(plan[0], 0.06), inset(plan[1], 0.06), clearance=high - 0.1 - y)


def corner_legs(x: Range, z: Range, y: Range, thick: float, taper: float = 1.0) -> list[Mesh]:
    """Four legs inside the corners of a plan. `taper` is the foot's thickness as a fraction of the top's."""
    slim = taper * thick
    legs: list[Mesh] = []
    for head_x, foot_x in (
        ((x[0], x[0] + thick), (x[0], x[0] + slim)),
        ((x[1] - thick, x[1]), (x[1] - slim, x[1])),
    ):
        for head_z, foot_z in (
            ((z[0], z[0] + thick), (z[0], z[0] + slim)),
            ((z[1] - thick, z[1]), (z[1] - slim, z[1])),
        ):
            legs.append(
                box(head_x, y, head_z) if taper == 1.0 else frustum((foot_x, foot_z), (head_x, head_z), y)
            )
    return legs


def _base_legs(
    brief: Brief, sketch: Sketch, material: Material, plan: tuple[Range, Range], top: float
) -> None:
    thick = brief.pick("leg", (0.055, 0.07, 0.085)) * min(1.0, 0.6 + brief.width / 3.0)
    apron = min(0.10, 0.16 * top)
    sketch.add(material, *corner_legs(*plan, (0.0, top), thick, brief.pick("taper", (1.0, 0.6, 0.45))))
    x, z = inset(plan[0], 0.012), inset(plan[1], 0.012)
    for side in ((z[0], z[0] + 0.02), (z[1] - 0.02, z[1])):
        sketch.add(material, box(x, (top - apron, top - 0.001), side))
    for side in ((x[0], x[0] + 0.02), (x[1] - 0.02, x[1])):
        sketch.add(material, box(side, (top - apron, top - 0.001), z))


def _base_frame(
    _brief: Brief, sketch: Sketch, material: Material, plan: tuple[Range, Range], top: float
) -> None:
    """Two loops of square tube, joined at the floor."""
    x, z = plan
    bar = 0.028
    for side in ((x[0], x[0] + bar), (x[1] - bar, x[1])):
        sketch.add(material, box(side, (0.0, bar), z), box(side, (top - bar, top), z))
        for end in ((z[0], z[0] + bar), (z[1] - bar, z[1])):
            sketch.add(material, box(side, (bar, top - bar), end))
    sketch.add(material, box(inset(x, bar), (0.3 * bar, bar), (-bar / 2.0, bar / 2.0)))


def _base_trestle(
    _brief: Brief, sketch: Sketch, material: Material, plan: tuple[Range, Range], top: float
) -> None:
    x, z = plan
    for middle in (x[0] + 0.16 * (x[1] - x[0]), x[1] - 0.16 * (x[1] - x[0])):
        post = (middle - 0.04, middle + 0.04)
        sketch.add(
            material, box(post, (0.0, 0.06), inset(z, 0.02)), box(post, (top - 0.06, top), inset(z, 0.05))
        )
        sketch.add(material, box(inset(post, 0.01), (0.05, top - 0.05), subrange(z, 0.38, 0.62)))
    sketch.add(material, box(subrange(x, 0.16, 0.84), subrange((0.0, top), 0.3, 0.42), (-0.02, 0.02)))


def _base_pedestal(
    brief: Brief, sketch: Sketch, material: Material, plan: tuple[Range, Range], top: float
) -> None:
    """One turned foot, or two under a long table."""
    foot = 0.62 * min(plan[0][1], plan[1][1])
    stem = 0.14 * foot + 0.01
    outline = [(0.0, 0.0), (foot, 0.0), (foot, 0.02), (0.35 * foot, 0.06), (stem, 0.12 + 0.1 * top)]
    outline += [(stem, 0.8 * top), (0.4 * foot, 0.97 * top), (0.4 * foot, top), (0.0, top)]
    is_long = brief.width > 1.35 * brief.depth
    for x in (0.5 * plan[0][0], 0.5 * plan[0][1]) if is_long else (0.0,):
        sketch.add(material, lathe(outline, 16, (x, 0.0)))


def _base_slabs(
    _brief: Brief, sketch: Sketch, material: Material, plan: tuple[Range, Range], top: float
) -> None:
    x, z = plan
    for side in ((x[0], x[0] + 0.04), (x[1] - 0.04, x[1])):
        sketch.add(material, box(side, (0.0, top), z))


_BASES: dict[str, Callable[[Brief, Sketch, Material, tuple[Range, Range], float], None]] = {
    "legs": _base_legs,
    "frame": _base_frame,
    "trestle": _base_trestle,
    "pedestal": _base_pedestal,
    "slab sides": _base_slabs,
}


def _cabinet_table(brief: Brief) -> Sketch:
    """A night stand or sideboard: a body with drawers on short legs."""
    sketch = Sketch()
    wood = brief.wood(brief.main_material(OAK))
    knobs = brief.metal(CHROME)
    x, z, high = brief.x, brief.z, brief.height
    feet = brief.pick("feet", (0.05, 0.12, 0.2)) * min(1.0, high / 0.6)
    sketch.add(wood, box(x, (high - 0.025, high), z))
    sketch.add(wood, box(inset(x, 0.012), (feet, high - 0.024), (z[0] + 0.005, z[1] - 0.025)))
    sketch.add(wood, *corner_legs(inset(x, 0.02), inset(z, 0.03), (0.0, feet + 0.01), 0.045, 0.7))
    columns = max(1, round(brief.width / 0.55))
    rows = 1 if high - feet < 0.3 else (2 if high < 0.8 else 3)
    drawer_fronts(
        sketch, wood, knobs, inset(x, 0.03), (feet + 0.02, high - 0.04), z[1] - 0.025, columns, rows
    )
    sketch.add_surface(high, inset(x, 0.01), inset(z, 0.01))
    return sketch


def drawer_fronts(
    sketch: Sketch, wood: Material, knobs: Material, x: Range, y: Range, z: float, columns: int, rows: int
) -> None:
    """A grid of drawer fronts in front of the plane z, each with a knob or a bar, 25 mm deep in total."""
    for column in split(x, columns, 0.012):
        for row in split(y, rows, 0.012):
            sketch.add(wood, box(column, row, (z, z + 0.012)))
            middle, height = sum(column) / 2.0, sum(row) / 2.0
            reach = min(0.07, 0.2 * (column[1] - column[0]))
            sketch.add(
                knobs,
                box(
                    (middle - reach, middle + reach), (height - 0.008, height + 0.008), (z + 0.012, z + 0.025)
                ),
            )


def desk(brief: Brief) -> Sketch:
    """A desk with drawers at one side if they fit, a wing if it is deep, shelves above if it is tall."""
    sketch = Sketch()
    wood = brief.wood(brief.main_material(OAK))
    frame = brief.metal(wood)
    x, z = brief.x, brief.z
    high = min(brief.height, 0.76 if brief.height > 0.85 else brief.height)
    returns = brief.depth > 1.0
    depth = 0.75 if returns else brief.depth
    main = (z[0], z[0] + depth)
    sketch.add(wood, box(x, (high - 0.03, high), main))
    has_hutch = brief.height > high + 0.1
    sketch.add_surface(
        high, inset(x, 0.02), (_hutch_z(brief)[1] if has_hutch else main[0] + 0.02, main[1] - 0.02)
    )
    drawers_left = brief.pick("side", (True, False))
    pedestal = (x[0] + 0.02, x[0] + 0.42) if drawers_left else (x[1] - 0.42, x[1] - 0.02)
    if brief.width > 1.0:
        sketch.add(wood, box(pedestal, (0.04, high - 0.03), (main[0] + 0.03, main[1] - 0.055)))
        drawer_fronts(
            sketch,
            wood,
            brief.metal(DARK_METAL),
            inset(pedestal, 0.01),
            (0.06, high - 0.05),
            main[1] - 0.055,
            1,
            3,
        )
    sketch.add(frame, *corner_legs(inset(x, 0.015), inset(main, 0.02), (0.0, high - 0.03), 0.05, 1.0))
    sketch.add(wood, box(inset(x, 0.04), (0.45 * high, high - 0.03), (main[0] + 0.03, main[0] + 0.045)))
    if returns:
        wing = (x[1] - 0.6, x[1]) if drawers_left else (x[0], x[0] + 0.6)
        sketch.add(wood, box(wing, (high - 0.03, high), (main[1], z[1])))
        sketch.add(
            frame, *corner_legs(inset(wing, 0.02), (main[1], z[1] - 0.02), (0.0, high - 0.03), 0.05, 1.0)
        )
        sketch.add_surface(high, inset(wing, 0.03), (main[1], z[1] - 0.03))
    if has_hutch:
        _hutch(brief, sketch, wood, high)
    return sketch


def _hutch_z(brief: Brief) -> Range:
    return (brief.z[0] + 0.005, brief.z[0] + min(0.28, 0.45 * brief.depth))


def _hutch(brief: Brief, sketch: Sketch, wood: Material, low: float) -> None:
    """Shelves at the back of a desk."""
    x, z = inset(brief.x, 0.01), _hutch_z(brief)
    high = brief.height
    for side in ((x[0], x[0] + 0.025), (x[1] - 0.025, x[1])):
        sketch.add(wood, box(side, (low, high), z))
    sketch.add(wood, box(x, (low, high), (z[0], z[0] + 0.012)))
    count = max(1, round((high - low) / 0.38))
    for index in range(count + 1):
        board = low + (high - low) * index / count
        if index:
            sketch.add(wood, box(inset(x, 0.002), (board - 0.025, board), (z[0], z[1] - 0.003)))
        clearance = (high - low) / count - 0.025 if index < count else OPEN_ABOVE
        sketch.add_surface(board, inset(x, 0.04), (z[0] + 0.02, z[1] - 0.01), clearance)


def cart(brief: Brief) -> Sketch:
    """A trolley with three trays on castors."""
    sketch = Sketch()
    metal = brief.metal(DARK_METAL)
    x, z, high = brief.x, brief.z, brief.height
    levels = [subrange((0.0, high), share, share + 0.025) for share in (0.1, 0.45, 0.8)]
    sketch.add(metal, *corner_legs(inset(x, 0.005), inset(z, 0.005), (0.05, high), 0.025))
    for index, level in enumerate(levels):
        sketch.add(metal if index else WHITE_WOOD, box(inset(x, 0.01), level, inset(z, 0.01)))
        above = levels[index + 1][0] - level[1] if index < 2 else OPEN_ABOVE
        sketch.add_surface(level[1], inset(x, 0.04), inset(z, 0.04), above)
    for corner_x in inset(x, 0.018):
        for corner_z in inset(z, 0.018):
            sketch.add(DARK_METAL, cylinder(corner_x, corner_z, 0.018, (0.0, 0.05), 8))
    rail = [(x[0] + 0.02, high - 0.012, z[0] + 0.02), (x[0] + 0.02, high - 0.012, z[1] - 0.02)]
    sketch.add(CHROME, tube(rail, 0.012))
    return sketch
