"""The third-party camera has the recipe's height and sway, and the poses that the clip stores."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simgen.engine.world.agent import AGENT_Y, CAMERA_ABOVE_AGENT
from simgen.geometry.boxes import corners
from simgen.geometry.frames import project
from simgen.recipe import CameraSpec, Handheld, Walkthrough
from simgen.scenes.camera import FASTEST_HZ, compute_sway
from simgen.store.clips import Frames, Visibility
from simgen.types import Array
from tests.scenes.furnished import CAMERA, Home, furnished_home, places

WALK = Walkthrough(frames=12)
OWN = CAMERA.replace(height_m=1.2, handheld=Handheld(position_m=0.05, rotation_deg=8.0))
AGENTS_HEIGHT = CAMERA.replace(height_m=AGENT_Y + CAMERA_ABOVE_AGENT)


def frames_with(camera: CameraSpec) -> tuple[Home, Frames, Visibility]:
    home = furnished_home(camera)
    try:
        return home, *home.clip(WALK, camera=camera)
    finally:
        home.controller.stop()


@pytest.fixture(scope="module")
def own() -> tuple[Home, Frames, Visibility]:
    return frames_with(OWN)


@given(frames=st.integers(1, 300), fps=st.sampled_from([2.0, 5.0, 30.0]), seed=st.integers(0, 1000))
def test_a_hand_strays_no_farther_than_it_may(frames: int, fps: float, seed: int) -> None:
    hand = Handheld(position_m=0.02, rotation_deg=3.0)
    shift, turn = compute_sway(frames, fps, hand, np.random.default_rng(seed))
    assert np.linalg.norm(shift, axis=1).max() <= 0.02 + 1e-12
    assert np.abs(turn).max() <= 3.0
    longer = compute_sway(frames + 50, fps, hand, np.random.default_rng(seed))
    assert np.array_equal(longer[0][:frames], shift)


def test_a_hand_sways_slowly() -> None:
    shift, turn = compute_sway(6000, 30.0, Handheld(), np.random.default_rng(0))
    for signal in (*shift.T, *turn.T):
        power = np.abs(np.fft.rfft(signal * np.hanning(len(signal)))) ** 2
        fast = np.fft.rfftfreq(len(signal), 1 / 30.0) > FASTEST_HZ + 0.05
        assert power[fast].sum() < 1e-3 * power.sum()
        assert np.abs(signal).max() > 0.3 * (0.015 / np.sqrt(3) if signal is shift.T else 0.005)


def test_a_camera_at_the_agents_height_sees_what_the_agent_sees() -> None:
    _, agent, agent_visibility = frames_with(CAMERA)
    _, beside, visibility = frames_with(AGENTS_HEIGHT)
    assert np.allclose(agent.world_from_camera, beside.world_from_camera, atol=1e-9)
    assert np.array_equal(agent.rgb, beside.rgb)
    assert np.array_equal(agent.depth_mm, beside.depth_mm)
    assert np.array_equal(agent.instance, beside.instance)
    assert np.array_equal(agent_visibility.unoccluded_pixels, visibility.unoccluded_pixels)


def test_the_camera_is_where_the_recipe_wants_it(own: tuple[Home, Frames, Visibility]) -> None:
    _, frames, _ = own
    home = furnished_home()
    try:
        walked = places(home.poses(WALK))
    finally:
        home.controller.stop()
    eyes = frames.world_from_camera[:, :3, 3]
    strayed = np.column_stack([eyes[:, 0] - walked[:, 0], eyes[:, 1] - 1.2, eyes[:, 2] - walked[:, 1]])
    assert 0.005 < np.linalg.norm(strayed, axis=1).max() <= 0.05
    # Its right axis leaves the level only by rolling.
    roll_deg = np.degrees(np.arcsin(frames.world_from_camera[:, 1, 0]))
    assert 1.0 < np.abs(roll_deg).max() <= 8.0


def test_boxes_project_onto_the_masks_of_a_rolled_camera(own: tuple[Home, Frames, Visibility]) -> None:
    home, frames, visibility = own
    checked = 0
    for frame, pose in enumerate(frames.world_from_camera):
        for index in np.flatnonzero(visibility.pixels[frame]):
            box = project(corners(home.objects[index].box), pose, frames.intrinsics)
            if (box[:, 2] <= 0.05).any() or home.objects[index].type == "Doorway":
                continue  # behind the camera the projection means nothing; an open leaf leaves its frame
            x_min, y_min, x_max, y_max = visibility.box2d[frame, index].astype(float)
            assert x_min >= box[:, 0].min() - 1.5
            assert x_max <= box[:, 0].max() + 1.5
            assert y_min >= box[:, 1].min() - 1.5
            assert y_max <= box[:, 1].max() + 1.5
            checked += 1
    assert checked > 20


def test_depth_leads_back_into_the_boxes_and_onto_the_floor(own: tuple[Home, Frames, Visibility]) -> None:
    home, frames, _ = own
    for frame in range(len(frames.rgb)):
        points = _points(frames, frame)
        for index, item in enumerate(home.objects):
            if item.type == "Doorway":
                continue
            mine = points[frames.instance[frame] == index + 1]
            local = (mine - item.box.center) @ item.box.rotation
            assert (np.abs(local) <= item.box.half_extents + 0.003).all()
        # The house begins at the floor: no pixel lies below it, and much of the picture lies on it.
        hit = frames.depth_mm[frame] > 0
        assert points[hit][:, 1].min() > -0.005
    assert (np.abs(_points(frames, 0)[..., 1]) < 0.005).mean() > 0.05


def _points(frames: Frames, frame: int) -> Array:
    """(H, W, 3) world points of the pixels of a frame."""
    height, width = frames.depth_mm[frame].shape
    focal, center = frames.intrinsics[0, 0], frames.intrinsics[:2, 2]
    u, v = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    rays = np.stack([(u - center[0]) / focal, -(v - center[1]) / focal, np.ones_like(u)], axis=-1)
    pose = frames.world_from_camera[frame]
    return rays * frames.depth_mm[frame][..., None] / 1000.0 @ pose[:3, :3].T + pose[:3, 3]


def test_what_stands_free_owns_all_its_pixels_in_a_rolled_view(own: tuple[Home, Frames, Visibility]) -> None:
    _, _, visibility = own
    assert (visibility.unoccluded_pixels >= visibility.pixels).all()
    shown = visibility.pixels > 100
    # Most of what is in view here stands before bare walls: nothing hides it.
    assert (visibility.pixels[shown] == visibility.unoccluded_pixels[shown]).mean() > 0.3
    assert (visibility.unoccluded_pixels[shown] < 160 * 120).all()


def test_a_camera_that_is_not_there_has_no_view() -> None:
    home = furnished_home()
    try:
        with pytest.raises(ValueError, match="no thirdPartyCameraId 0"):
            home.controller.step(action="GetUnoccludedPixelCounts", thirdPartyCameraId=0, renderImage=False)
    finally:
        home.controller.stop()
