"""Kitchen counters: cabinets under a worktop."""

from simgen.engine.look.materials import Material, SurfaceKind, paint
from simgen.engine.shapes.mesh import Range, box
from simgen.engine.shapes.sketch import CHARCOAL, CHROME, OAK, Brief, Sketch, inset, split

COUNTER_DEPTH = 0.61
"""Depth of a counter, metres (2 feet). Ids give sizes in feet: Countertop_L_6x4 is 6 by 4 feet."""


def counter_top(brief: Brief) -> Sketch:
    """Cabinets under a worktop: straight (I, Island), L with the arm at -x, or C with both arms."""
    sketch = Sketch()
    stone = brief.material(paint("Counter", (0.84, 0.83, 0.80), SurfaceKind.MARBLE), "marble")
    wood = brief.wood(brief.main_material(OAK))
    for x, z, side in _counter_runs(brief):
        _counter_run(sketch, brief.height, x, z, side, wood, stone)
    return sketch


def _counter_runs(brief: Brief) -> list[tuple[Range, Range, str]]:
    """The plan rectangle of each straight run, and the side of its doors."""
    x, z = brief.x, brief.z
    if not brief.has_word("_l_", "_c_"):
        return [(x, z, "+z")]
    runs: list[tuple[Range, Range, str]] = [(x, (z[0], z[0] + COUNTER_DEPTH), "+z")]
    runs.append(((x[0], x[0] + COUNTER_DEPTH), (z[0] + COUNTER_DEPTH, z[1]), "+x"))
    if brief.has_word("_c_"):
        runs.append(((x[1] - COUNTER_DEPTH, x[1]), (z[0] + COUNTER_DEPTH, z[1]), "-x"))
    return runs


def _counter_run(
    sketch: Sketch, high: float, x: Range, z: Range, doors: str, wood: Material, stone: Material
) -> None:
    overhang, kick = 0.025, 0.10
    body_x = (
        (x[0], x[1] - overhang)
        if doors == "+x"
        else ((x[0] + overhang, x[1]) if doors == "-x" else inset(x, 0.004))
    )
    body_z = (z[0], z[1] - overhang) if doors == "+z" else (z[0], z[1] - 0.004)
    sketch.add(stone, box(x, (high - 0.04, high), z))
    sketch.add(wood, box(body_x, (kick, high - 0.039), body_z))
    recess = 0.05
    foot_x = (
        (x[0], body_x[1] - recess)
        if doors == "+x"
        else ((body_x[0] + recess, x[1]) if doors == "-x" else inset(x, 0.01))
    )
    foot_z = (z[0], body_z[1] - recess) if doors == "+z" else (z[0], z[1] - 0.01)
    sketch.add(CHARCOAL, box(foot_x, (0.0, kick), foot_z))
    _cupboard_doors(sketch, (kick + 0.01, high - 0.05), body_x, body_z, doors, wood)
    sketch.add_surface(high, inset(x, 0.02), inset(z, 0.02))


def _cupboard_doors(sketch: Sketch, y: Range, x: Range, z: Range, side: str, wood: Material) -> None:
    along = x if side == "+z" else z
    count = max(1, round((along[1] - along[0]) / 0.5))
    drawer = (y[1] - 0.16, y[1])
    for place in split(inset(along, 0.01), count, 0.012):
        middle = sum(place) / 2.0
        for height, handle in (((y[0], drawer[0] - 0.012), drawer[0] - 0.06), (drawer, sum(drawer) / 2.0)):
            bar = (middle - 0.06, middle + 0.06)
            bar_y = (handle - 0.006, handle + 0.006)
            if side == "+z":
                sketch.add(wood, box(place, height, (z[1], z[1] + 0.012)))
                sketch.add(CHROME, box(bar, bar_y, (z[1] + 0.012, z[1] + 0.023)))
            else:
                face = (x[1], x[1] + 0.012) if side == "+x" else (x[0] - 0.012, x[0])
                grip = (x[1] + 0.012, x[1] + 0.023) if side == "+x" else (x[0] - 0.023, x[0] - 0.012)
                sketch.add(wood, box(face, height, place))
                sketch.add(CHROME, box(grip, bar_y, bar))
