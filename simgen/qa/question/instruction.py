"""The last line of a prompt: it asks for map, thought and answer, and says how to write them."""

from collections.abc import Mapping
from dataclasses import dataclass

from simgen.qa.skills.facts import Ask
from simgen.qa.skills.skill import Extra, Skill
from simgen.qa.view.names import camera_names
from simgen.types import AnswerKind

SEEN_OBJECTS = "the objects that you see"
"""The objects that a prompt asks to be on the map, in words."""


@dataclass(frozen=True, slots=True)
class MapForm:
    """How a prompt asks for a map of one form."""

    request: str
    """The sentence that describes the form. `{objects}` stands for the objects wanted."""
    details: Mapping[Extra, str]
    """By extra: what the entries of the question's objects have in addition."""
    places: Mapping[Extra, str]
    """By extra: the sentence that asks for entries of rooms and passages."""
    camera: str
    """What follows 'an entry "camera" for the camera of frame 6'."""
    heading: str
    """What is added to `camera` when the question needs the camera's direction."""


BOXES = MapForm(
    request='First draw a map of {objects}, as a JSON list of {{"object_name": name, "bbox": [x_min, y_min, '
    "x_max, y_max]}} in meters on the floor. The origin is below the camera of the first frame, x points to "
    "its right and y straight ahead; several objects of one kind are numbered in the order in which they "
    "appear.",
    details={
        "heights": '"height": [lowest, highest] in meters above the floor',
        "outline": '"outline": [[x, y], ...], their corners seen from above',
    },
    places={
        "rooms": " Add an entry for each room that the question is about, or is shown if it names none, with "
        '"outline": [[x, y], ...], the corners of its floor.',
        "doors": " Add an entry for each room of the question and between them, with "
        '"outline": [[x, y], ...], the corners of its floor, and an entry "door" or "opening", as a box '
        "without depth, for each way from one of them into another.",
    },
    camera=", as a box without extent",
    heading=' and "heading": degrees clockwise from straight ahead',
)
"""The map of question rows: boxes in metres."""

CELLS = MapForm(
    request="First draw a map of {objects}, on a grid of 10 by 10 square cells that just covers all objects "
    'that you see, seen from above. Write it as a JSON list of {{"object_name": name, "cell": [x, y]}} with '
    "the cell of each object's center; x and y are whole numbers from 0 to 9. x grows to the right and y "
    "straight ahead of the camera of the first frame; several objects of one kind are numbered in the order "
    "in which they appear.",
    details={},
    places={
        "rooms": " Add an entry for each room that the question is about, or is shown if it names none.",
        "doors": " Add an entry for each room of the question and between them, and an entry "
        '"door" or "opening" for each way from one of them into another.',
    },
    camera="",
    heading="",
)
"""A coarse map: the cell of each object's centre, as in the cognitive maps of VSI-Bench (Yang et al. 2024,
section 5.2 and appendix B.4)."""


def write_instruction(
    frames: tuple[int, ...],
    kind: AnswerKind,
    skill: Skill,
    ask: Ask,
    form: MapForm = BOXES,
    objects: str = SEEN_OBJECTS,
) -> str:
    """The instruction of a question that shows these frames of a clip: map first, then thought and answer."""
    wanted = form.request.format(objects=objects)
    return (
        f"{wanted}{_details(form, skill)}{_cameras(form, frames, skill, ask)}{_places(form, skill)} "
        f"Then reason step by step, and end with the {_result(kind)} alone. "
        "Reply as <map>...</map><think>...</think><answer>...</answer>."
    )


def write_answer_instruction(kind: AnswerKind) -> str:
    """The instruction of a question that wants the answer alone, without map and thought."""
    return f"Answer with the {_result(kind)} alone. Reply as <answer>...</answer>."


def _details(form: MapForm, skill: Skill) -> str:
    wanted = [text for extra, text in form.details.items() if extra in skill.extras]
    return f" Give the objects of the question also {' and '.join(wanted)}." if wanted else ""


def _places(form: MapForm, skill: Skill) -> str:
    return "".join(text for extra, text in form.places.items() if extra in skill.extras)


def _cameras(form: MapForm, frames: tuple[int, ...], skill: Skill, ask: Ask) -> str:
    numbers = [frames.index(frame) + 1 for frame in ask.frames]
    named = zip(camera_names(len(numbers)), numbers, strict=True)
    how = form.camera + (form.heading if "heading" in skill.extras else "")
    return "".join(f' Add an entry "{name}" for the camera of frame {number}{how}.' for name, number in named)


def _result(kind: AnswerKind) -> str:
    return _RESULTS.get(kind, "number")


_RESULTS: dict[AnswerKind, str] = {
    "metres": "number of meters",
    "centimetres": "number of centimeters",
    "square_metres": "number of square meters",
    "cubic_metres": "number of cubic meters",
    "degrees": "number of degrees",
    "choice": "letter of the right option",
    "order": "letters in the right order, with commas between them,",
}
