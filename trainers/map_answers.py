"""The answer that follows from a map that a model drew, for the consistency reward and for `simgen eval`."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import shapely

from simgen.qa.question.compose import parse_args
from simgen.qa.question.map import list_asked_names, pick_entries
from simgen.qa.question.solve import read_answer
from simgen.qa.skills import SKILLS
from simgen.qa.skills.facts import Ask
from simgen.qa.view.view import make_view
from simgen.scoring import MapObject
from simgen.trainers.geometries import read_geometry
from simgen.types import AnswerKind

FARTHEST_M = 100.0
"""The largest coordinate of a map that an answer is computed from. No house is larger, and the way through a
map of kilometres would take minutes to plan."""
MOST_ENTRIES = 200
"""The most entries of a map that an answer is computed from: more than any clip of a house shows."""


@dataclass(frozen=True, slots=True)
class MapQuestion:
    """What is needed to read a question's answer off a map, without its clip."""

    skill: str
    ask: Ask
    names: tuple[str, ...]
    """The names of the map entries that the question is about: see `simgen.qa.question.map`."""


@lru_cache(maxsize=4096)
def read_map_question(clip_path: str, frames: tuple[int, ...], skill: str, args: str) -> MapQuestion | None:
    """The question of a row, ready to be read off any map; None for a skill that this simgen does not know.

    It reads the clip, without its frames: about 15 ms of one core, once for each question and process.
    """
    if skill not in SKILLS:
        return None
    ask, rule = parse_args(args)
    view = make_view(read_geometry(clip_path), frames, rule)
    return MapQuestion(skill, ask, tuple(list_asked_names(view, SKILLS[skill], ask)))


def answer_from_map(
    question: MapQuestion, entries: Sequence[MapObject] | None, kind: AnswerKind, true_answer: str
) -> str | None:
    """The answer that follows from a map, as text, with as many decimals as the true answer.

    Names are compared without case and spaces. None if there is no map (`entries` is None), if it lacks an
    entry that the question is about, and if it leaves the answer open. It never raises, whatever the map is.
    """
    if entries is None or not _can_be_house(entries):
        return None
    skill, named = SKILLS[question.skill], tuple(_normalize(entry) for entry in entries)
    known = pick_entries(skill, question.ask, question.names, named, {entry.name: entry for entry in named})
    decimals = len(true_answer.partition(".")[2])
    try:
        return None if known is None else read_answer(skill, kind, decimals, known)
    except (ArithmeticError, ValueError, shapely.errors.ShapelyError):
        # Shapes that no house has, such as outlines that cross themselves: no answer follows from them.
        return None


def fold_name(name: str) -> str:
    """The name of an entry without case and spaces, as names of maps are compared."""
    return "".join(name.casefold().split())


def _can_be_house(entries: Sequence[MapObject]) -> bool:
    return len(entries) <= MOST_ENTRIES and all(max(map(abs, e.bbox)) <= FARTHEST_M for e in entries)


def _normalize(entry: MapObject) -> MapObject:
    # To the millimetre: of boxes that are a nanometre wide, GEOS makes empty shapes.
    x_min, y_min, x_max, y_max = (round(value, 3) for value in entry.bbox)
    box = x_min, y_min, x_max, y_max
    return MapObject(fold_name(entry.name), box, entry.height, entry.outline, entry.heading_deg)
