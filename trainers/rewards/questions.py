"""What the consistency reward needs of a row's clip: the names of the entries that its question is about."""

from functools import lru_cache

from simgen.qa.question.compose import parse_args
from simgen.qa.question.map import list_asked_names
from simgen.qa.skills import SKILLS
from simgen.qa.view.view import make_view
from simgen.trainers.geometries import read_geometry
from simgen.trainers.rewards.consistency import MapQuestion


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
