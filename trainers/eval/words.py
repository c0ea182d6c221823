"""Baselines that see no frame: guesses from the words of the training questions, and typical boxes.

They are fitted on training rows alone and scored on the evaluated rows, so they are the same for every model.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from simgen.qa.fairness.blind_audit import group_by_template
from simgen.qa.fairness.blind_questions import BlindQuestion, make_blind_questions, question_key
from simgen.qa.fairness.cross_validation import guess_answers
from simgen.qa.fairness.guessers import GUESSERS
from simgen.scoring import BBox, MapObject, base_name, parse_map, score_map
from simgen.store.rows import Row
from simgen.types import Array

T = TypeVar("T")
CONSTANT = "majority"
"""The guesser that gives one answer to all questions of a template."""
MOST_TRAINING = 5_000
"""Training questions of a template, and training maps, that are read. With more the guesses hardly change,
but they take longer."""
FEWEST_TRAINING = 40
"""With fewer training questions of a template only the constant is learned: each tree needs 20."""
FEWEST_BOXES = 5
"""A type with fewer boxes in the training maps gets the median box of all types."""


@dataclass(frozen=True, slots=True, eq=False)
class Baselines:
    """The scores of the baselines on N rows. NaN where there is no training row to learn from."""

    words: Array
    """(N,) the best guess from the question and its options: of the guessers of `simgen audit` the one with
    the highest mean score on these rows of the template."""
    constant: Array
    """(N,) the number that scores best, or the most frequent letter, among the template's training rows."""
    center_error_m: Array
    """(N,) the centre error of a map that gives each object the median box of its type."""


def score_baselines(
    rows: Sequence[Row], train_rows: Sequence[Row], maps: Sequence[Sequence[MapObject]]
) -> Baselines:
    """Fits the baselines on `train_rows` and scores them on `rows`, whose true maps are `maps`."""
    words, constant = _score_guesses(rows, train_rows)
    known = list({(row.clip, row.map): row.map for row in train_rows}.values())
    boxes = find_typical_boxes(parse_map(text) or () for text in _thin(known))
    errors = [_typical_error(entries, boxes) for entries in maps]
    return Baselines(words, constant, np.array(errors, dtype=np.float64))


def find_typical_boxes(maps: Iterable[Iterable[MapObject]]) -> dict[str, BBox]:
    """The median box of each type that some maps show often enough, and that of all their boxes under ""."""
    found: dict[str, list[BBox]] = defaultdict(list)
    for entry in (entry for entries in maps for entry in entries):
        found[base_name(entry.name)].append(entry.bbox)
    frequent = {name: boxes for name, boxes in found.items() if len(boxes) >= FEWEST_BOXES}
    every = [box for boxes in found.values() for box in boxes]
    return {name: _median(boxes) for name, boxes in {**frequent, **({"": every} if every else {})}.items()}


def _thin(items: Sequence[T]) -> list[T]:
    """At most MOST_TRAINING of the items, evenly spread."""
    count = min(len(items), MOST_TRAINING)
    return [items[place * len(items) // count] for place in range(count)]


def _median(boxes: Sequence[BBox]) -> BBox:
    x_min, y_min, x_max, y_max = np.median(boxes, axis=0).tolist()
    return x_min, y_min, x_max, y_max


def _typical_error(entries: Sequence[MapObject], boxes: Mapping[str, BBox]) -> float:
    if not boxes:
        return np.nan
    guess = [MapObject(e.name, boxes.get(base_name(e.name), boxes[""])) for e in entries]
    return score_map(guess, entries).center_error_m


def _score_guesses(rows: Sequence[Row], train_rows: Sequence[Row]) -> tuple[Array, Array]:
    """(N,) the scores of the best guesser and of the constant."""
    asked = group_by_template(make_blind_questions(rows))
    known = group_by_template(make_blind_questions(train_rows))
    words: dict[str, float] = {}
    constant: dict[str, float] = {}
    for template, questions in asked.items():
        scores = _score_guessers(questions, known.get(template, ()))
        ids = [question.id for question in questions]
        words |= zip(ids, max(scores.values(), key=np.mean), strict=True) if scores else ()
        constant |= zip(ids, scores[CONSTANT], strict=True) if scores else ()
    keys = [question_key(row) for row in rows]
    best, same = (np.array([found.get(key, np.nan) for key in keys]) for found in (words, constant))
    return best, same


def _score_guessers(questions: Sequence[BlindQuestion], known: Sequence[BlindQuestion]) -> dict[str, Array]:
    """(N,) the scores of each guesser, by its name; empty without training questions."""
    train = _thin(known)
    learned = GUESSERS if len(train) >= FEWEST_TRAINING else {CONSTANT: GUESSERS[CONSTANT]}
    found = {name: guess_answers(questions, guesser, 1, train_on=train) for name, guesser in learned.items()}
    return {name: guesses.score for name, guesses in found.items() if guesses is not None}
