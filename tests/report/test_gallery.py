"""The gallery shows what it says that it shows."""

import numpy as np
import pytest
from PIL import Image

from simgen.engine.draw.render import Renderer
from simgen.house.assets import find_asset, load_assets
from simgen.report.gallery import ROOM_PICTURE, _one_of_each_type, _portrait, room_pictures
from tests.engine.house_fixture import house_object, two_room_house


def orange(picture: Image.Image) -> float:
    """Share of a picture that has a basketball's colour."""
    red, green, blue = np.moveaxis(np.asarray(picture.convert("RGB")).astype(int), -1, 0)
    return float(((red > 1.6 * green) & (green > 1.3 * blue) & (red > 60)).mean())


@pytest.mark.slow
def test_a_rooms_view_looks_at_what_is_in_it() -> None:
    ball = next(a.asset_id for a in load_assets().values() if a.object_type == "BasketBall")
    height = find_asset(ball).size[1]
    house = two_room_house([house_object("ball", ball, 1.0, height / 2, 3.2)], door_openness=0.0)
    for room in house["rooms"]:
        room["floorMaterial"] = "WhitePlastic"
    pictures = dict(room_pictures(house, "fast"))
    # The door is shut and the agent in the kitchen: the other room has no view.
    assert set(pictures) == {"Kitchen"}
    assert pictures["Kitchen"].size == ROOM_PICTURE
    assert orange(pictures["Kitchen"]) > 0.002


def test_every_type_has_one_portrait_and_it_fills_it() -> None:
    assets = _one_of_each_type()
    assert len({asset.object_type for asset in assets}) == len(assets) == 109
    ball = next(asset for asset in assets if asset.object_type == "BasketBall")
    renderer = Renderer(96, 96, "standard")
    share = orange(_portrait(renderer, ball))
    renderer.release()
    # The ball's box, and so a sphere of 1 / sqrt(3) of its half diagonal, stands wholly in the picture.
    assert 0.1 < share < np.pi / 4.0
