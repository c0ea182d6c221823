"""`simgen view --rrd`: the change of handedness, and the cure where rerun-sdk is missing.

What is in a file is compared in tests/foreign/test_rerun.py, with Rerun's own reader.
"""

import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from simgen.cli import main
from simgen.geometry.boxes import corners
from simgen.geometry.frames import camera_pose, euler_rotation, intrinsics, project
from simgen.report.rerun_file import mirror_box, mirror_pose
from simgen.types import OrientedBox
from tests.synthetic import write_synthetic_clip


def test_a_point_lands_on_the_same_pixel() -> None:
    pose, matrix = camera_pose(np.array([1.0, 1.5, -2.0]), 40.0, 15.0), intrinsics(640, 480, 75.0)
    points = np.array([[2.0, 0.5, 1.0], [2.5, 1.9, 0.0], [1.2, 0.1, 3.0]])
    position, rotation = mirror_pose(pose)
    assert np.linalg.det(rotation) == pytest.approx(1.0)
    # As Rerun projects: a camera with x to the right, y down and z ahead.
    in_camera = (points * [1.0, 1.0, -1.0] - position) @ rotation
    pixels = (in_camera / in_camera[:, 2:]) @ matrix.T
    expected = project(points, pose, matrix)
    assert pixels[:, :2] == pytest.approx(expected[:, :2])
    assert in_camera[:, 2] == pytest.approx(expected[:, 2])


def test_a_box_has_the_mirrored_corners() -> None:
    box = OrientedBox(np.array([1.0, 0.4, 2.0]), np.array([0.5, 0.4, 0.2]), euler_rotation(10.0, 35.0, -20.0))
    center, rotation = mirror_box(box)
    assert np.linalg.det(rotation) == pytest.approx(1.0)
    found = corners(OrientedBox(center, box.half_extents, rotation))
    wanted = corners(box) * [1.0, 1.0, -1.0]
    assert sorted(map(tuple, found.round(9))) == sorted(map(tuple, wanted.round(9)))


def test_without_the_package_one_line_names_the_cure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rerun", None)
    clip = write_synthetic_clip(tmp_path / "clip.h5")
    result = CliRunner().invoke(main, ["view", str(clip), "--rrd", "--out", str(tmp_path / "clip.rrd")])
    assert result.exit_code == 2
    assert result.stderr == "simgen: --rrd needs rerun-sdk; install it with: pip install 'simgen[rerun]'\n"
    assert [path.name for path in tmp_path.iterdir()] == ["clip.h5"]
