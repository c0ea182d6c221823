"""What a release needs to know about its clips, so that no whole clip stays in memory."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from simgen.errors import InputError
from simgen.house.geometry_hash import hash_geometry
from simgen.store.clips import Clip, ClipInfo, read_clip
from simgen.store.folder import Dataset


@dataclass(frozen=True, slots=True)
class ClipFacts:
    """What the card and the checks need to know about a clip."""

    dataset: str
    id: str
    info: ClipInfo
    frame_count: int
    object_types: Mapping[str, int]
    """Number of objects of each type in the house."""
    room_types: tuple[str, ...]
    size_px: tuple[int, int]
    has_pictures: bool
    geometry_sha256: str
    """Hash of the house's geometry (see `hash_geometry`)."""


def read_clip_facts(dataset: Dataset) -> list[ClipFacts]:
    """The facts of a data set's clips, by name.

    Raises InputError when the clips come from different versions of the recipe.
    """
    clips = [_facts(dataset, read_clip(path)) for path in dataset.clip_paths()]
    if len({clip.info.recipe_sha256 for clip in clips}) > 1:
        raise InputError(
            f"{dataset.path}: its clips come from different versions of the recipe; "
            f"bring them up to date with: simgen render --recipe {dataset.name}"
        )
    return clips


def _facts(dataset: Dataset, clip: Clip) -> ClipFacts:
    return ClipFacts(
        dataset=dataset.name,
        id=clip.id,
        info=clip.info,
        frame_count=clip.frame_count,
        object_types=Counter(item.type for item in clip.objects),
        room_types=tuple(sorted({room.type for room in clip.rooms})),
        size_px=clip.size_px,
        has_pictures=clip.has_pictures,
        geometry_sha256=hash_geometry(clip.house),
    )
