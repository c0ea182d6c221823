"""`simgen bench loader` in a tiny form: every format gives the frame asked for, and the figures add up."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from simgen.bench import loader as bench
from simgen.bench.frame_files import OpenMp4s, read_jpegs, read_mp4, write_jpegs, write_mp4
from simgen.cli import main
from simgen.errors import MissingDataError
from simgen.store.folder import DataFolder
from tests.synthetic import WIDTH, write_synthetic_clip

GREYS = np.arange(0, 250, 10, dtype=np.uint8)


@pytest.fixture
def frames() -> np.ndarray:
    """25 frames, each of one grey that tells its number."""
    return np.broadcast_to(GREYS[:, None, None, None], (len(GREYS), 32, 48, 3)).copy()


def numbers(pixels: list[np.ndarray]) -> list[int]:
    return [round(float(image.mean()) / 10) for image in pixels]


def test_each_format_gives_the_frames_asked_for(frames: np.ndarray, tmp_path: Path) -> None:
    mp4 = write_mp4(tmp_path / "clip.mp4", frames)
    jpegs = write_jpegs(tmp_path / "clip", frames)
    kept = OpenMp4s()
    for wanted in [(24,), (0,), (13,), (3, 9, 20), tuple(range(25))]:
        assert numbers(read_mp4(mp4, wanted)) == list(wanted)
        assert numbers(kept.read(mp4, wanted)) == list(wanted)
        assert numbers(read_jpegs(jpegs, wanted)) == list(wanted)


def test_a_frame_with_an_odd_side_can_be_encoded(tmp_path: Path) -> None:
    mp4 = write_mp4(tmp_path / "odd.mp4", np.full((2, 31, 47, 3), 200, np.uint8))
    assert read_mp4(mp4, (1,))[0].shape == (31, 47, 3)


def test_a_ratio_is_that_of_the_rates_of_one_round() -> None:
    results = bench._summarize("random", {"hdf5": [0.1, 0.2, 0.1], "mp4": [0.4, 0.4, 1.0]})
    assert results["fps.random.hdf5"] == 10.0
    assert results["fps.random.mp4"] == 2.5
    ratio = "ratio.random.hdf5_vs_mp4"
    assert (results[f"low.{ratio}"], results[ratio], results[f"high.{ratio}"]) == (2.0, 4.0, 10.0)


@pytest.mark.slow
def test_the_command_measures_every_format(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = DataFolder(tmp_path / "data")
    for index in range(3):
        write_synthetic_clip(folder.dataset("demo").clip_path(f"clip{index}"), 5, seed=index)
    monkeypatch.setattr(bench, "READS", 4)
    options = ["--clips", "2", "--rounds", "1", "--workers", "1", "--image-px", "32", "--json"]
    done = CliRunner().invoke(main, ["--data", str(folder.path), "bench", "loader", *options])
    assert done.exit_code == 0, done.output
    results = json.loads(done.stdout)
    assert (results["clips"], results["frames"], results["image_px"]) == (2, 10, 32)
    for name in bench.FORMATS:
        assert results[f"fps.random.{name}"] > 0
        assert results[f"fps.spread.{name}"] > 0
    assert {f"fps.random.workers_1.{name}" for name in ("hdf5", "mp4", "jpeg")} <= set(results)
    # Random pixels hardly shrink without loss.
    assert 0.9 < results["bytes_per_frame.hdf5"] / (WIDTH * 48 * 3) < 1.1
    table = bench.loader_table(results)
    assert all(label in table for label in bench.FORMATS.values())


def test_without_clips_the_command_says_how_to_make_them(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match="simgen render"):
        bench.bench_loader(DataFolder(tmp_path))
