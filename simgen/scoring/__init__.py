"""Scores answers, maps and formats; used by rewards, evaluation and verification.

All scores are in 0..1 and higher is better, except the centre error of a map, which is in metres.
"""

from simgen.scoring.answers import (
    MATCHED_KINDS,
    MRA_THRESHOLDS,
    TAGS,
    Response,
    format_score,
    index_of,
    letter_of,
    list_parts,
    mean_relative_accuracy,
    parse_number,
    score_answer,
    score_response,
    split_response,
)
from simgen.scoring.maps import (
    BBox,
    MapObject,
    MapScore,
    base_name,
    box_center,
    box_iou,
    match_objects,
    parse_map,
    score_map,
)

__all__ = [
    "MATCHED_KINDS",
    "MRA_THRESHOLDS",
    "TAGS",
    "BBox",
    "MapObject",
    "MapScore",
    "Response",
    "base_name",
    "box_center",
    "box_iou",
    "format_score",
    "index_of",
    "letter_of",
    "list_parts",
    "match_objects",
    "mean_relative_accuracy",
    "parse_map",
    "parse_number",
    "score_answer",
    "score_map",
    "score_response",
    "split_response",
]
