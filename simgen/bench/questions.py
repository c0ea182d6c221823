"""`simgen bench qa`: speed of making and verifying questions, and its growth with the number of objects."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, TypeVar

import numpy as np
from tqdm import tqdm

from simgen.errors import MissingDataError
from simgen.geometry.boxes import aabb, corners, footprint
from simgen.qa.question.generate import Pool, make_pool, make_question_views, make_rows
from simgen.qa.question.settings import QuestionSettings
from simgen.qa.question.verify import verify_rows
from simgen.qa.templates.loading import Template, list_template_ids, load_templates
from simgen.store.clips import Clip, Visibility, read_clip
from simgen.store.folder import DataFolder
from simgen.store.rows import Row
from simgen.types import SceneObject

CROWDS = (20, 40, 80, 160)
"""Numbers of objects at which the growth is measured. A large ProcTHOR house has about 120."""
SPACING_M = 8.0
"""Distance between copies of a clip's objects, metres: about the width of a house."""
SETTINGS = QuestionSettings(rows_per_template=8, min_visible_px=48)
"""Eight frames per question, the default of recipes."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Speed:
    """Counts of candidates and rows, and rates per second of processor time on one core."""

    candidates: int
    """Number of candidates, including rejected ones."""
    rows: int
    candidates_per_s: float
    """Candidates proposed, answered twice, and accepted or rejected."""
    rows_per_s: float
    """Rows made, including answer and text."""
    verified_per_s: float
    """Rows recomputed from the clip, including the text, and compared."""


def bench_questions(folder: DataFolder, dataset: str | None, clip_count: int) -> dict[str, Any]:
    """Speed per template group and in total, on clips in memory, and growth with the number of objects.

    Times are processor time of this process on one core, so other processes do not affect them. Raises
    MissingDataError if there is no clip.
    """
    clips = _clips(folder, dataset, clip_count)
    templates = load_templates(list_template_ids())
    groups = sorted({template.group for template in templates})
    speeds = {
        group: _speed(clips, [template for template in templates if template.group == group])
        for group in tqdm(groups, desc="speed", unit="group")
    }
    seconds = {count: _seconds_of_crowd(clips, templates, count) for count in tqdm(CROWDS, desc="growth")}
    return {
        "clips": len(clips),
        "templates": len(templates),
        "groups": {group: asdict(speed) for group, speed in speeds.items()},
        "all": asdict(_total(list(speeds.values()))),
        "growth": {str(count): round(value, 3) for count, value in seconds.items()},
        "exponent": round(_exponent(seconds), 2),
    }


def questions_table(results: dict[str, Any]) -> str:
    """The results as text."""
    names = ("candidates", "rows", "candidates_per_s", "rows_per_s", "verified_per_s")
    lines = [f"{'':>12}" + "".join(f"{name:>18}" for name in names)]
    for group, speed in (*results["groups"].items(), ("all", results["all"])):
        lines.append(f"{group:>12}" + "".join(f"{speed[name]:>18,.0f}" for name in names))
    growth = ", ".join(f"{count}: {value:.2f} s" for count, value in results["growth"].items())
    lines.append(f"seconds for all templates, by number of objects in view: {growth}")
    lines.append(f"the time grows with the number of objects to the power of {results['exponent']}")
    return "\n".join(lines)


def crowd_clip(clip: Clip, count: int) -> Clip:
    """A clip with `count` copies of a clip's objects. Each copy has its own type and is well visible.

    It is for measurements only: the pixels do not show these objects.
    """
    originals = clip.objects
    objects = tuple(_copy(originals[i % len(originals)], i, i // len(originals)) for i in range(count))
    frames = clip.frame_count
    pixels = np.full((frames, count), 5000, dtype=np.uint32)
    width, height = clip.size_px
    boxes = np.tile(np.array([0, 0, width, height], dtype=np.uint16), (frames, count, 1))
    return replace(clip, objects=objects, visibility=Visibility(pixels, pixels, boxes))


def _copy(item: SceneObject, number: int, row: int) -> SceneObject:
    center = item.box.center + np.array([row * SPACING_M, 0.0, 0.0])
    box = replace(item.box, center=center, half_extents=np.maximum(item.box.half_extents, 0.15))
    points = corners(box)
    # Letters only: a number at the end of a name would mean one of several objects of the same type.
    name = "Thing" + "".join(chr(ord("a") + int(digit)) for digit in f"{number:03d}")
    return replace(
        item,
        id=f"{name}|{number}",
        type=name,
        parent_id="",
        box=box,
        aabb=aabb(points),
        footprint=footprint(points),
    )


def _clips(folder: DataFolder, dataset: str | None, count: int) -> list[Clip]:
    paths = [path for found in folder.datasets_with_clips(dataset) for path in found.clip_paths()]
    if not paths:
        raise MissingDataError(f"{folder.path}: no clips here; make some with: simgen render --recipe demo")
    # Spread evenly, since neighbouring clips are of the same house.
    step = max(len(paths) // count, 1)
    return [read_clip(path) for path in paths[::step][:count]]


def _speed(clips: Sequence[Clip], templates: Sequence[Template]) -> Speed:
    _pools(clips[:1], templates)  # not timed: the first use of a template compiles its texts
    pools, solving = _timed(lambda: _pools(clips, templates))
    rows, wording = _timed(lambda: _rows(clips, pools))
    failures, checking = _timed(lambda: [f for clip, own in rows for f in verify_rows(clip, own)])
    assert not failures, failures[:3]
    candidates = sum(len(pool.questions) + len(pool.rejections) for _, found in pools for pool in found)
    count = sum(len(own) for _, own in rows)
    return Speed(
        candidates,
        count,
        round(candidates / solving, 1),
        round(count / (solving + wording), 1),
        round(count / checking, 1),
    )


def _pools(clips: Sequence[Clip], templates: Sequence[Template]) -> list[tuple[Any, list[Pool]]]:
    """The views of each clip, and the pool of each template."""
    found = []
    for clip in clips:
        (views,) = make_question_views(clip, SETTINGS)
        found.append((views, [make_pool(views, "bench", template, SETTINGS, 0) for template in templates]))
    return found


def _rows(clips: Sequence[Clip], pools: list[tuple[Any, list[Pool]]]) -> list[tuple[Clip, list[Row]]]:
    return [
        (
            clip,
            [
                row
                for pool in found
                for solved in pool.questions
                for row in make_rows(views, "bench", pool.template, solved, SETTINGS)
            ],
        )
        for clip, (views, found) in zip(clips, pools, strict=True)
    ]


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    started = time.process_time()
    result = work()
    return result, max(time.process_time() - started, 1e-9)


def _seconds_of_crowd(clips: Sequence[Clip], templates: Sequence[Template], count: int) -> float:
    """Seconds to find all questions of the templates about a clip with `count` objects."""
    clip = crowd_clip(max(clips, key=lambda clip: len(clip.objects)), count)
    return min(_timed(lambda: _pools([clip], templates))[1] for _ in range(2))


def _total(speeds: Sequence[Speed]) -> Speed:
    """The speed of all groups together: total counts, and rates from the total times."""
    candidates, rows = sum(speed.candidates for speed in speeds), sum(speed.rows for speed in speeds)
    return Speed(
        candidates,
        rows,
        _rate(candidates, [(speed.candidates, speed.candidates_per_s) for speed in speeds]),
        _rate(rows, [(speed.rows, speed.rows_per_s) for speed in speeds]),
        _rate(rows, [(speed.rows, speed.verified_per_s) for speed in speeds]),
    )


def _rate(total: int, parts: list[tuple[int, float]]) -> float:
    return round(total / max(sum(count / rate for count, rate in parts if count), 1e-9), 1)


def _exponent(seconds: dict[int, float]) -> float:
    """The slope of log(seconds) over log(objects), by least squares over all crowds."""
    counts, values = np.log(list(seconds)), np.log(list(seconds.values()))
    return float(np.polyfit(counts, values, 1)[0])
