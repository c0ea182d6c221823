"""Rows with more frames than a sample may show: asked again with fewer, or left out with a reason."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from tqdm import tqdm

from simgen.errors import MissingDataError
from simgen.qa.question.again import ask_again
from simgen.qa.refusal import Refusal
from simgen.qa.skills import SKILLS
from simgen.qa.templates.loading import Template, list_template_ids, load_templates
from simgen.qa.view.view import STANDARD_COUNTS
from simgen.store.folder import DataFolder
from simgen.store.rows import Row
from simgen.trainers.geometries import read_geometry

UNANSWERABLE = "left out as not answerable with fewer"
UNKNOWN = "left out as it is not known with how many they are answerable"
FOREIGN = "left out as their template is another version or not one of simgen's"
ASKED = "left out as another row asks with fewer"
"""The reasons for which a row is left out, as they follow a number of rows with too many frames."""


@dataclass(frozen=True, slots=True)
class Thinned:
    """Rows that show at most a given number of frames."""

    rows: tuple[Row, ...]
    """In the order of the given rows. Those with few enough frames are the given ones."""
    thinned: int
    """The number of rows that were asked again with fewer frames."""
    left_out: Mapping[str, int]
    """The number of rows that are missing, by reason."""


def thin_rows(rows: Sequence[Row], folder: DataFolder, most: int) -> Thinned:
    """The rows with at most `most` frames each.

    A row with more frames becomes the row that asks its question with the largest standard number of frames
    (1, 4, 8, 12, 16) that is at most `most`. It is left out if the question cannot be answered with that
    number by its column `answerable`. The frames are those that `simgen qa` chooses, and map, thought and
    prompt are composed again from the clip: they name no frame and no object that the sample does not show.
    """
    known, left_out = {row.id for row in rows}, Counter[str]()
    replaced: dict[int, Row] = {}
    too_long = [index for index, row in enumerate(rows) if len(row.frames) > most]
    for index in tqdm(too_long, desc="rows with too many frames", disable=len(too_long) < 1000):
        found = _thin(rows[index], folder, most)
        if isinstance(found, Row) and found.id in known:
            found = ASKED
        if isinstance(found, Row):
            known.add(found.id)
            replaced[index] = found
        else:
            left_out[found] += 1
    kept = [row if len(row.frames) <= most else replaced.get(index) for index, row in enumerate(rows)]
    return Thinned(tuple(row for row in kept if row is not None), len(replaced), dict(left_out))


def require_both_splits(thinned: Thinned, most: int) -> None:
    """Raises MissingDataError if the rows that are left are all for training, or none is."""
    count = sum(row.split == "train" for row in thinned.rows)
    if 0 < count < len(thinned.rows):
        return
    lack = "held-out" if count else "training"
    reasons = ", ".join(f"{number} {reason}" for reason, number in thinned.left_out.items())
    raise MissingDataError(
        f"no {lack} question is left that can be shown with {most} frames; of those with more, {reasons}; "
        f"ask with fewer frames: simgen qa --frames {most}, or set data.frames_per_sample to more"
    )


def _thin(row: Row, folder: DataFolder, most: int) -> Row | str:
    """The row with fewer frames, or why there is none."""
    if not row.answerable:
        return UNKNOWN
    count = max((count for count in STANDARD_COUNTS if count <= most), default=0)
    if count not in row.answerable:
        return UNANSWERABLE
    template = _find_template(row.template)
    if template is None or template.version != row.template_version or row.skill not in SKILLS:
        return FOREIGN
    geometry = read_geometry(str(folder.dataset(row.dataset).clip_path(row.clip)))
    found = ask_again(geometry, row, template, count)
    return UNANSWERABLE if isinstance(found, Refusal) else found


@cache
def _find_template(name: str) -> Template | None:
    return load_templates([name])[0] if name in list_template_ids() else None
