"""Finds houses that lie in two splits: a model would be tested on houses that it was trained on."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from simgen.errors import InputError
from simgen.release.contents import ClipFacts


@dataclass(frozen=True, slots=True)
class Houses:
    """The houses of a release, compared by their geometry. None lies in two splits."""

    count: int
    repeated: dict[str, int]
    """Number of houses that occur more than once in a split, under different metadata, by split."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """One line for each split with repeated houses."""
        return tuple(
            f"{count} of the houses in {split} occur more than once, under different metadata; "
            "their questions count several times"
            for split, count in self.repeated.items()
        )


def compare_houses(clips: Iterable[ClipFacts]) -> Houses:
    """The houses that the clips show. Raises InputError when two splits have a house in common."""
    found: dict[str, list[ClipFacts]] = defaultdict(list)
    for clip in clips:
        found[clip.geometry_sha256].append(clip)
    leaks = [same for same in found.values() if len({clip.info.split for clip in same}) > 1]
    if leaks:
        raise InputError(_explain(leaks[0], len(leaks)))
    repeated = Counter(
        same[0].info.split for same in found.values() if len({clip.info.house_sha256 for clip in same}) > 1
    )
    return Houses(len(found), dict(sorted(repeated.items())))


def _explain(same: list[ClipFacts], count: int) -> str:
    first = same[0]
    other = next(clip for clip in same if clip.info.split != first.info.split)
    both = " and ".join(f"{clip.dataset}/{clip.id} ({clip.info.split})" for clip in (first, other))
    more = f", and {count - 1} more houses lie in two splits" if count > 1 else ""
    return (
        f"{both} show the same house: equal rooms, walls and objects{more}; a model would be tested on "
        "houses that it was trained on; take one out, or publish each data set by itself with --dataset"
    )
