"""`simgen bench loader`: frames a second that training reads from clips, from MP4 files and JPEG folders.

All formats hold the same frames, and the files are in the system's memory. One process reads in turns of a
few frames; its processor time counts, so other processes hardly affect it. Worker processes are timed by the
clock. A ratio compares two formats in the same round. Medians of several rounds are reported.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from simgen import __version__
from simgen.bench.frame_files import OpenMp4s, read_jpegs, read_mp4, write_jpegs, write_mp4
from simgen.bench.machine import core_count, cpu_name
from simgen.store.clips import read_images
from simgen.store.folder import DataFolder
from simgen.store.opening import open_clip
from simgen.trainers.frames import Pixels, load_frames, read_frames, scale_pixels
from simgen.trainers.loader import FrameLoader

READS = 96
"""Reads of each format in a round."""
TURN = 16
"""Reads of a format before the next one takes its turn: two for each of eight workers."""
SPREAD = 8
"""Frames of a read of kind `spread`: those of a question about a walk."""
FORMATS = {
    "hdf5": "clips",
    "hdf5_reopened": "clips, opened anew",
    "memory": "clips, from memory",
    "mp4": "MP4",
    "mp4_reopened": "MP4, opened anew",
    "jpeg": "JPEG folders",
}
"""Label in the table by name. Clips and MP4 files stay open between reads, unless they are opened anew."""

RATIOS = (
    ("hdf5", "mp4"),
    ("hdf5_reopened", "mp4_reopened"),
    ("hdf5", "jpeg"),
    ("hdf5", "hdf5_reopened"),
    ("memory", "mp4"),
)
"""Pairs of names of which the ratio of the rates is reported."""


@dataclass(frozen=True, slots=True)
class BenchClip:
    """One clip in all formats."""

    path: Path
    mp4: Path
    jpegs: Path
    frames: int
    stored_bytes: int
    image_px: int
    """Longer side to which frames are scaled after reading."""


Pick = tuple[BenchClip, tuple[int, ...]]
"""A clip and some of its frames, in ascending order."""
Reader = Callable[[Pick], Sequence[object]]
Seconds = dict[str, list[float]]
"""Seconds of each round, by the name of the format."""


def bench_loader(
    folder: DataFolder,
    dataset: str | None = None,
    clip_count: int = 8,
    rounds: int = 5,
    workers: int = 2,
    image_px: int | None = None,
) -> dict[str, Any]:
    """Frames a second of each format, on at most `clip_count` clips that are spread over the data folder.

    Frames are scaled so that the longer side is `image_px`; None leaves their size. Raises MissingDataError
    if there is no clip.
    """
    paths = _choose_clips(folder, dataset, clip_count)
    with tempfile.TemporaryDirectory(prefix="simgen-bench-") as scratch:
        progress = tqdm(paths, desc="encode", unit="clip")
        clips = [_write_formats(path, Path(scratch), image_px) for path in progress]
        return {
            **_measure(clips, rounds, workers, np.random.default_rng(0)),
            **_bytes_per_frame(clips),
            "clips": len(clips),
            "frames": sum(clip.frames for clip in clips),
            "image_px": max(clip.image_px for clip in clips),
            "rounds": rounds,
            "workers": workers,
            "cpu": cpu_name(),
            "cores": core_count(),
            "version.simgen": __version__,
            "version.av": version("av"),
        }


def loader_table(results: Mapping[str, Any]) -> str:
    """The results as text."""
    kinds = ["random", "spread", f"random.workers_{results['workers']}"]
    lines = [
        f"frames a second, longer side {results['image_px']} px, {results['clips']} clips",
        f"{'':<22}" + "".join(f"{kind:>18}" for kind in [*kinds, "bytes a frame"]),
    ]
    for name, label in FORMATS.items():
        cells = [results.get(f"fps.{kind}.{name}") for kind in kinds]
        cells.append(results.get(f"bytes_per_frame.{name}"))
        lines.append(f"{label:<22}" + "".join(f"{'' if c is None else f'{c:,.0f}':>18}" for c in cells))
    for key, ratio in results.items():
        if key.startswith("ratio."):
            low, high = results[f"low.{key}"], results[f"high.{key}"]
            lines.append(f"{key.removeprefix('ratio.')}: {ratio:.2f} ({low:.2f} to {high:.2f})")
    return "\n".join(lines)


def _choose_clips(folder: DataFolder, dataset: str | None, count: int) -> list[Path]:
    paths = [path for found in folder.datasets_with_clips(dataset) for path in found.clip_paths()]
    chosen = np.linspace(0, len(paths) - 1, min(count, len(paths))).astype(int)
    return [paths[int(index)] for index in chosen]


def _write_formats(path: Path, scratch: Path, image_px: int | None) -> BenchClip:
    frames = read_images(path, "rgb")
    with open_clip(path) as file:
        dataset: Any = file["frames/rgb"]
        stored_bytes = dataset.id.get_storage_size()
    name = f"{path.parent.parent.name}-{path.stem}"
    return BenchClip(
        path=path,
        mp4=write_mp4(scratch / f"{name}.mp4", frames),
        jpegs=write_jpegs(scratch / name, frames),
        frames=len(frames),
        stored_bytes=stored_bytes,
        image_px=image_px or max(frames.shape[1:3]),
    )


def _bytes_per_frame(clips: Sequence[BenchClip]) -> dict[str, int]:
    frames = sum(clip.frames for clip in clips)
    jpegs = [path for clip in clips for path in clip.jpegs.iterdir()]
    return {
        "bytes_per_frame.hdf5": sum(clip.stored_bytes for clip in clips) // frames,
        "bytes_per_frame.mp4": sum(clip.mp4.stat().st_size for clip in clips) // frames,
        "bytes_per_frame.jpeg": sum(path.stat().st_size for path in jpegs) // frames,
    }


def _measure(
    clips: Sequence[BenchClip], rounds: int, workers: int, rng: np.random.Generator
) -> dict[str, Any]:
    readers: dict[str, Reader] = {
        "hdf5": _read_hdf5,
        "hdf5_reopened": _reopen_hdf5,
        "memory": _load_hdf5,
        "mp4": _Mp4Reader(),
        "mp4_reopened": _reopen_mp4,
        "jpeg": _read_jpegs,
    }
    results = _summarize("random", _time_turns(readers, clips, rounds, 1, rng))
    results |= _summarize("spread", _time_turns(readers, clips, rounds, SPREAD, rng))
    return results | _summarize(f"random.workers_{workers}", _time_workers(clips, rounds, workers, rng))


def _read_hdf5(pick: Pick) -> list[Pixels]:
    """As training reads a frame for the first time."""
    return read_frames(str(pick[0].path), pick[1], pick[0].image_px)


def _reopen_hdf5(pick: Pick) -> list[Pixels]:
    """The file is opened, validated and closed."""
    return _scale(pick, list(read_images(pick[0].path, "rgb", pick[1])))


def _load_hdf5(pick: Pick) -> Sequence[object]:
    """As training reads: a frame that was read before comes from memory."""
    return load_frames(str(pick[0].path), pick[1], pick[0].image_px)


class _Mp4Reader:
    """Reads MP4 files, which stay open as long as the reader lives."""

    def __init__(self) -> None:
        self._files = OpenMp4s()

    def __call__(self, pick: Pick) -> list[Pixels]:
        return _scale(pick, self._files.read(pick[0].mp4, pick[1]))


def _reopen_mp4(pick: Pick) -> list[Pixels]:
    return _scale(pick, read_mp4(pick[0].mp4, pick[1]))


def _read_jpegs(pick: Pick) -> list[Pixels]:
    return _scale(pick, read_jpegs(pick[0].jpegs, pick[1]))


def _scale(pick: Pick, frames: Sequence[Pixels]) -> list[Pixels]:
    return [scale_pixels(pixels, pick[0].image_px) for pixels in frames]


def _choose_picks(clips: Sequence[BenchClip], per_read: int, rng: np.random.Generator) -> list[Pick]:
    """Reads of random clips: a random frame of each, or `per_read` frames evenly spread over it."""
    picks: list[Pick] = []
    for index in rng.integers(len(clips), size=READS):
        clip = clips[index]
        spread = np.linspace(0, clip.frames - 1, min(per_read, clip.frames)).astype(int)
        frames = rng.integers(clip.frames, size=1) if per_read == 1 else spread
        picks.append((clip, tuple(int(frame) for frame in frames)))
    return picks


def _time_turns(
    readers: Mapping[str, Reader],
    clips: Sequence[BenchClip],
    rounds: int,
    per_read: int,
    rng: np.random.Generator,
) -> Seconds:
    """Processor seconds a frame. A pass before the first round, which reads every frame, is not timed."""
    for reader in readers.values():
        for clip in clips:
            reader((clip, tuple(range(clip.frames))))
    loops = {name: partial(_read_each, reader) for name, reader in readers.items()}
    return _time_rounds(loops, clips, rounds, per_read, rng, time.process_time)


def _read_each(reader: Reader, picks: Sequence[Pick]) -> None:
    for pick in picks:
        reader(pick)


def _time_workers(clips: Sequence[BenchClip], rounds: int, workers: int, rng: np.random.Generator) -> Seconds:
    """Seconds a frame by the clock, of random frames that worker processes read. Their start is not timed."""
    readers: dict[str, Callable[[Pick], Sequence[Pixels]]] = {
        "hdf5": _read_hdf5,
        "mp4": _Mp4Reader(),
        "jpeg": _read_jpegs,
    }
    loaders = {name: FrameLoader(reader, workers) for name, reader in readers.items()}
    loops = {name: partial(_read_all, loader) for name, loader in loaders.items()}
    for loop in loops.values():
        loop(_choose_picks(clips, 1, rng))
    return _time_rounds(loops, clips, rounds, 1, rng, time.perf_counter)


def _read_all(loader: FrameLoader, picks: Sequence[Pick]) -> None:
    for _ in loader.read(picks):
        pass


def _time_rounds(
    loops: Mapping[str, Callable[[Sequence[Pick]], None]],
    clips: Sequence[BenchClip],
    rounds: int,
    per_read: int,
    rng: np.random.Generator,
    clock: Callable[[], float],
) -> Seconds:
    """Seconds a frame in each round. The formats take turns of a few reads."""
    times: Seconds = {name: [] for name in loops}
    for _ in tqdm(range(rounds), desc=f"{per_read} frames a read", unit="round"):
        picks = _choose_picks(clips, per_read, rng)
        seconds = dict.fromkeys(loops, 0.0)
        for start in range(0, len(picks), TURN):
            for name, loop in loops.items():
                started = clock()
                loop(picks[start : start + TURN])
                seconds[name] += clock() - started
        frames = sum(len(pick[1]) for pick in picks)
        for name, total in seconds.items():
            times[name].append(total / frames)
    return times


def _summarize(kind: str, times: Seconds) -> dict[str, float]:
    """Median rates, and the median, lowest and highest ratio of rates of each pair in `RATIOS`."""
    results = {
        f"fps.{kind}.{name}": round(1.0 / statistics.median(rounds), 1) for name, rounds in times.items()
    }
    for name, other in RATIOS:
        if name in times and other in times:
            ratios = [theirs / ours for ours, theirs in zip(times[name], times[other], strict=True)]
            key = f"ratio.{kind}.{name}_vs_{other}"
            results[key] = round(statistics.median(ratios), 3)
            results[f"low.{key}"], results[f"high.{key}"] = round(min(ratios), 3), round(max(ratios), 3)
    return results
