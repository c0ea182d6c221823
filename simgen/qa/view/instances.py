"""The instances of a type in a view, for questions that are about all of them.

A question is refused if people could count another number: if a picture shows only a corner of an instance,
if an unseen instance stands in a room that is shown, or if another type has the same name.
"""

from collections.abc import Sequence

from simgen.qa.refusal import Refusal
from simgen.qa.view.cache import cache_per_view
from simgen.qa.view.names import UNNAMEABLE, spoken_name
from simgen.qa.view.view import Seen, View

MIN_SHOWN = 0.3
"""The share of each instance's outline that one picture must show. With less, people's counts differ."""
MIN_SIZE_M = 0.1
"""The least second longest side of an instance, in metres. People overlook smaller things, such as a
pencil."""


@cache_per_view
def find_instances(view: View, object_type: str) -> tuple[Seen, ...] | Refusal:
    """The objects of a type by first appearance, or the reason why people might count others."""
    return _problem(view, object_type) or tuple(view.of_type(object_type))


def types_in_view(view: View) -> list[str]:
    """The types of visible objects whose name is unambiguous in this view, by first appearance."""
    return [kind for kind in dict.fromkeys(item.object.type for item in view.seen) if _is_clear(view, kind)]


def rooms_shown(view: View) -> frozenset[str]:
    """The ids of the rooms in which the cameras of the view stand."""
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
    """The refusal for instances in the same rooms that no frame shows; None if there are none."""
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
    """Whether no other type in view has the type's name as its last word: an arm chair is also a chair."""
    name = spoken_name(object_type)
    others = (spoken_name(other) for other in view.glimpsed if other != object_type)
    return object_type not in UNNAMEABLE and not any(other.endswith(f" {name}") for other in others)
