"""A few clips of sampled houses without their pictures, small enough to be kept with the tests.

`python -m tests.qa.real_clips CLIP.h5 ...` rewrites them from clips that `simgen render` made. A new minor
version of the clip schema does not need that. Boundaries, cameras and visibility are those of the clips;
pictures are black.
"""

import sys
from pathlib import Path

import numpy as np

from simgen.store.clips import Clip, Frames, read_clip, write_clip

FOLDER = Path(__file__).parent / "clips"


def real_clips() -> list[Clip]:
    """Two walks of 48 frames and two sets of 16 stills, each of another house."""
    return [read_clip(path) for path in sorted(FOLDER.glob("*.h5"))]


def keep_without_pictures(path: Path) -> None:
    """Writes a clip's boundaries, cameras and visibility, with black pictures, to FOLDER."""
    clip = read_clip(path)
    (width, height), count = clip.size_px, clip.frame_count
    frames = Frames(
        rgb=np.zeros((count, height, width, 3), dtype=np.uint8),
        depth_mm=np.zeros((count, height, width), dtype=np.uint16),
        instance=np.zeros((count, height, width), dtype=np.uint16),
        world_from_camera=clip.world_from_camera,
        intrinsics=clip.intrinsics,
        actions=clip.actions,
    )
    FOLDER.mkdir(exist_ok=True)
    target = FOLDER / path.name
    write_clip(target, clip.info, clip.house, frames, clip.objects, clip.rooms, clip.visibility)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        keep_without_pictures(Path(name))
