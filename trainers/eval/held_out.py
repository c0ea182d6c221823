"""The choice of the rows that a model is scored on."""

from collections.abc import Sequence

from simgen.store.rows import Row
from simgen.trainers.eval.scores import MATCHED_KINDS


def choose_held_out(rows: Sequence[Row], most: int) -> list[Row]:
    """At most `most` rows that are not for training: half choices and orders, half numbers, while both last.

    Each half is evenly spread over its rows in their given order.
    """
    candidates = [row for row in rows if row.split != "train"]
    matched = [row for row in candidates if row.kind in MATCHED_KINDS]
    numbers = [row for row in candidates if row.kind not in MATCHED_KINDS]
    matched_count = min(len(matched), max(most // 2, most - len(numbers)))
    number_count = min(len(numbers), most - matched_count)
    return _spread(matched, matched_count) + _spread(numbers, number_count)


def _spread(rows: Sequence[Row], count: int) -> list[Row]:
    return [rows[index * len(rows) // count] for index in range(count)]
