"""Skills: from a clip and what is asked about to the facts of an answer. Numbers only, never text.

Each skill also says how to answer from the boxes of a map, which the second law of verification uses.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from simgen.qa import distance
from simgen.qa.facts import Ask, ChoiceFacts, NumberFacts
from simgen.scoring import BBox
from simgen.store.clips import Clip


@dataclass(frozen=True, slots=True)
class Skill:
    """One way to question a clip."""

    facts: Callable[[Clip, Ask], NumberFacts | ChoiceFacts]
    from_map: Callable[[Sequence[BBox]], float | int | None]
    """The same answer from the map boxes of what is asked about (the camera's first, if asked).

    A number in metres, or the index of an option; None when the map leaves it open.
    """
    facts_type: type[NumberFacts] | type[ChoiceFacts]
    objects: int
    """How many objects the question names, beside the options."""
    options: int = 0
    frame: bool = False
    """Whether the question is about the camera at one of its frames."""


SKILLS = {
    "absolute_distance": Skill(distance.absolute_distance, distance.gap_on_map, distance.GapFacts, objects=2),
    "center_distance": Skill(
        distance.center_distance, distance.center_gap_on_map, distance.CenterFacts, objects=2
    ),
    "nearest_by_center": Skill(
        distance.nearest_by_center,
        distance.nearest_center_on_map,
        distance.NearestFacts,
        objects=1,
        options=4,
    ),
    "nearest_by_gap": Skill(
        distance.nearest_by_gap, distance.nearest_box_on_map, distance.NearestFacts, objects=1, options=4
    ),
    "camera_distance": Skill(
        distance.camera_distance, distance.gap_on_map, distance.CameraFacts, objects=1, frame=True
    ),
}
"""Every skill by the name that templates give it."""
