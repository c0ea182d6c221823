"""Pages of room specs: they can hold procthor's own specs, and mistakes are reported with their lines."""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from procthor.generation import PROCTHOR10K_ROOM_SPEC_SAMPLER
from procthor.generation.generation import sample_house_structure
from procthor.utils.types import LeafRoom

from simgen.errors import HouseError, InputError
from simgen.recipe import RoomFilter
from simgen.scenes.houses.procthor_fixes import apply_fixes
from simgen.scenes.houses.specs import list_spec_pages, load_specs, make_room_spec_sampler

FOUR_ROOMS = """\
specs:
  4-room:
    weight: 5
    rooms:
      - ratio: 2
        rooms:
          - {type: Bedroom, ratio: 2, id: 4}
          - {type: Bathroom, ratio: 1, id: 5, avoid_doors_from_metarooms: true}
      - ratio: 2
        rooms:
          - {type: Kitchen, ratio: 3, id: 6}
          - {type: LivingRoom, ratio: 2, id: 7}
"""


def page(tmp_path: Path, text: str) -> Any:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    return load_specs(str(path))


def tree(parts: Sequence[Any]) -> list[Any]:
    """A spec of procthor's as plain values."""
    return [
        (part.room_id, part.ratio, part.room_type, part.avoid_doors_from_metarooms)
        if isinstance(part, LeafRoom)
        else (part.ratio, tree(part.children))
        for part in parts
    ]


def test_a_spec_of_procthors_own_can_be_written(tmp_path: Path) -> None:
    ours = make_room_spec_sampler(page(tmp_path, FOUR_ROOMS), RoomFilter())["4-room"]
    theirs = PROCTHOR10K_ROOM_SPEC_SAMPLER["4-room"]
    assert tree(ours.spec) == tree(theirs.spec)
    assert (ours.sampling_weight, ours.room_type_map) == (theirs.sampling_weight, theirs.room_type_map)


def test_the_bundled_pages_have_the_rooms_that_their_names_say() -> None:
    rooms = {
        name: [[room.type for room in spec.leaves()] for spec in load_specs(name).specs.values()]
        for name in list_spec_pages()
    }
    assert len(rooms) >= 3
    assert all(len(types) <= 2 for types in rooms["studio"])
    assert all(types.count("Bedroom") == 2 for types in rooms["two_bedrooms"])
    assert all(len(types) >= 7 for types in rooms["large_homes"])


@pytest.mark.parametrize("name", list_spec_pages())
def test_procthor_lays_out_every_spec_of_the_bundled_pages(name: str) -> None:
    apply_fixes()
    page = load_specs(name)
    for spec in make_room_spec_sampler(page, RoomFilter()).room_specs:
        random.seed(3)
        np.random.seed(3)  # noqa: NPY002  (procthor draws from the global one)
        laid_out = sample_house_structure(None, set(spec.room_type_map), spec, 2.0)
        assert set(laid_out.xz_poly_map) == set(spec.room_type_map)
        if (dims := page.specs[spec.room_spec_id].dims) is not None:
            z_cells, x_cells = laid_out.interior_boundary.shape
            assert dims.x[0] <= x_cells <= dims.x[1]
            assert dims.z[0] <= z_cells <= dims.z[1]


def test_rooms_without_an_id_are_counted_from_two(tmp_path: Path) -> None:
    text = "specs: {a: {rooms: [{type: Kitchen}, {type: Bedroom, id: 2}, {rooms: [{type: Bathroom}]}]}}"
    spec = make_room_spec_sampler(page(tmp_path, text), RoomFilter())["a"]
    assert spec.room_type_map == {3: "Kitchen", 2: "Bedroom", 4: "Bathroom"}


def test_only_specs_with_the_wanted_rooms_are_left(tmp_path: Path) -> None:
    everything = make_room_spec_sampler(None, RoomFilter())
    assert len(everything.room_specs) == len(PROCTHOR10K_ROOM_SPEC_SAMPLER.room_specs)
    two = make_room_spec_sampler(None, RoomFilter(require=("Kitchen",), min_rooms=2, max_rooms=2))
    assert [spec.room_spec_id for spec in two.room_specs] == ["kitchen-living-room"]
    twice = make_room_spec_sampler(None, RoomFilter(require=("Bathroom", "Bathroom"), max_rooms=6))
    assert [spec.room_spec_id for spec in twice.room_specs] == ["2-bed-2-bath"]
    with pytest.raises(HouseError, match="raise max_rooms"):
        make_room_spec_sampler(None, RoomFilter(require=("Kitchen", "Bedroom"), max_rooms=1))
    with pytest.raises(HouseError, match="the page"):
        make_room_spec_sampler(page(tmp_path, FOUR_ROOMS), RoomFilter(min_rooms=5))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("type: Kitchen", "type: Kitchn"), ":11: specs.4-room.rooms.1.rooms.0.type: input should be"),
        (("weight: 5", "weight: 0"), ":3: specs.4-room.weight: input should be greater than 0 (given: 0)"),
        (("weight: 5", "wieght: 5"), ":3: unknown key specs.4-room.wieght; did you mean weight?"),
        (("id: 7", "id: 6"), "the room id 6 is given twice"),
        (("id: 7", "id: 1"), ":12: specs.4-room.rooms.1.rooms.1.id"),
        (("ratio: 3", "ratio: 2.5"), ":11: specs.4-room.rooms.1.rooms.0.ratio"),
        (("{type: Bedroom, ratio: 2, id: 4}", "{ratio: 2}"), ":7: specs.4-room.rooms.0.rooms.0: give either"),
        (("weight: 5", "dims: {x: [2, 3], z: [2, 3]}"), "give at least two cells a room"),
        (("weight: 5", "dims: {x: [9, 8], z: [4, 5]}"), ":3: specs.4-room.dims: x goes from 9 to 8"),
        (("specs:\n", "spec:\n"), ":1: unknown key spec; did you mean specs?"),
        (("weight: 5", "weight: ]"), ":3: not valid YAML"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    with pytest.raises(InputError) as caught:
        page(tmp_path, FOUR_ROOMS.replace(*change))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_page_gets_the_nearest_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="did you mean 'studio'"):
        load_specs("studoi")
    with pytest.raises(InputError, match="cannot be read"):
        load_specs(str(tmp_path / "none.yaml"))
