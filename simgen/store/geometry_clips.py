"""Geometry clips: clips whose pictures were left out. Poses, boundaries and visibility are all there.

The attribute `left_out` names what is missing, `width_px` and `height_px` give the size of the frames, and
`kept_sha256` is the hash of what was kept. `content_sha256` is still that of the whole clip.
"""

import shutil
from pathlib import Path

import h5py

from simgen.store.clip_fields import HEIGHT, KEPT, LEFT_OUT, PICTURES, WIDTH
from simgen.store.clips import check_content, hash_content
from simgen.store.files import write_atomically
from simgen.store.opening import open_clip


def write_geometry_clip(source: Path, target: Path) -> None:
    """Writes a clip without its pictures. The same clip gives the same file. Raises ClipError for damage."""
    check_content(source)
    with open_clip(source) as clip:
        if LEFT_OUT in clip.attrs:
            shutil.copyfile(source, target)
            return
        height, width = clip[PICTURES[0]].shape[1:3]  # pyright: ignore[reportAttributeAccessIssue]
        with write_atomically(target) as part, h5py.File(part, "w", track_order=True) as kept:
            kept.attrs.update(dict(clip.attrs))
            kept.attrs.update({LEFT_OUT: " ".join(PICTURES), WIDTH: int(width), HEIGHT: int(height)})
            for name in _list_kept(clip):
                kept.require_group(name.rpartition("/")[0] or "/")
                clip.copy(name, kept, name)
            kept.attrs[KEPT] = hash_content(kept)


def _list_kept(clip: h5py.File) -> list[str]:
    found: list[str] = []

    def note(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset) and name not in PICTURES:
            found.append(name)

    clip.visititems(note)
    return found
