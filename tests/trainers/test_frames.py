"""Frames of clips for training are the pixels of the file, whatever is in memory and whoever reads."""

import os
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

from simgen.errors import ClipError
from simgen.store import opening
from simgen.store.clips import read_images
from simgen.store.opening import OpenClips
from simgen.trainers.frames import FrameCache, load_frames, read_frames, scale_pixels
from tests.synthetic import HEIGHT, WIDTH, write_synthetic_clip

FRAME_BYTES = WIDTH * HEIGHT * 3


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_synthetic_clip(tmp_path / "clip.h5", frame_count=6)


def stored(path: Path) -> np.ndarray:
    """All frames by h5py alone."""
    with h5py.File(path) as file:
        frames = file["frames/rgb"]
        assert isinstance(frames, h5py.Dataset)
        return frames[()]


def test_frames_are_those_of_the_file_in_the_order_asked_for(clip: Path) -> None:
    expected = stored(clip)
    for frames in [(4, 0, 4), (5,), (0, 1, 2, 3, 4, 5)]:
        loaded = load_frames(str(clip), frames, image_px=WIDTH)
        assert np.array_equal(np.stack([np.asarray(image) for image in loaded]), expected[list(frames)])


def test_a_frame_is_scaled_by_its_longer_side(clip: Path) -> None:
    (image,) = load_frames(str(clip), (1,), image_px=32)
    whole = Image.fromarray(stored(clip)[1])
    assert image.size == (32, 24)
    assert image.tobytes() == whole.resize((32, 24), Image.Resampling.BICUBIC).tobytes()


def test_a_caller_may_draw_on_its_pictures(clip: Path) -> None:
    (image,) = load_frames(str(clip), (0,), image_px=WIDTH)
    image.paste((0, 0, 0), (0, 0, WIDTH, HEIGHT))
    (again,) = load_frames(str(clip), (0,), image_px=WIDTH)
    assert np.array_equal(np.asarray(again), stored(clip)[0])
    with pytest.raises(ValueError, match="read-only"):
        read_frames(str(clip), (0,), WIDTH)[0][0, 0] = 0


def test_the_cache_keeps_to_its_bytes_and_drops_the_longest_unused(
    clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []

    def note(path: Path, kind: str, frames: tuple[int, ...], clips: OpenClips) -> np.ndarray:
        read.extend(frames)
        return read_images(path, "rgb", frames, clips)

    monkeypatch.setattr("simgen.trainers.frames.read_images", note)
    cache = FrameCache(2 * FRAME_BYTES)
    for frame in (0, 1, 0, 2, 0, 1):
        cache.load(str(clip), [frame], WIDTH)
        assert cache.held_bytes <= 2 * FRAME_BYTES
    # 0 is used again before 2 comes, so 1 is dropped, and read again at the end.
    assert read == [0, 1, 2, 1]


def test_a_sample_larger_than_the_cache_is_whole(clip: Path) -> None:
    cache = FrameCache(FRAME_BYTES)
    loaded = cache.load(str(clip), range(6), WIDTH)
    assert np.array_equal(np.stack(loaded), stored(clip))
    assert cache.held_bytes == FRAME_BYTES


def test_a_clip_that_is_written_again_is_read_again(clip: Path) -> None:
    before = stored(clip)[0]
    load_frames(str(clip), (0,), WIDTH)
    write_synthetic_clip(clip, frame_count=6, seed=1)
    (image,) = load_frames(str(clip), (0,), WIDTH)
    assert not np.array_equal(stored(clip)[0], before)
    assert np.array_equal(np.asarray(image), stored(clip)[0])


# Python warns of any fork beside another thread, which an earlier test may have left.
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_forked_process_reads_what_its_parent_reads(clip: Path) -> None:
    """Workers of a data loader are forked after the parent has read."""
    expected = stored(clip)
    load_frames(str(clip), (0, 1), WIDTH)
    child = os.fork()
    if child == 0:
        loaded = load_frames(str(clip), (0, 3), WIDTH)
        os._exit(int(not np.array_equal(np.stack([np.asarray(i) for i in loaded]), expected[[0, 3]])))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert np.array_equal(np.asarray(load_frames(str(clip), (2,), WIDTH)[0]), expected[2])


def open_files(folder: Path) -> list[str]:
    targets = [link.readlink() for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    return sorted(target.name for target in targets if target.parent == folder)


def test_few_clips_stay_open_and_the_longest_unused_is_closed(tmp_path: Path) -> None:
    paths = [write_synthetic_clip(tmp_path / f"{name}.h5", 2, seed=name) for name in range(3)]
    clips = OpenClips(2)
    for name in (0, 1, 0, 2):
        images = read_images(paths[name], "rgb", (1,), clips)
        assert np.array_equal(images[0], stored(paths[name])[1])
    assert open_files(tmp_path) == ["0.h5", "2.h5"]
    clips.close()
    assert open_files(tmp_path) == []


def test_a_clip_is_validated_once_until_it_changes(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checks: list[Path] = []
    monkeypatch.setattr(opening, "_check_self_contained", lambda _, path: checks.append(path))
    other = write_synthetic_clip(clip.with_name("other.h5"), frame_count=2)
    clips = OpenClips(1)
    for path in (clip, clip, other, clip):
        read_images(path, "rgb", (0,), clips)
    assert checks == [clip, other]
    write_synthetic_clip(clip, frame_count=2)
    read_images(clip, "depth_mm", (0,), clips)
    assert checks == [clip, other, clip]
    clips.close()


def test_a_clip_that_links_to_another_file_is_refused_and_closed(clip: Path) -> None:
    with h5py.File(clip, "a") as file:
        file["elsewhere"] = h5py.ExternalLink("other.h5", "/frames")
    clips = OpenClips(2)
    for _ in range(2):
        with pytest.raises(ClipError, match="links to another file"):
            read_images(clip, "rgb", (0,), clips)
    assert open_files(clip.parent) == []


def test_a_clip_that_became_unreadable_is_one_error(clip: Path) -> None:
    read_images(clip, "rgb", (0,))
    clip.write_bytes(b"no clip")
    with pytest.raises(ClipError, match="not a readable HDF5 file"):
        load_frames(str(clip), (0,), WIDTH)
    clip.unlink()
    with pytest.raises(ClipError, match="there is no such clip"):
        load_frames(str(clip), (0,), WIDTH)


def test_scaling_to_the_same_size_copies() -> None:
    pixels = np.zeros((48, 64, 3), np.uint8)
    scaled = scale_pixels(pixels, 64)
    pixels[:] = 9
    assert not scaled.any()
