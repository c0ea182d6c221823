"""The names of objects in maps and in questions, and the types that questions never name."""

import re
from collections import Counter
from collections.abc import Sequence

from simgen.store.clips import Clip

STRUCTURE = frozenset({"Wall", "Floor", "Ceiling", "Room"})
"""The shell of a house: these types are never in a map."""

UNNAMEABLE = STRUCTURE | {
    # Openings and their coverings: people do not see them as objects with a place on the floor.
    *("Window", "Door", "Doorway", "Doorframe", "Blinds", "Curtains"),
    # Flat on a wall, or a part of a larger object.
    *(
        "Painting",
        "Mirror",
        "LightSwitch",
        "Faucet",
        "ShowerHead",
        "ShowerCurtain",
        "ShowerDoor",
        "ShowerGlass",
    ),
    *("Cabinet", "Drawer", "Shelf", "StoveBurner", "StoveKnob", "SinkBasin", "BathtubBasin"),
    *("HandTowelHolder", "TowelHolder", "ToiletPaperHanger"),
    # Often L-shaped: its box contains much empty floor, so distances from the box would be wrong.
    "CounterTop",
    # Names that do not say what the object is.
    *("RoomDecor", "TableTopDecor", "Desktop", "Undefined"),
}
"""Types that no question names. All of them except the structure may be in a map."""

CAMERA = "camera"
"""The name of the map entry of a camera. Two cameras are camera1 and camera2, in the question's order."""

_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def map_name(object_type: str) -> str:
    """A type as maps write it: "diningtable" for "DiningTable"."""
    return object_type.lower()


def spoken_name(object_type: str) -> str:
    """A type as questions write it: "dining table" for "DiningTable", "tv stand" for "TVStand"."""
    return _WORD_START.sub(" ", object_type).lower()


def plural_name(object_type: str) -> str:
    """The plural that questions write: "shelves" for "Shelf", "tissue boxes" for "TissueBox"."""
    name = spoken_name(object_type)
    if name.endswith(("s", "x", "ch", "sh")):
        return f"{name}es"
    if name.endswith(("fe", "lf")):
        return f"{name.removesuffix('e').removesuffix('f')}ves"
    return f"{name}s"


def room_names(clip: Clip, rooms: Sequence[int]) -> dict[int, str]:
    """The names of these rooms in maps: their types, numbered if there are several of one type."""
    types = {room: map_name(clip.rooms[room].type) for room in rooms}
    totals, counts, names = Counter(types.values()), Counter[str](), dict[int, str]()
    for room, kind in types.items():
        counts[kind] += 1
        names[room] = f"{kind}{counts[kind]}" if totals[kind] > 1 else kind
    return names


def camera_names(count: int) -> list[str]:
    """The names of the map entries of a question's cameras."""
    return [CAMERA] if count == 1 else [f"{CAMERA}{number + 1}" for number in range(count)]
