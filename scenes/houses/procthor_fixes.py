"""Fixes for bugs of procthor 0.0.1.dev2, applied at run time, each with its reason."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any


def apply_fixes() -> None:
    """Applies all fixes to the imported procthor; a second call changes nothing."""
    _list_asset_groups_in_order()
    _hash_rooms_by_their_id()
    _return_no_televisions_as_three_values()
    _refuse_rooms_that_do_not_touch()


def _list_asset_groups_in_order() -> None:
    # procthor lists its asset groups in the order of os.listdir, which differs from disk to disk.
    import procthor.databases as databases

    groups: dict[str, Any] = dict(sorted(databases.asset_groups.items()))
    databases._get_asset_groups = lambda: groups


def _hash_rooms_by_their_id() -> None:
    # procthor draws rooms from a set of objects that are hashed by their memory address, so the same seed can
    # give different houses in different processes.
    from procthor.utils.types import LeafRoom, MetaRoom

    def room_id(room: Any) -> int:
        return int(room.room_id)

    LeafRoom.__hash__ = MetaRoom.__hash__ = room_id  # type: ignore[method-assign]


def _return_no_televisions_as_three_values() -> None:
    # Splits val and test have no television for walls. add_televisions then returns two values, its caller
    # unpacks three, and no house of these splits can be sampled.
    import procthor.generation.wall_objects as wall_objects

    original = wall_objects.add_televisions
    if original.__name__ != "add_televisions":
        return

    def add_or_skip_televisions(**arguments: Any) -> tuple[Any, ...]:
        result = original(**arguments)
        return result if len(result) == 3 else (defaultdict(int), *result)

    wall_objects.add_televisions = add_or_skip_televisions


def _refuse_rooms_that_do_not_touch() -> None:
    # If a room or group of rooms touches no other one of its group, procthor searches endlessly for a door
    # between them. This happened for 1 of 237 seeds.
    import procthor.generation.doors as doors

    original: Any = doors.select_openings  # upstream annotates its second parameter wrongly
    if original.__name__ != "select_openings":
        return

    def select_openings_or_refuse(
        neighboring_rooms: Any, room_spec_neighbors: Sequence[Sequence[set[int]]], room_spec: Any
    ) -> Any:
        for group in room_spec_neighbors:
            for part in group if len(group) > 1 else ():
                others = set[int]().union(*(other for other in group if other is not part))
                if not any((min(a, b), max(a, b)) in neighboring_rooms for a in part for b in others):
                    raise ValueError(f"rooms {sorted(part)} touch no other room of their group")
        return original(neighboring_rooms, room_spec_neighbors, room_spec)

    doors.select_openings = select_openings_or_refuse
