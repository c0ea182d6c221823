"""The map reward: how well the map of a response agrees with the true one."""

import math

from simgen.qa.view.names import CAMERA
from simgen.scoring import (
    BBox,
    MapObject,
    base_name,
    box_center,
    box_iou,
    match_objects,
    score_answer,
    split_response,
)
from simgen.trainers.rewards.completions import Completion, list_texts
from simgen.trainers.rewards.maps import parse_sample_map
from simgen.types import AnswerKind

CENTER_SCALE_M = 1.0
"""The centre error at which the centre's part of a score has fallen to 1/e. The boxes of most objects in a
house are less than a metre wide, so the IoU is 0 at larger errors and says nothing about them. Small models
start with errors of about 2.5 m and learn to about 1.5 m: between these, a scale of 1 m gives 0.08 and 0.22.
A smaller scale would make both nearly 0, a larger one would make precision worth little."""
CENTER_SHARE = 0.5
"""The part of an object's score that its centre earns; the rest is for the box's size and place (IoU)."""
HALF_STEP_M = 0.05
"""Half of the step to which maps are rounded. Boxes are grown by it on each side, since a rounded box stands
for that much more. So flat objects (pictures, doors) and cameras have an area, and their IoU is not 0 for
the smallest error."""
GATE = 0.5
"""The score that an answer must exceed before `map_gated` counts. SpaceR gates its map reward at the same MRA
(Ouyang et al. 2025); an answer that is a choice or an order must be right."""


def map_reward(
    completions: list[Completion], target: list[str], grid: list[list[float]], **_: object
) -> list[float]:
    """The score of each response's map against that of its target: see `score_layout`; 0 without a map."""
    columns = zip(list_texts(completions), target, grid, strict=True)
    return [_score_map(text, wanted, tuple(cells)) for text, wanted, cells in columns]


def map_gated_reward(
    completions: list[Completion],
    target: list[str],
    grid: list[list[float]],
    answer: list[str],
    kind: list[AnswerKind],
    options: list[list[str]],
    **_: object,
) -> list[float]:
    """The map reward where the answer's score exceeds 0.5, and 0 elsewhere.

    SpaceR (Ouyang et al. 2025) and SpatialThinker (Batra et al. 2025) reward maps and boxes of responses with
    a right answer only, so that a model cannot trade its answers for maps. In return, a response with a good
    map and a wrong answer learns nothing from its map.
    """
    scores = map_reward(completions, target, grid)
    columns = zip(list_texts(completions), scores, answer, kind, options, strict=True)
    return [
        score if score_answer(split_response(text).answer, true, how, choices) > GATE else 0.0
        for text, score, true, how, choices in columns
    ]


def score_layout(predicted: list[MapObject], true: list[MapObject]) -> float:
    """The agreement of two maps, 0 to 1; 1 only for equal maps.

    Entries are matched by base name (see `scoring.match_objects`). A matched pair earns
        q = 0.5 * exp(-centre error / 1 m) + 0.5 * IoU,
    and the score is the sum of q over the matched pairs, divided by the number of entries in either map
    (true ones + invented ones). So a missing object costs as much as an invented one, and the score is
    recall x mean q when nothing is invented. It is a Jaccard index with soft matches; with an empty true map
    it is 1 for an empty map and 0 for any other.
    """
    pairs = match_objects(predicted, true)
    either = len(true) + len(predicted) - len(pairs)
    return sum(_score_pair(ours, theirs) for ours, theirs in pairs) / either if either else 1.0


def _score_map(text: str, wanted: str, grid: tuple[float, ...]) -> float:
    predicted, true = parse_sample_map(text, grid), parse_sample_map(wanted, grid)
    if predicted is None or true is None:
        return 0.0
    return score_layout(_without_origin(predicted), _without_origin(true))


def _without_origin(entries: list[MapObject]) -> list[MapObject]:
    """The entries without the first camera, which is at the origin by definition: nobody has to see it."""
    return [item for item in entries if base_name(item.name) != CAMERA or any(item.bbox)]


def _score_pair(ours: MapObject, theirs: MapObject) -> float:
    error = math.dist(box_center(ours.bbox), box_center(theirs.bbox))
    closeness = math.exp(-error / CENTER_SCALE_M)
    return CENTER_SHARE * closeness + (1.0 - CENTER_SHARE) * box_iou(_grow(ours.bbox), _grow(theirs.bbox))


def _grow(box: BBox) -> BBox:
    x_min, y_min, x_max, y_max = box
    return x_min - HALF_STEP_M, y_min - HALF_STEP_M, x_max + HALF_STEP_M, y_max + HALF_STEP_M
