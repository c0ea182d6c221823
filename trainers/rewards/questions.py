"""What the consistency reward needs of a row's clip: the names of the entries that its question is about."""

from functools import lru_cache
from pathlib import Path

from simgen.qa.question.compose import parse_args
from simgen.qa.question.map import list_asked_names
from simgen.qa.skills import SKILLS
from simgen.qa.view.geometry import ClipGeometry
from simgen.qa.view.view import make_view
from simgen.store.clips import read_clip
from simgen.trainers.rewards.consistency import MapQuestion

CACHED_CLIPS = 8
"""Clips that a process keeps open for the questions of its next steps; one takes a few megabytes."""


@lru_cache(maxsize=4096)
def read_map_question(clip_path: str, frames: tuple[int, ...], skill: str, args: str) -> MapQuestion | None:
    """The question of a row, ready to be read off any map; None for a skill that this simgen does not know.

    It reads the clip, without its frames: about 80 ms, once for each question and process.
    """
    if skill not in SKILLS:
        return None
    ask, rule = parse_args(args)
    view = make_view(_read_geometry(clip_path), frames, rule)
    return MapQuestion(skill, ask, tuple(list_asked_names(view, SKILLS[skill], ask)))


@lru_cache(maxsize=CACHED_CLIPS)
def _read_geometry(clip_path: str) -> ClipGeometry:
    return ClipGeometry(read_clip(Path(clip_path)))
