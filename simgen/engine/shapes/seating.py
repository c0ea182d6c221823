"""Seats: chairs, stools, sofas, footstools; and dog beds."""

import numpy as np

from simgen.engine.look.materials import Material
from simgen.engine.look.palettes import FABRICS
from simgen.engine.shapes.mesh import Mesh, Range, box, cylinder, frustum, rotate, rounded_box, shift, tube
from simgen.engine.shapes.sketch import (
    CHARCOAL,
    CHROME,
    DARK_WOOD,
    OAK,
    Brief,
    Sketch,
    inset,
    sort_range,
    split,
    subrange,
)

SEAT_HEIGHT = 0.46
"""Seat height of most chairs in procthor's database, metres."""


def chair(brief: Brief) -> Sketch:
    """An office chair, a tub chair, or a chair on four legs with a back that depends on the model."""
    if brief.has_word("office", "chair_215", "chair_224", "chair_311"):
        return _office_chair(brief)
    if brief.width > 0.6 and brief.height < 0.9:
        return _tub_chair(brief)
    return _four_legged_chair(brief)


def _four_legged_chair(brief: Brief) -> Sketch:
    sketch = Sketch()
    wood = brief.wood(brief.main_material(OAK))
    covering = brief.fabric(brief.material(wood, "plastic"))
    seat = min(SEAT_HEIGHT, 0.53 * brief.height)
    x, z = brief.x, brief.z
    thick = max(0.028, 0.07 * brief.width)
    lean = 0.12 * brief.depth
    sketch.add(wood, *_legs(inset(x, 0.02), (z[0] + lean, z[1] - 0.015), (0.0, seat - 0.04), thick))
    sketch.add(wood, box(inset(x, 0.015), (seat - 0.06, seat - 0.02), (z[0] + lean, z[1] - 0.01)))
    if covering is wood:
        sketch.add(wood, rounded_box(x, (seat - 0.025, seat + 0.005), (z[0] + lean, z[1]), 0.012))
    else:
        sketch.add(covering, rounded_box(x, (seat - 0.03, seat + 0.03), (z[0] + lean, z[1]), 0.025))
    _back_rest(brief, sketch, seat, thick, lean, wood, covering)
    sketch.add_surface(
        seat + (0.005 if covering is wood else 0.03), inset(x, 0.03), (z[0] + lean + 0.05, z[1] - 0.03)
    )
    return sketch


def _back_rest(
    brief: Brief, sketch: Sketch, seat: float, thick: float, lean: float, wood: Material, covering: Material
) -> None:
    x, z, top = inset(brief.x, 0.01), brief.z, brief.height
    at_seat, at_top = (z[0] + lean, z[0] + lean + thick), (z[0], z[0] + 0.7 * thick)
    for post in ((x[0], x[0] + thick), (x[1] - thick, x[1])):
        sketch.add(wood, frustum((post, at_seat), (post, at_top), (seat - 0.04, top)))
    gap = inset(x, thick)

    def across(low: float, high: float, bar: Range, slim: float) -> Mesh:
        def middle(y: float) -> float:
            share = (y - seat) / (top - seat)
            return float(np.interp(share, [0, 1], [sum(at_seat) / 2.0, sum(at_top) / 2.0]))

        low_z, high_z = middle(low), middle(high)
        return frustum(
            (bar, (low_z - slim, low_z + slim)), (bar, (high_z - slim, high_z + slim)), (low, high)
        )

    style = brief.pick("back", ("ladder", "spindles", "panel"))
    tall = top - seat
    if covering is not wood:
        sketch.add(covering, across(seat + 0.12 * tall, top - 0.01, gap, 0.45 * thick))
    elif style == "ladder":
        rungs = brief.pick("rungs", (2, 3, 4))
        for low, high in split((seat + 0.25 * tall, top - 0.01), rungs, 0.09 * tall):
            sketch.add(wood, across(low, high, gap, 0.22 * thick))
    elif style == "spindles":
        sketch.add(wood, across(top - 0.16 * tall, top - 0.01, gap, 0.3 * thick))
        sketch.add(
            wood,
            *(
                across(seat, top - 0.15 * tall, bar, 0.011)
                for bar in split(gap, 5, 0.6 * (gap[1] - gap[0]) / 5)
            ),
        )
    else:
        sketch.add(wood, across(seat + 0.2 * tall, top - 0.01, gap, 0.2 * thick))


