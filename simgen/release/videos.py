"""Writes the clips of a release as videos, for people and for models that read videos."""

from collections.abc import Collection
from fractions import Fraction
from pathlib import Path

import numpy as np

from simgen.parallel.ordered import parallel_map
from simgen.release.contents import Contents
from simgen.store.clips import read_clip, read_images

FOLDER = "videos"
QUALITY_CRF = "25"
"""Without a macroblock tree this gives the size and quality of x264's defaults. A frame of 640 × 480 takes 8
to 14 kB."""
_ENCODER_OPTIONS = {
    "crf": QUALITY_CRF,
    # The number of threads changes the bytes.
    "threads": "1",
    # So does what was in memory before: the macroblock tree of x264 165 reads memory that nothing has set.
    "mbtree": "0",
}
_FILE_OPTIONS = {
    # The index comes first: a browser shows the video before it has it all.
    "movflags": "faststart",
    # No version of the library in the file.
    "fflags": "+bitexact",
}


def list_video_clips(contents: Contents) -> frozenset[str]:
    """The clips that get a video: those of which a question shows more than one frame."""
    return frozenset(key.clip for _, key in contents.keys if len(key.frames) > 1)


def video_path(clip: str) -> str:
    """The path of a clip's video in the release."""
    return f"{FOLDER}/{clip}.mp4"


def write_videos(folder: Path, contents: Contents, clips: Collection[str], workers: int) -> None:
    """Writes all frames of each of these clips, at the clip's own frame rate, as H.264 in MP4.

    Needs `av`. The same clips give the same bytes with any number of workers.
    """
    jobs = [
        (path, folder / video_path(path.stem))
        for dataset in contents.datasets
        for path in dataset.clip_paths()
        if path.stem in clips
    ]
    for _ in parallel_map(_write_video, jobs, workers, "videos"):
        pass


def _write_video(job: tuple[Path, Path]) -> None:
    import av

    clip, target = job
    target.parent.mkdir(parents=True, exist_ok=True)
    images = read_images(clip, "rgb")
    # Chroma is stored for 2 by 2 pixels, so the last column or row of an odd size is left out.
    height, width = (side // 2 * 2 for side in images.shape[1:3])
    with av.open(str(target), "w", format="mp4", options=_FILE_OPTIONS) as file:
        stream = file.add_stream("libx264", _rate(read_clip(clip).info.fps), _ENCODER_OPTIONS)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for image in images:
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image[:height, :width]), "rgb24")
            file.mux(stream.encode(frame))
        file.mux(stream.encode())


def _rate(fps: float) -> Fraction:
    return Fraction(fps).limit_denominator(1000)
