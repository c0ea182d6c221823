"""Houses that the real procthor sampled with the embedded engine behind it."""

from typing import Any

import pytest

from simgen.engine.assets import find_asset
from simgen.engine.scene import bodies_overlapping
from simgen.engine.spawn import scene_at_rest
from simgen.recipe import load_recipe
from simgen.scenes.procthor_mends import mend


def _all_objects(objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [item for parent in objects for item in (parent, *_all_objects(parent.get("children", [])))]


def test_houses_are_what_the_recipe_asks_for(sampled_houses: list[dict[str, Any]]) -> None:
    wanted = load_recipe("demo").houses
    assert [house["metadata"]["simgen"]["split"] for house in sampled_houses] == ["train", "train", "val"]
    for house in sampled_houses:
        assert "Kitchen" in {room["roomType"] for room in house["rooms"]}
        assert len(house["rooms"]) <= wanted.rooms.max_rooms
        assert house["metadata"]["warnings"] == {}


def test_held_out_houses_are_furnished_from_other_assets(sampled_houses: list[dict[str, Any]]) -> None:
    for house in sampled_houses:
        splits = {find_asset(item["assetId"]).split for item in _all_objects(house["objects"])}
        assert splits <= {house["metadata"]["simgen"]["split"], None}


def test_small_things_stand_on_their_parents_without_overlap(sampled_houses: list[dict[str, Any]]) -> None:
    for house in sampled_houses:
        scene = scene_at_rest(house)
        small = [body for body in scene.bodies.values() if body.id.startswith("small|")]
        assert small
        for body in small:
            parent = scene.bodies[body.parent_id]
            assert parent.footprint.buffer(1e-6).covers(body.footprint)
            siblings = [other for other in small if other is not body and other.parent_id == body.parent_id]
            assert bodies_overlapping(siblings, body.box) == []


def test_no_television_for_walls_is_not_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    from procthor.generation import wall_objects

    def none_in_this_split(**_: Any) -> tuple[str, str]:
        return "lines", "heights"

    none_in_this_split.__name__ = "add_televisions"
    monkeypatch.setattr(wall_objects, "add_televisions", none_in_this_split)
    mend()
    mended: Any = wall_objects.add_televisions
    televisions, lines, heights = mended(partial_house=None)
    assert (televisions["any room"], lines, heights) == (0, "lines", "heights")
