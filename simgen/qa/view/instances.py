"""All objects of a type that a view shows, where a question means each of them.

Whatever could make people find another number of them is a problem: an instance of which a picture shows
only a corner, one that stands unseen in a room that is shown, or another type that goes by the same name.
"""

from collections.abc import Sequence

from simgen.qa.refusal import Refusal
from simgen.qa.view.cache import cache_per_view
from simgen.qa.view.names import UNNAMEABLE, spoken_name
from simgen.qa.view.view import Seen, View

MIN_SHOWN = 0.3
"""Share of each instance's outline that one picture must show: of less, two people count differently."""
MIN_SIZE_M = 0.1
"""The second longest side of each instance: a pencil is overlooked."""


@cache_per_view
def find_instances(view: View, object_type: str) -> tuple[Seen, ...] | Refusal:
    """The objects of a type by first appearance, or the reason why people might count others."""
    return _problem(view, object_type) or tuple(view.of_type(object_type))


def types_in_view(view: View) -> list[str]:
    """The types of visible objects that have a name of their own here, by first appearance."""
    return [kind for kind in dict.fromkeys(item.object.type for item in view.seen) if _is_clear(view, kind)]


def rooms_shown(view: View) -> frozenset[str]:
    """Ids of the rooms in which the cameras stand."""
    rooms = {view.geometry.camera_rooms[frame] for frame in view.frames}
    return frozenset(view.clip.rooms[room].id for room in rooms if room >= 0)


def _problem(view: View, object_type: str) -> Refusal | None:
    if not _is_clear(view, object_type):
        return Refusal("not nameable", f"what a {spoken_name(object_type)} is, is not clear here")
    found = view.of_type(object_type)
    if not found:
        return Refusal("not visible", f"no {spoken_name(object_type)} is visible in the frames shown")
    hidden = view.glimpsed[object_type] - len(found)
    if hidden:
        return Refusal(
            "half hidden", f"of {hidden} more {spoken_name(object_type)} there are a few pixels in view"
        )
    return _size_problem(view, found) or _unseen_problem(view, found)


def _size_problem(view: View, found: Sequence[Seen]) -> Refusal | None:
    for item in found:
        shown, size = view.share_shown(item), view.geometry.middle_size(item.index)
        if shown < MIN_SHOWN:
            return Refusal(
                "cut off", f"{shown:.2f} of {item.object.id} is in a picture, at least {MIN_SHOWN} is needed"
            )
        if size < MIN_SIZE_M:
            return Refusal("too small", f"{size:.2f} m, at least {MIN_SIZE_M} m is needed")
    return None


def _unseen_problem(view: View, found: Sequence[Seen]) -> Refusal | None:
    """Why instances that no frame shows would count as well."""
    rooms = rooms_shown(view) | {item.object.room_id for item in found}
    known = {item.index for item in found}
    unseen = [
        item.id
        for index, item in enumerate(view.clip.objects)
        if item.type == found[0].object.type and item.room_id in rooms and index not in known
    ]
    return (
        Refusal("unseen", f"{len(unseen)} more in the same rooms, {unseen[0]} among them") if unseen else None
    )


def _is_clear(view: View, object_type: str) -> bool:
    """Whether a type has a name that no other type in view goes by: an arm chair is a chair, too."""
    name = spoken_name(object_type)
    others = (spoken_name(other) for other in view.glimpsed if other != object_type)
    return object_type not in UNNAMEABLE and not any(other.endswith(f" {name}") for other in others)
