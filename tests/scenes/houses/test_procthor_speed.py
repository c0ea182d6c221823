"""The replacements in procthor return exactly what upstream's functions return, in the same order."""

import hashlib
import json
from typing import Any

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from procthor.generation.objects import OrthogonalPolygon

from simgen.parallel.pool import JobChannel, run_jobs
from simgen.scenes.houses.procthor_speed import COPIED, Rectangle, join_rectangles, make_fast_join, speed_up

UPSTREAM: Any = OrthogonalPolygon._join_neighboring_rectangles


class _Faster(OrthogonalPolygon):
    _join_neighboring_rectangles = make_fast_join(UPSTREAM)


lines = st.lists(st.floats(-30.0, 30.0, allow_subnormal=False), min_size=3, max_size=7, unique=True).map(
    sorted
)


@st.composite
def rectangle_sets(draw: st.DrawFn) -> set[Rectangle]:
    """Any rectangles between the lines of a grid: what a room can have free, and what it cannot."""
    xs, zs = draw(lines), draw(lines)
    columns = [(x0, x1) for i, x0 in enumerate(xs) for x1 in xs[i + 1 :]]
    rows = [(z0, z1) for i, z0 in enumerate(zs) for z1 in zs[i + 1 :]]
    every = [(x0, z0, x1, z1) for x0, x1 in columns for z0, z1 in rows]
    chosen = st.lists(st.sampled_from(every), min_size=COPIED, max_size=40, unique=True)
    return set(draw(chosen))


@given(rectangles=rectangle_sets())
@settings(max_examples=150)
def test_joined_rectangles_equal_upstreams_in_its_order(rectangles: set[Rectangle]) -> None:
    assert list(join_rectangles(rectangles)) == list(UPSTREAM(None, rectangles))


@given(
    pieces=st.lists(st.tuples(*[st.integers(0, 12)] * 2, *[st.integers(1, 5)] * 2), min_size=1, max_size=3)
)
@settings(max_examples=15)
def test_all_free_rectangles_of_a_room_come_in_upstreams_order(pieces: list[tuple[int, ...]]) -> None:
    room = shapely.box(0.0, 0.0, 8.0, 7.0)
    taken = [shapely.box(0.5 * x, 0.5 * z, 0.5 * x + 0.3 * w, 0.5 * z + 0.3 * d) for x, z, w, d in pieces]
    free = room - shapely.union_all(taken)
    assert list(_Faster(free).get_all_rectangles()) == list(OrthogonalPolygon(free).get_all_rectangles())


def test_a_room_is_cut_into_every_rectangle_that_is_free() -> None:
    """A square of 3 by 3 cells without its middle: 8 single cells, 8 of two, and 4 whole sides."""
    free = shapely.box(0, 0, 3, 3) - shapely.box(1, 1, 2, 2)
    rectangles = _Faster(free).get_all_rectangles()
    areas = sorted((x1 - x0) * (z1 - z0) for x0, z0, x1, z1 in rectangles)
    assert areas == [1.0] * 8 + [2.0] * 8 + [3.0] * 4


def test_speeding_up_twice_replaces_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OrthogonalPolygon, "_join_neighboring_rectangles", UPSTREAM)
    speed_up()
    replaced = OrthogonalPolygon._join_neighboring_rectangles
    speed_up()
    assert OrthogonalPolygon._join_neighboring_rectangles is replaced is not UPSTREAM


@pytest.mark.slow
def test_whole_houses_equal_upstreams() -> None:
    given_jobs = [(faster, spec) for spec in ("kitchen", "bedroom-bathroom") for faster in (True, False)]
    ended = {outcome.index: outcome for outcome in run_jobs(_house, given_jobs, 1, lambda: None)}
    assert [ended[index].error for index in range(4)] == [""] * 4
    kitchen, its_upstream, bedroom, beds_upstream = (ended[index].result for index in range(4))
    assert kitchen == its_upstream
    assert bedroom == beds_upstream
    assert kitchen["small"] + bedroom["small"] > 0
    assert kitchen["sha256"] != bedroom["sha256"]


def _house(faster: bool, spec: str, channel: JobChannel) -> dict[str, Any]:
    """A house's JSON as a hash, and what can be said of it in short."""
    from procthor.generation import PROCTHOR10K_ROOM_SPEC_SAMPLER, HouseGenerator
    from procthor.generation.room_specs import RoomSpecSampler

    from simgen.engine.protocol.wire.encoding import as_plain
    from simgen.scenes.engines.embedded import make_sampling_controller
    from simgen.scenes.houses.procthor_fixes import apply_fixes

    apply_fixes()
    if faster:
        speed_up()
    specs, controller = RoomSpecSampler([PROCTHOR10K_ROOM_SPEC_SAMPLER[spec]]), make_sampling_controller()
    house, _ = HouseGenerator("train", seed=7, room_spec_sampler=specs, controller=controller).sample()
    house.validate(controller)
    text = json.dumps(house.data, default=as_plain)
    small = text.count('"id": "small|')
    return {"sha256": hashlib.sha256(text.encode()).hexdigest(), "rooms": len(house.rooms), "small": small}
