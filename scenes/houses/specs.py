"""Room specs: YAML pages that say which rooms procthor lays out.

A page is bundled under a name, or is a file. It holds procthor's `RoomSpec`s in procthor's terms: a *spec* is
a tree; its leaves are rooms, and its inner nodes (metarooms) are groups of rooms that lie together. A door
leads from each part of a group to another part of it.
"""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from simgen.errors import HouseError, InputError
from simgen.pages import list_pages, load_page, validate
from simgen.recipe import RoomFilter, RoomType

FIRST_ROOM_ID = 2
"""procthor uses 0 for empty cells and 1 for the outside."""
MIN_SIDE_CELLS = 2
"""procthor's own shortest side of a house, in cells."""
MAX_SIDE_CELLS = 30
"""66 m at procthor's largest scale. A larger plan takes minutes to lay out."""
MAX_ROOMS = 12
"""As many as ProcTHOR-10K's largest spec has, and as a recipe's `rooms` allows."""

Ratio = Annotated[int, Field(ge=1, le=100)]
Side = Annotated[int, Field(ge=MIN_SIDE_CELLS, le=MAX_SIDE_CELLS)]


class SpecModel(BaseModel):
    """A part of a page. It has no unknown keys, and it cannot be changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Rooms(SpecModel):
    """A room, which has a `type`, or a group of rooms that lie together, which has `rooms`."""

    type: RoomType | None = None
    rooms: tuple["Rooms", ...] = ()
    ratio: Ratio = 1
    """Share of the area, relative to its siblings."""
    id: Annotated[int, Field(ge=FIRST_ROOM_ID)] | None = None
    """Number of the room in the house's ids. By default rooms are counted from 2."""
    avoid_doors_from_metarooms: bool = False
    """Give the room only one door where possible, as for a bathroom."""

    @model_validator(mode="after")
    def _room_or_group(self) -> "Rooms":
        if (self.type is None) == (not self.rooms):
            raise ValueError("give either the type of a room, or the rooms of a group")
        if self.rooms and (self.id is not None or self.avoid_doors_from_metarooms):
            raise ValueError("id and avoid_doors_from_metarooms are for rooms, not for groups")
        return self

    def leaves(self) -> Iterator["Rooms"]:
        """All rooms of the group, in the order of the page."""
        if self.type is not None:
            yield self
        for part in self.rooms:
            yield from part.leaves()


class Dims(SpecModel):
    """Smallest and largest width (x) and depth (z) of the plan in cells; a cell is 1.6 to 2.2 m wide."""

    x: tuple[Side, Side]
    z: tuple[Side, Side]

    @model_validator(mode="after")
    def _ascending(self) -> "Dims":
        for name, (least, most) in (("x", self.x), ("z", self.z)):
            if least > most:
                raise ValueError(f"{name} goes from {least} to {most}; give the smaller number first")
        return self


class Spec(SpecModel):
    """One room spec."""

    weight: Annotated[float, Field(gt=0)] = 1.0
    """How often this spec is drawn, relative to the others."""
    dims: Dims | None = None
    """None: procthor draws a size that fits the number of rooms."""
    rooms: Annotated[tuple[Rooms, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _rooms_fit(self) -> "Spec":
        rooms = list(self.leaves())
        if len(rooms) > MAX_ROOMS:
            raise ValueError(f"{len(rooms)} rooms; give at most {MAX_ROOMS}")
        twice = [name for name, count in Counter(r.id for r in rooms if r.id).items() if count > 1]
        if twice:
            raise ValueError(f"the room id {twice[0]} is given twice")
        if self.dims is not None and self.dims.x[0] * self.dims.z[0] < 2 * len(rooms):
            raise ValueError(
                f"dims are too small: {self.dims.x[0]} by {self.dims.z[0]} cells for {len(rooms)} rooms; "
                "give at least two cells a room"
            )
        return self

    def leaves(self) -> Iterator[Rooms]:
        """All rooms, in the order of the page."""
        for part in self.rooms:
            yield from part.leaves()


class SpecPage(SpecModel):
    """A page of room specs."""

    description: str = ""
    specs: Annotated[dict[Annotated[str, Field(pattern=r"^[\w-]+$")], Spec], Field(min_length=1)]


def list_spec_pages() -> list[str]:
    """Names of the bundled pages."""
    return list_pages(_bundled())


def load_specs(name_or_path: str) -> SpecPage:
    """A bundled page by name, or one from a YAML file.

    Raises InputError: the nearest name for an unknown one, or all mistakes with their lines.
    """
    return validate(load_page(name_or_path, _bundled(), "room spec page", InputError), SpecPage)


def make_room_spec_sampler(page: SpecPage | None, wanted: RoomFilter) -> Any:
    """A RoomSpecSampler of procthor with all specs that fit `wanted`, by default of ProcTHOR-10K's.

    Raises HouseError when none fits.
    """
    from procthor.generation import PROCTHOR10K_ROOM_SPEC_SAMPLER
    from procthor.generation.room_specs import RoomSpecSampler

    known = PROCTHOR10K_ROOM_SPEC_SAMPLER.room_specs if page is None else _room_specs(page)
    fitting = [spec for spec in known if wanted.allows(list(spec.room_type_map.values()))]
    if not fitting:
        raise HouseError(f"no room spec has {wanted.in_words()}; {_cure(page)}")
    return RoomSpecSampler(room_specs=fitting)


def _cure(page: SpecPage | None) -> str:
    return (
        "raise max_rooms, or write a page of specs" if page is None else "change rooms, or the page of specs"
    )


def _room_specs(page: SpecPage) -> list[Any]:
    from procthor.generation.room_specs import RoomSpec

    return [
        RoomSpec(
            room_spec_id=name,
            sampling_weight=spec.weight,
            spec=_tree(spec.rooms, _room_ids(spec)),
            dims=partial(_draw_dims, spec.dims) if spec.dims else None,
        )
        for name, spec in page.specs.items()
    ]


def _room_ids(spec: Spec) -> Iterator[int]:
    """The ids of a spec's rooms, in the order of the page."""
    given = {room.id for room in spec.leaves()}
    free = (number for number in range(FIRST_ROOM_ID, FIRST_ROOM_ID + 2 * MAX_ROOMS) if number not in given)
    return iter([room.id or next(free) for room in spec.leaves()])


def _tree(parts: Sequence[Rooms], ids: Iterator[int]) -> list[Any]:
    from procthor.utils.types import LeafRoom, MetaRoom

    return [
        LeafRoom(next(ids), part.ratio, part.type, part.avoid_doors_from_metarooms)
        if part.type is not None
        else MetaRoom(part.ratio, _tree(part.rooms, ids))
        for part in parts
    ]


def _draw_dims(dims: Dims) -> tuple[int, int]:
    # procthor calls this, and draws only from the global generator that it has seeded.
    return random.randint(*dims.x), random.randint(*dims.z)


def _bundled() -> Traversable:
    return resources.files("simgen.scenes") / "specs"