def _legs(x: Range, z: Range, y: Range, thick: float, taper: float = 0.65) -> list[Mesh]:
    """Four legs inside the corners of a plan, thinner at the floor."""
    legs: list[Mesh] = []
    for x_out, x_in in ((x[0], 1.0), (x[1], -1.0)):
        for z_out, z_in in ((z[0], 1.0), (z[1], -1.0)):
            top = sort_range(x_out, x_out + x_in * thick), sort_range(z_out, z_out + z_in * thick)
            foot = (
                sort_range(x_out, x_out + x_in * thick * taper),
                sort_range(z_out, z_out + z_in * thick * taper),
            )
            legs.append(frustum(foot, top, y))
    return legs


def _office_chair(brief: Brief) -> Sketch:
    sketch = Sketch()
    covering = brief.fabric(brief.pick_colour("office chair", FABRICS[:5]))
    x, z, seat = brief.x, brief.z, min(SEAT_HEIGHT, 0.55 * brief.height)
    radius = min(brief.width, brief.depth) / 2.0
    for k in range(5):
        angle = np.radians(90.0 + 72.0 * k)
        tip = (0.98 * radius * np.cos(angle), 0.055, 0.98 * radius * np.sin(angle))
        sketch.add(CHARCOAL, tube([(0.0, 0.10, 0.0), tip], (0.028, 0.018)))
        sketch.add(CHARCOAL, cylinder(0.94 * tip[0], 0.94 * tip[2], 0.028, (0.0, 0.055), 8))
    sketch.add(CHROME, cylinder(0.0, 0.0, 0.025, (0.08, seat - 0.05), 8))
    wide = inset(x, 0.08 * brief.width)
    sketch.add(
        covering, rounded_box(wide, (seat - 0.06, seat + 0.03), (z[0] + 0.14 * brief.depth, z[1]), 0.04, 3)
    )
    back = rounded_box(inset(x, 0.1 * brief.width), (seat + 0.1, brief.height), (z[0], z[0] + 0.07), 0.035, 3)
    sketch.add(covering, back)
    sketch.add(CHARCOAL, box((-0.035, 0.035), (seat - 0.05, seat + 0.2), (z[0] + 0.01, z[0] + 0.05)))
    sketch.add(CHARCOAL, box((-0.035, 0.035), (seat - 0.075, seat - 0.05), (z[0] + 0.01, 0.0)))
    if brief.pick("arms", (True, True, False)) and brief.height > 0.85:
        for side in (-1.0, 1.0):
            post = sort_range(side * brief.width / 2.0, side * (brief.width / 2.0 - 0.045))
            sketch.add(
                CHARCOAL, rounded_box(post, (seat + 0.19, seat + 0.22), subrange(z, 0.25, 0.75), 0.012)
            )
            sketch.add(CHARCOAL, box(inset(post, 0.01), (seat - 0.03, seat + 0.2), subrange(z, 0.45, 0.55)))
    sketch.add_surface(seat + 0.03, inset(wide, 0.03), (z[0] + 0.2 * brief.depth, z[1] - 0.03))
    return sketch


def _tub_chair(brief: Brief) -> Sketch:
    """A low chair whose back continues around the sides."""
    sketch = Sketch()
    covering = brief.fabric(brief.material(brief.pick_colour("tub", FABRICS), "plastic", "leather"))
    legs = brief.metal(brief.wood(DARK_WOOD))
    x, z, seat = brief.x, brief.z, min(0.44, 0.53 * brief.height)
    sketch.add(legs, *_legs(inset(x, 0.05), inset(z, 0.05), (0.0, seat - 0.08), 0.04))
    sketch.add(covering, rounded_box(inset(x, 0.02), (seat - 0.10, seat), (z[0] + 0.05, z[1]), 0.04, 3))
    sketch.add(covering, rounded_box(x, (seat - 0.06, brief.height), (z[0], z[0] + 0.09), 0.04, 3))
    for side in ((x[0], x[0] + 0.07), (x[1] - 0.07, x[1])):
        sketch.add(
            covering,
            rounded_box(
                side, (seat - 0.07, seat + 0.5 * (brief.height - seat)), (z[0] + 0.02, z[1] - 0.05), 0.03
            ),
        )
    sketch.add_surface(seat, inset(x, 0.09), (z[0] + 0.11, z[1] - 0.03))
    return sketch


def sofa(brief: Brief) -> Sketch:
    """A sofa with as many cushions as fit. A deep one has a chaise at +x."""
    return _upholstered(brief)


def armchair(brief: Brief) -> Sketch:
    """An upholstered armchair, or cushions in a wooden frame."""
    if brief.has_word("overallt", "ekenas", "emmabo"):
        return _wooden_armchair(brief)
    return _upholstered(brief)


