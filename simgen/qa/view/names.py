"""What objects are called: in maps, in questions, and which of them a question may be about."""

import re
from collections import Counter
from collections.abc import Sequence

from simgen.store.clips import Clip

STRUCTURE = frozenset({"Wall", "Floor", "Ceiling", "Room"})
"""The shell of a house: never an entry of a map."""

UNNAMEABLE = STRUCTURE | {
    # Openings and what covers them: people do not take them for objects with a place on the floor.
    *("Window", "Door", "Doorway", "Doorframe", "Blinds", "Curtains"),
    # Flat on a wall, or part of something larger.
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
    # Often L-shaped: a box would hold much empty floor, so distances from it would be wrong.
    "CounterTop",
    # Names that do not say what is meant.
    *("RoomDecor", "TableTopDecor", "Desktop", "Undefined"),
}
"""Types that no question is about, though all but the structure may stand in a map."""

CAMERA = "camera"
"""Name of the map entry for the camera; of two they are camera1 and camera2, in the question's order."""

_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def map_name(object_type: str) -> str:
    """A type as maps write it: "DiningTable" is "diningtable"."""
    return object_type.lower()


def spoken_name(object_type: str) -> str:
    """A type as questions say it: "DiningTable" is "dining table", "TVStand" is "tv stand"."""
    return _WORD_START.sub(" ", object_type).lower()


def plural_name(object_type: str) -> str:
    """The plural of what questions say: "Shelf" is "shelves", "TissueBox" is "tissue boxes"."""
    name = spoken_name(object_type)
    if name.endswith(("s", "x", "ch", "sh")):
        return f"{name}es"
    if name.endswith(("fe", "lf")):
        return f"{name.removesuffix('e').removesuffix('f')}ves"
    return f"{name}s"


def room_names(clip: Clip, rooms: Sequence[int]) -> dict[int, str]:
    """What map entries call these rooms of the clip: by type, several of one type numbered."""
    types = {room: map_name(clip.rooms[room].type) for room in rooms}
    totals, counts, names = Counter(types.values()), Counter[str](), dict[int, str]()
    for room, kind in types.items():
        counts[kind] += 1
        names[room] = f"{kind}{counts[kind]}" if totals[kind] > 1 else kind
    return names


def camera_names(count: int) -> list[str]:
    """Names of the map entries of the cameras that a question asks about."""
    return [CAMERA] if count == 1 else [f"{CAMERA}{number + 1}" for number in range(count)]
