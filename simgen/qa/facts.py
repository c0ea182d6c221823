"""What skills take and give: values that every group of questions shares."""

from dataclasses import dataclass

from simgen.store.clips import Clip
from simgen.types import SceneObject


@dataclass(frozen=True, slots=True)
class Ask:
    """What a question is about."""

    objects: tuple[str, ...]
    """Object ids: those that the question names, then the options in the order A, B, C, D."""
    frame: int | None = None
    """Index of one of the clip's frames, for questions about the camera."""


@dataclass(frozen=True, slots=True)
class NumberFacts:
    """The facts of a question whose answer is a number."""

    value: float
    """In metres, square metres or objects."""


@dataclass(frozen=True, slots=True)
class ChoiceFacts:
    """The facts of a question whose answer is one of several options."""

    choice: int
    """Index of the right option."""
    margin: float
    """By how much it is ahead of the runner-up, metres; 0 or less when the question is undecided."""
    best: float
    """What it was judged by, metres."""


def object_of(clip: Clip, object_id: str) -> SceneObject:
    """The clip's object with this id. Raises KeyError when there is none."""
    for item in clip.objects:
        if item.id == object_id:
            return item
    raise KeyError(object_id)