def _upholstered(brief: Brief) -> Sketch:
    """A base, arms, a back, and as many cushions as fit: a sofa, or an armchair if one fits."""
    sketch = Sketch()
    cover = brief.material(brief.fabric(brief.pick_colour("cover", FABRICS)), "frame", "velvet", "fabric")
    cushion = brief.material(cover, "cushion", "cusion")
    legs = brief.material(brief.metal(DARK_WOOD), "legs", "darkwood")
    x, z = brief.x, brief.z
    arm = float(np.clip(0.13 * brief.width, 0.10, 0.24))
    foot = brief.pick("feet", (0.05, 0.09, 0.12))
    seat = min(0.44, 0.5 * brief.height)
    arm_top = min(seat + brief.pick("arm height", (0.16, 0.2, 0.12)), 0.85 * brief.height)
    chaise = brief.depth > 1.25
    front = z[0] + 0.95 if chaise else z[1]
    back = (z[0], z[0] + float(np.clip(0.22 * (front - z[0]), 0.14, 0.22)))
    sketch.add(legs, *_legs(inset(x, 0.04), inset((z[0], front), 0.04), (0.0, foot + 0.02), 0.06))
    sketch.add(cover, rounded_box(inset(x, 0.01), (foot, seat - 0.13), (z[0] + 0.01, front - 0.02), 0.02))
    sketch.add(cover, rounded_box(inset(x, 0.02), (foot + 0.01, brief.height - 0.05), back, 0.05, 3))
    for side in ((x[0], x[0] + arm), (x[1] - arm, x[1])):
        sketch.add(
            cover, rounded_box(side, (foot + 0.005, arm_top), (z[0] + 0.005, front), min(0.05, arm / 2.5), 3)
        )
    seats = inset(x, arm + 0.004)
    count = max(1, round((seats[1] - seats[0]) / 0.68))
    if chaise:
        _chaise(brief, sketch, cover, cushion, split(seats, count)[-1], (front - 0.06, z[1]), (foot, seat))
    for place in split(seats, count, 0.008):
        sketch.add(cushion, rounded_box(place, (seat - 0.14, seat), (back[1] - 0.03, front - 0.01), 0.04, 3))
        leaning = rounded_box(
            inset(place, 0.01), (seat - 0.01, brief.height), (back[1] - 0.05, back[1] + 0.12), 0.06, 3
        )
        sketch.add(cushion, rotate(leaning, "x", -7.0, (0.0, brief.height, back[1])))
    sketch.add_surface(seat, inset(seats, 0.03), (back[1] + 0.17, front - 0.05))
    return sketch


def _chaise(
    brief: Brief, sketch: Sketch, cover: Material, cushion: Material, place: Range, z: Range, y: Range
) -> None:
    place = (place[0], brief.x[1] - 0.01)
    sketch.add(cover, rounded_box(inset(place, 0.01), (y[0], y[1] - 0.13), z, 0.02))
    sketch.add(cushion, rounded_box(place, (y[1] - 0.14, y[1]), z, 0.04, 3))
    sketch.add(DARK_WOOD, *_legs(inset(place, 0.04), inset(z, 0.04), (0.0, y[0] + 0.02), 0.06))
    sketch.add_surface(y[1], inset(place, 0.05), inset(z, 0.05))


def _wooden_armchair(brief: Brief) -> Sketch:
    sketch = Sketch()
    wood = brief.material(DARK_WOOD, "wood")
    cushion = brief.fabric(brief.pick_colour("cushion", FABRICS))
    x, z, seat = brief.x, brief.z, min(0.42, 0.5 * brief.height)
    arm_top = min(seat + 0.18, 0.8 * brief.height)
    for side in ((x[0], x[0] + 0.06), (x[1] - 0.06, x[1])):
        sketch.add(wood, box(side, (arm_top - 0.03, arm_top), (z[0] + 0.1, z[1])))
        sketch.add(wood, box(inset(side, 0.01), (0.0, arm_top - 0.02), (z[1] - 0.08, z[1] - 0.03)))
        post = inset(side, 0.01)
        sketch.add(
            wood,
            frustum(
                (post, (z[0] + 0.1, z[0] + 0.16)), (post, (z[0], z[0] + 0.05)), (0.0, brief.height - 0.03)
            ),
        )
    sketch.add(wood, box(inset(x, 0.03), (seat - 0.16, seat - 0.11), inset(z, 0.06)))
    middle = inset(x, 0.07)
    sketch.add(cushion, rounded_box(middle, (seat - 0.12, seat), (z[0] + 0.12, z[1] - 0.01), 0.04, 3))
    back = rounded_box(middle, (seat - 0.03, brief.height), (z[0] + 0.06, z[0] + 0.19), 0.05, 3)
    sketch.add(cushion, rotate(back, "x", -6.0, (0.0, seat, z[0] + 0.12)))
    sketch.add_surface(seat, inset(middle, 0.03), (z[0] + 0.3, z[1] - 0.05))
    return sketch


