"""A trajectory on the plan: the camera's way is where the camera was."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from simgen.geometry.frames import MapFrame, yaw_deg_of
from simgen.report.map_panel import map_aspect, map_view
from simgen.report.trajectory import FIRST, MARGIN_PX, MAX_HEIGHT_PX, TITLE_PX, WIDTH_PX, trajectory_picture
from simgen.store.clips import read_clip
from simgen.store.folder import DataFolder
from tests.conftest import run_simgen


@pytest.fixture(scope="module")
def clip_path(demo: DataFolder) -> Path:
    return demo.dataset("demo").clip_paths()[0]


def test_each_frame_has_its_dot(clip_path: Path) -> None:
    page = np.asarray(trajectory_picture(clip_path).convert("RGB")).astype(int)
    clip = read_clip(clip_path)
    first = clip.world_from_camera[0]
    frame = MapFrame(first[[0, 2], 3], round(yaw_deg_of(first) / 90) * 90.0)
    size = (WIDTH_PX, min(round(WIDTH_PX / map_aspect(clip, frame)), MAX_HEIGHT_PX))
    assert page.shape == (TITLE_PX + size[1] + 40, WIDTH_PX + 2 * MARGIN_PX, 3)
    spots = map_view(clip, size, frame).pixels(clip.world_from_camera[:, [0, 2], 3])
    dots = page[spots[:, 1].round().astype(int) + TITLE_PX, spots[:, 0].round().astype(int) + MARGIN_PX]
    # Between the first frame's green and the last one's red, darker than any floor or furniture; a number
    # may lie on some.
    assert (dots.sum(axis=1) < 420).mean() > 0.7
    x, y = spots[0]
    assert np.abs(page[round(y) + TITLE_PX, round(x) + MARGIN_PX] - FIRST).max() < 25


@pytest.mark.slow
def test_the_command_writes_a_small_picture(demo: DataFolder, tmp_path: Path) -> None:
    target = tmp_path / "way.png"
    name = demo.dataset("demo").clip_paths()[1].stem
    done = run_simgen("view", name, "--trajectory", "--out", str(target), data=demo.path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(target)
    assert target.stat().st_size < 60_000
    with Image.open(target) as picture:
        assert picture.width == WIDTH_PX + 2 * MARGIN_PX