def stool(brief: Brief) -> Sketch:
    """A round stool on splayed legs, or a bench if it is much wider than deep."""
    sketch = Sketch()
    seat_material = brief.main_material(OAK)
    legs = brief.metal(seat_material)
    x, z, top = brief.x, brief.z, brief.height
    if brief.width > 1.25 * brief.depth:
        sketch.add(seat_material, rounded_box(x, (top - 0.045, top), z, 0.015))
        sketch.add(legs, *_legs(inset(x, 0.03), inset(z, 0.03), (0.0, top - 0.04), 0.045))
        sketch.add(
            legs,
            *(
                box(inset(x, 0.05), subrange((0.0, top), 0.3, 0.35), side)
                for side in (subrange(z, 0.12, 0.2), subrange(z, 0.8, 0.88))
            ),
        )
    else:
        radius = brief.width / 2.0
        sketch.add(seat_material, cylinder(0.0, 0.0, radius, (top - 0.05, top), 18))
        _splayed_legs(sketch, legs, 0.85 * radius, 0.55 * radius, top - 0.05)
    sketch.add_surface(top, inset(x, 0.15 * brief.width), inset(z, 0.15 * brief.depth))
    return sketch


def _splayed_legs(sketch: Sketch, material: Material, foot: float, head: float, top: float) -> None:
    ring = [_on_circle(0.74 * foot + 0.26 * head, 30.0 * k, 0.3 * top) for k in range(13)]
    sketch.add(material, tube(ring, 0.009, 5))
    for k in range(4):
        ends = [_on_circle(foot, 45.0 + 90.0 * k, 0.0), _on_circle(head, 45.0 + 90.0 * k, top)]
        sketch.add(material, tube(ends, (0.014, 0.02)))


def _on_circle(radius: float, angle_deg: float, y: float) -> tuple[float, float, float]:
    return (radius * float(np.cos(np.radians(angle_deg))), y, radius * float(np.sin(np.radians(angle_deg))))


def ottoman(brief: Brief) -> Sketch:
    """A padded block on short legs."""
    sketch = Sketch()
    cover = brief.fabric(brief.main_material(brief.pick_colour("cover", FABRICS)))
    top = brief.height
    sketch.add(DARK_WOOD, *_legs(inset(brief.x, 0.05), inset(brief.z, 0.05), (0.0, 0.1), 0.05))
    sketch.add(cover, rounded_box(inset(brief.x, 0.015), (0.08, 0.65 * top), inset(brief.z, 0.015), 0.03))
    sketch.add(cover, rounded_box(brief.x, (0.6 * top, top), brief.z, 0.06, 3))
    sketch.add_surface(top, inset(brief.x, 0.07), inset(brief.z, 0.07))
    return sketch


def footstool(brief: Brief) -> Sketch:
    """A padded footstool if its materials include a fabric, else a small stool."""
    if brief.fabric(OAK) is OAK:
        return stool(brief)
    return ottoman(brief)


def dog_bed(brief: Brief) -> Sketch:
    """A bolster around a mat, lower at the front, where the dog enters."""
    sketch = Sketch()
    cover, mat = brief.pick_colour("bolster", FABRICS), brief.pick_colour("mat", FABRICS[2:7])
    ring = [_on_circle(0.42, 15.0 * k + 90.0, 0.5) for k in range(25)]
    bolster = tube(ring, 0.085, 8)
    stretch = np.array([brief.width, brief.height, brief.depth])
    squashed = Mesh(bolster.positions * [stretch[0], 0.0, stretch[2]], bolster.normals, bolster.faces)
    rise = 0.5 * brief.height * (1.0 + (bolster.positions[:, 1] - 0.5) / 0.085)
    squashed.positions[:, 1] = rise * np.where(bolster.positions[:, 2] > 0.32, 0.7, 1.0)
    sketch.add(cover, squashed)
    sketch.add(
        mat,
        shift(
            rounded_box(
                inset(brief.x, 0.1 * brief.width),
                (0.0, 0.45 * brief.height),
                inset(brief.z, 0.1 * brief.depth),
                0.25,
                3,
            )
        ),
    )
    sketch.add_surface(
        0.45 * brief.height, inset(brief.x, 0.22 * brief.width), inset(brief.z, 0.22 * brief.depth)
    )
    return sketch
